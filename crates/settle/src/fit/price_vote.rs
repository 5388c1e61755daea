//! 分值价钱 by vote: the yuan a point that most paid cases agree on.

use super::points::half_unit;
use super::returned_case::{ReturnedCase, Stratum};
use super::{ENOUGH, simplest};
use model::Fen;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What the payable amount is, beside points × price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentFormula {
    /// 应付 = 得分 × 价钱
    Whole,
    /// 应付 = 得分 × 价钱 − 个人自费自付
    LessSelfPay,
    /// 应付 = 得分 × 价钱 − (总费用 − 统筹)
    LessPatientPaid,
}

impl PaymentFormula {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            PaymentFormula::Whole => "得分 × 价钱",
            PaymentFormula::LessSelfPay => "得分 × 价钱 − 个人自费自付",
            PaymentFormula::LessPatientPaid => "得分 × 价钱 −（总费用 − 统筹）",
        }
    }

    /// Points × price as the formula has it.
    fn gross(self, case: &ReturnedCase) -> Option<Fen> {
        let payable = case.payable?;
        match self {
            PaymentFormula::Whole => Some(payable),
            PaymentFormula::LessSelfPay => Some(payable + case.self_pay?),
            PaymentFormula::LessPatientPaid => Some(payable + (case.total_cost? - case.pooled_fund?)),
        }
    }
}

/// The price of a stratum (coefficients of the payment formula included).
#[derive(Clone, Debug, PartialEq)]
pub struct PriceVote {
    /// Which cases: price and payment coefficients are the same for them.
    pub stratum: Stratum,
    /// Yuan a point; `None`: not enough cases agree.
    pub price: Option<Decimal>,
    /// The formula that explains most cases.
    pub formula: PaymentFormula,
    /// Cases with a payable amount.
    pub cases: usize,
    /// Cases that agree with the price to the 分.
    pub explained: usize,
}

/// The price of every stratum.
pub(crate) fn vote(cases: &[ReturnedCase], strata: &[Stratum]) -> Vec<PriceVote> {
    let mut by_stratum: BTreeMap<&Stratum, Vec<&ReturnedCase>> = BTreeMap::new();
    for (case, stratum) in cases.iter().zip(strata) {
        by_stratum.entry(stratum).or_default().push(case);
    }
    let points_off = half_unit(cases.iter().map(|case| case.settled_points));
    by_stratum.into_iter().map(|(stratum, cases)| of_stratum(stratum, &cases, points_off)).collect()
}

fn of_stratum(stratum: &Stratum, cases: &[&ReturnedCase], points_off: Decimal) -> PriceVote {
    let formulas = [PaymentFormula::Whole, PaymentFormula::LessSelfPay, PaymentFormula::LessPatientPaid];
    let mut best = PriceVote {
        stratum: stratum.clone(),
        price: None,
        formula: PaymentFormula::Whole,
        cases: cases.iter().filter(|case| case.payable.is_some()).count(),
        explained: 0,
    };
    for formula in formulas {
        let mut intervals = Vec::new();
        for case in cases {
            intervals.extend(
                formula.gross(case).and_then(|gross| interval(gross, case.settled_points, points_off)),
            );
        }
        let Some((lo, hi, most)) = deepest(&intervals) else { continue };
        if most >= ENOUGH && most > best.explained {
            (best.price, best.formula, best.explained) = (Some(simplest::within(lo, hi).0), formula, most);
        }
    }
    best
}

/// The prices that would give this amount to the 分.
fn interval(gross: Fen, points: Decimal, points_off: Decimal) -> Option<(Decimal, Decimal)> {
    let half = Decimal::new(5, 3);
    let least = (gross.yuan() - half).checked_div(points + points_off)?;
    let most = (gross.yuan() + half).checked_div((points - points_off).max(Decimal::ZERO))?;
    (gross > Fen::ZERO && points > Decimal::ZERO).then_some((least, most))
}

/// The stretch that most intervals share, with how many.
fn deepest(intervals: &[(Decimal, Decimal)]) -> Option<(Decimal, Decimal, usize)> {
    // Openings sort before closings at the same value: touching intervals share a point.
    let mut ends: Vec<(Decimal, bool)> =
        intervals.iter().flat_map(|(lo, hi)| [(*lo, false), (*hi, true)]).collect();
    ends.sort();
    let (mut open, mut best) = (0usize, None::<(Decimal, Decimal, usize)>);
    for (at, (value, closes)) in ends.iter().enumerate() {
        if *closes {
            open = open.saturating_sub(1);
            continue;
        }
        open += 1;
        if best.is_none_or(|(_, _, most)| open > most) {
            let next = ends.get(at + 1).map_or(*value, |(next, _)| *next);
            best = Some((*value, next, open));
        }
    }
    best
}
