//! DIP-2.01 to DIP-2.05: 结余, 分值, 收入与费用, 结算趋势, 盈亏.

use super::bench::Bench;
use super::{Content, Switch};
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::numbers::{cell, column};
use metrics::{Answer, Basis, Value};
use rust_decimal::Decimal;

/// DIP-2.01: 总医保结余, 人均医保结余.
pub(super) fn surplus(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let measures = [
        "surplus",
        "surplus_per_case",
        "revenue",
        "insurer_cost",
        "profit_cases",
        "loss_cases",
        "priced_cases",
    ];
    let mut query = bench.query(measures).by("month");
    query.cases = bench.whole_year();
    let months = bench.answer(&query)?;
    let chart = Chart {
        kind: "bar",
        label: "各月医保结余".into(),
        categories: labels(&months),
        series: series(&months, &["surplus"]),
        surplus: true,
        drill: Drill::ByCategory(
            months
                .rows
                .iter()
                .map(|row| bench.cases_of_month(&row.keys[0], &[("measure", "surplus")]))
                .collect(),
        ),
        ..Chart::default()
    };
    Ok(Content {
        cards: bench.cards(&["surplus", "surplus_per_case", "surplus_rate"])?,
        charts: vec![chart],
        grid: grid(
            &months,
            |row, measure| bench.cases_of_month(&row.keys[0], &[("measure", measure)]),
            |measure| bench.cases(&[("measure", measure)]),
        ),
        ..Content::default()
    })
}

/// DIP-2.02: 总分值, 人均分值, 基准率占比.
pub(super) fn points(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let bands =
        bench.answer(&bench.query(["benchmark_cases", "points", "points_per_case", "surplus"]).by("band"))?;
    let band = |row: &metrics::Row| row.keys.first().map(key_text).unwrap_or_default();
    // Cases without a ratio have no band; they are in no share.
    let counted: Vec<&metrics::Row> = bands.rows.iter().filter(|row| row.keys[0] != Value::Null).collect();
    let at = bands.position("benchmark_cases").unwrap_or_default();
    let whole: Decimal = counted.iter().filter_map(|row| row.values[at]).sum();
    let chart = Chart {
        kind: "pie",
        label: "基准率占比".into(),
        palette: "bands",
        legend: "multi",
        categories: counted.iter().map(|row| row.labels[0].clone()).collect(),
        series: vec![Series::of(
            &bands.measures[at],
            &counted.iter().map(|row| row.values[at]).collect::<Vec<_>>(),
        )],
        drill: Drill::ByCategory(counted.iter().map(|row| bench.cases(&[("band", &band(row))])).collect()),
        ..Chart::default()
    };
    let mut grid = grid(
        &bands,
        |row, measure| bench.cases(&[("band", &band(row)), ("measure", measure)]),
        |measure| bench.cases(&[("measure", measure)]),
    );
    grid.columns.insert(2, Column::number("share", "例数占比", ""));
    for (row, of) in grid.rows.iter_mut().zip(&bands.rows) {
        let share = of.values[at].filter(|_| of.keys[0] != Value::Null).and_then(|n| n.checked_div(whole));
        row.cells.insert(
            2,
            share.map_or_else(Cell::default, |share| crate::grid::Value::Percent(share, 2).into()),
        );
    }
    if let Some(total) = &mut grid.total {
        total.insert(2, Cell::default());
    }
    Ok(Content {
        cards: bench.cards(&["points", "points_per_case", "benchmark_ratio"])?,
        charts: vec![chart],
        grid,
        ..Content::default()
    })
}

/// DIP-2.03: 医保总收入, 医保费用, 人均住院费用, 人均住院日, 自费费用.
pub(super) fn income(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let measures = [
        "revenue",
        "insurer_cost",
        "total_cost",
        "cost_per_case",
        "mean_stay",
        "own_pay",
        "own_pay_rate",
        "discharges",
    ];
    let departments = bench.answer(&bench.query(measures).by("department").order("revenue", true))?;
    let top = departments.rows.iter().take(15);
    let chart = Chart {
        kind: "bar",
        label: "科室医保收入与医保费用".into(),
        legend: "multi",
        categories: top.clone().map(|row| row.labels[0].clone()).collect(),
        series: first(series(&departments, &["revenue", "insurer_cost"]), 15),
        drill: Drill::ByCategory(
            top.map(|row| bench.cases(&[("department", &key_text(&row.keys[0])), ("measure", "revenue")]))
                .collect(),
        ),
        ..Chart::default()
    };
    Ok(Content {
        cards: bench.cards(&measures)?,
        charts: vec![chart],
        grid: grid(
            &departments,
            |row, measure| bench.cases(&[("department", &key_text(&row.keys[0])), ("measure", measure)]),
            |measure| bench.cases(&[("measure", measure)]),
        ),
        ..Content::default()
    })
}

