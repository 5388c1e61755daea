//! CSV 原文: a CSV file with the place of every cell, so that a row is changed without touching the others.

use super::splice::{Splice, newline};
use std::ops::Range;

/// A CSV file as it is written.
pub(crate) struct CsvText<'t> {
    text: &'t str,
    /// Column names, trimmed.
    pub(crate) header: Vec<String>,
    header_end: usize,
    pub(crate) records: Vec<RawRecord>,
}

/// A row: its values and where they stand.
pub(crate) struct RawRecord {
    /// As the loader counts lines.
    pub(crate) line: usize,
    /// Trimmed, quotes resolved; as many as the header has.
    pub(crate) cells: Vec<String>,
    /// The raw cells, without the line end.
    fields: Vec<Range<usize>>,
    /// With its line end.
    whole: Range<usize>,
}

impl<'t> CsvText<'t> {
    /// `None` when a row has not the header's width: the loader says which.
    pub(crate) fn parse(text: &'t str) -> Option<CsvText<'t>> {
        let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let body = text.get(start..)?;
        let mut raw = scan(body, start).into_iter();
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(body.as_bytes());
        let header: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
        let first = raw.next();
        let header_end = first.as_ref().map_or(text.len(), |record| record.0.last().map_or(0, |f| f.end));
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.ok()?;
            let (fields, whole) = raw.next()?;
            if record.len() != header.len() || fields.len() != header.len() {
                return None;
            }
            let line = record.position().map_or(0, |position| position.line() as usize);
            records.push(RawRecord {
                line,
                cells: record.iter().map(str::to_owned).collect(),
                fields,
                whole,
            });
        }
        Some(CsvText { text, header, header_end, records })
    }

    /// The value of a record in a column; empty when the file has no such column.
    pub(crate) fn cell<'r>(&self, record: &'r RawRecord, column: &str) -> &'r str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| record.cells.get(at)).map_or("", String::as_str)
    }

    /// Columns among `wanted` that the file lacks.
    pub(crate) fn missing<'w>(&self, wanted: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
        let mut missing: Vec<&str> = wanted.filter(|name| !self.header.iter().any(|h| h == name)).collect();
        missing.dedup();
        missing
    }

    /// Adds columns at the end of every line; `filled` gives the cells of some records in them.
    pub(crate) fn add_columns(&self, names: &[&str], filled: impl Fn(usize, &str) -> String) -> Vec<Splice> {
        if names.is_empty() {
            return Vec::new();
        }
        let tail = |cell: &dyn Fn(&str) -> String| -> String {
            names.iter().map(|name| format!(",{}", written(&cell(name)))).collect()
        };
        let mut splices =
            vec![Splice::new(self.header_end..self.header_end, tail(&|name: &str| name.to_owned()))];
        splices.extend(self.records.iter().enumerate().map(|(at, record)| {
            let end = record.fields.last().map_or(record.whole.start, |field| field.end);
            Splice::new(end..end, tail(&|name: &str| filled(at, name)))
        }));
        splices
    }

    /// Replaces one cell.
    pub(crate) fn set(&self, record: usize, column: &str, value: &str) -> Option<Splice> {
        let at = self.header.iter().position(|name| name == column)?;
        let field = self.records.get(record)?.fields.get(at)?;
        Some(Splice::new(field.clone(), written(value)))
    }

    /// Takes a row out.
    pub(crate) fn remove(&self, record: usize) -> Option<Splice> {
        Some(Splice::new(self.records.get(record)?.whole.clone(), ""))
    }

    /// Adds a row behind the last one. `added` are columns that [`CsvText::add_columns`] puts in at the same time.
    pub(crate) fn append(&self, added: &[&str], cell: impl Fn(&str) -> String) -> Splice {
        let end = newline(self.text);
        let columns = self.header.iter().map(String::as_str).chain(added.iter().copied());
        let cells: Vec<String> = columns.map(|name| written(&cell(name))).collect();
        let before = if self.text.ends_with(['\n', '\r']) { "" } else { end };
        Splice::new(self.text.len()..self.text.len(), format!("{before}{}{end}", cells.join(",")))
    }
}

/// A new file with a header and no row.
pub(crate) fn empty(columns: &[&str]) -> String {
    format!("{}\n", columns.join(","))
}

