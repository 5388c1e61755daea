//! Reading a pack's parameters off the runs: scale of the denominator, coefficient, slopes, intercepts, breakpoints.

use super::points::Point;
use super::returned_case::Stratum;
use super::runs::{Run, bracket, digits_of_breakpoints};
use super::{ENOUGH, simplest};
use rust_decimal::Decimal;

/// How the coefficient enters a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoefficientUse {
    /// 得分 = 标准分 × (a·R + b) × C
    Multiplied,
    /// 得分 = 标准分 × (a·R + b)
    None,
    /// 得分 = 标准分 × (a·R + b + C)
    Added,
}

impl FittedStratum {
    /// Enough of the cases lie on common lines to trust differences: two in three.
    pub fn reliable(&self) -> bool {
        self.explained * 3 >= self.cases * 2
    }
}

impl CoefficientUse {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            CoefficientUse::Multiplied => "乘系数",
            CoefficientUse::None => "不乘系数",
            CoefficientUse::Added => "截距加系数",
        }
    }
}

/// A segment as the data show it.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedSegment {
    /// Lower breakpoint as a ratio: the simplest number the data allow. `None` for the first segment.
    pub lo: Option<Decimal>,
    /// Between these ratios the breakpoint must lie.
    pub lo_bracket: Option<(Decimal, Decimal)>,
    /// Slope.
    pub a: Decimal,
    /// Intercept.
    pub b: Decimal,
    /// How the coefficient enters.
    pub coefficient: CoefficientUse,
    /// Cases on the line.
    pub cases: usize,
    /// Cases of the stretch off the line (特例 and the like).
    pub off: usize,
    /// Largest residual of the cases on the line, points.
    pub largest_residual: Decimal,
    /// Mean of the absolute residuals, points.
    pub mean_residual: Decimal,
    /// Enough cases to trust; otherwise a and b are what few cases suggest.
    pub enough: bool,
}

/// What one stratum shows.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedStratum {
    /// Which cases.
    pub stratum: Stratum,
    /// Cases used.
    pub cases: usize,
    /// Cases on some line.
    pub explained: usize,
    /// Stretches of x under one line.
    pub lines: usize,
    /// Denominator of the ratio ÷ divisor (yuan a point, or 1 over the reference cost); `None`: not enough low cases.
    pub scale: Option<Decimal>,
    /// The scale was taken from the present pack because the data do not show it.
    pub scale_from_pack: bool,
    /// Coefficient of the normal segment; `None`: not enough normal cases.
    pub coefficient: Option<Decimal>,
    /// Ascending.
    pub segments: Vec<FittedSegment>,
    /// What could not be read, in Chinese.
    pub notes: Vec<String>,
}

/// Reads one stratum. `present` is the scale the pack would use.
pub(crate) fn read(
    stratum: Stratum,
    points: &[Point],
    runs: &[Run],
    present: Option<Decimal>,
) -> FittedStratum {
    let mut fitted = FittedStratum {
        stratum,
        cases: points.len(),
        explained: runs.iter().map(|run| run.on.len()).sum(),
        lines: runs.len(),
        scale: None,
        scale_from_pack: false,
        coefficient: None,
        segments: Vec::new(),
        notes: Vec::new(),
    };
    if points.len() < ENOUGH || runs.is_empty() {
        fitted.notes.push(format!("样本不足：{} 例，少于 {ENOUGH} 例或没有共同规律，不作推断", points.len()));
        return fitted;
    }
    let level = runs.iter().filter(|run| run.line.slope.is_zero() && run.on.len() >= ENOUGH);
    fitted.coefficient = level.max_by_key(|run| run.on.len()).map(|run| exact_level(&run.on));
    if fitted.coefficient.is_none() {
        fitted.notes.push("没有足够的正常倍率病例，无法确定系数".to_owned());
    }
    let coefficient = fitted.coefficient.unwrap_or(Decimal::ONE);
    (fitted.scale, fitted.scale_from_pack) = scale(runs, coefficient, present);
    match fitted.scale {
        Some(scale) => fitted.segments = segments(runs, coefficient, scale),
        None => {
            fitted.notes.push(format!("按实际费用计分的低倍率病例不足 {ENOUGH} 例，无法确定分母与分段点"))
        }
    }
    if !fitted.reliable() {
        fitted.notes.push(format!(
            "{} 例中只有 {} 例落在共同的分段上：可能有随病例变化的系数（辅助目录、病种系数），请随数据提供后再拟合",
            fitted.cases, fitted.explained
        ));
    }
    if fitted.scale_from_pack {
        fitted.notes.push(format!("按实际费用计分的低倍率病例不足 {ENOUGH} 例，分母沿用现行政策包"));
    }
    for segment in fitted.segments.iter().filter(|segment| !segment.enough) {
        let from = segment.lo.map_or("0".to_owned(), |lo| lo.to_string());
        fitted
            .notes
            .push(format!("基准率 {from} 起的分段只有 {} 例，样本不足，斜率与截距不作推断", segment.cases));
    }
    fitted
}

/// The value all points of a level run share: each allows an interval, the intersection is read as simply as it can.
fn exact_level(on: &[Point]) -> Decimal {
    let finest = on.iter().min_by(|a, b| a.off.cmp(&b.off));
    let Some(finest) = finest else { return Decimal::ONE };
    let lo = on.iter().map(|p| p.y - p.off).filter(|lo| *lo <= finest.y).max().unwrap_or(finest.y);
    let hi = on.iter().map(|p| p.y + p.off).filter(|hi| *hi >= finest.y).min().unwrap_or(finest.y);
    simplest::within(lo.min(hi), hi.max(lo)).0
}

