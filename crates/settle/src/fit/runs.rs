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
    /// Points of the stretch off the line.
    pub(crate) off: usize,
}

impl Run {
    pub(crate) fn first_x(&self) -> Decimal {
        self.on.first().map_or(Decimal::ZERO, |point| point.x)
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
            runs.push((label, Run { line, on: Vec::new(), off: 0 }));
        }
        if let Some((_, run)) = runs.last_mut() {
            if line.fits(point) {
                run.on.push(*point);
            } else {
                run.off += 1;
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

/// Where one run gives way to the next, as x: between the last cases of one and the first of the other. One case on
/// either side may be odd and lie there by chance, so the second counts.
pub(crate) fn bracket(below: &Run, above: &Run) -> (Decimal, Decimal) {
    let second = |run: &Run, from_end: bool| {
        let at = if from_end { run.on.len().checked_sub(2)? } else { 1 };
        run.on.get(at).filter(|_| run.on.len() >= ENOUGH).map(|point| point.x)
    };
    let lo = second(below, true).unwrap_or_else(|| below.last_x());
    let hi = second(above, false).unwrap_or_else(|| above.first_x());
    (lo.min(hi), lo.max(hi))
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
