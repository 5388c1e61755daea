//! DIP核算金额 of a case in cities that subtract what the patient paid.

use crate::exact::Exact;
use model::{Fen, Points, Ratio};
use rust_decimal::Decimal;

/// One case's account. All amounts to the 分.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaseAccount {
    /// 支付标准 = points × hospital coefficient × price.
    pub payment_standard: Fen,
    /// 病人自付 = total cost − booked fund.
    pub patient_paid: Fen,
    /// DIP核算金额 = max(支付标准 − 病人自付, 0).
    pub accounted: Fen,
    /// 盈亏 = DIP核算金额 − 统筹记账.
    pub surplus: Fen,
    /// 回款率 = DIP核算金额 ÷ 统筹记账; `None` without booked fund.
    pub collection_rate: Option<Ratio>,
}

/// City variant B. Source: 「NC」. `None` when a number outgrows 38 digits.
pub fn case_account(
    total_cost: Fen,
    booked_fund: Fen,
    points: Points,
    hospital_coefficient: Ratio,
    price: Decimal,
) -> Option<CaseAccount> {
    let standard =
        Exact::of(points).times(Exact::of(hospital_coefficient))?.times(Exact::of(price))?.fen()?;
    let patient_paid = total_cost - booked_fund;
    let accounted = (standard - patient_paid).max(Fen::ZERO);
    Some(CaseAccount {
        payment_standard: standard,
        patient_paid,
        accounted,
        surplus: accounted - booked_fund,
        collection_rate: accounted.yuan().checked_div(booked_fund.yuan()),
    })
}
