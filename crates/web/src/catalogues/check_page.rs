//! 目录核对: whether the catalogues agree with each other, and every row that does not.

use super::comparison::page_of;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use terms::layouts::LAYOUTS;

#[derive(Template)]
#[template(path = "catalogues/check.html")]
struct Check {
    page: Page,
    on: String,
    unchecked: Vec<String>,
    summary: Grid,
    list: Option<Grid>,
}

/// `?finding=3` lists the rows of a finding.
pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let mut held = Vec::new();
        for layout in LAYOUTS {
            held.push(app.terminology().catalogue(layout)?);
        }
        let imported: Vec<_> =
            held.iter().filter(|held| held.version.is_some()).map(|held| &held.catalogue).collect();
        let checked = terms::cross_check(&imported, app.today());
        let chosen = asked.whole("finding", "核对项")?.and_then(|at| usize::try_from(at).ok());
        let mut list = chosen.and_then(|at| checked.findings.get(at)).map(|finding| {
            let rows =
                finding.rows.iter().map(|row| Row { cells: vec![Cell::text(row.as_str())], class: "" });
            Grid {
                title: finding.title.clone(),
                columns: vec![Column::text("row", "编码")],
                rows: rows.collect(),
                empty: "没有".into(),
                address: format!("/catalogues/check?finding={}", chosen.unwrap_or_default()),
                ..Grid::default()
            }
            .for_viewer(&who.viewer)
        });
        if let Some(list) = &mut list {
            if let Some(file) = list.export(app, &who, &asked)? {
                return Ok(file);
            }
            page_of(list, Paging::asked(&asked));
        }
        let rows = checked.findings.iter().enumerate().filter(|(_, finding)| !finding.rows.is_empty()).map(
            |(at, finding)| {
                let (kind, class) =
                    if finding.is_problem { ("问题", "tag tag-bad") } else { ("提示", "tag") };
                let count = Cell::whole(i64::try_from(finding.rows.len()).unwrap_or(i64::MAX));
                let cells = vec![
                    Cell::text(kind).class(class),
                    Cell::text(finding.title.as_str()).link(format!("/catalogues/check?finding={at}")),
                    count.link(format!("/catalogues/check?finding={at}")),
                ];
                Row { cells, class: "" }
            },
        );
        let summary = Grid {
            title: "目录核对".into(),
            columns: vec![
                Column::text("kind", "类别"),
                Column::text("title", "核对项"),
                Column::number("rows", "涉及", "条"),
            ],
            rows: rows.collect(),
            empty: "各目录一致，没有发现问题".into(),
            ..Grid::default()
        };
        html(&Check {
            page: who.page(app, "目录核对", &[("知识库", ""), ("编码目录", "/catalogues"), ("核对", "")]),
            on: app.today().to_string(),
            unchecked: checked.unchecked.iter().map(|missing| missing.join("、")).collect(),
            summary,
            list,
        })
    })
    .await
}
