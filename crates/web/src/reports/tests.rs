//! Tests that come with every definition, over one small hospital: what holds for one report must hold for all.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod pages;

use super::request::Request;
use super::{Content, content, definitions};
use crate::grid::{Grid, Value};
use crate::query::Fields;
use crate::testing::Fixture;
use crate::who::Who;
use metrics::report::{ChartKind, Report, Table};
use metrics::{Comparison, Query};
use model::{DataScope, Permission, Viewer};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, Weak};

/// One hospital for all tests that change nothing; it goes away with the last of them.
fn hospital() -> Arc<Fixture> {
    static SHARED: Mutex<Weak<Fixture>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap();
    shared.upgrade().unwrap_or_else(|| {
        let fixture = Arc::new(Fixture::hospital());
        *shared = Arc::downgrade(&fixture);
        fixture
    })
}

fn somebody(scope: DataScope) -> Who {
    Who {
        viewer: Viewer {
            login: "office".into(),
            name: "医保办".into(),
            permissions: Permission::ALL.iter().map(|entry| entry.0).collect::<BTreeSet<_>>(),
            scope,
        },
        session: store::Session {
            token_hash: String::new(),
            login: "office".into(),
            csrf: String::new(),
            created_at: 0,
            seen_at: 0,
            address: String::new(),
            agent: String::new(),
        },
        must_change: false,
        address: String::new(),
        request: String::new(),
        path: "/report/x".into(),
    }
}

/// Every tab of every report with its number in addresses.
fn tabs() -> impl Iterator<Item = (&'static Report, usize)> {
    definitions::reports()
        .unwrap()
        .reports
        .iter()
        .flat_map(|report| (1..=report.tabs.len()).map(move |tab| (report, tab)))
}

fn shown(fixture: &Fixture, who: &Who, report: &'static Report, tab: usize, query: &str) -> Content {
    let fields = Fields::parse(&format!("{query}&tab={tab}"));
    let request = Request::new(&fixture.app, who, report, fields).unwrap();
    content(&request, None).unwrap_or_else(|error| panic!("{} {tab}: {}", report.id, error.sentence))
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(n, _) | Value::Percent(n, _) => Some(*n),
        Value::Whole(n) => Some((*n).into()),
        _ => None,
    }
}

/// The rows by their names, a column's values under each.
fn by_name(grid: &Grid, names: usize, column: &str) -> HashMap<Vec<String>, Option<Decimal>> {
    let at = grid.columns.iter().position(|known| known.key == column).unwrap();
    let name = |row: &crate::grid::Row| row.cells[..names].iter().map(|cell| cell.value.show()).collect();
    grid.rows.iter().map(|row| (name(row), number(&row.cells[at].value))).collect()
}

const YEAR: &str = "year=2025&least=0";

#[test]
fn every_definition_loads_and_stands_in_its_module() {
    let reports = definitions::reports().unwrap();
    for module in &reports.modules {
        assert!(reports.of_module(&module.id).next().is_some(), "{} is empty", module.title);
    }
    for report in &reports.reports {
        assert!(!report.about.is_empty() && !report.kpis.is_empty(), "{}", report.id);
    }
}

