//! DIP-2.06: groups that gain and lose most.

use super::bench::Bench;
use super::panels::{grid, key_text};
use super::{Content, Link, Switch};
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use metrics::Row;
use rust_decimal::Decimal;

/// Groups a chart.
const TOP: usize = 20;
/// 病组大于 … 例; 0: all.
const LEAST: [i64; 4] = [0, 10, 30, 50];

pub(super) fn make(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let least = bench.asked.whole("least", "最少例数")?.filter(|least| LEAST.contains(least)).unwrap_or(10);
    let by_total = bench.asked.text("by") == "total";
    let measure = if by_total { "surplus" } else { "surplus_per_case" };
    let mut query = bench
        .query(["surplus_per_case", "surplus", "priced_cases", "cost_per_case", "benchmark_ratio"])
        .by("group")
        .order(measure, true);
    query.cases = query.cases.is("dip_grouped", true);
    if least > 0 {
        query = query.at_least("priced_cases", Decimal::from(least + 1));
    }
    let groups = bench.answer(&query)?;
    let open =
        |row: &Row, measure: &str| bench.cases(&[("group", &key_text(&row.keys[0])), ("measure", measure)]);
    let at = groups.position(measure).unwrap_or_default();
    let sign =
        |row: &&Row, gain: bool| row.values[at].is_some_and(|v| !v.is_zero() && v.is_sign_positive() == gain);
    let gains: Vec<&Row> = groups.rows.iter().filter(|row| sign(row, true)).take(TOP).collect();
    let losses: Vec<&Row> = groups.rows.iter().rev().filter(|row| sign(row, false)).take(TOP).collect();
    let chart = |rows: &[&Row], label: &str| Chart {
        kind: "rank",
        label: label.to_owned(),
        surplus: true,
        categories: rows.iter().map(|row| row.labels[0].clone()).collect(),
        series: vec![Series::of(
            &groups.measures[at],
            &rows.iter().map(|row| row.values[at]).collect::<Vec<_>>(),
        )],
        drill: Drill::ByCategory(rows.iter().map(|row| open(row, measure)).collect()),
        ..Chart::default()
    };
    let mut shown = (*groups).clone();
    shown.rows = gains.iter().chain(losses.iter().rev()).map(|row| (*row).clone()).collect();
    let mut grid =
        grid(&shown, open, |measure| bench.cases(&[("only", "dip_grouped"), ("measure", measure)]));
    // Only part of the groups stand here, so there is no sum.
    grid.total = None;
    grid.empty = format!("没有大于 {least} 例的盈利或亏损病种，请减小最少例数");
    let link = |title: String, name: &str, value: &str, here: bool| Link {
        title,
        address: bench.address("", &[(name, value)]),
        here,
    };
    Ok(Content {
        charts: vec![chart(&gains, "盈利病种Top20"), chart(&losses, "亏损病种Top20")],
        switches: vec![
            Switch {
                name: "病组",
                links: LEAST
                    .map(|n| {
                        let title = if n == 0 { "全部".to_owned() } else { format!("大于{n}例") };
                        link(title, "least", &n.to_string(), n == least)
                    })
                    .into(),
            },
            Switch {
                name: "排序",
                links: vec![
                    link("次均结余".into(), "by", "case", !by_total),
                    link("总结余".into(), "by", "total", by_total),
                ],
            },
        ],
        grid,
        ..Content::default()
    })
}
