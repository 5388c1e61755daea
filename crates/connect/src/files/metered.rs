//! What has passed through to the CSV reader: an unclosed quote must not swallow a huge file into one row.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Read};
use std::rc::Rc;

/// Most bytes of one row.
const LONGEST_ROW: u64 = 8 << 20;

/// Shared between the stream and its consumer.
#[derive(Default)]
pub(super) struct Meter {
    passed: Cell<u64>,
    row_start: Cell<u64>,
    odd_quotes: Cell<bool>,
    last: Cell<u8>,
}

impl Meter {
    /// The consumer has finished a row.
    pub(super) fn row_done(&self) {
        self.row_start.set(self.passed.get());
    }

    /// Whether the number of quotes so far is odd.
    pub(super) fn has_odd_quotes(&self) -> bool {
        self.odd_quotes.get()
    }

    /// Whether the stream ends with a line feed.
    pub(super) fn ends_with_line_feed(&self) -> bool {
        self.last.get() == b'\n'
    }
}

pub(super) struct Metered<R> {
    pub(super) inner: R,
    pub(super) meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let meter = &self.meter;
        if meter.passed.get() - meter.row_start.get() > LONGEST_ROW {
            return Err(Error::new(ErrorKind::InvalidData, "row too long"));
        }
        let read = self.inner.read(out)?;
        let bytes = out.get(..read).unwrap_or_default();
        let quotes = bytes.iter().filter(|byte| **byte == b'"').count();
        meter.odd_quotes.set(meter.odd_quotes.get() ^ (quotes % 2 == 1));
        if let Some(last) = bytes.last() {
            meter.last.set(*last);
        }
        meter.passed.set(meter.passed.get() + read as u64);
        Ok(read)
    }
}
