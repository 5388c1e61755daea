//! 结果: rows with exact values, their total, and what a table or chart needs to say about them.

use crate::compile::{Compiled, OrderBy, Part, Plan, PlannedValue, Term};
use crate::dimension::Label;
use crate::wide::Totals;
use crate::{Dimension, Measure, QueryError, Value};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::collections::BTreeMap;
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
    /// How many rows of the first measure's fact (cases) it is made of.
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
    /// 小计: rows of fewer dimensions, when asked for, in natural order; each adds up the rows whose keys begin with its keys,
    /// rows left out included.
    pub subtotals: Vec<Row>,
    /// 其他: the rows left out, when asked for and there are any. What cannot be told from parts (different persons) is empty.
    pub others: Option<Row>,
    /// 合计 over everything that was asked for, rows left out included; computed by the database, ratios as ratios of sums.
    pub total: Row,
    /// How many rows there are before the limit, and after it was asked that they reach a number.
    pub row_count: usize,
    pub(crate) shifts: Option<[crate::period::Shift; 2]>,
}

impl Answer {
    /// 小计 of the first `level` dimensions of a row.
    pub fn subtotal(&self, row: &Row, level: usize) -> Option<&Row> {
        let keys = row.keys.get(..level)?;
        self.subtotals.iter().find(|subtotal| subtotal.keys == keys)
    }

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

/// A row of the statements, put together.
struct Raw {
    keys: Vec<Value>,
    labels: Vec<String>,
    atoms: Vec<Option<Decimal>>,
    values: Vec<Option<Decimal>>,
}

/// Labels and atoms of rows by their keys; those of fewer dimensions come first.
pub(crate) type Merged = BTreeMap<(usize, Vec<Value>), (Vec<Option<String>>, Vec<Option<Decimal>>)>;

/// What is known of a statement.
pub enum Rows {
    /// Its rows, cells in the order of its columns; decimals and sums may come in any exact type.
    Direct(Vec<Vec<Value>>),
    /// The totals of the statements of its [`crate::Wide`].
    Wide(Vec<Arc<Totals>>),
}

/// What the cells of a row begin with.
pub(crate) struct Keys {
    pub(crate) keys: Vec<Value>,
    /// The label beside each key.
    pub(crate) carried: Vec<Value>,
}

impl Compiled {
    /// Makes the answer of the statements' rows, cells in the order of their columns.
    pub fn answer(&self, answers: Vec<Vec<Vec<Value>>>) -> Result<Answer, QueryError> {
        self.answer_of(answers.into_iter().map(Rows::Direct).collect())
    }

    /// Reads the rows of one of the statements of [`crate::Wide`] of the statement at this place; `None` when a number is too long
    /// to be kept.
    pub fn totals(&self, statement: usize, rows: Vec<Vec<Value>>) -> Result<Option<Totals>, QueryError> {
        match (self.plan.parts.get(statement), self.wide.get(statement)) {
            (Some(part), Some(Some(wide))) => self.plan.totals(part, wide, rows),
            _ => Err(QueryError::Answer("语句数不符")),
        }
    }

    /// Makes the answer of what is known of each statement. What one statement knows nothing of counts as no rows there.
    pub fn answer_of(&self, answers: Vec<Rows>) -> Result<Answer, QueryError> {
        let plan = &self.plan;
        if answers.len() != plan.parts.len() {
            return Err(QueryError::Answer("语句数不符"));
        }
        let mut merged = Merged::new();
        for ((part, wide), rows) in plan.parts.iter().zip(&self.wide).zip(answers) {
            match (rows, wide) {
                (Rows::Direct(rows), _) => plan.read(part, rows, &mut merged)?,
                (Rows::Wide(totals), Some(wide)) if totals.len() == wide.statements().count() => {
                    plan.add_wide(part, wide, &totals, &mut merged)?;
                }
                _ => return Err(QueryError::Answer("年度汇总不符")),
            }
        }
        let (mut found, mut subtotals, mut total) = (Vec::new(), Vec::new(), None);
        for ((level, keys), (labels, atoms)) in merged {
            let raw = plan.raw(keys, labels, atoms);
            match level {
                0 => total = Some(raw),
                level if level == plan.dimensions.len() => found.push(raw),
                _ => subtotals.push(raw),
            }
        }
        // Over no rows at all, grouping sets give not even a total.
        let total = total.unwrap_or_else(|| plan.raw(Vec::new(), Vec::new(), plan.nothing()));
        subtotals.sort_by(|a, b| plan.compare_naturally(a, b));
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
            subtotals: subtotals.into_iter().map(|raw| plan.row(raw)).collect(),
            others,
            total: plan.row(total),
            row_count,
            shifts: plan.shifts,
        })
    }
}

/// A row without all its cells.
pub(crate) const SHORT: QueryError = QueryError::Answer("列数不足");

/// Reads the atoms of a row behind its keys.
pub(crate) fn numbers(
    part: &Part,
    mut cells: impl Iterator<Item = Value>,
) -> Result<Vec<Option<Decimal>>, QueryError> {
    part.atoms.iter().map(|_| Ok(cells.next().ok_or(SHORT)?.number())).collect()
}

