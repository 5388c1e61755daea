//! 目录总览: which catalogues there are, with rows, editions and the latest change.

use super::FAMILIES;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "catalogues/overview.html")]
struct Overview {
    page: Page,
    grid: Grid,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let grid = grid(app)?.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&Overview {
            page: who.page(app, "编码目录", &[("知识库", ""), ("编码目录", "")]), grid
        })
    })
    .await
}

fn grid(app: &App) -> Result<Grid, ApiError> {
    let mut rows = Vec::new();
    for (family, members) in FAMILIES {
        for (name, layout) in members {
            let held = app.terminology().catalogue(layout)?;
            let editions = held.catalogue.editions(app.today());
            let in_force: usize = editions.iter().map(|edition| edition.in_force).sum();
            let names: Vec<&str> = editions.iter().map(|edition| edition.name.as_str()).collect();
            let version = held.version.as_ref();
            let count = |rows: usize| Cell::whole(i64::try_from(rows).unwrap_or(i64::MAX));
            rows.push(Row {
                cells: vec![
                    Cell::text(family),
                    Cell::text(*name).link(format!("/catalogues/{}", layout.id)),
                    count(held.catalogue.records().len()),
                    count(in_force),
                    Cell::text(names.join("、")),
                    version.map_or_else(Cell::default, |version| {
                        Cell::text(format!("第 {} 版", version.version))
                            .link(format!("/catalogues/{}/versions", layout.id))
                    }),
                    Cell::moment(version.map(|version| version.imported_at)),
                    Cell::text(version.map_or("", |version| version.imported_by.as_str())),
                ],
                class: "",
            });
        }
    }
    Ok(Grid {
        title: "编码目录".into(),
        columns: vec![
            Column::text("family", "类别"),
            Column::text("name", "目录"),
            Column::number("rows", "行数", ""),
            Column::number("in_force", "当前有效", ""),
            Column::text("editions", "目录版本"),
            Column::text("version", "维护版本"),
            Column::text("at", "最近维护"),
            Column::text("by", "维护人"),
        ],
        rows,
        address: "/catalogues".into(),
        ..Grid::default()
    })
}
