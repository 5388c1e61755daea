//! 单条维护: one row added, changed or ended; two people at the same row do not overwrite each other.

use super::{Tabs, code_link, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use store::LogKind;
use sync::terminology::{CatalogueAuthor, FieldProblem, RowEdit, RowEdited};
use terms::{EDITION, Field, Layout, Record, Role, VALID_TO};

#[derive(Template)]
#[template(path = "catalogues/edit.html")]
struct EditPage {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    fields: Vec<FormField>,
    /// The row as the user saw it, JSON; empty for a new one.
    seen: String,
    /// What is wrong with the row as a whole.
    problem: String,
    /// What another user has made of the row meanwhile.
    theirs: Option<Theirs>,
    back: String,
    note: String,
}

/// A field of the form.
struct FormField {
    id: &'static str,
    title: &'static str,
    required: bool,
    help: String,
    value: String,
    /// The key of a row that exists stays.
    fixed: bool,
    problem: String,
    /// Long texts get a larger box.
    long: bool,
}

/// The row as it stands now, beside what the user saw and typed.
struct Theirs {
    gone: bool,
    /// The user wanted to add it.
    exists: bool,
    /// Title, as seen, as it stands, as typed.
    fields: Vec<(&'static str, String, String, String)>,
}

/// `?code=…&edition=…` changes a row, with `&end=1` its last day is filled in; without a key a new one.
pub(super) async fn form(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let key: Vec<&str> = keys(layout).map(|(_, field)| asked.text(field.id)).collect();
        if key.iter().any(|part| part.is_empty()) {
            let values =
                layout.fields.iter().map(|field| asked.text(field.id).to_owned()).collect::<Vec<_>>();
            return html(&page(app, &who, layout, Form { values, ..Form::default() }));
        }
        let held = app.terminology().catalogue(layout)?;
        let record = held.catalogue.row(&key).ok_or_else(|| ApiError::missing("此编码"))?;
        let seen = values_of(layout, record);
        let mut values = seen.clone();
        if asked.is_set("end")
            && let Some(last) = layout.position(VALID_TO).and_then(|at| values.get_mut(at))
            && last.is_empty()
        {
            *last = app.today().to_string();
        }
        html(&page(app, &who, layout, Form { values, seen: Some(seen), ..Form::default() }))
    })
    .await
}

pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let values: Vec<String> =
            layout.fields.iter().map(|field| form.text(&format!("field_{}", field.id)).to_owned()).collect();
        let seen: Option<Vec<String>> = match form.text("seen") {
            "" => None,
            json => Some(serde_json::from_str(json).map_err(|_| ApiError::wrong("表单内容不完整"))?),
        };
        let note = form.text("note").to_owned();
        let author = CatalogueAuthor { login: &who.viewer.login, now: app.now(), file_name: "", note: &note };
        let edit = RowEdit { layout, seen: seen.as_deref(), values: &values };
        let again = |form: Form| html(&page(app, &who, layout, form));
        match app.terminology().edit_row(&edit, author)? {
            RowEdited::Saved(version) => {
                let what = if seen.is_some() { "修改编码" } else { "新增编码" };
                let detail =
                    format!("第 {} 版：{}", version.version, difference(layout, seen.as_deref(), &values));
                app.log(&who, LogKind::Change, what, layout.title, &detail)?;
                app.notice(&who, format!("已保存，目录现为第 {} 版", version.version));
                let code = layout.fields.first().and_then(|field| field.read(values.first()?).ok());
                Ok(Redirect::to(&code_link(layout, code.as_deref().unwrap_or_default())).into_response())
            }
            RowEdited::Unchanged => {
                app.notice(&who, "内容没有变化");
                let code = values.first().map_or("", String::as_str);
                Ok(Redirect::to(&code_link(layout, code)).into_response())
            }
            RowEdited::Wrong(problems) => again(Form { values, seen, problems, note, ..Form::default() }),
            RowEdited::Conflict(theirs) => {
                let now = theirs.as_ref().map(|record| values_of(layout, record));
                let shown = conflict(layout, seen.as_deref(), now.as_deref(), &values);
                // Sent again, it changes the row as it stands now: the user has seen it.
                let form = Form { values, seen: now, theirs: Some(shown), note, ..Form::default() };
                again(form)
            }
        }
    })
    .await
}

