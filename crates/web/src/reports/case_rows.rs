//! 病例表: a row a case, with sums that are measures.

use super::request::Request;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::query::encode;
use metrics::report::{CaseField, CaseTable};
use metrics::{CaseQuery, Kind, Order, Query, Value as Fact};
use model::Permission;
use rust_decimal::Decimal;

/// Cases a file holds at most.
const MOST_EXPORTED: u32 = 100_000;

/// The table, and what is said over it.
pub(super) fn grid(
    request: &Request<'_>,
    table: &CaseTable,
    page: Option<Paging>,
) -> Result<(Grid, String), ApiError> {
    let made = |column: &str| metrics::report::MADE.iter().any(|(key, _)| *key == column);
    let mut of_fact: Vec<String> =
        table.columns.iter().map(|field| field.column.clone()).filter(|column| !made(column)).collect();
    for needed in ["payment", "surplus"] {
        if !of_fact.iter().any(|column| column == needed) {
            of_fact.push(needed.to_owned());
        }
    }
    let order = request.asked.text("order");
    let by = order.trim_start_matches('-');
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let (offset, limit) = page.map_or((0, MOST_EXPORTED), |page| (small(page.offset()), small(page.size)));
    let query = CaseQuery {
        cases: request.selection.clone(),
        measure: None,
        order: of_fact
            .iter()
            .any(|column| column == by)
            .then(|| Order { by: by.to_owned(), descending: order.starts_with('-') }),
        columns: of_fact.clone(),
        offset,
        limit,
    };
    let found = request.app.case_page(&query, &request.who.viewer)?;
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    if page.is_none() && total > i64::from(MOST_EXPORTED) {
        return Err(ApiError::wrong(format!(
            "共 {total} 例，一次最多导出 {MOST_EXPORTED} 例；请缩小期间等条件"
        )));
    }
    let store = request.app.store();
    let numbers: Vec<i64> = found.rows.iter().map(|row| row.number).collect();
    let named = table.columns.iter().any(|field| field.column == "name");
    let names = if named { store.patient_names(&request.who.viewer, &numbers)? } else { Default::default() };
    // A case that was not audited has no number of warnings, which is not the same as none.
    let warned = table.columns.iter().any(|field| field.column == "warnings");
    let warnings =
        if warned { store.case_warnings(&request.who.viewer, &numbers)? } else { Default::default() };
    let back = encode(&request.address(&[]));
    let mut rows = Vec::with_capacity(found.rows.len());
    for row in &found.rows {
        let value = |key: &str| of_fact.iter().position(|k| k == key).and_then(|at| row.cells.get(at));
        let link = format!("/case/{}?back={back}", row.number);
        let mut cells = Vec::with_capacity(table.columns.len());
        for field in &table.columns {
            let cell = match field.column.as_str() {
                "name" => Cell::text(names.get(&row.number).cloned().unwrap_or_default()),
                "insurer_cost" => {
                    let number = |key: &str| value(key).and_then(Fact::number);
                    let cost =
                        number("payment").zip(number("surplus")).map(|(payment, surplus)| payment - surplus);
                    cost.map_or_else(Cell::default, |cost| Value::Decimal(cost, 2).into())
                }
                "warnings" => warnings.get(&row.number).map_or_else(Cell::default, |count| {
                    let opens = *count > 0 && request.who.viewer.may(Permission::Warnings);
                    let number = row.number.to_string();
                    let link = if opens {
                        crate::warnings::address(&[("by", "patient"), ("case", &number)])
                    } else {
                        String::new()
                    };
                    Cell::whole(*count).link(link)
                }),
                key => value(key).map_or_else(Cell::default, |value| shown(request, key, value)),
            };
            cells.push(if cells.is_empty() { cell.link(link.clone()) } else { cell });
        }
        rows.push(Row { cells, class: "" });
    }
    let columns = table.columns.iter().map(|field| {
        let number = match field.column.as_str() {
            "name" => false,
            "insurer_cost" | "warnings" => true,
            key => is_number(request, key),
        };
        let column = if number {
            Column::number(&field.column, &field.title, &field.unit)
        } else {
            Column::text(&field.column, &field.title)
        };
        if made(&field.column) { column } else { column.sortable() }
    });
    let grid = Grid {
        columns: columns.collect(),
        rows,
        total: if total > 0 { Some(totals(request, &table.columns)?) } else { None },
        paging: page.map(|page| Paging { total, ..page }),
        ..Grid::default()
    };
    let unaudited = warned && found.rows.iter().any(|row| !warnings.contains_key(&row.number));
    let note = if unaudited { "预警数为“—”的病例尚未审核" } else { "" };
    Ok((grid, note.to_owned()))
}

/// Codes with names in a dimension are text; other numbers are set right.
fn is_number(request: &Request<'_>, key: &str) -> bool {
    let column = request.layer.case_column(key);
    column.is_some_and(|column| column.kind.is_number()) && request.layer.dimension(key).is_err()
}

fn shown(request: &Request<'_>, key: &str, value: &Fact) -> Cell {
    let layer = &request.layer;
    let kind = layer.case_column(key).map_or(Kind::Text, |column| column.kind);
    if let Ok(dimension) = layer.dimension(key)
        && *value != Fact::Null
    {
        return Cell::text(dimension.label(value, &Fact::Null));
    }
    match (kind, value) {
        (_, Fact::Null) => Cell::default(),
        (Kind::Flag, value) => Cell::text(if *value == Fact::Flag(true) { "是" } else { "否" }),
        (Kind::Whole, value) => number(value, 0),
        (Kind::Money, value) => number(value, 2),
        (Kind::Decimal(_), value) => number(value, 4),
        (_, Fact::Day(day)) => Cell::day(crate::text::days(*day)),
        (_, Fact::Moment(at)) => Cell::moment(model::canonical::seconds_of(*at)),
        (_, value) => Cell::text(value.to_string()),
    }
}

fn number(value: &Fact, places: u32) -> Cell {
    value.number().map_or_else(Cell::default, |number| Value::Decimal(number, places).into())
}

/// 合计 over every case.
fn totals(request: &Request<'_>, fields: &[CaseField]) -> Result<Vec<Cell>, ApiError> {
    let mut measures: Vec<&str> =
        fields.iter().map(|field| field.total.as_str()).filter(|id| !id.is_empty()).collect();
    measures.sort_unstable();
    measures.dedup();
    let mut cells: Vec<Cell> = vec![Cell::text(""); fields.len()];
    if !measures.is_empty() {
        let answer = request.answer(&Query::of(measures, request.selection.clone()))?;
        for (cell, field) in cells.iter_mut().zip(fields).filter(|(_, field)| !field.total.is_empty()) {
            let total: Option<Decimal> = answer.total_of(&field.total);
            let places = request.layer.case_column(&field.column).map_or(2, |column| match column.kind {
                Kind::Decimal(_) => 4,
                Kind::Whole => 0,
                _ => 2,
            });
            *cell = total.map_or_else(Cell::default, |total| Value::Decimal(total, places).into());
        }
    }
    cells[0] = Cell::text("合计");
    Ok(cells)
}