/// 合计: of what adds up the sum of the rows, of side by side columns too.
#[test]
fn the_total_is_the_sum_of_the_rows_where_it_adds_up() {
    let fixture = hospital();
    let (layer, who) = (fixture.app.layer(), somebody(DataScope::Hospital));
    let mut checked = 0;
    for (report, tab) in tabs() {
        let Table::Numbers(table) = &report.tabs[tab - 1].table else { continue };
        let grid = shown(&fixture, &who, report, tab, YEAR).grid;
        let total = grid.total.as_ref().unwrap();
        for (at, column) in grid.columns.iter().enumerate() {
            let key = column
                .key
                .rsplit_once('.')
                .filter(|(nth, _)| nth.starts_with('x'))
                .map_or(column.key.as_str(), |k| k.1);
            let Ok(measure) = layer.measure(key) else { continue };
            if !measure.is_additive() {
                continue;
            }
            let sum: Decimal = grid.rows.iter().filter_map(|row| number(&row.cells[at].value)).sum();
            assert_eq!(
                Some(sum),
                number(&total[at].value).or(Some(Decimal::ZERO)),
                "{} {tab} {}",
                report.id,
                column.key
            );
            checked += 1;
        }
        if table.across.is_some() {
            let names = table.by.len();
            let width = table.measures().len();
            for row in grid.rows.iter().map(|row| &row.cells[..]).chain([&total[..]]) {
                let numbers = &row[names..];
                let (parts, whole) = numbers.split_at(numbers.len() - width);
                let sum: Decimal = parts.iter().step_by(width).filter_map(|cell| number(&cell.value)).sum();
                assert_eq!(Some(sum), number(&whole[0].value), "{} {tab}", report.id);
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

/// 图与表同数: what a chart draws is what the semantic layer says, category by category.
#[test]
fn every_chart_draws_the_layers_numbers() {
    let fixture = hospital();
    let who = somebody(DataScope::Hospital);
    let mut checked = 0;
    for (report, tab) in tabs() {
        let fields = Fields::parse(&format!("{YEAR}&tab={tab}"));
        let request = Request::new(&fixture.app, &who, report, fields).unwrap();
        let charts = super::charts::all(&request).unwrap();
        for (definition, chart) in report.tabs[tab - 1].charts.iter().zip(&charts) {
            if definition.split.is_some() {
                continue;
            }
            let place = format!("{} {tab} {}", report.id, definition.title);
            assert_eq!(definition.kind == ChartKind::Pie, chart.kind == "pie");
            let step = if definition.year_before { 2 } else { 1 };
            let all: Vec<_> = definition.measures.iter().chain(&definition.second).collect();
            assert_eq!(chart.series.len(), all.len() * step, "{place}");
            for (measure, series) in all.iter().zip(chart.series.iter().step_by(step)) {
                let query = Query::of([measure.id.as_str()], request.within(definition.span))
                    .by(definition.by.id.as_str());
                let answer = fixture.app.answer(&query, &who.viewer).unwrap();
                let expected = crate::chart::Series::of(measure, &answer.column(&measure.id)).values;
                let mut places: HashMap<&str, Vec<Option<f64>>> = HashMap::new();
                for (row, value) in answer.rows.iter().zip(expected) {
                    places.entry(row.labels[0].as_str()).or_default().push(value);
                }
                for (category, value) in chart.categories.iter().zip(&series.values) {
                    if category == "其他" && definition.others {
                        continue;
                    }
                    let known = places.get(category.as_str());
                    // What was there a year before only stands at zero.
                    let gone = known.is_none() && (*value == Some(0.0) || value.is_none());
                    assert!(
                        gone || known.is_some_and(|known| known.contains(value)),
                        "{place} {category} {value:?}"
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 500, "{checked}");
}

/// 同比: equals two runs, one of each year.
#[test]
fn a_comparison_equals_two_single_runs() {
    let fixture = hospital();
    let (layer, who) = (fixture.app.layer(), somebody(DataScope::Hospital));
    let mut checked = 0;
    for (report, tab) in tabs() {
        let Table::Numbers(table) = &report.tabs[tab - 1].table else { continue };
        if !table.groups.iter().any(|group| group.compare.contains(&Comparison::YearBefore)) {
            continue;
        }
        let now = shown(&fixture, &who, report, tab, YEAR).grid;
        let then = shown(&fixture, &who, report, tab, "year=2024&least=0").grid;
        let of_time = table.by.iter().any(|dimension| dimension.calendar.is_some());
        for (at, column) in now.columns.iter().enumerate() {
            let Some(key) = column.key.strip_suffix(".year.before") else { continue };
            let place = format!("{} {tab} {key}", report.id);
            let own = then.columns.iter().position(|known| known.key == key).unwrap();
            let total = |grid: &Grid, at: usize| number(&grid.total.as_ref().unwrap()[at].value);
            assert_eq!(total(&now, at), total(&then, own), "{place}");
            if of_time {
                continue;
            }
            let before = by_name(&then, table.by.len(), key);
            for (name, value) in by_name(&now, table.by.len(), &column.key) {
                let expected = before.get(&name).copied().flatten();
                let none = Some(Decimal::ZERO).filter(|_| layer.measure(key).unwrap().is_additive());
                assert!(
                    value == expected || expected.is_none() && value == none,
                    "{place} {name:?} {value:?}"
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// 数据范围: the head of a department sees what the office sees when it asks for that department.
#[test]
fn a_restricted_viewer_sees_only_own_rows() {
    let fixture = hospital();
    let (layer, department) = (fixture.app.layer(), fixture.busiest_department());
    let office = somebody(DataScope::Hospital);
    let head = somebody(DataScope::Departments([department.clone()].into_iter().collect()));
    for (report, tab) in tabs() {
        let own = shown(&fixture, &head, report, tab, YEAR).grid;
        let asked = shown(&fixture, &office, report, tab, &format!("{YEAR}&department={department}")).grid;
        // A stay in the department, of a patient that another one discharged, is the office's to see, not the head's.
        if let Table::Numbers(table) = &report.tabs[tab - 1].table
            && table.measures().iter().any(|m| m.has_own_days() || m.fact().starts_with("department"))
        {
            let total = |grid: &Grid, at: usize| number(&grid.total.as_ref()?[at].value);
            for (at, column) in own.columns.iter().enumerate() {
                if layer.measure(&column.key).is_ok_and(|measure| measure.is_additive()) {
                    assert!(total(&own, at) <= total(&asked, at), "{} {tab} {}", report.id, column.key);
                }
            }
            continue;
        }
        let values = |grid: &Grid| -> Vec<Vec<String>> {
            let rows = grid.rows.iter().map(|row| &row.cells).chain(&grid.total);
            // Targets of the whole hospital are not those of a department.
            let shown = |at: usize| {
                !grid.columns[at].key.ends_with(".target") && !grid.columns[at].key.ends_with(".gap")
            };
            rows.map(|cells| {
                (0..cells.len()).filter(|at| shown(*at)).map(|at| cells[at].value.show()).collect()
            })
            .collect()
        };
        assert_eq!(values(&own), values(&asked), "{} {tab}", report.id);
    }
}

/// 报表之间: the same measure of the same cases is the same number wherever it stands.
#[test]
fn reports_agree_about_every_measure_they_share() {
    let fixture = hospital();
    let (layer, who) = (fixture.app.layer(), somebody(DataScope::Hospital));
    let mut known: HashMap<String, (String, Option<Decimal>)> = HashMap::new();
    let mut shared = 0;
    for (report, tab) in tabs() {
        let Table::Numbers(table) = &report.tabs[tab - 1].table else { continue };
        let basis = report.basis.chinese();
        let grid = shown(&fixture, &who, report, tab, YEAR).grid;
        for (column, cell) in grid.columns.iter().zip(grid.total.as_ref().unwrap()) {
            if layer.measure(&column.key).is_err() {
                continue;
            }
            let key = format!("{} {basis} {:?}", column.key, report.tabs[tab - 1].only);
            let value = number(&cell.value);
            let place = format!("{} {tab} {:?}", report.id, table.span);
            match known.get(&key) {
                Some((other, first)) => {
                    assert_eq!(value, *first, "{key}: {place} and {other}");
                    shared += 1;
                }
                None => drop(known.insert(key, (place, value))),
            }
        }
    }
    assert!(shared > 100, "{shared}");
}

#[test]
fn after_preparing_a_page_needs_no_totals_of_its_own() {
    let fixture = Fixture::hospital();
    super::prepare(&fixture.app, |_| true).unwrap();
    let made = fixture.app.kept().totals_kept().0;
    assert!(made > 100, "{made} statements have totals");
    let who = somebody(DataScope::Hospital);
    let department = fixture.busiest_department();
    for (report, tab) in tabs().step_by(5) {
        for filters in [YEAR, "month=202503", &format!("{YEAR}&department={department}")] {
            shown(&fixture, &who, report, tab, filters);
        }
    }
    assert_eq!(fixture.app.kept().totals_kept().0, made, "pages asked for totals of their own");
}
