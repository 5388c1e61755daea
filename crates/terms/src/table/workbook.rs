//! XLSX and XLS: the cells of one sheet as the text a reader of the sheet sees.

use super::number::{Padding, number_text, too_long};
use super::{Hint, MAX_TEXT, Table, TableError, trimmed};
use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, Xlsx, XlsxError};
use rustc_hash::FxHashMap;
use std::io::Cursor;

/// ZIP (`.xlsx`) or compound file (`.xls`).
pub(super) fn looks_like_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

pub(super) fn read(bytes: &[u8], hint: &Hint) -> Result<Table, TableError> {
    if bytes.is_empty() {
        return Err(TableError::Empty);
    }
    let cells = if bytes.starts_with(b"PK") { read_xlsx(bytes, hint)? } else { read_xls(bytes, hint)? };
    into_table(cells, hint)
}

/// The cells of a sheet that are not blank.
#[derive(Default)]
struct Cells {
    text: String,
    at: Vec<CellAt>,
    /// By row, the first cell without a usable value: column and message.
    bad: FxHashMap<u32, (u32, String)>,
}

#[derive(Clone, Copy)]
struct CellAt {
    row: u32,
    column: u32,
    from: u32,
    to: u32,
}

impl Cells {
    fn push(
        &mut self,
        (row, column): (u32, u32),
        value: &DataRef<'_>,
        padding: Padding,
    ) -> Result<(), TableError> {
        let from = self.text.len();
        match value {
            DataRef::Empty => {}
            DataRef::Int(n) => self.text.push_str(&number_text(*n as f64, padding)),
            DataRef::Float(n) => {
                if too_long(*n) {
                    let message = "数字超过 15 位，Excel 只保留前 15 位：请把该列设为文本格式后重新填写";
                    self.bad.entry(row).or_insert_with(|| (column, message.to_owned()));
                }
                self.text.push_str(&number_text(*n, padding));
            }
            DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => {
                self.text.push_str(trimmed(s))
            }
            DataRef::SharedString(s) => self.text.push_str(trimmed(s)),
            DataRef::Bool(b) => self.text.push_str(if *b { "TRUE" } else { "FALSE" }),
            DataRef::DateTime(moment) => self.text.push_str(&moment_text(moment)),
            DataRef::Error(error) => {
                let message = format!("公式出错（{error}）：请改正公式，或粘贴为数值后再导入");
                self.bad.entry(row).or_insert((column, message));
                self.text.push_str(&error.to_string());
            }
        }
        if self.text.len() > MAX_TEXT {
            return Err(TableError::TooLarge { megabytes: self.text.len() >> 20, limit: MAX_TEXT >> 20 });
        }
        if self.text.len() > from {
            let (from, to) = (from as u32, self.text.len() as u32);
            self.at.push(CellAt { row, column, from, to });
        }
        Ok(())
    }

    fn text(&self, cell: &CellAt) -> &str {
        self.text.get(cell.from as usize..cell.to as usize).unwrap_or_default()
    }
}

fn read_xlsx(bytes: &[u8], hint: &Hint) -> Result<Cells, TableError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let sheet = pick_sheet(book.sheets_metadata(), hint)?;
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let paddings: Vec<Padding> = reader
        .styles()
        .iter()
        .map(|style| {
            style.number_format.as_ref().map_or(Padding::NONE, |f| Padding::of_format(&f.format_code))
        })
        .collect();
    let mut cells = Cells::default();
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(broken)? {
        cells.push(
            cell.get_position(),
            cell.get_value(),
            paddings.get(style).copied().unwrap_or(Padding::NONE),
        )?;
    }
    Ok(cells)
}

