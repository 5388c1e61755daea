//! 结果: rows with exact values, their total, and what a table or chart needs to say about them.

use crate::compile::{Compiled, OrderBy, Plan, Planned};
use crate::{Dimension, Measure, QueryError, Value};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::sync::Arc;

/// A row: a value of each dimension, and a value of each measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Values of the dimensions; empty for 其他.
    pub keys: Vec<Value>,
    /// How they are called.
    pub labels: Vec<String>,
    /// Values of the measures, money in 元; `None` where there is none.
    pub values: Vec<Option<Decimal>>,
    /// How many rows of the fact (cases) it is made of.
    pub count: i64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The dimensions, in the order of the query.
    pub dimensions: Vec<Arc<Dimension>>,
    /// The measures, in the order of the query.
    pub measures: Vec<Arc<Measure>>,
    /// The rows; none without dimensions.
    pub rows: Vec<Row>,
    /// 其他: the rows left out, when asked for and there are any. What cannot be told from parts (different persons) is empty.
    pub others: Option<Row>,
    /// 合计 over everything that was asked for, rows left out included; computed by the database, ratios as ratios of sums.
    pub total: Row,
    /// How many rows there are before the limit, and after it was asked that they reach a number.
    pub row_count: usize,
    pub(crate) shifts: Option<[crate::period::Shift; 2]>,
}

impl Answer {
    /// Where a measure's values stand.
    pub fn position(&self, measure: &str) -> Option<usize> {
        self.measures.iter().position(|known| known.id == measure)
    }

    /// A measure's total.
    pub fn total_of(&self, measure: &str) -> Option<Decimal> {
        self.total.values.get(self.position(measure)?).copied().flatten()
    }

    /// A measure's values, row by row.
    pub fn column(&self, measure: &str) -> Vec<Option<Decimal>> {
        let at = self.position(measure);
        self.rows.iter().map(|row| at.and_then(|at| row.values.get(at).copied().flatten())).collect()
    }

    /// 占比: each row's part of the total, for measures whose parts make up the whole; else no value.
    pub fn shares(&self, measure: &str) -> Vec<Option<Decimal>> {
        let whole = self
            .position(measure)
            .filter(|at| self.measures[*at].is_additive())
            .and_then(|at| self.total.values[at])
            .filter(|whole| !whole.is_zero());
        self.column(measure).into_iter().map(|part| part?.checked_div(whole?)).collect()
    }
}

/// A row of the statement.
struct Raw {
    keys: Vec<Value>,
    labels: Vec<String>,
    atoms: Vec<Option<Decimal>>,
    values: Vec<Option<Decimal>>,
}

impl Compiled {
    /// Makes the answer of the statement's rows, cells in the order of its columns; decimals and sums may come in any exact type.
    pub fn answer(&self, rows: Vec<Vec<Value>>) -> Result<Answer, QueryError> {
        let plan = &self.plan;
        let mut total = None;
        let mut found = Vec::new();
        for cells in rows {
            let (is_total, raw) = plan.read(cells)?;
            if is_total { total = Some(raw) } else { found.push(raw) }
        }
        // Over no rows at all, grouping sets give not even a total.
        let total = total.unwrap_or_else(|| plan.nothing());
        let (mut kept, mut left_out): (Vec<Raw>, Vec<Raw>) =
            found.into_iter().partition(|raw| plan.reaches(raw));
        kept.sort_by(|a, b| plan.compare(a, b));
        let row_count = kept.len();
        if let Some(limit) = plan.limit {
            left_out.extend(kept.split_off(limit.min(row_count)));
        }
        let others = (plan.others && !left_out.is_empty()).then(|| plan.row(plan.others(&left_out)));
        Ok(Answer {
            dimensions: plan.dimensions.iter().map(|(dimension, _)| dimension.clone()).collect(),
            measures: plan.measures.iter().take(plan.shown).map(|planned| planned.measure.clone()).collect(),
            rows: kept.into_iter().map(|raw| plan.row(raw)).collect(),
            others,
            total: plan.row(total),
            row_count,
            shifts: plan.shifts,
        })
    }
}

