//! 违规预警汇总: by department, by rule, one by one.

use super::filter::{AskedWarnings, PATIENTS, UNITS, read};
use super::{LEVELS, level};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::rule_library::{Library, kind_name};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rust_decimal::Decimal;
use store::{FindingState, Warning, WarningCount, WarningSum, WarningsBy};

/// Rows of an export at most.
const MOST: i64 = 100_000;

/// Ways to look: name in the address, title.
const VIEWS: [(&str, &str); 3] = [("department", "按科室"), ("rule", "按项目"), ("patient", "按患者明细")];

/// An option of a select.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "warnings/list.html")]
struct List {
    page: Page,
    view: &'static str,
    views: Vec<(&'static str, String, bool)>,
    selects: Vec<(&'static str, &'static str, Vec<Choice>)>,
    date: String,
    rule: String,
    rule_said: String,
    case: String,
    class: String,
    clear: String,
    count: WarningCount,
    unignored: String,
    amount: String,
    grid: Grid,
}

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let wanted = read(&asked, app.today())?;
        let view = match asked.text("by") {
            "" => VIEWS[if wanted.filter.case.is_some() { 2 } else { 0 }],
            name => {
                VIEWS.into_iter().find(|view| view.0 == name).ok_or_else(|| ApiError::missing("此页面"))?
            }
        };
        let library = app.rule_library().current(app)?;
        let count = app.store().warning_count(&who.viewer, &wanted.filter)?;
        let mut grid = match view.0 {
            "department" => by_department(app, &who, &asked, &wanted, count)?,
            "rule" => by_rule(app, &who, &asked, &wanted, count, &library)?,
            _ => by_patient(app, &who, &asked, &wanted, &library)?,
        };
        grid.title = format!("违规预警（{}）", view.1);
        let places = app.store().warned_places(&who.viewer)?;
        grid.about = wanted.words();
        grid.about.extend(words(&asked, &places));
        grid.address = format!("/warnings?{}", asked.without(&["format"]));
        let mut grid = grid.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let keep = asked.without(&["by", "page", "order", "format"]);
        let rule = asked.text("rule").to_owned();
        html(&List {
            page: who.page(app, "违规预警", &[("医保智能审核", ""), ("违规预警", "")]),
            view: view.0,
            views: VIEWS
                .into_iter()
                .map(|(name, title)| (title, format!("/warnings?by={name}&{keep}"), name == view.0))
                .collect(),
            selects: selects(&asked, &wanted, places),
            date: wanted.date.to_string(),
            rule_said: library.sentence(&rule),
            rule,
            case: asked.text("case").to_owned(),
            class: asked.text("class").to_owned(),
            clear: format!(
                "/warnings?by={}&{}",
                view.0,
                asked.without(&["by", "rule", "case", "class", "page", "format"])
            ),
            unignored: share(count).map_or(crate::text::NONE.to_owned(), |share| {
                format!("{}%", crate::text::decimal(share * Decimal::ONE_HUNDRED, 2))
            }),
            amount: crate::text::money(count.amount),
            count,
            grid,
        })
    })
    .await
}

/// 未忽略占比: what the doctors did not ignore, of all.
fn share(count: WarningCount) -> Option<Decimal> {
    (count.warnings > 0)
        .then(|| Decimal::from(count.warnings - count.ignored) / Decimal::from(count.warnings))
}

fn share_cell(count: WarningCount) -> Cell {
    share(count).map_or_else(Cell::default, |share| Value::Percent(share, 2).into())
}

/// An address one step further down.
fn down(asked: &Fields, narrowed: &[(&str, &str)]) -> String {
    let mut replaced: Vec<&str> = narrowed.iter().map(|(name, _)| *name).collect();
    replaced.extend(["page", "order", "format"]);
    let rest = asked.without(&replaced);
    let more: Vec<String> = narrowed
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("/warnings?{rest}{}{}", if rest.is_empty() { "" } else { "&" }, more.join("&"))
}

