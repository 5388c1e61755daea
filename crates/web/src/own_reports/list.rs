//! 自定义报表列表: one's own and shared ones; copied, renamed, deleted and restored.

use super::{owned, said, seen};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use metrics::report::own::{self, Parts};
use model::Permission;
use store::{LogKind, ReportDefinition, StoreError};

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
        let all = app.store().report_definitions(&who.viewer.login)?;
        let rows = all.into_iter().map(|known| {
            let own = known.owner == who.viewer.login;
            let state = match (known.deleted_at, known.shared) {
                (Some(_), _) => Cell::text("已删除").class("tag tag-unconfirmed"),
                (None, true) => Cell::text("共享").class("tag tag-core"),
                (None, false) => Cell::text("仅本人"),
            };
            let title = Cell::text(known.title.clone());
            let manage = format!("/own-reports/{}", known.id);
            Row {
                cells: vec![
                    if known.deleted_at.is_none() {
                        title.link(format!("/report/own-{}", known.id))
                    } else {
                        title
                    },
                    Cell::text(known.owner_name.clone()),
                    state,
                    Cell::moment(known.changed_at),
                    Cell::text(if own { "管理" } else { "复制、导出" }).link(manage),
                ],
                class: "",
            }
        });
        let grid = Grid {
            title: "自定义报表".into(),
            columns: vec![
                Column::text("title", "报表"),
                Column::text("owner", "建立人"),
                Column::text("state", "范围"),
                Column::text("at", "修改时间"),
                Column::text("manage", "操作"),
            ],
            rows: rows.collect(),
            empty: "还没有自定义报表；点“新建报表”，选指标和维度，预览后保存".into(),
            address: "/own-reports".into(),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
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
        let known = seen(app, &who, id)?;
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

fn to(id: i64) -> Response {
    Redirect::to(&format!("/own-reports/{id}")).into_response()
}

/// Saves what the user changed, tells him when somebody was quicker, and logs it.
fn change(
    app: &App,
    who: &Who,
    new: ReportDefinition,
    action: &str,
    notice: String,
) -> Result<Response, ApiError> {
    let new = ReportDefinition { changed_at: app.now(), ..new };
    match app.store().save_report_definition(&new) {
        Ok(id) => {
            app.log(who, LogKind::Change, action, &new.title, &format!("自定义报表 {id}"))?;
            app.notice(who, notice);
            Ok(to(id))
        }
        Err(StoreError::Changed(_)) => {
            app.notice(who, "没有保存：您打开页面之后这张报表在别处被修改，请核对后再试");
            Ok(to(new.id))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn copy(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    _: Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = seen(app, &who, id)?;
        let title: String = known.title.chars().take(55).chain("（副本）".chars()).collect();
        let definition =
            own::rename(&known.definition, &title).map_err(|problems| ApiError::wrong(said(&problems)))?;
        let copy = ReportDefinition {
            owner: who.viewer.login.clone(),
            owner_name: who.viewer.name.clone(),
            definition,
            title,
            ..ReportDefinition::default()
        };
        change(app, &who, copy, "复制自定义报表", "已复制，可以修改名称和内容".to_owned())
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
        let known = owned(app, &who, id)?;
        let title = fields.text("title").to_owned();
        let wrong = |problems: model::Problems| ApiError::wrong(said(&problems));
        let definition = own::rename(&known.definition, &title).map_err(wrong)?;
        own::report(&definition, id, &app.layer()).map_err(wrong)?;
        let (shared, version) =
            (fields.is_set("shared"), fields.whole("version", "版本")?.unwrap_or_default());
        let new = ReportDefinition { title, definition, shared, version, ..known };
        change(app, &who, new, "修改自定义报表", "名称与共享已保存".to_owned())
    })
    .await
}

pub(super) async fn delete(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = owned(app, &who, id)?;
        let version = fields.whole("version", "版本")?.unwrap_or_default();
        let new = ReportDefinition { deleted_at: Some(app.now()), version, ..known };
        change(app, &who, new, "删除自定义报表", "已删除；可以在本页恢复".to_owned())
    })
    .await
}

pub(super) async fn restore(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = owned(app, &who, id)?;
        let version = fields.whole("version", "版本")?.unwrap_or_default();
        let new = ReportDefinition { deleted_at: None, version, ..known };
        change(app, &who, new, "恢复自定义报表", "已恢复".to_owned())
    })
    .await
}
