//! Canonical values as the vendor writes them: padded, coded in Chinese, dates in several ways, amounts with four decimals.

use crate::batch::Batch;
use crate::layout::{From, HisTable, Layout, Style};
use model::canonical::{Row, Value};
use rustc_hash::FxHashMap;

/// Writes rows of the vendor's tables.
pub struct Speller<'l> {
    layout: &'l Layout,
    /// Also what the base table does not keep (for files).
    with_joined: bool,
}

impl<'l> Speller<'l> {
    /// `with_joined`: all columns of the view, not only those of the base table.
    pub fn new(layout: &'l Layout, with_joined: bool) -> Speller<'l> {
        Speller { layout, with_joined }
    }

    /// An empty batch of rows of a table.
    pub fn batch(&self, table: &HisTable) -> Batch {
        Batch::new(table.columns.iter().filter(|column| self.with_joined || !column.joined).count())
    }

    /// Adds a row, last changed at `updated`.
    pub fn add(&self, table: &HisTable, row: &Row, updated: i64, batch: &mut Batch) {
        let encounter = table.table.encounter_column().and_then(|at| row.get(at)).map_or("", Value::str);
        let (inpatient, visit) = encounter.rsplit_once('-').unwrap_or((encounter, ""));
        for column in table.columns.iter().filter(|column| self.with_joined || !column.joined) {
            let there = match column.from {
                From::Column(at) => {
                    let value = row.get(at).unwrap_or(&Value::Null);
                    self.write(&column.style, value, batch.buffer())
                }
                From::Inpatient => write_text(inpatient, &column.style, batch.buffer()),
                From::Visit => write_text(visit, &Style::Text, batch.buffer()),
                From::Updated => {
                    write_moment(updated, batch.buffer());
                    true
                }
                From::Void => {
                    batch.buffer().push('0');
                    true
                }
            };
            batch.close(there);
        }
    }

    /// Writes one value; `false`: NULL.
    pub fn write(&self, style: &Style, value: &Value, out: &mut String) -> bool {
        match (style, value) {
            (Style::Dash, Value::Null) => out.push('-'),
            (Style::Moment1900, Value::Null) => out.push_str("1900-01-01 00:00:00"),
            (_, Value::Null) => return false,
            (Style::Code(map), Value::Text(code)) => match self.code(map, code) {
                Some(written) => out.push_str(written),
                None => out.push_str(code),
            },
            (Style::Code(map), Value::Int(n)) => match self.code(map, if *n == 0 { "0" } else { "1" }) {
                Some(written) => out.push_str(written),
                None => push_number(*n, out),
            },
            // Files show what the view shows.
            (Style::Serial, Value::Text(key)) if !self.with_joined => {
                let digits = key.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_start_matches('0');
                out.push_str(if digits.is_empty() { "0" } else { digits });
            }
            (style, Value::Text(text)) => return write_text(text, style, out),
            (Style::Money4, Value::Int(fen)) => push_decimal(fen * 100, out),
            (Style::Decimal4, Value::Int(n)) => push_decimal(*n, out),
            (Style::Flag12, Value::Int(n)) => out.push(if *n == 0 { '2' } else { '1' }),
            (Style::FlagChinese, Value::Int(n)) => out.push(if *n == 0 { '否' } else { '是' }),
            (Style::Inverted, Value::Int(n)) => out.push(if *n == 0 { '1' } else { '0' }),
            (Style::Day10, Value::Int(day)) => push_day(*day, "-", out),
            (Style::Day8, Value::Int(day)) => push_day(*day, "", out),
            (Style::Moment | Style::Moment1900, Value::Int(at)) => write_moment(*at, out),
            (Style::Moment14, Value::Int(at)) => {
                push_day(at.div_euclid(86_400), "", out);
                push_time(at.rem_euclid(86_400), "", out);
            }
            (_, Value::Int(n)) => push_number(*n, out),
        }
        true
    }

    fn code(&self, map: &str, code: &str) -> Option<&'l str> {
        let codes: Option<&FxHashMap<String, String>> = self.layout.codes.get(map);
        codes.and_then(|codes| codes.get(code)).map(String::as_str)
    }
}

