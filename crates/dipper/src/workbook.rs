//! 工作簿: exports and the import template as Excel sees them.

use anyhow::ensure;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};
use std::borrow::Cow;
use std::collections::BTreeMap;
use terms::Table;

/// One column as its reader sees it.
pub(crate) struct Column {
    /// Column name in row 1.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What to write.
    pub(crate) meaning: Cow<'static, str>,
    pub(crate) needed: bool,
    /// Numbers are written as numbers; everything else is text, codes above all.
    pub(crate) number: bool,
    /// Long texts want a wide column.
    pub(crate) wide: bool,
}

/// What the sheet `说明` tells of a table.
pub(crate) struct Description {
    /// Shown behind the sheet's name; empty when that says it all.
    pub(crate) title: &'static str,
    pub(crate) columns: Vec<Column>,
}

impl Description {
    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A workbook: one sheet a table, canonical column names in row 1, and a sheet `说明` that explains them.
pub(crate) struct Sheets {
    workbook: Workbook,
    heading: Format,
}

impl Sheets {
    pub(crate) fn new() -> Sheets {
        let heading = Format::new().set_bold().set_align(FormatAlign::VerticalCenter);
        Sheets { workbook: Workbook::new(), heading }
    }

    /// A table. Codes stay text; numbers become numbers that show all their digits. Text cells never run
    /// as formulas in a workbook, so nothing is escaped.
    pub(crate) fn table(&mut self, name: &str, described: &Description, table: &Table) -> anyhow::Result<()> {
        ensure!(
            table.len() < SHEET_ROWS,
            "{} 行超过 Excel 一页的上限 {SHEET_ROWS} 行：请导出为 .csv",
            table.len()
        );
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
                        let number: f64 = number.to_string().parse()?;
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
    pub(crate) fn explanations(
        &mut self,
        about: &[(&str, &str)],
        tables: &[(&str, &Description)],
    ) -> anyhow::Result<()> {
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

    pub(crate) fn into_bytes(mut self) -> anyhow::Result<Vec<u8>> {
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
) -> anyhow::Result<()> {
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
