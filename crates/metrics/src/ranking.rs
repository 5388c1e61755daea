//! 排名, 累计: what a row is among the others, and the rows up to it.

use crate::{Answer, Comparison};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// 名次 beside the one of the period before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RankChange {
    /// Now; equal values share the better place, and the next one is as much lower. `None` without a value.
    pub rank: Option<usize>,
    /// Then; `None` for what was not there.
    pub before: Option<usize>,
    /// Then − now: how many places it rose.
    pub rise: Option<i64>,
}

impl Answer {
    /// 名次 of each row by a measure, the greatest first when `descending`.
    pub fn ranks(&self, measure: &str, descending: bool) -> Vec<Option<usize>> {
        let values = self.column(measure);
        let mut sorted: Vec<Decimal> = values.iter().copied().flatten().collect();
        sorted.sort_unstable();
        let place = |value: Decimal| match descending {
            true => sorted.len() - sorted.partition_point(|other| *other <= value),
            false => sorted.partition_point(|other| *other < value),
        };
        values.into_iter().map(|value| Some(place(value?) + 1)).collect()
    }

    /// Ranks beside those of `before`, the answer of [`crate::Query::before`], which has all rows. Rows of time are compared
    /// with those as much earlier.
    pub fn rank_changes(
        &self,
        before: &Answer,
        comparison: Comparison,
        measure: &str,
        descending: bool,
    ) -> Vec<RankChange> {
        let earlier: HashMap<_, _> = before
            .rows
            .iter()
            .zip(before.ranks(measure, descending))
            .filter_map(|(row, rank)| Some((self.moved(row, comparison)?, rank?)))
            .collect();
        let ranks = self.ranks(measure, descending);
        let change = |(row, rank): (&crate::Row, Option<usize>)| {
            let before = earlier.get(row.keys.as_slice()).copied();
            let rise = before.zip(rank).map(|(before, now)| before as i64 - now as i64);
            RankChange { rank, before, rise }
        };
        self.rows.iter().zip(ranks).map(change).collect()
    }

    /// 累计: the sum of the rows up to each one, in the order of the answer; for measures whose parts make up the whole, else
    /// no value. A row without a value adds nothing.
    pub fn cumulative(&self, measure: &str) -> Vec<Option<Decimal>> {
        let additive = self.position(measure).is_some_and(|at| self.measures[at].is_additive());
        let mut sum = Some(Decimal::ZERO).filter(|_| additive);
        let add = |value: Option<Decimal>| {
            sum = sum.and_then(|sum| sum.checked_add(value.unwrap_or_default()));
            sum
        };
        self.column(measure).into_iter().map(add).collect()
    }

    /// 累计占比: [`Answer::cumulative`] as a part of the total.
    pub fn cumulative_shares(&self, measure: &str) -> Vec<Option<Decimal>> {
        let whole = self.total_of(measure).filter(|whole| !whole.is_zero());
        self.cumulative(measure).into_iter().map(|sum| sum?.checked_div(whole?)).collect()
    }
}
