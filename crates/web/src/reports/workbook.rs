//! 工作簿: the table as on the screen, and each chart on a sheet of its own, with its numbers and drawn by the spreadsheet.

use super::Content;
use super::request::Request;
use crate::app::App;
use crate::chart::Chart;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::download;
use crate::who::Who;
use axum::response::Response;
use model::Permission;
use rust_xlsxwriter::{ChartType, ConditionalFormat2ColorScale, Format, Url, Workbook, Worksheet, XlsxError};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The file that is asked for, logged; `None` when a page is.
pub(super) fn export(request: &Request<'_>, content: &Content) -> Result<Option<Response>, ApiError> {
    if request.asked.text("format") != "xlsx" {
        return content.grid.export(request.app, request.who, &request.asked);
    }
    if !request.who.viewer.may(Permission::Export) {
        return Err(ApiError::forbidden(Permission::Export.chinese()));
    }
    let grid = &content.grid;
    let bytes = book(request.app, request.who, content).map_err(failed)?;
    let filters: Vec<String> = grid.about.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let detail = format!("xlsx，{} 行；{}", grid.rows.len(), filters.join("；"));
    request.app.log(request.who, store::LogKind::Export, "导出", &grid.title, &detail)?;
    Ok(Some(download(&format!("{}.xlsx", grid.title), XLSX, bytes)))
}

fn failed(error: XlsxError) -> ApiError {
    ApiError::internal(format!("生成工作簿失败：{error}"))
}

fn book(app: &App, who: &Who, content: &Content) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    content.grid.write_sheet(book.add_worksheet(), &content.grid.head(app, who))?;
    for (at, chart) in content.charts.iter().enumerate() {
        write_chart(book.add_worksheet(), &format!("图{}", at + 1), chart)?;
    }
    book.save_to_buffer()
}

/// The chart's numbers, and the chart over them; of a heat map the numbers are shaded themselves.
fn write_chart(sheet: &mut Worksheet, name: &str, chart: &Chart) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    let bold = Format::new().set_bold();
    sheet.write_with_format(0, 0, &chart.label, &bold)?;
    sheet.set_column_width(0, 28)?;
    let kind = match chart.kind {
        "line" => ChartType::Line,
        "pie" => ChartType::Pie,
        "stack" => ChartType::ColumnStacked,
        "rank" => ChartType::Bar,
        "scatter" => ChartType::Scatter,
        _ => ChartType::Column,
    };
    let mut native = rust_xlsxwriter::Chart::new(kind);
    let mut lines = rust_xlsxwriter::Chart::new(ChartType::Line);
    native.title().set_name(&chart.label);
    native.set_width(900).set_height(420);
    let last = u32::try_from(chart.categories.len()).unwrap_or(u32::MAX).saturating_add(1);
    for (row, category) in (2..).zip(&chart.categories) {
        sheet.write_string(row, 0, category)?;
    }
    let mut has_lines = false;
    for (column, series) in (1_u16..).zip(&chart.series) {
        let unit = if series.unit.is_empty() { String::new() } else { format!("（{}）", series.unit) };
        sheet.write_with_format(1, column, format!("{}{unit}", series.name), &bold)?;
        for (row, value) in (2..).zip(&series.values) {
            if let Some(value) = value {
                sheet.write_number(row, column, *value)?;
            }
        }
        if chart.categories.is_empty() || chart.kind == "heat" || (chart.kind == "scatter" && column == 1) {
            continue;
        }
        let secondary = series.axis == 1;
        has_lines |= secondary;
        let target = if secondary { &mut lines } else { &mut native };
        // Of a scatter the first measure goes across.
        let across = u16::from(chart.kind == "scatter");
        let added = target
            .add_series()
            .set_name((name, 1, column))
            .set_categories((name, 2, across, last, across))
            .set_values((name, 2, column, last, column));
        if secondary {
            added.set_secondary_axis(true);
        }
    }
    if chart.categories.is_empty() || chart.series.is_empty() {
        return Ok(());
    }
    let beside = u16::try_from(chart.series.len()).unwrap_or(u16::MAX);
    if chart.kind == "heat" {
        sheet.add_conditional_format(2, 1, last, beside, &ConditionalFormat2ColorScale::new())?;
        return Ok(());
    }
    if has_lines {
        native.combine(&lines);
    }
    sheet.insert_chart(1, beside.saturating_add(2), &native)?;
    Ok(())
}

/// A sheet a table and a sheet a chart with a contents sheet before them, logged.
pub(super) fn whole(app: &App, who: &Who, title: &str, sheets: Vec<Content>) -> Result<Response, ApiError> {
    let count = sheets.len();
    let bytes = whole_book(app, who, title, sheets).map_err(failed)?;
    app.log(who, store::LogKind::Export, "导出", title, &format!("整模块 xlsx，{count} 张表"))?;
    Ok(download(&format!("{title}.xlsx"), XLSX, bytes))
}

fn whole_book(app: &App, who: &Who, title: &str, sheets: Vec<Content>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let contents = book.add_worksheet();
    contents.set_name("目录")?;
    contents.write_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14))?;
    contents.set_column_width(0, 60)?;
    contents.write_with_format(1, 1, "行数", &Format::new().set_bold())?;
    let mut row = 2;
    for (at, content) in sheets.iter().enumerate() {
        let name = sheet_name(at + 1, &content.grid.title);
        let to = Url::new(format!("internal:'{name}'!A1"));
        contents.write_url_with_text(row, 0, to, &content.grid.title)?;
        contents.write_number(row, 1, content.grid.rows.len() as f64)?;
        row += 1;
        for (nth, chart) in content.charts.iter().enumerate() {
            let to = Url::new(format!("internal:'{}'!A1", chart_name(at + 1, nth + 1)));
            contents.write_url_with_text(row, 0, to, format!("　　图：{}", chart.label))?;
            row += 1;
        }
    }
    for (at, Content { grid, charts, .. }) in sheets.into_iter().enumerate() {
        let named = Grid { title: sheet_name(at + 1, &grid.title), ..grid };
        let head = named.head(app, who);
        named.write_sheet(book.add_worksheet(), &head)?;
        for (nth, chart) in charts.iter().enumerate() {
            write_chart(book.add_worksheet(), &chart_name(at + 1, nth + 1), chart)?;
        }
    }
    book.save_to_buffer()
}

/// Numbered, so that no two are the same; 31 characters at most, none that a sheet's name may not have.
fn sheet_name(number: usize, title: &str) -> String {
    let plain: String = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(26).collect();
    format!("{number:02} {plain}")
}

fn chart_name(table: usize, chart: usize) -> String {
    format!("{table:02} 图{chart}")
}
