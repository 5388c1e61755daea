//! 导出: tables handed to people, as workbooks and as CSV that a spreadsheet opens without running anything.

use crate::Table;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Why a table cannot be exported; the messages are shown to users.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// More rows than a sheet holds.
    #[error("{rows} 行超过 Excel 一页的上限 {SHEET_ROWS} 行：请导出为 .csv")]
    TooManyRows {
        /// Rows of the table.
        rows: usize,
    },
    /// The workbook could not be made.
    #[error("工作簿无法生成：{0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The CSV text could not be made.
    #[error("CSV 无法生成：{0}")]
    Csv(#[from] csv::Error),
}

/// CSV for Excel: UTF-8 with byte order mark, CR LF, and no cell that runs as a formula.
pub fn csv(table: &Table) -> Result<Vec<u8>, ExportError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(table.header())?;
    for row in table.rows() {
        writer.write_record(row.cells().map(harmless))?;
    }
    Ok(writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
}

/// A cell that Excel would run gets a single quote in front, which imports take off again. Numbers are harmless.
pub fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && model::parse_decimal(cell).is_none();
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

/// One column as its reader sees it.
pub struct Column {
    /// Column name in row 1.
    pub name: &'static str,
    /// Chinese title.
    pub title: &'static str,
    /// What to write.
    pub meaning: Cow<'static, str>,
    /// May not be blank.
    pub needed: bool,
    /// Numbers are written as numbers; everything else is text, codes above all.
    pub number: bool,
    /// Long texts want a wide column.
    pub wide: bool,
}

/// What the sheet `说明` tells of a table.
pub struct Description {
    /// Shown behind the sheet's name; empty when that says it all.
    pub title: &'static str,
    /// Its columns, in any order.
    pub columns: Vec<Column>,
}

impl Description {
    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A workbook: one sheet a table, canonical column names in row 1, and a sheet `说明` that explains them.
pub struct Sheets {
    workbook: Workbook,
    heading: Format,
}

impl Default for Sheets {
    fn default() -> Sheets {
        Sheets::new()
    }
}

impl Sheets {
    /// An empty workbook.
    pub fn new() -> Sheets {
        let heading = Format::new().set_bold().set_align(FormatAlign::VerticalCenter);
        Sheets { workbook: Workbook::new(), heading }
    }

    /// A table. Codes stay text; numbers become numbers that show all their digits. Text cells never run
    /// as formulas in a workbook, so nothing is escaped.
    pub fn table(&mut self, name: &str, described: &Description, table: &Table) -> Result<(), ExportError> {
        if table.len() >= SHEET_ROWS {
            return Err(ExportError::TooManyRows { rows: table.len() });
        }
        let numbers: Vec<bool> =
            table.header().iter().map(|title| described.column(title).is_some_and(|c| c.number)).collect();
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(sheet_name(name))?;
        head(sheet, &self.heading, table.header(), described)?;
        let mut formats: BTreeMap<usize, Format> = BTreeMap::new();
        for (at, row) in (1..).zip(table.rows()) {
            for ((column, is_number), cell) in (0..).zip(&numbers).zip(row.cells()) {
                match model::parse_decimal(cell).filter(|_| *is_number && cell.len() <= 15) {
                    Some(number) => {
                        let digits = cell.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                        let format = formats.entry(digits).or_insert_with(|| number_format(digits));
                        // Excel stores binary floats; 15 digits come back exactly.
                        let number: f64 = number.to_string().parse().unwrap_or_default();
                        sheet.write_number_with_format(at, column, number, format)?;
                    }
                    None if cell.is_empty() => {}
                    None => {
                        sheet.write_string(at, column, cell)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The sheet `说明`: what the workbook is, and every column of every sheet in Chinese.
    pub fn explanations(
        &mut self,
        about: &[(&str, &str)],
        tables: &[(&str, &Description)],
    ) -> Result<(), ExportError> {
        let sheet = self.workbook.add_worksheet();
        sheet.set_name("说明")?;
        for (column, width) in (0..).zip([18.0, 22.0, 20.0, 8.0, 70.0]) {
            sheet.set_column_width(column, width)?;
        }
        let mut at = 0;
        for (name, text) in about {
            sheet.write_string(at, 0, *name)?;
            sheet.write_string(at, 1, *text)?;
            at += 1;
        }
        at += 1;
        for (column, title) in (0..).zip(["工作表", "列名", "中文", "必填", "填写说明"]) {
            sheet.write_string_with_format(at, column, title, &self.heading)?;
        }
        for (name, table) in tables {
            for column in &table.columns {
                at += 1;
                sheet.write_string(at, 0, format!("{} {}", sheet_name(name), table.title).trim_end())?;
                sheet.write_string(at, 1, column.name)?;
                sheet.write_string(at, 2, column.title)?;
                sheet.write_string(at, 3, if column.needed { "是" } else { "" })?;
                sheet.write_string(at, 4, column.meaning.as_ref())?;
            }
        }
        Ok(())
    }

    /// The `.xlsx` file.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, ExportError> {
        Ok(self.workbook.save_to_buffer()?)
    }
}

/// Rows of a sheet, header included.
const SHEET_ROWS: usize = 1_048_576;

fn head(
    sheet: &mut Worksheet,
    heading: &Format,
    titles: &[String],
    described: &Description,
) -> Result<(), ExportError> {
    for (column, title) in (0..).zip(titles) {
        sheet.write_string_with_format(0, column, title, heading)?;
        let known = described.column(title);
        sheet.set_column_width(column, if known.is_some_and(|known| known.wide) { 36.0 } else { 14.0 })?;
        if let Some(known) = known {
            let note = rust_xlsxwriter::Note::new(format!("{}：{}", known.title, known.meaning));
            sheet.insert_note(0, column, &note)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn number_format(digits: usize) -> Format {
    let code = if digits == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(digits)) };
    Format::new().set_num_format(code)
}

/// `lists/burn` → `lists.burn`; sheet names hold at most 31 characters and no slash.
fn sheet_name(name: &str) -> String {
    name.replace('/', ".").chars().take(31).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Hint, read_table};

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for (cell, out) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("@malignant", "'@malignant"),
            ("-0.05", "-0.05"),
            ("-", "'-"),
            ("K35.9", "K35.9"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), out);
        }
    }

    #[test]
    fn a_workbook_reads_back_as_the_table_it_was_made_of() {
        let column = |name, number| Column {
            name,
            title: name,
            meaning: "".into(),
            needed: false,
            number,
            wide: false,
        };
        let described =
            Description { title: "", columns: vec![column("code", false), column("points", true)] };
        let table = Table::from_rows(&["code", "points"], [["00123", "1021.4000"], ["=1+1", ""]]);
        let mut sheets = Sheets::new();
        sheets.table("catalogue", &described, &table).unwrap();
        sheets.explanations(&[("用法", "…")], &[("catalogue", &described)]).unwrap();
        let back = read_table(&sheets.into_bytes().unwrap(), &Hint::default()).unwrap();
        let cells: Vec<Vec<&str>> = back.rows().map(|row| row.cells().collect()).collect();
        assert_eq!(cells, [["00123", "1021.4000"], ["=1+1", ""]]);
    }
}
