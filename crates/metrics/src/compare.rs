//! 同比, 环比: an answer beside that of another period.

use crate::period::Comparison;
use crate::{Answer, Row, Value};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::HashMap;

/// A value beside the one of the period before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Then.
    pub before: Option<Decimal>,
    /// Now − then; `None` when either is missing.
    pub difference: Option<Decimal>,
    /// (now − then) ÷ |then|; `None` when either is missing or then was zero.
    pub rate: Option<Decimal>,
}

impl Change {
    /// Of two values.
    pub fn of(now: Option<Decimal>, before: Option<Decimal>) -> Change {
        let difference = now.zip(before).and_then(|(now, before)| now.checked_sub(before));
        let base = before.map(|before| before.abs()).filter(|base| !base.is_zero());
        let rate = difference.zip(base).and_then(|(difference, base)| difference.checked_div(base));
        Change { before, difference, rate }
    }
}

/// Changes of an answer, in the order of its rows and measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Row by row.
    pub rows: Vec<Vec<Change>>,
    /// Of the subtotals.
    pub subtotals: Vec<Vec<Change>>,
    /// Of the total.
    pub total: Vec<Change>,
}

/// An answer beside that of another period.
pub struct Beside<'a> {
    now: &'a Answer,
    before: &'a Answer,
    /// Rows and subtotals of the period before by the keys they are compared under.
    earlier: HashMap<Cow<'a, [Value]>, &'a Row>,
}

impl<'a> Beside<'a> {
    /// The row of the period before that a row is compared with. A row of time is compared with the one as much earlier.
    pub fn then(&self, row: &Row) -> Option<&'a Row> {
        self.earlier.get(row.keys.as_slice()).copied()
    }

    /// The change of one measure. What was not there counts as zero where parts add up, else as nothing.
    pub fn change(&self, measure: usize, now: &Row, then: Option<&Row>) -> Change {
        let value = |row: &Row| row.values.get(measure).copied().flatten();
        let additive = || self.now.measures.get(measure).is_some_and(|measure| measure.is_additive());
        let before = match then {
            Some(row) => value(row),
            None => additive().then_some(Decimal::ZERO),
        };
        Change::of(value(now), before)
    }

    /// The change of the total of one measure.
    pub fn total(&self, measure: usize) -> Change {
        self.change(measure, &self.now.total, Some(&self.before.total))
    }

    fn changes(&self, row: &Row, then: Option<&Row>) -> Vec<Change> {
        (0..self.now.measures.len()).map(|measure| self.change(measure, row, then)).collect()
    }
}

impl Answer {
    /// Puts the answer of [`crate::Query::before`] beside this one.
    pub fn beside<'a>(&'a self, before: &'a Answer, comparison: Comparison) -> Beside<'a> {
        let all = before.rows.iter().chain(&before.subtotals);
        let earlier = all.filter_map(|row| Some((self.moved(row, comparison)?, row))).collect();
        Beside { now: self, before, earlier }
    }

    /// The changes since `before`, the answer of [`crate::Query::before`].
    pub fn changes(&self, before: &Answer, comparison: Comparison) -> Changes {
        let beside = self.beside(before, comparison);
        let of_rows = |rows: &[Row]| rows.iter().map(|row| beside.changes(row, beside.then(row))).collect();
        Changes {
            rows: of_rows(&self.rows),
            subtotals: of_rows(&self.subtotals),
            total: beside.changes(&self.total, Some(&before.total)),
        }
    }

    /// The keys of this answer's row that a row of the period before is compared with.
    pub(crate) fn moved<'r>(&self, row: &'r Row, comparison: Comparison) -> Option<Cow<'r, [Value]>> {
        let of_time = self.dimensions.iter().any(|dimension| dimension.calendar.is_some());
        match self.shifts.filter(|_| of_time).map(|shifts| shifts[comparison as usize]) {
            Some(shift) => {
                let keys = row.keys.iter().zip(&self.dimensions);
                keys.map(|(key, dimension)| dimension.forward(key, shift))
                    .collect::<Option<_>>()
                    .map(Cow::Owned)
            }
            None => Some(Cow::Borrowed(&row.keys)),
        }
    }
}
