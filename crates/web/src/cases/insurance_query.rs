//! 医保查询: the list of cases with a form for the audit: diagnosis, operation, sex, age, time and charged items.

use super::entry::Entry;
use super::insurance_conditions::{COUNTS, SEXES};
use super::list::{self, Chip, Choice};
use super::list_filter::Filter;
use super::saved_queries::{self, Opened, SavedLink};
use crate::app::App;
use crate::catalogues::{OWN_FIRST, offered_items};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid};
use crate::page::{Page, html};
use crate::query::{Asked, Fields, encode};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use metrics::{Selection, Test, Value};
use model::Permission;
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;

/// Fields that the form shows itself.
pub(super) const FORM: &[&str] = &[
    "basis",
    "year",
    "month",
    "from",
    "to",
    "patients",
    "department",
    "attending",
    "insurance_type",
    "sex",
    "age_from",
    "age_to",
    "age_unit",
    "dx",
    "dx_name",
    "op",
    "op_name",
    "item",
    "item_mode",
    "saved",
];

/// Cases whose amounts are asked for at once.
const AT_ONCE: usize = 1000;

#[derive(Template)]
#[template(path = "cases/insurance_query.html")]
struct QueryPage {
    page: Page,
    asked: Fields,
    from: String,
    to: String,
    periods: Vec<Chip>,
    departments: Vec<Choice>,
    doctors: Vec<Choice>,
    insurance: Vec<Choice>,
    sexes: Vec<Choice>,
    chips: Vec<Chip>,
    carried: Vec<(String, String)>,
    /// Whether charged items may be asked for.
    charges: bool,
    counts: &'static str,
    saved: Vec<SavedLink>,
    opened: Option<Opened>,
    /// The conditions, to be saved.
    definition: String,
    headline: String,
    grid: Grid,
}

pub(super) async fn show(
    State(app): State<App>,
    who: Who,
    Asked(asked): Asked,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let filter = Filter::read(app, &who, asked, Entry::Insurance)?;
        let whole = filter.asked.is_set("format");
        let (mut grid, headline) = list::grid(app, &who, &filter, whole)?;
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &filter.asked)? {
            return Ok(file);
        }
        let asked = filter.asked.clone();
        let (from, to) = list::dates(&filter);
        let options = |dimension: &str| list::options(app, &who, &asked, dimension);
        let sexes = SEXES.iter().map(|(value, name)| ((*value).to_owned(), (*name).to_owned()));
        html(&QueryPage {
            page: who.page(app, "医保查询", &[("医保查询", "")]),
            from,
            to,
            periods: list::periods(app, &filter),
            departments: options("department")?,
            doctors: options("attending")?,
            insurance: options("insurance_type")?,
            sexes: list::choices(&asked, "sex", sexes),
            chips: list::chips(app, &who, &filter),
            carried: list::carried(Entry::Insurance, &asked),
            charges: who.viewer.may(Permission::Charges),
            counts: COUNTS,
            saved: saved_queries::links(app, &who, &asked)?,
            opened: saved_queries::opened(app, &who, &asked)?,
            definition: saved_queries::conditions(&asked),
            headline,
            asked,
            grid,
        })
    })
    .await
}

/// Puts 所选项目金额 of each case, and of all of them, into the list, where items are asked for.
pub(super) fn add_amounts(
    app: &App,
    who: &Who,
    filter: &Filter,
    numbers: &[i64],
    back: &str,
    grid: &mut Grid,
) -> Result<(), ApiError> {
    if filter.items.is_empty() {
        return Ok(());
    }
    let layer = app.layer();
    let ask = |cases: &Selection, by_case: bool| -> Result<Vec<Vec<Value>>, ApiError> {
        let statement = layer.compile_charged(cases, &filter.items, by_case, &who.viewer)?;
        Ok(app.mart().rows(&statement)?)
    };
    let fen = |value: Option<&Value>| value.and_then(Value::number).and_then(|fen| fen.to_i64());
    let mut amounts: HashMap<i64, i64> = HashMap::new();
    for some in numbers.chunks(AT_ONCE) {
        // The cases are chosen already; the period spares reading other months.
        let these = Test::In(some.iter().map(|number| Value::Whole(*number)).collect());
        let cases = Selection { filters: Vec::new(), ..filter.selection.clone() }.filter("number", these);
        for row in ask(&cases, true)? {
            if let (Some(Value::Whole(number)), Some(amount)) = (row.first(), fen(row.get(1))) {
                amounts.insert(*number, amount);
            }
        }
    }
    let codes: Vec<String> =
        filter.items.iter().map(|item| format!("item={}", encode(&item.to_string()))).collect();
    let place = grid.columns.iter().position(|column| column.key == "total_fee").map_or(0, |at| at + 1);
    grid.columns.insert(place, Column::number("charged_amount", "所选项目金额", "元"));
    for (row, number) in grid.rows.iter_mut().zip(numbers) {
        let lines = format!("/case/{number}/charges?view=lines&{}&back={back}", codes.join("&"));
        row.cells.insert(place, Cell::money(amounts.get(number).copied()).link(lines));
    }
    if let Some(total) = &mut grid.total {
        let sum = ask(&filter.selection, false)?;
        total.insert(place, Cell::money(sum.first().and_then(|row| fen(row.first()))));
    }
    Ok(())
}

/// 收费项目检索: the hospital's own items first.
pub(super) async fn items(State(app): State<App>, _: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| offered_items(app, asked.text("q"), OWN_FIRST)).await
}

impl QueryPage {
    /// A condition of several lines as it stands in its box.
    fn lines(&self, field: &str) -> String {
        self.asked.all(field).collect::<Vec<_>>().join("\n")
    }
}
