//! 医保工作台: the year at a glance, in panels. A panel is cards, charts and a table; on its own page the table and its export.

mod bench;
mod findings;
mod fund;
mod indicators;
mod panels;
mod ranking;

use crate::app::App;
use crate::chart::Chart;
use crate::error::ApiError;
use crate::grid::Grid;
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use bench::{Bench, Option_};
use model::Permission;

pub(crate) fn routes() -> Vec<Route> {
    let needs = Access::Needs(Permission::Workbench);
    vec![Route::get("/workbench", needs, show), Route::get("/workbench/{panel}", needs, one)]
}

/// A part of the workbench.
struct Panel {
    id: &'static str,
    title: &'static str,
    /// Where it stands on the page: `left`, `right-half` or `wide`.
    place: &'static str,
    make: fn(&Bench<'_>) -> Result<Content, ApiError>,
}

/// DIP-2.01 to DIP-2.10, as they stand on the page.
const PANELS: [Panel; 10] = [
    Panel { id: "surplus", title: "医保结余", place: "left", make: panels::surplus },
    Panel { id: "points", title: "DIP分值与基准率占比", place: "right-half", make: panels::points },
    Panel { id: "income", title: "医保收入与费用", place: "wide", make: panels::income },
    Panel {
        id: "settlements", title: "结算人次与自费率趋势", place: "left", make: panels::settlements
    },
    Panel { id: "indicators", title: "医保指标预警", place: "right-half", make: indicators::make },
    Panel { id: "profit", title: "盈亏分段与结余趋势", place: "wide", make: panels::profit },
    Panel { id: "ranking", title: "盈利与亏损病种Top20", place: "wide", make: ranking::make },
    Panel { id: "catalogue-warnings", title: "医保目录预警", place: "left", make: findings::catalogue },
    Panel {
        id: "charge-warnings", title: "收费监控预警", place: "right-half", make: findings::charges
    },
    Panel { id: "fund", title: "统筹基金使用率与科室排名", place: "wide", make: fund::make },
];

/// What a panel shows.
#[derive(Default)]
struct Content {
    cards: Vec<Card>,
    charts: Vec<Chart>,
    /// Choices of this panel: a name and its links.
    switches: Vec<Switch>,
    /// Said over the numbers; empty for nothing.
    note: String,
    grid: Grid,
}

/// 指标卡
struct Card {
    name: String,
    value: String,
    unit: String,
    /// Every digit, for whoever points at it.
    exact: String,
    negative: bool,
    /// 同比; empty when there is none.
    note: String,
    definition: String,
    link: String,
}

/// A choice.
struct Switch {
    name: &'static str,
    links: Vec<Link>,
}

struct Link {
    title: String,
    address: String,
    here: bool,
}

#[derive(Template)]
#[template(path = "workbench/workbench.html")]
struct Dashboard {
    page: Page,
    head: Head,
    panels: Vec<(&'static Panel, Content, String)>,
}

#[derive(Template)]
#[template(path = "workbench/panel.html")]
struct OnePanel {
    page: Page,
    head: Head,
    panel: &'static Panel,
    content: Content,
}

/// The filter bar and what all numbers of the page have in common.
struct Head {
    action: String,
    years: Vec<Option_>,
    months: Vec<Option_>,
    departments: Vec<Option_>,
    /// 数据截至
    fresh: String,
    /// Cases computed with parameters nobody has confirmed: count and their list.
    unconfirmed: Option<(String, String)>,
    empty: bool,
}

/// Makes every panel once.
pub(crate) fn prepare(app: &App, who: &Who, asked: Fields) -> Result<(), ApiError> {
    let bench = Bench::new(app, who, asked)?;
    bench.head("/workbench")?;
    PANELS.iter().try_for_each(|panel| (panel.make)(&bench).map(|_| ()))
}

async fn show(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let bench = Bench::new(app, &who, asked)?;
        let mut panels = Vec::with_capacity(PANELS.len());
        for panel in &PANELS {
            let content = (panel.make)(&bench)?;
            panels.push((panel, content, bench.address(&format!("/workbench/{}", panel.id), &[])));
        }
        html(&Dashboard {
            page: who.page(app, "医保工作台", &[("医保工作台", "")]),
            head: bench.head("/workbench")?,
            panels,
        })
    })
    .await
}

async fn one(
    State(app): State<App>,
    who: Who,
    Path(panel): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let panel =
            PANELS.iter().find(|known| known.id == panel).ok_or_else(|| ApiError::missing("此面板"))?;
        let bench = Bench::new(app, &who, asked)?;
        let mut content = (panel.make)(&bench)?;
        let place = format!("/workbench/{}", panel.id);
        content.grid.title = panel.title.to_owned();
        content.grid.about = bench.about();
        content.grid.address = bench.address(&place, &[]);
        content.grid = content.grid.for_viewer(&who.viewer);
        if let Some(file) = content.grid.export(app, &who, &bench.asked)? {
            return Ok(file);
        }
        let back = bench.address("/workbench", &[]);
        html(&OnePanel {
            page: who.page(app, panel.title, &[("医保工作台", &back), (panel.title, "")]),
            head: bench.head(&place)?,
            panel,
            content,
        })
    })
    .await
}

#[cfg(test)]
mod tests;
