//! Returned cases as points in the plane.

use super::returned_case::{ReturnedCase, Stratum};
use super::search::Hypothesis;
use policy::{Cost, Policy};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What the cost is divided by to get x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisor {
    /// 标准分
    StandardPoints,
    /// 参照费用 of the group.
    ReferenceCost,
    /// 参照费用 of the group at the hospital's level.
    ReferenceCostOfLevel,
}

impl Divisor {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Divisor::StandardPoints => "标准分",
            Divisor::ReferenceCost => "病种参照费用",
            Divisor::ReferenceCostOfLevel => "同级别病种参照费用",
        }
    }
}

/// One case in the plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// cost ÷ divisor.
    pub(crate) x: Decimal,
    /// settled points ÷ standard points.
    pub(crate) y: Decimal,
    /// How far y may be off by rounding of the points.
    pub(crate) off: Decimal,
    /// Standard points, to turn y back into points.
    pub(crate) points: Decimal,
}

/// Digits kept of x and y: far finer than any return, short enough to compute with.
const DIGITS: u32 = 12;

/// Reference costs by group, and by group and level.
pub(crate) struct ReferenceCosts<'p> {
    of_group: FxHashMap<&'p str, Decimal>,
    of_level: FxHashMap<(&'p str, &'p str), Decimal>,
}

impl<'p> ReferenceCosts<'p> {
    pub(crate) fn new(policy: &'p Policy) -> ReferenceCosts<'p> {
        let of_group = |group: &'p policy::Group| Some((group.code.as_str(), group.reference_cost?));
        let of_level =
            |row: &'p policy::ReferenceCost| ((row.group.as_str(), row.hospital_level.as_str()), row.cost);
        ReferenceCosts {
            of_group: policy.groups.iter().filter_map(of_group).collect(),
            of_level: policy.reference_costs.iter().map(of_level).collect(),
        }
    }

    fn divisor(&self, case: &ReturnedCase, divisor: Divisor) -> Option<Decimal> {
        match divisor {
            Divisor::StandardPoints => Some(case.points()),
            Divisor::ReferenceCost => self.of_group.get(case.group.as_deref()?).copied(),
            Divisor::ReferenceCostOfLevel => {
                self.of_level.get(&(case.group.as_deref()?, case.hospital_level.as_str())).copied()
            }
        }
    }
}

/// Half a unit of the last digit the returns show, so that `2` digits mean 0.005.
pub(crate) fn half_unit(numbers: impl Iterator<Item = Decimal>) -> Decimal {
    let digits = numbers.map(|number| number.normalize().scale()).max().unwrap_or(0);
    Decimal::new(5, digits.min(10) + 1)
}

/// The stratum of every case.
pub(crate) fn strata(policy: &Policy, cases: &[ReturnedCase]) -> Vec<Stratum> {
    let of_case = |case: &ReturnedCase| {
        let known = policy.insurance_types.iter().find(|row| row.code == case.insurance_type);
        let pool = known.map_or(&case.insurance_type, |row| &row.pool);
        Stratum {
            pool: pool.clone(),
            hospital: case.hospital.clone(),
            hospital_level: case.hospital_level.clone(),
            kind: case.kind,
        }
    };
    cases.iter().map(of_case).collect()
}

/// Points by stratum, sorted by x, under one reading of the ratio. Cases without the numbers are left out. Settled
/// points are taken per unit of the case's auxiliary coefficient, and so is the cost where it stands in the denominator.
pub(crate) fn points(
    cases: &[ReturnedCase],
    strata: &[Stratum],
    reading: &Hypothesis,
    costs: &ReferenceCosts<'_>,
) -> BTreeMap<Stratum, Vec<Point>> {
    let settled_off = half_unit(cases.iter().map(|case| case.settled_points));
    let points_off = half_unit(cases.iter().map(ReturnedCase::points));
    let mut found: BTreeMap<Stratum, Vec<Point>> = BTreeMap::new();
    for (case, stratum) in cases.iter().zip(strata) {
        let cost = match reading.numerator {
            Cost::Total => case.total_cost,
            Cost::Insurer => case.insurer_cost,
            Cost::InScope => case.in_scope_cost,
            Cost::PooledFund => case.pooled_fund,
        };
        let auxiliary = case.auxiliary.filter(|value| *value > Decimal::ZERO).unwrap_or(Decimal::ONE);
        let standard = case.points() * auxiliary;
        let divisor = costs.divisor(case, reading.divisor).filter(|value| *value > Decimal::ZERO);
        let divisor = divisor.map(|value| if reading.auxiliary_divides { value * auxiliary } else { value });
        let (Some(cost), Some(divisor)) = (cost, divisor) else { continue };
        if cost < model::Fen::ZERO || standard <= Decimal::ZERO || case.settled_points < Decimal::ZERO {
            continue;
        }
        let (x, y) = (cost.yuan().checked_div(divisor), case.settled_points.checked_div(standard));
        let (Some(x), Some(y)) = (x, y) else { continue };
        if x > Decimal::from(10_000_000) || y > Decimal::from(100_000) {
            continue;
        }
        // Digits of the points themselves are exact when they carry four; with two they may be rounded too.
        let blur =
            if points_off > Decimal::new(5, 4) { points_off * (Decimal::ONE + y) } else { Decimal::ZERO };
        let off = ((settled_off + blur) / standard).min(Decimal::new(2, 2));
        let point = Point { x: x.round_dp(DIGITS), y: y.round_dp(DIGITS), off, points: standard };
        found.entry(stratum.clone()).or_default().push(point);
    }
    for points in found.values_mut() {
        points.sort_by(|a, b| a.x.cmp(&b.x).then(a.y.cmp(&b.y)));
    }
    found
}