impl Plan {
    /// Adds the rows of a part to those of the same keys.
    pub(crate) fn read(
        &self,
        part: &Part,
        rows: Vec<Vec<Value>>,
        merged: &mut Merged,
    ) -> Result<(), QueryError> {
        for cells in rows {
            let mut cells = cells.into_iter();
            let row = self.keys(part, &mut cells)?;
            self.add(part, &row.keys, &row.carried, numbers(part, cells)?, merged);
        }
        Ok(())
    }

    /// Reads the dimensions of a row.
    pub(crate) fn keys(
        &self,
        part: &Part,
        cells: &mut impl Iterator<Item = Value>,
    ) -> Result<Keys, QueryError> {
        let mut next = || cells.next().ok_or(SHORT);
        let all = self.dimensions.len();
        let level = match all {
            0 => 0,
            _ => {
                let grouping: u32 = next()?.number().and_then(|n| n.try_into().ok()).unwrap_or(u32::MAX);
                // Without subtotals the first dimension tells for all.
                let added_up =
                    if self.subtotals { grouping.count_ones() as usize } else { all * grouping as usize };
                all.checked_sub(added_up).ok_or(QueryError::Answer("分组层次"))?
            }
        };
        let (mut keys, mut carried) = (Vec::with_capacity(all), Vec::with_capacity(all));
        for ((_, kind), key) in self.dimensions.iter().zip(&part.keys) {
            keys.push(next()?.of_cell(*kind));
            carried.push(if key.label == Label::None { Value::Null } else { next()? });
        }
        keys.truncate(level);
        carried.truncate(level);
        Ok(Keys { keys, carried })
    }

    /// Adds numbers of a part to those of the same keys.
    pub(crate) fn add(
        &self,
        part: &Part,
        keys: &[Value],
        carried: &[Value],
        atoms: Vec<Option<Decimal>>,
        merged: &mut Merged,
    ) {
        let level = keys.len();
        let row = merged.entry((level, keys.to_vec())).or_insert_with(|| (vec![None; level], self.nothing()));
        for (n, known) in row.0.iter_mut().enumerate() {
            // A name that is missing here may be known to another part.
            if known.is_none() && carried[n] != Value::Null {
                *known = Some(self.dimensions[n].0.label(&keys[n], &carried[n]));
            }
        }
        for (at, number) in part.atoms.iter().zip(atoms) {
            row.1[*at] = self.atoms[*at].joined(row.1[*at], number);
        }
    }

    fn raw(&self, keys: Vec<Value>, labels: Vec<Option<String>>, atoms: Vec<Option<Decimal>>) -> Raw {
        let named = labels.into_iter().zip(&keys).zip(&self.dimensions);
        let labels = named
            .map(|((label, key), (dimension, _))| label.unwrap_or_else(|| dimension.label(key, &Value::Null)))
            .collect();
        let values = self.measures.iter().map(|planned| self.value(&planned.value, &atoms)).collect();
        Raw { keys, labels, atoms, values }
    }

    fn value(&self, planned: &PlannedValue, atoms: &[Option<Decimal>]) -> Option<Decimal> {
        let term = |(value, matched): Term| {
            self.atoms[value].value(atoms[value], atoms[matched].unwrap_or_default())
        };
        match planned {
            PlannedValue::Ratio { numerator, times, denominator } => {
                let mut value = term(*numerator)?;
                if let Some(times) = times {
                    value = value.checked_mul(term(*times)?)?;
                }
                match denominator {
                    None => Some(value),
                    // No value without a denominator, or with one of zero.
                    Some(denominator) => value.checked_div(term(*denominator).filter(|d| !d.is_zero())?),
                }
            }
            PlannedValue::Difference(pair) => {
                self.value(&pair[0], atoms)?.checked_sub(self.value(&pair[1], atoms)?)
            }
        }
    }

    /// Atoms over no rows.
    fn nothing(&self) -> Vec<Option<Decimal>> {
        self.atoms.iter().map(crate::aggregate::Aggregate::nothing).collect()
    }

    /// Everything left out as one row.
    fn others(&self, left_out: &[Raw]) -> Raw {
        let fold = |at: usize| {
            let mut parts = left_out.iter().map(|raw| raw.atoms[at]);
            let first = parts.next().flatten();
            parts.fold(first, |sum, part| self.atoms[at].fold(sum, part))
        };
        let mut raw = self.raw(Vec::new(), Vec::new(), (0..self.atoms.len()).map(fold).collect());
        raw.labels = vec![String::new(); self.dimensions.len()];
        if let Some(first) = raw.labels.first_mut() {
            *first = "其他".to_owned();
        }
        raw
    }

    fn reaches(&self, raw: &Raw) -> bool {
        self.at_least.is_none_or(|(at, least)| raw.values[at].is_some_and(|value| value >= least))
    }

    /// By as many dimensions as both have; the shorter first.
    fn compare_naturally(&self, a: &Raw, b: &Raw) -> Ordering {
        let both = a.keys.len().min(b.keys.len());
        let by_key = (0..both).map(|at| self.compare_at(at, a, b)).fold(Ordering::Equal, Ordering::then);
        by_key.then(a.keys.len().cmp(&b.keys.len()))
    }

    fn compare_at(&self, at: usize, a: &Raw, b: &Raw) -> Ordering {
        self.dimensions[at].0.compare((&a.keys[at], &a.labels[at]), (&b.keys[at], &b.labels[at]))
    }

    fn compare(&self, a: &Raw, b: &Raw) -> Ordering {
        let natural = |at: usize| self.compare_at(at, a, b);
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
