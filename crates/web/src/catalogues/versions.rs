//! 目录版本: who changed a catalogue when, what a version was, and an old one made current again.

use super::{Tabs, layout};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{CatalogueVersion, LogKind};
use sync::terminology::CatalogueAuthor;
use terms::Layout;

#[derive(Template)]
#[template(path = "catalogues/versions.html")]
struct Versions {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    grid: Grid,
}

#[derive(Template)]
#[template(path = "catalogues/version.html")]
struct Version {
    page: Page,
    tabs: Tabs,
    layout: &'static Layout,
    version: CatalogueVersion,
    at: String,
    rows: String,
    latest: i64,
    can_edit: bool,
    can_export: bool,
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let address = format!("/catalogues/{}/versions", layout.id);
        let rows = app.terminology().versions(layout)?.into_iter().map(|version| {
            let number = version.version;
            let compare = match number {
                1 => Cell::default(),
                _ => Cell::text("与上一版比较").link(format!(
                    "/catalogues/{}/compare?from={}&to={number}",
                    layout.id,
                    number - 1
                )),
            };
            let cells = vec![
                Cell::text(format!("第 {number} 版")).link(format!("{address}/{number}")),
                Cell::moment(version.imported_at),
                Cell::text(version.imported_by),
                Cell::text(version.kind.chinese()),
                Cell::whole(version.row_count),
                Cell::whole(version.added),
                Cell::whole(version.changed),
                Cell::whole(version.removed),
                Cell::whole(version.wrong),
                Cell::text(version.file_name),
                Cell::text(version.note),
                compare,
            ];
            Row { cells, class: "" }
        });
        let text = Column::text;
        let number = |key, title| Column::number(key, title, "行");
        let grid = Grid {
            title: format!("{}版本记录", layout.title),
            columns: vec![
                text("version", "版本"),
                text("at", "时间"),
                text("by", "维护人"),
                text("kind", "方式"),
                number("rows", "共"),
                number("added", "新增"),
                number("changed", "修改"),
                number("removed", "删除"),
                number("wrong", "出错"),
                text("file", "文件"),
                text("note", "备注"),
                text("compare", "差异"),
            ],
            rows: rows.collect(),
            empty: "尚未导入".into(),
            address,
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let title = format!("{}：版本记录", layout.title);
        html(&Versions {
            page: super::page(app, &who, layout, &title, &[("版本", "")]),
            tabs: Tabs::of(layout),
            layout,
            grid,
        })
    })
    .await
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let versions = app.terminology().versions(layout)?;
        let latest = versions.first().map_or(0, |version| version.version);
        let version = versions
            .into_iter()
            .find(|version| version.version == number)
            .ok_or_else(|| ApiError::missing("此版本"))?;
        let title = format!("{}：第 {number} 版", layout.title);
        let link = format!("/catalogues/{}/versions", layout.id);
        html(&Version {
            page: super::page(
                app,
                &who,
                layout,
                &title,
                &[("版本", &link), (&format!("第 {number} 版"), "")],
            ),
            tabs: Tabs::of(layout),
            layout,
            at: crate::text::moment(version.imported_at),
            rows: crate::text::whole(version.row_count),
            version,
            latest,
            can_edit: who.viewer.may(Permission::CataloguesEdit),
            can_export: who.viewer.may(Permission::Export),
        })
    })
    .await
}

/// `seen`: the newest version when the page was shown.
pub(super) async fn restore(
    State(app): State<App>,
    who: Who,
    Path((id, number)): Path<(String, i64)>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    let layout = layout(&id)?;
    app.blocking(move |app| {
        let seen = form.whole("seen", "版本号")?.unwrap_or_default();
        let author = CatalogueAuthor {
            login: &who.viewer.login,
            now: app.now(),
            file_name: "",
            note: form.text("note"),
        };
        let notice = match app.terminology().roll_back(layout, number, seen, author)? {
            Some(version) => {
                let detail = format!("恢复第 {number} 版为第 {} 版：{}", version.version, summary(&version));
                app.log(&who, LogKind::Change, "恢复目录版本", layout.title, &detail)?;
                format!("已恢复第 {number} 版，现为第 {} 版：{}", version.version, summary(&version))
            }
            None => format!("当前版本与第 {number} 版内容相同，没有改动"),
        };
        app.notice(&who, notice);
        Ok(Redirect::to(&format!("/catalogues/{}/versions", layout.id)).into_response())
    })
    .await
}

/// `新增 3，修改 1，删除 0，出错 2`
pub(super) fn summary(version: &CatalogueVersion) -> String {
    format!(
        "新增 {}，修改 {}，删除 {}，出错 {}",
        version.added, version.changed, version.removed, version.wrong
    )
}
