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
        ] {
            let mut out = String::new();
            write_float(&mut out, number, 15);
            assert_eq!(out, text);
        }
    }
}
