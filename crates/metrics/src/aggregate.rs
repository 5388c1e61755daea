//! 汇总: what a measure's numerator or denominator counts or adds up.

use crate::condition::Condition;
use crate::schema::Place;
use crate::source::Source;
use crate::sql::Sql;
use crate::{Kind, Value};
use rust_decimal::Decimal;

/// How rows become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// Rows whose column is known.
    Count,
    /// Different values.
    Distinct,
    /// Sum over the rows in which every column of the expression is known.
    Sum,
    /// Least.
    Min,
    /// Greatest.
    Max,
}

/// A numerator or denominator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Aggregate {
    pub(crate) source: Source,
    pub(crate) function: Function,
    /// Columns added up, row by row; `true` takes the column off.
    pub(crate) columns: Vec<(bool, Place)>,
    pub(crate) filter: Vec<Condition>,
}

impl Aggregate {
    /// All rows that pass a filter.
    pub(crate) fn rows(source: Source, filter: Vec<Condition>) -> Aggregate {
        Aggregate { source, function: Function::Count, columns: vec![(false, source.counter)], filter }
    }

    /// What it is over no rows.
    pub(crate) fn nothing(&self) -> Option<Decimal> {
        matches!(self.function, Function::Count | Function::Distinct).then_some(Decimal::ZERO)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.function {
            Function::Count | Function::Distinct => Kind::Whole,
            // The loader lets only columns of one kind be added up.
            _ => self.columns.first().map_or(Kind::Whole, |(_, place)| place.column.kind),
        }
    }

    /// The conditions that a row must meet to be counted: what a number is opened with.
    pub(crate) fn population(&self) -> Vec<Condition> {
        let known = self.columns.iter().filter(|(_, place)| place.column.name != "number");
        let known = known.map(|(_, place)| Condition::Test(*place, crate::Test::NotIn(vec![Value::Null])));
        self.filter.iter().cloned().chain(known).collect()
    }

    /// The filter without what only asks whether something is known: such a test says of which rows a number can be made at
    /// all, the rest says which part of them is meant.
    pub(crate) fn subset(&self) -> Vec<Condition> {
        self.filter.iter().filter_map(Condition::without_known).collect()
    }

    pub(crate) fn write(&self, sql: &mut Sql) {
        let wide = match (self.function, self.kind()) {
            (Function::Sum, Kind::Decimal(places)) => Some(usize::from(places)),
            (Function::Sum, _) => Some(0),
            _ => None,
        };
        if wide.is_some() {
            sql.word("CAST(");
        }
        sql.word(match self.function {
            Function::Count => "COUNT(",
            Function::Distinct => "COUNT(DISTINCT ",
            Function::Sum => "SUM(",
            Function::Min => "MIN(",
            Function::Max => "MAX(",
        });
        self.write_expression(sql);
        sql.word(")");
        if !self.filter.is_empty() {
            sql.word(" FILTER (WHERE ");
            sql.each(&self.filter, " AND ", |sql, one| one.write(sql)).word(")");
        }
        if let Some(places) = wide {
            sql.word(" AS DECIMAL(38,").count(places).word("))");
        }
    }

    /// What is counted or added up of a row.
    pub(crate) fn write_expression(&self, sql: &mut Sql) {
        for (at, (minus, place)) in self.columns.iter().enumerate() {
            sql.word(match (at, minus) {
                (0, false) => "",
                (_, false) => " + ",
                (0, true) => "-",
                (_, true) => " - ",
            });
            sql.column(*place);
        }
    }

    /// The number that a cell of the answer means, money in 元. `matched`: rows of [`Aggregate::subset`]. The sum over an empty
    /// part is zero; the sum over rows of which nothing is known is unknown.
    pub(crate) fn value(&self, cell: Option<Decimal>, matched: Decimal) -> Option<Decimal> {
        let whole = match (self.function, cell) {
            (Function::Sum, None) if matched.is_zero() => Decimal::ZERO,
            (_, cell) => cell?,
        };
        match self.kind() {
            Kind::Money => whole.checked_mul(Decimal::new(1, 2)),
            _ => Some(whole),
        }
    }

    /// Numbers of rows of different cases as one: of the same keys, from statements that divide the cases between them.
    pub(crate) fn joined(&self, a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
        match (self.function, a, b) {
            (_, a, None) => a,
            (_, None, b) => b,
            (Function::Distinct, Some(x), Some(y)) => x.checked_add(y),
            (_, a, b) => self.fold(a, b),
        }
    }

    /// Two groups of rows as one; `None` where that cannot be told from the parts.
    pub(crate) fn fold(&self, a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
        let (Some(x), Some(y)) = (a, b) else {
            return if self.function == Function::Distinct { None } else { a.or(b) };
        };
        match self.function {
            Function::Count | Function::Sum => x.checked_add(y),
            Function::Min => Some(x.min(y)),
            Function::Max => Some(x.max(y)),
            Function::Distinct => None,
        }
    }
}
