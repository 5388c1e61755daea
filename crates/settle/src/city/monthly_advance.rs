//! 月度预结

use crate::exact::Exact;
use model::{Fen, Points, Ratio};
use rust_decimal::Decimal;

/// What a month's advance is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonthlyTerms {
    /// Points of the month.
    pub points: Points,
    /// 月度点值, yuan a point.
    pub price: Decimal,
    /// Paid by the patients of the month.
    pub patient_paid: Fen,
    /// 预拨比例
    pub advance_ratio: Ratio,
    /// Part paid at once; the rest is 质量保证金.
    pub paid_ratio: Ratio,
    /// 审核扣款
    pub audit_deductions: Fen,
}

/// 月度预结 of a hospital. `paid + reserve = due`, to the 分.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthlyAdvance {
    /// 预结金额
    pub due: Fen,
    /// Paid at once.
    pub paid: Fen,
    /// 质量保证金
    pub reserve: Fen,
}

/// 月度预结 = (month points × price − patient paid) × 预拨比例 − audit deductions; `paid_ratio` of it (90 %) is paid,
/// the rest kept as 质量保证金. Source: 「S3」第七章第二节. `None` when a number outgrows 38 digits.
pub fn monthly_advance(terms: &MonthlyTerms) -> Option<MonthlyAdvance> {
    let amount = Exact::of(terms.points).times(Exact::of(terms.price))?;
    let amount = amount.plus(Exact::yuan(terms.patient_paid).negative())?;
    let amount = amount.times(Exact::of(terms.advance_ratio))?;
    let due = amount.plus(Exact::yuan(terms.audit_deductions).negative())?.fen()?;
    let paid = Exact::yuan(due).times(Exact::of(terms.paid_ratio))?.fen()?;
    Some(MonthlyAdvance { due, paid, reserve: due - paid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_tenths_are_paid_and_the_rest_is_kept() {
        let d = |text| model::parse_decimal(text).unwrap();
        let terms = MonthlyTerms {
            points: d("10000.1234"),
            price: d("9.9120"),
            patient_paid: Fen(1_500_000),
            advance_ratio: d("0.95"),
            paid_ratio: d("0.9"),
            audit_deductions: Fen(30_000),
        };
        // (10000.1234 × 9.9120 − 15000) × 0.95 − 300 = 79615.16198… → 79615.16; × 0.9 = 71653.644 → 71653.64
        let advance = monthly_advance(&terms).unwrap();
        assert_eq!(
            advance,
            MonthlyAdvance { due: Fen(7_961_516), paid: Fen(7_165_364), reserve: Fen(796_152) }
        );
    }
}
