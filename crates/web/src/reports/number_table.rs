//! 数表: a definition's columns over the board's rows; every number opens its cases.

use super::board::{Board, Line};
use super::request::Request;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row, Value};
use crate::numbers::{self, cell};
use metrics::report::NumberTable;
use metrics::{Comparison, Direction, Measure, Period, Style};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// What a column shows of its measure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Now,
    Before(Comparison),
    Difference(Comparison),
    Rate(Comparison),
    Share,
    Rank,
    Target,
    Gap,
    /// 与平均差额
    Against,
    /// This measure minus another.
    Minus(usize),
}

/// A column.
struct Spec {
    what: What,
    measure: Arc<Measure>,
    at: usize,
    column: Column,
}

/// What a column shows of a line; of rows their place on the board is given.
type ValueOf<'a> = dyn Fn(&Spec, &Line, Option<usize>) -> Option<Decimal> + 'a;

/// The table, and what is said over it.
pub(super) fn grid(
    request: &Request<'_>,
    table: &NumberTable,
    page: Option<Paging>,
) -> Result<(Grid, String), ApiError> {
    let by = table.level(request.level).unwrap_or_default();
    let cases = request.of_table(table);
    let mut compare: Vec<Comparison> = Vec::new();
    for comparison in table.groups.iter().flat_map(|group| &group.compare) {
        // Rows of time have no period right before.
        let of_time = *comparison == Comparison::PeriodBefore && by.iter().any(|d| d.calendar.is_some());
        if !compare.contains(comparison) && !of_time {
            compare.push(*comparison);
        }
    }
    let mut board = Board::make(request, &table.measures(), &by, &cases, &compare)?;
    let least = request.least(table);
    board.lines.retain(|line| line.count >= least);
    let specs = specs(table, &board, &compare);
    let targets = match specs.iter().any(|spec| matches!(spec.what, What::Target | What::Gap)) {
        true => cases.period.map(|period| request.app.targets(period, &request.who.viewer)).transpose()?,
        false => None,
    };
    let chosen = (request.asked.text("department"), request.asked.text("attending"));
    let goal = |spec: &Spec, line: &Line| targets.as_ref()?.of_row(&spec.measure, &by, &line.keys, chosen);
    let ranks = ranks(&specs, &board);
    let value = |spec: &Spec, line: &Line, row: Option<usize>| -> Option<Decimal> {
        let now = line.now.get(spec.at).copied().flatten();
        match spec.what {
            What::Now => now,
            What::Before(c) => line.change(c, spec.at).before,
            What::Difference(c) => line.change(c, spec.at).difference,
            What::Rate(c) => line.change(c, spec.at).rate,
            What::Share => {
                let whole = board.total.now.get(spec.at).copied().flatten().filter(|whole| !whole.is_zero());
                now.zip(whole).and_then(|(part, whole)| part.checked_div(whole))
            }
            What::Rank => ranks.get(&spec.at).and_then(|ranks| ranks.get(row?).copied().flatten()),
            What::Target => goal(spec, line).and_then(|goal| goal.value()),
            What::Gap => goal(spec, line).and_then(|goal| goal.gap(now)),
            What::Against => {
                let mean = board.total.now.get(spec.at).copied().flatten();
                now.zip(mean.filter(|_| row.is_some())).and_then(|(now, mean)| now.checked_sub(mean))
            }
            What::Minus(other) => {
                now.zip(line.now.get(other).copied().flatten()).and_then(|(a, b)| a.checked_sub(b))
            }
        }
    };
    let mut order: Vec<(usize, &Line)> = board.lines.iter().enumerate().collect();
    sort(&mut order, request, table, &specs, &by.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), &value);

    let mut columns: Vec<Column> = by.iter().map(|d| Column::text(&d.id, &d.name).sortable()).collect();
    columns.extend(specs.iter().map(|spec| spec.column.clone()));
    // Only the rows that are shown are dressed.
    let (paging, shown) = Paging::cut(page, &order);
    let rows = shown.iter().map(|(at, line)| {
        let open = request.row(&by, &line.keys, cases.period);
        let down = request.down(table, &by, &line.keys);
        let last = line.labels.len().saturating_sub(1);
        let names = line.labels.iter().enumerate().map(|(nth, label)| {
            let name = Cell::text(label.clone());
            if nth == last { name.link(down.clone()) } else { name }
        });
        let numbers = specs.iter().map(|spec| {
            let shown = shape(spec, value(spec, line, Some(*at)));
            match &open {
                Some((narrowed, days)) => opened(request, spec, shown, *days, narrowed),
                None => shown,
            }
        });
        Row { cells: names.chain(numbers).collect(), class: "" }
    });
    let rows = rows.collect();
    let mut total: Vec<Cell> = by.iter().map(|_| Cell::text("")).collect();
    total[0] = Cell::text("合计");
    total.extend(specs.iter().map(|spec| {
        let shown = shape(spec, value(spec, &board.total, None));
        opened(request, spec, shown, cases.period, &[])
    }));
    let note = match least {
        0 => String::new(),
        least => format!("少于 {least} 例的行未列出，合计含全部"),
    };
    Ok((Grid { columns, rows, total: Some(total), paging, ..Grid::default() }, note))
}

