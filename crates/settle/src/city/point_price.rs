//! 点值: yuan a point at the start of the year and at settlement.

use super::time_weight::weighted_sum;
use model::{Points, Ratio};
use rust_decimal::Decimal;

/// 年初点值 `q0 = Σ w·cost / Σ w·points` over three years (1:2:7), yuan a point. Source: 「S3」第五章第四节.
pub fn year_start_price(costs: &[Decimal], points: &[Points], weights: &[u32]) -> Option<Decimal> {
    weighted_sum(costs, weights)?.checked_div(weighted_sum(points, weights)?)
}

/// 医保支付比例 = booked fund ÷ total cost of the DIP cases, both in yuan. Source: 「S3」第五章第五节.
pub fn payment_ratio(booked_fund: Decimal, total_cost: Decimal) -> Option<Ratio> {
    booked_fund.checked_div(total_cost)
}

/// 结算点值 `q1 = (DIP fund of the year ÷ 医保支付比例) ÷ total points`, yuan a point. Source: 「S3」第五章第五节.
pub fn settlement_price(fund: Decimal, payment_ratio: Ratio, total_points: Points) -> Option<Decimal> {
    // One division, so that nothing is rounded in between.
    fund.checked_div(payment_ratio.checked_mul(total_points)?)
}
