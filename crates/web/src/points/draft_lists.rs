//! 草稿的修改: every field that was changed by whom, and the groups that differ from the base.

use super::Area;
use super::difference::{Count, Difference, List};
use super::draft_pages::{Steps, crumbs, people};
use super::source::Source;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use policy::FileChange;
use policy::edit::FormRef;
use store::PackDraft;

#[derive(Template)]
#[template(path = "points/draft_list.html")]
struct ListPage {
    page: Page,
    steps: Steps,
    draft: PackDraft,
    counts: Vec<Count>,
    /// Other files that differ, with the number of lines out and in.
    files: Vec<(String, String)>,
    grid: Grid,
}

pub(super) async fn changes(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let draft = app.store().draft(id)?;
        let changes = app.store().draft_changes(id)?;
        let names = people(app, changes.iter().map(|change| change.login.as_str()))?;
        let rows = changes.iter().map(|change| Row {
            cells: vec![
                Cell::whole(change.version - 1),
                Cell::moment(change.at),
                Cell::text(names.get(&change.login).cloned().unwrap_or_default()),
                Cell::text(change.change.field.clone()),
                Cell::text(change.change.before.clone()),
                Cell::text(change.change.after.clone()),
                Cell::text(change.change.file.clone()),
            ],
            class: "",
        });
        let address = format!("{}/drafts/{id}/changes", area.prefix());
        let mut grid = Grid {
            title: "修改记录".into(),
            about: vec![("草稿".to_owned(), draft.name.clone())],
            columns: vec![
                Column::number("version", "第几次", ""),
                Column::text("at", "时间"),
                Column::text("who", "修改人"),
                Column::text("field", "项目"),
                Column::text("before", "修改前"),
                Column::text("after", "修改后"),
                Column::text("file", "文件"),
            ],
            rows: rows.collect(),
            empty: "还没有修改".into(),
            address,
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        html(&ListPage {
            page: who.page(app, "修改记录", &crumbs(area, &draft, "修改记录").as_slices()),
            steps: Steps::of(app, &draft, area, "changes")?,
            draft,
            counts: Vec::new(),
            files: Vec::new(),
            grid,
        })
    })
    .await
}

/// Groups and files that differ between the draft and the pack it was made from.
pub(super) async fn difference(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let (draft, loaded) = app.loaded_draft(id)?;
        let base = draft.base.ok_or_else(|| ApiError::missing("草稿的原政策包"))?;
        let base = app.loaded_pack(base)?;
        let compared =
            policy::Difference::between((&base.policy, &base.files), (&loaded.policy, &loaded.files));
        let (before, after) = Difference::texts(&base.files, &loaded.files);
        let source = Source::of(app, &Fields(vec![("draft".to_owned(), id.to_string())]))?;
        let linked = source.as_ref().filter(|_| area == Area::Points);
        let difference = Difference { changes: &compared.groups, warnings: &[], before, after, linked };
        let list: List = difference.asked(&asked);
        let address = format!("{}/drafts/{id}/difference", area.prefix());
        let about = vec![
            ("草稿".to_owned(), draft.name.clone()),
            ("原政策包".to_owned(), base.policy.identity.name.clone()),
        ];
        let full = format!("{address}?{}", asked.without(&["format", "page"]));
        let mut grid = difference.grid(list, "与原政策包的差别", about, full).for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        let files = compared.files.iter().map(|(name, change)| {
            let form = FormRef::all().find(|form| form.file() == name.as_str());
            let title = form.map_or(name.clone(), |form| format!("{}（{name}）", form.title()));
            let what = match change {
                FileChange::Added => "新增".to_owned(),
                FileChange::Removed => "删除".to_owned(),
                FileChange::Changed { removed, added } => {
                    format!("减 {} 行，增 {} 行", removed.len(), added.len())
                }
            };
            (title, what)
        });
        html(&ListPage {
            page: who.page(app, "与原政策包的差别", &crumbs(area, &draft, "差别").as_slices()),
            steps: Steps::of(app, &draft, area, "difference")?,
            counts: difference.counts(list, &address),
            files: files.collect(),
            draft,
            grid,
        })
    })
    .await
}
