//! 维度: what numbers are divided by, how its values are named and in which order they stand.

use crate::Value;
use crate::period::{Basis, Shift};
use crate::schema::{CASE, Column, Place};
use crate::source::Source;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A step of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Calendar {
    /// yyyy
    Year,
    /// yyyyq
    Quarter,
    /// yyyymm
    Month,
    /// A day.
    Day,
}

/// How values that are not listed stand one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// By the value.
    #[default]
    Value,
    /// By the first number in the text: `0~0.4`, `0.4~0.75`, `2+`.
    Number,
    /// By the label.
    Label,
}

/// 维度
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dimension {
    /// Its name in packs, addresses and code.
    pub id: String,
    /// 名称
    pub name: String,
    /// The next dimension up: 月 → 季度 → 年.
    pub parent: Option<String>,
    /// Step of the calendar, for dimensions of time.
    pub calendar: Option<Calendar>,
    /// Label of rows without a value.
    pub unknown: String,
    pub(crate) fact: &'static str,
    /// By [`Basis`]; others than time have the same for all.
    pub(crate) columns: [Option<Column>; 3],
    pub(crate) label: Option<Column>,
    /// The same thing in other facts: the department of a night in a bed.
    pub(crate) elsewhere: Vec<Elsewhere>,
    /// Table and column of the names where a fact does not carry them.
    pub(crate) dictionary: Option<(&'static str, Column)>,
    /// The value is how far the column's region is from the hospital's.
    pub(crate) from_home: bool,
    /// Values with their labels, in their order.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) sort: Sort,
}

/// Where another fact has a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Elsewhere {
    pub(crate) fact: &'static str,
    pub(crate) column: Column,
    pub(crate) label: Option<Column>,
}

/// A dimension in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) label: Label,
}

/// Where the names of the values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// The value says it, or the dimension.
    None,
    /// A column beside it.
    Carried(Place),
    /// A column of a dictionary.
    Dictionary(&'static str, Column),
}

impl Key {
    pub(crate) fn plain(place: Place) -> Key {
        Key { place, label: Label::None }
    }
}

impl Dimension {
    /// Where it stands for rows of a source, days of the source's own aside; `None` where it is not.
    pub(crate) fn key(&self, basis: Basis, source: Source) -> Option<Key> {
        let own = |column: Column, label: Option<Column>, of_case: bool| {
            let label = match (label, self.dictionary) {
                (Some(label), _) => Label::Carried(Place::new(of_case, label)),
                (None, Some((table, name))) => Label::Dictionary(table, name),
                (None, None) => Label::None,
            };
            Key { place: Place::new(of_case, column), label }
        };
        if let Some(there) = self.elsewhere.iter().find(|there| there.fact == source.fact) {
            return Some(own(there.column, there.label, false));
        }
        if self.fact != source.fact && !(self.fact == CASE && source.of_cases) {
            return None;
        }
        Some(own(self.columns[basis as usize]?, self.label, self.fact == CASE))
    }

    /// Whether it tells how far a region is from the hospital's own ([`crate::Layer::set_home`]).
    pub fn needs_home(&self) -> bool {
        self.from_home
    }

