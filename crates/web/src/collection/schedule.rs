//! 定时采集: when a source is read, set here instead of in the configuration file; every change is kept.

use super::shown;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{LogKind, StoreError};
use sync::{CollectedSource, SyncError, schedule_of};

pub(super) fn routes() -> Vec<Route> {
    let run = Access::Needs(Permission::CollectionRun);
    vec![Route::get("/collection/schedule", run, show), Route::post("/collection/schedule", run, save)]
}

/// Times that are offered.
const USUAL: [(&str, &str); 6] = [
    ("*/15 * * * *", "每 15 分钟"),
    ("*/30 * * * *", "每 30 分钟"),
    ("0 * * * *", "每小时"),
    ("0 */4 * * *", "每 4 小时"),
    ("30 2 * * *", "每天 2:30"),
    ("", "仅手动"),
];

#[derive(Template)]
#[template(path = "collection/schedule.html")]
struct SchedulePage {
    page: Page,
    source: String,
    cron: String,
    version: i64,
    next: Vec<String>,
    history: Grid,
    error: String,
}

fn find<'c>(app: &'c App, id: &str) -> Result<&'c CollectedSource, ApiError> {
    app.configuration()
        .sources
        .iter()
        .find(|source| source.source.id == id)
        .ok_or_else(|| ApiError::missing("此数据源"))
}

fn page(
    app: &App,
    who: &Who,
    source: &CollectedSource,
    typed: Option<String>,
    error: String,
) -> Result<SchedulePage, ApiError> {
    let schedule = schedule_of(app.store(), source)?;
    let cron = schedule.cron.unwrap_or_default();
    let mut next = Vec::new();
    let mut after = app.now();
    while next.len() < 3
        && !cron.is_empty()
        && let Ok(due) = sync::schedule::next_due(&cron, after)
    {
        next.push(shown(Some(due)));
        after = due;
    }
    let history = app.store().parameter_history(&format!("schedule:{}", source.source.id))?;
    let rows = history.iter().map(|set| Row {
        cells: vec![
            Cell::whole(set.version),
            Cell::text(if set.value.is_empty() { "仅手动" } else { set.value.as_str() }),
            Cell::text(set.changed_by.clone()),
            Cell::moment(set.changed_at),
        ],
        class: "",
    });
    let name = &source.source.name;
    let crumbs = [("系统管理", ""), ("数据采集", "/collection"), (name.as_str(), ""), ("定时", "")];
    Ok(SchedulePage {
        page: who.page(app, &format!("定时采集：{name}"), &crumbs),
        source: source.source.id.clone(),
        cron: typed.unwrap_or(cron),
        version: schedule.version,
        next,
        history: Grid {
            title: "修改记录".into(),
            columns: vec![
                Column::number("version", "版本", ""),
                Column::text("cron", "定时"),
                Column::text("by", "修改人"),
                Column::text("at", "修改时间"),
            ],
            rows: rows.collect(),
            empty: "没有修改过：使用配置文件 dipper.toml 中的设置".into(),
            ..Grid::default()
        },
        error,
    })
}

async fn show(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let source = find(app, asked.text("source"))?;
        html(&page(app, &who, source, None, String::new())?)
    })
    .await
}

async fn save(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let source = find(app, fields.text("source"))?;
        let (cron, seen) = (fields.text("cron"), fields.whole("version", "版本")?.unwrap_or_default());
        let before = schedule_of(app.store(), source)?;
        let again = |error: String| html(&page(app, &who, source, Some(cron.to_owned()), error)?);
        match sync::set_schedule(app.store(), source, cron, seen, (app.now(), &who.viewer.login)) {
            Ok(()) => {}
            Err(SyncError::Config(_, why)) => return again(why),
            Err(SyncError::Store(StoreError::Changed(_))) => {
                let now = before.cron.unwrap_or_else(|| "仅手动".into());
                return again(format!(
                    "定时已被他人修改，现为“{now}”；表单里仍是您填写的内容，核对后可再次保存"
                ));
            }
            Err(error) => return Err(error.into()),
        }
        let said = |cron: &str| if cron.is_empty() { "仅手动".to_owned() } else { cron.to_owned() };
        let detail = format!("定时：{} → {}", said(before.cron.as_deref().unwrap_or_default()), said(cron));
        app.log(&who, LogKind::Collection, "修改定时", &source.source.id, &detail)?;
        app.notice(&who, "定时已保存，一分钟内生效");
        Ok(Redirect::to("/collection").into_response())
    })
    .await
}
