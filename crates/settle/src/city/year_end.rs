//! 年度清算

use crate::exact::Exact;
use model::{Fen, Points, Ratio};
use rust_decimal::Decimal;

/// A case of the year as the city counts it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolCase {
    /// Points.
    pub points: Points,
    /// 医保支付比例 of the case or its pool.
    pub fund_ratio: Ratio,
}

/// 年度总结算 = Σ(P × q1 × fund ratio) × 考核系数 − Σ audit deductions; `price` in yuan a point.
/// Source: 「S3」第七章第三节. `None` when a number outgrows 38 digits.
pub fn year_end_settlement(
    cases: impl IntoIterator<Item = PoolCase>,
    price: Decimal,
    assessment: Ratio,
    audit_deductions: Fen,
) -> Option<Fen> {
    let mut points = Exact::of(Decimal::ZERO);
    for case in cases {
        points = points.plus(Exact::of(case.points).times(Exact::of(case.fund_ratio))?)?;
    }
    let amount = points.times(Exact::of(price))?.times(Exact::of(assessment))?;
    amount.plus(Exact::yuan(audit_deductions).negative())?.fen()
}

/// 清算支付 = 年终预清算 − monthly paid − 周转金; negative: the hospital pays back. Source: 「S3」第七章第三节.
pub fn liquidation_payment(year_end: Fen, monthly_paid: Fen, working_capital: Fen) -> Fen {
    year_end - monthly_paid - working_capital
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_paid_before_comes_off() {
        assert_eq!(liquidation_payment(Fen(1_322_400), Fen(1_200_000), Fen(100_000)), Fen(22_400));
        assert_eq!(liquidation_payment(Fen(100), Fen(300), Fen(0)), Fen(-200));
    }
}
