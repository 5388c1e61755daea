//! CSV and TXT, streamed: a file of any size in constant memory, in UTF-8, GBK or UTF-16.

use super::metered::{Meter, Metered};
use super::utf16::Utf16Reader;
use super::{Done, FoundFile, disk_error};
use crate::charset::Charset;
use crate::error::ConnectError;
use crate::mapping::FileQuery;
use crate::source::RowReader;
use crate::text_row::RowBuffer;
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::io::{Cursor, ErrorKind, Read};
use std::rc::Rc;
use terms::TableError;

/// On this much the charset and the separator are decided.
const HEAD: u64 = 256 << 10;
/// Excel holds no more characters in a cell: a longer one comes from a quote that never closes.
const LONGEST_CELL: usize = 32_767;

pub(super) fn read(
    file: &FoundFile,
    query: &FileQuery,
    charset: Charset,
    reader: &mut dyn RowReader,
) -> Result<Done, ConnectError> {
    let disk = |error: std::io::Error| disk_error(&file.path, &error);
    let mut open = std::fs::File::open(&file.path).map_err(disk)?;
    let mut head = Vec::new();
    open.by_ref().take(HEAD).read_to_end(&mut head).map_err(disk)?;
    let refused = |reason| ConnectError::Table { file: file.name.clone(), reason };
    if head.is_empty() {
        return Err(refused(TableError::Empty));
    }
    if head.starts_with(&[0xff, 0xfe]) {
        let mut decoded = Utf16Reader::new(Cursor::new(head).chain(open));
        let mut head = Vec::new();
        decoded.by_ref().take(HEAD).read_to_end(&mut head).map_err(disk)?;
        return Stream { file, query, charset: Charset::Utf8, reader }.read(head, decoded);
    }
    let bom = head.starts_with(b"\xef\xbb\xbf");
    if bom {
        head.drain(..3);
    }
    let charset = if bom { Charset::Utf8 } else { charset.decide(&head) };
    Stream { file, query, charset, reader }.read(head, open)
}

struct Stream<'s> {
    file: &'s FoundFile,
    query: &'s FileQuery,
    charset: Charset,
    reader: &'s mut dyn RowReader,
}

impl Stream<'_> {
    fn read(mut self, head: Vec<u8>, rest: impl Read) -> Result<Done, ConnectError> {
        let file = self.file;
        let refused = |reason| ConnectError::Table { file: file.name.clone(), reason };
        let start = head.trim_ascii_start();
        let opening = start.get(..start.len().min(100)).unwrap_or_default().to_ascii_lowercase();
        if ["<html", "<!doctype", "<table", "<?xml"].iter().any(|tag| opening.starts_with(tag.as_bytes())) {
            return Err(refused(TableError::Html));
        }
        let delimiter = guess_delimiter(start);
        let meter = Rc::new(Meter::default());
        let stream = Metered { inner: Cursor::new(head).chain(rest), meter: Rc::clone(&meter) };
        // Lines end at the line feed alone: the reader's own handling of CRLF makes its line numbers lag behind.
        let mut csv = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(128 << 10)
            .from_reader(stream);
        // One row is held back: only after the last one it is known whether its quotes were closed.
        let (mut record, mut held) = (ByteRecord::new(), ByteRecord::new());
        let mut held_line = None;
        let mut width = None;
        let mut buffer = RowBuffer::default();
        let mut rows = 0;
        loop {
            let from = csv.position().line();
            let more = csv.read_byte_record(&mut record).map_err(|error| failure(file, from, error))?;
            meter.row_done();
            if !more {
                break;
            }
            let line = start_line(&record, csv.position().line());
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let Some(width) = width else {
                if self.query.header_line.is_none_or(|wanted| line >= wanted as u64) {
                    let titles = self.titles(&record);
                    self.reader.columns(&titles)?;
                    width = Some(titles.len());
                }
                continue;
            };
            std::mem::swap(&mut record, &mut held);
            if let Some(line) = held_line.replace(line) {
                rows += 1;
                if self.deliver(&mut buffer, &record, line, width, None) {
                    return Ok(Done { rows, stopped: true });
                }
            }
        }
        let Some(width) = width else {
            return Err(refused(match self.query.header_line {
                Some(line) => TableError::NoHeader { line },
                None => TableError::Empty,
            }));
        };
        let Some(line) = held_line else { return Ok(Done { rows, stopped: false }) };
        let swallowed = held.iter().any(|cell| cell.trim_ascii_end().contains(&b'\n'));
        let unclosed = (meter.has_odd_quotes() && swallowed)
            .then_some("引号没有成对，从这一行起的内容连成了一格：请补上缺少的引号");
        // A row that ends with the file has no line feed of its own.
        let line = line + u64::from(unclosed.is_some() || !meter.ends_with_line_feed());
        let stopped = self.deliver(&mut buffer, &held, line, width, unclosed);
        Ok(Done { rows: rows + 1, stopped })
    }

    fn titles(&self, record: &ByteRecord) -> Vec<String> {
        let title = |cell| match self.charset.decode(cell) {
            Ok(text) | Err(text) => text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\u{3000}']).to_owned(),
        };
        let mut titles: Vec<String> = record.iter().map(title).collect();
        while titles.last().is_some_and(String::is_empty) {
            titles.pop();
        }
        titles
    }

    /// Passes one row on; whether the reader wants no more.
    fn deliver(
        &mut self,
        buffer: &mut RowBuffer,
        record: &ByteRecord,
        line: u64,
        width: usize,
        unclosed: Option<&str>,
    ) -> bool {
        buffer.clear();
        let found = record.len();
        let overhang = record.iter().skip(width).any(|cell| !cell.trim_ascii().is_empty());
        let mut fault = unclosed.unwrap_or_default().to_owned();
        if unclosed.is_some() {
            // The row's cells mean nothing.
        } else if found < width || overhang {
            fault = format!(
                "本行有 {found} 列，表头有 {width} 列：请检查是否缺少分隔符，或内容中的分隔符、换行没有加引号"
            );
        } else if record.iter().any(|cell| cell.len() > 4 * LONGEST_CELL) {
            fault = format!("一格内容超过 {LONGEST_CELL} 字：多半是引号没有成对，请检查这一行的引号");
        } else {
            record.iter().take(width).for_each(|cell| buffer.push_bytes(cell.trim_ascii(), self.charset));
        }
        let fault = (!fault.is_empty()).then_some(fault.as_str());
        self.reader.row(&buffer.row(line, &self.file.name).with_fault(fault)).is_break()
    }
}

/// The line a row starts at: the reader says where it ended, after its line feed.
fn start_line(record: &ByteRecord, end: u64) -> u64 {
    let inside = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
    end.saturating_sub(inside + 1).max(1)
}

fn failure(file: &FoundFile, line: u64, error: csv::Error) -> ConnectError {
    match error.into_kind() {
        csv::ErrorKind::Io(io) if io.kind() == ErrorKind::InvalidData => {
            ConnectError::UnclosedQuote { file: file.name.clone(), line }
        }
        csv::ErrorKind::Io(io) => disk_error(&file.path, &io),
        other => ConnectError::Disk { file: file.name.clone(), reason: format!("{other:?}") },
    }
}

/// Tab, comma or semicolon: whichever is most frequent in the first line, the rarer character on a tie.
fn guess_delimiter(text: &[u8]) -> u8 {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| first.iter().filter(|byte| **byte == delimiter).count();
    if count(b'\t') > 0 && count(b'\t') >= count(b',') {
        b'\t'
    } else if count(b';') > count(b',') {
        b';'
    } else {
        b','
    }
}
