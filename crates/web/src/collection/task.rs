//! 采集任务: one task with its latest runs, and what can be done with it.

use super::log::runs_grid;
use super::{JOB, shown, standing};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::jobs::Job;
use crate::page::{Page, html};
use crate::query::{Asked, Posted, encode};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use std::sync::Arc;
use store::LogKind;
use sync::TaskStatus;

pub(super) fn routes() -> Vec<Route> {
    let run = Access::Needs(Permission::CollectionRun);
    vec![
        Route::get("/collection/task", Access::Needs(Permission::CollectionView), show),
        Route::post("/collection/pause", run, pause),
        Route::post("/collection/resume", run, resume),
        Route::post("/collection/reread", run, reread),
    ]
}

/// Runs shown of a task.
const LATEST: i64 = 20;

#[derive(Template)]
#[template(path = "collection/task.html")]
struct TaskPage {
    page: Page,
    source: String,
    task: TaskStatus,
    state: String,
    class: &'static str,
    watermark: String,
    running: Option<Arc<Job>>,
    may_run: bool,
    grid: Grid,
}

/// Address of a task's page.
fn address(task: &str) -> String {
    format!("/collection/task?task={}", encode(task))
}

/// The task of this name with its source.
fn find(app: &App, key: &str) -> Result<(String, TaskStatus), ApiError> {
    let sources = sync::task_list(app.configuration(), app.store())?;
    let found = sources.into_iter().find_map(|source| {
        let id = source.id;
        source.tasks.into_iter().find(|task| task.key == key).map(|task| (id, task))
    });
    found.ok_or_else(|| ApiError::missing("此采集任务"))
}

async fn show(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (source, task) = find(app, asked.text("task"))?;
        let (state, class) = standing(&task.state);
        let runs = app.store().runs(Some(&task.key), LATEST)?;
        let crumbs = [("系统管理", ""), ("数据采集", "/collection"), (task.key.as_str(), "")];
        html(&TaskPage {
            page: who.page(app, &format!("采集任务：{}", task.table.chinese), &crumbs),
            source,
            state,
            class,
            watermark: shown(task.state.watermark),
            running: app.jobs().running(JOB),
            may_run: who.viewer.may(Permission::CollectionRun),
            grid: runs_grid(&runs),
            task,
        })
    })
    .await
}

async fn pause(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    set_pause(app, who, fields.text("task").to_owned(), true).await
}

async fn resume(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    set_pause(app, who, fields.text("task").to_owned(), false).await
}

async fn set_pause(app: App, who: Who, key: String, pause: bool) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (_, task) = find(app, &key)?;
        app.store().pause_task(&key, pause)?;
        let (before, _) = standing(&task.state);
        let (action, after) = if pause { ("暂停采集", "已暂停") } else { ("恢复采集", "正常") };
        app.log(&who, LogKind::Collection, action, &key, &format!("状态：{before} → {after}"))?;
        app.notice(
            &who,
            if pause {
                "任务已暂停：定时采集跳过它，仍可手动运行"
            } else {
                "任务已恢复"
            },
        );
        Ok(Redirect::to(&address(&key)).into_response())
    })
    .await
}

async fn reread(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (_, task) = find(app, fields.text("task"))?;
        let from = match fields.text("from") {
            "" => None,
            text => Some(model::parse_moment(text).map(model::canonical::seconds_of).ok_or_else(|| {
                ApiError::wrong(format!("“{text}”不是时间；应写作 2025-03-01 或 2025-03-01 08:00"))
            })?),
        };
        // A collection under way would move the watermark on.
        let _lock = app.store().lock_collection()?;
        app.store().set_watermark(&task.key, from)?;
        let detail = format!("已采到：{} → {}", shown(task.state.watermark), shown(from));
        app.log(&who, LogKind::Collection, "重读", &task.key, &detail)?;
        let place = from.map_or("从头".to_owned(), |at| format!("从 {} 起", crate::text::moment(at)));
        app.notice(&who, format!("下次采集{place}重新读取；已有的行不会重复"));
        Ok(Redirect::to(&address(&task.key)).into_response())
    })
    .await
}
