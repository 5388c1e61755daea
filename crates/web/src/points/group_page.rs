//! 病种: everything a pack says about one group, and the hospital's cases of it.

use super::browse::{Tabs, flags, kind_class, link};
use super::source::Source;
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use metrics::{Period, Query, Selection, Test};
use model::Permission;
use policy::{CoefficientKind, Group, Policy};
use rust_decimal::Decimal;

#[derive(Template)]
#[template(path = "points/group.html")]
struct GroupPage {
    page: Page,
    tabs: Tabs,
    source: Source,
    kind: &'static str,
    kind_class: &'static str,
    facts: Vec<(&'static str, String)>,
    confirmed: bool,
    conditions: Vec<String>,
    stages: String,
    scheme: String,
    segments: Vec<String>,
    parameters: Grid,
    years: Grid,
    /// Cases of the last year: title, value, address.
    cases: Vec<(String, String, String)>,
    /// Address of its row in the draft, where it may be edited.
    edit: String,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let source = Source::of(app, &asked)?.ok_or_else(|| ApiError::missing("政策包"))?;
        let policy = &source.loaded.policy;
        let code = asked.text("code").to_owned();
        let group = source.loaded.group(&code).or_else(|| policy.group(&code));
        let group = group.ok_or_else(|| ApiError::missing(&format!("病种 {code}")))?;
        let stages = policy.grouping.stages.iter().filter(|stage| stage.sets.contains(&group.set));
        let scheme = policy.scheme_of(group);
        let edit = match &source.draft {
            Some(draft) if who.viewer.may(Permission::PointsEdit) => {
                format!("/points/edit?form=catalogue&draft={}&at={}", draft.id, group.source.line)
            }
            _ => String::new(),
        };
        let parameters = parameters(policy, group);
        let years = years(app, &source, group)?;
        let cases =
            if who.viewer.may(Permission::Cases) { cases(app, &who, &group.code)? } else { Vec::new() };
        html(&GroupPage {
            page: who.page(
                app,
                &format!("{} {}", group.code, group.name),
                &[("DIP分组", ""), ("分值库", &format!("/points?{}", source.query())), (&group.code, "")],
            ),
            tabs: Tabs { here: "/points" },
            kind: group.kind.chinese(),
            kind_class: kind_class(group.kind),
            facts: facts(policy, group),
            confirmed: group.source.confirmed(),
            conditions: policy::words::conditions(group),
            stages: stages.map(|stage| stage.name.as_str()).collect::<Vec<_>>().join("、"),
            scheme: scheme.map(policy::words::scheme).unwrap_or_default(),
            segments: scheme.iter().flat_map(|s| &s.segments).map(policy::words::segment).collect(),
            parameters,
            years,
            cases,
            edit,
            source,
        })
    })
    .await
}

fn facts(policy: &Policy, group: &Group) -> Vec<(&'static str, String)> {
    let number = |number: Option<Decimal>, unit: &str| {
        number.map_or(crate::text::NONE.to_owned(), |n| {
            format!("{} {unit}", crate::text::decimal(n, n.scale()))
        })
    };
    let text = |text: String| if text.is_empty() { crate::text::NONE.to_owned() } else { text };
    vec![
        ("分值", number(Some(group.points), "分")),
        ("参照费用", number(group.reference_cost, "元")),
        ("平均住院日", number(group.mean_days, "天")),
        ("变异系数", number(group.cv, "")),
        ("测算例数", group.cases.map_or(crate::text::NONE.to_owned(), |n| format!("{n} 例"))),
        ("分类", text(group.category.clone())),
        ("标识", text(flags(group))),
        ("依据", format!("{}（{}）", policy.evidence_of(group.source), policy.place(group.source))),
    ]
}

