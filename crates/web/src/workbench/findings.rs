//! DIP-2.07, DIP-2.08: warnings of the audit, by rule; each opens its warnings and their charge lines.

use super::Content;
use super::bench::Bench;
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::text;
use crate::warnings::{class_kinds, level};
use model::Permission;
use store::{WarningFilter, WarningSum, WarningsBy};

/// 医保目录预警: rules that limit whom an item is for.
pub(super) fn catalogue(bench: &Bench<'_>) -> Result<Content, ApiError> {
    of_class(bench, "catalogue", "医保目录预警")
}

/// 收费监控预警: rules that count charges.
pub(super) fn charges(bench: &Bench<'_>) -> Result<Content, ApiError> {
    of_class(bench, "charge", "收费监控预警")
}

fn of_class(bench: &Bench<'_>, class: &'static str, name: &str) -> Result<Content, ApiError> {
    let (app, who) = (bench.app, bench.who);
    let period = bench.selection.period;
    let department = bench.asked.text("department").to_owned();
    let filter = WarningFilter {
        from: period.map(|period| text::days(period.from())),
        to: period.map(|period| text::days(period.to())),
        department: department.clone(),
        kinds: class_kinds(class),
        ..WarningFilter::default()
    };
    let sums = app.store().warning_sums(&who.viewer, &filter, WarningsBy::Rule)?;
    let library = app.rule_library().current(app)?;
    let days = period.map(|period| (period.from().to_string(), period.to().to_string())).unwrap_or_default();
    // The page of warnings is its own permission.
    let open = |rule: &str| match who.viewer.may(Permission::Warnings) {
        false => String::new(),
        true => crate::warnings::address(&[
            ("by", "patient"),
            ("class", class),
            ("rule", rule),
            ("from", &days.0),
            ("to", &days.1),
            ("department", &department),
        ]),
    };
    let row = |sum: &WarningSum| Row {
        cells: vec![
            level(&sum.level),
            Cell::text(library.sentence(&sum.key)).link(open(&sum.key)),
            Cell::whole(sum.count.warnings).link(open(&sum.key)),
            Cell::whole(sum.count.cases),
            Cell::money(sum.count.amount),
        ],
        class: "",
    };
    let note = match sums.is_empty() {
        true if app.store().audit_stamps()?.in_force == 0 => {
            "还没有启用的审核规则；请在审核规则库中新建或导入，发布后自动审核".to_owned()
        }
        true => "所选时间与科室没有预警".to_owned(),
        false => String::new(),
    };
    let top: Vec<&WarningSum> = sums.iter().take(10).collect();
    let chart = Chart {
        kind: "rank",
        label: format!("{name}规则"),
        categories: top.iter().map(|sum| library.name(&sum.key)).collect(),
        series: vec![Series {
            name: "预警数".into(),
            unit: "条".into(),
            values: top.iter().map(|sum| Some(sum.count.warnings as f64)).collect(),
            ..Series::default()
        }],
        drill: Drill::ByCategory(top.iter().map(|sum| open(&sum.key)).collect()),
        ..Chart::default()
    };
    Ok(Content {
        charts: if sums.is_empty() { Vec::new() } else { vec![chart] },
        grid: Grid {
            columns: vec![
                Column::text("level", "预警等级"),
                Column::text("rule", "预警规则"),
                Column::number("warnings", "预警数量", "条"),
                Column::number("cases", "涉及病例", "例"),
                Column::number("amount", "违规金额", "元"),
            ],
            rows: sums.iter().map(row).collect(),
            empty: note.clone(),
            ..Grid::default()
        },
        note,
        ..Content::default()
    })
}
