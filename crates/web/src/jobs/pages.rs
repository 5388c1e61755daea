//! Pages of the background jobs: the list, one job, its progress as a fragment, cancel.

use super::{Job, JobState};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::Posted;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/jobs", Access::User, list),
        Route::get("/jobs/{id}", Access::User, show),
        Route::get("/jobs/{id}/state", Access::User, state),
        Route::post("/jobs/{id}/cancel", Access::User, cancel),
    ]
}

#[derive(Template)]
#[template(path = "jobs/list.html")]
struct List {
    page: Page,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "jobs/job.html")]
struct Show {
    page: Page,
    job: Arc<Job>,
    state: JobState,
}

#[derive(Template)]
#[template(path = "jobs/state.html")]
struct State_ {
    job: Arc<Job>,
    state: JobState,
}

async fn list(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    let rows = app.jobs().all().into_iter().map(|job| {
        let (state, ended, result) = match job.state() {
            JobState::Running { phase, .. } => (
                job.percent().map_or("进行中".to_owned(), |percent| format!("进行中 {percent}%")),
                None,
                phase,
            ),
            JobState::Done { at, sentence, .. } => ("完成".to_owned(), Some(at), sentence),
            JobState::Failed { at, sentence } => ("失败".to_owned(), Some(at), sentence),
            JobState::Cancelled { at } => ("已取消".to_owned(), Some(at), String::new()),
        };
        Row {
            cells: vec![
                Cell::text(job.name.clone()).link(format!("/jobs/{}", job.id)),
                Cell::text(job.user.clone()),
                Cell::moment(job.started_at),
                Cell::moment(ended),
                Cell::text(state),
                Cell::text(result),
            ],
            class: "",
        }
    });
    let grid = Grid {
        title: "后台任务".into(),
        columns: ["任务", "发起人", "开始", "结束", "状态", "结果"]
            .iter()
            .map(|t| Column::text(t, t))
            .collect(),
        rows: rows.collect(),
        empty: "服务启动以来没有后台任务".into(),
        ..Grid::default()
    };
    html(&List { page: who.page(&app, "后台任务", &[("后台任务", "")]), grid })
}

async fn show(State(app): State<App>, who: Who, Path(id): Path<u64>) -> Result<Response, ApiError> {
    let job = app.jobs().get(id).ok_or_else(|| ApiError::missing("此任务"))?;
    let page = who.page(&app, &job.name, &[("后台任务", "/jobs"), (&job.name, "")]);
    html(&Show { page, state: job.state(), job })
}

async fn state(State(app): State<App>, _: Who, Path(id): Path<u64>) -> Result<Response, ApiError> {
    let job = app.jobs().get(id).ok_or_else(|| ApiError::missing("此任务"))?;
    html(&State_ { state: job.state(), job })
}

async fn cancel(
    State(app): State<App>,
    who: Who,
    Path(id): Path<u64>,
    _: Posted,
) -> Result<Response, ApiError> {
    let job = app.jobs().get(id).ok_or_else(|| ApiError::missing("此任务"))?;
    if job.login != who.viewer.login && !who.viewer.may(model::Permission::CollectionRun) {
        return Err(ApiError::forbidden("取消他人的任务"));
    }
    job.cancel();
    let logged = job.clone();
    app.blocking(move |app| {
        app.log(&who, store::LogKind::System, "取消任务", &logged.name, &format!("任务 {id}"))
    })
    .await?;
    Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
}
