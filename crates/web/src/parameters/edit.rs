//! 修改参数: the records of a table in a form, saved into a draft: all of it or nothing, never over somebody else's change.

use super::input::{self, Input, RecordInput};
use super::table::WHOLE;
use super::{form_of, overview_path, posted};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::points::{Area, Loaded, open, person};
use crate::query::{Asked, Fields, Posted, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use policy::edit::{Change, EditError, FieldChange, Form};
use policy::tables::ColumnDef;
use store::{LogKind, PackDraft};
use sync::SyncError;

/// New rows offered on a page of a whole table.
const BLANKS: usize = 3;
/// Tables with more columns show one record a page.
const COLUMNS: usize = 13;

#[derive(Template)]
#[template(path = "parameters/edit.html")]
struct EditPage {
    page: Page,
    area: Area,
    draft: PackDraft,
    id: String,
    help: &'static str,
    columns: Vec<&'static ColumnDef>,
    records: Vec<RecordInput>,
    /// Records as rows of a table, else one below the other.
    in_rows: bool,
    has_rows: bool,
    /// Address of the table.
    back: String,
    /// Where groups are suggested from.
    suggest: String,
    /// What is wrong and belongs to no single record.
    problems: Vec<String>,
    /// Who changed the same values meanwhile, and when.
    conflict: Option<(String, String)>,
    /// Line of the only record shown; empty: all.
    at: String,
    is_new: bool,
}

pub(super) async fn form(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (draft, loaded) = draft_of(app, &asked)?;
        let form = Form::read(&loaded.files, form_of(&who, &asked)?);
        let records = shown(&form, &asked, &loaded)?;
        html(&page(app, &who, draft, &form, records, &asked)?)
    })
    .await
}

fn draft_of(app: &App, asked: &Fields) -> Result<(PackDraft, std::sync::Arc<Loaded>), ApiError> {
    let id = asked.whole("draft", "草稿编号")?.ok_or_else(|| ApiError::missing("草稿"))?;
    let (draft, loaded) = app.loaded_draft(id)?;
    open(&draft)?;
    Ok((draft, loaded))
}

/// The records that an address asks for: one line, a new one, or all of a short table with some blank rows.
fn shown(form: &Form, asked: &Fields, loaded: &Loaded) -> Result<Vec<RecordInput>, ApiError> {
    let options = loaded.options();
    if asked.is_set("new") {
        return Ok(vec![input::blank(0, form, options)]);
    }
    let at = asked.whole("at", "行号")?.and_then(|at| usize::try_from(at).ok());
    if at.is_none() && form.records.len() > WHOLE {
        return Err(ApiError::wrong(format!("这张表有 {} 行，请在表中逐行修改", form.records.len())));
    }
    let wanted = form.records.iter().filter(|record| at.is_none_or(|at| record.at == at));
    let mut records: Vec<RecordInput> = wanted
        .enumerate()
        .map(|(index, record)| {
            input::record(index, form, record.at, &record.cells, options, &record.evidence)
        })
        .collect();
    if at.is_some() && records.is_empty() {
        return Err(ApiError::missing("这一行（可能已被删除）"));
    }
    if at.is_none() && form.of.has_rows() {
        records.extend((0..BLANKS).map(|more| input::blank(records_len(form) + more, form, options)));
    }
    Ok(records)
}

fn records_len(form: &Form) -> usize {
    form.records.len()
}

