//! CSV and TSV: bytes → text → rows, whatever the encoding.

use super::{Encoding, Hint, Table, TableError, trimmed};
use std::borrow::Cow;

/// Excel holds no more characters in a cell: a longer one comes from a quote that never closes.
const LONGEST_CELL: usize = 32_767;

pub(super) fn read(bytes: &[u8], hint: &Hint, delimiter: Option<u8>) -> Result<Table, TableError> {
    let text = decode(bytes, hint.encoding);
    let start = text.trim_start();
    if start.is_empty() {
        return Err(TableError::Empty);
    }
    let opening = start.get(..start.len().min(200)).unwrap_or_default().to_ascii_lowercase();
    if ["<html", "<!doctype", "<table", "<?xml"].iter().any(|tag| opening.starts_with(tag)) {
        return Err(TableError::Html);
    }
    let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(start));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut table: Option<Table> = None;
    let (mut line, mut start) = (1, 0);
    // The text is valid UTF-8 in memory: neither I/O nor UTF-8 errors can happen, ragged rows are allowed.
    while let Ok(true) = reader.read_record(&mut record) {
        // The reader's own line numbers lag behind after CRLF and blank lines.
        let from = record.position().map_or(start, |at| at.byte() as usize);
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let skipped = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let passed = text.as_bytes().get(start..from + skipped).unwrap_or_default();
        line += passed.iter().filter(|b| **b == b'\n').count();
        start = from + skipped;
        if record.iter().all(|cell| trimmed(cell).is_empty()) {
            continue;
        }
        match &mut table {
            None if hint.header_line.is_some_and(|wanted| line < wanted) => {}
            None => table = Some(header(&record)),
            Some(table) => row(table, line, &record),
        }
        if let Some(table) = &table {
            table.check_size()?;
        }
    }
    let Some(mut table) = table else {
        return Err(TableError::NoHeader { line: hint.header_line.unwrap_or(1) });
    };
    let odd_quotes = text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
    if odd_quotes && text.get(start..).is_some_and(|last| last.trim_end().contains('\n')) {
        unclosed_quote(&mut table, line);
    }
    Ok(table)
}

fn header(record: &csv::StringRecord) -> Table {
    let mut titles: Vec<String> = record.iter().map(|cell| trimmed(cell).to_owned()).collect();
    while titles.last().is_some_and(String::is_empty) {
        titles.pop();
    }
    Table::with_header(titles)
}

fn row(table: &mut Table, line: usize, record: &csv::StringRecord) {
    let width = table.header.len();
    let found = record.len();
    let overhang = (width..found).any(|at| record.get(at).is_some_and(|cell| !trimmed(cell).is_empty()));
    if found < width || overhang {
        let message = format!(
            "本行有 {found} 列，表头有 {width} 列：请检查是否缺少分隔符，或内容中的分隔符、换行没有加引号"
        );
        return table.refuse(line, None, message);
    }
    for (at, cell) in record.iter().enumerate().take(width) {
        if cell.contains('\u{fffd}') {
            let message = "文字已损坏（含无法识别的字节）：请确认文件编码，重新导出".to_owned();
            return table.refuse(line, Some(at), message);
        }
        if cell.len() > LONGEST_CELL && cell.chars().count() > LONGEST_CELL {
            let message = format!("一格内容超过 {LONGEST_CELL} 字：多半是引号没有成对，请检查这一行的引号");
            return table.refuse(line, Some(at), message);
        }
    }
    table.push(line, |column| record.get(column).unwrap_or_default());
}

/// The last row swallowed the rest of the file: take it out again.
fn unclosed_quote(table: &mut Table, line: usize) {
    if table.lines.last().is_some_and(|last| *last as usize == line) {
        table.lines.pop();
        let cells = table.ends.len().saturating_sub(table.header.len());
        table.ends.truncate(cells);
        table.text.truncate(table.ends.last().map_or(0, |end| *end as usize));
    }
    table.wrong.retain(|wrong| wrong.line != line);
    table.refuse(line, None, "引号没有成对，从这一行起的内容连成了一格：请补上缺少的引号".to_owned());
}

/// Tab, comma or semicolon: whichever is most frequent in the first line, the rarer character on a tie.
fn guess_delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| first.bytes().filter(|b| *b == delimiter).count();
    if count(b'\t') > 0 && count(b'\t') >= count(b',') {
        b'\t'
    } else if count(b';') > count(b',') {
        b';'
    } else {
        b','
    }
}

fn decode(bytes: &[u8], hint: Option<Encoding>) -> Cow<'_, str> {
    let (encoding, bom) = match (hint, bytes) {
        (_, [0xef, 0xbb, 0xbf, ..]) => (Encoding::Utf8, 3),
        (_, [0xff, 0xfe, ..]) => (Encoding::Utf16, 2),
        (Some(named), _) => (named, 0),
        (None, _) => (detect(bytes), 0),
    };
    let body = bytes.get(bom..).unwrap_or_default();
    let decoder = match encoding {
        Encoding::Utf8 => encoding_rs::UTF_8,
        Encoding::Gb18030 => encoding_rs::GB18030,
        Encoding::Utf16 => encoding_rs::UTF_16LE,
    };
    decoder.decode_without_bom_handling(body).0
}

/// UTF-8 when valid, or when only a few characters of many are damaged; GB18030 otherwise.
fn detect(bytes: &[u8]) -> Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return Encoding::Utf8;
    }
    let (lossy, _) = encoding_rs::UTF_8.decode_without_bom_handling(bytes);
    let damaged = lossy.chars().filter(|c| *c == '\u{fffd}').count();
    let foreign = lossy.chars().filter(|c| !c.is_ascii()).count() - damaged;
    if damaged * 20 < foreign { Encoding::Utf8 } else { Encoding::Gb18030 }
}
