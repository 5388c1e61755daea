//! Binary floating point as a source sends it, written with 15 significant digits and without exponent.
//!
//! Views over SQLite `REAL` or MySQL `DOUBLE` columns hold 0.30000000000000004 where a person wrote 0.3; PostgreSQL's cast to
//! `numeric` uses the same 15 digits, so that every adapter yields the same text.

/// Appends the number to `out`. `significant` digits, trailing zeros dropped.
pub(crate) fn write_float(out: &mut String, number: f64, significant: usize) {
    if !number.is_finite() {
        out.push_str(if number.is_nan() { "NaN" } else { "Infinity" });
        return;
    }
    if let Some(ten_thousandths) = short(number).filter(|_| significant >= 13) {
        return write_short(out, ten_thousandths);
    }
    write_long(out, number, significant);
}

fn write_long(out: &mut String, number: f64, significant: usize) {
    if number == 0.0 {
        out.push('0');
        return;
    }
    let written = format!("{:.*e}", significant.saturating_sub(1), number);
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if mantissa.starts_with('-') {
        out.push('-');
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let point = exponent + 1;
    if point <= 0 {
        out.push_str("0.");
        (0..-point).for_each(|_| out.push('0'));
        out.push_str(digits);
        return;
    }
    let point = point as usize;
    out.push_str(digits.get(..point.min(digits.len())).unwrap_or_default());
    (digits.len()..point).for_each(|_| out.push('0'));
    if let Some(rest) = digits.get(point..).filter(|rest| !rest.is_empty()) {
        out.push('.');
        out.push_str(rest);
    }
}

/// Amounts and quantities, nearly all numbers there are: the double nearest to a decimal with at most 13 digits, four of them
/// decimals. Doubles keep 15 digits, so that the long way gives the same.
fn short(number: f64) -> Option<i64> {
    const LARGEST: f64 = 1e9;
    if number.abs() >= LARGEST {
        return None;
    }
    let scaled = (number * 10_000.0).round();
    (scaled / 10_000.0 == number).then_some(scaled as i64)
}

fn write_short(out: &mut String, ten_thousandths: i64) {
    if ten_thousandths < 0 {
        out.push('-');
    }
    let rest = ten_thousandths.unsigned_abs();
    write_whole(out, rest / 10_000);
    let mut decimals = rest % 10_000;
    if decimals == 0 {
        return;
    }
    out.push('.');
    let mut place = 1000;
    while decimals > 0 {
        out.push(char::from(b'0' + (decimals / place) as u8));
        decimals %= place;
        place /= 10;
    }
}

/// Appends a whole number; several times as fast as formatting, and done for every number of every row.
pub(crate) fn write_whole(out: &mut String, number: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    while at > 0 {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push_str(digits.get(at..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_wrote_them() {
        for (number, text) in [
            (0.1 + 0.2, "0.3"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (1e20, "100000000000000000000"),
            (0.000_012, "0.000012"),
            (123_456.789, "123456.789"),
            (0.0, "0"),
            (100.0, "100"),
            (-0.0001, "-0.0001"),
            (-0.5, "-0.5"),
            (999_999_999.999_9, "999999999.9999"),
            (1_234_567_890.125, "1234567890.125"),
            (1.0 / 3.0, "0.333333333333333"),
            (12.0303, "12.0303"),
        ] {
            let mut out = String::new();
            write_float(&mut out, number, 15);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        for n in (-2_000_000_i64..2_000_000).step_by(37) {
            let number = n as f64 / 10_000.0;
            let (mut short, mut long) = (String::new(), String::new());
            write_float(&mut short, number, 15);
            write_long(&mut long, number, 15);
            assert_eq!(short, long);
        }
    }

    #[test]
    fn single_precision_keeps_six_digits() {
        for (number, text) in [(12.34_f32, "12.34"), (1_234_567.0, "1234570"), (0.1, "0.1")] {
            let mut out = String::new();
            write_float(&mut out, f64::from(number), 6);
            assert_eq!(out, text);
        }
    }
}
