//! 数字板: measures by dimensions with their comparisons. Charts and tables both read it, so they cannot disagree.

use super::request::Request;
use crate::error::ApiError;
use metrics::{Answer, Beside, Change, Comparison, Dimension, Measure, Query, Row, Selection, Style, Value};
use rust_decimal::Decimal;
use std::collections::HashSet;
use std::sync::Arc;

/// A row.
#[derive(Clone, Default)]
pub(super) struct Line {
    pub(super) keys: Vec<Value>,
    pub(super) labels: Vec<String>,
    pub(super) now: Vec<Option<Decimal>>,
    /// By [`Comparison`], in the order of the measures; empty when it was not asked for.
    pub(super) changes: [Vec<Change>; 2],
    /// Cases, or rows of the fact of the first measure.
    pub(super) count: i64,
}

/// Measures by dimensions.
pub(super) struct Board {
    pub(super) measures: Vec<Arc<Measure>>,
    /// In the dimensions' natural order.
    pub(super) lines: Vec<Line>,
    pub(super) total: Line,
}

impl Line {
    /// Whether a number is not zero, now or then, or a rate is known: of the diagnoses only those are injuries that have some.
    fn says_something(&self, measures: &[Arc<Measure>]) -> bool {
        let says = |(measure, value): (&Arc<Measure>, Option<Decimal>)| {
            value.is_some_and(|value| !value.is_zero() || measure.format.style == Style::Percent)
        };
        let then = self.changes.iter().flat_map(|changes| changes.iter().map(|change| change.before));
        measures.iter().zip(self.now.iter().copied()).any(says) || measures.iter().cycle().zip(then).any(says)
    }

    pub(super) fn change(&self, comparison: Comparison, at: usize) -> Change {
        self.changes[comparison as usize].get(at).copied().unwrap_or_default()
    }
}

impl Board {
    pub(super) fn position(&self, measure: &str) -> Option<usize> {
        self.measures.iter().position(|known| known.id == measure)
    }

    pub(super) fn make(
        request: &Request<'_>,
        measures: &[Arc<Measure>],
        by: &[Arc<Dimension>],
        cases: &Selection,
        compare: &[Comparison],
    ) -> Result<Board, ApiError> {
        let all = request.together(measures, by, cases.period);
        let place = |measure: &Arc<Measure>| all.iter().position(|known| known.id == measure.id).unwrap_or(0);
        let places: Vec<usize> = measures.iter().map(place).collect();
        let mut query = Query::of(all.iter().map(|measure| measure.id.as_str()), cases.clone());
        query.by = by.iter().map(|dimension| dimension.id.clone()).collect();
        let now = request.answer(&query)?;
        let befores = compare.iter().filter_map(|comparison| Some((*comparison, query.before(*comparison)?)));
        let befores: Vec<(Comparison, Arc<Answer>)> = befores
            .map(|(comparison, query)| Ok((comparison, request.answer(&query)?)))
            .collect::<Result<_, ApiError>>()?;
        let besides: Vec<(Comparison, Beside<'_>)> = befores
            .iter()
            .map(|(comparison, before)| (*comparison, now.beside(before, *comparison)))
            .collect();
        let line = |row: &Row| {
            let mut line = Line {
                keys: row.keys.clone(),
                labels: row.labels.clone(),
                now: places.iter().map(|at| row.values.get(*at).copied().flatten()).collect(),
                count: row.count,
                ..Line::default()
            };
            for (comparison, beside) in &besides {
                let then = beside.then(row);
                line.changes[*comparison as usize] =
                    places.iter().map(|at| beside.change(*at, row, then)).collect();
            }
            line
        };
        let mut total = line(&now.total);
        for (comparison, beside) in &besides {
            total.changes[*comparison as usize] = places.iter().map(|at| beside.total(*at)).collect();
        }
        let gone = vanished(&now, &befores);
        let mut lines: Vec<Line> = now.rows.iter().chain(&gone).map(line).collect();
        if by.iter().all(|dimension| dimension.calendar.is_none()) {
            lines.retain(|line| line.says_something(measures));
        }
        Ok(Board { measures: measures.to_vec(), lines, total })
    }
}

/// What there are no rows of counts as zero where parts add up.
fn zero(measure: &Measure) -> Option<Decimal> {
    measure.is_additive().then_some(Decimal::ZERO)
}

/// Rows of the periods before that are gone now: their loss is a change too. Rows of time are never gone.
fn vanished(now: &Answer, befores: &[(Comparison, Arc<Answer>)]) -> Vec<Row> {
    if befores.is_empty() || now.dimensions.iter().any(|dimension| dimension.calendar.is_some()) {
        return Vec::new();
    }
    let values: Vec<Option<Decimal>> = now.measures.iter().map(|measure| zero(measure)).collect();
    let mut known: HashSet<&[Value]> = now.rows.iter().map(|row| row.keys.as_slice()).collect();
    let earlier = befores.iter().flat_map(|(_, before)| &before.rows);
    let gone = earlier.filter(|row| known.insert(row.keys.as_slice()));
    gone.map(|row| Row { values: values.clone(), count: 0, ..row.clone() }).collect()
}
