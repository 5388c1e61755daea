//! 病例清单: the cases behind a number, a page at a time.

use crate::condition::Condition;
use crate::query::{Order, Selection};
use crate::schema::{CASE, Column, Place};
use crate::source::Source;
use crate::sql::Sql;
use crate::{Layer, QueryError, Value};
use model::Viewer;

/// A page of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CaseQuery {
    /// Which cases.
    pub cases: Selection,
    /// Only those that this measure counts: the rows of its numerator, of a ratio those of its denominator.
    pub measure: Option<String>,
    /// Columns of the case.
    pub columns: Vec<String>,
    /// By one of the case's columns; else the latest discharge first.
    pub order: Option<Order>,
    /// Cases to skip.
    pub offset: u32,
    /// Cases a page.
    pub limit: u32,
}

/// A compiled case list: one statement for the page, one for how many there are, with the same parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompiledCases {
    pub(crate) page: String,
    pub(crate) count: String,
    pub(crate) parameters: Vec<Value>,
    pub(crate) columns: Vec<Column>,
}

/// A case of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// 病例号
    pub number: i64,
    /// 住院就诊
    pub encounter_key: String,
    /// A cell a column, money in 元.
    pub cells: Vec<Value>,
}

/// A page of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePage {
    /// How many cases there are.
    pub total: u64,
    /// The columns, in the order of the query.
    pub columns: Vec<Column>,
    /// The cases.
    pub rows: Vec<CaseRow>,
}

impl CompiledCases {
    /// The statement of the page.
    pub fn page_sql(&self) -> &str {
        &self.page
    }

    /// The statement that counts.
    pub fn count_sql(&self) -> &str {
        &self.count
    }

    /// Parameters of both.
    pub fn parameters(&self) -> &[Value] {
        &self.parameters
    }

    /// Makes the page of the statements' answers.
    pub fn page(&self, total: Option<Value>, rows: Vec<Vec<Value>>) -> Result<CasePage, QueryError> {
        let wrong = || QueryError::Answer("病例清单");
        let total = total.and_then(|n| n.number()).and_then(|n| n.try_into().ok()).ok_or_else(wrong)?;
        let rows = rows.into_iter().map(|cells| {
            let mut cells = cells.into_iter();
            let (Some(Value::Whole(number)), Some(key)) = (cells.next(), cells.next()) else {
                return Err(wrong());
            };
            let cells: Vec<Value> =
                cells.zip(&self.columns).map(|(cell, column)| cell.of_cell(column.kind)).collect();
            Ok(CaseRow { number, encounter_key: key.to_string(), cells })
        });
        Ok(CasePage { total, columns: self.columns.clone(), rows: rows.collect::<Result<_, _>>()? })
    }
}

impl Layer {
    /// Compiles a list of cases for whoever asks.
    pub fn compile_cases(&self, query: &CaseQuery, viewer: &Viewer) -> Result<CompiledCases, QueryError> {
        let column = |name: &String| self.case_column(name).ok_or_else(|| QueryError::Column(name.clone()));
        let columns: Vec<Column> = query.columns.iter().map(column).collect::<Result<_, _>>()?;
        let order =
            query.order.as_ref().map(|order| Ok((column(&order.by)?, order.descending))).transpose()?;
        let measure = query.measure.as_ref().map(|id| self.measure(id)).transpose()?;
        let opened = match measure {
            Some(measure) => Some(measure.opened().ok_or_else(|| QueryError::NoCases(measure.name.clone()))?),
            None => None,
        };
        let source = opened.map_or(self.case_source(), |aggregate| aggregate.source);
        let mut conditions = self.conditions(source, &query.cases)?;
        conditions.extend(opened.map(|aggregate| aggregate.population()).unwrap_or_default());

        let mut rows = Sql::default();
        self.write_case_rows(source, viewer, &conditions, &mut rows);
        let (rows, parameters) = rows.finish();
        let mut page = Sql::default();
        page.word("SELECT ").each(
            [self.columns.number, self.columns.key].iter().chain(&columns),
            ", ",
            |sql, c| {
                sql.column(of_case(*c));
            },
        );
        let (page, _) = page.finish();
        let mut end = Sql::default();
        let (by, descending) = order.unwrap_or((self.columns.days[0], true));
        end.word(" ORDER BY ").column(of_case(by));
        end.word(if descending { " DESC" } else { " ASC" }).word(" NULLS LAST, ");
        end.column(of_case(self.columns.number)).word(" LIMIT ").count(query.limit as usize);
        end.word(" OFFSET ").count(query.offset as usize);
        let (end, _) = end.finish();
        Ok(CompiledCases {
            page: format!("{page}{rows}{end}"),
            count: format!("SELECT COUNT(*){rows}"),
            parameters,
            columns,
        })
    }

    /// Cases of which a row of the source counts, each once.
    fn write_case_rows(&self, source: Source, viewer: &Viewer, conditions: &[Condition], sql: &mut Sql) {
        if source.fact == CASE {
            return self.write_rows(source, viewer, conditions, sql);
        }
        sql.word(" FROM ").word(CASE).word(" c WHERE c.number IN (SELECT f.number");
        self.write_rows(source, viewer, conditions, sql);
        sql.word(")");
    }

    pub(crate) fn case_source(&self) -> Source {
        let counter = of_case(self.columns.number);
        Source { fact: CASE, of_cases: true, time: None, counter }
    }
}

fn of_case(column: Column) -> Place {
    Place::new(true, column)
}
