//! 分值库导入: a catalogue uploaded into a draft: compared, corrected, taken.

use super::Area;
use super::difference::{Count, Difference, List};
use super::draft_pages::{Steps, crumbs};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Grid, Paging};
use crate::page::{Page, html};
use crate::query::{Asked, Posted, Upload};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use policy::PackFiles;
use policy::edit::{Change, Edit, EditError, Form, FormRef, apply, orphans};
use policy::import::{self, Plan};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::{LogKind, Moment, PackDraft, StoreError};
use sync::SyncError;

/// Seconds after which an upload that nobody confirmed is given up.
const KEPT_FOR: i64 = 2 * 3600;
/// Uploads kept in all; the oldest go first.
const KEPT: usize = 20;

/// Uploads by their random ids. Nobody but the user who uploaded one sees it.
#[derive(Default)]
pub(super) struct Uploads(Mutex<BTreeMap<String, Arc<Pending>>>);

/// An uploaded catalogue, read; the comparison is made anew when the draft changes.
pub(super) struct Pending {
    id: String,
    login: String,
    draft: i64,
    file_name: String,
    bytes: Vec<u8>,
    at: Moment,
    compared: Mutex<Option<Arc<Compared>>>,
}

/// An upload compared with the draft at a version.
struct Compared {
    seen: i64,
    plan: Plan,
    before: PackFiles,
    /// Rows of other tables that name groups the new catalogue lacks.
    dangling: Vec<(String, usize)>,
    /// Changes that take them out.
    cleaning: Vec<Change>,
    /// What still would keep the pack from loading after that.
    problems: Vec<String>,
}

impl Uploads {
    fn keep(&self, new: Pending) -> Arc<Pending> {
        let new = Arc::new(new);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, upload| upload.at > new.at - KEPT_FOR);
        while kept.len() >= KEPT {
            let Some(oldest) = kept.values().min_by_key(|upload| upload.at).map(|upload| upload.id.clone())
            else {
                break;
            };
            kept.remove(&oldest);
        }
        kept.insert(new.id.clone(), new.clone());
        new
    }

    fn get(&self, who: &Who, draft: i64, id: &str) -> Result<Arc<Pending>, ApiError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = kept.get(id).filter(|upload| upload.login == who.viewer.login && upload.draft == draft);
        own.cloned().ok_or_else(|| {
            ApiError::new(
                axum::http::StatusCode::NOT_FOUND,
                "这次导入已完成、已放弃或已过期",
                "请在草稿页查看修改记录；还没有导入时请重新上传文件",
            )
        })
    }

    fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

impl Pending {
    fn compare(&self, app: &App) -> Result<Arc<Compared>, ApiError> {
        let open = sync::open_draft(app.store(), self.draft)?;
        let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compared.as_ref().filter(|known| known.seen == open.draft.version) {
            return Ok(known.clone());
        }
        let wrong = |error: import::ImportError| ApiError::wrong(format!("“{}”：{error}", self.file_name));
        let (map, table) = import::read_catalogue(&open.files, &self.bytes).map_err(wrong)?;
        let imported = import::import(&map, &table, None).map_err(wrong)?;
        let plan = import::plan(&open.files, imported);
        let new = Arc::new(Compared::new(open.draft.version, open.files, plan));
        *compared = Some(new.clone());
        Ok(new)
    }
}

