//! 值: of a cell, a filter or a parameter of a statement.

use crate::Kind;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use std::fmt;

/// A value. Money is in 元.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing recorded.
    #[default]
    Null,
    /// A whole number.
    Whole(i64),
    /// An exact decimal.
    Decimal(Decimal),
    /// 是/否
    Flag(bool),
    /// Text.
    Text(String),
    /// 日期
    Day(Date),
    /// 时间, of the hospital's wall clock.
    Moment(DateTime),
}

impl Value {
    /// Reads what a person or an address wrote for a column; blank is [`Value::Null`], `None` when it is not of the kind.
    pub fn read(kind: Kind, written: &str) -> Option<Value> {
        let text = written.trim();
        if text.is_empty() {
            return Some(Value::Null);
        }
        Some(match kind {
            Kind::Text => Value::Text(text.to_owned()),
            Kind::Whole => Value::Whole(text.parse().ok()?),
            Kind::Flag => Value::Flag(match text {
                "true" | "1" | "是" => true,
                "false" | "0" | "否" => false,
                _ => return None,
            }),
            Kind::Money | Kind::Decimal(_) => Value::Decimal(model::parse_decimal(text)?),
            Kind::Day => Value::Day(text.parse().ok()?),
            Kind::Moment => Value::Moment(text.parse().ok()?),
        })
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Value::Whole(n) => Some((*n).into()),
            Value::Decimal(d) => Some(*d),
            _ => None,
        }
    }

    /// As a parameter that a column of this kind can be compared with; `None` when it cannot.
    pub(crate) fn parameter(&self, kind: Kind) -> Option<Value> {
        Some(match (kind, self) {
            (_, Value::Null) => return None,
            (Kind::Text, Value::Text(_))
            | (Kind::Whole, Value::Whole(_))
            | (Kind::Flag, Value::Flag(_))
            | (Kind::Day, Value::Day(_))
            | (Kind::Moment, Value::Moment(_)) => self.clone(),
            // Months and codes of digits come as text out of an address.
            (Kind::Whole | Kind::Flag | Kind::Day | Kind::Moment, Value::Text(text)) => {
                Value::read(kind, text).filter(|value| *value != Value::Null)?
            }
            (Kind::Money, _) => Value::Whole(model::Fen::from_yuan(self.number()?)?.0),
            (Kind::Decimal(_), _) => Value::Decimal(self.number()?),
            _ => return None,
        })
    }

    /// A cell as the database gave it, in the units of this type: 分 become 元.
    pub(crate) fn of_cell(self, kind: Kind) -> Value {
        match (kind, self) {
            (Kind::Money, Value::Whole(fen)) => Value::Decimal(Decimal::new(fen, 2)),
            (_, value) => value,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Whole(n) => n.fmt(f),
            Value::Decimal(d) => d.fmt(f),
            Value::Flag(b) => b.fmt(f),
            Value::Text(text) => text.fmt(f),
            Value::Day(day) => day.fmt(f),
            Value::Moment(at) => at.strftime("%Y-%m-%d %H:%M").fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Whole(n)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Flag(flag)
    }
}

impl From<Date> for Value {
    fn from(day: Date) -> Value {
        Value::Day(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_kind_and_money_meets_the_column_in_fen() {
        let yuan = Value::read(Kind::Money, "12.5").unwrap();
        assert_eq!(yuan.parameter(Kind::Money), Some(Value::Whole(1250)));
        assert_eq!(Value::Whole(3).parameter(Kind::Money), Some(Value::Whole(300)));
        assert_eq!(Value::Whole(1250).of_cell(Kind::Money), yuan.clone());
        assert_eq!(Value::read(Kind::Day, "2025-02-30"), None);
        assert_eq!(Value::read(Kind::Whole, " "), Some(Value::Null));
        assert_eq!(Value::from("202503").parameter(Kind::Whole), Some(Value::Whole(202_503)));
        assert_eq!(Value::from("1 OR 1=1").parameter(Kind::Whole), None);
        assert_eq!(Value::Whole(1).parameter(Kind::Text), None);
    }
}
