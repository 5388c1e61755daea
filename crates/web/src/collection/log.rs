//! 同步日志: every run with its counts; one run with the rows it refused and why.

use super::{cause, class_of, shown};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Permission;
use model::canonical::Table;
use store::{Reject, RejectCount, RunFilter, RunState, SyncRun};

pub(super) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::CollectionView);
    vec![Route::get("/collection/log", view, list), Route::get("/collection/log/{id}", view, show)]
}

/// Days shown when no period was asked for.
const DAYS: i64 = 7;
/// Runs in one export.
const MOST_EXPORTED: i64 = 100_000;
const DAY: i64 = 86_400;

/// The filters of runs and of their statistics.
pub(super) struct Filters {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) tasks: Vec<String>,
    pub(super) asked: Fields,
}

impl Filters {
    pub(super) fn read(app: &App, asked: Fields) -> Result<(Filters, RunFilter), ApiError> {
        let today = crate::text::days(app.today());
        let to = asked.date("to", "结束日期")?.map_or(today, crate::text::days);
        let from = asked.date("from", "开始日期")?.map_or(to - DAYS + 1, crate::text::days);
        if from > to {
            return Err(ApiError::wrong("开始日期晚于结束日期"));
        }
        let sources = sync::task_list(app.configuration(), app.store())?;
        let tasks = sources.into_iter().flat_map(|source| source.tasks).map(|task| task.key);
        let task = asked.text("task");
        let filter = RunFilter {
            from: Some(from * DAY),
            to: Some((to + 1) * DAY),
            task: Some(task.to_owned()).filter(|task| !task.is_empty()),
            state: RunState::all().find(|state| state.1 == asked.text("state")).map(|state| state.0),
            eventful: asked.is_set("eventful"),
            ..RunFilter::default()
        };
        let filters =
            Filters { from: crate::text::day(from), to: crate::text::day(to), tasks: tasks.collect(), asked };
        Ok((filters, filter))
    }

    pub(super) fn about(&self) -> Vec<(String, String)> {
        let mut about = vec![("日期".to_owned(), format!("{} 至 {}", self.from, self.to))];
        if self.asked.is_set("task") {
            about.push(("任务".to_owned(), self.asked.text("task").to_owned()));
        }
        if let Some(state) = RunState::all().find(|state| state.1 == self.asked.text("state")) {
            about.push(("状态".to_owned(), state.2.to_owned()));
        }
        if self.asked.is_set("eventful") {
            about.push(("只看".to_owned(), "有变化或未完成的".to_owned()));
        }
        about
    }

    /// The filters as a query string, for the other tabs.
    pub(super) fn query(&self) -> String {
        self.asked.without(&["page", "by", "format"])
    }
}

#[derive(Template)]
#[template(path = "collection/log.html")]
pub(super) struct LogPage {
    pub(super) page: Page,
    /// `None`: the runs.
    pub(super) by: Option<&'static str>,
    pub(super) filters: Filters,
    pub(super) chart: String,
    pub(super) grid: Grid,
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let mut paging = Paging::asked(&asked);
        let exports = asked.is_set("format");
        let (filters, mut filter) = Filters::read(app, asked)?;
        (filter.offset, filter.limit) =
            if exports { (0, MOST_EXPORTED) } else { (paging.offset(), paging.size) };
        let (runs, total) = app.store().find_runs(&filter)?;
        paging.total = total;
        let mut grid = runs_grid(&runs);
        grid.id = "sync-runs";
        grid.about = filters.about();
        grid.address = format!("/collection/log?{}", filters.asked.without(&["format"]));
        let mut grid = grid.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &filters.asked)? {
            return Ok(file);
        }
        grid.paging = Some(paging);
        let page = who.page(app, "同步日志", &[("系统管理", ""), ("同步日志", "")]);
        html(&LogPage { page, by: None, filters, chart: String::new(), grid })
    })
    .await
}

pub(super) fn runs_grid(runs: &[SyncRun]) -> Grid {
    let row = |run: &SyncRun| {
        let address = format!("/collection/log/{}", run.id);
        let seconds = run.ended_at.map(|ended| ended - run.started_at);
        Row {
            cells: vec![
                Cell::whole(run.id).link(address.clone()),
                Cell::text(run.task.clone()).link(format!("/collection/task?task={}", encode(&run.task))),
                Cell::text(chinese(&run.table)),
                Cell::text(cause(&run.cause)),
                Cell::moment(run.started_at),
                seconds.map_or_else(Cell::default, Cell::whole),
                Cell::text(run.state.chinese()).class(class_of(run.state)),
                Cell::whole(run.read),
                Cell::whole(run.inserted),
                Cell::whole(run.updated),
                Cell::whole(run.unchanged),
                Cell::whole(run.outdated),
                Cell::whole(run.tombstoned),
                if run.rejected > 0 { Cell::whole(run.rejected).link(address) } else { Cell::whole(0) },
                Cell::text(run.message.clone()),
            ],
            class: "",
        }
    };
    Grid {
        title: "同步日志".into(),
        columns: vec![
            Column::number("id", "编号", ""),
            Column::text("task", "任务"),
            Column::text("table", "标准表"),
            Column::text("cause", "方式"),
            Column::text("started", "开始"),
            Column::number("seconds", "耗时", "秒"),
            Column::text("state", "状态"),
            Column::number("read", "读取", "").group("行数"),
            Column::number("inserted", "新增", "").group("行数"),
            Column::number("updated", "修改", "").group("行数"),
            Column::number("unchanged", "不变", "").group("行数"),
            Column::number("outdated", "过期", "").group("行数"),
            Column::number("tombstoned", "删除", "").group("行数"),
            Column::number("rejected", "拒收", "").group("行数"),
            Column::text("message", "说明"),
        ],
        rows: runs.iter().map(row).collect(),
        empty: "没有符合条件的运行；请放宽日期或条件".into(),
        ..Grid::default()
    }
}

