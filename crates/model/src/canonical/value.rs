//! A value of a column: read from what a source wrote, shown to a person.

use super::column::Kind;
use crate::{Fen, parse_decimal, parse_moment};
use compact_str::{CompactString, ToCompactString};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A value as it is kept: text or a whole number in the unit of its [`Kind`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Not recorded; never the same as zero.
    #[default]
    Null,
    /// In the unit of the column's kind.
    Int(i64),
    /// Never empty.
    Text(CompactString),
}

/// Why a text cannot be a column's value; shown to users.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not readable as the column's kind.
    #[error("“{0}”不是{1}")]
    NotOfKind(String, &'static str),
    /// More decimals than are kept.
    #[error("“{0}”小数位数过多，应为{1}")]
    TooPrecise(String, &'static str),
    /// Beyond what is kept.
    #[error("“{0}”超出范围")]
    OutOfRange(String),
    /// A zero byte or another control character, which no database keeps.
    #[error("含有控制字符")]
    ControlCharacter,
    /// Longer than any field of a record is.
    #[error("文本超过 {LONGEST_TEXT} 字")]
    TooLong,
}

/// Longest text kept, in characters.
const LONGEST_TEXT: usize = 4000;

const EPOCH: Date = Date::constant(1970, 1, 1);
const SECONDS_A_DAY: i64 = 86_400;

impl Value {
    /// Text, `Null` when blank.
    pub fn text(text: &str) -> Value {
        let text = text.trim();
        if text.is_empty() { Value::Null } else { Value::Text(text.into()) }
    }

    /// The whole number.
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The text; empty when there is none.
    pub fn str(&self) -> &str {
        match self {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// Whether nothing is recorded.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// Reads what a source wrote. Blank is `Null`; 全角 blanks count as blanks.
    pub fn read(kind: Kind, written: &str) -> Result<Value, ValueError> {
        let text = written.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let not_of_kind = || ValueError::NotOfKind(shorten(text), kind.chinese());
        match kind {
            Kind::Text => read_text(text),
            Kind::Integer => whole(text).map(Value::Int).ok_or_else(not_of_kind),
            Kind::Flag => match text {
                "1" | "是" | "有" | "Y" | "y" | "true" => Ok(Value::Int(1)),
                "0" | "2" | "否" | "无" | "N" | "n" | "false" => Ok(Value::Int(0)),
                _ => Err(not_of_kind()),
            },
            Kind::Money => scaled(text, 2, kind),
            Kind::Decimal4 => scaled(text, 4, kind),
            Kind::Day => {
                let date = fast_moment(text).or_else(|| parse_moment(text)).ok_or_else(not_of_kind)?;
                Ok(Value::Int(days_of(date.date())))
            }
            Kind::Moment => {
                let at = fast_moment(text).or_else(|| parse_moment(text)).ok_or_else(not_of_kind)?;
                Ok(Value::Int(seconds_of(at)))
            }
        }
    }

    /// As a person reads it: yuan, decimals, `2025-03-01 08:00:00`; empty for `Null`.
    pub fn show(&self, kind: Kind) -> CompactString {
        let n = match self {
            Value::Null => return CompactString::default(),
            Value::Text(text) => return text.clone(),
            Value::Int(n) => *n,
        };
        match kind {
            Kind::Text | Kind::Integer | Kind::Flag => n.to_compact_string(),
            Kind::Money => Fen(n).to_compact_string(),
            Kind::Decimal4 => Decimal::new(n, 4).normalize().to_compact_string(),
            Kind::Day => moment_of(n.saturating_mul(SECONDS_A_DAY))
                .map_or_else(|| n.to_compact_string(), |at| at.date().to_compact_string()),
            Kind::Moment => moment_of(n).map_or_else(
                || n.to_compact_string(),
                |at| at.strftime("%Y-%m-%d %H:%M:%S").to_compact_string(),
            ),
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<Option<i64>> for Value {
    fn from(n: Option<i64>) -> Value {
        n.map_or(Value::Null, Value::Int)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        if text.is_empty() { Value::Null } else { Value::Text(text.into()) }
    }
}

/// Seconds since 1970-01-01 00:00 of the same wall clock.
pub fn seconds_of(at: DateTime) -> i64 {
    let time = at.time();
    days_of(at.date()) * SECONDS_A_DAY
        + i64::from(time.hour()) * 3600
        + i64::from(time.minute()) * 60
        + i64::from(time.second())
}

/// The wall-clock time of [`seconds_of`]; `None` outside the years −9999 to 9999.
pub fn moment_of(seconds: i64) -> Option<DateTime> {
    let date = EPOCH.checked_add(jiff::Span::new().try_days(seconds.div_euclid(SECONDS_A_DAY)).ok()?).ok()?;
    let rest = seconds.rem_euclid(SECONDS_A_DAY);
    let part = |n: i64| i8::try_from(n).ok();
    Some(date.at(part(rest / 3600)?, part(rest / 60 % 60)?, part(rest % 60)?, 0))
}

fn days_of(date: Date) -> i64 {
    i64::from((date - EPOCH).get_days())
}

fn read_text(text: &str) -> Result<Value, ValueError> {
    if text.bytes().any(|b| b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t')) {
        return Err(ValueError::ControlCharacter);
    }
    if text.len() > LONGEST_TEXT && text.chars().count() > LONGEST_TEXT {
        return Err(ValueError::TooLong);
    }
    Ok(Value::Text(text.into()))
}

/// `12`, `12.0`, `12.00`: views often write whole numbers with decimals.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse_decimal(text).filter(|n| n.fract().is_zero())?.to_i64())
}

/// A decimal in units of 10^-places. Most values are plain digits and take the short way.
fn scaled(text: &str, places: u32, kind: Kind) -> Result<Value, ValueError> {
    if let Some(n) = fast_scaled(text, places) {
        return Ok(Value::Int(n));
    }
    let value = parse_decimal(text).ok_or_else(|| ValueError::NotOfKind(shorten(text), kind.chinese()))?;
    let scaled = value
        .checked_mul(Decimal::from(10_i64.pow(places)))
        .ok_or_else(|| ValueError::OutOfRange(shorten(text)))?;
    if !scaled.fract().is_zero() {
        return Err(ValueError::TooPrecise(shorten(text), kind.chinese()));
    }
    match scaled.to_i64() {
        Some(n) if n.abs() <= LARGEST => Ok(Value::Int(n)),
        _ => Err(ValueError::OutOfRange(shorten(text))),
    }
}

/// So that a thousand of the largest still add up in 64 bits.
const LARGEST: i64 = 9_000_000_000_000_000;

/// Digits with at most `places` decimals and at most 12 digits in all; `None` sends the text the long way.
fn fast_scaled(text: &str, places: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > 13 {
        return None;
    }
    let (mut n, mut decimals, mut dotted) = (0_i64, 0_u32, false);
    for b in digits.bytes() {
        match b {
            b'0'..=b'9' => {
                n = n * 10 + i64::from(b - b'0');
                decimals += u32::from(dotted);
            }
            b'.' if !dotted => dotted = true,
            _ => return None,
        }
    }
    if decimals > places || (dotted && digits.len() == 1) {
        return None;
    }
    n *= 10_i64.pow(places - decimals);
    Some(if negative { -n } else { n })
}

/// `2025-03-01 08:00:00`, `2025-03-01T08:00:00` and `2025-03-01`, the spellings that millions of rows have.
fn fast_moment(text: &str) -> Option<DateTime> {
    let b = text.as_bytes();
    let two = |at: usize| -> Option<i8> {
        let (tens, ones) = (b.get(at)?, b.get(at + 1)?);
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        i8::try_from((tens - b'0') * 10 + (ones - b'0')).ok()
    };
    if !matches!(b.len(), 10 | 19) || b.get(4) != Some(&b'-') || b.get(7) != Some(&b'-') {
        return None;
    }
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    let date = Date::new(year, two(5)?, two(8)?).ok()?;
    if b.len() == 10 {
        return Some(date.at(0, 0, 0, 0));
    }
    if !matches!(b.get(10), Some(b' ' | b'T')) || b.get(13) != Some(&b':') || b.get(16) != Some(&b':') {
        return None;
    }
    jiff::civil::Time::new(two(11)?, two(14)?, two(17)?, 0).ok().map(|time| date.to_datetime(time))
}

/// Quotes at most 40 characters of bad input in a message.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, text: &str) -> Result<Value, ValueError> {
        Value::read(kind, text)
    }

    #[test]
    fn values_come_back_as_they_were_written() {
        for (kind, text) in [
            (Kind::Text, "急性阑尾炎"),
            (Kind::Integer, "-12"),
            (Kind::Money, "13000.50"),
            (Kind::Money, "-0.05"),
            (Kind::Decimal4, "0.3333"),
            (Kind::Day, "2024-02-29"),
            (Kind::Day, "1931-07-09"),
            (Kind::Moment, "2025-03-01 08:00:59"),
            (Kind::Moment, "1969-12-31 23:59:59"),
        ] {
            assert_eq!(read(kind, text).map(|value| value.show(kind).to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn the_spellings_of_hospital_systems() {
        for (kind, text, value) in [
            (Kind::Text, "  　内一科　 ", Value::from("内一科")),
            (Kind::Text, " ", Value::Null),
            (Kind::Integer, "12.00", Value::Int(12)),
            (Kind::Flag, "是", Value::Int(1)),
            (Kind::Flag, "2", Value::Int(0)),
            (Kind::Money, ".5", Value::Int(50)),
            (Kind::Money, "1.5000", Value::Int(150)),
            (Kind::Decimal4, "+3", Value::Int(30_000)),
            (Kind::Day, "20250301", Value::Int(20_148)),
            (Kind::Day, "2025/3/1 8:00", Value::Int(20_148)),
            (Kind::Moment, "2025-03-01T08:00", Value::Int(20_148 * 86_400 + 8 * 3600)),
        ] {
            assert_eq!(read(kind, text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(matches!(read(Kind::Money, "1.005"), Err(ValueError::TooPrecise(..))));
        assert!(matches!(read(Kind::Money, "壹佰"), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Money, "1e3"), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Decimal4, "-"), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Decimal4, "."), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Money, "99999999999999999"), Err(ValueError::OutOfRange(_))));
        assert!(matches!(read(Kind::Day, "2025-02-30"), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Moment, "2025-02-03 25:00:00"), Err(ValueError::NotOfKind(..))));
        assert!(matches!(read(Kind::Text, "a\0b"), Err(ValueError::ControlCharacter)));
        assert!(matches!(read(Kind::Text, &"字".repeat(4001)), Err(ValueError::TooLong)));
    }
}
