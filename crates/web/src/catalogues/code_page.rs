//! 编码详情: a code in every edition, its maps to the other one, and the 病种 of the packs in force that name it.

use super::naming_groups::{self, NamedBy};
use super::{Tabs, browse, code_link, key_query, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Permission;
use terms::layouts::{
    DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP, PROCEDURE_CLINICAL, PROCEDURE_INSURER,
    PROCEDURE_MAP,
};
use terms::{CodeMap, Layout};

/// Groups shown; a code like Z51.1 is named by hundreds.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "catalogues/code.html")]
struct CodePage {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    code: String,
    /// Each row of the code: its values and the query string of its key.
    rows: Grid,
    edits: Vec<(String, String)>,
    map: Option<Grid>,
    groups: Option<Grid>,
    more_groups: usize,
    can_edit: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let code = asked.text("code").to_owned();
        let held = app.terminology().catalogue(layout)?;
        let records: Vec<_> = held.catalogue.find(&code).collect();
        let Some(first) = records.first() else {
            return Err(ApiError::new(
                axum::http::StatusCode::NOT_FOUND,
                format!("{}中没有编码“{code}”", layout.title),
                "请返回目录，换编码、名称或拼音首字母查找",
            ));
        };
        let title = first.label(layout);
        let rows = Grid {
            title: "各版本".into(),
            columns: browse::columns(layout),
            rows: records.iter().map(|record| browse::row(layout, record, app.today())).collect(),
            ..Grid::default()
        };
        let edits = records
            .iter()
            .map(|record| (record.get(layout, terms::EDITION).to_owned(), key_query(layout, record)))
            .collect();
        let map = map(app, layout, &code)?;
        let targets = map.as_ref().map(|(_, targets)| targets.clone()).unwrap_or_default();
        let (groups, more_groups) = groups(app, layout, &code, &targets)?;
        html(&CodePage {
            page: super::page(app, &who, layout, &title, &[(&code, "")]),
            tabs: Tabs::of(layout),
            layout,
            rows,
            edits,
            map: map.map(|(grid, _)| grid),
            groups,
            more_groups,
            can_edit: who.viewer.may(Permission::CataloguesEdit),
            code,
        })
    })
    .await
}

/// The partners of a code in the other edition, and their codes; `None` where there is no map.
fn map(app: &App, layout: &Layout, code: &str) -> Result<Option<(Grid, Vec<String>)>, ApiError> {
    let (map, other, forward) = match layout.id {
        id if id == DIAGNOSIS_CLINICAL.id => (&DIAGNOSIS_MAP, &DIAGNOSIS_INSURER, true),
        id if id == DIAGNOSIS_INSURER.id => (&DIAGNOSIS_MAP, &DIAGNOSIS_CLINICAL, false),
        id if id == PROCEDURE_CLINICAL.id => (&PROCEDURE_MAP, &PROCEDURE_INSURER, true),
        id if id == PROCEDURE_INSURER.id => (&PROCEDURE_MAP, &PROCEDURE_CLINICAL, false),
        _ => return Ok(None),
    };
    let held = app.terminology().catalogue(map)?;
    let pairs = CodeMap::of(&held.catalogue, None, app.today());
    let partners: Vec<String> = match forward {
        true => pairs.targets(code).map(str::to_owned).collect(),
        false => pairs.sources(code).map(str::to_owned).collect(),
    };
    let names = app.terminology().catalogue(other)?;
    let rows = partners
        .iter()
        .map(|partner| {
            let known = names.catalogue.find(partner).last();
            let cell = Cell::text(partner.as_str());
            let cell = if known.is_some() { cell.link(code_link(other, partner)) } else { cell };
            let name = known.map_or("（目录中没有此编码）", |record| record.get(other, "name"));
            Row { cells: vec![cell, Cell::text(name)], class: "" }
        })
        .collect();
    let grid = Grid {
        title: if forward { "对应的医保版编码" } else { "对应的临床版编码" }.into(),
        columns: vec![Column::text("code", "编码"), Column::text("name", "名称")],
        rows,
        empty: format!("{} 没有有效的对照；可在“对照库”中补充", app.today()),
        ..Grid::default()
    };
    Ok(Some((grid, partners)))
}

/// The groups that name the code; of a clinical code those that name its 医保版 codes.
fn groups(
    app: &App,
    layout: &Layout,
    code: &str,
    targets: &[String],
) -> Result<(Option<Grid>, usize), ApiError> {
    let own = [code.to_owned()];
    let (codes, is_diagnosis): (&[String], bool) = match layout.id {
        id if id == DIAGNOSIS_INSURER.id => (&own, true),
        id if id == PROCEDURE_INSURER.id => (&own, false),
        id if id == DIAGNOSIS_CLINICAL.id => (targets, true),
        id if id == PROCEDURE_CLINICAL.id => (targets, false),
        _ => return Ok((None, 0)),
    };
    let mut found = Vec::new();
    for code in codes {
        found.extend(naming_groups::of(app, code, is_diagnosis)?);
    }
    let more = found.len().saturating_sub(SHOWN);
    let rows = found.into_iter().take(SHOWN).map(|group| {
        let role = match group.by {
            NamedBy::Principal => "主要诊断",
            NamedBy::OtherDiagnosis => "其他诊断",
            NamedBy::MainOperation => "主要操作",
            NamedBy::RelatedOperation => "其他操作",
        };
        let class = match group.kind {
            policy::Kind::Core => "tag tag-core",
            policy::Kind::Composite => "tag tag-composite",
            policy::Kind::Primary => "tag tag-primary",
        };
        let cells = vec![
            Cell::text(group.pack),
            Cell::text(role),
            Cell::text(group.code),
            Cell::text(group.name),
            Cell::text(group.kind.chinese()).class(class),
            crate::grid::Value::Decimal(group.points, group.points.scale()).into(),
        ];
        Row { cells, class: "" }
    });
    let grid = Grid {
        title: "用到此编码的病种".into(),
        columns: vec![
            Column::text("pack", "分值库"),
            Column::text("role", "用作"),
            Column::text("code", "病种编码"),
            Column::text("name", "病种名称"),
            Column::text("kind", "类型"),
            Column::number("points", "分值", "分"),
        ],
        rows: rows.collect(),
        empty: "在用的分值库中没有病种指名用到此编码".into(),
        ..Grid::default()
    };
    Ok((Some(grid), more))
}