impl Compared {
    fn new(seen: i64, before: PackFiles, plan: Plan) -> Compared {
        let (mut dangling, mut cleaning, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        if plan.changes.wrong.is_empty() && plan.policy.is_none() {
            let table = policy::pack_export::table_of(&plan.files, "catalogue")
                .and_then(Result::ok)
                .unwrap_or_default();
            let codes: HashSet<&str> = table.rows().map(|row| row.get(0)).collect();
            for (form, change, rows) in orphans(&before, |code| codes.contains(code)) {
                // One table may stand in several forms.
                dangling.push((form.title(), rows));
                cleaning.push(change);
            }
            problems = match apply(&before, &all_changes(&plan, "", &cleaning)) {
                Ok(_) => Vec::new(),
                Err(EditError::Refused(refused)) => {
                    refused.into_iter().map(|refusal| refusal.message).collect()
                }
                Err(other) => vec![other.to_string()],
            };
        }
        Compared { seen, plan, before, dangling, cleaning, problems }
    }

    /// Whether it may be taken, with or without the cleaning.
    fn may_apply(&self) -> bool {
        self.plan.changes.wrong.is_empty() && self.problems.is_empty()
    }
}

fn all_changes(plan: &Plan, note: &str, cleaning: &[Change]) -> Vec<Change> {
    let catalogue = Change::File {
        name: "catalogue.csv".to_owned(),
        bytes: plan.imported.catalogue.clone().into_bytes(),
        note: note.to_owned(),
    };
    [catalogue].into_iter().chain(cleaning.iter().cloned()).collect()
}

#[derive(Template)]
#[template(path = "points/import.html")]
struct ImportForm {
    page: Page,
    draft: PackDraft,
    steps: Steps,
    has_map: bool,
    problem: String,
}

#[derive(Template)]
#[template(path = "points/import_trial.html")]
struct TrialPage {
    page: Page,
    draft: PackDraft,
    steps: Steps,
    upload: Arc<Pending>,
    compared: Arc<Compared>,
    counts: Vec<Count>,
    list: List,
    grid: Grid,
    evidence: String,
    summary: String,
}

pub(super) async fn form(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| html(&form_page(app, &who, id, String::new())?)).await
}

fn form_page(app: &App, who: &Who, id: i64, problem: String) -> Result<ImportForm, ApiError> {
    let (draft, loaded) = app.loaded_draft(id)?;
    super::open(&draft)?;
    Ok(ImportForm {
        page: who.page(app, "导入分值库", &crumbs(Area::Points, &draft, "导入").as_slices()),
        steps: Steps::of(app, &draft, Area::Points, "import")?,
        has_map: loaded.files.get("import.toml").is_some(),
        draft,
        problem,
    })
}

pub(super) async fn upload(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    upload: Upload,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        if upload.bytes.is_empty() {
            let problem = match upload.file_name.as_str() {
                "" => "请先选择要导入的文件".to_owned(),
                name => format!("“{name}”是空文件：请确认导出成功后重新选择"),
            };
            return html(&form_page(app, &who, id, problem)?);
        }
        super::open(&app.store().draft(id)?)?;
        let pending = app.points().uploads.keep(Pending {
            id: crate::token::random()?.chars().take(16).collect(),
            login: who.viewer.login.clone(),
            draft: id,
            file_name: upload.file_name,
            bytes: upload.bytes,
            at: app.now(),
            compared: Mutex::default(),
        });
        // What cannot be read at all is said on the form, where another file is chosen.
        if let Err(error) = pending.compare(app) {
            app.points().uploads.forget(&pending.id);
            return html(&form_page(app, &who, id, error.sentence)?);
        }
        Ok(Redirect::to(&format!("/points/drafts/{id}/import/{}", pending.id)).into_response())
    })
    .await
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path((id, upload)): Path<(i64, String)>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let upload = app.points().uploads.get(&who, id, &upload)?;
        let compared = upload.compare(app)?;
        let draft = app.store().draft(id)?;
        let (before, after) = Difference::texts(&compared.before, &compared.plan.files);
        let difference = Difference {
            changes: &compared.plan.changes,
            warnings: &compared.plan.imported.warnings,
            before,
            after,
            linked: None,
        };
        let list = difference.asked(&asked);
        let address = format!("/points/drafts/{id}/import/{}", upload.id);
        let about = vec![
            ("草稿".to_owned(), draft.name.clone()),
            ("文件".to_owned(), upload.file_name.clone()),
            ("比对".to_owned(), compared.plan.changes.summary()),
        ];
        let full = format!("{address}?{}", asked.without(&["format", "page"]));
        let mut grid = difference.grid(list, "分值库导入", about, full).for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        let evidence = Form::read(&compared.before, file_evidence()?);
        let evidence =
            evidence.records.first().map(|record| evidence.cell(record, "catalogue.csv").to_owned());
        html(&TrialPage {
            page: who.page(app, "核对导入的分值库", &crumbs(Area::Points, &draft, "核对导入").as_slices()),
            steps: Steps::of(app, &draft, Area::Points, "import")?,
            counts: difference.counts(list, &address),
            summary: compared.plan.changes.summary(),
            draft,
            upload: upload.clone(),
            compared: compared.clone(),
            list,
            grid,
            evidence: evidence.unwrap_or_default(),
        })
    })
    .await
}

