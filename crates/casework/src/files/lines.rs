//! Lines of a file of any size, in bounded memory.

use std::io::{BufRead, Result};

/// Longest line taken, in bytes. A longer one is reported and skipped without being held in memory.
pub(crate) const LONGEST_LINE: usize = 1_000_000;

/// One line without its line end.
#[derive(Debug)]
pub(crate) enum Line {
    /// The bytes as they stand.
    Bytes(Vec<u8>),
    /// Longer than [`LONGEST_LINE`]: its length.
    TooLong(usize),
}

/// Reads lines one by one.
pub(crate) struct Lines<R> {
    reader: R,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Lines<R> {
        Lines { reader }
    }

    /// What is in the buffer now, for looking at the encoding.
    pub(crate) fn head(&mut self) -> Result<&[u8]> {
        self.reader.fill_buf()
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Line>> {
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok((length > 0).then(|| finish(line, length)));
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            length += part.len();
            if length <= LONGEST_LINE {
                line.extend_from_slice(part);
            }
            let taken = part.len() + usize::from(end.is_some());
            self.reader.consume(taken);
            if end.is_some() {
                return Ok(Some(finish(line, length)));
            }
        }
    }
}

fn finish(mut line: Vec<u8>, length: usize) -> Line {
    if length > LONGEST_LINE {
        return Line::TooLong(length);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Line::Bytes(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Line> {
        // A tiny buffer so that lines cross its border.
        let mut lines = Lines::new(std::io::BufReader::with_capacity(3, text));
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn lines_of_any_length_and_end() {
        let lines = all(b"one\r\n\ntwo two\nlast");
        let texts: Vec<&[u8]> =
            lines.iter().map(|line| if let Line::Bytes(bytes) = line { &bytes[..] } else { b"!" }).collect();
        assert_eq!(texts, [&b"one"[..], b"", b"two two", b"last"]);
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_over_the_limit_is_counted_not_kept() {
        let mut text = vec![b'x'; LONGEST_LINE + 5];
        text.extend_from_slice(b"\nnext\n");
        let lines = all(&text);
        assert!(matches!(lines[0], Line::TooLong(length) if length == LONGEST_LINE + 5));
        assert!(matches!(&lines[1], Line::Bytes(bytes) if bytes == b"next"));
    }
}
