//! Money in integer 分.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// 金额, in 分 (1/100 yuan). May be negative (refunds, deficits).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(pub i64);

/// Why a text is not an amount of money. The messages are shown to users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a plain decimal number.
    #[error("“{0}”不是数字")]
    NotANumber(String),
    /// More than two decimals that are not zero.
    #[error("“{0}”精度超过分（最多两位小数）")]
    BelowFen(String),
    /// Beyond ±90 万亿元, where sums could overflow.
    #[error("“{0}”超出金额范围")]
    OutOfRange(String),
}

/// Largest amount accepted: 90 trillion yuan, so that a thousand of them still add up in `i64`.
const LIMIT: i64 = 9_000_000_000_000_000;

impl Fen {
    /// Zero yuan.
    pub const ZERO: Fen = Fen(0);

    /// Reads yuan as written (`13000`, `13000.5`, `-0.05`). Exact: more than two decimals is an error.
    pub fn parse_yuan(text: &str) -> Result<Fen, MoneyError> {
        let value = parse_decimal(text).ok_or_else(|| MoneyError::NotANumber(shorten(text)))?;
        let fen =
            value.checked_mul(Decimal::ONE_HUNDRED).ok_or_else(|| MoneyError::OutOfRange(shorten(text)))?;
        if !fen.fract().is_zero() {
            return Err(MoneyError::BelowFen(shorten(text)));
        }
        match fen.to_i64() {
            Some(n) if n.abs() <= LIMIT => Ok(Fen(n)),
            _ => Err(MoneyError::OutOfRange(shorten(text))),
        }
    }

    /// The amount in yuan as an exact decimal with two digits.
    pub fn yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// Rounds yuan to 分, half away from zero (四舍五入); `None` when out of range.
    pub fn from_yuan(yuan: Decimal) -> Option<Fen> {
        let rounded = yuan.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        rounded.checked_mul(Decimal::ONE_HUNDRED)?.to_i64().filter(|n| n.abs() <= LIMIT).map(Fen)
    }
}

/// Reads a plain decimal (`-12.50`, `+3`, `.5`); no exponent, no separators, surrounding blanks allowed.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.len() <= 40
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit());
    if plain { Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).ok() } else { None }
}

/// Quotes at most 40 characters of bad input in a message.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", n / 100, n % 100)
    }
}

impl Add for Fen {
    type Output = Fen;
    fn add(self, other: Fen) -> Fen {
        Fen(self.0 + other.0)
    }
}

impl Sub for Fen {
    type Output = Fen;
    fn sub(self, other: Fen) -> Fen {
        Fen(self.0 - other.0)
    }
}

impl Neg for Fen {
    type Output = Fen;
    fn neg(self) -> Fen {
        Fen(-self.0)
    }
}

impl AddAssign for Fen {
    fn add_assign(&mut self, other: Fen) {
        self.0 += other.0;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Fen>>(iter: I) -> Fen {
        iter.fold(Fen::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_exactly() {
        for (text, fen) in [
            ("13000.00", 1_300_000),
            ("0.05", 5),
            ("-1.5", -150),
            ("7", 700),
            (" 2.10 ", 210),
            ("1.5000", 150),
        ] {
            assert_eq!(Fen::parse_yuan(text), Ok(Fen(fen)), "{text}");
        }
    }

    #[test]
    fn what_is_not_money_is_refused_with_a_reason() {
        assert!(matches!(Fen::parse_yuan("1.005"), Err(MoneyError::BelowFen(_))));
        assert!(matches!(Fen::parse_yuan("1e3"), Err(MoneyError::NotANumber(_))));
        assert!(matches!(Fen::parse_yuan(""), Err(MoneyError::NotANumber(_))));
        assert!(matches!(Fen::parse_yuan("."), Err(MoneyError::NotANumber(_))));
        assert!(matches!(Fen::parse_yuan("99999999999999999999"), Err(MoneyError::OutOfRange(_))));
        assert!(matches!(Fen::parse_yuan("1,000"), Err(MoneyError::NotANumber(_))));
    }

    #[test]
    fn display_keeps_the_sign_below_one_yuan() {
        assert_eq!(Fen(-5).to_string(), "-0.05");
        assert_eq!(Fen(123_456).to_string(), "1234.56");
    }
}
