//! 分值库浏览: the groups of a catalogue, by code, name or initials.

use super::source::{Choice, NO_PACK, Source};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use policy::{Flag, Group, Kind, Policy};
use rust_decimal::Decimal;

#[derive(Template)]
#[template(path = "points/browse.html")]
struct Browse {
    page: Page,
    tabs: Tabs,
    /// `None`: there is no pack.
    source: Option<Source>,
    choices: Vec<Choice>,
    query: String,
    kind: String,
    flag: String,
    can_edit: bool,
    grid: Grid,
}

/// The pages of 分值库.
pub(super) struct Tabs {
    pub(super) here: &'static str,
}

impl Tabs {
    pub(super) const ALL: [(&'static str, &'static str); 3] =
        [("/points", "病种目录"), ("/points/packs", "政策包"), ("/points/drafts", "草稿")];
}

/// 病种标识 with their names.
pub(super) const FLAGS: [(Flag, &str, &str); 6] = [
    (Flag::Primary, "primary", "基层病种"),
    (Flag::FixedQuota, "fixed_quota", "项目定额"),
    (Flag::DaySurgery, "day_surgery", "日间手术"),
    (Flag::Tcm, "tcm", "中医优势病种"),
    (Flag::NoAuxiliary, "no_auxiliary", "不用辅助目录"),
    (Flag::BedDay, "bed_day", "床日"),
];

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let source = Source::of(app, &asked)?;
        let mut grid = match &source {
            Some(source) => grid(source, &asked),
            None => Grid { empty: NO_PACK.into(), title: "病种分值库".into(), ..Grid::default() },
        }
        .for_viewer(&who.viewer);
        if !asked.is_set("format") {
            grid.show_page(Paging::asked(&asked));
        }
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        html(&Browse {
            page: who.page(app, "分值库", &[("DIP分组", ""), ("分值库", "")]),
            tabs: Tabs { here: "/points" },
            choices: source.as_ref().map(Source::choices).unwrap_or_default(),
            source,
            query: asked.text("q").to_owned(),
            kind: asked.text("kind").to_owned(),
            flag: asked.text("flag").to_owned(),
            can_edit: who.viewer.may(Permission::PointsEdit),
            grid,
        })
    })
    .await
}

fn grid(source: &Source, asked: &Fields) -> Grid {
    let (policy, query) = (&source.loaded.policy, asked.text("q"));
    let kind = Kind::NAMES.iter().find(|entry| entry.0 == asked.text("kind")).map(|entry| entry.1);
    let flag = FLAGS.iter().find(|entry| entry.1 == asked.text("flag"));
    let fits = |group: &&Group| {
        kind.is_none_or(|kind| group.kind == kind) && flag.is_none_or(|(flag, _, _)| group.has(*flag))
    };
    let mut groups: Vec<&Group> = match query {
        "" => policy.groups.iter().filter(fits).collect(),
        query => {
            let hits = source.loaded.index().search(query, policy.groups.len(), None);
            hits.rows.iter().filter_map(|hit| source.loaded.group(hit.code)).filter(fits).collect()
        }
    };
    order(&mut groups, asked.text("order"));
    let mut about = source.about();
    let of_flag = flag.map_or("", |flag| flag.2).to_owned();
    for (name, value) in [
        ("检索", query.to_owned()),
        ("类型", kind.map_or(String::new(), |kind| kind.chinese().to_owned())),
        ("标识", of_flag),
    ] {
        if !value.is_empty() {
            about.push((name.to_owned(), value));
        }
    }
    Grid {
        id: "points",
        title: "病种分值库".into(),
        about,
        columns: columns(),
        rows: groups.into_iter().map(|group| row(source, policy, group)).collect(),
        empty: "没有符合条件的病种：可换编码、名称或拼音首字母，或放宽类型与标识".into(),
        address: format!("/points?{}", asked.without(&["format", "page"])),
        ..Grid::default()
    }
}

fn order(groups: &mut [&Group], by: &str) {
    let (descending, key) = by.strip_prefix('-').map_or((false, by), |key| (true, key));
    let number = |group: &Group| match key {
        "reference_cost" => group.reference_cost,
        "mean_days" => group.mean_days,
        "cases" => group.cases.map(Decimal::from),
        _ => Some(group.points),
    };
    match key {
        "points" | "reference_cost" | "mean_days" | "cases" => groups.sort_by_key(|group| number(group)),
        "code" => groups.sort_by(|a, b| a.code.cmp(&b.code)),
        _ => return,
    }
    if descending {
        groups.reverse();
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::text("code", "病种编码").sortable(),
        Column::text("name", "病种名称"),
        Column::text("kind", "类型"),
        Column::text("category", "分类"),
        Column::number("points", "分值", "分").sortable(),
        Column::number("reference_cost", "参照费用", "元").sortable(),
        Column::number("mean_days", "平均住院日", "天").sortable(),
        Column::number("cases", "测算例数", "例").sortable(),
        Column::number("cv", "变异系数", "").hidden(),
        Column::text("flags", "标识"),
        Column::text("evidence", "依据").hidden(),
        Column::text("confirmed", "确认"),
    ]
}

fn row(source: &Source, policy: &Policy, group: &Group) -> Row {
    let exact = |number: Option<Decimal>| number.map_or(Value::Nothing, |n| Value::Decimal(n, n.scale()));
    let confirmed = group.source.confirmed();
    Row {
        cells: vec![
            Cell::text(group.code.clone()).link(link(source, &group.code)),
            Cell::text(group.name.clone()),
            Cell::text(group.kind.chinese()).class(kind_class(group.kind)),
            Cell::text(group.category.clone()),
            exact(Some(group.points)).into(),
            exact(group.reference_cost).into(),
            exact(group.mean_days).into(),
            group.cases.map_or(Value::Nothing, |cases| Value::Whole(cases.into())).into(),
            exact(group.cv).into(),
            Cell::text(flags(group)),
            Cell::text(policy.evidence_of(group.source).to_owned()),
            if confirmed {
                Cell::text("已确认").class("tag tag-ok")
            } else {
                Cell::text("未确认").class("tag tag-unconfirmed")
            },
        ],
        class: "",
    }
}

/// 病种标识 in words.
pub(super) fn flags(group: &Group) -> String {
    let words = FLAGS.iter().filter(|(flag, _, _)| group.has(*flag)).map(|(_, _, word)| *word);
    words.collect::<Vec<_>>().join("、")
}

/// Class of a kind's tag.
pub(super) fn kind_class(kind: Kind) -> &'static str {
    match kind {
        Kind::Core => "tag tag-core",
        Kind::Composite => "tag tag-composite",
        Kind::Primary => "tag tag-primary",
    }
}

/// Address of a group's page.
pub(super) fn link(source: &Source, code: &str) -> String {
    format!("/points/group?{}&code={}", source.query(), encode(code))
}
