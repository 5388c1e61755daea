//! 常用查询: conditions of 医保查询 under a name; opened, overwritten, renamed, shared, deleted and restored by their owner.

use super::entry::Entry;
use super::list_filter::Filter;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use store::{DefinitionKind, LogKind, ReportDefinition, StoreError};

/// Longest name, letters, and longest text of conditions, bytes.
const LONGEST: (usize, usize) = (60, 16 << 10);

/// What is not kept: the place in the list, and what names a patient.
const NOT_KEPT: [&str; 8] = ["page", "size", "format", "saved", "list", "name", "number", "record"];

/// A named query over the form.
pub(super) struct SavedLink {
    pub(super) title: String,
    pub(super) address: String,
    /// Who shares it; empty for one's own.
    pub(super) by: String,
    pub(super) here: bool,
}

/// The named query that the page was opened by.
pub(super) struct Opened {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) version: i64,
    /// Whether the user may overwrite it.
    pub(super) own: bool,
}

#[derive(Template)]
#[template(path = "cases/saved_queries.html")]
struct List {
    page: Page,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "cases/saved_query.html")]
struct One {
    page: Page,
    known: ReportDefinition,
    address: String,
    changed_at: String,
    own: bool,
    /// The conditions in words, or why they cannot be read.
    words: Vec<(String, String)>,
    problem: String,
}

/// The conditions of an address, as they are kept.
pub(super) fn conditions(asked: &Fields) -> String {
    asked.without(&NOT_KEPT)
}

fn address(known: &ReportDefinition) -> String {
    let fields = Fields::parse(&known.definition);
    format!("{}?{}", Entry::Insurance.path(), fields.with("saved", &known.id.to_string()))
}

/// Those that a user sees, his own first.
pub(super) fn links(app: &App, who: &Who, asked: &Fields) -> Result<Vec<SavedLink>, ApiError> {
    let all = app.store().definitions(&who.viewer.login, DefinitionKind::CaseQuery)?;
    let there = all.iter().filter(|known| known.deleted_at.is_none());
    Ok(there
        .map(|known| SavedLink {
            title: known.title.clone(),
            address: address(known),
            by: if known.owner == who.viewer.login { String::new() } else { known.owner_name.clone() },
            here: asked.text("saved") == known.id.to_string(),
        })
        .collect())
}

/// The one that the address names; nothing when it is not there any more.
pub(super) fn opened(app: &App, who: &Who, asked: &Fields) -> Result<Option<Opened>, ApiError> {
    let Ok(id) = asked.text("saved").parse() else { return Ok(None) };
    let known = app.store().definition(&who.viewer.login, DefinitionKind::CaseQuery, id)?;
    Ok(known.filter(|known| known.deleted_at.is_none()).map(|known| Opened {
        id,
        own: known.owner == who.viewer.login,
        title: known.title,
        version: known.version,
    }))
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let all = app.store().definitions(&who.viewer.login, DefinitionKind::CaseQuery)?;
        let rows = all.iter().map(|known| {
            let own = known.owner == who.viewer.login;
            let state = match (known.deleted_at, known.shared) {
                (Some(_), _) => Cell::text("已删除").class("tag tag-unconfirmed"),
                (None, true) => Cell::text("共享").class("tag tag-core"),
                (None, false) => Cell::text("仅本人"),
            };
            let title = Cell::text(known.title.clone());
            let cells = vec![
                if known.deleted_at.is_none() { title.link(address(known)) } else { title },
                Cell::text(known.owner_name.clone()),
                state,
                Cell::moment(known.changed_at),
                Cell::text(if own { "管理" } else { "查看" })
                    .link(format!("/insurance-query/saved/{}", known.id)),
            ];
            Row { cells, class: "" }
        });
        let grid = Grid {
            title: "常用查询".into(),
            columns: vec![
                Column::text("title", "查询"),
                Column::text("owner", "建立人"),
                Column::text("state", "范围"),
                Column::text("at", "修改时间"),
                Column::text("manage", "操作"),
            ],
            rows: rows.collect(),
            empty: "还没有常用查询；在“医保查询”填好条件，在结果下面填名称保存".into(),
            address: "/insurance-query/saved".into(),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let page = who.page(app, "常用查询", &[("医保查询", "/insurance-query"), ("常用查询", "")]);
        html(&List { page, grid })
    })
    .await
}

