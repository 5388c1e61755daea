//! The search over readings of the ratio, and its report.

use super::compare::{self, Comparison, NUMERATORS};
use super::points::{Divisor, ReferenceCosts, points, strata};
use super::price_vote::{PriceVote, vote};
use super::reading::{FittedStratum, read};
use super::returned_case::ReturnedCase;
use super::runs::runs;
use policy::{Cost, Policy};
use rust_decimal::Decimal;

/// One reading of the ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hypothesis {
    pub(crate) numerator: Cost,
    pub(crate) divisor: Divisor,
    /// The denominator holds the auxiliary coefficient too.
    pub(crate) auxiliary_divides: bool,
}

/// How well one reading explains the returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HypothesisScore {
    /// Numerator of the ratio.
    pub numerator: Cost,
    /// What the cost is divided by.
    pub divisor: Divisor,
    /// The denominator holds the auxiliary coefficient too.
    pub auxiliary_divides: bool,
    /// Cases that have the numbers for it.
    pub cases: usize,
    /// Cases on some line.
    pub explained: usize,
    /// Cases on a line that is not level: only these tell readings apart.
    pub telling: usize,
    /// Lines needed.
    pub lines: usize,
}

/// What the returns show, beside what the pack says.
#[derive(Clone, Debug, PartialEq)]
pub struct FitReport {
    /// Cases given.
    pub cases: usize,
    /// Every reading tried, best first.
    pub hypotheses: Vec<HypothesisScore>,
    /// Several readings explain the same cases, so numerator and divisor stay open.
    pub ambiguous: bool,
    /// What each stratum shows under the best reading.
    pub strata: Vec<FittedStratum>,
    /// 分值价钱 of each stratum.
    pub prices: Vec<PriceVote>,
    /// Found and present, parameter by parameter.
    pub comparisons: Vec<Comparison>,
}

/// Fits the returned cases and compares with a pack. Deterministic; never guesses from fewer than
/// [`super::ENOUGH`] cases.
pub fn fit(policy: &Policy, cases: &[ReturnedCase]) -> FitReport {
    let of_case = strata(policy, cases);
    let costs = ReferenceCosts::new(policy);
    // Without a case that has one, nothing can tell where the auxiliary coefficient stands.
    let auxiliary = cases.iter().any(|case| case.auxiliary.is_some_and(|value| value != Decimal::ONE));
    let mut tried = Vec::new();
    for hypothesis in hypotheses(auxiliary) {
        let by_stratum = points(cases, &of_case, &hypothesis, &costs);
        if by_stratum.is_empty() {
            continue;
        }
        let fitted: Vec<FittedStratum> = by_stratum
            .into_iter()
            .map(|(stratum, points)| {
                let present = compare::present_scale(policy, &stratum, hypothesis.divisor);
                read(stratum, &points, &runs(&points), present)
            })
            .collect();
        tried.push((score(hypothesis, &fitted), hypothesis, fitted));
    }
    let present = compare::present_reading(policy, auxiliary);
    tried.sort_by_key(|(score, hypothesis, _)| {
        let is_present = Some(*hypothesis) == present;
        (std::cmp::Reverse(score.explained), score.lines, std::cmp::Reverse(score.telling), !is_present)
    });
    let mut report = FitReport {
        cases: cases.len(),
        hypotheses: tried.iter().map(|(score, ..)| *score).collect(),
        ambiguous: false,
        strata: Vec::new(),
        prices: vote(cases, &of_case),
        comparisons: Vec::new(),
    };
    let rival = |score: &HypothesisScore| (score.explained, score.lines);
    if let [first, second, ..] = report.hypotheses.as_slice() {
        report.ambiguous = rival(first) == rival(second) || first.telling == 0;
    }
    if let Some((_, hypothesis, fitted)) = tried.into_iter().next() {
        report.comparisons = compare::ratio(policy, &hypothesis, auxiliary, report.ambiguous);
        for stratum in &fitted {
            report.comparisons.extend(compare::stratum(policy, stratum, hypothesis.divisor));
        }
        report.strata = fitted;
    }
    report.comparisons.extend(report.prices.iter().map(|vote| compare::price(policy, vote)));
    report
}

fn hypotheses(auxiliary: bool) -> Vec<Hypothesis> {
    let mut all = Vec::new();
    for numerator in NUMERATORS {
        for divisor in [Divisor::StandardPoints, Divisor::ReferenceCost, Divisor::ReferenceCostOfLevel] {
            all.push(Hypothesis { numerator, divisor, auxiliary_divides: false });
            if auxiliary {
                all.push(Hypothesis { numerator, divisor, auxiliary_divides: true });
            }
        }
    }
    all
}

fn score(hypothesis: Hypothesis, fitted: &[FittedStratum]) -> HypothesisScore {
    let segments = || fitted.iter().flat_map(|stratum| &stratum.segments);
    HypothesisScore {
        numerator: hypothesis.numerator,
        divisor: hypothesis.divisor,
        auxiliary_divides: hypothesis.auxiliary_divides,
        cases: fitted.iter().map(|stratum| stratum.cases).sum(),
        explained: fitted.iter().map(|stratum| stratum.explained).sum(),
        telling: segments().filter(|s| s.a != Decimal::ZERO).map(|segment| segment.cases).sum(),
        lines: fitted.iter().map(|stratum| stratum.lines).sum(),
    }
}
