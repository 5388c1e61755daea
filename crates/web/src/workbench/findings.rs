//! DIP-2.07, DIP-2.08: warnings that the engines found, by rule; each opens the charge lines.

use super::Content;
use super::bench::Bench;
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use store::FindingScope;

/// 医保目录预警: findings of limits of the insurer's catalogue.
pub(super) fn catalogue(bench: &Bench<'_>) -> Result<Content, ApiError> {
    of_engine(bench, "catalogue", "目录预警")
}

/// 收费监控预警: findings of the charge rules.
pub(super) fn charges(bench: &Bench<'_>) -> Result<Content, ApiError> {
    of_engine(bench, "audit", "收费预警")
}

fn of_engine(bench: &Bench<'_>, engine: &str, name: &str) -> Result<Content, ApiError> {
    let period = bench.selection.period;
    let day = |date: jiff::civil::Date| model::canonical::seconds_of(date.at(0, 0, 0, 0)) / 86_400;
    let scope = FindingScope {
        engine: engine.to_owned(),
        from: period.map(|period| day(period.from())),
        to: period.map(|period| day(period.to())),
        department: Some(bench.asked.text("department").to_owned()).filter(|key| !key.is_empty()),
    };
    let counts = bench.app.store().finding_counts(&bench.who.viewer, &scope)?;
    let open = |rule: &str| bench.address("/findings", &[("engine", engine), ("rule", rule)]);
    let rows = counts.iter().map(|count| Row {
        cells: vec![
            Cell::text(count.severity.clone()),
            Cell::text(count.rule.clone()).link(open(&count.rule)),
            Cell::whole(count.findings).link(open(&count.rule)),
            Cell::whole(count.cases),
            Cell::money(count.amount),
        ],
        class: "",
    });
    let note = match counts.is_empty() {
        true if !bench.app.store().has_findings(engine)? => {
            format!("{name}规则尚未运行，没有可显示的结果；审核规则启用后自动显示")
        }
        true => "所选时间与科室没有预警".to_owned(),
        false => String::new(),
    };
    let chart = Chart {
        kind: "rank",
        label: format!("{name}规则"),
        categories: counts.iter().take(10).map(|count| count.rule.clone()).collect(),
        series: vec![Series {
            name: "预警数".into(),
            unit: "条".into(),
            values: counts.iter().take(10).map(|count| Some(count.findings as f64)).collect(),
            ..Series::default()
        }],
        drill: Drill::ByCategory(counts.iter().take(10).map(|count| open(&count.rule)).collect()),
        ..Chart::default()
    };
    let rows: Vec<Row> = rows.collect();
    Ok(Content {
        charts: if counts.is_empty() { Vec::new() } else { vec![chart] },
        grid: Grid {
            columns: vec![
                Column::text("severity", "预警等级"),
                Column::text("rule", "预警规则"),
                Column::number("findings", "预警数量", "条"),
                Column::number("cases", "涉及病例", "例"),
                Column::number("amount", "涉及金额", "元"),
            ],
            rows,
            empty: note.clone(),
            ..Grid::default()
        },
        note,
        ..Content::default()
    })
}
