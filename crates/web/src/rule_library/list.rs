//! 规则列表: by kind, level, state, and any word of a rule or its initials.

use super::kinds::KINDS;
use super::library::Listed;
use super::{kind_name, place};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::warnings::level;
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use std::collections::HashMap;
use store::RuleState;

/// An option of a select.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

pub(super) fn choices(
    chosen: &str,
    known: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Vec<Choice> {
    let choice = |(value, name): (String, String)| Choice { chosen: value == chosen, value, name };
    known.into_iter().map(|(value, name)| choice((value.into(), name.into()))).collect()
}

#[derive(Template)]
#[template(path = "rule_library/list.html")]
struct List {
    page: Page,
    editable: bool,
    exportable: bool,
    q: String,
    selects: Vec<(&'static str, &'static str, Vec<Choice>)>,
    drafts: usize,
    grid: Grid,
}

/// States of the list: those of published rules, and what waits.
const STATES: [(&str, &str); 5] = [
    ("open", "启用"),
    ("shadow", "试运行"),
    ("closed", "关闭"),
    ("draft", "有草稿待发布"),
    ("unpublished", "未发布"),
];

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let library = app.rule_library().current(app)?;
        let q = asked.text("q");
        // By how well they fit when words are asked for, else by id.
        let places: Option<HashMap<&str, usize>> = (!q.is_empty()).then(|| {
            let hits = library.index.search(q, library.rules.len(), None);
            hits.rows.iter().enumerate().map(|(at, hit)| (hit.code, at)).rev().collect()
        });
        let mut found: Vec<&Listed> = library
            .rules
            .iter()
            .filter(|listed| {
                places.as_ref().is_none_or(|places| places.contains_key(listed.rule.id.as_str()))
            })
            .filter(|listed| fits(listed, &asked))
            .collect();
        if let Some(places) = &places {
            found.sort_by_key(|listed| places.get(listed.rule.id.as_str()).copied());
        }
        let mut grid = Grid {
            id: "audit-rules",
            title: "审核规则库".into(),
            columns: vec![
                Column::text("id", "规则编号"),
                Column::text("name", "规则名称"),
                Column::text("kind", "规则类型"),
                Column::text("level", "预警等级"),
                Column::text("sentence", "规则描述"),
                Column::text("state", "状态"),
                Column::text("evidence", "依据"),
                Column::text("stages", "环节"),
                Column::text("valid", "有效期"),
                Column::text("changed_at", "修改时间").hidden(),
                Column::text("changed_by", "修改人").hidden(),
            ],
            rows: found.iter().map(|listed| row(listed)).collect(),
            empty: "没有符合条件的规则；可放宽条件，或新建、导入规则".into(),
            address: format!("/audit-rules?{}", asked.without(&["format"])),
            ..Grid::default()
        }
        .for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        let all = || [(String::new(), "全部".to_owned())];
        let owned = |known: &[(&str, &str)]| -> Vec<(String, String)> {
            known.iter().map(|(value, name)| ((*value).to_owned(), (*name).to_owned())).collect()
        };
        let kinds: Vec<(&str, &str)> = KINDS.iter().map(|kind| (kind.code, kind.name)).collect();
        let levels: Vec<(&str, &str)> =
            audit::Level::ALL.iter().map(|level| (level.code(), level.name())).collect();
        let select = |name: &'static str, title: &'static str, known: &[(&str, &str)]| {
            (name, title, choices(asked.text(name), all().into_iter().chain(owned(known))))
        };
        html(&List {
            page: who.page(app, "审核规则库", &[("医保智能审核", ""), ("审核规则库", "")]),
            editable: who.viewer.may(Permission::RulesEdit),
            exportable: who.viewer.may(Permission::Export),
            q: q.to_owned(),
            selects: vec![
                select("kind", "规则类型", &kinds),
                select("level", "预警等级", &levels),
                select("state", "状态", &STATES),
            ],
            drafts: library.rules.iter().filter(|listed| listed.rule.draft.is_some()).count(),
            grid,
        })
    })
    .await
}

fn fits(listed: &Listed, asked: &Fields) -> bool {
    let (rule, said) = (&listed.rule, &listed.said);
    let state = match asked.text("state") {
        "" => true,
        "draft" => rule.draft.is_some(),
        "unpublished" => rule.published.is_none(),
        state => rule.published.is_some() && rule.state.id() == state,
    };
    let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
    state && is(asked.text("kind"), &said.kind) && is(asked.text("level"), &said.level)
}

/// The state of a rule as a tag.
pub(super) fn state(rule: &store::AuditRule) -> Cell {
    if rule.published.is_none() {
        return Cell::text("未发布").class("tag");
    }
    let class = match rule.state {
        RuleState::Open => "tag tag-core",
        RuleState::Shadow => "tag tag-warn",
        RuleState::Closed => "tag tag-unconfirmed",
    };
    let draft = if rule.draft.is_some() { "，有草稿" } else { "" };
    Cell::text(format!("{}{draft}", rule.state.chinese())).class(class)
}

fn row(listed: &Listed) -> Row {
    let (rule, said) = (&listed.rule, &listed.said);
    Row {
        cells: vec![
            Cell::text(rule.id.clone()).link(place(&rule.id)),
            Cell::text(said.name.clone()).link(place(&rule.id)),
            Cell::text(kind_name(&said.kind)),
            level(&said.level),
            Cell::text(said.sentence.clone()),
            state(rule),
            if said.confirmed {
                Cell::text(said.evidence.clone())
            } else {
                Cell::text("UNCONFIRMED").class("tag tag-unconfirmed")
            },
            Cell::text(said.stages.clone()),
            Cell::text(said.valid.clone()),
            Cell::moment(rule.changed_at),
            Cell::text(rule.changed_by.clone()),
        ],
        class: "",
    }
}
