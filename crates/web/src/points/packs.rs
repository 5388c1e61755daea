//! 政策包: every pack that ever computed a case, since when each is in force, and its files to take away.

use super::browse::Tabs;
use super::source::NO_PACK;
use super::{pack_archive, person};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, download as file, html};
use crate::query::Asked;
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use model::Permission;
use policy::pack_export::{self, table_names, table_of, workbook};
use std::collections::BTreeMap;
use store::{LogKind, PackEntry};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

#[derive(Template)]
#[template(path = "points/packs.html")]
struct Packs {
    page: Page,
    tabs: Tabs,
    grid: Grid,
    events: Grid,
    can_edit: bool,
}

#[derive(Template)]
#[template(path = "points/pack.html")]
struct PackPage {
    page: Page,
    tabs: Tabs,
    entry: PackEntry,
    facts: Vec<(&'static str, String)>,
    tables: Grid,
    unconfirmed: Vec<String>,
    can_edit: bool,
    can_export: bool,
    parameters: bool,
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let entries = app.store().pack_entries()?;
        let events = app.store().pack_events(500)?;
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for event in &events {
            if !names.contains_key(&event.login) {
                names.insert(event.login.clone(), person(app, &event.login)?);
            }
        }
        let grid = Grid {
            title: "政策包".into(),
            columns: vec![
                Column::number("id", "编号", ""),
                Column::text("name", "名称"),
                Column::text("pack", "标识"),
                Column::text("from", "有效期自"),
                Column::text("to", "至"),
                Column::text("state", "状态"),
                Column::text("since", "启用时间"),
                Column::text("by", "启用人"),
                Column::number("groups", "病种", "个"),
                Column::number("cases", "现行结果", "例"),
                Column::text("added", "入库时间"),
            ],
            rows: entries
                .iter()
                .map(|entry| {
                    let begun = events
                        .iter()
                        .find(|event| event.pack == entry.id && event.kind == store::PackEventKind::InForce);
                    let by = begun.filter(|_| entry.in_force_since.is_some());
                    let by = by.and_then(|event| names.get(&event.login)).cloned();
                    Row {
                        cells: vec![
                            Cell::whole(entry.id),
                            Cell::text(entry.name.clone()).link(format!("/points/packs/{}", entry.id)),
                            Cell::text(entry.pack.clone()),
                            Cell::day(entry.effective_from),
                            Cell::day(entry.effective_to),
                            match entry.in_force_since {
                                Some(_) => Cell::text("在用").class("tag tag-ok"),
                                None => Cell::text("未启用").class("tag tag-none"),
                            },
                            Cell::moment(entry.in_force_since),
                            Cell::text(by.unwrap_or_default()),
                            Cell::whole(entry.groups),
                            Cell::whole(entry.current_cases),
                            Cell::moment(entry.added_at),
                        ],
                        class: if entry.in_force_since.is_some() { "" } else { "off" },
                    }
                })
                .collect(),
            empty: NO_PACK.into(),
            address: "/points/packs".into(),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let name_of = |pack: i64| entries.iter().find(|e| e.id == pack).map_or("", |e| e.name.as_str());
        let mut history = Grid {
            title: "启用记录".into(),
            columns: vec![
                Column::text("at", "时间"),
                Column::text("pack", "政策包"),
                Column::text("what", "事项"),
                Column::text("who", "操作人"),
                Column::text("run", "计算批次"),
            ],
            rows: events
                .iter()
                .map(|event| Row {
                    cells: vec![
                        Cell::moment(event.at),
                        Cell::text(format!("{} {}", event.pack, name_of(event.pack)))
                            .link(format!("/points/packs/{}", event.pack)),
                        Cell::text(event.kind.chinese()),
                        Cell::text(names.get(&event.login).cloned().unwrap_or_default()),
                        match event.run {
                            Some(run) => Cell::text(format!("{run}（发布前后比较）"))
                                .link(format!("/points/compare?after={run}&before=earlier")),
                            None => Cell::default(),
                        },
                    ],
                    class: "",
                })
                .collect(),
            empty: "还没有启用过政策包".into(),
            address: "/points/packs".into(),
            ..Grid::default()
        };
        history.show_page(Paging::asked(&asked));
        html(&Packs {
            page: who.page(app, "政策包", &[("DIP分组", ""), ("分值库", "/points"), ("政策包", "")]),
            tabs: Tabs { here: "/points/packs" },
            grid,
            events: history,
            can_edit: who.viewer.may(Permission::PointsEdit),
        })
    })
    .await
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let entry = app.store().pack_entries()?.into_iter().find(|entry| entry.id == id);
        let entry = entry.ok_or_else(|| ApiError::missing("此政策包"))?;
        let loaded = app.loaded_pack(id)?;
        let identity = &loaded.policy.identity;
        let since = entry
            .in_force_since
            .map_or("未启用".to_owned(), |at| format!("在用，自 {} 起", crate::text::moment(at)));
        let facts = vec![
            ("名称", identity.name.clone()),
            ("标识", identity.id.clone()),
            ("版本", identity.version.clone()),
            ("统筹区", identity.region.clone()),
            ("年度", identity.year.to_string()),
            ("性质", identity.status.chinese().to_owned()),
            ("有效期", format!("{} 至 {}", identity.effective_from, identity.effective_to)),
            ("状态", since),
            ("病种", format!("{} 个", entry.groups)),
            ("现行结果", format!("{} 例", crate::text::whole(entry.current_cases))),
            ("入库时间", crate::text::moment(entry.added_at)),
            ("内容哈希", entry.hash.clone()),
        ];
        let rows = table_names(&loaded.files).into_iter().filter_map(|name| {
            let rows = table_of(&loaded.files, &name)?.ok()?.len();
            let title = policy::tables::of_file(&format!("{name}.csv")).map_or("", |table| table.title);
            let title =
                name.strip_prefix("lists/").map_or(title.to_owned(), |list| format!("{title} {list}"));
            Some(Row {
                cells: vec![
                    Cell::text(title),
                    Cell::text(format!("{name}.csv")),
                    Cell::whole(i64::try_from(rows).unwrap_or(i64::MAX)),
                ],
                class: "",
            })
        });
        let tables = Grid {
            title: "表格".into(),
            columns: vec![
                Column::text("title", "内容"),
                Column::text("file", "文件"),
                Column::number("rows", "行数", "行"),
            ],
            rows: rows.collect(),
            ..Grid::default()
        };
        html(&PackPage {
            page: who.page(
                app,
                &identity.name,
                &[("DIP分组", ""), ("分值库", "/points"), ("政策包", "/points/packs"), (&identity.name, "")],
            ),
            tabs: Tabs { here: "/points/packs" },
            facts,
            tables,
            unconfirmed: policy::unconfirmed::list(&loaded.policy).iter().map(|u| u.in_words()).collect(),
            can_edit: who.viewer.may(Permission::PointsEdit),
            can_export: who.viewer.may(Permission::Export),
            parameters: who.viewer.may(Permission::ParametersView),
            entry,
        })
    })
    .await
}