    /// The fact whose rows have it; dimensions of the case divide every fact of cases.
    pub fn fact(&self) -> &'static str {
        self.fact
    }

    /// Listed values with their labels, in their order; empty for dimensions whose values are found in the data.
    pub fn values(&self) -> &[(String, String)] {
        &self.values
    }

    /// How a value is called; `carried` is the label that stands beside it in the fact.
    pub fn label(&self, key: &Value, carried: &Value) -> String {
        let key_text = key.to_string();
        if let Some((_, label)) = self.values.iter().find(|(value, _)| *value == key_text) {
            return label.clone();
        }
        match (key, self.calendar, carried) {
            (Value::Null, ..) | (Value::Whole(0), Some(_), _) => self.unknown.clone(),
            (Value::Whole(n), Some(Calendar::Year), _) => format!("{n}年"),
            (Value::Whole(n), Some(Calendar::Quarter), _) => format!("{}年第{}季度", n / 10, n % 10),
            (Value::Whole(n), Some(Calendar::Month), _) => format!("{}年{}月", n / 100, n % 100),
            (_, _, Value::Text(label)) => label.clone(),
            (Value::Flag(flag), ..) => if *flag { "是" } else { "否" }.to_owned(),
            _ => key_text,
        }
    }

    /// The natural order: listed values as listed, then the others, unknown last.
    pub(crate) fn compare(&self, a: (&Value, &str), b: (&Value, &str)) -> Ordering {
        self.place(a.0).cmp(&self.place(b.0)).then_with(|| match self.sort {
            Sort::Value => a.0.cmp(b.0),
            Sort::Number => first_number(a.1).cmp(&first_number(b.1)).then_with(|| a.0.cmp(b.0)),
            Sort::Label => a.1.cmp(b.1).then_with(|| a.0.cmp(b.0)),
        })
    }

    fn place(&self, key: &Value) -> usize {
        if *key == Value::Null {
            return usize::MAX;
        }
        let text = key.to_string();
        self.values.iter().position(|(value, _)| *value == text).unwrap_or(usize::MAX - 1)
    }

    /// The value as many months or days later: the row of this year that a row of the year before is compared with.
    pub(crate) fn forward(&self, key: &Value, shift: Shift) -> Option<Value> {
        let Some(calendar) = self.calendar else { return Some(key.clone()) };
        let later = shift.forward(first_day(calendar, key)?)?;
        let (year, month) = (i64::from(later.year()), i64::from(later.month()));
        Some(match calendar {
            Calendar::Year => Value::Whole(year),
            Calendar::Quarter => Value::Whole(year * 10 + (month + 2) / 3),
            Calendar::Month => Value::Whole(year * 100 + month),
            Calendar::Day => Value::Day(later),
        })
    }
}

/// The first day of a value of time.
fn first_day(calendar: Calendar, key: &Value) -> Option<Date> {
    let date = |year: i64, month: i64| Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok();
    match (calendar, key) {
        (Calendar::Year, Value::Whole(n)) => date(*n, 1),
        (Calendar::Quarter, Value::Whole(n)) => date(n / 10, n % 10 * 3 - 2),
        (Calendar::Month, Value::Whole(n)) => date(n / 100, n % 100),
        (Calendar::Day, Value::Day(day)) => Some(*day),
        _ => None,
    }
}

fn first_number(text: &str) -> Option<Decimal> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[from..];
    let to = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    model::parse_decimal(&rest[..to])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::{Comparison, Period};

    fn dimension(calendar: Option<Calendar>, sort: Sort, values: &[(&str, &str)]) -> Dimension {
        Dimension {
            id: "d".into(),
            name: "维".into(),
            parent: None,
            calendar,
            unknown: "未知".into(),
            fact: crate::CASE,
            columns: [None; 3],
            label: None,
            elsewhere: Vec::new(),
            dictionary: None,
            from_home: false,
            values: values.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            sort,
        }
    }

    #[test]
    fn values_stand_in_their_natural_order() {
        let sorted = |dimension: &Dimension, mut keys: Vec<Value>| {
            keys.sort_by(|a, b| dimension.compare((a, &a.to_string()), (b, &b.to_string())));
            keys.iter().map(|key| dimension.label(key, &Value::Null)).collect::<Vec<_>>().join(" ")
        };
        let bands = dimension(None, Sort::Number, &[]);
        let keys = ["2+", "10+", "0.4~0.75", "0~0.4"].map(Value::from);
        let keys = keys.into_iter().chain([Value::Null]).collect();
        assert_eq!(sorted(&bands, keys), "0~0.4 0.4~0.75 2+ 10+ 未知");
        let kinds = dimension(None, Sort::Value, &[("core", "核心"), ("primary", "基层")]);
        assert_eq!(sorted(&kinds, ["x", "primary", "core"].map(Value::from).into()), "核心 基层 x");
    }

    #[test]
    fn time_is_named_and_moved() {
        let month = dimension(Some(Calendar::Month), Sort::Value, &[]);
        let quarter = dimension(Some(Calendar::Quarter), Sort::Value, &[]);
        let year = Period::year(2025).unwrap().shift(Comparison::YearBefore);
        let one_month = Period::month(2025, 1).unwrap().shift(Comparison::PeriodBefore);
        assert_eq!(month.label(&202_503.into(), &Value::Null), "2025年3月");
        assert_eq!(month.forward(&202_403.into(), year), Some(202_503.into()));
        assert_eq!(month.forward(&202_412.into(), one_month), Some(202_501.into()));
        assert_eq!(quarter.label(&20_254.into(), &Value::Null), "2025年第4季度");
        assert_eq!(quarter.forward(&20_244.into(), year), Some(20_254.into()));
    }
}
