//! 数字与日期的写法: one way to write each kind of value, for screens and exports alike.

use rust_decimal::{Decimal, RoundingStrategy};
use store::Moment;

/// What stands for no value; never 0.
pub(crate) const NONE: &str = "—";

/// `2025-03-01 08:00`
pub(crate) fn moment(at: Moment) -> String {
    model::canonical::moment_of(at).map_or(NONE.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

/// `2025-03-01` of days since 1970.
pub(crate) fn day(days: i64) -> String {
    days.checked_mul(86_400)
        .and_then(model::canonical::moment_of)
        .map_or(NONE.to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// Days since 1970 of a date.
pub(crate) fn days(date: jiff::civil::Date) -> i64 {
    model::canonical::seconds_of(date.at(0, 0, 0, 0)).div_euclid(86_400)
}

/// `1,234,567`
pub(crate) fn whole(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&digits))
}

/// 分 as 元: `-1,234.56`
pub(crate) fn money(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(&(fen / 100).to_string()), fen % 100)
}

/// A decimal with so many places, rounded half away from zero.
pub(crate) fn decimal(number: Decimal, places: u32) -> String {
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{:.*}", places as usize, rounded.abs());
    let (integer, fraction) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" };
    match fraction {
        "" => format!("{sign}{}", grouped(integer)),
        _ => format!("{sign}{}.{fraction}", grouped(integer)),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_a_ledger() {
        assert_eq!(money(-123_456_789), "-1,234,567.89");
        assert_eq!(money(-5), "-0.05");
        assert_eq!(whole(-1000), "-1,000");
        assert_eq!(decimal("1234.565".parse().unwrap(), 2), "1,234.57");
        assert_eq!(decimal("-0.001".parse().unwrap(), 2), "0.00");
        assert_eq!(decimal("12".parse().unwrap(), 0), "12");
        assert_eq!(day(0), "1970-01-01");
    }
}
