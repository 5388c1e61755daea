//! 使用日志: who did what; statistics by user, kind and day; the check of the chain.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::jobs::Outcome;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{LogBy, LogCount, LogEntry, LogFilter, LogKind};

pub(super) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::OperationLog);
    vec![
        Route::get("/admin/log", view, list),
        Route::get("/admin/log/statistics", view, statistics),
        Route::post("/admin/log/verify", view, verify),
    ]
}

/// Days shown when no period was asked for.
const DAYS: i64 = 30;
/// Entries in one export.
const MOST_EXPORTED: i64 = 200_000;
const DAY: i64 = 86_400;

#[derive(Template)]
#[template(path = "admin/log.html")]
struct LogPage {
    page: Page,
    /// `None`: the entries.
    by: Option<&'static str>,
    asked: Fields,
    from: String,
    to: String,
    chart: String,
    grid: Grid,
}

impl LogPage {
    fn query(&self) -> String {
        self.asked.without(&["page", "by", "format"])
    }
}

/// The period of the address, from and to as days; the last weeks when nothing was asked for.
fn period(app: &App, asked: &Fields) -> Result<(i64, i64), ApiError> {
    let today = crate::text::days(app.today());
    let to = asked.date("to", "结束日期")?.map_or(today, crate::text::days);
    let from = asked.date("from", "开始日期")?.map_or(to - DAYS + 1, crate::text::days);
    if from > to {
        return Err(ApiError::wrong("开始日期晚于结束日期"));
    }
    Ok((from, to))
}

fn filter(app: &App, asked: &Fields) -> Result<LogFilter, ApiError> {
    let (from, to) = period(app, asked)?;
    let text = |name: &str| Some(asked.text(name).to_owned()).filter(|text| !text.is_empty());
    Ok(LogFilter {
        from: Some(from * DAY),
        to: Some((to + 1) * DAY),
        login: text("login"),
        kind: LogKind::named(asked.text("kind")),
        success: match asked.text("result") {
            "ok" => Some(true),
            "failed" => Some(false),
            _ => None,
        },
        text: text("q"),
        ..LogFilter::default()
    })
}

fn about(filter: &LogFilter) -> Vec<(String, String)> {
    let days = |at: Option<i64>| at.map_or(String::new(), |at| crate::text::day(at.div_euclid(DAY)));
    let mut about =
        vec![("日期".to_owned(), format!("{} 至 {}", days(filter.from), days(filter.to.map(|to| to - DAY))))];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            about.push((name.to_owned(), value));
        }
    };
    add("工号", filter.login.clone());
    add("类型", filter.kind.map(|kind| kind.chinese().to_owned()));
    add("结果", filter.success.map(|ok| if ok { "成功" } else { "失败" }.to_owned()));
    add("查找", filter.text.clone());
    about
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let mut filter = filter(app, &asked)?;
        let mut paging = Paging::asked(&asked);
        (filter.offset, filter.limit) =
            if asked.is_set("format") { (0, MOST_EXPORTED) } else { (paging.offset(), paging.size) };
        let (entries, total) = app.store().operations(&filter)?;
        paging.total = total;
        let mut grid = entries_grid(&entries, &filter, &asked).for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.paging = Some(paging);
        html(&log_page(app, &who, asked, None, grid)?)
    })
    .await
}

fn log_page(
    app: &App,
    who: &Who,
    asked: Fields,
    by: Option<&'static str>,
    grid: Grid,
) -> Result<LogPage, ApiError> {
    let (from, to) = period(app, &asked)?;
    Ok(LogPage {
        page: who.page(app, "使用日志", &[("系统管理", ""), ("使用日志", "")]),
        by,
        from: crate::text::day(from),
        to: crate::text::day(to),
        asked,
        chart: String::new(),
        grid,
    })
}

fn entries_grid(entries: &[LogEntry], filter: &LogFilter, asked: &Fields) -> Grid {
    let row = |entry: &LogEntry| Row {
        cells: vec![
            Cell::whole(entry.id),
            Cell::text(seconds(entry.at)),
            Cell::text(entry.login.clone()),
            Cell::text(entry.user_name.clone()),
            Cell::text(entry.kind.chinese()),
            Cell::text(entry.action.clone()),
            Cell::text(entry.object.clone()),
            Cell::text(entry.detail.clone()),
            match entry.success {
                true => Cell::text("成功"),
                false => Cell::text("失败").class("tag tag-bad"),
            },
            Cell::text(entry.address.clone()),
            Cell::text(entry.request.clone()),
        ],
        class: "",
    };
    Grid {
        id: "operation-log",
        title: "使用日志".into(),
        about: about(filter),
        columns: vec![
            Column::number("id", "序号", ""),
            Column::text("at", "时间"),
            Column::text("login", "工号"),
            Column::text("name", "姓名"),
            Column::text("kind", "类型"),
            Column::text("action", "操作"),
            Column::text("object", "对象"),
            Column::text("detail", "内容"),
            Column::text("result", "结果"),
            Column::text("address", "来源地址"),
            Column::text("request", "请求编号").hidden(),
        ],
        rows: entries.iter().map(row).collect(),
        empty: "没有符合条件的日志；请放宽日期或条件".into(),
        address: format!("/admin/log?{}", asked.without(&["format"])),
        ..Grid::default()
    }
}