fn by_department(
    app: &App,
    who: &Who,
    asked: &Fields,
    wanted: &AskedWarnings,
    all: WarningCount,
) -> Result<Grid, ApiError> {
    let sums = app.store().warning_sums(&who.viewer, &wanted.filter, WarningsBy::Department)?;
    let cells = |name: Cell, count: WarningCount, to: &dyn Fn(&str) -> String| {
        let number = |n: i64, state: &str| {
            let cell = Cell::whole(n);
            if n > 0 { cell.link(to(state)) } else { cell }
        };
        vec![
            name,
            number(count.warnings, ""),
            share_cell(count),
            number(count.ignored, FindingState::Ignored.id()),
            number(count.open, FindingState::Open.id()),
            number(count.confirmed, FindingState::Confirmed.id()),
            Cell::whole(count.cases),
            Cell::money(count.amount),
        ]
    };
    let row = |sum: &WarningSum| {
        let named = Cell::text(if sum.name.is_empty() { sum.key.clone() } else { sum.name.clone() });
        let to = |state: &str| down(asked, &[("by", "patient"), ("department", &sum.key), ("state", state)]);
        let rules = down(asked, &[("by", "rule"), ("department", &sum.key)]);
        Row { cells: cells(named.link(rules), sum.count, &to), class: "" }
    };
    let to = |state: &str| down(asked, &[("by", "patient"), ("state", state)]);
    Ok(Grid {
        id: "warnings-department",
        columns: vec![
            Column::text("department", "住院科室"),
            Column::number("warnings", "预警数量", "条"),
            Column::number("unignored", "未忽略占比", ""),
            Column::number("ignored", "医生忽略", "条"),
            Column::number("open", "待处理", "条"),
            Column::number("confirmed", "确认违规", "条"),
            Column::number("cases", "涉及患者", "人次"),
            Column::number("amount", "违规金额", "元"),
        ],
        total: (!sums.is_empty()).then(|| cells(Cell::text("合计"), all, &to)),
        rows: sums.iter().map(row).collect(),
        empty: EMPTY.into(),
        ..Grid::default()
    })
}

const EMPTY: &str = "所选条件下没有预警；可换口径、时间或科室，或到审核规则库核对规则是否启用";

fn by_rule(
    app: &App,
    who: &Who,
    asked: &Fields,
    wanted: &AskedWarnings,
    all: WarningCount,
    library: &Library,
) -> Result<Grid, ApiError> {
    let sums = app.store().warning_sums(&who.viewer, &wanted.filter, WarningsBy::Rule)?;
    let counts = |count: WarningCount, to: &dyn Fn(&str) -> String| {
        let cell = |n: i64, state: &str| if n > 0 { Cell::whole(n).link(to(state)) } else { Cell::whole(n) };
        vec![
            cell(count.warnings, ""),
            cell(count.ignored, FindingState::Ignored.id()),
            Cell::whole(count.warnings - count.ignored),
            Cell::whole(count.cases),
            Cell::money(count.amount),
        ]
    };
    let rows = sums.iter().map(|sum| {
        let to = |state: &str| down(asked, &[("by", "patient"), ("rule", &sum.key), ("state", state)]);
        let mut cells = vec![
            level(&sum.level),
            Cell::text(kind_name(&sum.kind)),
            Cell::text(sum.key.clone()).link(to("")),
            Cell::text(library.sentence(&sum.key)),
        ];
        cells.extend(counts(sum.count, &to));
        Row { cells, class: "" }
    });
    let total = |all: WarningCount| {
        let to = |state: &str| down(asked, &[("by", "patient"), ("state", state)]);
        let mut cells = vec![Cell::text("合计"), Cell::default(), Cell::default(), Cell::default()];
        cells.extend(counts(all, &to));
        cells
    };
    Ok(Grid {
        id: "warnings-rule",
        columns: vec![
            Column::text("level", "预警等级"),
            Column::text("kind", "预警类型"),
            Column::text("rule", "规则编号"),
            Column::text("sentence", "预警规则描述"),
            Column::number("warnings", "预警数量", "条"),
            Column::number("ignored", "医生忽略", "条"),
            Column::number("audited", "审核预警", "条"),
            Column::number("cases", "涉及患者", "人次"),
            Column::number("amount", "违规金额", "元"),
        ],
        total: (!sums.is_empty()).then(|| total(all)),
        rows: rows.collect(),
        empty: EMPTY.into(),
        ..Grid::default()
    })
}

