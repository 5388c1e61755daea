//! A row as every source yields it: text cells in one buffer, reused from row to row.

use crate::charset::Charset;
use crate::plain_float::write_whole;
use std::fmt::{Display, Write};

/// One row of a query or file. A cell is `None` when the source says NULL.
#[derive(Clone, Copy, Debug)]
pub struct TextRow<'a> {
    /// Row of the query or line of the file, from 1.
    pub number: u64,
    /// The file; empty for a query.
    pub place: &'a str,
    /// Why the row as a whole cannot be trusted (too few cells …), with the remedy.
    pub fault: Option<&'a str>,
    text: &'a str,
    cells: &'a [Cell],
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    from: u32,
    to: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Null,
    Text,
    Damaged,
}

impl<'a> TextRow<'a> {
    /// The cell in a column, from 0; `None` for NULL and beyond the last.
    #[inline]
    pub fn get(&self, column: usize) -> Option<&'a str> {
        let cell = self.cells.get(column)?;
        if cell.state == State::Null {
            return None;
        }
        self.text.get(cell.from as usize..cell.to as usize)
    }

    /// Whether the cell holds bytes that are not in the source's charset.
    #[inline]
    pub fn is_damaged(&self, column: usize) -> bool {
        self.cells.get(column).is_some_and(|cell| cell.state == State::Damaged)
    }

    /// The same row with a reason not to trust it.
    pub fn with_fault(self, fault: Option<&'a str>) -> TextRow<'a> {
        TextRow { fault, ..self }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = Option<&'a str>> + '_ {
        (0..self.len()).map(|column| self.get(column))
    }
}

/// Where an adapter puts the cells of a row.
#[derive(Debug, Default)]
pub struct RowBuffer {
    text: String,
    cells: Vec<Cell>,
}

impl RowBuffer {
    /// Starts a new row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// NULL.
    #[inline]
    pub fn push_null(&mut self) {
        self.cells.push(Cell { from: 0, to: 0, state: State::Null });
    }

    /// Text.
    #[inline]
    pub fn push(&mut self, text: &str) {
        let from = self.start();
        self.text.push_str(text);
        self.end(from, State::Text);
    }

    /// Bytes in the source's charset; what is not in it is marked as damaged.
    #[inline]
    pub fn push_bytes(&mut self, bytes: &[u8], charset: Charset) {
        // Nearly all cells are UTF-8, and GBK without Chinese is the same.
        let plain = charset != Charset::Gbk || bytes.is_ascii();
        if let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| plain) {
            return self.push(text);
        }
        let from = self.start();
        let state = match charset.decode(bytes) {
            Ok(text) => {
                self.text.push_str(&text);
                State::Text
            }
            Err(text) => {
                self.text.push_str(&text);
                State::Damaged
            }
        };
        self.end(from, state);
    }

    /// Anything that can be written.
    pub fn push_display(&mut self, value: impl Display) {
        self.push_with(|text| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{value}");
        });
    }

    /// A whole number.
    #[inline]
    pub fn push_int(&mut self, number: i64) {
        self.push_with(|text| {
            if number < 0 {
                text.push('-');
            }
            write_whole(text, number.unsigned_abs());
        });
    }

    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        let from = self.start();
        write(&mut self.text);
        self.end(from, State::Text);
    }

    /// The finished row.
    pub fn row<'a>(&'a self, number: u64, place: &'a str) -> TextRow<'a> {
        TextRow { number, place, fault: None, text: &self.text, cells: &self.cells }
    }

    fn start(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    fn end(&mut self, from: u32, state: State) {
        let to = self.start();
        self.cells.push(Cell { from, to, state });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back() {
        let mut buffer = RowBuffer::default();
        for _ in 0..2 {
            buffer.clear();
            buffer.push("内一科");
            buffer.push_null();
            buffer.push_int(i64::MIN);
            buffer.push_int(0);
            buffer.push("");
            buffer.push_bytes(&[0xff, 0xff], Charset::Auto);
            let row = buffer.row(7, "");
            let cells: Vec<_> = row.cells().take(5).collect();
            assert_eq!(cells, [Some("内一科"), None, Some("-9223372036854775808"), Some("0"), Some("")]);
            assert!(row.is_damaged(5) && !row.is_damaged(0) && !row.is_damaged(9));
            assert_eq!(row.get(9), None);
        }
    }
}
