//! Exact decimal arithmetic on wide integers: products without rounding, quotients rounded once (四舍五入).
//!
//! [`Decimal`] holds 28 digits and is the type of every result; the products between parameter and result can need
//! more, and on the hot path integers are several times faster. Only past 38 digits are low digits dropped.

use model::Fen;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exact {
    mantissa: i128,
    scale: u32,
}

/// Ten to the power of the index.
const POWERS: [i128; 39] = {
    let mut powers = [1i128; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

fn power(at: u32) -> Option<i128> {
    POWERS.get(at as usize).copied()
}

impl Exact {
    pub(crate) const ONE: Exact = Exact { mantissa: 1, scale: 0 };

    pub(crate) fn new(mantissa: i128, scale: u32) -> Exact {
        Exact { mantissa, scale }
    }

    pub(crate) fn of(value: Decimal) -> Exact {
        let value = value.normalize();
        Exact { mantissa: value.mantissa(), scale: value.scale() }
    }

    /// The value as written, zeros at its end kept: quicker than [`Exact::of`], longer in products.
    pub(crate) fn as_written(value: Decimal) -> Exact {
        Exact { mantissa: value.mantissa(), scale: value.scale() }
    }

    /// Yuan of an amount in 分.
    pub(crate) fn yuan(amount: Fen) -> Exact {
        Exact { mantissa: i128::from(amount.0), scale: 2 }
    }

    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    pub(crate) fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// The product; `None` when its whole part outgrows 38 digits.
    #[inline]
    pub(crate) fn times(self, other: Exact) -> Option<Exact> {
        // Room to spare for the product: multiplying without a check is several times faster than with one.
        let spare =
            self.mantissa.unsigned_abs().leading_zeros() + other.mantissa.unsigned_abs().leading_zeros();
        if spare > 129 {
            let mantissa = self.mantissa.wrapping_mul(other.mantissa);
            return Some(Exact { mantissa, scale: self.scale + other.scale });
        }
        match self.mantissa.checked_mul(other.mantissa) {
            Some(mantissa) => Some(Exact { mantissa, scale: self.scale + other.scale }),
            None => self.times_dropping_digits(other),
        }
    }

    #[cold]
    fn times_dropping_digits(mut self, mut other: Exact) -> Option<Exact> {
        loop {
            let longer = if self.scale >= other.scale { &mut self } else { &mut other };
            if longer.scale == 0 {
                return None;
            }
            *longer = Exact { mantissa: divide_half_up(longer.mantissa, 10), scale: longer.scale - 1 };
            if let Some(mantissa) = self.mantissa.checked_mul(other.mantissa) {
                return Some(Exact { mantissa, scale: self.scale + other.scale });
            }
        }
    }

    /// The sum; `None` when it outgrows 38 digits.
    #[inline]
    pub(crate) fn plus(self, other: Exact) -> Option<Exact> {
        let (fine, coarse) = if self.scale >= other.scale { (self, other) } else { (other, self) };
        match coarse.at_scale(fine.scale).and_then(|coarse| coarse.checked_add(fine.mantissa)) {
            Some(mantissa) => Some(Exact { mantissa, scale: fine.scale }),
            None if fine.scale == 0 => None,
            None => {
                let shorter = Exact { mantissa: divide_half_up(fine.mantissa, 10), scale: fine.scale - 1 };
                shorter.plus(coarse)
            }
        }
    }

    pub(crate) fn negative(self) -> Exact {
        Exact { mantissa: -self.mantissa, scale: self.scale }
    }

    /// The mantissa at a larger scale.
    fn at_scale(self, scale: u32) -> Option<i128> {
        match scale.checked_sub(self.scale)? {
            0 => Some(self.mantissa),
            shift => self.mantissa.checked_mul(power(shift)?),
        }
    }

    /// Exact comparison; values beyond comparison at one scale are compared by their whole parts.
    pub(crate) fn compare(self, other: Exact) -> Ordering {
        let scale = self.scale.max(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => self.whole().cmp(&other.whole()),
        }
    }

    fn whole(self) -> i128 {
        power(self.scale).map_or(0, |power| self.mantissa / power)
    }

    /// The mantissa of the value rounded half up to `digits`.
    #[inline]
    pub(crate) fn rounded_mantissa(self, digits: u32) -> Option<i128> {
        match self.scale.checked_sub(digits) {
            Some(0) => Some(self.mantissa),
            Some(drop) => Some(power(drop).map_or(0, |power| divide_half_up(self.mantissa, power))),
            None => self.at_scale(digits),
        }
    }

    /// Rounded half up, with exactly `digits` decimals.
    #[inline]
    pub(crate) fn rounded(self, digits: u32) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.rounded_mantissa(digits)?, digits).ok()
    }

    /// Yuan rounded half up to 分.
    pub(crate) fn fen(self) -> Option<Fen> {
        i64::try_from(self.rounded_mantissa(2)?).ok().map(Fen)
    }

    /// As a [`Decimal`], low digits past its 28 rounded away.
    pub(crate) fn decimal(self) -> Option<Decimal> {
        let mut value = self;
        loop {
            if value.scale <= Decimal::MAX_SCALE
                && let Ok(decimal) = Decimal::try_from_i128_with_scale(value.mantissa, value.scale)
            {
                return Some(decimal);
            }
            let scale = value.scale.checked_sub(1)?;
            value = Exact { mantissa: divide_half_up(value.mantissa, 10), scale };
        }
    }

    /// The mantissa of `self / by` rounded half up to `digits`. `None` on zero and past 38 digits.
    pub(crate) fn quotient_mantissa(self, by: Exact, digits: u32) -> Option<i128> {
        if by.mantissa == 0 {
            return None;
        }
        // n·10^-s / (d·10^-t) = q·10^-digits  ⇔  q = n·10^(digits + t - s) / d
        let up = digits + by.scale;
        let scaled = if up >= self.scale {
            power(up - self.scale).and_then(|power| Some((self.mantissa.checked_mul(power)?, by.mantissa)))
        } else {
            power(self.scale - up).and_then(|power| Some((self.mantissa, by.mantissa.checked_mul(power)?)))
        };
        match scaled {
            Some((n, d)) => Some(divide_half_up(n, d)),
            None => long_division(self, by, digits),
        }
    }

    /// `self / by` rounded half up, with exactly `digits` decimals.
    pub(crate) fn quotient(self, by: Exact, digits: u32) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.quotient_mantissa(by, digits)?, digits).ok()
    }
}