fn read_xls(bytes: &[u8], hint: &Hint) -> Result<Cells, TableError> {
    // A protected .xlsx is a compound file with this stream inside.
    let stream: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(stream.len()).any(|window| window == stream) {
        return Err(TableError::Encrypted);
    }
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsError::Password => TableError::Encrypted,
        other => TableError::Workbook { reason: other.to_string() },
    })?;
    let sheet = pick_sheet(book.sheets_metadata(), hint)?;
    let range =
        book.worksheet_range(&sheet).map_err(|error| TableError::Workbook { reason: error.to_string() })?;
    let (top, left) = range.start().unwrap_or_default();
    let mut cells = Cells::default();
    for (row, column, value) in range.used_cells() {
        let at = (top + row as u32, left + column as u32);
        let value = match value {
            Data::Int(n) => DataRef::Int(*n),
            Data::Float(n) => DataRef::Float(*n),
            Data::String(s) => DataRef::SharedString(s),
            Data::Bool(b) => DataRef::Bool(*b),
            Data::DateTime(moment) => DataRef::DateTime(*moment),
            Data::DateTimeIso(s) | Data::DurationIso(s) => DataRef::SharedString(s),
            Data::Error(error) => DataRef::Error(error.clone()),
            Data::Empty => DataRef::Empty,
        };
        cells.push(at, &value, Padding::NONE)?;
    }
    Ok(cells)
}

fn pick_sheet(sheets: &[calamine::Sheet], hint: &Hint) -> Result<String, TableError> {
    let tables = || sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let picked = match &hint.sheet {
        Some(name) => tables().find(|sheet| sheet.name.trim() == name.trim()),
        None => tables().find(|sheet| sheet.visible == SheetVisible::Visible),
    };
    picked.map(|sheet| sheet.name.clone()).ok_or_else(|| TableError::NoSheet {
        asked: hint.sheet.clone().unwrap_or_default(),
        available: tables().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>().join("、"),
    })
}

fn into_table(mut cells: Cells, hint: &Hint) -> Result<Table, TableError> {
    // Writers are free in the order of cells.
    let mut at = std::mem::take(&mut cells.at);
    at.sort_by_key(|cell| (cell.row, cell.column));
    let mut rows = at.chunk_by(|a, b| a.row == b.row);
    let skipped = hint.header_line.map_or(0, |line| line.saturating_sub(1)) as u32;
    let header = rows.find(|row| row.first().is_some_and(|cell| cell.row >= skipped));
    let Some(header) = header else {
        return Err(match hint.header_line {
            Some(line) if !at.is_empty() => TableError::NoHeader { line },
            _ => TableError::Empty,
        });
    };
    let mut titles = vec![String::new(); header.last().map_or(0, |cell| cell.column as usize + 1)];
    for cell in header {
        if let Some(title) = titles.get_mut(cell.column as usize) {
            *title = cells.text(cell).to_owned();
        }
    }
    let width = titles.len();
    let mut table = Table::with_header(titles);
    for row in rows {
        let number = row.first().map_or(0, |cell| cell.row);
        let line = number as usize + 1;
        if let Some((column, message)) = cells.bad.get(&number) {
            table.refuse(line, Some(*column as usize), message.clone());
        } else if let Some(outside) = row.iter().find(|cell| cell.column as usize >= width) {
            let message = format!("这一列没有列名，表头只有 {width} 列：请补列名或删去多余内容");
            table.refuse(line, Some(outside.column as usize), message);
        } else {
            table.push(line, |column| {
                let found = row.binary_search_by_key(&column, |cell| cell.column as usize).ok();
                found.and_then(|at| row.get(at)).map_or("", |cell| cells.text(cell))
            });
        }
    }
    Ok(table)
}

/// `2025-03-01`, `2025-03-01T08:00:00`, or `08:00:00` for a time without a day.
fn moment_text(moment: &ExcelDateTime) -> String {
    let serial = moment.as_f64();
    if moment.is_duration() || (0.0..1.0).contains(&serial) {
        let seconds = (serial * 86_400.0).round() as i64;
        return format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

fn broken(error: XlsxError) -> TableError {
    match error {
        XlsxError::Password => TableError::Encrypted,
        other => TableError::Workbook { reason: other.to_string() },
    }
}