fn write_text(text: &str, style: &Style, out: &mut String) -> bool {
    out.push_str(text);
    match style {
        // In a GBK database a Chinese character takes two bytes.
        Style::Pad => {
            let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            for _ in width..width.next_multiple_of(8) {
                out.push(' ');
            }
        }
        Style::Wide if text.len() % 8 == 1 => out.push('\u{3000}'),
        _ => {}
    }
    true
}

/// `2025-03-01 08:00:00`
pub(crate) fn write_moment(at: i64, out: &mut String) {
    push_day(at.div_euclid(86_400), "-", out);
    out.push(' ');
    push_time(at.rem_euclid(86_400), ":", out);
}

fn push_time(seconds: i64, between: &str, out: &mut String) {
    push_two(seconds / 3600, out);
    out.push_str(between);
    push_two(seconds / 60 % 60, out);
    out.push_str(between);
    push_two(seconds % 60, out);
}

/// The civil date of a day number, by the usual arithmetic of 400-year eras; millions of rows have two dates each.
fn push_day(day: i64, between: &str, out: &mut String) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    push_two(year / 100, out);
    push_two(year % 100, out);
    out.push_str(between);
    push_two(month, out);
    out.push_str(between);
    push_two(date, out);
}

fn push_two(n: i64, out: &mut String) {
    let digit = |n: i64| char::from(b'0' + u8::try_from(n.rem_euclid(10)).unwrap_or_default());
    out.push(digit(n / 10));
    out.push(digit(n));
}

fn push_number(n: i64, out: &mut String) {
    if n < 0 {
        out.push('-');
    }
    push_digits(n.unsigned_abs(), 1, out);
}

/// Ten-thousandths with four decimals.
fn push_decimal(n: i64, out: &mut String) {
    if n < 0 {
        out.push('-');
    }
    push_digits(n.unsigned_abs() / 10_000, 1, out);
    out.push('.');
    push_digits(n.unsigned_abs() % 10_000, 4, out);
}

/// At least `least` digits. Millions of rows have a dozen numbers each, so no formatter stands between.
fn push_digits(mut n: u64, least: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    while n > 0 || digits.len() - from < least {
        from -= 1;
        if let (Some(digit), Ok(value)) = (digits.get_mut(from), u8::try_from(n % 10)) {
            *digit = b'0' + value;
        }
        n /= 10;
    }
    out.push_str(digits.get(from..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::canonical::Kind;

    #[test]
    fn what_is_written_reads_back() {
        let layout = Layout::shipped().unwrap();
        let speller = Speller::new(&layout, false);
        let written = |style: Style, value: Value| {
            let mut out = String::new();
            speller.write(&style, &value, &mut out).then_some(out)
        };
        for (style, kind, value, text) in [
            (Style::Money4, Kind::Money, Value::Int(-1250), "-12.5000"),
            (Style::Decimal4, Kind::Decimal4, Value::Int(123), "0.0123"),
            (Style::Day8, Kind::Day, Value::Int(20_148), "20250301"),
            (Style::Day10, Kind::Day, Value::Int(-1), "1969-12-31"),
            (Style::Moment, Kind::Moment, Value::Int(20_148 * 86_400 + 61), "2025-03-01 00:01:01"),
            (Style::Flag12, Kind::Flag, Value::Int(0), "2"),
            (Style::FlagChinese, Kind::Flag, Value::Int(1), "是"),
            (Style::Pad, Kind::Text, Value::from("张三"), "张三    "),
        ] {
            assert_eq!(written(style, value.clone()).as_deref(), Some(text));
            assert_eq!(Value::read(kind, text), Ok(value));
        }
        assert_eq!(written(Style::Code("sex".into()), Value::from("2")).as_deref(), Some("女"));
        assert_eq!(written(Style::Dash, Value::Null).as_deref(), Some("-"));
        assert_eq!(written(Style::Text, Value::Null), None);
        for day in [-25_567, 0, 59, 60, 11_016, 19_782, 20_512] {
            let mut out = String::new();
            push_day(day, "-", &mut out);
            assert_eq!(Value::read(Kind::Day, &out), Ok(Value::Int(day)));
        }
    }
}
