//! 指标口径: what every number means, one click from it.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use metrics::{Direction, Measure};
use model::Permission;
use std::sync::Arc;

pub(crate) fn routes() -> Vec<Route> {
    let needs = Access::Needs(Permission::Workbench);
    vec![Route::get("/measures", needs, list), Route::get("/measures/{id}", needs, show)]
}

#[derive(Template)]
#[template(path = "measures/list.html")]
struct List {
    page: Page,
    grid: Grid,
    wanted: String,
}

#[derive(Template)]
#[template(path = "measures/measure.html")]
struct Show {
    page: Page,
    measure: Arc<Measure>,
    direction: &'static str,
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let wanted = asked.text("wanted").to_owned();
        let holds = |measure: &&Arc<Measure>| {
            wanted.is_empty() || measure.name.contains(&wanted) || measure.definition.contains(&wanted)
        };
        let layer = app.layer();
        let rows = layer.measures().iter().filter(holds).map(|measure| Row {
            cells: vec![
                Cell::text(measure.name.clone()).link(format!("/measures/{}", measure.id)),
                Cell::text(measure.format.unit.clone()),
                Cell::text(measure.definition.clone()),
                state(measure),
                Cell::text(measure.evidence.clone()),
                Cell::whole(measure.version.into()),
            ],
            class: "",
        });
        let grid = Grid {
            title: "指标口径".into(),
            about: if wanted.is_empty() { Vec::new() } else { vec![("查找".into(), wanted.clone())] },
            columns: vec![
                Column::text("name", "指标"),
                Column::text("unit", "单位"),
                Column::text("definition", "口径"),
                Column::text("state", "状态"),
                Column::text("evidence", "依据"),
                Column::number("version", "版本", ""),
            ],
            rows: rows.collect(),
            empty: format!("没有名称或口径含“{wanted}”的指标"),
            address: format!("/measures?{}", asked.without(&["format"])),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&List { page: who.page(app, "指标口径", &[("指标口径", "")]), grid, wanted })
    })
    .await
}

fn state(measure: &Measure) -> Cell {
    match measure.confirmed() {
        true => Cell::text("已确认"),
        false => Cell::text("UNCONFIRMED").class("tag tag-unconfirmed"),
    }
}

async fn show(State(app): State<App>, who: Who, Path(id): Path<String>) -> Result<Response, ApiError> {
    let measure = app.layer().measure(&id).map_err(|_| ApiError::missing("此指标"))?.clone();
    let direction = match measure.direction {
        Direction::Up => "越高越好",
        Direction::Down => "越低越好",
        Direction::None => "无方向",
    };
    let page = who.page(&app, &measure.name, &[("指标口径", "/measures"), (&measure.name, "")]);
    html(&Show { page, measure, direction })
}
