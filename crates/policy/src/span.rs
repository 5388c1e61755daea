//! Inclusive ranges as conditions write them: `0..28`, `65..`, `..6`, `3`.

use rust_decimal::Decimal;

/// An inclusive range; a missing bound is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Smallest value that fits.
    pub lo: Option<Decimal>,
    /// Largest value that fits.
    pub hi: Option<Decimal>,
}

impl Span {
    /// Reads a range; `None` when malformed or empty (`5..3`).
    pub fn parse(text: &str) -> Option<Span> {
        let bound = |text: &str| match text.trim() {
            "" => Some(None),
            number => model::parse_decimal(number).map(Some),
        };
        let span = match text.split_once("..") {
            Some((lo, hi)) => Span { lo: bound(lo)?, hi: bound(hi)? },
            None => {
                let one = model::parse_decimal(text)?;
                Span { lo: Some(one), hi: Some(one) }
            }
        };
        match (span.lo, span.hi) {
            (None, None) => None,
            (Some(lo), Some(hi)) if lo > hi => None,
            _ => Some(span),
        }
    }

    /// Whether the value lies in the range.
    pub fn holds(&self, value: impl Into<Decimal>) -> bool {
        let value = value.into();
        self.lo.is_none_or(|lo| value >= lo) && self.hi.is_none_or(|hi| value <= hi)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.lo, self.hi) {
            (Some(lo), Some(hi)) if lo == hi => write!(f, "{lo}"),
            (lo, hi) => {
                let text = |bound: Option<Decimal>| bound.map(|b| b.to_string()).unwrap_or_default();
                write!(f, "{}..{}", text(lo), text(hi))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_their_bounds() {
        let span = Span::parse("0..28").unwrap();
        assert!(span.holds(0) && span.holds(28) && !span.holds(29));
        assert!(Span::parse("65..").unwrap().holds(200));
        assert!(!Span::parse("..6").unwrap().holds(7));
        assert!(Span::parse("3").unwrap().holds(3) && !Span::parse("3").unwrap().holds(4));
        for bad in ["", "..", "a..3", "5..3", "1...2"] {
            assert_eq!(Span::parse(bad), None, "{bad}");
        }
    }
}
