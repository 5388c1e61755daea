//! 草稿: a changed pack on its way: edited, tried, compared, published.

use super::browse::Tabs;
use super::source::{Choice, Source};
use super::{Area, open, person};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Posted};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use policy::edit::{Change, Edit, Form, FormRef};
use std::collections::BTreeMap;
use store::{ComputeRun, ComputeState, DraftState, LogKind, PackDraft, StoreError};
use sync::SyncError;

/// The way of a draft, as every page of it shows it.
pub(super) struct Steps {
    pub(super) prefix: &'static str,
    pub(super) draft: i64,
    pub(super) here: &'static str,
    /// Fields changed so far.
    pub(super) changes: usize,
    /// The trial of the present version, when it is finished.
    pub(super) run: Option<i64>,
    pub(super) is_open: bool,
    pub(super) is_points: bool,
}

impl Steps {
    pub(super) fn of(
        app: &App,
        draft: &PackDraft,
        area: Area,
        here: &'static str,
    ) -> Result<Steps, ApiError> {
        Ok(Steps {
            prefix: area.prefix(),
            draft: draft.id,
            here,
            changes: app.store().draft_changes(draft.id)?.len(),
            run: sync::finished_trial(app.store(), draft)?.map(|trial| trial.run),
            is_open: draft.state == DraftState::Open,
            is_points: area == Area::Points,
        })
    }
}

/// The way to a page of a draft.
pub(super) struct Crumbs(Vec<(String, String)>);

impl Crumbs {
    pub(super) fn as_slices(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, link)| (name.as_str(), link.as_str())).collect()
    }
}

pub(super) fn crumbs(area: Area, draft: &PackDraft, rest: &str) -> Crumbs {
    let prefix = area.prefix();
    let own = |text: &str| text.to_owned();
    let mut steps = vec![
        (own("DIP分组"), String::new()),
        (own(area.chinese()), own(prefix)),
        (own("草稿"), format!("{prefix}/drafts")),
    ];
    let address = if rest.is_empty() { String::new() } else { format!("{prefix}/drafts/{}", draft.id) };
    steps.push((draft.name.clone(), address));
    if !rest.is_empty() {
        steps.push((own(rest), String::new()));
    }
    Crumbs(steps)
}

#[derive(Template)]
#[template(path = "points/drafts.html")]
struct Drafts {
    page: Page,
    tabs: Tabs,
    prefix: &'static str,
    grid: Grid,
    bases: Vec<Choice>,
    can_edit: bool,
}

/// A trial as its draft shows it.
struct TrialLine {
    run: ComputeRun,
    outdated: bool,
    by: String,
    /// The background job that carries it on.
    job: Option<u64>,
}

#[derive(Template)]
#[template(path = "points/draft.html")]
struct DraftPage {
    page: Page,
    steps: Steps,
    draft: PackDraft,
    facts: Vec<(&'static str, String)>,
    latest: Vec<(String, String, String, String)>,
    can_undo: bool,
    overtaken: Option<(i64, String)>,
    trials: Vec<TrialLine>,
    running: bool,
    can_edit: bool,
    unconfirmed: Vec<String>,
}

impl DraftPage {
    fn is_done(&self, line: &TrialLine) -> bool {
        matches!(line.run.state, ComputeState::Done | ComputeState::Published)
    }

    fn is_running(&self, line: &TrialLine) -> bool {
        line.run.state == ComputeState::Running
    }
}

/// Names of users by login, looked up once.
pub(super) fn people<'l>(
    app: &App,
    logins: impl Iterator<Item = &'l str>,
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut names = BTreeMap::new();
    for login in logins {
        if !names.contains_key(login) {
            names.insert(login.to_owned(), person(app, login)?);
        }
    }
    Ok(names)
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let prefix = area.prefix();
        let drafts = app.store().drafts(300)?;
        let logins = drafts.iter().flat_map(|draft| [draft.created_by.as_str(), draft.changed_by.as_str()]);
        let names = people(app, logins)?;
        let name = |login: &str| names.get(login).cloned().unwrap_or_default();
        let rows = drafts.iter().map(|draft| Row {
            cells: vec![
                Cell::text(draft.name.clone()).link(format!("{prefix}/drafts/{}", draft.id)),
                match draft.state {
                    DraftState::Open => Cell::text("修改中").class("tag tag-core"),
                    DraftState::Published => Cell::text("已发布").class("tag tag-ok"),
                    DraftState::Discarded => Cell::text("已放弃").class("tag tag-none"),
                },
                Cell::whole(draft.version - 1),
                Cell::text(name(&draft.created_by)),
                Cell::moment(draft.created_at),
                Cell::text(name(&draft.changed_by)),
                Cell::moment(draft.changed_at),
                Cell::text(draft.note.clone()),
            ],
            class: if draft.state == DraftState::Discarded { "off" } else { "" },
        });
        let grid = Grid {
            title: "政策包草稿".into(),
            columns: vec![
                Column::text("name", "草稿"),
                Column::text("state", "状态"),
                Column::number("version", "修改", "次"),
                Column::text("created_by", "建立人"),
                Column::text("created_at", "建立时间"),
                Column::text("changed_by", "最后修改人"),
                Column::text("changed_at", "最后修改时间"),
                Column::text("note", "说明"),
            ],
            rows: rows.collect(),
            empty: "还没有草稿：在下面选择一个政策包，建立草稿后修改".into(),
            address: format!("{prefix}/drafts"),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let source = Source::of(app, &asked)?;
        html(&Drafts {
            page: who.page(app, "草稿", &[("DIP分组", ""), (area.chinese(), prefix), ("草稿", "")]),
            tabs: Tabs { here: if area == Area::Points { "/points/drafts" } else { "" } },
            prefix,
            grid,
            bases: source.map(|source| source.choices()).unwrap_or_default(),
            can_edit: who.viewer.may(area.edit()),
        })
    })
    .await
}

