//! Lines through points: a deterministic search that does not mind odd cases.

use super::points::Point;
use rust_decimal::Decimal;

/// `y = slope·x + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) slope: Decimal,
    pub(crate) intercept: Decimal,
}

impl Line {
    pub(crate) fn at(&self, x: Decimal) -> Decimal {
        self.slope * x + self.intercept
    }

    /// Whether a point lies on the line within its own rounding.
    pub(crate) fn fits(&self, point: &Point) -> bool {
        (point.y - self.at(point.x)).abs() <= point.off
    }

    fn through(a: &Point, b: &Point) -> Option<Line> {
        let apart = b.x - a.x;
        if apart.is_zero() {
            return None;
        }
        let slope = (b.y - a.y).checked_div(apart)?.round_dp(14);
        Some(Line { slope, intercept: a.y - slope * a.x })
    }

    /// Least squares; level when all x are the same.
    fn through_all<'p>(points: impl Iterator<Item = &'p Point> + Clone) -> Option<Line> {
        let (mut n, mut sum_x, mut sum_y) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        // Rounding is relative to the points of the case: large cases know better.
        for point in points.clone() {
            let weight = point.points;
            n += weight;
            sum_x += weight * point.x;
            sum_y += weight * point.y;
        }
        let (mean_x, mean_y) = (sum_x.checked_div(n)?, sum_y.checked_div(n)?);
        let (mut xx, mut xy) = (Decimal::ZERO, Decimal::ZERO);
        for point in points {
            let dx = point.x - mean_x;
            xx += point.points * dx * dx;
            xy += point.points * dx * (point.y - mean_y);
        }
        let slope = xy.checked_div(xx).unwrap_or_default().round_dp(16);
        Some(Line { slope, intercept: mean_y - slope * mean_x })
    }
}

/// Candidate pairs start at this many places along x …
const ANCHORS: usize = 64;
/// … and at most this many points judge a candidate.
const JUDGES: usize = 700;

/// The line that most points lie on, refined, with the number of its points. `None` below `fewest`.
pub(crate) fn best_line(points: &[Point], fewest: usize) -> Option<Line> {
    if points.len() < fewest {
        return None;
    }
    let step = points.len().div_ceil(JUDGES);
    let judges: Vec<&Point> = points.iter().step_by(step).collect();
    let mut best: Option<(usize, Line)> = None;
    let mut consider = |line: Line| {
        let count = judges.iter().filter(|point| nearly(&line, point)).count();
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, line));
        }
    };
    // Level lines: the value of y that most points share.
    for anchor in anchors(judges.len()) {
        if let Some(point) = judges.get(anchor) {
            consider(Line { slope: Decimal::ZERO, intercept: point.y });
            // Lines through the origin: paid by actual cost.
            if let Some(slope) = point.y.checked_div(point.x) {
                consider(Line { slope: slope.round_dp(14), intercept: Decimal::ZERO });
            }
        }
        let mut gap = 2;
        while anchor + gap < judges.len() {
            if let (Some(a), Some(b)) = (judges.get(anchor), judges.get(anchor + gap))
                && let Some(line) = Line::through(a, b)
            {
                consider(line);
            }
            gap *= 2;
        }
    }
    let (_, candidate) = best?;
    let line = refine(candidate, points)?;
    (points.iter().filter(|point| line.fits(point)).count() >= fewest).then_some(line)
}

fn anchors(count: usize) -> impl Iterator<Item = usize> {
    (0..ANCHORS.min(count)).map(move |at| at * count / ANCHORS.min(count).max(1))
}

/// Wider than [`Line::fits`], for candidates drawn through two rounded points.
fn nearly(line: &Line, point: &Point) -> bool {
    (point.y - line.at(point.x)).abs() <= point.off * Decimal::from(4)
}

/// Least squares over the points of the line, until it stands.
fn refine(candidate: Line, points: &[Point]) -> Option<Line> {
    let near = points.iter().filter(|point| nearly(&candidate, point));
    let mut line = Line::through_all(near)?;
    for _ in 0..6 {
        let on = points.iter().filter(|point| line.fits(point));
        if on.clone().count() < 2 {
            return Some(candidate);
        }
        let next = Line::through_all(on)?;
        if next == line {
            break;
        }
        line = next;
    }
    let count = |line: &Line| points.iter().filter(|point| line.fits(point)).count();
    // A level line and one through the origin are simpler than a tilted one that holds no more points.
    let on = || points.iter().filter(|point| nearly(&line, point));
    let weight: Decimal = on().map(|point| point.points).sum();
    let sum_y: Decimal = on().map(|point| point.points * point.y).sum();
    let sum_x: Decimal = on().map(|point| point.points * point.x).sum();
    let mut best = line;
    if let Some(level) = sum_y.checked_div(weight) {
        let level = Line { slope: Decimal::ZERO, intercept: level };
        if count(&level) >= count(&best) {
            return Some(level);
        }
    }
    if let Some(slope) = sum_y.checked_div(sum_x) {
        let ray = Line { slope: slope.round_dp(16), intercept: Decimal::ZERO };
        if count(&ray) >= count(&best) {
            best = ray;
        }
    }
    Some(best)
}
