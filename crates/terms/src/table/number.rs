//! 数值单元格: numbers of a workbook as text, without binary residue and with the zeros the sheet shows.

/// Zeros a cell's number format adds. Digits are only ever added, never rounded away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Padding {
    /// Least digits before the point.
    whole: usize,
    /// Least digits behind the point.
    decimals: usize,
}

impl Padding {
    /// As the number is.
    pub(super) const NONE: Padding = Padding { whole: 0, decimals: 0 };

    /// The zeros of formats like `0000`, `00.0000`, `#,##0.00_ `; any other format adds none.
    pub(super) fn of_format(code: &str) -> Padding {
        let mut padding = Padding::NONE;
        let mut behind = false;
        let mut chars = code.split(';').next().unwrap_or_default().chars();
        while let Some(c) = chars.next() {
            match c {
                '0' if behind => padding.decimals += 1,
                '0' => padding.whole += 1,
                '.' => behind = true,
                '#' | '?' | ',' => {}
                // `_x` leaves the room of an x.
                '_' => drop(chars.next()),
                '[' => drop(chars.by_ref().find(|c| *c == ']')),
                _ => return Padding::NONE,
            }
        }
        Padding { whole: padding.whole.min(32), decimals: padding.decimals.min(32) }
    }
}

/// Whether Excel has already lost digits of this number: it keeps 15.
pub(super) fn too_long(n: f64) -> bool {
    n.abs() >= 1e15
}

/// The shortest decimal of 15 digits, as Excel shows it: `47.01`, never `47.01000000000001` nor `4701.0`.
pub(super) fn number_text(n: f64, padding: Padding) -> String {
    let rounded: f64 = format!("{n:.14e}").parse().unwrap_or(n);
    // Display of f64 never uses an exponent.
    let plain = format!("{}", rounded.abs());
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let sign = if rounded < 0.0 { "-" } else { "" };
    let mut text = format!("{sign}{whole:0>width$}", width = padding.whole);
    if decimals.len().max(padding.decimals) > 0 {
        text.push('.');
        text.push_str(decimals);
        text.extend(std::iter::repeat_n('0', padding.decimals.saturating_sub(decimals.len())));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_no_binary_residue() {
        for (n, text) in [
            (47.01, "47.01"),
            (0.57 * 100.0, "57"),
            (0.1 + 0.2, "0.3"),
            (4701.0, "4701"),
            (-0.5, "-0.5"),
            (1e14, "100000000000000"),
            (1.0e-7, "0.0000001"),
            (-0.0, "0"),
        ] {
            assert_eq!(number_text(n, Padding::NONE), text);
        }
    }

    #[test]
    fn formats_add_zeros_and_never_take_digits() {
        for (n, format, text) in [
            (47.01, "00.0000", "47.0100"),
            (3.5, "00.0000", "03.5000"),
            (12.0, "0000", "0012"),
            (1234.5, "#,##0.00_ ", "1234.50"),
            (1234.5678, "0.00", "1234.5678"),
            (5.0, "0.00_);[Red]\\(0.00\\)", "5.00"),
            (5.0, "[Red]0.0", "5.0"),
            (0.95, "0.00%", "0.95"),
            (7.0, "General", "7"),
            (7.0, "\"No.\"000", "7"),
        ] {
            assert_eq!(number_text(n, Padding::of_format(format)), text, "{format}");
        }
    }
}