/// A new draft of a pack; with `year`, moved to that year. `next` is where to go on to within its area.
pub(super) async fn create(
    State(app): State<App>,
    who: Who,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let base = form.whole("base", "政策包")?.ok_or_else(|| ApiError::wrong("请选择政策包"))?;
        let loaded = app.loaded_pack(base)?;
        let identity = &loaded.policy.identity;
        let year = form.whole("year", "年度")?.filter(|year| *year != i64::from(identity.year));
        let name = match (form.text("name"), year) {
            ("", Some(year)) => format!("{year}年度政策"),
            ("", None) => format!("{} 修改", identity.name),
            (name, _) => name.to_owned(),
        };
        if name.chars().count() > 60 {
            return Err(ApiError::wrong("草稿名称不超过 60 字"));
        }
        let by = (who.viewer.login.as_str(), app.now());
        let id = sync::begin_draft(app.store(), base, &name, form.text("note"), by)?;
        let draft = app.store().draft(id)?;
        if draft.version == 1
            && let Some(year) = year
        {
            let change = moved_to_year(&loaded.files, year)?;
            sync::edit_draft(app.store(), id, None, &[change], by)?;
        }
        let detail = format!("草稿 {id}，由政策包 {base}");
        app.log(&who, LogKind::Change, "建立政策包草稿", &name, &detail)?;
        let next = form.text("next");
        if next.starts_with(&format!("{prefix}/")) {
            return Ok(Redirect::to(&format!(
                "{next}{}draft={id}",
                if next.contains('?') { "&" } else { "?" }
            ))
            .into_response());
        }
        Ok(Redirect::to(&format!("{prefix}/drafts/{id}")).into_response())
    })
    .await
}