fn page(
    app: &App,
    who: &Who,
    draft: PackDraft,
    form: &Form,
    records: Vec<RecordInput>,
    asked: &Fields,
) -> Result<EditPage, ApiError> {
    let area = Area::of(who);
    let (id, title) = (form.of.id(), form.of.title());
    let tables = format!("{}?draft={}", overview_path(area), draft.id);
    let back = format!("{}/table?form={}&draft={}", area.prefix(), encode(&id), draft.id);
    let one = asked.is_set("at") || asked.is_set("new");
    Ok(EditPage {
        page: who.page(
            app,
            &format!("修改{title}"),
            &[("DIP分组", ""), (area.chinese(), &tables), (&title, &back), ("修改", "")],
        ),
        area,
        help: form.of.def.help,
        columns: form.columns.clone(),
        in_rows: form.of.has_rows() && !one && form.columns.len() <= COLUMNS,
        has_rows: form.of.has_rows(),
        records,
        back,
        suggest: format!("{}/suggest?draft={}", area.prefix(), draft.id),
        problems: Vec::new(),
        conflict: None,
        at: asked.text("at").to_owned(),
        is_new: asked.is_set("new"),
        draft,
        id,
    })
}

pub(super) async fn save(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (draft, loaded) = draft_of(app, &asked)?;
        let form = Form::read(&loaded.files, form_of(&who, &asked)?);
        let records = posted::read(&form, &fields);
        let change = Change::Form { form: form.of.id(), edits: posted::edits(&records) };
        let by = (who.viewer.login.as_str(), app.now());
        let error = match sync::edit_draft(app.store(), draft.id, None, &[change], by) {
            Ok(changes) => return done(app, &who, &draft, &form, &changes),
            Err(SyncError::Edit(error)) => error,
            Err(error) => return Err(error.into()),
        };
        let mut shown = posted::again(&form, &records, loaded.options());
        let mut problems = Vec::new();
        let mut conflict = None;
        match &error {
            EditError::Conflict(conflicts) => {
                posted::mark_conflicts(&mut shown, &records, conflicts);
                let (login, at) = last_editor(app, &draft, &form)?;
                conflict = Some((person(app, &login)?, crate::text::moment(at)));
            }
            EditError::Refused(refused) => problems = posted::mark_refused(&mut shown, refused),
            other => problems.push(other.to_string()),
        }
        if form.of.has_rows() && !asked.is_set("at") && !asked.is_set("new") {
            shown.push(input::blank(shown.len(), &form, loaded.options()));
        }
        let mut page = page(app, &who, draft, &form, shown, &asked)?;
        page.problems = problems;
        page.conflict = conflict;
        html(&page)
    })
    .await
}

/// Who changed this table last.
fn last_editor(app: &App, draft: &PackDraft, form: &Form) -> Result<(String, i64), ApiError> {
    let title = form.of.title();
    let changes = app.store().draft_changes(draft.id)?;
    let last = changes.into_iter().find(|change| change.change.field.starts_with(&title));
    Ok(last.map_or((draft.changed_by.clone(), draft.changed_at), |change| (change.login, change.at)))
}

fn done(
    app: &App,
    who: &Who,
    draft: &PackDraft,
    form: &Form,
    changes: &[FieldChange],
) -> Result<Response, ApiError> {
    let area = Area::of(who);
    let back = format!("{}/table?form={}&draft={}", area.prefix(), encode(&form.of.id()), draft.id);
    if changes.is_empty() {
        app.notice(who, "没有变化：草稿中已是这些值");
        return Ok(Redirect::to(&back).into_response());
    }
    for change in changes.iter().take(50) {
        let values = format!("{} → {}", value(&change.before), value(&change.after));
        app.log(
            who,
            LogKind::Change,
            "修改政策参数",
            &change.field,
            &format!("草稿“{}”：{values}", draft.name),
        )?;
    }
    if changes.len() > 50 {
        let rest = format!("草稿“{}”：另有 {} 项，见草稿的修改记录", draft.name, changes.len() - 50);
        app.log(who, LogKind::Change, "修改政策参数", &form.of.title(), &rest)?;
    }
    app.notice(
        who,
        format!("已保存到草稿“{}”：{} 项修改。发布之前不影响现行结果", draft.name, changes.len()),
    );
    Ok(Redirect::to(&back).into_response())
}

fn value(text: &str) -> &str {
    if text.is_empty() { "（空）" } else { text }
}
