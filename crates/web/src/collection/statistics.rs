//! 同步日志统计: runs and rows by task or by day; every number opens its runs.

use super::log::{Filters, LogPage, chinese};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::html;
use crate::query::{Asked, Fields};
use crate::route::{Access, Route};
use crate::who::Who;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use store::{RunBy, RunTotals};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/collection/log/statistics", Access::Needs(Permission::CollectionView), statistics)]
}

async fn statistics(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let (by, id, title) = match asked.text("by") {
            "day" => (RunBy::Day, "day", "同步日志统计（按日期）"),
            _ => (RunBy::Task, "task", "同步日志统计（按任务）"),
        };
        let (filters, filter) = Filters::read(app, asked)?;
        let totals = app.store().run_counts(&filter, by)?;
        let mut grid = totals_grid(&totals, by, &filters.asked);
        grid.title = title.into();
        grid.about = filters.about();
        grid.address = format!("/collection/log/statistics?{}", filters.asked.without(&["format"]));
        let grid = grid.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &filters.asked)? {
            return Ok(file);
        }
        let chart = chart(&totals, by, &filters.asked);
        let page = who.page(app, "同步日志", &[("系统管理", ""), ("同步日志", "")]);
        html(&LogPage { page, by: Some(id), filters, chart, grid })
    })
    .await
}

/// Name of a line, and the address of its runs.
fn line(totals: &RunTotals, by: RunBy, asked: &Fields) -> (String, String) {
    let rest = Fields(asked.0.iter().filter(|(name, _)| name != "by" && name != "format").cloned().collect());
    match by {
        RunBy::Day => {
            let day = crate::text::day(totals.key.parse().unwrap_or_default());
            let from = Fields::parse(&rest.with("from", &day));
            (day.clone(), format!("/collection/log?{}", from.with("to", &day)))
        }
        RunBy::Task => (totals.key.clone(), format!("/collection/log?{}", rest.with("task", &totals.key))),
    }
}

/// A number of a line.
type Number = fn(&RunTotals) -> i64;

/// Key, title, title over it, and the number.
const NUMBERS: [(&str, &str, &str, Number); 10] = [
    ("runs", "次数", "运行", |t| t.runs),
    ("failed", "失败或待确认", "运行", |t| t.failed),
    ("seconds", "耗时（秒）", "运行", |t| t.seconds),
    ("read", "读取", "行数", |t| t.read),
    ("inserted", "新增", "行数", |t| t.inserted),
    ("updated", "修改", "行数", |t| t.updated),
    ("unchanged", "不变", "行数", |t| t.unchanged),
    ("outdated", "过期", "行数", |t| t.outdated),
    ("tombstoned", "删除", "行数", |t| t.tombstoned),
    ("rejected", "拒收", "行数", |t| t.rejected),
];

fn totals_grid(totals: &[RunTotals], by: RunBy, asked: &Fields) -> Grid {
    let row = |one: &RunTotals| {
        let (name, link) = line(one, by, asked);
        let mut cells = vec![Cell::text(name).link(link.clone())];
        if by == RunBy::Task {
            cells.push(Cell::text(chinese(&one.table)));
        }
        cells.extend(NUMBERS.iter().map(|(key, _, _, of)| match (*key, of(one)) {
            ("runs", n) => Cell::whole(n).link(link.clone()),
            ("failed" | "rejected" | "tombstoned", n @ 1..) => {
                Cell::whole(n).link(format!("{link}&eventful=1"))
            }
            (_, n) => Cell::whole(n),
        }));
        cells.push(Cell::moment(one.last_at));
        Row { cells, class: "" }
    };
    let mut columns = vec![Column::text("key", if by == RunBy::Task { "任务" } else { "日期" })];
    let mut sums = vec![Cell::text("合计")];
    if by == RunBy::Task {
        columns.push(Column::text("table", "标准表"));
        sums.push(Cell::default());
    }
    columns.extend(NUMBERS.iter().map(|(key, title, over, _)| Column::number(key, title, "").group(over)));
    sums.extend(NUMBERS.iter().map(|(_, _, _, of)| Cell::whole(totals.iter().map(of).sum())));
    columns.push(Column::text("last", "最近一次"));
    sums.push(Cell::default());
    Grid {
        columns,
        rows: totals.iter().map(row).collect(),
        total: Some(sums),
        empty: "没有符合条件的运行；请放宽日期或条件".into(),
        ..Grid::default()
    }
}

/// Rows that changed something, by line; the numbers are those of the table.
fn chart(totals: &[RunTotals], by: RunBy, asked: &Fields) -> String {
    let lines: Vec<(&RunTotals, (String, String))> =
        totals.iter().take(31).map(|one| (one, line(one, by, asked))).collect();
    let of = |value: Number| lines.iter().map(|(one, _)| value(one)).collect::<Vec<i64>>();
    serde_json::json!({
        "kind": "stack",
        "unit": "行",
        "legend": "multi",
        // The source's name stands before every task.
        "categories": lines
            .iter()
            .map(|(_, (name, _))| name.split_once('/').map_or(name.as_str(), |(_, task)| task))
            .collect::<Vec<_>>(),
        "drill": lines.iter().map(|(_, (_, link))| link).collect::<Vec<_>>(),
        "series": [
            { "name": "新增", "values": of(|t| t.inserted) },
            { "name": "修改", "values": of(|t| t.updated) },
            { "name": "删除", "values": of(|t| t.tombstoned) },
            { "name": "拒收", "color": "deficit", "values": of(|t| t.rejected) },
        ],
    })
    .to_string()
}