/// `2026-06-30 12:00:07`
fn seconds(at: i64) -> String {
    model::canonical::moment_of(at)
        .map_or(crate::text::NONE.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

async fn statistics(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let filter = filter(app, &asked)?;
        let (by, id, title) = match asked.text("by") {
            "kind" => (LogBy::Kind, "kind", "使用日志统计（按类型）"),
            "day" => (LogBy::Day, "day", "使用日志统计（按日期）"),
            _ => (LogBy::User, "user", "使用日志统计（按用户）"),
        };
        let counts = app.store().operation_counts(&filter, by)?;
        let mut grid = counts_grid(&counts, by, &asked);
        grid.title = title.into();
        grid.about = about(&filter);
        grid.address = format!("/admin/log/statistics?{}", asked.without(&["format"]));
        let grid = grid.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let mut page = log_page(app, &who, asked, Some(id), grid)?;
        page.chart = chart(&counts, by, &page.asked);
        html(&page)
    })
    .await
}

/// Name of a line, and the address of the entries it counts.
fn line(count: &LogCount, by: LogBy, asked: &Fields) -> (String, String) {
    let rest = Fields(asked.0.iter().filter(|(name, _)| name != "by" && name != "format").cloned().collect());
    match by {
        LogBy::Day => {
            let day = crate::text::day(count.key.parse().unwrap_or_default());
            let from = Fields::parse(&rest.with("from", &day));
            (day.clone(), format!("/admin/log?{}", from.with("to", &day)))
        }
        LogBy::Kind => {
            let name = LogKind::named(&count.key).unwrap_or_default().chinese().to_owned();
            (name, format!("/admin/log?{}", rest.with("kind", &count.key)))
        }
        LogBy::User => {
            let name = if count.name.is_empty() {
                count.key.clone()
            } else {
                format!("{} {}", count.key, count.name)
            };
            (name, format!("/admin/log?{}", rest.with("login", &count.key)))
        }
    }
}

fn counts_grid(counts: &[LogCount], by: LogBy, asked: &Fields) -> Grid {
    let row = |count: &LogCount| {
        let (name, link) = line(count, by, asked);
        let failed = format!("{link}&result=failed");
        Row {
            cells: vec![
                Cell::text(name).link(link.clone()),
                Cell::whole(count.count).link(link),
                if count.failed > 0 { Cell::whole(count.failed).link(failed) } else { Cell::whole(0) },
                Cell::moment(count.last_at),
            ],
            class: "",
        }
    };
    let title = match by {
        LogBy::Day => "日期",
        LogBy::Kind => "类型",
        LogBy::User => "用户",
    };
    let sum = |of: fn(&LogCount) -> i64| Cell::whole(counts.iter().map(of).sum());
    Grid {
        columns: vec![
            Column::text("key", title),
            Column::number("count", "操作", "次"),
            Column::number("failed", "其中失败", "次"),
            Column::text("last", "最近一次"),
        ],
        rows: counts.iter().map(row).collect(),
        total: Some(vec![
            Cell::text("合计"),
            sum(|count| count.count),
            sum(|count| count.failed),
            Cell::default(),
        ]),
        empty: "没有符合条件的日志；请放宽日期或条件".into(),
        ..Grid::default()
    }
}

/// The most frequent lines as a chart; its numbers are those of the table.
fn chart(counts: &[LogCount], by: LogBy, asked: &Fields) -> String {
    let lines: Vec<(&LogCount, (String, String))> =
        counts.iter().take(31).map(|count| (count, line(count, by, asked))).collect();
    let of = |value: fn(&LogCount) -> i64| lines.iter().map(|(count, _)| value(count)).collect::<Vec<i64>>();
    serde_json::json!({
        "kind": "stack",
        "unit": "次",
        "legend": "multi",
        "categories": lines
            .iter()
            .map(|(count, (name, _))| if count.name.is_empty() { name } else { &count.name })
            .collect::<Vec<_>>(),
        "drill": lines.iter().map(|(_, (_, link))| link).collect::<Vec<_>>(),
        "series": [
            { "name": "成功", "color": "surplus", "values": of(|count| count.count - count.failed) },
            { "name": "失败", "color": "deficit", "values": of(|count| count.failed) },
        ],
    })
    .to_string()
}

async fn verify(State(app): State<App>, who: Who, _: Posted) -> Result<Response, ApiError> {
    let id = app.jobs().start(&app, &who, "log_check", "校验使用日志".into(), {
        let who = who.clone();
        move |app, progress| {
            progress.report("逐条校验", 0, 0);
            let total = app.store().operations(&LogFilter { limit: 1, ..LogFilter::default() })?.1;
            let broken = app.store().verify_log()?;
            let (sentence, success) = match broken {
                None => (format!("日志完整：{total} 条逐条校验，没有修改、删除或插入"), true),
                Some(id) => (format!("日志从第 {id} 条起与校验码不符：被修改、删除或插入过"), false),
            };
            app.log_outcome(&who, LogKind::System, "校验使用日志", "使用日志", &sentence, success)?;
            match success {
                true => Ok(Outcome { sentence, link: "/admin/log".into() }),
                false => Err(ApiError::new(
                    axum::http::StatusCode::CONFLICT,
                    sentence,
                    "请保护现场，从备份比对，并报告信息安全负责人",
                )),
            }
        }
    })?;
    Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
}
