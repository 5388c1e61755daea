//! 同比, 环比: an answer beside that of another period.

use crate::period::Comparison;
use crate::{Answer, Row, Value};
use rust_decimal::Decimal;
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

impl Answer {
    /// The changes since `before`, the answer of [`crate::Query::before`]. A row of time is compared with the one as much
    /// earlier. What was not there counts as zero where parts add up, else as nothing.
    pub fn changes(&self, before: &Answer, comparison: Comparison) -> Changes {
        let moved = |row: &'_ Row| self.moved(row, comparison);
        let all = before.rows.iter().chain(&before.subtotals);
        let earlier: HashMap<Vec<Value>, &Row> = all.filter_map(|row| Some((moved(row)?, row))).collect();
        let of_row = |row: &Row, before: Option<&Row>| {
            let pairs = row.values.iter().zip(&self.measures).enumerate();
            pairs
                .map(|(at, (now, measure))| {
                    let absent = measure.is_additive().then_some(Decimal::ZERO);
                    Change::of(*now, before.map_or(absent, |row| row.values.get(at).copied().flatten()))
                })
                .collect()
        };
        Changes {
            rows: self.rows.iter().map(|row| of_row(row, earlier.get(&row.keys).copied())).collect(),
            subtotals: self
                .subtotals
                .iter()
                .map(|row| of_row(row, earlier.get(&row.keys).copied()))
                .collect(),
            total: of_row(&self.total, Some(&before.total)),
        }
    }

    /// The keys of this answer's row that a row of the period before is compared with.
    pub(crate) fn moved(&self, row: &Row, comparison: Comparison) -> Option<Vec<Value>> {
        let shift = self.shifts.map(|shifts| shifts[comparison as usize]);
        let keys = row.keys.iter().zip(&self.dimensions);
        keys.map(|(key, dimension)| match shift {
            Some(shift) => dimension.forward(key, shift),
            None => Some(key.clone()),
        })
        .collect()
    }
}
