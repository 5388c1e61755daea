//! 导入: upload, columns, dry run, confirm.

use super::change_lists::{self, Count, List};
use super::comparison::page_of;
use super::pending::{ColumnQuestion, Examined, PendingImport, Settings};
use super::versions::summary;
use super::{Tabs, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Grid, Paging};
use crate::jobs::Outcome;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted, Upload};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use store::{CatalogueVersion, LogKind, StoreError};
use sync::SyncError;
use sync::terminology::{CatalogueAuthor, CatalogueTrial};
use terms::{Layout, Mode};

/// From so many rows on an import is a background job.
const LARGE: usize = 20_000;

#[derive(Template)]
#[template(path = "catalogues/import.html")]
struct ImportForm {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    settings: Settings,
    problem: String,
}

#[derive(Template)]
#[template(path = "catalogues/columns.html")]
struct ColumnsPage {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    import: Arc<PendingImport>,
    settings: Settings,
    question: Arc<ColumnQuestion>,
}

#[derive(Template)]
#[template(path = "catalogues/trial.html")]
struct TrialPage {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    import: Arc<PendingImport>,
    trial: Arc<CatalogueTrial>,
    counts: Vec<Count>,
    list: List,
    grid: Grid,
    held_back: usize,
    changes_something: bool,
}

pub(super) async fn form(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| html(&form_page(app, &who, layout, Settings::default(), String::new()))).await
}

pub(super) async fn upload(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let settings = Settings { columns: None, ..settings_of(&upload.fields) };
        if upload.bytes.is_empty() {
            let problem = match upload.file_name.as_str() {
                "" => "请先选择要导入的文件".to_owned(),
                name => format!("“{name}”是空文件：请确认导出成功后重新选择"),
            };
            return html(&form_page(app, &who, layout, settings, problem));
        }
        let file = (upload.file_name, upload.bytes);
        let import = app.catalogues().pending.keep(app, &who.viewer.login, layout, file, settings)?;
        Ok(Redirect::to(&address(layout, &import)).into_response())
    })
    .await
}

/// The dry run, or the question about columns: when it has to be asked, and with `?columns=1`.
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path((id, import)): Path<(String, String)>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let import = app.catalogues().pending.get(app, &who.viewer.login, layout, &import)?;
        if asked.is_set("columns") {
            let question = Arc::new(import.ask_columns());
            return columns_page(app, &who, layout, import, question);
        }
        match import.examine(app)? {
            Examined::Columns(question) => columns_page(app, &who, layout, import, question),
            Examined::Trial(trial) => trial_page(app, &who, layout, import, trial, &asked),
        }
    })
    .await
}

/// Other columns, sheet, header line or values.
pub(super) async fn settle(
    State(app): State<App>,
    who: Who,
    Path((id, import)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let import = app.catalogues().pending.get(app, &who.viewer.login, layout, &import)?;
        let settings = settings_of(&form);
        // A file that could not be read has no columns to choose from; nor do columns of another sheet count.
        let before = import.settings();
        let same_table = (&before.sheet, &before.header_line, &before.encoding)
            == (&settings.sheet, &settings.header_line, &settings.encoding);
        let columns = chosen_columns(layout, &form).filter(|_| same_table);
        import.settle(Settings { columns, ..settings });
        Ok(Redirect::to(&address(layout, &import)).into_response())
    })
    .await
}

pub(super) async fn discard(
    State(app): State<App>,
    who: Who,
    Path((id, import)): Path<(String, String)>,
    _: Posted,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    let import = app.catalogues().pending.get(&app, &who.viewer.login, layout, &import)?;
    app.catalogues().pending.forget(&import.id);
    app.notice(&who, format!("已放弃导入“{}”，目录没有改动", import.file_name));
    Ok(Redirect::to(&format!("/catalogues/{}", layout.id)).into_response())
}

/// Keeps what the dry run showed. `seen` is the version it was made on, `skip_wrong` that wrong rows are passed over.
pub(super) async fn confirm(
    State(app): State<App>,
    who: Who,
    Path((id, import)): Path<(String, String)>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let import = app.catalogues().pending.get(app, &who.viewer.login, layout, &import)?;
        let back = Redirect::to(&address(layout, &import)).into_response();
        let Examined::Trial(trial) = import.examine(app)? else { return Ok(back) };
        if form.text("seen") != trial.seen.to_string() {
            app.notice(&who, "比对之后目录已被他人修改，已按最新内容重新比对，请核对后再确认");
            return Ok(back);
        }
        let skip_wrong = form.is_set("skip_wrong");
        if !trial.plan.wrong.is_empty() && !skip_wrong {
            app.notice(&who, SyncError::WrongRows(trial.plan.wrong.len()).to_string());
            return Ok(back);
        }
        let note = form.text("note").to_owned();
        if trial.rows >= LARGE {
            let name = format!("导入{}", layout.title);
            let (job_who, job_import) = (who.clone(), import.clone());
            let job = app.jobs().start(app, &who, "catalogue_import", name, move |app, progress| {
                progress.report("写入目录", 0, 0);
                let sentence = match keep(app, &job_who, &job_import, &trial, skip_wrong, &note)? {
                    Ok(sentence) => sentence,
                    Err(problem) => return Err(ApiError::conflict(problem)),
                };
                Ok(Outcome { sentence, link: format!("/catalogues/{}/versions", layout.id) })
            })?;
            return Ok(Redirect::to(&format!("/jobs/{job}")).into_response());
        }
        match keep(app, &who, &import, &trial, skip_wrong, &note)? {
            Ok(sentence) => {
                app.notice(&who, sentence);
                Ok(Redirect::to(&format!("/catalogues/{}/versions", layout.id)).into_response())
            }
            Err(problem) => {
                app.notice(&who, problem);
                Ok(back)
            }
        }
    })
    .await
}