/// A cell as a file has it: quoted only where it must be.
fn written(value: &str) -> String {
    let value = value.trim();
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// Raw cells of every record and the record with its line end, offsets counted from `base`. Quotes and line ends as the
/// `csv` crate understands them: blank lines are no records, a quote opens only at the start of a cell.
fn scan(text: &str, base: usize) -> Vec<(Vec<Range<usize>>, Range<usize>)> {
    let bytes = text.as_bytes();
    let ends = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let mut records = Vec::new();
    let mut at = 0;
    loop {
        while ends(at) {
            at += 1;
        }
        if at >= bytes.len() {
            return records;
        }
        let start = at;
        let mut fields = Vec::new();
        loop {
            let from = at;
            let mut quoted = bytes.get(at) == Some(&b'"');
            if quoted {
                at += 1;
            }
            while at < bytes.len() {
                match bytes[at] {
                    b'"' if quoted && bytes.get(at + 1) == Some(&b'"') => at += 1,
                    b'"' if quoted => quoted = false,
                    b',' | b'\n' | b'\r' if !quoted => break,
                    _ => {}
                }
                at += 1;
            }
            fields.push(base + from..base + at.min(bytes.len()));
            if bytes.get(at) == Some(&b',') { at += 1 } else { break }
        }
        if bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n') {
            at += 1;
        }
        at = (at + 1).min(bytes.len());
        records.push((fields, base + start..base + at));
    }
}

#[cfg(test)]
mod tests {
    use super::super::splice::spliced;
    use super::*;
    use proptest::prelude::*;

    const PRICES: &str =
        "\u{feff}pool, kind ,price\r\n职工,last_year,\"9.30\"\r\n\r\n\"居,民\",final, 8.1 \r\n";

    #[test]
    fn a_row_is_changed_and_the_rest_is_not_touched() {
        let csv = CsvText::parse(PRICES).unwrap();
        assert_eq!(csv.header, ["pool", "kind", "price"]);
        assert_eq!(csv.records[1].cells, ["居,民", "final", "8.1"]);
        let set = csv.set(1, "pool", "a \"b\"").unwrap();
        assert_eq!(spliced(PRICES, vec![set]), PRICES.replace("\"居,民\"", "\"a \"\"b\"\"\""));
        let gone = csv.remove(0).unwrap();
        assert_eq!(spliced(PRICES, vec![gone]), PRICES.replace("职工,last_year,\"9.30\"\r\n", ""));
        let new = csv.append(&[], |column| format!("<{column}>"));
        assert_eq!(spliced(PRICES, vec![new]), format!("{PRICES}<pool>,<kind>,<price>\r\n"));
    }

    #[test]
    fn a_column_is_added_to_every_line() {
        let text = "a,b\n1,2\n3,4";
        let csv = CsvText::parse(text).unwrap();
        let mut splices =
            csv.add_columns(&["evidence"], |at, _| if at == 1 { "第三条".into() } else { "".into() });
        splices.push(csv.append(&["evidence"], |column| column.to_uppercase()));
        assert_eq!(spliced(text, splices), "a,b,evidence\n1,2,\n3,4,第三条\nA,B,EVIDENCE\n");
        assert_eq!(csv.missing(["b", "c"].into_iter()), ["c"]);
    }

    #[test]
    fn a_ragged_file_is_left_to_the_loader() {
        assert!(CsvText::parse("a,b\n1\n").is_none());
    }

    proptest! {
        /// The scanner agrees with the `csv` crate on where records and cells are, whatever the quoting.
        #[test]
        fn raw_cells_are_those_the_reader_reads(text in "[a\", \r\n\u{e4}]{0,40}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let read: Vec<usize> = reader.records().map(|record| record.unwrap().len()).collect();
            let scanned: Vec<usize> = scan(&text, 0).iter().map(|(fields, _)| fields.len()).collect();
            prop_assert_eq!(scanned, read);
        }

        /// A cell that was written is read back.
        #[test]
        fn a_written_cell_reads_back(value in "[a\", \n=+]{0,12}") {
            let value = value.trim().to_owned();
            let text = format!("a,b\n{},x\n", written(&value));
            let csv = CsvText::parse(&text).unwrap();
            prop_assert_eq!(&csv.records[0].cells[0], &value);
        }
    }
}