/// A number that is a count or a value of cases opens them.
fn opened(
    request: &Request<'_>,
    spec: &Spec,
    shown: Cell,
    days: Option<Period>,
    narrowed: &[(String, String)],
) -> Cell {
    let days = match spec.what {
        What::Now => days,
        What::Before(comparison) => match Request::days_before(days, comparison) {
            Some(before) => Some(before),
            None => return shown,
        },
        _ => return shown,
    };
    if shown.value == Value::Nothing {
        return shown;
    }
    shown.link(request.opened(&spec.measure, days, narrowed.to_vec()))
}

fn shape(spec: &Spec, value: Option<Decimal>) -> Cell {
    let percent = spec.measure.format.style == Style::Percent;
    match spec.what {
        What::Difference(_) | What::Gap | What::Against | What::Minus(_) if percent => value
            .and_then(|value| value.checked_mul(Decimal::ONE_HUNDRED))
            .map_or(Value::Nothing, |points| Value::Decimal(points, 2))
            .into(),
        What::Rate(_) | What::Share => value.map_or(Value::Nothing, |share| Value::Percent(share, 2)).into(),
        What::Rank => value.map_or(Value::Nothing, |rank| Value::Decimal(rank, 0)).into(),
        _ => cell(&spec.measure, value),
    }
}

fn specs(table: &NumberTable, board: &Board, compare: &[Comparison]) -> Vec<Spec> {
    let mut specs = Vec::new();
    for group in &table.groups {
        let compared: Vec<Comparison> =
            group.compare.iter().copied().filter(|c| compare.contains(c)).collect();
        for measure in &group.measures {
            let Some(at) = board.position(&measure.id) else { continue };
            // Beside its comparisons a measure stands under its own name.
            let alone = compared.is_empty() && !group.target && !group.share && !group.rank && !group.against;
            let head = if alone || !group.title.is_empty() && group.measures.len() == 1 {
                &group.title
            } else {
                &measure.short
            };
            let base = numbers::column(measure);
            let mut add = |what: What, key: &str, title: &str, unit: &str| {
                let key = if key.is_empty() { measure.id.clone() } else { format!("{}.{key}", measure.id) };
                let mut column = Column::number(&key, title, unit).sortable().group(head);
                if what == What::Now {
                    column.definition.clone_from(&base.definition);
                }
                specs.push(Spec { what, measure: measure.clone(), at, column });
            };
            let unit = base.unit.as_str();
            let apart = difference_unit(measure);
            add(What::Now, "", if alone { &measure.short } else { &base.title }, unit);
            for comparison in &compared {
                let c = *comparison;
                let (key, before, rate) = match c {
                    Comparison::YearBefore => ("year", "同期", "同比"),
                    Comparison::PeriodBefore => ("period", "上期", "环比"),
                };
                add(What::Before(c), &format!("{key}.before"), before, unit);
                add(What::Difference(c), &format!("{key}.difference"), &format!("较{before}差额"), apart);
                add(What::Rate(c), &format!("{key}.rate"), rate, "");
            }
            if group.target {
                add(What::Target, "target", "指标", unit);
                add(What::Gap, "gap", "与指标差额", apart);
            }
            // What adds up has no mean to be compared with.
            if group.against && !measure.is_additive() {
                add(What::Against, "against", "与平均差额", apart);
            }
            if group.share {
                add(What::Share, "share", "占比", "");
            }
            if group.rank {
                add(What::Rank, "rank", "名次", "");
            }
        }
        if let ([first, second], false) = (group.measures.as_slice(), group.difference.is_empty())
            && let (Some(at), Some(other)) = (board.position(&first.id), board.position(&second.id))
        {
            let key = format!("{}.minus.{}", first.id, second.id);
            let column = Column::number(&key, &group.difference, difference_unit(first))
                .sortable()
                .group(&group.title);
            specs.push(Spec { what: What::Minus(other), measure: first.clone(), at, column });
        }
    }
    specs
}

