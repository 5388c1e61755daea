//! 导出: the table as a workbook or as CSV, with its title, filters, units and totals.

use super::{Cell, Grid, Value};
use crate::app::App;
use crate::error::ApiError;
use crate::page::download;
use crate::query::Fields;
use crate::who::Who;
use axum::response::Response;
use model::Permission;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

impl Grid {
    /// The file a query string asks for (`format=xlsx`, `format=csv`), logged; `None` when it asks for a page.
    pub(crate) fn export(&self, app: &App, who: &Who, asked: &Fields) -> Result<Option<Response>, ApiError> {
        let format = asked.text("format");
        if format.is_empty() {
            return Ok(None);
        }
        if !who.viewer.may(Permission::Export) {
            return Err(ApiError::forbidden(Permission::Export.chinese()));
        }
        let head = self.head(app, who);
        let file = if self.file.is_empty() { &self.title } else { &self.file };
        let (name, content_type, bytes) = match format {
            "xlsx" => (
                format!("{file}.xlsx"),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                self.xlsx(&head).map_err(|error| ApiError::internal(format!("生成工作簿失败：{error}")))?,
            ),
            "csv" => (format!("{file}.csv"), "text/csv; charset=utf-8", self.csv(&head)),
            other => return Err(ApiError::wrong(format!("不支持的导出格式“{other}”"))),
        };
        let filters: Vec<String> = self.about.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let detail = format!("{format}，{} 行；{}", self.rows.len(), filters.join("；"));
        app.log(who, store::LogKind::Export, "导出", file, &detail)?;
        Ok(Some(download(&name, content_type, bytes)))
    }

    /// Lines over the table: filters, then who exported it when.
    pub(crate) fn head(&self, app: &App, who: &Who) -> Vec<(String, String)> {
        let mut head = self.about.clone();
        head.push(("导出".into(), format!("{} {}", who.viewer.name, crate::text::moment(app.now()))));
        head
    }

    /// One sheet: title, head, header, rows, total.
    pub(crate) fn xlsx(&self, head: &[(String, String)]) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        self.write_sheet(book.add_worksheet(), head)?;
        book.save_to_buffer()
    }

    /// The table on a sheet of a workbook that holds more.
    pub(crate) fn write_sheet(
        &self,
        sheet: &mut Worksheet,
        head: &[(String, String)],
    ) -> Result<(), XlsxError> {
        sheet.set_name(sheet_name(&self.title))?;
        let title = Format::new().set_bold().set_font_size(14);
        let header = Format::new()
            .set_bold()
            .set_background_color("#E8EEF5")
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Center);
        sheet.write_with_format(0, 0, &self.title, &title)?;
        let mut line = 1;
        for (name, value) in head {
            sheet.write(line, 0, format!("{name}：{value}"))?;
            line += 1;
        }
        let shown: Vec<usize> = self.shown().map(|(at, _)| at).collect();
        let mut left = 0_u16;
        let groups = self.groups();
        for (group, width) in &groups {
            let right = left + u16::try_from(*width).unwrap_or(1) - 1;
            match right > left {
                true => drop(sheet.merge_range(line, left, line, right, group, &header)?),
                false => drop(sheet.write_with_format(line, left, group, &header)?),
            }
            left = right + 1;
        }
        line += u32::from(!groups.is_empty());
        for (at, column) in (0_u16..).zip(shown.iter().map(|at| &self.columns[*at])) {
            sheet.write_with_format(line, at, column.heading(), &header)?;
            sheet.set_column_width(at, if column.is_number() { 15 } else { 20 })?;
        }
        sheet.set_freeze_panes(line + 1, 1)?;
        let bold = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        let rows = self.rows.iter().map(|row| (row.cells.as_slice(), Format::new()));
        for (cells, format) in rows.chain(self.total.as_deref().map(|total| (total, bold))) {
            line += 1;
            for (at, cell) in (0_u16..).zip(shown.iter().filter_map(|at| cells.get(*at))) {
                write_cell(sheet, line, at, cell, &format)?;
            }
        }
        Ok(())
    }

    /// UTF-8 with a byte order mark, as spreadsheet programs expect.
    pub(crate) fn csv(&self, head: &[(String, String)]) -> Vec<u8> {
        let mut text = String::from("\u{feff}");
        let mut line = |cells: &[String]| {
            let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            text.push_str(&quoted.join(","));
            text.push_str("\r\n");
        };
        line(std::slice::from_ref(&self.title));
        for (name, value) in head {
            line(&[format!("{name}：{value}")]);
        }
        // One line of heads: a title under a group says which it belongs to.
        let heads = self.shown().map(|(_, column)| match column.group.as_str() {
            "" => column.heading(),
            group if group == column.title => column.heading(),
            group => format!("{group}·{}", column.heading()),
        });
        line(&heads.collect::<Vec<_>>());
        let all = self.rows.iter().map(|row| row.cells.as_slice()).chain(self.total.as_deref());
        for cells in all {
            let shown = self.shown().filter_map(|(at, _)| cells.get(at));
            line(&shown.map(|cell| plain(&cell.value)).collect::<Vec<_>>());
        }
        text.into_bytes()
    }
}

impl super::Column {
    /// `结余（元）`
    pub(crate) fn heading(&self) -> String {
        match self.unit.as_str() {
            "" => self.title.clone(),
            unit => format!("{}（{unit}）", self.title),
        }
    }
}

/// Numbers stay numbers with the screen's format. A text never becomes a formula: it is written as a string.
fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    let number = |sheet: &mut Worksheet, value: f64, shape: &str| {
        sheet.write_number_with_format(row, column, value, &format.clone().set_num_format(shape)).map(|_| ())
    };
    let shape = |places: u32, end: &str| match places {
        0 => format!("#,##0{end}"),
        places => format!("#,##0.{}{end}", "0".repeat(places as usize)),
    };
    match &cell.value {
        Value::Nothing => sheet.write_string_with_format(row, column, crate::text::NONE, format).map(|_| ()),
        Value::Whole(n) => number(sheet, *n as f64, "#,##0"),
        Value::Money(fen) => number(sheet, *fen as f64 / 100.0, "#,##0.00"),
        Value::Decimal(n, places) => number(sheet, rounded(*n, *places), &shape(*places, "")),
        Value::Percent(n, places) => number(sheet, rounded(*n, *places + 2), &shape(*places, "%")),
        Value::Text(_) | Value::Day(_) | Value::Moment(_) => {
            sheet.write_string_with_format(row, column, cell.value.show(), format).map(|_| ())
        }
    }
}

fn rounded(number: rust_decimal::Decimal, places: u32) -> f64 {
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    number.round_dp_with_strategy(places, strategy).to_f64().unwrap_or_default()
}

/// Without thousands separators, so that programs read it; a text that a spreadsheet would take for a formula is escaped.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        Value::Nothing => String::new(),
        Value::Whole(_) | Value::Money(_) | Value::Decimal(..) | Value::Percent(..) => {
            value.show().replace(',', "")
        }
        other => other.show(),
    }
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// At most 31 characters, none of `[]:*?/\`.
fn sheet_name(title: &str) -> String {
    let name: String = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(31).collect();
    if name.is_empty() { "数据".to_owned() } else { name }
}
