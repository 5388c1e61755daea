//! 病例查询: the list of cases with its filters, its totals and its export.

use super::entry::Entry;
use super::insurance_query;
use super::list_columns::COLUMNS;
use super::list_filter::{FLAGS, Filter};
use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use metrics::{CaseQuery, Order, Patients, Query, Selection, Value};
use model::Permission;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Cases a file holds at most.
const MOST_EXPORTED: u32 = 100_000;

/// An entry of a choice.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// A condition that can be taken away by itself.
pub(super) struct Chip {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) without: String,
}

#[derive(Template)]
#[template(path = "cases/list.html")]
struct List {
    page: Page,
    asked: Fields,
    from: String,
    to: String,
    periods: Vec<Chip>,
    departments: Vec<Choice>,
    doctors: Vec<Choice>,
    kinds: Vec<Choice>,
    bands: Vec<Choice>,
    insurance: Vec<Choice>,
    losses: Vec<Choice>,
    reasons: Vec<Choice>,
    flags: Vec<Choice>,
    chips: Vec<Chip>,
    carried: Vec<(String, String)>,
    names: bool,
    more: bool,
    headline: String,
    grid: Grid,
}

/// Fields that the filter bar shows itself.
pub(super) const BAR: &[&str] = &[
    "basis",
    "year",
    "month",
    "from",
    "to",
    "patients",
    "department",
    "attending",
    "kind",
    "band",
    "insurance_type",
    "loss",
    "reason",
    "flag",
    "number",
    "record",
    "name",
    "icd",
    "icd9",
    "disease",
    "group",
];
/// Those of them behind 更多条件.
const MORE: [&str; 8] = ["insurance_type", "loss", "reason", "flag", "record", "icd", "icd9", "disease"];

pub(super) async fn list(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let filter = Filter::read(app, &who, asked, Entry::Cases)?;
        let whole = filter.asked.is_set("format");
        let (mut grid, headline) = grid(app, &who, &filter, whole)?;
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &filter.asked)? {
            return Ok(file);
        }
        html(&page(app, &who, &filter, grid, headline)?)
    })
    .await
}

/// Makes what the page adds up and offers, so that it is kept; no case is read.
pub(crate) fn prepare(app: &App, who: &Who, asked: Fields) -> Result<(), ApiError> {
    let filter = Filter::read(app, who, asked, Entry::Cases)?;
    app.case_count(&filter.selection, &who.viewer)?;
    totals(app, who, &filter)?;
    page(app, who, &filter, Grid::default(), String::new()).map(|_| ())
}