pub(super) async fn one(State(app): State<App>, who: Who, Path(id): Path<i64>) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = seen(app, &who, id)?;
        let read = Filter::read(app, &who, Fields::parse(&known.definition), Entry::Insurance);
        let (words, problem) = match read {
            Ok(filter) => (filter.about(app, |_, _| None), String::new()),
            Err(error) => (Vec::new(), error.sentence),
        };
        let crumbs = [
            ("医保查询", "/insurance-query"),
            ("常用查询", "/insurance-query/saved"),
            (known.title.as_str(), ""),
        ];
        html(&One {
            page: who.page(app, &known.title, &crumbs),
            address: address(&known),
            changed_at: crate::text::moment(known.changed_at),
            own: known.owner == who.viewer.login,
            words,
            problem,
            known,
        })
    })
    .await
}

/// A query that the user sees.
fn seen(app: &App, who: &Who, id: i64) -> Result<ReportDefinition, ApiError> {
    let known = app.store().definition(&who.viewer.login, DefinitionKind::CaseQuery, id)?;
    known.ok_or_else(|| ApiError::missing("此常用查询"))
}

/// One that the user may change, as the version that he saw.
fn owned(app: &App, who: &Who, id: i64, fields: &Fields) -> Result<ReportDefinition, ApiError> {
    let known = seen(app, who, id)?;
    if known.owner != who.viewer.login {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            format!("这个常用查询是 {} 建立的，只有建立人能修改", known.owner_name),
            "请打开后另存一份，再修改自己的那一份",
        ));
    }
    Ok(ReportDefinition { version: fields.whole("version", "版本")?.unwrap_or_default(), ..known })
}

fn title(fields: &Fields) -> Result<String, ApiError> {
    let title = fields.text("title");
    match title.chars().count() {
        0 => Err(ApiError::wrong("请填写常用查询的名称")),
        n if n > LONGEST.0 => Err(ApiError::wrong(format!("名称最多 {} 个字，现为 {n} 个", LONGEST.0))),
        _ if title.chars().any(char::is_control) => Err(ApiError::wrong("名称不能含有控制字符")),
        _ => Ok(title.to_owned()),
    }
}

/// The conditions posted, read as the page reads them, so that nothing is kept that cannot be opened.
fn definition(app: &App, who: &Who, fields: &Fields) -> Result<String, ApiError> {
    let kept = conditions(&Fields::parse(fields.text("query")));
    if kept.len() > LONGEST.1 {
        return Err(ApiError::wrong("条件过多，不能保存；请减少编码或项目"));
    }
    Filter::read(app, who, Fields::parse(&kept), Entry::Insurance)?;
    Ok(kept)
}

/// Saves, tells the user when somebody was quicker, and logs it.
fn save(
    app: &App,
    who: &Who,
    new: ReportDefinition,
    action: &str,
    notice: &str,
    to_query: bool,
) -> Result<Response, ApiError> {
    let mut new = ReportDefinition { changed_at: app.now(), ..new };
    match app.store().save_report_definition(&new) {
        Ok(id) => {
            new.id = id;
            let shared = if new.shared { "共享" } else { "仅本人" };
            app.log(who, LogKind::Change, action, &new.title, &format!("常用查询 {id}，{shared}"))?;
            app.notice(who, notice);
        }
        Err(StoreError::Changed(_)) => {
            app.notice(who, "没有保存：您打开页面之后这个常用查询在别处被修改，请核对后再试");
        }
        Err(error) => return Err(error.into()),
    }
    let to = if to_query { address(&new) } else { format!("/insurance-query/saved/{}", new.id) };
    Ok(Redirect::to(&to).into_response())
}

pub(super) async fn create(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let new = ReportDefinition {
            owner: who.viewer.login.clone(),
            owner_name: who.viewer.name.clone(),
            shared: fields.is_set("shared"),
            title: title(&fields)?,
            kind: DefinitionKind::CaseQuery,
            definition: definition(app, &who, &fields)?,
            ..ReportDefinition::default()
        };
        save(app, &who, new, "新建常用查询", "已保存为常用查询", true)
    })
    .await
}

pub(super) async fn overwrite(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let known = owned(app, &who, id, &fields)?;
        let new = ReportDefinition { definition: definition(app, &who, &fields)?, ..known };
        save(app, &who, new, "修改常用查询", "条件已保存到这个常用查询", true)
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
        let known = owned(app, &who, id, &fields)?;
        let new = ReportDefinition { title: title(&fields)?, shared: fields.is_set("shared"), ..known };
        save(app, &who, new, "修改常用查询", "名称与共享已保存", false)
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
        let new = ReportDefinition { deleted_at: Some(app.now()), ..owned(app, &who, id, &fields)? };
        save(app, &who, new, "删除常用查询", "已删除；可以在本页恢复", false)
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
        let new = ReportDefinition { deleted_at: None, ..owned(app, &who, id, &fields)? };
        save(app, &who, new, "恢复常用查询", "已恢复", false)
    })
    .await
}