fn file_evidence() -> Result<FormRef, ApiError> {
    FormRef::find("file_evidence").ok_or_else(|| ApiError::internal("缺少“各表依据”的说明"))
}

pub(super) async fn confirm(
    State(app): State<App>,
    who: Who,
    Path((id, upload)): Path<(i64, String)>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let upload = app.points().uploads.get(&who, id, &upload)?;
        let compared = upload.compare(app)?;
        let back = Redirect::to(&format!("/points/drafts/{id}/import/{}", upload.id)).into_response();
        if form.text("seen") != compared.seen.to_string() {
            app.notice(&who, "比对之后草稿已被他人修改，已按最新内容重新比对，请核对后再确认");
            return Ok(back);
        }
        let clean = form.is_set("clean");
        if !compared.may_apply() || (!compared.cleaning.is_empty() && !clean) {
            app.notice(&who, "还不能导入：请按页面上的提示处理后再确认");
            return Ok(back);
        }
        let note = format!("导入分值库 {}：{}", upload.file_name, compared.plan.changes.summary());
        let cleaning = if clean { compared.cleaning.as_slice() } else { &[] };
        let mut changes = all_changes(&compared.plan, &note, cleaning);
        changes.extend(evidence_change(&compared.before, form.text("evidence"))?);
        let by = (who.viewer.login.as_str(), app.now());
        match sync::edit_draft(app.store(), id, Some(compared.seen), &changes, by) {
            Ok(_) => {}
            Err(SyncError::Store(StoreError::Changed(_))) => {
                app.notice(&who, "比对之后草稿已被他人修改，已按最新内容重新比对，请核对后再确认");
                return Ok(back);
            }
            Err(SyncError::Edit(EditError::Refused(refused))) => {
                let first = refused.first().map(|refusal| refusal.message.clone()).unwrap_or_default();
                app.notice(&who, format!("没有导入：{first}"));
                return Ok(back);
            }
            Err(error) => return Err(error.into()),
        }
        app.points().uploads.forget(&upload.id);
        let draft = app.store().draft(id)?;
        app.log(&who, LogKind::Change, "导入分值库", &draft.name, &note)?;
        app.notice(&who, format!("已放入草稿：{}。请试算，比较后发布", compared.plan.changes.summary()));
        Ok(Redirect::to(&format!("/points/drafts/{id}")).into_response())
    })
    .await
}

/// The catalogue's evidence, when another one was written.
fn evidence_change(files: &PackFiles, evidence: &str) -> Result<Option<Change>, ApiError> {
    let form = Form::read(files, file_evidence()?);
    let (Some(record), Some(at)) = (form.records.first(), form.position("catalogue.csv")) else {
        return Ok(None);
    };
    let mut cells = record.cells.clone();
    if evidence.is_empty() || cells.get(at).is_some_and(|cell| cell == evidence) {
        return Ok(None);
    }
    if let Some(cell) = cells.get_mut(at) {
        evidence.clone_into(cell);
    }
    let edit = Edit::Set { at: record.at, seen: record.cells.clone(), cells };
    Ok(Some(Change::Form { form: "file_evidence".to_owned(), edits: vec![edit] }))
}

pub(super) async fn discard(
    State(app): State<App>,
    who: Who,
    Path((id, upload)): Path<(i64, String)>,
    _: Posted,
) -> Result<Response, ApiError> {
    let upload = app.points().uploads.get(&who, id, &upload)?;
    app.points().uploads.forget(&upload.id);
    app.notice(&who, format!("已放弃导入“{}”，草稿没有改动", upload.file_name));
    Ok(Redirect::to(&format!("/points/drafts/{id}")).into_response())
}
