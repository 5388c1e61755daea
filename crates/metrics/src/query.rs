//! 查询: what is asked for, in ids and typed values; never SQL.

use crate::period::{Basis, Comparison, Period};
use crate::{Test, Value};
use rust_decimal::Decimal;

/// 患者范围
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patients {
    /// 出院患者
    #[default]
    Discharged,
    /// 在院患者
    InHouse,
    /// Both.
    All,
}

/// A condition on a dimension, a column of the fact or of the case, or a population (`In([true])`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Its id or name.
    pub on: String,
    /// What it must be.
    pub test: Test,
}

/// Which cases: shared by queries of numbers and lists of cases, so that a number opens exactly its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Which day of the case counts.
    pub basis: Basis,
    /// Days, all when there is none.
    pub period: Option<Period>,
    /// Discharged or in house.
    pub patients: Patients,
    /// All must hold.
    pub filters: Vec<Filter>,
}

/// What rows are put in order by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// A measure or a dimension of the query; for case lists a column.
    pub by: String,
    /// Greatest first. Rows without a value come last both ways.
    pub descending: bool,
}

/// Rows must reach a number: 病组大于 10 例.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AtLeast {
    /// The measure; it need not be among those shown.
    pub measure: String,
    /// What it must reach.
    pub least: Decimal,
}

/// A query of measures by dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query {
    /// Ids of measures; those of different facts are put side by side by the dimensions.
    pub measures: Vec<String>,
    /// Ids of dimensions; none asks for the total alone.
    pub by: Vec<String>,
    /// Which cases.
    pub cases: Selection,
    /// Rows that do not reach it are left out.
    pub at_least: Option<AtLeast>,
    /// First by the first; ties and the rest in the dimensions' natural order.
    pub order: Vec<Order>,
    /// How many rows; all when there is none.
    pub limit: Option<usize>,
    /// Whether the rows left out stand as one row 其他.
    pub others: bool,
    /// Whether there is a subtotal of each dimension but the last: 科室 of 科室 by 医师.
    pub subtotals: bool,
}

impl Selection {
    /// Cases of these days.
    pub fn within(period: Period) -> Selection {
        Selection { period: Some(period), ..Selection::default() }
    }

    /// Adds a condition.
    #[must_use]
    pub fn filter(mut self, on: impl Into<String>, test: Test) -> Selection {
        self.filters.push(Filter { on: on.into(), test });
        self
    }

    /// Adds the condition that a dimension, column or population has this value.
    #[must_use]
    pub fn is(self, on: impl Into<String>, value: impl Into<Value>) -> Selection {
        self.filter(on, Test::In(vec![value.into()]))
    }
}

impl Query {
    /// A query of the total of these measures.
    pub fn of<'a>(measures: impl IntoIterator<Item = &'a str>, cases: Selection) -> Query {
        let measures = measures.into_iter().map(str::to_owned).collect();
        Query { measures, cases, ..Query::default() }
    }

    /// Divides by a dimension.
    #[must_use]
    pub fn by(mut self, dimension: impl Into<String>) -> Query {
        self.by.push(dimension.into());
        self
    }

    /// Orders by a measure or dimension.
    #[must_use]
    pub fn order(mut self, by: impl Into<String>, descending: bool) -> Query {
        self.order.push(Order { by: by.into(), descending });
        self
    }

    /// At most so many rows.
    #[must_use]
    pub fn limit(mut self, rows: usize) -> Query {
        self.limit = Some(rows);
        self
    }

    /// Rows must reach a number.
    #[must_use]
    pub fn at_least(mut self, measure: impl Into<String>, least: impl Into<Decimal>) -> Query {
        self.at_least = Some(AtLeast { measure: measure.into(), least: least.into() });
        self
    }

    /// The rows left out as one row 其他.
    #[must_use]
    pub fn with_others(mut self) -> Query {
        self.others = true;
        self
    }

    /// A subtotal of each dimension but the last.
    #[must_use]
    pub fn with_subtotals(mut self) -> Query {
        self.subtotals = true;
        self
    }

    /// The same for the period to compare with, all rows of it; `None` without a period.
    pub fn before(&self, comparison: Comparison) -> Option<Query> {
        let period = self.cases.period?.before(comparison)?;
        let cases = Selection { period: Some(period), ..self.cases.clone() };
        let (measures, by) = (self.measures.clone(), self.by.clone());
        Some(Query { measures, by, cases, subtotals: self.subtotals, ..Query::default() })
    }
}
