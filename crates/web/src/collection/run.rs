//! 立即采集: collects as a background job, computes what changed and brings it into the mart.

use super::JOB;
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::Outcome;
use crate::query::Posted;
use crate::route::{Access, Route};
use crate::who::Who;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{LogKind, Progress, RunState, SyncRun};
use sync::{CollectedSource, PackSet, SyncError, Wish};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::post("/collection/run", Access::Needs(Permission::CollectionRun), start)]
}

/// `source`, tasks of it (none: all), and `accept` when vanished rows are really gone.
async fn start(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let id = fields.text("source");
        let known = |source: &&CollectedSource| source.source.id == id;
        let source = app
            .configuration()
            .sources
            .iter()
            .find(known)
            .cloned()
            .ok_or_else(|| ApiError::missing("此数据源"))?;
        let tasks: Vec<String> = fields.all("task").map(str::to_owned).collect();
        for task in &tasks {
            sync::find_task(app.configuration(), &format!("{id}/{task}"))
                .map_err(|e| ApiError::wrong(e.to_string()))?;
        }
        let accept_deletions = fields.is_set("accept") && !tasks.is_empty();
        let what = if tasks.is_empty() { "全部任务".to_owned() } else { tasks.join("、") };
        let name = format!("采集 {}（{what}）", source.source.name);
        let job = app.jobs().start(app, &who, JOB, name, move |app, progress| {
            let wish = Wish { only: &tasks, cause: "manual", accept_deletions };
            let collected = collect(app, &source, wish, progress)?;
            match collected.failure() {
                None => Ok(Outcome { sentence: collected.sentence(), link: "/collection/log".into() }),
                Some(why) => Err(ApiError::new(
                    axum::http::StatusCode::CONFLICT,
                    why,
                    "其他任务已完成；详情见同步日志，处理后可再次采集",
                )),
            }
        })?;
        let action = if accept_deletions { "确认删除并采集" } else { "立即采集" };
        app.log(&who, LogKind::Collection, action, id, &what)?;
        Ok(Redirect::to(&format!("/jobs/{job}")).into_response())
    })
    .await
}

/// What a collection did.
pub(super) struct Collected {
    pub(super) runs: Vec<SyncRun>,
    /// Cases computed; `None`: no policy pack is in force.
    computed: Option<u64>,
}

impl Collected {
    /// What did not end well, the first of it in words.
    pub(super) fn failure(&self) -> Option<String> {
        let bad: Vec<&SyncRun> = self.runs.iter().filter(|run| run.state != RunState::Done).collect();
        let first = bad.first()?;
        let what = format!("{} {}：{}", first.task, first.state.chinese(), first.message);
        Some(if bad.len() > 1 { format!("{} 个任务没有完成；{what}", bad.len()) } else { what })
    }

    /// What it brought.
    pub(super) fn sentence(&self) -> String {
        let sum = |of: fn(&SyncRun) -> i64| crate::text::whole(self.runs.iter().map(of).sum());
        let computed = self
            .computed
            .map_or("没有启用的政策包，未重算".to_owned(), |n| format!("重算 {n} 例"));
        format!(
            "读取 {} 行，新增 {}，修改 {}，删除 {}，拒收 {}；{computed}",
            sum(|run| run.read),
            sum(|run| run.inserted),
            sum(|run| run.updated),
            sum(|run| run.tombstoned),
            sum(|run| run.rejected)
        )
    }
}

/// Collects, computes what changed, refreshes the mart.
pub(super) fn collect(
    app: &App,
    source: &CollectedSource,
    wish: Wish<'_>,
    progress: &mut dyn Progress,
) -> Result<Collected, ApiError> {
    let store = app.store();
    let _lock = store.lock_collection()?;
    let runs = sync::collect_configured(store, source, wish, &|| app.now(), progress)?;
    let computed = match PackSet::in_force(store, app.rules()) {
        Ok(packs) => Some(sync::compute_changed(store, &packs, app.today(), app.now(), progress)?),
        Err(SyncError::NoPack) => None,
        Err(error) => return Err(error.into()),
    };
    sync::audit_changed(store, app.rules(), app.now(), progress)?;
    app.refresh(progress)?;
    Ok(Collected { runs, computed })
}