/// Coefficients, reference costs, quotas and 辅助目录 that concern the group.
fn parameters(policy: &Policy, group: &Group) -> Grid {
    let mut rows = Vec::new();
    let mut add = |what: &str, whom: String, value: Decimal, unit: &str, source: Option<policy::Source>| {
        let confirmed = source.is_none_or(policy::Source::confirmed);
        rows.push(Row {
            cells: vec![
                Cell::text(what),
                Cell::text(whom),
                Value::Decimal(value, value.scale()).into(),
                Cell::text(unit),
                Cell::text(source.map_or(String::new(), |source| policy.evidence_of(source).to_owned())),
                if confirmed {
                    Cell::default()
                } else {
                    Cell::text("未确认").class("tag tag-unconfirmed")
                },
            ],
            class: "",
        });
    };
    let joined = |parts: &[&str]| {
        let filled: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        if filled.is_empty() { "全部".to_owned() } else { filled.join(" ") }
    };
    let level = |level: &str| if level.is_empty() { String::new() } else { format!("{level} 级医院") };
    let insurance = |code: &str| {
        let named = policy.insurance_types.iter().find(|known| known.code == code);
        named.map_or_else(|| code.to_owned(), |known| known.name.clone())
    };
    let hospital = |code: &str| {
        let named = policy.hospitals.iter().find(|known| known.code == code);
        named.map_or_else(|| code.to_owned(), |known| known.name.clone())
    };
    for row in &policy.reference_costs {
        if row.group == group.code {
            add("参照费用", level(&row.hospital_level), row.cost, "元", Some(row.source));
        }
    }
    for row in policy.coefficients_of(group) {
        let what = match row.coefficient {
            CoefficientKind::Hospital => "医院系数",
            CoefficientKind::Group => "病种系数",
            CoefficientKind::Bonus => "加成系数",
            CoefficientKind::Assessment => "考核系数",
        };
        let kind = row.kind.map_or("", |kind| kind.chinese());
        let parts = [
            row.name.as_str(),
            &hospital(&row.hospital),
            &level(&row.hospital_level),
            &row.group,
            kind,
            &insurance(&row.insurance_type),
        ];
        add(what, joined(&parts), row.value, "", Some(row.source));
    }
    for row in policy.fixed_quotas.iter().filter(|row| row.group == group.code) {
        let whom = joined(&[&level(&row.hospital_level), &insurance(&row.insurance_type)]);
        add("项目定额", whom, row.amount, "元", Some(row.source));
    }
    for (kind, levels) in policy.auxiliary_of(group) {
        let name = |id: &str, name: &str| if name.is_empty() { id.to_owned() } else { name.to_owned() };
        for (level, value) in levels {
            let whom = format!("{} {}", name(&kind.id, &kind.name), name(&level.id, &level.name));
            add("辅助目录", whom, value, "", None);
        }
    }
    Grid {
        title: format!("{} 的参数", group.code),
        columns: vec![
            Column::text("what", "参数"),
            Column::text("whom", "适用"),
            Column::number("value", "值", ""),
            Column::text("unit", "单位"),
            Column::text("evidence", "依据"),
            Column::text("confirmed", "确认"),
        ],
        rows,
        empty: "这个病种没有专门的系数、定额或参照费用：各系数一律为 1".into(),
        ..Grid::default()
    }
}

/// 各年分值: what every pack in force says of the group.
fn years(app: &App, source: &Source, group: &Group) -> Result<Grid, ApiError> {
    let mut rows = Vec::new();
    for pack in source.packs.iter().filter(|pack| pack.in_force_since.is_some()) {
        let loaded = app.loaded_pack(pack.id)?;
        let found = loaded.group(&group.code);
        let exact = |number: Option<Decimal>| number.map_or(Value::Nothing, |n| Value::Decimal(n, n.scale()));
        let code = Cell::text(pack.name.clone());
        let address = || format!("/points/group?pack={}&code={}", pack.id, encode(&group.code));
        rows.push(Row {
            cells: vec![
                if found.is_some() { code.link(address()) } else { code },
                Cell::day(pack.effective_from),
                Cell::day(pack.effective_to),
                exact(found.map(|group| group.points)).into(),
                exact(found.and_then(|group| group.reference_cost)).into(),
                Cell::text(found.map_or("无此病种", |_| "")),
            ],
            class: "",
        });
    }
    Ok(Grid {
        title: format!("{} 各年分值", group.code),
        columns: vec![
            Column::text("pack", "政策包"),
            Column::text("from", "自"),
            Column::text("to", "至"),
            Column::number("points", "分值", "分"),
            Column::number("reference_cost", "参照费用", "元"),
            Column::text("note", ""),
        ],
        rows,
        empty: "没有在用的政策包".into(),
        ..Grid::default()
    })
}

/// The hospital's cases of the group in the year up to today.
fn cases(app: &App, who: &Who, code: &str) -> Result<Vec<(String, String, String)>, ApiError> {
    let today = app.today();
    let Some(period) =
        today.checked_sub(jiff::Span::new().days(364)).ok().and_then(|from| Period::new(from, today))
    else {
        return Ok(Vec::new());
    };
    let selection = Selection::within(period).filter("group", Test::In(vec![code.into()]));
    let measures = ["discharges", "cost_per_case", "mean_stay", "points", "surplus"];
    let answer = app.answer(&Query::of(measures, selection), &who.viewer)?;
    let address = format!("/cases?from={}&to={today}&group={}", period.from(), encode(code));
    Ok(answer
        .measures
        .iter()
        .zip(&answer.total.values)
        .map(|(measure, value)| {
            let shown = crate::numbers::cell(measure, *value).value.show();
            let unit = if shown.ends_with('%') { "" } else { measure.format.unit.as_str() };
            (measure.short.clone(), format!("{shown} {unit}"), address.clone())
        })
        .collect())
}

/// The link of a group in a table of another page.
pub(super) fn linked(source: &Source, code: &str) -> Cell {
    Cell::text(code.to_owned()).link(link(source, code))
}
