//! 自定义报表列表: one's own and shared ones; copied, renamed, deleted and restored.

use super::{OWN, said};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use metrics::report::own::{self, Parts};
use model::Permission;
use store::ReportDefinition;

#[derive(Template)]
#[template(path = "own_reports/list.html")]
struct List {
    page: Page,
    grid: Grid,
    editable: bool,
}

#[derive(Template)]
#[template(path = "own_reports/one.html")]
struct One {
    page: Page,
    known: ReportDefinition,
    changed_at: String,
    /// Whether the user may change it.
    own: bool,
    /// Whether the form has all that it says.
    in_form: bool,
    editable: bool,
    exportable: bool,
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let opens = |known: &ReportDefinition| format!("/report/own-{}", known.id);
        let empty = "还没有自定义报表；点“新建报表”，选指标和维度，预览后保存";
        let grid = OWN.grid(app, &who, opens, "复制、导出", empty)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let editable = who.viewer.may(Permission::ReportsEdit);
        html(&List { page: who.page(app, "自定义报表", &[("自定义报表", "")]), grid, editable })
    })
    .await
}

pub(super) async fn one(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = OWN.seen(app, &who, id)?;
        let crumbs = [("自定义报表", "/own-reports"), (known.title.as_str(), "")];
        html(&One {
            page: who.page(app, &known.title, &crumbs),
            changed_at: crate::text::moment(known.changed_at),
            own: known.owner == who.viewer.login,
            in_form: Parts::of(&known.definition)
                .and_then(|parts| super::form::fields(&parts, false))
                .is_some(),
            editable: who.viewer.may(Permission::ReportsEdit),
            exportable: who.viewer.may(Permission::Export),
            known,
        })
    })
    .await
}

pub(super) async fn copy(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    _: Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = OWN.seen(app, &who, id)?;
        let title: String = known.title.chars().take(55).chain("（副本）".chars()).collect();
        let definition =
            own::rename(&known.definition, &title).map_err(|problems| ApiError::wrong(said(&problems)))?;
        let copy = OWN.draft(&who, title, definition);
        OWN.change(app, &who, copy, "复制", "已复制，可以修改名称和内容")
    })
    .await
}

pub(super) async fn rename(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = OWN.posted(app, &who, id, &fields)?;
        let title = fields.text("title").to_owned();
        let wrong = |problems: model::Problems| ApiError::wrong(said(&problems));
        let definition = own::rename(&known.definition, &title).map_err(wrong)?;
        own::report(&definition, id, &app.layer()).map_err(wrong)?;
        let new = ReportDefinition { title, definition, shared: fields.is_set("shared"), ..known };
        OWN.change(app, &who, new, "修改", "名称与共享已保存")
    })
    .await
}

pub(super) async fn delete(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| OWN.delete(app, &who, id, &fields)).await
}

pub(super) async fn restore(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| OWN.restore(app, &who, id, &fields)).await
}