/// DIP-2.04: 医保结算人次 and 自费率 by month of the settlement; the legend picks one or several.
pub(super) fn settlements(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let mut query = bench.query(["insured_settlements", "own_pay_rate", "own_pay", "total_cost"]).by("month");
    query.cases = bench.whole_year();
    query.cases.basis = Basis::Settlement;
    let months = bench.answer(&query)?;
    let drill = |row: &metrics::Row, measure: &str| {
        bench.cases_of_month(&row.keys[0], &[("basis", "settlement"), ("measure", measure)])
    };
    let mut lines = series(&months, &["insured_settlements", "own_pay_rate"]);
    if let [people, rate] = lines.as_mut_slice() {
        people.kind = "bar";
        (rate.kind, rate.axis) = ("line", 1);
    }
    let single = bench.asked.text("legend") == "single";
    let chart = Chart {
        kind: "combo",
        label: "医保结算人次与自费率".into(),
        legend: if single { "single" } else { "multi" },
        categories: labels(&months),
        series: lines,
        drill: Drill::BySeries(
            ["insured_settlements", "own_pay_rate"]
                .map(|measure| months.rows.iter().map(|row| drill(row, measure)).collect())
                .to_vec(),
        ),
        ..Chart::default()
    };
    Ok(Content {
        charts: vec![chart],
        note: "按结算时间统计；图例可单选或多选".into(),
        grid: grid(&months, drill, |measure| bench.cases(&[("basis", "settlement"), ("measure", measure)])),
        ..Content::default()
    })
}

/// DIP-2.05: gains and losses of each band, stacked; the trend of 结余 by month.
pub(super) fn profit(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let bands = bench.answer(&bench.query(["profit_amount", "loss_amount", "surplus"]).by("band"))?;
    let of_band = |measure: &str| {
        bands
            .rows
            .iter()
            .map(|row| bench.cases(&[("band", &key_text(&row.keys[0])), ("measure", measure)]))
            .collect()
    };
    let mut gains = series(&bands, &["profit_amount", "loss_amount"]);
    if let [gain, loss] = gains.as_mut_slice() {
        (gain.color, loss.color) = ("surplus".into(), "deficit".into());
    }
    let stacked = Chart {
        kind: "stack",
        label: "各基准率区间的盈利额与亏损额".into(),
        legend: "multi",
        categories: labels(&bands),
        series: gains,
        drill: Drill::BySeries(vec![of_band("profit_amount"), of_band("loss_amount")]),
        ..Chart::default()
    };
    let mut query = bench
        .query(["profit_amount", "loss_amount", "surplus", "profit_cases", "loss_cases", "loss_rate"])
        .by("month");
    query.cases = bench.whole_year();
    let months = bench.answer(&query)?;
    let trend = Chart {
        kind: "line",
        label: "医保结余趋势".into(),
        categories: labels(&months),
        series: series(&months, &["surplus"]),
        surplus: true,
        drill: Drill::ByCategory(
            months
                .rows
                .iter()
                .map(|row| bench.cases_of_month(&row.keys[0], &[("measure", "surplus")]))
                .collect(),
        ),
        ..Chart::default()
    };
    Ok(Content {
        charts: vec![stacked, trend],
        switches: Vec::<Switch>::new(),
        grid: grid(
            &months,
            |row, measure| bench.cases_of_month(&row.keys[0], &[("measure", measure)]),
            |measure| bench.cases(&[("measure", measure)]),
        ),
        ..Content::default()
    })
}

/// A value of a dimension in an address.
pub(super) fn key_text(value: &Value) -> String {
    match value {
        Value::Null => crate::selection::NO_VALUE.to_owned(),
        value => value.to_string(),
    }
}

pub(super) fn labels(answer: &Answer) -> Vec<String> {
    answer.rows.iter().map(|row| row.labels.first().cloned().unwrap_or_default()).collect()
}

pub(super) fn series(answer: &Answer, measures: &[&str]) -> Vec<Series> {
    let one = |id: &&str| answer.position(id).map(|at| Series::of(&answer.measures[at], &answer.column(id)));
    measures.iter().filter_map(one).collect()
}

fn first(mut series: Vec<Series>, n: usize) -> Vec<Series> {
    series.iter_mut().for_each(|one| one.values.truncate(n));
    series
}

/// The answer as a table: the dimension, then every measure; each number opens its cases.
pub(super) fn grid(
    answer: &Answer,
    open: impl Fn(&metrics::Row, &str) -> String,
    open_total: impl Fn(&str) -> String,
) -> Grid {
    let mut columns: Vec<Column> = answer.dimensions.iter().map(|d| Column::text(&d.id, &d.name)).collect();
    columns.extend(answer.measures.iter().map(|measure| column(measure)));
    let rows = answer.rows.iter().map(|row| {
        let names = row.labels.iter().map(|label| Cell::text(label.clone()));
        let numbers = answer.measures.iter().zip(&row.values).map(|(measure, value)| {
            let cell = cell(measure, *value);
            if value.is_some() { cell.link(open(row, &measure.id)) } else { cell }
        });
        Row { cells: names.chain(numbers).collect(), class: "" }
    });
    let mut total: Vec<Cell> = answer.dimensions.iter().map(|_| Cell::default()).collect();
    if let Some(first) = total.first_mut() {
        *first = Cell::text("合计");
    }
    total.extend(answer.measures.iter().zip(&answer.total.values).map(|(measure, value)| {
        let cell = cell(measure, *value);
        if value.is_some() { cell.link(open_total(&measure.id)) } else { cell }
    }));
    Grid {
        columns,
        rows: rows.collect(),
        total: Some(total),
        empty: "所选时间与科室没有出院病例，请换一个年度、月份或科室".into(),
        ..Grid::default()
    }
}