/// The denominator's scale from the ray of the low segment, which pays actual cost: its slope is 1/scale, or C/scale
/// where the coefficient is multiplied there too. The reading with rounder breakpoints wins.
fn scale(runs: &[Run], coefficient: Decimal, present: Option<Decimal>) -> (Option<Decimal>, bool) {
    let ray = runs
        .iter()
        .find(|run| run.line.intercept.is_zero() && run.line.slope > Decimal::ZERO && run.on.len() >= ENOUGH);
    let Some(ray) = ray else { return (present, present.is_some()) };
    let mut candidates = Vec::new();
    for over in [coefficient, Decimal::ONE] {
        if let (Some(scale), Some(off)) = (over.checked_div(ray.line.slope), slope_off(ray)) {
            let tolerance = scale * off / ray.line.slope;
            candidates.push(simplest::near(scale, tolerance.max(Decimal::new(1, 8))).0);
        }
    }
    // With several candidates as good, one that the pack already has is the better guess.
    let agrees = |scale: &Decimal| {
        present.is_some_and(|present| (present - *scale).abs() <= present * Decimal::new(1, 3))
    };
    let best = candidates
        .into_iter()
        .enumerate()
        .min_by_key(|(order, scale)| (digits_of_breakpoints(runs, *scale), !agrees(scale), *order));
    (best.map(|(_, scale)| scale), false)
}

/// How far the slope of a run may be off.
fn slope_off(run: &Run) -> Option<Decimal> {
    let width = (run.last_x() - run.first_x()).max(run.last_x() / Decimal::TWO);
    let off = run.on.iter().map(|point| point.off).min()?;
    (off * Decimal::TWO).checked_div(width)
}

fn segments(runs: &[Run], coefficient: Decimal, scale: Decimal) -> Vec<FittedSegment> {
    let mut segments = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let below = at.checked_sub(1).and_then(|below| runs.get(below));
        let lo_bracket = below.and_then(|below| {
            let (lo, hi) = bracket(below, run);
            Some((lo.checked_div(scale)?, hi.checked_div(scale)?))
        });
        let crossing = below.and_then(|below| crossing(below, run)).and_then(|x| x.checked_div(scale));
        let lo = lo_bracket.map(|(lo, hi)| match crossing.filter(|x| lo <= *x && *x <= hi) {
            Some(x) => simplest::near(x, ((hi - lo) / Decimal::TWO).min(Decimal::new(1, 4))).0,
            None => simplest::within(lo, hi).0,
        });
        let (a, b, coefficient) = read_line(run, coefficient, scale);
        let residuals = run.on.iter().map(|p| ((p.y - run.line.at(p.x)) * p.points).abs());
        let count = Decimal::from(run.on.len());
        segments.push(FittedSegment {
            lo,
            lo_bracket: lo_bracket.map(|(lo, hi)| (lo.round_dp(6), hi.round_dp(6))),
            a,
            b,
            coefficient,
            cases: run.on.len(),
            off: run.off(),
            largest_residual: residuals.clone().max().unwrap_or_default().round_dp(6),
            mean_residual: residuals.sum::<Decimal>().checked_div(count).unwrap_or_default().round_dp(6),
            enough: run.on.len() >= ENOUGH,
        });
    }
    segments
}

/// x where two lines meet.
fn crossing(below: &Run, above: &Run) -> Option<Decimal> {
    (above.line.intercept - below.line.intercept).checked_div(below.line.slope - above.line.slope)
}

/// a and b of a run's line, under the use of the coefficient that needs fewest digits.
fn read_line(run: &Run, coefficient: Decimal, scale: Decimal) -> (Decimal, Decimal, CoefficientUse) {
    let (slope, intercept) = (run.line.slope * scale, run.line.intercept);
    let slope_off = slope_off(run).unwrap_or_default() * scale + Decimal::new(1, 6);
    let reach = run.last_x().checked_div(scale).unwrap_or(Decimal::ONE).max(Decimal::ONE);
    let point_off = run.on.iter().map(|point| point.off).min().unwrap_or_default();
    let intercept_off = slope_off * reach + point_off;
    let read = |a: Decimal, b: Decimal, divide: Decimal| {
        let (a, a_digits) = simplest::near(a, slope_off / divide);
        let (b, b_digits) = simplest::near(b, intercept_off / divide);
        (a_digits + b_digits, a, b)
    };
    let mut readings = Vec::new();
    if let (Some(a), Some(b)) = (slope.checked_div(coefficient), intercept.checked_div(coefficient)) {
        readings.push((read(a, b, coefficient), CoefficientUse::Multiplied));
    }
    if coefficient != Decimal::ONE {
        readings.push((read(slope, intercept, Decimal::ONE), CoefficientUse::None));
        readings.push((read(slope, intercept - coefficient, Decimal::ONE), CoefficientUse::Added));
    }
    let best = readings.into_iter().min_by_key(|((digits, ..), _)| *digits);
    best.map_or((slope, intercept, CoefficientUse::None), |((_, a, b), used)| (a, b, used))
}
