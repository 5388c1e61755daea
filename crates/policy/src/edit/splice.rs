//! 文本改动: pieces of a text replaced at once; everything between them stays byte for byte.

use std::ops::Range;

/// Bytes of the original text and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) at: Range<usize>,
    pub(crate) with: String,
}

impl Splice {
    pub(crate) fn new(at: Range<usize>, with: impl Into<String>) -> Splice {
        Splice { at, with: with.into() }
    }
}

/// The text with all splices done. Those at the same place keep their order.
pub(crate) fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
    let mut out = String::with_capacity(text.len() + splices.iter().map(|s| s.with.len()).sum::<usize>());
    let mut from = 0;
    for splice in splices {
        out.push_str(text.get(from..splice.at.start.max(from)).unwrap_or_default());
        out.push_str(&splice.with);
        from = from.max(splice.at.end);
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The offset behind the line end at or after `at`.
pub(crate) fn next_line(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end + 1)
}

/// The offset at which the line of `at` begins.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// What ends the lines of a text.
pub(crate) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_spliced_stays() {
        let at = |range, with: &str| Splice::new(range, with);
        assert_eq!(
            spliced("abcdef", vec![at(4..5, "E"), at(0..1, ""), at(2..2, "x"), at(2..2, "y")]),
            "bxycdEf"
        );
        assert_eq!(spliced("abc", Vec::new()), "abc");
        assert_eq!((line_start("a\nbc\n", 3), next_line("a\nbc\n", 3), next_line("ab", 1)), (2, 5, 2));
        assert_eq!((newline("a\r\nb"), newline("a\nb"), newline("a")), ("\r\n", "\n", "\n"));
    }
}
