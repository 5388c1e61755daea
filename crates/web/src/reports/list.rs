//! 报表目录: every report with what it fulfils; a module's reports, and all of them as one workbook.

use super::request::Request;
use super::{content, definitions, workbook};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use metrics::report::{Report, Table};
use model::Permission;

#[derive(Template)]
#[template(path = "reports/list.html")]
struct List {
    page: Page,
    action: String,
    wanted: String,
    /// Address of the workbook of the whole module; empty for none.
    workbook: String,
    from: String,
    to: String,
    grid: Grid,
}

pub(super) async fn all(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let wanted = asked.text("wanted").to_owned();
        let grid = table(&who, "报表目录", &asked, None)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let page = who.page(app, "报表目录", &[("统计报表", "")]);
        html(&List {
            page,
            action: "/reports".into(),
            wanted,
            workbook: String::new(),
            from: String::new(),
            to: String::new(),
            grid,
        })
    })
    .await
}

pub(super) async fn module(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let reports = definitions::reports()?;
        let module = reports.module(&id).ok_or_else(|| ApiError::missing("此报表模块"))?;
        if asked.text("whole") == "1" {
            return whole_module(app, &who, &module.title, reports.of_module(&module.id), &asked);
        }
        let grid = table(&who, &module.title, &asked, Some(&id))?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let action = format!("/reports/{id}");
        let page = who.page(app, &module.title, &[("统计报表", "/reports"), (&module.title, "")]);
        html(&List {
            page,
            workbook: if who.viewer.may(Permission::Export) { action.clone() } else { String::new() },
            action,
            wanted: asked.text("wanted").to_owned(),
            from: asked.text("from").to_owned(),
            to: asked.text("to").to_owned(),
            grid,
        })
    })
    .await
}

fn table(who: &Who, title: &str, asked: &Fields, module: Option<&str>) -> Result<Grid, ApiError> {
    let reports = definitions::reports()?;
    let wanted = asked.text("wanted").to_uppercase();
    let holds = |report: &&Report| {
        let text =
            format!("{} {} {}", report.title, report.about, report.requirements.join(" ")).to_uppercase();
        let measures = || super::measures_of(report).iter().any(|measure| measure.name.contains(&wanted));
        who.viewer.may(report.permission)
            && module.is_none_or(|module| report.module == module)
            && (wanted.is_empty() || text.contains(&wanted) || measures())
    };
    let rows = reports.reports.iter().filter(holds).map(|report| {
        let module = reports.module(&report.module).map_or("", |module| module.title.as_str());
        let tabs: Vec<&str> =
            report.tabs.iter().map(|tab| tab.title.as_str()).filter(|t| !t.is_empty()).collect();
        Row {
            cells: vec![
                Cell::text(module).link(format!("/reports/{}", report.module)),
                Cell::text(report.title.clone()).link(format!("/report/{}", report.id)),
                Cell::text(tabs.join("、")),
                Cell::text(report.about.clone()),
                Cell::text(report.requirements.join(" ")),
            ],
            class: "",
        }
    });
    let path = module.map_or("/reports".to_owned(), |module| format!("/reports/{module}"));
    Ok(Grid {
        title: title.to_owned(),
        columns: vec![
            Column::text("module", "模块"),
            Column::text("report", "报表"),
            Column::text("tabs", "页签"),
            Column::text("about", "说明"),
            Column::text("requirements", "对应要求"),
        ],
        rows: rows.collect(),
        empty: format!("没有名称、说明或指标含“{}”的报表", asked.text("wanted")),
        address: format!("{path}?{}", asked.without(&["format"])),
        ..Grid::default()
    }
    .for_viewer(&who.viewer))
}

/// 整模块导出: every tab of every report a sheet, with a contents sheet; lists of cases have a page of their own and stay out.
fn whole_module(
    app: &App,
    who: &Who,
    title: &str,
    reports: impl Iterator<Item = &'static Report>,
    asked: &Fields,
) -> Result<Response, ApiError> {
    if !who.viewer.may(Permission::Export) {
        return Err(ApiError::forbidden(Permission::Export.chinese()));
    }
    let mut sheets = Vec::new();
    for report in reports.filter(|report| who.viewer.may(report.permission)) {
        for (at, tab) in report.tabs.iter().enumerate() {
            if matches!(tab.table, Table::Cases(_)) {
                continue;
            }
            let mut fields = asked.clone();
            fields.0.retain(|(name, _)| name != "whole");
            fields.0.push(("tab".to_owned(), (at + 1).to_string()));
            let request = Request::new(app, who, report, fields)?;
            sheets.push(content(&request, None)?);
        }
    }
    workbook::whole(app, who, title, sheets)
}
