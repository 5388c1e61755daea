//! 参数表: the records of one table, with their evidence.

use super::{form_of, overview_path, source_of};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::points::{Area, Source};
use crate::query::{Asked, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use policy::edit::{Form, Record};
use policy::tables::{ColumnDef, FieldKind};
use store::DraftState;

/// Tables with at most so many rows are edited whole.
pub(super) const WHOLE: usize = 60;

#[derive(Template)]
#[template(path = "parameters/table.html")]
struct TablePage {
    page: Page,
    area: Area,
    path: &'static str,
    source: Source,
    id: String,
    help: &'static str,
    query: String,
    grid: Grid,
    /// The record of a form without rows.
    values: Vec<ValueLine>,
    evidence: Vec<String>,
    can_edit: bool,
    /// The draft of the address is still open.
    in_draft: bool,
    /// All rows can be edited on one page.
    whole: bool,
    has_rows: bool,
    columns: Vec<&'static ColumnDef>,
}

/// One value of a form without rows.
struct ValueLine {
    title: &'static str,
    value: String,
    unit: &'static str,
    help: &'static str,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let source = source_of(app, &asked)?;
        let form = Form::read(&source.loaded.files, form_of(&who, &asked)?);
        let (id, title) = (form.of.id(), form.of.title());
        let in_draft = source.draft.as_ref().is_some_and(|draft| draft.state == DraftState::Open);
        let can_edit = who.viewer.may(area.edit());
        let query = asked.text("q").to_owned();
        let editing = if in_draft && can_edit && form.of.has_rows() {
            let draft = source.draft.as_ref().map_or(0, |draft| draft.id);
            format!("{}/edit?form={}&draft={draft}", area.prefix(), encode(&id))
        } else {
            String::new()
        };
        let shown = filtered(&form, &query);
        let mut about = source.about();
        if !query.is_empty() {
            about.push(("检索".to_owned(), query.clone()));
        }
        let mut grid = Grid {
            title: title.clone(),
            about,
            columns: columns(&form, &editing),
            rows: shown.iter().map(|record| row(&form, record, &source, &editing)).collect(),
            empty: match query.as_str() {
                "" => "这张表还没有行：建立草稿后可新增".to_owned(),
                _ => "没有符合条件的行：请换个编码或名称".to_owned(),
            },
            address: format!("{}/table?{}", area.prefix(), asked.without(&["format", "page"])),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        let path = overview_path(area);
        let back = format!("{path}?{}", source.query());
        html(&TablePage {
            page: who.page(app, &title, &[("DIP分组", ""), (area.chinese(), &back), (&title, "")]),
            area,
            path,
            help: form.of.def.help,
            query,
            values: if form.of.has_rows() { Vec::new() } else { values(&form) },
            evidence: unique(form.records.iter().map(|record| record.evidence.clone())),
            can_edit,
            in_draft,
            whole: form.records.len() <= WHOLE,
            has_rows: form.of.has_rows(),
            columns: form.columns.clone(),
            source,
            id,
            grid,
        })
    })
    .await
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = texts.collect();
    all.sort();
    all.dedup();
    all
}

/// Records with every word of the query in some cell.
fn filtered<'f>(form: &'f Form, query: &str) -> Vec<&'f Record> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let has = |record: &&Record| {
        words.iter().all(|word| {
            let cells = form.columns.iter().zip(&record.cells);
            cells.into_iter().any(|(column, cell)| {
                cell.to_lowercase().contains(word) || column.shown(cell).to_lowercase().contains(word)
            })
        })
    };
    form.records.iter().filter(has).collect()
}

fn columns(form: &Form, editing: &str) -> Vec<Column> {
    let mut columns: Vec<Column> = form
        .columns
        .iter()
        .filter(|column| column.kind != FieldKind::Evidence)
        .map(|column| match column.kind.is_number() {
            true => Column::number(column.name, column.title, column.unit),
            false => Column::text(column.name, column.title).with_unit(column.unit),
        })
        .collect();
    columns.push(Column::text("evidence", "依据"));
    columns.push(Column::text("confirmed", "确认"));
    if !editing.is_empty() {
        columns.push(Column::text("edit", "操作"));
    }
    columns
}

fn row(form: &Form, record: &Record, source: &Source, editing: &str) -> Row {
    let mut cells: Vec<Cell> = form
        .columns
        .iter()
        .zip(&record.cells)
        .filter(|(column, _)| column.kind != FieldKind::Evidence)
        .map(|(column, cell)| shown(column, cell, source))
        .collect();
    cells.push(Cell::text(record.evidence.clone()));
    cells.push(match record.confirmed() {
        true => Cell::text("已确认").class("tag tag-ok"),
        false => Cell::text("未确认").class("tag tag-unconfirmed"),
    });
    if !editing.is_empty() {
        cells.push(Cell::text("修改").link(format!("{editing}&at={}", record.at)));
    }
    Row { cells, class: "" }
}

/// A cell as people read it: words in Chinese, codes with their names.
pub(super) fn shown(column: &ColumnDef, cell: &str, source: &Source) -> Cell {
    if let Some(number) = model::parse_decimal(cell).filter(|_| column.kind.is_number()) {
        return Value::Decimal(number, number.scale()).into();
    }
    let text = column.shown(cell);
    if cell.is_empty() {
        return Cell::default();
    }
    let name = match column.kind {
        FieldKind::Group => source.loaded.group(cell).map(|group| group.name.clone()),
        FieldKind::Hospital
        | FieldKind::InsuranceType
        | FieldKind::SettlementWay
        | FieldKind::HospitalLevel => {
            let choices = source.loaded.options().choices(column.kind);
            choices.into_iter().find(|(code, _)| code == cell).map(|(_, name)| name)
        }
        _ => None,
    };
    match name.filter(|name| *name != text) {
        Some(name) => Cell::text(format!("{text} {name}")),
        None => Cell::text(text),
    }
}

fn values(form: &Form) -> Vec<ValueLine> {
    let Some(record) = form.records.first() else { return Vec::new() };
    form.columns
        .iter()
        .zip(&record.cells)
        .filter(|(column, _)| column.name != "evidence")
        .map(|(column, cell)| ValueLine {
            title: column.title,
            value: if cell.is_empty() { crate::text::NONE.to_owned() } else { column.shown(cell) },
            unit: if cell.is_empty() { "" } else { column.unit },
            help: column.help,
        })
        .collect()
}
