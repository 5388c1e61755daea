//! 目录浏览: the rows of a catalogue, searched by code, Chinese, initials or a mixture.

use super::{PAGE_SIZE, Tabs, code_link, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::civil::Date;
use model::Permission;
use terms::search::RowFilter;
use terms::{Edition, FieldKind, Layout, Record, VALID_FROM, VALID_TO};

/// Rows of an exported search; the whole catalogue has its own export.
const EXPORTED: usize = 50_000;

#[derive(Template)]
#[template(path = "catalogues/browse.html")]
struct Browse {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    /// The version in use; empty when nothing was imported.
    current: String,
    query: String,
    edition: String,
    all: bool,
    editions: Vec<Edition>,
    can_edit: bool,
    can_export: bool,
    grid: Grid,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let held = app.terminology().catalogue(layout)?;
        let editions = held.catalogue.editions(app.today());
        let filter = Filter::of(&asked, app.today());
        let found = held.search.rows(&held.catalogue, &filter.query, filter.rows());
        let mut paging = paging(&asked);
        paging.total = i64::try_from(found.len()).unwrap_or(i64::MAX);
        let exporting = asked.is_set("format");
        if exporting && found.len() > EXPORTED {
            return Err(ApiError::new(
                axum::http::StatusCode::BAD_REQUEST,
                format!("筛选结果有 {} 行，一次最多导出 {EXPORTED} 行", found.len()),
                "请缩小筛选范围，或用“导出全部”导出整个目录",
            ));
        }
        let records = found.iter().filter_map(|at| held.catalogue.records().get(*at));
        let rows = |records: &mut dyn Iterator<Item = &Record>| {
            records.map(|record| row(layout, record, filter.today)).collect::<Vec<_>>()
        };
        let (skipped, size) = (usize::try_from(paging.offset()), usize::try_from(paging.size));
        let rows = match exporting {
            true => rows(&mut records.into_iter()),
            false => rows(&mut records.skip(skipped.unwrap_or_default()).take(size.unwrap_or_default())),
        };
        let mut grid = Grid {
            id: layout.id,
            title: layout.title.to_owned(),
            about: filter.about(),
            columns: columns(layout),
            rows,
            paging: Some(paging),
            empty: match held.version {
                None => "尚未导入此目录；有维护权限的用户可下载模板、填写后导入".into(),
                Some(_) => "没有符合条件的编码；可换编码、名称或拼音首字母，或选择“全部（含失效）”".into(),
            },
            address: format!("/catalogues/{}?{}", layout.id, asked.without(&["format", "page"])),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&Browse {
            page: super::page(app, &who, layout, layout.title, &[]),
            tabs: Tabs::of(layout),
            layout,
            current: held.version.as_ref().map_or_else(String::new, |version| {
                let at = crate::text::moment(version.imported_at);
                let (number, how) = (version.version, version.kind.chinese());
                format!("第 {number} 版，{at} 由 {} {how}", version.imported_by)
            }),
            query: filter.query,
            edition: filter.edition,
            all: filter.all,
            editions,
            can_edit: who.viewer.may(Permission::CataloguesEdit),
            can_export: who.viewer.may(Permission::Export),
            grid,
        })
    })
    .await
}

/// What a user asked for.
struct Filter {
    query: String,
    /// Empty: all editions.
    edition: String,
    /// Rows not in force too.
    all: bool,
    today: Date,
}

impl Filter {
    fn of(asked: &Fields, today: Date) -> Filter {
        Filter {
            query: asked.text("q").to_owned(),
            edition: asked.text("edition").to_owned(),
            all: asked.text("state") == "all",
            today,
        }
    }

    fn rows(&self) -> RowFilter<'_> {
        let edition = Some(self.edition.as_str()).filter(|edition| !edition.is_empty());
        RowFilter { edition, on: (!self.all).then_some(self.today) }
    }

    fn about(&self) -> Vec<(String, String)> {
        let mut about = Vec::new();
        for (name, value) in [("检索", &self.query), ("目录版本", &self.edition)] {
            if !value.is_empty() {
                about.push((name.to_owned(), value.clone()));
            }
        }
        let state =
            if self.all { "全部（含失效）".to_owned() } else { format!("{} 有效", self.today) };
        about.push(("状态".to_owned(), state));
        about
    }
}

fn paging(asked: &Fields) -> Paging {
    let asked_for = Paging::asked(asked);
    let size = if asked.is_set("size") { asked_for.size } else { PAGE_SIZE };
    Paging { size, ..asked_for }
}

/// Columns of the layout's fields, then whether a row is in force.
pub(super) fn columns(layout: &Layout) -> Vec<Column> {
    let mut columns: Vec<Column> = layout
        .fields
        .iter()
        .map(|field| match (field.kind, field.id) {
            (FieldKind::Decimal, "price") => Column::number(field.id, field.title, "元"),
            (FieldKind::Decimal, _) => Column::number(field.id, field.title, ""),
            _ => Column::text(field.id, field.title),
        })
        .collect();
    columns.push(Column::text("state", "状态"));
    columns
}

pub(super) fn row(layout: &Layout, record: &Record, today: Date) -> Row {
    let mut cells: Vec<Cell> = (0..layout.fields.len()).map(|at| field_cell(layout, record, at)).collect();
    if let Some(code) = cells.first_mut() {
        *code = std::mem::take(code).link(code_link(layout, record.value(0)));
    }
    let (state, class, off) = match state(layout, record, today) {
        State_::InForce => ("有效", "tag tag-ok", ""),
        State_::NotYet => ("未生效", "tag tag-none", "off"),
        State_::Ended => ("已失效", "tag tag-none", "off"),
    };
    cells.push(Cell::text(state).class(class));
    Row { cells, class: off }
}

/// A field of a row; decimals as numbers with the digits they were written with.
pub(super) fn field_cell(layout: &Layout, record: &Record, at: usize) -> Cell {
    let value = record.value(at);
    let is_decimal = layout.fields.get(at).is_some_and(|field| field.kind == FieldKind::Decimal);
    match model::parse_decimal(value).filter(|_| is_decimal) {
        Some(number) => Value::Decimal(number, number.scale()).into(),
        None => Cell::text(value),
    }
}

enum State_ {
    InForce,
    NotYet,
    Ended,
}

fn state(layout: &Layout, record: &Record, today: Date) -> State_ {
    let today = today.to_string();
    let (from, to) = (record.get(layout, VALID_FROM), record.get(layout, VALID_TO));
    if from > today.as_str() {
        State_::NotYet
    } else if to.is_empty() || today.as_str() <= to {
        State_::InForce
    } else {
        State_::Ended
    }
}
