//! 1:2:7 weights over three years.

use rust_decimal::Decimal;

/// Weights of the year before last but one, the year before last and last year. Source: 「S3」第五章第一节.
pub const NATIONAL_YEAR_WEIGHTS: [u32; 3] = [1, 2, 7];

/// `Σ w·v / Σ w`, oldest year first; `None` when the lengths differ or the weights add up to zero.
pub fn weighted_mean(values: &[Decimal], weights: &[u32]) -> Option<Decimal> {
    weighted_sum(values, weights)?.checked_div(Decimal::from(weights.iter().sum::<u32>()))
}

/// `Σ w·v`; `None` when the lengths differ.
pub(super) fn weighted_sum(values: &[Decimal], weights: &[u32]) -> Option<Decimal> {
    if values.len() != weights.len() {
        return None;
    }
    let mut sum = Decimal::ZERO;
    for (value, weight) in values.iter().zip(weights) {
        sum = sum.checked_add(value.checked_mul(Decimal::from(*weight))?)?;
    }
    Some(sum)
}
