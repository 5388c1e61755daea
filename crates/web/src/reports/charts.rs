//! 图: a definition's charts, made of the same boards as the tables.

use super::board::{Board, Line};
use super::request::Request;
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use metrics::report::{Chart as Definition, ChartKind};
use metrics::{Comparison, Measure, Period, Selection, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Categories at most; a definition that wants fewer says `top`.
const MOST: usize = 60;
/// Points of a scatter at most.
const POINTS: usize = 1000;
/// Series of a split at most.
const SERIES: usize = 12;

pub(super) fn all(request: &Request<'_>) -> Result<Vec<Chart>, ApiError> {
    // Below the first level the rows have other dimensions; its charts stay, narrowed by the filters.
    let fits =
        |chart: &&Definition| chart.measures.iter().chain(&chart.second).all(|measure| request.fits(measure));
    request.tab.charts.iter().filter(fits).map(|definition| one(request, definition)).collect()
}

fn one(request: &Request<'_>, definition: &Definition) -> Result<Chart, ApiError> {
    let cases = request.within(definition.span);
    let mut chart = Chart {
        kind: match definition.kind {
            ChartKind::Bar => "bar",
            ChartKind::Stack => "stack",
            ChartKind::Line => "line",
            ChartKind::Pie => "pie",
            ChartKind::Combo => "combo",
            ChartKind::Rank => "rank",
            ChartKind::Treemap => "treemap",
            ChartKind::Heat => "heat",
            ChartKind::Scatter => "scatter",
        },
        legend: match definition.kind {
            ChartKind::Treemap | ChartKind::Heat | ChartKind::Scatter => "",
            _ if definition.single => "single",
            _ => "multi",
        },
        // Of a scatter the measure that goes up.
        surplus: definition.measures[usize::from(definition.kind == ChartKind::Scatter)]
            .id
            .starts_with("surplus"),
        palette: if definition.by.id == "band" { "bands" } else { "" },
        label: definition.title.clone(),
        ..Chart::default()
    };
    match &definition.split {
        Some(split) => split_series(request, definition, split, &cases, &mut chart)?,
        None => series(request, definition, &cases, &mut chart)?,
    }
    Ok(chart)
}

/// A series a measure, and one of the year before for each when asked for.
fn series(
    request: &Request<'_>,
    definition: &Definition,
    cases: &Selection,
    chart: &mut Chart,
) -> Result<(), ApiError> {
    let measures: Vec<Arc<Measure>> = definition.measures.iter().chain(&definition.second).cloned().collect();
    let compare: &[Comparison] = if definition.year_before { &[Comparison::YearBefore] } else { &[] };
    let by = std::slice::from_ref(&definition.by);
    let board = Board::make(request, &measures, by, cases, compare)?;
    let (lines, left_out) = chosen(definition, &board);
    let others = others(definition, &board, &left_out);
    chart.categories = lines.iter().map(|line| line.labels[0].clone()).collect();
    chart.categories.extend(others.as_ref().map(|_| "其他".to_owned()));
    let mut drill = Vec::new();
    for (at, measure) in measures.iter().enumerate() {
        let second = at >= definition.measures.len();
        let open = |line: &&Line, before: bool| link(request, by, line, measure, cases.period, before);
        let mut values: Vec<Option<Decimal>> = lines.iter().map(|line| line.now[at]).collect();
        values.extend(others.as_ref().map(|values| values[at]));
        let mut one = Series::of(measure, &values);
        if second {
            (one.kind, one.axis) = ("line", 1);
        } else if definition.kind == ChartKind::Combo {
            one.kind = "bar";
        }
        chart.series.push(one);
        drill.push(with_blank(lines.iter().map(|line| open(line, false)).collect(), others.is_some()));
        if definition.year_before {
            let values: Vec<Option<Decimal>> =
                lines.iter().map(|line| line.change(Comparison::YearBefore, at).before).collect();
            let mut before = Series::of(measure, &values);
            before.name = format!("同期{}", before.name);
            (before.kind, before.axis) = (if second { "line" } else { "" }, u8::from(second));
            chart.series.push(before);
            drill.push(with_blank(lines.iter().map(|line| open(line, true)).collect(), others.is_some()));
        }
    }
    chart.drill = match definition.kind {
        ChartKind::Pie | ChartKind::Treemap => Drill::ByCategory(drill.swap_remove(0)),
        _ => Drill::BySeries(drill),
    };
    Ok(())
}

/// A series a value of the other dimension.
fn split_series(
    request: &Request<'_>,
    definition: &Definition,
    split: &Arc<metrics::Dimension>,
    cases: &Selection,
    chart: &mut Chart,
) -> Result<(), ApiError> {
    let measure = &definition.measures[0];
    let measures = std::slice::from_ref(measure);
    let whole = Board::make(request, measures, std::slice::from_ref(&definition.by), cases, &[])?;
    let heads = Board::make(request, measures, std::slice::from_ref(split), cases, &[])?;
    let both = [definition.by.clone(), split.clone()];
    let parts = Board::make(request, measures, &both, cases, &[])?;
    let (lines, _) = chosen(definition, &whole);
    chart.categories = lines.iter().map(|line| line.labels[0].clone()).collect();
    let mut heads: Vec<&Line> = heads.lines.iter().collect();
    if heads.len() > SERIES && definition.kind != ChartKind::Heat {
        heads.sort_by_key(|line| std::cmp::Reverse(line.now[0]));
        heads.truncate(SERIES);
    }
    let mut drill = Vec::new();
    for head in heads {
        let part = |line: &&Line| {
            let found =
                parts.lines.iter().find(|part| part.keys[0] == line.keys[0] && part.keys[1] == head.keys[0]);
            found.map_or(measure.is_additive().then_some(Decimal::ZERO), |part| part.now[0])
        };
        let values: Vec<Option<Decimal>> = lines.iter().map(part).collect();
        let mut one = Series::of(measure, &values);
        one.name.clone_from(&head.labels[0]);
        chart.series.push(one);
        let open = |line: &&Line| {
            let keys = [line.keys[0].clone(), head.keys[0].clone()];
            address(request, &both, &keys, measure, cases.period, false)
        };
        drill.push(lines.iter().map(open).collect());
    }
    chart.drill = Drill::BySeries(drill);
    Ok(())
}

/// The lines a chart shows, and those it leaves out.
fn chosen<'b>(definition: &Definition, board: &'b Board) -> (Vec<&'b Line>, Vec<&'b Line>) {
    let mut lines: Vec<&Line> = board.lines.iter().collect();
    if definition.top.is_some() || definition.kind == ChartKind::Rank {
        lines.retain(|line| line.now[0].is_some());
        lines.sort_by(
            |a, b| if definition.ascending { a.now[0].cmp(&b.now[0]) } else { b.now[0].cmp(&a.now[0]) },
        );
    }
    let most = if definition.kind == ChartKind::Scatter { POINTS } else { MOST };
    let left_out = lines.split_off(definition.top.unwrap_or(most).min(most).min(lines.len()));
    (lines, left_out)
}