/// The whole pack as a zip (`what=zip`), its tables as a workbook (`tables`), or the catalogue alone (`catalogue`, `csv`).
pub(super) async fn download(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    if !who.viewer.may(Permission::Export) {
        return Err(ApiError::forbidden(Permission::Export.chinese()));
    }
    app.blocking(move |app| {
        let loaded = app.loaded_pack(id)?;
        let identity = &loaded.policy.identity;
        let all = table_names(&loaded.files);
        let of = |names: &[String]| -> Result<Vec<u8>, ApiError> {
            let mut tables = Vec::new();
            for name in names {
                if let Some(table) = table_of(&loaded.files, name) {
                    tables.push((name.as_str(), table.map_err(|e| ApiError::internal(e.to_string()))?));
                }
            }
            workbook(&loaded.policy, &tables).map_err(|error| ApiError::internal(error.to_string()))
        };
        let base = format!("{} {}", identity.name, identity.version);
        let (name, kind, bytes) = match asked.text("what") {
            "catalogue" => (format!("{base} 分值库.xlsx"), XLSX, of(&["catalogue".to_owned()])?),
            "csv" => {
                let table =
                    table_of(&loaded.files, "catalogue").ok_or_else(|| ApiError::missing("分值库"))?;
                let table = table.map_err(|error| ApiError::internal(error.to_string()))?;
                let bytes =
                    terms::export::csv(&table).map_err(|error| ApiError::internal(error.to_string()))?;
                (format!("{base} 分值库.csv"), "text/csv; charset=utf-8", bytes)
            }
            "tables" => (format!("{base} 全部表格.xlsx"), XLSX, of(&all)?),
            "zip" => (format!("{base}.zip"), "application/zip", pack_archive::zipped(&loaded.files)?),
            other => return Err(ApiError::wrong(format!("没有下载项“{other}”"))),
        };
        app.log(&who, LogKind::Export, "下载政策包", &identity.name, &format!("编号 {id}，{name}"))?;
        Ok(file(&name, kind, bytes))
    })
    .await
}

/// 导入模板: the catalogue's columns with explanations and examples.
pub(super) async fn template(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let wrong = |error: terms::export::ExportError| ApiError::internal(error.to_string());
        let (name, kind, bytes) = match asked.text("format") {
            "csv" => (
                "分值库导入模板.csv",
                "text/csv; charset=utf-8",
                terms::export::csv(&pack_export::template()).map_err(wrong)?,
            ),
            _ => ("分值库导入模板.xlsx", XLSX, pack_export::template_workbook().map_err(wrong)?),
        };
        app.log(&who, LogKind::Export, "下载模板", "分值库导入模板", name)?;
        Ok(file(name, kind, bytes))
    })
    .await
}