pub(super) fn grid(app: &App, who: &Who, filter: &Filter, whole: bool) -> Result<(Grid, String), ApiError> {
    let layer = app.layer();
    let asked = Paging::asked(&filter.asked);
    let (limit, offset) = if whole { (MOST_EXPORTED, 0) } else { (small(asked.size), small(asked.offset())) };
    let order = filter.asked.text("order");
    let by = order.trim_start_matches('-');
    let ordered = COLUMNS.iter().any(|column| column.of_fact() && column.key == by);
    let of_fact: Vec<&str> = COLUMNS.iter().filter(|c| c.of_fact()).map(|c| c.key).collect();
    let query = CaseQuery {
        cases: filter.selection.clone(),
        measure: filter.measure.as_ref().map(|measure| measure.id.clone()),
        columns: of_fact.iter().map(|key| (*key).to_owned()).collect(),
        order: ordered.then(|| Order { by: by.to_owned(), descending: order.starts_with('-') }),
        offset,
        limit,
    };
    let found = app.case_page(&query, &who.viewer)?;
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    if whole && total > i64::from(MOST_EXPORTED) {
        return Err(ApiError::wrong(format!(
            "共 {total} 例，一次最多导出 {MOST_EXPORTED} 例；请缩小出院日期等条件"
        )));
    }
    let numbers: Vec<i64> = found.rows.iter().map(|row| row.number).collect();
    let names = app.store().patient_names(&who.viewer, &numbers)?;
    let back = encode(&filter.entry.back(&filter.address()));
    let rows = found.rows.iter().map(|row| {
        let value = |key: &str| of_fact.iter().position(|k| *k == key).and_then(|at| row.cells.get(at));
        let link = format!("/case/{}?back={back}", row.number);
        let cells = COLUMNS.iter().map(|column| match column.key {
            "name" => Cell::text(names.get(&row.number).cloned().unwrap_or_default()).link(link.clone()),
            "insurer_cost" => {
                let number = |key: &str| value(key).and_then(Value::number);
                let cost =
                    number("payment").zip(number("surplus")).map(|(payment, surplus)| payment - surplus);
                column.total_cell(cost)
            }
            key => {
                let cell = value(key).map_or_else(Cell::default, |value| column.cell(value, &layer));
                if key == "inpatient_number" { cell.link(link.clone()) } else { cell }
            }
        });
        Row { cells: cells.collect(), class: "" }
    });
    let mut grid = Grid {
        id: filter.entry.grid(),
        title: "病例清单".into(),
        about: filter.about(app, |dimension, value| label(app, who, dimension, value)),
        columns: COLUMNS.iter().map(|column| column.column()).collect(),
        rows: rows.collect(),
        total: if total > 0 { totals(app, who, filter)? } else { None },
        paging: (!whole).then_some(Paging { total, ..asked }),
        empty: "没有符合条件的病例；请放宽日期，或去掉上面的部分条件".into(),
        address: format!("{}?{}", filter.entry.path(), filter.address().without(&[])),
        ..Grid::default()
    };
    insurance_query::add_amounts(app, who, filter, &numbers, &back, &mut grid)?;
    let headline = headline(app, who, filter)?;
    Ok((grid.for_viewer(&who.viewer), headline))
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// 合计 over every case of the list. Behind a number the list is narrower than the selection, so there is none.
fn totals(app: &App, who: &Who, filter: &Filter) -> Result<Option<Vec<Cell>>, ApiError> {
    if filter.measure.is_some() {
        return Ok(None);
    }
    let measures: Vec<&str> = COLUMNS.iter().map(|column| column.total).filter(|id| !id.is_empty()).collect();
    let answer = app.answer(&Query::of(measures, filter.selection.clone()), &who.viewer)?;
    let mut cells: Vec<Cell> = COLUMNS
        .iter()
        .map(|column| {
            let total = answer.total_of(column.total).filter(|_| !column.total.is_empty());
            column.total_cell(total)
        })
        .collect();
    if let Some(first) = cells.first_mut() {
        *first = Cell::text("合计");
    }
    Ok(Some(cells))
}

/// The number whose cases these are.
fn headline(app: &App, who: &Who, filter: &Filter) -> Result<String, ApiError> {
    let Some(measure) = &filter.measure else { return Ok(String::new()) };
    let answer = app.answer(&Query::of([measure.id.as_str()], filter.selection.clone()), &who.viewer)?;
    let value: Option<Decimal> = answer.total_of(&measure.id);
    Ok(format!("{}：{}", measure.name, measure.format.show_with_unit(value)))
}

fn page(app: &App, who: &Who, filter: &Filter, grid: Grid, headline: String) -> Result<List, ApiError> {
    let asked = filter.asked.clone();
    let options = |dimension: &str| options(app, who, &asked, dimension);
    let chosen = |name: &str| asked.is_set(name);
    let (from, to) = dates(filter);
    let flags = choices(&asked, "flag", FLAGS.iter().map(|flag| (flag.0.to_owned(), flag.1.to_owned())));
    Ok(List {
        page: who.page(app, "病例查询", &[("病例查询", "")]),
        from,
        to,
        periods: periods(app, filter),
        departments: options("department")?,
        doctors: options("attending")?,
        kinds: options("kind")?,
        bands: options("band")?,
        insurance: options("insurance_type")?,
        losses: options("loss")?,
        reasons: options("reason")?,
        flags,
        chips: chips(app, who, filter),
        carried: carried(Entry::Cases, &asked),
        names: who.viewer.may(Permission::Names),
        more: MORE.iter().any(|name| chosen(name)),
        asked,
        headline,
        grid,
    })
}

/// The values of a dimension, as far as the viewer has cases with them.
pub(super) fn options(
    app: &App,
    who: &Who,
    asked: &Fields,
    dimension: &str,
) -> Result<Vec<Choice>, ApiError> {
    let everyone = Selection { patients: Patients::All, ..Selection::default() };
    let answer = app.answer(&Query::of(["discharges"], everyone).by(dimension), &who.viewer)?;
    let entries = answer.rows.iter().map(|row| {
        let key = row.keys.first().map(ToString::to_string).unwrap_or_default();
        (if key.is_empty() { crate::selection::NO_VALUE.to_owned() } else { key }, row.labels.join(" "))
    });
    Ok(choices(asked, dimension, entries))
}

/// First and last day for the form, where the address says one.
pub(super) fn dates(filter: &Filter) -> (String, String) {
    let chosen = |name: &str| filter.asked.is_set(name);
    let period = filter.selection.period;
    let shown = |field: &str, date: Option<jiff::civil::Date>| {
        let said = chosen(field) || chosen("month") || chosen("year");
        date.filter(|_| said).map(|date| date.to_string()).unwrap_or_default()
    };
    (shown("from", period.map(|period| period.from())), shown("to", period.map(|period| period.to())))
}

pub(super) fn choices(
    asked: &Fields,
    name: &str,
    entries: impl Iterator<Item = (String, String)>,
) -> Vec<Choice> {
    let chosen: Vec<&str> = asked.all(name).collect();
    entries.map(|(value, name)| Choice { chosen: chosen.contains(&value.as_str()), value, name }).collect()
}

/// Conditions of the address that the bar does not show; the bar's form carries them on.
pub(super) fn carried(entry: Entry, asked: &Fields) -> Vec<(String, String)> {
    let known = |name: &str| entry.form().contains(&name) || matches!(name, "page" | "format" | "period");
    asked.0.iter().filter(|(name, _)| !known(name)).cloned().collect()
}

/// 已选条件: what a drill brought along, each with the list that has it no more.
pub(super) fn chips(app: &App, who: &Who, filter: &Filter) -> Vec<Chip> {
    let layer = app.layer();
    let shown = carried(filter.entry, &filter.asked)
        .into_iter()
        .filter(|(name, _)| !matches!(name.as_str(), "order" | "size"));
    shown
        .map(|(name, value)| {
            let (title, said) = match name.as_str() {
                "measure" => (
                    "指标".to_owned(),
                    filter.measure.as_ref().map_or(value.clone(), |measure| measure.name.clone()),
                ),
                "only" => {
                    let id = value.trim_start_matches('!');
                    let population = layer.populations().iter().find(|population| population.id == id);
                    let not = if value.starts_with('!') { "非" } else { "" };
                    ("范围".to_owned(), format!("{not}{}", population.map_or(id, |p| p.name.as_str())))
                }
                dimension => (
                    layer.dimension(dimension).map_or(name.clone(), |d| d.name.clone()),
                    label(app, who, dimension, &value).unwrap_or_else(|| value.clone()),
                ),
            };
            let rest = filter.asked.0.iter().filter(|field| **field != (name.clone(), value.clone()));
            let rest = Fields(rest.cloned().collect());
            Chip {
                name: title,
                value: said,
                without: format!("{}?{}", filter.entry.path(), rest.without(&["page", "format"])),
            }
        })
        .collect()
}

/// How a value of a dimension is called, as far as the viewer has cases with it.
fn label(app: &App, who: &Who, dimension: &str, value: &str) -> Option<String> {
    let everyone = Selection { patients: Patients::All, ..Selection::default() };
    let answer = app.answer(&Query::of(["discharges"], everyone).by(dimension), &who.viewer).ok()?;
    let labels: HashMap<String, &Vec<String>> =
        answer.rows.iter().filter_map(|row| Some((row.keys.first()?.to_string(), &row.labels))).collect();
    labels.get(value).map(|labels| labels.join(" "))
}

/// 快捷期间
pub(super) fn periods(app: &App, filter: &Filter) -> Vec<Chip> {
    let today = app.today();
    let (year, month) = (i64::from(today.year()), i64::from(today.month()));
    let before = if month == 1 { (year - 1) * 100 + 12 } else { year * 100 + month - 1 };
    let this = (year * 100 + month).to_string();
    let entries = [
        ("上月", "month", before.to_string()),
        ("本月", "month", this),
        ("本年", "year", year.to_string()),
        ("上年", "year", (year - 1).to_string()),
        ("全部", "period", "all".to_owned()),
    ];
    let rest = filter.asked.without(&["year", "month", "from", "to", "period", "page", "format"]);
    entries
        .into_iter()
        .map(|(title, field, value)| Chip {
            name: title.to_owned(),
            without: format!(
                "{}?{rest}{}{field}={value}",
                filter.entry.path(),
                if rest.is_empty() { "" } else { "&" }
            ),
            value: if filter.asked.text(field) == value { "here".to_owned() } else { String::new() },
        })
        .collect()
}