/// Keeps the trial as a version and logs it: a sentence of what was done, or of who came first.
fn keep(
    app: &App,
    who: &Who,
    import: &PendingImport,
    trial: &CatalogueTrial,
    skip_wrong: bool,
    note: &str,
) -> Result<Result<String, String>, ApiError> {
    let author =
        CatalogueAuthor { login: &who.viewer.login, now: app.now(), file_name: &import.file_name, note };
    let version = match app.terminology().confirm(trial, skip_wrong, author) {
        Err(SyncError::Store(StoreError::Changed(_))) => {
            return Ok(Err("比对之后目录已被他人修改，已按最新内容重新比对，请核对后再确认".into()));
        }
        done => done?,
    };
    app.catalogues().pending.forget(&import.id);
    let Some(version) = version else { return Ok(Ok("与现有目录一致，没有改动".into())) };
    let detail = format!("第 {} 版，{}；文件 {}", version.version, summary(&version), import.file_name);
    app.log(who, LogKind::Change, "导入目录", trial.layout.title, &detail)?;
    Ok(Ok(done(&version)))
}

fn done(version: &CatalogueVersion) -> String {
    format!("已导入，现为第 {} 版：{}", version.version, summary(version))
}

fn address(layout: &Layout, import: &PendingImport) -> String {
    format!("/catalogues/{}/import/{}", layout.id, import.id)
}

fn settings_of(form: &Fields) -> Settings {
    let text = |name: &str| form.text(name).to_owned();
    Settings {
        incremental: form.text("mode") == "incremental",
        edition: text("edition"),
        valid_from: text("valid_from"),
        valid_to: text("valid_to"),
        sheet: text("sheet"),
        header_line: text("header_line"),
        encoding: text("encoding"),
        columns: None,
    }
}

/// The columns chosen; `None` when the form had no choice of them.
fn chosen_columns(layout: &Layout, form: &Fields) -> Option<Vec<(String, String)>> {
    let chosen = layout.fields.iter().map(|field| (field.id, form.text(&format!("column_{}", field.id))));
    let chosen: Vec<(String, String)> = chosen
        .filter(|(_, column)| !column.is_empty())
        .map(|(id, column)| (id.to_owned(), column.to_owned()))
        .collect();
    (!chosen.is_empty()).then_some(chosen)
}

fn form_page(
    app: &App,
    who: &Who,
    layout: &'static Layout,
    settings: Settings,
    problem: String,
) -> ImportForm {
    let title = format!("导入{}", layout.title);
    let page = super::page(app, who, layout, &title, &[("导入", "")]);
    ImportForm { page, tabs: Tabs::of(layout), layout, settings, problem }
}

fn columns_page(
    app: &App,
    who: &Who,
    layout: &'static Layout,
    import: Arc<PendingImport>,
    question: Arc<ColumnQuestion>,
) -> Result<Response, ApiError> {
    let page = super::page(app, who, layout, &format!("列对应：{}", import.file_name), &[("导入", "")]);
    html(&ColumnsPage { page, tabs: Tabs::of(layout), layout, settings: import.settings(), import, question })
}

fn trial_page(
    app: &App,
    who: &Who,
    layout: &'static Layout,
    import: Arc<PendingImport>,
    trial: Arc<CatalogueTrial>,
    asked: &Fields,
) -> Result<Response, ApiError> {
    let list = List::asked(asked, &trial.plan);
    let here = address(layout, &import);
    let mut grid = change_lists::grid(layout, &trial.plan, list, true);
    grid.about.insert(0, ("文件".into(), import.file_name.clone()));
    grid.address = super::with_field(&here, "list", List::ALL[list as usize].1);
    let mut grid = grid.for_viewer(&who.viewer);
    if let Some(file) = grid.export(app, who, asked)? {
        return Ok(file);
    }
    page_of(&mut grid, Paging::asked(asked));
    html(&TrialPage {
        page: super::page(app, who, layout, &format!("比对结果：{}", import.file_name), &[("导入", "")]),
        tabs: Tabs::of(layout),
        layout,
        counts: change_lists::counts(&trial.plan, list, &here),
        import,
        list,
        grid,
        held_back: trial.held_back(),
        changes_something: trial.changes_something(),
        trial,
    })
}