/// A canonical table as on a screen; the connection itself has none.
pub(super) fn chinese(table: &str) -> &str {
    Table::named(table).map_or(table, |table| table.chinese)
}

#[derive(Template)]
#[template(path = "collection/run.html")]
struct RunPage {
    page: Page,
    run: SyncRun,
    reasons: Grid,
    grid: Grid,
}

impl RunPage {
    fn class(&self) -> &'static str {
        class_of(self.run.state)
    }

    fn cause(&self) -> &'static str {
        cause(&self.run.cause)
    }

    fn table(&self) -> &str {
        chinese(&self.run.table)
    }

    fn started_at(&self) -> String {
        shown(self.run.started_at)
    }

    fn ended_at(&self) -> String {
        shown(self.run.ended_at)
    }

    fn starts_at(&self) -> String {
        shown(self.run.from_watermark)
    }

    fn to_watermark(&self) -> String {
        shown(self.run.to_watermark)
    }

    fn count(&self, rows: &i64) -> String {
        crate::text::whole(*rows)
    }
}

async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let run = app.store().run(id)?;
        let mut paging = Paging::asked(&asked);
        let reason = Some(asked.text("reason")).filter(|reason| !reason.is_empty());
        let slice = if asked.is_set("format") { (0, 0) } else { (paging.offset(), paging.size) };
        let (rejects, total) = app.store().find_rejects(id, reason, slice)?;
        paging.total = total;
        let mut grid = rejects_grid(&rejects, id);
        grid.about = vec![("运行".into(), format!("{id} {}", run.task))];
        grid.about.extend(reason.map(|reason| ("原因".to_owned(), reason.to_owned())));
        grid.address = format!("/collection/log/{id}?{}", asked.without(&["format"]));
        let mut grid = grid.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.paging = Some(paging);
        let title = format!("同步日志 {id}");
        let crumbs = [("系统管理", ""), ("同步日志", "/collection/log"), (title.as_str(), "")];
        html(&RunPage {
            page: who.page(app, &title, &crumbs),
            reasons: reasons_grid(&app.store().reject_counts(id)?, id),
            run,
            grid,
        })
    })
    .await
}

fn reasons_grid(counts: &[RejectCount], run: i64) -> Grid {
    let row = |count: &RejectCount| Row {
        cells: vec![
            Cell::text(count.field.clone()),
            Cell::text(count.reason.clone()),
            Cell::text(count.remedy.clone()),
            Cell::whole(count.rows).link(format!("/collection/log/{run}?reason={}", encode(&count.reason))),
        ],
        class: "",
    };
    Grid {
        title: "拒收原因".into(),
        columns: vec![
            Column::text("field", "字段"),
            Column::text("reason", "原因"),
            Column::text("remedy", "改法"),
            Column::number("rows", "行数", "行"),
        ],
        // A column of wrong texts may have thousands of different reasons; the rows below have them all.
        rows: counts.iter().take(50).map(row).collect(),
        empty: "没有拒收的行".into(),
        ..Grid::default()
    }
}

fn rejects_grid(rejects: &[Reject], run: i64) -> Grid {
    let row = |reject: &Reject| Row {
        cells: vec![
            Cell::whole(reject.row_number),
            Cell::text(reject.key.clone()),
            Cell::text(reject.field.clone()),
            Cell::text(reject.reason.clone()),
            Cell::text(reject.remedy.clone()),
            Cell::text(reject.raw.clone()),
        ],
        class: "",
    };
    Grid {
        title: format!("拒收的行（运行 {run}）"),
        columns: vec![
            Column::number("row", "行", ""),
            Column::text("key", "主键"),
            Column::text("field", "字段"),
            Column::text("reason", "原因"),
            Column::text("remedy", "改法"),
            Column::text("raw", "原始内容（隐私项已屏蔽）"),
        ],
        rows: rejects.iter().map(row).collect(),
        empty: "没有拒收的行".into(),
        ..Grid::default()
    }
}
