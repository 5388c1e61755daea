//! Which line rules where: a sequence of runs along x that odd cases do not break.

use super::line::{Line, best_line};
use super::points::Point;
use super::{ENOUGH, simplest};
use rust_decimal::Decimal;

/// Most different lines looked for.
const LINES: usize = 8;
/// A change of line must explain at least this many more cases.
const CHANGE: u32 = 4;

/// A stretch of x under one line.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) line: Line,
    /// Points of the stretch on the line.
    pub(crate) on: Vec<Point>,
    /// All points of the stretch.
    all: Vec<Point>,
}

impl Run {
    pub(crate) fn first_x(&self) -> Decimal {
        self.on.first().map_or(Decimal::ZERO, |point| point.x)
    }

    /// Points of the stretch off the line.
    pub(crate) fn off(&self) -> usize {
        self.all.len() - self.on.len()
    }

    pub(crate) fn last_x(&self) -> Decimal {
        self.on.last().map_or(Decimal::ZERO, |point| point.x)
    }
}

/// Lines of the points (sorted by x), peeled off one after the other, then ordered along x.
pub(crate) fn runs(points: &[Point]) -> Vec<Run> {
    let mut lines: Vec<Line> = Vec::new();
    let mut rest: Vec<Point> = points.to_vec();
    while lines.len() < LINES {
        let Some(line) = best_line(&rest, ENOUGH) else { break };
        rest.retain(|point| !line.fits(point));
        lines.push(line);
    }
    if lines.is_empty() {
        return Vec::new();
    }
    let labels = cheapest_labels(points, &lines);
    let mut runs: Vec<(usize, Run)> = Vec::new();
    for (point, label) in points.iter().zip(labels) {
        let Some(line) = lines.get(label).copied() else { continue };
        if runs.last().is_none_or(|(last, _)| *last != label) {
            runs.push((label, Run { line, on: Vec::new(), all: Vec::new() }));
        }
        if let Some((_, run)) = runs.last_mut() {
            run.all.push(*point);
            if line.fits(point) {
                run.on.push(*point);
            }
        }
    }
    runs.into_iter().map(|(_, run)| run).filter(|run| !run.on.is_empty()).collect()
}

/// The labelling with least cost: 1 for a point off its line, [`CHANGE`] for a change of line.
fn cheapest_labels(points: &[Point], lines: &[Line]) -> Vec<usize> {
    let mut cost = vec![0u32; lines.len()];
    let mut from: Vec<Vec<u8>> = Vec::with_capacity(points.len());
    for point in points {
        let cheapest = cost.iter().copied().enumerate().min_by_key(|(_, cost)| *cost).unwrap_or((0, 0));
        let mut back = Vec::with_capacity(lines.len());
        for (label, line) in lines.iter().enumerate() {
            let stay = cost.get(label).copied().unwrap_or(u32::MAX);
            let switch = cheapest.1 + CHANGE;
            let (before, origin) = if switch < stay { (switch, cheapest.0) } else { (stay, label) };
            back.push(origin as u8);
            if let Some(slot) = cost.get_mut(label) {
                *slot = before + u32::from(!line.fits(point));
            }
        }
        from.push(back);
    }
    let mut label = cost.iter().enumerate().min_by_key(|(_, cost)| **cost).map_or(0, |(label, _)| label);
    let mut labels = vec![0; points.len()];
    for (at, back) in from.iter().enumerate().rev() {
        if let Some(slot) = labels.get_mut(at) {
            *slot = label;
        }
        label = back.get(label).map_or(0, |origin| usize::from(*origin));
    }
    labels
}

/// Where one run gives way to the next, as x. A cut costs one for every case on the wrong side of it; cuts that cost
/// hardly more than the best are possible too, because an odd case may lie on the other line by chance.
pub(crate) fn bracket(below: &Run, above: &Run) -> (Decimal, Decimal) {
    let points: Vec<&Point> = below.all.iter().chain(&above.all).collect();
    let slack = 1 + (points.len() / 250).min(3);
    // Cost of a cut before the point at each index.
    let only = |point: &Point, yes: &Run, no: &Run| yes.line.fits(point) && !no.line.fits(point);
    let mut cost = points.iter().filter(|point| only(point, below, above)).count();
    let mut costs = vec![cost];
    for point in &points {
        // The point moves below the cut.
        cost += usize::from(only(point, above, below));
        cost -= usize::from(only(point, below, above));
        costs.push(cost);
    }
    let best = costs.iter().copied().min().unwrap_or_default();
    let possible = |cost: &usize| *cost <= best + slack;
    let first = costs.iter().position(possible).unwrap_or_default();
    let last = costs.iter().rposition(possible).unwrap_or_default();
    let x = |at: usize| points.get(at.min(points.len().saturating_sub(1))).map_or(Decimal::ZERO, |p| p.x);
    // A cut before a point lies between it and its neighbour.
    (x(first.saturating_sub(1)), x(last))
}

/// Sum of digits the breakpoints need when x is measured in units of `scale`: small for the right scale.
pub(crate) fn digits_of_breakpoints(runs: &[Run], scale: Decimal) -> u32 {
    let mut digits = 0;
    for pair in runs.windows(2) {
        let [below, above] = pair else { continue };
        let (lo, hi) = bracket(below, above);
        if let (Some(lo), Some(hi)) = (lo.checked_div(scale), hi.checked_div(scale)) {
            digits += simplest::within(lo, hi).1;
        }
    }
    digits
}
