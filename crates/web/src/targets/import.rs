//! 导入指标目标: a file is compared with the year's targets, shown, and applied as a whole.
//!
//! The rows travel in the form of the preview, so nothing is kept between; they are compared again when they are confirmed.

use super::places::Places;
use super::plan::{Against, COLUMNS, Plan, read};
use super::{read_year, said, typed_unit, year_of};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, download, html};
use crate::query::{Asked, Fields, Posted, Upload};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use metrics::Layer;
use store::{LogKind, StoreError, Target};
use terms::Table;
use terms::export::{self, Description, Sheets};

#[derive(Template)]
#[template(path = "targets/import.html")]
struct ImportForm {
    page: Page,
    year: String,
    error: String,
}

#[derive(Template)]
#[template(path = "targets/import_preview.html")]
struct Preview {
    page: Page,
    year: i64,
    file_name: String,
    /// The rows, to be compared again.
    rows: String,
    removes: bool,
    seen: String,
    plan: Plan,
    changes: Grid,
    wrong: Grid,
}

pub(super) async fn template(
    State(app): State<App>,
    _: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let failed = |error: export::ExportError| ApiError::internal(format!("模板无法生成：{error}"));
        let titles = COLUMNS.map(|(title, _)| title);
        let empty = Table::from_rows(&titles, Vec::<Vec<&str>>::new());
        if asked.text("format") == "csv" {
            let bytes = export::csv(&empty).map_err(failed)?;
            return Ok(download("指标目标导入模板.csv", "text/csv; charset=utf-8", bytes));
        }
        let described = description(&COLUMNS);
        let names = [("指标", "名称"), ("代码", "代码"), ("单位", "填写目标的单位"), ("口径", "怎样计算")];
        let layer = app.layer();
        let measures = layer
            .measures()
            .iter()
            .map(|measure| [measure.name.as_str(), &measure.id, typed_unit(measure), &measure.definition]);
        let measures = Table::from_rows(&names.map(|(title, _)| title), measures);
        let mut sheets = Sheets::new();
        sheets.table("指标目标", &described, &empty).map_err(failed)?;
        sheets.table("指标名称", &description(&names), &measures).map_err(failed)?;
        let about = [("用法", "在第一页填写，第一行列名勿改；一行一个目标，上下限至少填一个；其他页不导入")];
        sheets.explanations(&about, &[("指标目标", &described)]).map_err(failed)?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Ok(download("指标目标导入模板.xlsx", kind, sheets.into_bytes().map_err(failed)?))
    })
    .await
}

fn description(columns: &[(&'static str, &'static str)]) -> Description {
    let column = |(title, meaning): &(&'static str, &'static str)| export::Column {
        name: title,
        title,
        meaning: (*meaning).into(),
        needed: *title == "指标",
        number: title.starts_with("目标"),
        wide: matches!(*title, "指标" | "口径"),
    };
    Description { title: "", columns: columns.iter().map(column).collect() }
}

pub(super) async fn form(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = year_of(app, &asked)?.to_string();
        show_form(app, &who, year, String::new())
    })
    .await
}

fn show_form(app: &App, who: &Who, year: String, error: String) -> Result<Response, ApiError> {
    let page = who.page(app, "导入指标目标", &[("指标目标", "/targets"), ("导入", "")]);
    html(&ImportForm { page, year, error })
}

pub(super) async fn upload(State(app): State<App>, who: Who, upload: Upload) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let typed = upload.fields.text("year").to_owned();
        let year = match read_year(&typed) {
            Ok(year) => year,
            Err(error) => return show_form(app, &who, typed, error),
        };
        if upload.bytes.is_empty() {
            let error = match upload.file_name.as_str() {
                "" => "请先选择要导入的文件".to_owned(),
                name => format!("“{name}”是空文件：请确认导出成功后重新选择"),
            };
            return show_form(app, &who, typed, error);
        }
        match read(&upload.bytes) {
            Ok(table) => preview(app, &who, year, &upload.file_name, &table, upload.fields.is_set("removes")),
            Err(error) => show_form(app, &who, typed, format!("“{}”：{error}", upload.file_name)),
        }
    })
    .await
}

fn against<'a>(
    app: &App,
    who: &'a Who,
    year: i64,
    layer: &'a Layer,
    places: &'a Places,
) -> Result<Against<'a>, ApiError> {
    let mut current = app.store().targets(year)?;
    current.retain(|target| layer.measure(&target.measure).is_ok() && places.sees(&who.viewer, target));
    Ok(Against { year, current, layer, places, viewer: &who.viewer })
}