impl Plan {
    fn read(&self, cells: Vec<Value>) -> Result<(bool, Raw), QueryError> {
        let mut cells = cells.into_iter();
        let mut next = || cells.next().ok_or(QueryError::Answer("列数不足"));
        let is_total = self.dimensions.is_empty() || next()?.number() != Some(Decimal::ZERO);
        let (mut keys, mut labels) = (Vec::new(), Vec::new());
        for (dimension, kind) in &self.dimensions {
            let key = next()?.of_cell(*kind);
            let carried = if dimension.label.is_some() { next()? } else { Value::Null };
            labels.push(dimension.label(&key, &carried));
            keys.push(key);
        }
        let mut atoms = Vec::with_capacity(self.atoms.len());
        for _ in &self.atoms {
            atoms.push(next()?.number());
        }
        if is_total {
            (keys, labels) = (Vec::new(), Vec::new());
        }
        Ok((is_total, self.raw(keys, labels, atoms)))
    }

    fn raw(&self, keys: Vec<Value>, labels: Vec<String>, atoms: Vec<Option<Decimal>>) -> Raw {
        let values = self.measures.iter().map(|planned| self.value(planned, &atoms)).collect();
        Raw { keys, labels, atoms, values }
    }

    fn value(&self, planned: &Planned, atoms: &[Option<Decimal>]) -> Option<Decimal> {
        let part = |(value, matched): (usize, usize)| {
            self.atoms[value].value(atoms[value], atoms[matched].unwrap_or_default())
        };
        planned.measure.value(part(planned.numerator), planned.denominator.and_then(part))
    }

    fn nothing(&self) -> Raw {
        let zero = |atom: &crate::aggregate::Aggregate| {
            matches!(atom.function, crate::Function::Count | crate::Function::Distinct)
                .then_some(Decimal::ZERO)
        };
        self.raw(Vec::new(), Vec::new(), self.atoms.iter().map(zero).collect())
    }

    /// Everything left out as one row.
    fn others(&self, left_out: &[Raw]) -> Raw {
        let fold = |at: usize| {
            let mut parts = left_out.iter().map(|raw| raw.atoms[at]);
            let first = parts.next().flatten();
            parts.fold(first, |sum, part| self.atoms[at].fold(sum, part))
        };
        let mut labels = vec![String::new(); self.dimensions.len()];
        if let Some(first) = labels.first_mut() {
            *first = "其他".to_owned();
        }
        self.raw(Vec::new(), labels, (0..self.atoms.len()).map(fold).collect())
    }

    fn reaches(&self, raw: &Raw) -> bool {
        self.at_least.is_none_or(|(at, least)| raw.values[at].is_some_and(|value| value >= least))
    }

    fn compare(&self, a: &Raw, b: &Raw) -> Ordering {
        let natural = |at: usize| {
            self.dimensions[at].0.compare((&a.keys[at], &a.labels[at]), (&b.keys[at], &b.labels[at]))
        };
        let asked = self.order.iter().map(|(by, descending)| match by {
            OrderBy::Dimension(at) if *descending => natural(*at).reverse(),
            OrderBy::Dimension(at) => natural(*at),
            OrderBy::Measure(at) => match (a.values[*at], b.values[*at]) {
                (Some(x), Some(y)) if *descending => y.cmp(&x),
                (Some(x), Some(y)) => x.cmp(&y),
                (x, y) => x.is_none().cmp(&y.is_none()),
            },
        });
        let all = asked.chain((0..self.dimensions.len()).map(natural));
        all.fold(Ordering::Equal, Ordering::then)
    }

    fn row(&self, raw: Raw) -> Row {
        let mut values = raw.values;
        values.truncate(self.shown);
        let count = raw.atoms[0].unwrap_or_default().try_into().unwrap_or_default();
        Row { keys: raw.keys, labels: raw.labels, values, count }
    }
}
