//! 常用查询: conditions of 医保查询 under a name; opened, overwritten, renamed, shared, deleted and restored by their owner.

use super::entry::Entry;
use super::list_filter::Filter;
use crate::app::App;
use crate::definitions::Definitions;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::{DefinitionKind, ReportDefinition};

const QUERIES: Definitions = Definitions {
    kind: DefinitionKind::CaseQuery,
    called: "常用查询",
    home: "/insurance-query/saved",
    instead: "请打开后另存一份，再修改自己的那一份",
};

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

fn address(id: i64, definition: &str) -> String {
    let fields = Fields::parse(definition);
    format!("{}?{}", Entry::Insurance.path(), fields.with("saved", &id.to_string()))
}

fn opens(known: &ReportDefinition) -> String {
    address(known.id, &known.definition)
}

/// Those that a user sees, his own first.
pub(super) fn links(app: &App, who: &Who, asked: &Fields) -> Result<Vec<SavedLink>, ApiError> {
    let all = QUERIES.all(app, who)?;
    let there = all.iter().filter(|known| known.deleted_at.is_none());
    Ok(there
        .map(|known| SavedLink {
            title: known.title.clone(),
            address: opens(known),
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
        let empty = "还没有常用查询；在“医保查询”填好条件，在结果下面填名称保存";
        let grid = QUERIES.grid(app, &who, opens, "查看", empty)?;
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
        let known = QUERIES.seen(app, &who, id)?;
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
            address: opens(&known),
            changed_at: crate::text::moment(known.changed_at),
            own: known.owner == who.viewer.login,
            words,
            problem,
            known,
        })
    })
    .await
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

/// Keeps the query and opens it.
fn save(app: &App, who: &Who, new: ReportDefinition, verb: &str, notice: &str) -> Result<Response, ApiError> {
    let (known, definition) = (new.id, new.definition.clone());
    let id = QUERIES.keep(app, who, new, verb, notice)?.unwrap_or(known);
    Ok(Redirect::to(&address(id, &definition)).into_response())
}

pub(super) async fn create(
    State(app): State<App>,
    who: Who,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let new = QUERIES.draft(&who, title(&fields)?, definition(app, &who, &fields)?);
        let new = ReportDefinition { shared: fields.is_set("shared"), ..new };
        save(app, &who, new, "新建", "已保存为常用查询")
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
        let known = QUERIES.posted(app, &who, id, &fields)?;
        let new = ReportDefinition { definition: definition(app, &who, &fields)?, ..known };
        save(app, &who, new, "修改", "条件已保存到这个常用查询")
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
        let known = QUERIES.posted(app, &who, id, &fields)?;
        let new = ReportDefinition { title: title(&fields)?, shared: fields.is_set("shared"), ..known };
        QUERIES.change(app, &who, new, "修改", "名称与共享已保存")
    })
    .await
}

pub(super) async fn delete(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| QUERIES.delete(app, &who, id, &fields)).await
}

pub(super) async fn restore(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| QUERIES.restore(app, &who, id, &fields)).await
}
