//! 显示格式: how a measure's number is written, in Chinese habit.

use rust_decimal::{Decimal, RoundingStrategy};

/// Shown where there is no value. Never a zero.
pub const NOTHING: &str = "—";

/// What kind of number a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// 人次, 例, 台: whole.
    Count,
    /// 金额 in 元, with 分.
    Money,
    /// 分值
    Points,
    /// 基准率, 系数
    Ratio,
    /// A share; kept as 0.1234, written 12.34.
    Percent,
    /// 天数
    Days,
    /// Any other number.
    Number,
}

impl Style {
    /// Every style with its name in the packs, usual decimal places and unit.
    pub const ALL: [(Style, &'static str, u8, &'static str); 7] = [
        (Style::Count, "count", 0, "例"),
        (Style::Money, "money", 2, "元"),
        (Style::Points, "points", 2, "分"),
        (Style::Ratio, "ratio", 4, ""),
        (Style::Percent, "percent", 2, "%"),
        (Style::Days, "days", 1, "天"),
        (Style::Number, "number", 2, ""),
    ];
}

/// Style, decimal places and unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Kind of number.
    pub style: Style,
    /// Decimal places shown; always as many.
    pub decimals: u8,
    /// Unit for the column's head, empty when there is none.
    pub unit: String,
}

impl Format {
    /// A style with its usual places and unit.
    pub fn of(style: Style) -> Format {
        let (_, _, decimals, unit) = Style::ALL[style as usize];
        Format { style, decimals, unit: unit.to_owned() }
    }

    /// The number as shown, rounded half away from zero (四舍五入); percents times a hundred.
    pub fn rounded(&self, value: Decimal) -> Option<Decimal> {
        let value = match self.style {
            Style::Percent => value.checked_mul(Decimal::ONE_HUNDRED)?,
            _ => value,
        };
        Some(value.round_dp_with_strategy(self.decimals.into(), RoundingStrategy::MidpointAwayFromZero))
    }

    /// For a table's cell, whose head says the unit: `1,234.50`, `12.34`, `—`.
    pub fn show(&self, value: Option<Decimal>) -> String {
        match value.and_then(|value| self.rounded(value)) {
            Some(shown) => grouped(shown, self.decimals),
            None => NOTHING.to_owned(),
        }
    }

    /// With its unit: `1,234.50元`, `12.34%`.
    pub fn show_with_unit(&self, value: Option<Decimal>) -> String {
        let shown = self.show(value);
        if shown == NOTHING { shown } else { shown + &self.unit }
    }

    /// For a card with little room: from 万 on in 万 or 亿 with two places, and its unit: `1,234.57万元`.
    pub fn show_short(&self, value: Option<Decimal>) -> String {
        let Some(number) = value.filter(|_| self.style != Style::Percent) else {
            return self.show_with_unit(value);
        };
        let large = [(Decimal::new(100_000_000, 0), "亿"), (Decimal::new(10_000, 0), "万")];
        let step = large.into_iter().find(|(step, _)| number.abs() >= *step);
        let Some((parts, word)) = step.and_then(|(step, word)| Some((number.checked_div(step)?, word)))
        else {
            return self.show_with_unit(value);
        };
        let parts = parts.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        format!("{}{word}{}", grouped(parts, 2), self.unit)
    }
}

/// Thousands separated, a fixed number of places, no minus before a zero.
fn grouped(value: Decimal, places: u8) -> String {
    let text = format!("{:.*}", usize::from(places), value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let mut shown = String::with_capacity(text.len() + text.len() / 3 + 1);
    if value.is_sign_negative() && !value.is_zero() {
        shown.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if !part.is_empty() {
        shown.push('.');
        shown.push_str(part);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_here_write_them() {
        let d = |text: &str| Some(text.parse::<Decimal>().unwrap());
        for (style, value, shown, with_unit, short) in [
            (Style::Money, d("1234567.891"), "1,234,567.89", "1,234,567.89元", "123.46万元"),
            (Style::Money, d("-0.004"), "0.00", "0.00元", "0.00元"),
            (Style::Money, d("-1234.565"), "-1,234.57", "-1,234.57元", "-1,234.57元"),
            (Style::Money, d("-987654321.005"), "-987,654,321.01", "-987,654,321.01元", "-9.88亿元"),
            (Style::Money, None, "—", "—", "—"),
            (Style::Count, d("123"), "123", "123例", "123例"),
            (Style::Count, d("100000"), "100,000", "100,000例", "10.00万例"),
            (Style::Percent, d("0.12345"), "12.35", "12.35%", "12.35%"),
            (Style::Percent, d("1"), "100.00", "100.00%", "100.00%"),
            (Style::Ratio, d("0.9"), "0.9000", "0.9000", "0.9000"),
            (Style::Days, d("7.25"), "7.3", "7.3天", "7.3天"),
        ] {
            let format = Format::of(style);
            assert_eq!(format.style, style);
            assert_eq!(format.show(value), shown, "{value:?}");
            assert_eq!(format.show_with_unit(value), with_unit, "{value:?}");
            assert_eq!(format.show_short(value), short, "{value:?}");
        }
    }
}
