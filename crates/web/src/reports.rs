//! 统计报表: one page for every report definition of packs/reports; no code per report.

mod board;
mod case_rows;
mod charts;
mod definitions;
mod filter_bar;
mod kpis;
mod list;
mod number_table;
mod pivot;
mod prepare;
mod request;
mod workbook;

use crate::app::App;
use crate::chart::Chart;
use crate::error::ApiError;
use crate::grid::{Grid, Paging};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
pub(crate) use definitions::{check, menu};
use filter_bar::FilterBar;
use kpis::Card;
use metrics::Measure;
use metrics::report::{Report, Table};
use model::Permission;
pub(crate) use prepare::{prepare, watch};
use request::Request;
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    let needs = Access::Needs(Permission::Workbench);
    vec![
        Route::get("/reports", needs, list::all),
        Route::get("/reports/{module}", needs, list::module),
        Route::get("/report/{id}", needs, show),
    ]
}

/// A link with a name.
struct Link {
    title: String,
    address: String,
    here: bool,
}

/// What a tab shows.
struct Content {
    charts: Vec<Chart>,
    /// Said over the table; empty for nothing.
    note: String,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "reports/report.html")]
struct ReportPage {
    page: Page,
    about: String,
    requirements: String,
    bar: FilterBar,
    tabs: Vec<Link>,
    cards: Vec<Card>,
    /// 最少例数
    least: Vec<Link>,
    /// 下钻路径: the levels above, each with the way back.
    path: Vec<Link>,
    content: Content,
    empty: bool,
}

async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let own = crate::own_reports::report(app, &who, &id)?;
        let report = own.as_ref().or(definitions::reports()?.report(&id));
        let report = report.ok_or_else(|| ApiError::missing("此报表"))?;
        let request = Request::new(app, &who, report, asked)?;
        let page = (!request.asked.is_set("format")).then(|| Paging::asked(&request.asked));
        let content = content(&request, page)?;
        if let Some(file) = workbook::export(&request, &content)? {
            return Ok(file);
        }
        html(&report_page(&request, content)?)
    })
    .await
}

/// The page around a content.
fn report_page(request: &Request<'_>, content: Content) -> Result<ReportPage, ApiError> {
    let report = request.report;
    let module = definitions::reports()?.module(&report.module);
    let (module, above) = module.map_or(("自定义报表", "/own-reports".to_owned()), |module| {
        (module.title.as_str(), format!("/reports/{}", module.id))
    });
    let crumbs = [("统计报表", "/reports"), (module, above.as_str()), (report.title.as_str(), "")];
    Ok(ReportPage {
        page: request.who.page(request.app, &report.title, &crumbs),
        about: report.about.clone(),
        requirements: report.requirements.join(" "),
        bar: filter_bar::bar(request)?,
        tabs: request.tabs(),
        cards: kpis::cards(request)?,
        least: request.least_links(),
        path: request.path()?,
        empty: request.is_empty()?,
        content,
    })
}

/// Charts and table of the first tab of a report that is not kept yet.
pub(crate) fn preview(
    app: &App,
    who: &Who,
    report: &Report,
    page: Paging,
) -> Result<(Vec<Chart>, Grid), ApiError> {
    let request = Request::new(app, who, report, Fields::default())?;
    let content = content(&request, Some(page))?;
    Ok((content.charts, content.grid))
}

/// Charts and table of the tab that is asked for; without a page all rows, for files.
fn content(request: &Request<'_>, page: Option<Paging>) -> Result<Content, ApiError> {
    let (mut grid, note) = match &request.tab.table {
        Table::Numbers(table) if table.across.is_some() => {
            (pivot::grid(request, table, page)?, String::new())
        }
        Table::Numbers(table) => number_table::grid(request, table, page)?,
        Table::Cases(table) => case_rows::grid(request, table, page)?,
    };
    grid.id = definitions::grid_id(&request.report.id, request.tab_at);
    grid.title = request.title();
    grid.about = request.about()?;
    grid.address = request.address(&[]);
    if grid.empty.is_empty() {
        grid.empty = "所选条件下没有数据；请放宽期间或去掉部分条件".into();
    }
    request.app.arrange(request.who, &mut grid)?;
    let grid = grid.for_viewer(&request.who.viewer);
    Ok(Content { charts: charts::all(request)?, note, grid })
}

/// Every measure that a report shows.
fn measures_of(report: &Report) -> Vec<Arc<Measure>> {
    let mut all = report.kpis.clone();
    for tab in &report.tabs {
        all.extend(tab.charts.iter().flat_map(|chart| chart.measures.iter().chain(&chart.second)).cloned());
        if let Table::Numbers(table) = &tab.table {
            all.extend(table.measures());
        }
    }
    all
}

#[cfg(test)]
mod tests;