/// Identity, name, year and validity of a pack as those of another year.
fn moved_to_year(files: &policy::PackFiles, year: i64) -> Result<Change, ApiError> {
    let wrong = || ApiError::wrong("年度应为 2000 至 2100 之间的四位数字");
    if !(2000..=2100).contains(&year) {
        return Err(wrong());
    }
    let of = FormRef::find("identity").ok_or_else(wrong)?;
    let form = Form::read(files, of);
    let record = form.records.first().ok_or_else(wrong)?;
    let old: i64 = form.cell(record, "year").parse().map_err(|_| wrong())?;
    let mut cells = record.cells.clone();
    for (at, column) in form.columns.iter().enumerate() {
        let Some(cell) = cells.get_mut(at) else { continue };
        if matches!(column.name, "id" | "name" | "year") {
            *cell = cell.replace(&old.to_string(), &year.to_string());
        }
        if let ("effective_from" | "effective_to", Ok(date)) =
            (column.name, cell.parse::<jiff::civil::Date>())
        {
            let moved = jiff::Span::new().try_years(year - old).and_then(|span| date.checked_add(span));
            *cell = moved.map_err(|_| wrong())?.to_string();
        }
        if column.name == "status" {
            "draft".clone_into(cell);
        }
    }
    let edit = Edit::Set { at: record.at, seen: record.cells.clone(), cells };
    Ok(Change::Form { form: "identity".to_owned(), edits: vec![edit] })
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let area = Area::of(&who);
        let (draft, loaded) = app.loaded_draft(id)?;
        let store = app.store();
        let changes = store.draft_changes(id)?;
        let trials = store.trials(id)?;
        let logins = changes.iter().map(|change| change.login.as_str());
        let logins = logins.chain([draft.created_by.as_str(), draft.changed_by.as_str()]);
        let names = people(app, logins.chain(trials.iter().map(|trial| trial.login.as_str())))?;
        let name = |login: &str| names.get(login).cloned().unwrap_or_default();
        let identity = &loaded.policy.identity;
        let base = draft.base.map(|base| store.pack(base)).transpose()?;
        let base_name = base.as_ref().map(|pack| format!("{}（编号 {}）", pack.name, pack.id));
        let facts = vec![
            ("状态", draft.state.chinese().to_owned()),
            ("政策包", format!("{} {}", identity.name, identity.version)),
            ("有效期", format!("{} 至 {}", identity.effective_from, identity.effective_to)),
            ("由来", base_name.unwrap_or_else(|| "上传".to_owned())),
            ("建立", format!("{}，{}", name(&draft.created_by), crate::text::moment(draft.created_at))),
            ("最后修改", format!("{}，{}", name(&draft.changed_by), crate::text::moment(draft.changed_at))),
            ("说明", if draft.note.is_empty() { crate::text::NONE.to_owned() } else { draft.note.clone() }),
        ];
        let latest = changes.iter().take(8).map(|change| {
            let values = format!("{} → {}", shown(&change.change.before), shown(&change.change.after));
            (crate::text::moment(change.at), name(&change.login), change.change.field.clone(), values)
        });
        let mut lines = Vec::new();
        for trial in &trials {
            let run = store.compute_run(trial.run)?;
            lines.push(TrialLine {
                outdated: trial.version != draft.version && draft.state == DraftState::Open,
                by: name(&trial.login),
                job: super::trial::job_of(app, trial.run),
                run,
            });
        }
        let is_open = draft.state == DraftState::Open;
        let overtaken = if is_open { sync::overtaken_by(store, &draft)? } else { None };
        html(&DraftPage {
            page: who.page(app, &format!("草稿：{}", draft.name), &crumbs(area, &draft, "").as_slices()),
            steps: Steps::of(app, &draft, area, "draft")?,
            facts,
            latest: latest.collect(),
            can_undo: is_open && store.draft_undo(id)?.is_some(),
            overtaken: overtaken.map(|pack| (pack.id, pack.name)),
            running: lines.iter().any(|line| line.run.state == ComputeState::Running && !line.outdated),
            trials: lines,
            can_edit: is_open && who.viewer.may(area.edit()),
            unconfirmed: policy::unconfirmed::list(&loaded.policy).iter().map(|u| u.in_words()).collect(),
            draft,
        })
    })
    .await
}

/// A value of the log of changes.
pub(super) fn shown(text: &str) -> String {
    if text.is_empty() { "（空）".to_owned() } else { text.to_owned() }
}

pub(super) async fn undo(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let draft = app.store().draft(id)?;
        open(&draft)?;
        let seen = form.whole("version", "版本")?.unwrap_or_default();
        let back = Redirect::to(&format!("{prefix}/drafts/{id}")).into_response();
        match sync::undo_draft(app.store(), id, seen, (&who.viewer.login, app.now())) {
            Ok(fields) => {
                app.log(
                    &who,
                    LogKind::Change,
                    "撤销政策包修改",
                    &draft.name,
                    &format!("第 {seen} 次修改，{fields} 项"),
                )?;
                app.notice(&who, format!("已撤销最近一次修改（{fields} 项）"));
            }
            // Pressed twice, or somebody was quicker.
            Err(SyncError::Store(StoreError::Changed(_))) => {
                app.notice(&who, "没有撤销：草稿在您打开之后又有修改，请核对最新的修改记录");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(back)
    })
    .await
}

pub(super) async fn rebase(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    _: Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let draft = app.store().draft(id)?;
        open(&draft)?;
        match sync::rebase_draft(app.store(), id, (&who.viewer.login, app.now())) {
            Ok(()) => {
                app.log(&who, LogKind::Change, "并入现行政策包", &draft.name, &format!("草稿 {id}"))?;
                app.notice(&who, "已并入现行政策包的修改，两边的修改都在；请重新试算");
            }
            Err(error @ (SyncError::Overlap(_) | SyncError::Pack(..))) => app.notice(&who, error.to_string()),
            Err(error) => return Err(error.into()),
        }
        Ok(Redirect::to(&format!("{prefix}/drafts/{id}")).into_response())
    })
    .await
}

pub(super) async fn discard(
    State(app): State<App>,
    who: Who,
    Path(id): Path<i64>,
    Posted(form): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let prefix = Area::of(&who).prefix();
        let draft = app.store().draft(id)?;
        if draft.state == DraftState::Discarded {
            return Ok(Redirect::to(&format!("{prefix}/drafts")).into_response());
        }
        open(&draft)?;
        let seen = form.whole("version", "版本")?.unwrap_or_default();
        super::trial::cancel(app, id)?;
        app.store().discard_draft(id, seen, (&who.viewer.login, app.now()))?;
        app.log(&who, LogKind::Change, "放弃政策包草稿", &draft.name, &format!("草稿 {id}"))?;
        app.notice(&who, format!("草稿“{}”已放弃，试算结果已删除；修改记录仍可查看", draft.name));
        Ok(Redirect::to(&format!("{prefix}/drafts")).into_response())
    })
    .await
}
