//! 计分规则 compiled: bounds ready to compare, common factors of 得分 and 基准费用 cancelled.

use crate::exact::Exact;
use crate::factor_list::FactorList;
use policy::{Factor, Group, PointsCoefficient, Policy, Scheme, Segment};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A case's 基准率 as the exact quotient it is, with its rounded form for quick comparisons.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RatioValue {
    pub(crate) cost: Exact,
    pub(crate) base: Exact,
    /// Mantissa of the ratio rounded half up to the pack's digits.
    pub(crate) shown: i128,
    /// Those digits.
    pub(crate) digits: u32,
    /// Formulas and bounds use the rounded ratio.
    pub(crate) rounded: bool,
}

/// A bound on the ratio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    value: Exact,
    /// Mantissa rounded to the digits of the shown ratio.
    shown: i128,
}

impl Bound {
    pub(crate) fn new(value: Decimal, digits: u32) -> Bound {
        let value = Exact::of(value);
        Bound { value, shown: value.rounded_mantissa(digits).unwrap_or(i128::MAX) }
    }
}

impl RatioValue {
    /// Compares the ratio with a bound, exactly: ratio ⋛ bound ⇔ cost ⋛ bound × base (base is above zero).
    #[inline]
    pub(crate) fn cmp(&self, bound: &Bound) -> Ordering {
        // Rounding never turns an order round: only where both round to the same is a closer look needed.
        match self.shown.cmp(&bound.shown) {
            Ordering::Equal => self.cmp_exactly(bound),
            quick => quick,
        }
    }

    fn cmp_exactly(&self, bound: &Bound) -> Ordering {
        if self.rounded {
            return Exact::new(self.shown, self.digits).compare(bound.value);
        }
        bound.value.times(self.base).map_or(Ordering::Equal, |at_bound| self.cost.compare(at_bound))
    }
}

/// A segment made ready.
#[derive(Clone, Debug)]
pub(crate) struct SegmentPlan {
    lo: Bound,
    lo_inclusive: bool,
    hi: Option<Bound>,
    hi_inclusive: bool,
    pub(crate) a: Exact,
    pub(crate) b: Exact,
    pub(crate) add_hospital: bool,
    /// Coefficients multiplied into 得分.
    pub(crate) coefficients: FactorList,
    /// 得分 = a·cost·Π`above`/Π`below` + intercept·标准分·Πcoefficients: what is left of 标准分·Πcoefficients and of
    /// the denominator once their common factors are gone.
    pub(crate) above: FactorList,
    pub(crate) below: FactorList,
    pub(crate) review: bool,
    pub(crate) confirmed: bool,
}

impl SegmentPlan {
    fn new(segment: &Segment, policy: &Policy) -> SegmentPlan {
        let digits = policy.scoring.rounding.ratio;
        let mut above = vec![Factor::StandardPoints];
        above.extend(segment.coefficients.iter().map(|c| as_factor(*c)));
        let mut below = Vec::new();
        for factor in &policy.scoring.denominator {
            match above.iter().position(|one| one == factor) {
                Some(at) => drop(above.remove(at)),
                None => below.push(*factor),
            }
        }
        SegmentPlan {
            lo: Bound::new(segment.lo, digits),
            lo_inclusive: segment.lo_inclusive,
            hi: segment.hi.map(|hi| Bound::new(hi, digits)),
            hi_inclusive: segment.hi_inclusive,
            a: Exact::of(segment.a),
            b: Exact::of(segment.b),
            add_hospital: segment.add_hospital,
            coefficients: FactorList::new(segment.coefficients.iter().map(|c| as_factor(*c))),
            above: FactorList::new(above),
            below: FactorList::new(below),
            review: !segment.review.is_empty(),
            confirmed: segment.source.confirmed(),
        }
    }

    fn holds(&self, ratio: &RatioValue) -> bool {
        let inside = |side: Ordering, wanted: Ordering, inclusive: bool| {
            side == wanted || (inclusive && side == Ordering::Equal)
        };
        inside(ratio.cmp(&self.lo), Ordering::Greater, self.lo_inclusive)
            && self.hi.is_none_or(|hi| inside(ratio.cmp(&hi), Ordering::Less, self.hi_inclusive))
    }
}

fn as_factor(coefficient: PointsCoefficient) -> Factor {
    match coefficient {
        PointsCoefficient::Hospital => Factor::HospitalCoefficient,
        PointsCoefficient::Group => Factor::GroupCoefficient,
        PointsCoefficient::Bonus => Factor::BonusCoefficient,
        PointsCoefficient::Auxiliary => Factor::AuxiliaryCoefficient,
    }
}

/// The whole of `scoring.toml` made ready.
#[derive(Clone, Debug)]
pub(crate) struct ScoringPlan {
    schemes: Vec<Vec<SegmentPlan>>,
    bands: Vec<Bound>,
    upper_inclusive: bool,
}

impl ScoringPlan {
    pub(crate) fn new(policy: &Policy) -> ScoringPlan {
        let scoring = &policy.scoring;
        let segments = |scheme: &Scheme| {
            scheme.segments.iter().map(|segment| SegmentPlan::new(segment, policy)).collect()
        };
        ScoringPlan {
            schemes: scoring.schemes.iter().map(segments).collect(),
            bands: scoring.bands.bounds.iter().map(|b| Bound::new(*b, scoring.rounding.ratio)).collect(),
            upper_inclusive: scoring.bands.upper_inclusive,
        }
    }

    /// 展示区间 of a ratio; `None` when the pack has no bands.
    pub(crate) fn band(&self, ratio: &RatioValue) -> Option<u8> {
        if self.bands.is_empty() {
            return None;
        }
        let above = |bound: &&Bound| match ratio.cmp(bound) {
            Ordering::Greater => true,
            Ordering::Equal => !self.upper_inclusive,
            Ordering::Less => false,
        };
        u8::try_from(self.bands.iter().skip(1).take_while(above).count()).ok()
    }

    /// The segment a ratio falls into. Without a ratio: the only segment of a scheme that needs none.
    pub(crate) fn segment(&self, scheme: u16, ratio: Option<&RatioValue>) -> Option<(u16, &SegmentPlan)> {
        let segments = self.schemes.get(usize::from(scheme))?;
        let found = match (ratio, segments.as_slice()) {
            (Some(ratio), _) => segments.iter().position(|segment| segment.holds(ratio)),
            (None, [only]) if only.a.is_zero() => Some(0),
            (None, _) => None,
        }?;
        Some((found as u16, segments.get(found)?))
    }
}

/// The scheme of a group: by its code, else by a flag, else the default (the first).
pub(crate) fn scheme_of(policy: &Policy, group: &Group) -> u16 {
    let schemes = &policy.scoring.schemes;
    let by_code = schemes.iter().position(|scheme| scheme.groups.contains(&group.code));
    let by_flag = || schemes.iter().position(|scheme| scheme.flags.iter().any(|flag| group.has(*flag)));
    by_code.or_else(by_flag).unwrap_or(0) as u16
}