/// Integer division, half away from zero. `by` is not zero.
#[inline]
fn divide_half_up(n: i128, by: i128) -> i128 {
    let (size, divisor) = (n.unsigned_abs(), by.unsigned_abs());
    // Narrow divisions are several times faster than wide ones.
    let (mut quotient, rest) = match (u64::try_from(size), u64::try_from(divisor)) {
        (Ok(size), Ok(divisor)) => (u128::from(size / divisor), u128::from(size % divisor)),
        _ => (size / divisor, size % divisor),
    };
    if rest >= divisor - rest {
        quotient += 1;
    }
    let quotient = quotient as i128;
    if (n < 0) == (by < 0) { quotient } else { -quotient }
}

/// Digit by digit, for operands whose scaled form outgrows 38 digits.
#[cold]
fn long_division(n: Exact, by: Exact, digits: u32) -> Option<i128> {
    let negative = (n.mantissa < 0) != (by.mantissa < 0);
    let mut n = Exact { mantissa: i128::try_from(n.mantissa.unsigned_abs()).ok()?, scale: n.scale };
    let mut by = Exact { mantissa: i128::try_from(by.mantissa.unsigned_abs()).ok()?, scale: by.scale };
    while by.mantissa > i128::MAX / 20 {
        // A zero at the end of both keeps the value; below 37 digits there is nothing left to win.
        by.mantissa = divide_half_up(by.mantissa, 10);
        if by.scale > 0 {
            by.scale -= 1;
        } else {
            n = Exact { mantissa: divide_half_up(n.mantissa, 10), scale: n.scale };
        }
    }
    let shift = i64::from(digits) + i64::from(by.scale) - i64::from(n.scale);
    let (mut quotient, mut rest) = (n.mantissa / by.mantissa, n.mantissa % by.mantissa);
    for _ in 0..shift.max(0) {
        rest *= 10;
        quotient = quotient.checked_mul(10)?.checked_add(rest / by.mantissa)?;
        rest %= by.mantissa;
    }
    if shift < 0 {
        let power = power(u32::try_from(-shift).ok()?)?;
        let half_up = divide_half_up(quotient, power);
        return Some(if negative { -half_up } else { half_up });
    }
    if rest >= by.mantissa - rest {
        quotient += 1;
    }
    Some(if negative { -quotient } else { quotient })
}

/// Rounds half away from zero (四舍五入) and gives exactly `digits` decimals, zeros included. A value too large for
/// that many decimals comes back as it is.
pub fn half_up(value: Decimal, digits: u32) -> Decimal {
    Exact::of(value).rounded(digits).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn e(text: &str) -> Exact {
        Exact::of(model::parse_decimal(text).unwrap())
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (value, digits, rounded) in [
            ("284.68125", 4, "284.6813"),
            ("-284.68125", 4, "-284.6813"),
            ("0.00005", 4, "0.0001"),
            ("0.00004999", 4, "0.0000"),
            ("1021.4", 4, "1021.4000"),
            ("7", 0, "7"),
        ] {
            assert_eq!(e(value).rounded(digits).unwrap().to_string(), rounded, "{value}");
        }
    }

    #[test]
    fn quotients_are_rounded_from_their_exact_value() {
        for (n, by, digits, rounded) in [
            ("1", "3", 4, "0.3333"),
            ("2", "3", 4, "0.6667"),
            ("-2", "3", 4, "-0.6667"),
            ("4567.85", "8.00", 4, "570.9813"),
            ("9800.00", "10071.0040", 4, "0.9731"),
            ("0.1000", "0.0000000001", 2, "1000000000.00"),
            ("1", "30000000000000000000000000.01", 10, "0.0000000000"),
            ("12345678901234567890.12", "12345678901.234567890123456789", 4, "1000000000.0000"),
        ] {
            assert_eq!(e(n).quotient(e(by), digits).unwrap().to_string(), rounded, "{n}/{by}");
        }
        assert_eq!(e("1").quotient(e("0.00"), 4), None);
    }

    #[test]
    fn long_products_keep_their_leading_digits() {
        let long = e("1.2345678901234567890123456789");
        let product = long.times(long).and_then(|square| square.times(long)).unwrap();
        assert_eq!(product.rounded(10).unwrap().to_string(), "1.8816763724");
        assert_eq!(e("79228162514264337593543950335").times(e("79228162514264337593543950335")), None);
    }

    #[test]
    fn sums_and_comparisons_line_up_their_scales() {
        assert_eq!(e("0.1").plus(e("-0.025")).unwrap().rounded(3).unwrap().to_string(), "0.075");
        assert_eq!(e("1.10").compare(e("1.1")), Ordering::Equal);
        assert_eq!(e("1.1000001").compare(e("1.1")), Ordering::Greater);
    }
}