/// Percentages differ by points: 12% is 2 points, or a fifth, more than 10%.
fn difference_unit(measure: &Measure) -> &str {
    if measure.format.style == Style::Percent { "百分点" } else { &measure.format.unit }
}

/// 名次 of the rows by each measure that is ranked: greatest first, the least first where less is better; equal ones share it.
fn ranks(specs: &[Spec], board: &Board) -> HashMap<usize, Vec<Option<Decimal>>> {
    let ranked = specs.iter().filter(|spec| spec.what == What::Rank);
    ranked
        .map(|spec| {
            let values: Vec<Option<Decimal>> = board.lines.iter().map(|line| line.now[spec.at]).collect();
            let mut sorted: Vec<Decimal> = values.iter().copied().flatten().collect();
            sorted.sort_unstable();
            let of = |value: &Option<Decimal>| {
                value.map(|own| {
                    let before = match spec.measure.direction {
                        Direction::Down => sorted.partition_point(|other| *other < own),
                        _ => sorted.len() - sorted.partition_point(|other| *other <= own),
                    };
                    Decimal::from(before + 1)
                })
            };
            (spec.at, values.iter().map(of).collect())
        })
        .collect()
}

/// By the column asked for, else the definition's, else as the rows stand. Rows without a value come last.
fn sort(
    lines: &mut [(usize, &Line)],
    request: &Request<'_>,
    table: &NumberTable,
    specs: &[Spec],
    dimensions: &[&str],
    value: &ValueOf<'_>,
) {
    let asked = request.asked.text("order");
    let (key, descending) = match (asked, &table.order) {
        ("", None) => return,
        ("", Some((key, descending))) => (key.as_str(), *descending),
        (asked, _) => (asked.trim_start_matches('-'), asked.starts_with('-')),
    };
    if let Some(spec) = specs.iter().find(|spec| spec.column.key == key) {
        lines.sort_by(|(at, a), (bt, b)| match (value(spec, a, Some(*at)), value(spec, b, Some(*bt))) {
            (Some(x), Some(y)) if descending => y.cmp(&x),
            (Some(x), Some(y)) => x.cmp(&y),
            (x, y) => x.is_none().cmp(&y.is_none()),
        });
    } else if let Some(at) = dimensions.iter().position(|dimension| *dimension == key) {
        // The lines stand in the natural order of the first dimension already.
        lines.sort_by(|(a_at, a), (b_at, b)| {
            let by =
                if at == 0 { a_at.cmp(b_at) } else { a.labels[at].cmp(&b.labels[at]).then(Ordering::Equal) };
            if descending { by.reverse() } else { by }
        });
    }
}
