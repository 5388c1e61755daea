//! 收费项目条件: whether a case was charged an item, and how much of it, net of refunds.
//!
//! A filter on [`CHARGED_ITEM`] with `Test::In` means 任意包含, with `Test::AllOf` 同时包含. An item is named by 项目编码 or by
//! 医保目录编码. It counts for a case when its quantity, refunds taken off, is above zero: what was wholly refunded was never used.

use crate::compile::Statement;
use crate::condition::Condition;
use crate::query::Selection;
use crate::schema::{CASE, Place};
use crate::source::Source;
use crate::sql::Sql;
use crate::{Basis, Layer, Patients, QueryError, Test, Value};
use model::Viewer;

/// What a filter on charged items is on.
pub const CHARGED_ITEM: &str = "charged_item";

/// 费用明细
const CHARGE: &str = "charge_fact";

/// The condition that a case has these items among its charges.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Charged {
    lines: Lines,
    items: Vec<Value>,
    all: bool,
}

/// Columns of the charge fact, and the months that the wanted cases are in, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lines {
    case: Place,
    number: Place,
    month: Place,
    item: Place,
    insurer: Place,
    quantity: Place,
    amount: Place,
    months: Option<[i64; 2]>,
}

impl Lines {
    /// The lines of any of the items: lines lie by month in the mart, so a period spares most of them.
    fn write(&self, items: &[Value], sql: &mut Sql) {
        sql.word(" FROM ").word(CHARGE).word(" f WHERE ");
        self.write_of(items, sql);
        if let Some([from, to]) = self.months {
            sql.word(" AND ").column(self.month).word(" >= ").value(from.into());
            sql.word(" AND ").column(self.month).word(" <= ").value(to.into());
        }
    }

    fn write_of(&self, items: &[Value], sql: &mut Sql) {
        let of = |place| Condition::Test(place, Test::In(items.to_vec()));
        Condition::Any(vec![of(self.item), of(self.insurer)]).write(sql);
    }
}

impl Charged {
    pub(crate) fn write(&self, sql: &mut Sql) {
        let Charged { lines, items, all } = self;
        if items.is_empty() {
            sql.word(if *all { "1 = 1" } else { "1 = 0" });
            return;
        }
        sql.column(lines.case).word(" IN (SELECT ").column(lines.number);
        lines.write(items, sql);
        sql.word(" GROUP BY ").column(lines.number);
        self.write_having(sql);
        sql.word(")");
    }

    /// What the lines of a case must be together.
    fn write_having(&self, sql: &mut Sql) {
        let Charged { lines, items, all } = self;
        sql.word(" HAVING ");
        sql.each(items, if *all { " AND " } else { " OR " }, |sql, item| {
            sql.word("SUM(").column(lines.quantity).word(")");
            if items.len() > 1 {
                sql.word(" FILTER (WHERE ");
                lines.write_of(std::slice::from_ref(item), sql);
                sql.word(")");
            }
            sql.word(" > 0");
        });
    }
}

impl Layer {
    pub(crate) fn charged(
        &self,
        source: Source,
        cases: &Selection,
        test: &Test,
    ) -> Result<Condition, QueryError> {
        if !source.of_cases {
            return Err(QueryError::NotOfFact(self.fact_name(source), "收费项目".to_owned()));
        }
        let wrong = |value: String| QueryError::Value("收费项目".to_owned(), value);
        let (items, all) = match test {
            Test::In(items) => (items, false),
            Test::AllOf(items) => (items, true),
            _ => return Err(wrong("应为任意包含或同时包含".to_owned())),
        };
        if let Some(odd) = items.iter().find(|item| !matches!(item, Value::Text(_))) {
            return Err(wrong(odd.to_string()));
        }
        let mut once: Vec<Value> = Vec::new();
        once.extend(items.iter().cloned());
        once.sort();
        once.dedup();
        Ok(Condition::Charged(Box::new(Charged { lines: self.charge_lines(cases)?, items: once, all })))
    }

    /// 所选项目金额, refunds taken off, of the cases of a selection that the viewer sees: a row a case of its number and 分, or one
    /// row of their sum. The selection's own condition on these items is decided over the same lines, which are read once.
    pub fn compile_charged(
        &self,
        cases: &Selection,
        items: &[Value],
        by_case: bool,
        viewer: &Viewer,
    ) -> Result<Statement, QueryError> {
        let source = self.case_source();
        let (mut rest, mut having) = (cases.clone(), None);
        if let Some(at) = rest.filters.iter().position(|filter| filter.on == CHARGED_ITEM) {
            having = match self.charged(source, cases, &rest.filters.remove(at).test)? {
                Condition::Charged(charged) if charged.items.iter().all(|item| items.contains(item)) => {
                    Some(charged)
                }
                _ => return Err(QueryError::Value("收费项目".to_owned(), "所选项目".to_owned())),
            };
        }
        let conditions = self.conditions(source, &rest)?;
        let lines = self.charge_lines(cases)?;
        let mut sql = Sql::default();
        sql.word(if by_case { "" } else { "SELECT CAST(SUM(m.amount) AS DECIMAL(38,0)) FROM (" });
        sql.word("SELECT ").column(lines.number);
        sql.word(", CAST(SUM(").column(lines.amount).word(") AS DECIMAL(38,0)) AS amount");
        lines.write(items, &mut sql);
        sql.word(" AND ").column(lines.number).word(" IN (SELECT ").column(lines.case);
        self.write_rows(source, viewer, &conditions, &mut sql);
        sql.word(") GROUP BY ").column(lines.number);
        if let Some(charged) = having.filter(|charged| !charged.items.is_empty()) {
            charged.write_having(&mut sql);
        }
        sql.word(if by_case { "" } else { ") m" });
        let (sql, parameters) = sql.finish();
        Ok(Statement { sql, parameters })
    }

    fn charge_lines(&self, cases: &Selection) -> Result<Lines, QueryError> {
        let place = |fact: &str, name: &str| {
            self.schema.place(fact, name).ok_or_else(|| QueryError::Column(format!("{fact}.{name}")))
        };
        let month = |day: jiff::civil::Date| i64::from(day.year()) * 100 + i64::from(day.month());
        // A discharged case's lines stand in the month of its discharge.
        let discharged = cases.basis == Basis::Discharge && cases.patients == Patients::Discharged;
        Ok(Lines {
            case: place(CASE, "number")?,
            number: place(CHARGE, "number")?,
            month: place(CHARGE, "month")?,
            item: place(CHARGE, "item_key")?,
            insurer: place(CHARGE, "insurer_code")?,
            quantity: place(CHARGE, "quantity")?,
            amount: place(CHARGE, "amount")?,
            months: cases.period.filter(|_| discharged).map(|p| [month(p.from()), month(p.to())]),
        })
    }
}
