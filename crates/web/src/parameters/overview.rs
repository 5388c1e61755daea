//! 参数总览: the tables of a pack, how many rows each has and which are not confirmed.

use super::overview_path;
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::points::{Area, Source};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use policy::edit::{Form, FormRef};
use store::{DraftState, PackDraft};

/// A table on the page.
struct Entry {
    title: String,
    help: &'static str,
    link: String,
    rows: String,
    unconfirmed: usize,
    /// Fields changed in the draft.
    changed: usize,
}

/// Tables under a heading.
struct Part {
    title: &'static str,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "parameters/overview.html")]
struct Overview {
    page: Page,
    area: Area,
    path: &'static str,
    /// `None`: there is no pack.
    source: Option<Source>,
    parts: Vec<Part>,
    drafts: Vec<PackDraft>,
    can_edit: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let source = Source::of(app, &asked)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut drafts = Vec::new();
        if let Some(source) = &source {
            let changes = match &source.draft {
                Some(draft) => app.store().draft_changes(draft.id)?,
                None => Vec::new(),
            };
            let lists = source.loaded.files.names().filter_map(|name| {
                FormRef::find(name.strip_suffix(".csv").filter(|name| name.starts_with("lists/"))?)
            });
            for form in FormRef::all().chain(lists).filter(|form| area.has(form)) {
                let read = Form::read(&source.loaded.files, form);
                let (title, group) = (read.of.title(), read.of.def.group);
                let entry = Entry {
                    help: read.of.def.help,
                    link: format!(
                        "{}/table?form={}&{}",
                        area.prefix(),
                        crate::query::encode(&read.of.id()),
                        source.query()
                    ),
                    rows: if read.of.has_rows() {
                        format!("{} 行", read.records.len())
                    } else {
                        String::new()
                    },
                    unconfirmed: read.records.iter().filter(|record| !record.confirmed()).count(),
                    changed: changes.iter().filter(|change| change.change.field.starts_with(&title)).count(),
                    title,
                };
                match parts.iter_mut().find(|part| part.title == group) {
                    Some(part) => part.entries.push(entry),
                    None => parts.push(Part { title: group, entries: vec![entry] }),
                }
            }
            let open = app.store().drafts(300)?.into_iter().filter(|draft| draft.state == DraftState::Open);
            drafts = open.filter(|draft| source.pack.is_none() || draft.base == source.pack).collect();
        }
        let title = if area == Area::Points { "分值库各表" } else { "年度参数" };
        let crumbs: &[(&str, &str)] = match area {
            Area::Points => &[("DIP分组", ""), ("分值库", "/points"), ("各表", "")],
            Area::Parameters => &[("DIP分组", ""), ("年度参数", "")],
        };
        html(&Overview {
            page: who.page(app, title, crumbs),
            area,
            path: overview_path(area),
            source,
            parts,
            drafts,
            can_edit: who.viewer.may(area.edit()),
        })
    })
    .await
}
