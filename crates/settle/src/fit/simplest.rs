//! The simplest decimal near a measured value: parameters are written by people with few digits.

use rust_decimal::{Decimal, RoundingStrategy};

/// Most decimals a parameter is read with.
const MOST: u32 = 8;

/// The decimal with fewest digits after the point within `tolerance` of `value`, and how many it has.
pub(crate) fn near(value: Decimal, tolerance: Decimal) -> (Decimal, u32) {
    for digits in 0..MOST {
        let rounded = value.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
        if (rounded - value).abs() <= tolerance {
            return (rounded, digits);
        }
    }
    (value.round_dp(MOST), MOST)
}

/// The decimal with fewest digits after the point in `lo..=hi`; of several the one nearest the middle.
pub(crate) fn within(lo: Decimal, hi: Decimal) -> (Decimal, u32) {
    near((lo + hi) / Decimal::TWO, (hi - lo) / Decimal::TWO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits_win() {
        let d = |text: &str| model::parse_decimal(text).unwrap();
        assert_eq!(within(d("0.4987"), d("0.5012")), (d("0.5"), 1));
        assert_eq!(within(d("0.7421"), d("0.7544")), (d("0.75"), 2));
        assert_eq!(within(d("1.93"), d("2.04")), (d("2"), 0));
        assert_eq!(near(d("1.049998"), d("0.00001")), (d("1.05"), 2));
        assert_eq!(near(d("-0.00001"), d("0.0001")).0, d("0"));
    }
}