fn preview(
    app: &App,
    who: &Who,
    year: i64,
    file_name: &str,
    table: &Table,
    removes: bool,
) -> Result<Response, ApiError> {
    let (layer, places) = (app.layer(), Places::read(app)?);
    let against = against(app, who, year, &layer, &places)?;
    let plan = against.plan(table, removes);
    let bytes = export::csv(table).map_err(|error| ApiError::internal(format!("文件无法整理：{error}")))?;
    let rows = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
    html(&Preview {
        page: who.page(app, "核对导入的指标目标", &[("指标目标", "/targets"), ("核对导入", "")]),
        year,
        file_name: file_name.to_owned(),
        rows,
        removes,
        seen: against.seen(),
        changes: changes(&plan, &layer, &places),
        wrong: wrong(&plan),
        plan,
    })
}

fn changes(plan: &Plan, layer: &Layer, places: &Places) -> Grid {
    let row = |(what, class): (&str, &'static str), target: &Target, before: Option<&Target>, gone: bool| {
        let measure = layer.measure(&target.measure).ok();
        let bounds = |target: Option<&Target>| {
            let said = target.zip(measure).map(|(target, measure)| said(target.low, target.high, measure));
            Cell::text(said.unwrap_or_default())
        };
        Row {
            cells: vec![
                Cell::text(what).class(class),
                Cell::text(measure.map_or(target.measure.clone(), |measure| measure.name.clone())),
                Cell::text(places.name(target)),
                bounds(before),
                bounds((!gone).then_some(target)),
                Cell::text(measure.map_or("", |measure| typed_unit(measure))),
            ],
            class: "",
        }
    };
    let set = plan.set.iter().map(|(target, before)| {
        let what = if before.is_some() { ("修改", "tag tag-warn") } else { ("新增", "tag tag-core") };
        row(what, target, before.as_ref(), false)
    });
    let removed =
        plan.removed.iter().map(|target| row(("删除", "tag tag-unconfirmed"), target, Some(target), true));
    Grid {
        title: "变化".into(),
        columns: vec![
            Column::text("what", "变化"),
            Column::text("measure", "指标"),
            Column::text("place", "范围"),
            Column::text("before", "原目标（下限～上限）"),
            Column::text("after", "新目标（下限～上限）"),
            Column::text("unit", "单位"),
        ],
        rows: set.chain(removed).collect(),
        empty: "没有变化".into(),
        ..Grid::default()
    }
}

fn wrong(plan: &Plan) -> Grid {
    let row = |wrong: &model::WrongRow| Row {
        cells: vec![
            Cell::whole(i64::try_from(wrong.line).unwrap_or_default()),
            Cell::text(wrong.column.clone()),
            Cell::text(wrong.message.clone()),
        ],
        class: "",
    };
    Grid {
        title: "出错".into(),
        columns: vec![
            Column::number("line", "行号", ""),
            Column::text("column", "列"),
            Column::text("message", "问题与改法"),
        ],
        rows: plan.wrong.iter().map(row).collect(),
        ..Grid::default()
    }
}

pub(super) async fn confirm(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let year = read_year(fields.text("year")).map_err(ApiError::wrong)?;
        let table = read(fields.text("rows").as_bytes()).map_err(ApiError::wrong)?;
        let (file_name, removes) = (fields.text("file_name"), fields.is_set("removes"));
        let (layer, places) = (app.layer(), Places::read(app)?);
        let against = against(app, &who, year, &layer, &places)?;
        let plan = against.plan(&table, removes);
        let changed = |app: &App| {
            app.notice(&who, "核对之后他人修改了指标目标，已按最新内容重新比对，请核对后再确认");
            preview(app, &who, year, file_name, &table, removes)
        };
        if fields.text("seen") != against.seen() {
            return changed(app);
        }
        if !plan.may_apply() {
            return preview(app, &who, year, file_name, &table, removes);
        }
        match app.store().set_targets(&applied(app, &who, &plan)) {
            Ok(()) => {}
            Err(StoreError::Changed(_)) => return changed(app),
            Err(error) => return Err(error.into()),
        }
        log(app, &who, &fields, year, &plan)?;
        app.notice(&who, format!("{year}年指标目标已导入：{}", plan.summary()));
        Ok(Redirect::to(&format!("/targets?year={year}")).into_response())
    })
    .await
}

/// The targets as they are to be, by whom and when.
fn applied(app: &App, who: &Who, plan: &Plan) -> Vec<Target> {
    let set = plan.set.iter().map(|(target, _)| target.clone());
    let removed = plan.removed.iter().map(|target| Target { low: None, high: None, ..target.clone() });
    let (changed_at, changed_by) = (app.now(), who.viewer.name.clone());
    set.chain(removed).map(|target| Target { changed_at, changed_by: changed_by.clone(), ..target }).collect()
}

fn log(app: &App, who: &Who, fields: &Fields, year: i64, plan: &Plan) -> Result<(), ApiError> {
    let detail = format!("文件 {}：{}", fields.text("file_name"), plan.summary());
    app.log(who, LogKind::Change, "导入指标目标", &format!("{year}年"), &detail)
}