/// 其他: what is left out, of measures whose parts make up the whole.
fn others(definition: &Definition, board: &Board, left_out: &[&Line]) -> Option<Vec<Option<Decimal>>> {
    let sum = |(at, measure): (usize, &Arc<Measure>)| {
        measure.is_additive().then(|| left_out.iter().filter_map(|line| line.now[at]).sum())
    };
    (definition.others && !left_out.is_empty()).then(|| board.measures.iter().enumerate().map(sum).collect())
}

fn with_blank(mut links: Vec<String>, blank: bool) -> Vec<String> {
    if blank {
        links.push(String::new());
    }
    links
}

fn link(
    request: &Request<'_>,
    by: &[Arc<metrics::Dimension>],
    line: &Line,
    measure: &Measure,
    period: Option<Period>,
    before: bool,
) -> String {
    address(request, by, &line.keys, measure, period, before)
}

fn address(
    request: &Request<'_>,
    by: &[Arc<metrics::Dimension>],
    keys: &[Value],
    measure: &Measure,
    period: Option<Period>,
    before: bool,
) -> String {
    let Some((narrowed, mut days)) = request.row(by, keys, period) else { return String::new() };
    if before {
        days = Request::days_before(days, Comparison::YearBefore);
    }
    request.opened(measure, days, narrowed)
}
