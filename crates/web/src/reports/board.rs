//! 数字板: measures by dimensions with their comparisons, whatever facts they are of. Charts and tables both read it, so they
//! cannot disagree.

use super::request::Request;
use crate::error::ApiError;
use metrics::{Answer, Change, Comparison, Dimension, Measure, Query, Row, Selection, Value};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::Arc;

/// A row.
#[derive(Clone, Default)]
pub(super) struct Line {
    pub(super) keys: Vec<Value>,
    pub(super) labels: Vec<String>,
    pub(super) now: Vec<Option<Decimal>>,
    /// By [`Comparison`], in the order of the measures; empty when it was not asked for.
    pub(super) changes: [Vec<Change>; 2],
    /// Rows of the first fact.
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
        let empty = || Line {
            now: measures.iter().map(|measure| zero(measure)).collect(),
            changes: [Comparison::YearBefore, Comparison::PeriodBefore].map(|comparison| {
                match compare.contains(&comparison) {
                    true => measures.iter().map(|m| Change::of(zero(m), zero(m))).collect(),
                    false => Vec::new(),
                }
            }),
            ..Line::default()
        };
        let mut board = Board { measures: measures.to_vec(), lines: Vec::new(), total: empty() };
        let mut places: HashMap<Vec<Value>, usize> = HashMap::new();
        let mut facts: Vec<&str> = Vec::new();
        for measure in measures {
            if !facts.contains(&measure.fact()) {
                facts.push(measure.fact());
            }
        }
        for (nth, fact) in facts.into_iter().enumerate() {
            let own: Vec<usize> = (0..measures.len()).filter(|at| measures[*at].fact() == fact).collect();
            let mut query = Query::of(own.iter().map(|at| measures[*at].id.as_str()), cases.clone());
            query.by = by.iter().map(|dimension| dimension.id.clone()).collect();
            let mut now = (*request.answer(&query)?).clone();
            let mut befores = Vec::new();
            for comparison in compare {
                if let Some(before) = query.before(*comparison) {
                    let before = request.answer(&before)?;
                    add_vanished(&mut now, &before);
                    befores.push((*comparison, before));
                }
            }
            let changes: Vec<_> = befores.iter().map(|(c, before)| (*c, now.changes(before, *c))).collect();
            let put = |line: &mut Line, row: &Row, changed: &dyn Fn(usize) -> Vec<Change>| {
                for (from, to) in own.iter().enumerate() {
                    line.now[*to] = row.values.get(from).copied().flatten();
                }
                for (nth, (comparison, _)) in changes.iter().enumerate() {
                    for (change, to) in changed(nth).into_iter().zip(&own) {
                        line.changes[*comparison as usize][*to] = change;
                    }
                }
                if nth == 0 {
                    line.count = row.count;
                }
            };
            put(&mut board.total, &now.total, &|nth| changes[nth].1.total.clone());
            for (at, row) in now.rows.iter().enumerate() {
                let place = *places.entry(row.keys.clone()).or_insert_with(|| {
                    board.lines.push(Line { keys: row.keys.clone(), labels: row.labels.clone(), ..empty() });
                    board.lines.len() - 1
                });
                put(&mut board.lines[place], row, &|nth| changes[nth].1.rows[at].clone());
            }
        }
        Ok(board)
    }
}

/// What there are no rows of counts as zero where parts add up.
fn zero(measure: &Measure) -> Option<Decimal> {
    measure.is_additive().then_some(Decimal::ZERO)
}

/// Rows of the period before that are gone now: their loss is a change too. Rows of time are never gone.
fn add_vanished(now: &mut Answer, before: &Answer) {
    if now.dimensions.iter().any(|dimension| dimension.calendar.is_some()) {
        return;
    }
    let values: Vec<Option<Decimal>> = now.measures.iter().map(|measure| zero(measure)).collect();
    let gone = before.rows.iter().filter(|row| !now.rows.iter().any(|known| known.keys == row.keys));
    let gone: Vec<Row> = gone.map(|row| Row { values: values.clone(), count: 0, ..row.clone() }).collect();
    now.rows.extend(gone);
}
