//! 横向展开: the values of a dimension side by side, the measures under each, 合计 at the end.

use super::board::{Board, Line};
use super::request::{Request, key_text};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::numbers::{self, cell};
use metrics::report::NumberTable;
use metrics::{Measure, Value as Key};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Values side by side at most; the rest is in 合计 alone.
const WIDEST: usize = 24;

pub(super) fn grid(
    request: &Request<'_>,
    table: &NumberTable,
    page: Option<Paging>,
) -> Result<Grid, ApiError> {
    let Some(across) = &table.across else { return Ok(Grid::default()) };
    let by = table.level(request.level).unwrap_or_default();
    let cases = request.of_table(table);
    let measures = table.measures();
    let mut both = by.clone();
    both.push(across.clone());
    let cells = Board::make(request, &measures, &both, &cases, &[])?;
    let rows = Board::make(request, &measures, &by, &cases, &[])?;
    let heads = Board::make(request, &measures, std::slice::from_ref(across), &cases, &[])?;
    let found: HashMap<&[Key], &[Option<Decimal>]> =
        cells.lines.iter().map(|line| (line.keys.as_slice(), line.now.as_slice())).collect();
    let least = request.least(table);

    let mut columns: Vec<Column> = by.iter().map(|d| Column::text(&d.id, &d.name)).collect();
    for (nth, head) in heads.lines.iter().take(WIDEST).enumerate() {
        columns.extend(measures.iter().map(|measure| {
            let column = numbers::column(measure).group(&head.labels[0]);
            Column { key: format!("x{nth}.{}", measure.id), definition: String::new(), ..column }
        }));
    }
    columns.extend(measures.iter().map(|measure| numbers::column(measure).group("合计")));

    let open = |measure: &Measure, value: Cell, keys: &[Key], head: Option<&Key>| {
        let Some((mut narrowed, days)) = request.row(&by, keys, cases.period) else { return value };
        let days = match (head, across.calendar) {
            (Some(key), Some(_)) => {
                match request.row(std::slice::from_ref(across), std::slice::from_ref(key), days) {
                    Some((_, days)) => days,
                    None => return value,
                }
            }
            (Some(key), None) => {
                narrowed.push((across.id.clone(), key_text(key)));
                days
            }
            (None, _) => days,
        };
        if value.value == Value::Nothing {
            return value;
        }
        value.link(request.opened(measure, days, narrowed))
    };
    let numbers_of =
        |keys: &[Key], own: &[Option<Decimal>], part: &dyn Fn(&Key) -> Option<Vec<Option<Decimal>>>| {
            let mut line = Vec::new();
            for head in heads.lines.iter().take(WIDEST) {
                let parts = part(&head.keys[0]);
                for (at, measure) in measures.iter().enumerate() {
                    let absent = measure.is_additive().then_some(Decimal::ZERO);
                    let value = parts.as_ref().map_or(absent, |parts| parts[at]);
                    line.push(open(measure, cell(measure, value), keys, Some(&head.keys[0])));
                }
            }
            line.extend(measures.iter().zip(own).map(|(m, value)| open(m, cell(m, *value), keys, None)));
            line
        };
    let lines: Vec<&Line> = rows.lines.iter().filter(|line| line.count >= least).collect();
    let (paging, shown) = Paging::cut(page, &lines);
    let shown = shown.iter().map(|line| {
        let down = request.down(table, &by, &line.keys);
        let last = line.labels.len().saturating_sub(1);
        let names = line.labels.iter().enumerate().map(|(nth, label)| {
            let name = Cell::text(label.clone());
            if nth == last { name.link(down.clone()) } else { name }
        });
        let part = |head: &Key| {
            let keys: Vec<Key> = line.keys.iter().cloned().chain([head.clone()]).collect();
            found.get(keys.as_slice()).map(|values| values.to_vec())
        };
        Row { cells: names.chain(numbers_of(&line.keys, &line.now, &part)).collect(), class: "" }
    });
    let shown = shown.collect();
    let mut total: Vec<Cell> = by.iter().map(|_| Cell::text("")).collect();
    total[0] = Cell::text("合计");
    let of_head =
        |head: &Key| heads.lines.iter().find(|line| line.keys[0] == *head).map(|line| line.now.clone());
    total.extend(numbers_of(&[], &rows.total.now, &of_head));
    Ok(Grid { columns, rows: shown, total: Some(total), paging, ..Grid::default() })
}