fn by_patient(
    app: &App,
    who: &Who,
    asked: &Fields,
    wanted: &AskedWarnings,
    library: &Library,
) -> Result<Grid, ApiError> {
    let mut paging = Paging::asked(asked);
    let part = if asked.is_set("format") { (0, MOST) } else { (paging.offset(), paging.size) };
    let (found, total) = app.store().warnings_page(&who.viewer, &wanted.filter, part)?;
    paging.total = total;
    let row = |warning: &Warning| {
        let finding = &warning.finding;
        Row {
            cells: vec![
                Cell::text(warning.inpatient_number.clone()).link(format!("/case/{}", finding.case)),
                Cell::text(who.viewer.patient_name(&warning.patient)),
                Cell::text(warning.doctor.clone()),
                Cell::text(warning.department.clone()),
                Cell::from(Value::Moment(finding.found_at)),
                level(&finding.found.level),
                Cell::text(kind_name(&finding.found.kind)),
                Cell::text(library.sentence(&finding.found.rule)),
                Cell::text(finding.found.content.clone()).link(format!("/warnings/{}", finding.id)),
                Cell::money(finding.found.amount),
                Cell::text(finding.state.chinese()),
            ],
            class: "",
        }
    };
    Ok(Grid {
        id: "warnings-patient",
        columns: vec![
            Column::text("inpatient_number", "住院号"),
            Column::text("patient", "患者"),
            Column::text("doctor", "住院医生"),
            Column::text("department", "住院科室"),
            Column::text("found_at", "预警时间"),
            Column::text("level", "预警等级"),
            Column::text("kind", "预警类型"),
            Column::text("sentence", "预警规则描述"),
            Column::text("content", "预警内容"),
            Column::number("amount", "违规金额", "元"),
            Column::text("state", "处理状态"),
        ],
        rows: found.iter().map(row).collect(),
        paging: Some(paging),
        empty: EMPTY.into(),
        ..Grid::default()
    })
}

/// The filter in words, for the head of an export.
fn words(asked: &Fields, places: &[Vec<(String, String)>; 2]) -> Vec<(String, String)> {
    let named = |at: usize, key: &str| {
        places[at].iter().find(|(known, _)| known == key).map_or(key.to_owned(), |(_, name)| name.clone())
    };
    let level = LEVELS.iter().find(|(level, _)| level.code() == asked.text("level"));
    let state = FindingState::named(asked.text("state"));
    let said = [
        ("科室", named(0, asked.text("department"))),
        ("医生", named(1, asked.text("doctor"))),
        ("预警等级", level.map_or(String::new(), |(level, _)| level.name().to_owned())),
        ("预警类型", kind_name(asked.text("kind"))),
        ("处理状态", state.map_or(String::new(), |state| state.chinese().to_owned())),
        ("规则", asked.text("rule").to_owned()),
    ];
    said.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn selects(
    asked: &Fields,
    wanted: &AskedWarnings,
    places: [Vec<(String, String)>; 2],
) -> Vec<(&'static str, &'static str, Vec<Choice>)> {
    let choices = |name: &str, all: &str, known: Vec<(String, String)>| -> Vec<Choice> {
        let first = (!all.is_empty()).then(|| (String::new(), all.to_owned()));
        let chosen = asked.text(name).to_owned();
        first
            .into_iter()
            .chain(known)
            .map(|(value, name)| Choice { chosen: value == chosen, value, name })
            .collect()
    };
    let text = |value: &str, name: &str| (value.to_owned(), name.to_owned());
    let [departments, doctors] = places;
    let mut units = choices("unit", "", UNITS.iter().map(|(id, name)| text(id, name)).collect());
    for unit in &mut units {
        unit.chosen = unit.value == wanted.unit;
    }
    let levels = LEVELS.iter().map(|(level, _)| text(level.code(), level.name())).collect();
    let kinds = crate::rule_library::KINDS.iter().map(|kind| text(kind.code, kind.name)).collect();
    let states = FindingState::ALL.iter().map(|(_, id, name)| text(id, name)).collect();
    vec![
        (
            "patients",
            "口径",
            choices("patients", "", PATIENTS.iter().map(|entry| text(entry.1, entry.2)).collect()),
        ),
        ("unit", "时间", units),
        ("department", "科室", choices("department", "全部", departments)),
        ("doctor", "医生", choices("doctor", "全部", doctors)),
        ("level", "预警等级", choices("level", "全部", levels)),
        ("kind", "预警类型", choices("kind", "全部", kinds)),
        ("state", "处理状态", choices("state", "全部", states)),
    ]
}
