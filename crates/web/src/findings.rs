//! 预警明细: the findings behind a warning, each with its case and its charge line.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, encode};
use crate::route::{Access, Route};
use crate::selection;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use rust_decimal::Decimal;
use store::FindingScope;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/findings", Access::Needs(Permission::Cases), list)]
}

/// Rows of an export at most.
const MOST: i64 = 100_000;

#[derive(Template)]
#[template(path = "findings.html")]
struct List {
    page: Page,
    grid: Grid,
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let selection = selection::read(&asked, &app.layer())?;
        let day = |date: jiff::civil::Date| model::canonical::seconds_of(date.at(0, 0, 0, 0)) / 86_400;
        let scope = FindingScope {
            engine: asked.text("engine").to_owned(),
            from: selection.period.map(|period| day(period.from())),
            to: selection.period.map(|period| day(period.to())),
            department: Some(asked.text("department").to_owned()).filter(|key| !key.is_empty()),
        };
        let rule = asked.text("rule");
        let mut paging = Paging::asked(&asked);
        let part = if asked.is_set("format") { (0, MOST) } else { (paging.offset(), paging.size) };
        let (found, total) = app.store().findings_page(&who.viewer, &scope, rule, part)?;
        paging.total = total;
        let rows = found.iter().map(|placed| {
            let finding = &placed.finding;
            let line = match finding.line_key.is_empty() {
                true => Cell::default(),
                false => Cell::text("费用明细").link(format!(
                    "/case/{}/charges?line={}",
                    finding.case,
                    encode(&finding.line_key)
                )),
            };
            Row {
                cells: vec![
                    Cell::text(finding.severity.clone()),
                    Cell::text(finding.rule.clone()),
                    Cell::text(placed.inpatient_number.clone()).link(format!("/case/{}", finding.case)),
                    Cell::text(placed.department.clone()),
                    Cell::day(placed.discharge_day),
                    finding.quantity.map_or_else(Cell::default, |q| {
                        crate::grid::Value::Decimal(Decimal::new(q, 4), 2).into()
                    }),
                    Cell::money(finding.amount),
                    Cell::text(finding.evidence.clone()),
                    line,
                ],
                class: "",
            }
        });
        let mut about = selection::words(&selection, &app.layer(), |_, _| None);
        if !rule.is_empty() {
            about.push(("规则".to_owned(), rule.to_owned()));
        }
        let grid = Grid {
            title: "预警明细".into(),
            about,
            columns: vec![
                Column::text("severity", "预警等级"),
                Column::text("rule", "预警规则"),
                Column::text("inpatient_number", "住院号"),
                Column::text("department", "出院科室"),
                Column::text("discharge_day", "出院日期"),
                Column::number("quantity", "超出数量", ""),
                Column::number("amount", "涉及金额", "元"),
                Column::text("evidence", "依据"),
                Column::text("line", "明细"),
            ],
            rows: rows.collect(),
            paging: Some(paging),
            empty: "没有预警：规则尚未运行，或所选条件下没有发现问题".into(),
            address: format!("/findings?{}", asked.without(&["format"])),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let page = who.page(app, "预警明细", &[("医保工作台", "/workbench"), ("预警明细", "")]);
        html(&List { page, grid })
    })
    .await
}