/// What the form shows.
#[derive(Default)]
struct Form {
    values: Vec<String>,
    seen: Option<Vec<String>>,
    problems: Vec<FieldProblem>,
    theirs: Option<Theirs>,
    note: String,
}

fn page(app: &App, who: &Who, layout: &'static Layout, form: Form) -> EditPage {
    let is_new = form.seen.is_none();
    let fields = layout.fields.iter().enumerate().map(|(at, field)| FormField {
        id: field.id,
        title: field.title,
        required: field.required,
        help: field.meaning().into_owned().replace("；整个文件相同时可留空，导入时统一填写", ""),
        value: form.values.get(at).cloned().unwrap_or_default(),
        fixed: !is_new && field.role != Role::Content,
        problem: form
            .problems
            .iter()
            .find(|problem| problem.field == Some(at))
            .map_or_else(String::new, |problem| problem.message.clone()),
        long: ["content", "limit", "excluded"].contains(&field.id),
    });
    let whole = form.problems.iter().find(|problem| problem.field.is_none());
    let title = match is_new {
        true => format!("新增：{}", layout.title),
        false => format!("修改：{}", form.values.first().map_or("", String::as_str)),
    };
    let back = match is_new {
        true => format!("/catalogues/{}", layout.id),
        false => code_link(layout, form.values.first().map_or("", String::as_str)),
    };
    EditPage {
        page: super::page(app, who, layout, &title, &[(if is_new { "新增" } else { "修改" }, "")]),
        tabs: Tabs::of(layout),
        layout,
        fields: fields.collect(),
        seen: form.seen.and_then(|seen| serde_json::to_string(&seen).ok()).unwrap_or_default(),
        problem: whole.map_or_else(String::new, |problem| problem.message.clone()),
        theirs: form.theirs,
        back,
        note: form.note,
    }
}

fn keys(layout: &Layout) -> impl Iterator<Item = (usize, &Field)> {
    layout.fields.iter().enumerate().filter(|(_, field)| field.role != Role::Content)
}

fn values_of(layout: &Layout, record: &Record) -> Vec<String> {
    (0..layout.fields.len()).map(|at| record.value(at).to_owned()).collect()
}

fn conflict(
    layout: &'static Layout,
    seen: Option<&[String]>,
    now: Option<&[String]>,
    typed: &[String],
) -> Theirs {
    let of = |values: Option<&[String]>, at: usize| {
        values.and_then(|values| values.get(at)).cloned().unwrap_or_default()
    };
    let fields = layout.fields.iter().enumerate();
    Theirs {
        gone: now.is_none(),
        exists: seen.is_none() && now.is_some(),
        fields: fields
            .map(|(at, field)| (field.title, of(seen, at), of(now, at), of(Some(typed), at)))
            .collect(),
    }
}

/// For the operation log: `K35.900（2.0）名称“急性阑尾炎”→“阑尾炎”`.
fn difference(layout: &Layout, seen: Option<&[String]>, values: &[String]) -> String {
    let key: Vec<&str> = keys(layout)
        .filter(|(_, field)| field.id != EDITION)
        .filter_map(|(at, _)| values.get(at).map(String::as_str))
        .collect();
    let mut parts = Vec::new();
    for (at, field) in layout.fields.iter().enumerate() {
        let (before, after) = (seen.and_then(|seen| seen.get(at)).map_or("", String::as_str), &values[at]);
        if before != after {
            parts.push(format!("{}“{before}”→“{after}”", field.title));
        }
    }
    format!("{} {}", key.join("→"), parts.join("，"))
}
