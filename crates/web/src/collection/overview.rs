//! 数据采集: every source with its tasks.

use super::{JOB, class_of, shown, standing};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::jobs::Job;
use crate::page::{Page, html};
use crate::query::encode;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use std::sync::Arc;
use sync::{SourceTasks, TaskStatus};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/collection", Access::Needs(Permission::CollectionView), overview)]
}

#[derive(Template)]
#[template(path = "collection/overview.html")]
struct Overview {
    page: Page,
    sources: Vec<SourceCard>,
    running: Option<Arc<Job>>,
    may_run: bool,
    /// Encounters that wait to be computed.
    waiting: i64,
}

struct SourceCard {
    source: SourceTasks,
    next: String,
    grid: Grid,
}

async fn overview(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let now = app.now();
        let sources = sync::task_list(app.configuration(), app.store())?;
        let cards = sources.into_iter().map(|source| SourceCard {
            next: shown(
                source.schedule.cron.as_deref().and_then(|cron| sync::schedule::next_due(cron, now).ok()),
            ),
            grid: tasks_grid(&source.tasks),
            source,
        });
        html(&Overview {
            page: who.page(app, "数据采集", &[("系统管理", ""), ("数据采集", "")]),
            sources: cards.collect(),
            running: app.jobs().running(JOB),
            may_run: who.viewer.may(Permission::CollectionRun),
            waiting: app.store().dirty_count()?,
        })
    })
    .await
}

fn tasks_grid(tasks: &[TaskStatus]) -> Grid {
    let row = |task: &TaskStatus| {
        let (state, class) = standing(&task.state);
        let mut cells = vec![
            Cell::text(task.name.clone()).link(format!("/collection/task?task={}", encode(&task.key))),
            Cell::text(task.table.chinese),
            Cell::text(task.mode),
            Cell::text(state).class(class),
            Cell::moment(task.state.watermark),
        ];
        match &task.last_run {
            Some(run) => cells.extend([
                Cell::moment(run.started_at).link(format!("/collection/log/{}", run.id)),
                Cell::text(run.state.chinese()).class(class_of(run.state)),
                Cell::whole(run.read),
                Cell::whole(run.inserted),
                Cell::whole(run.updated),
                Cell::whole(run.tombstoned),
                if run.rejected > 0 {
                    Cell::whole(run.rejected).link(format!("/collection/log/{}", run.id))
                } else {
                    Cell::whole(0)
                },
            ]),
            None => cells.resize(12, Cell::default()),
        }
        Row { cells, class: "" }
    };
    let last = "最近一次运行";
    Grid {
        title: "采集任务".into(),
        columns: vec![
            Column::text("task", "任务"),
            Column::text("table", "标准表"),
            Column::text("mode", "读法"),
            Column::text("state", "状态"),
            Column::text("watermark", "已采到"),
            Column::text("started", "开始").group(last),
            Column::text("result", "结果").group(last),
            Column::number("read", "读取行", "").group(last),
            Column::number("inserted", "新增行", "").group(last),
            Column::number("updated", "修改行", "").group(last),
            Column::number("tombstoned", "删除行", "").group(last),
            Column::number("rejected", "拒收行", "").group(last),
        ],
        rows: tasks.iter().map(row).collect(),
        empty: "没有采集任务；请检查对照包".into(),
        ..Grid::default()
    }
}
