//! DIP-2.10: 统筹基金 used against what was given, by department.

use super::Content;
use super::bench::Bench;
use super::panels::{key_text, labels, series};
use crate::chart::{Chart, Drill};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::numbers::{cell, column};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The measure whose target is the budget (统筹指标).
const FUND: &str = "pooled_fund";

pub(super) fn make(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let departments = bench.answer(
        &bench
            .query([FUND, "insured_settlements", "pooled_fund_per_case", "pooled_fund_rate"])
            .by("department")
            .order(FUND, true),
    )?;
    let targets = bench.app.store().targets(bench.year.into())?;
    let budgets: HashMap<&str, Decimal> = targets
        .iter()
        .filter(|target| target.measure == FUND && target.doctor_key.is_empty())
        .filter_map(|target| Some((target.department_key.as_str(), budget(target.high?, bench)?)))
        .collect();
    let at = departments.position(FUND).unwrap_or_default();
    let measure = &departments.measures[at];
    let mut columns =
        vec![Column::number("rank", "排名", ""), Column::text("department", "科室"), column(measure)];
    columns.push(Column::number("budget", "统筹指标", "元"));
    columns.push(Column::number("usage", "统筹使用率", ""));
    columns.push(Column::number("left", "差额", "元"));
    columns.extend(departments.measures.iter().skip(1).map(|measure| column(measure)));
    let cells_of = |place: Cell,
                    name: Cell,
                    row: &metrics::Row,
                    budget: Option<Decimal>,
                    open: &dyn Fn(&str) -> String| {
        let used = row.values[at];
        let rate = used.zip(budget).and_then(|(used, budget)| used.checked_div(budget));
        let left = budget.zip(used).and_then(|(budget, used)| budget.checked_sub(used));
        let money =
            |value: Option<Decimal>| Cell::from(value.map_or(Value::Nothing, |v| Value::Decimal(v, 2)));
        let mut cells = vec![place, name, cell(measure, used).link(open(FUND)), money(budget)];
        cells.push(rate.map_or(Value::Nothing, |rate| Value::Percent(rate, 2)).into());
        cells.push(money(left));
        let rest = departments.measures.iter().zip(&row.values).skip(1);
        cells.extend(rest.map(|(measure, value)| cell(measure, *value).link(open(&measure.id))));
        cells
    };
    let rows = departments.rows.iter().enumerate().map(|(place, row)| {
        let key = key_text(&row.keys[0]);
        let open = |measure: &str| bench.cases(&[("department", &key), ("measure", measure)]);
        let budget = budgets.get(key.as_str()).copied();
        let name = Cell::text(row.labels[0].clone());
        Row { cells: cells_of(Cell::whole(place as i64 + 1), name, row, budget, &open), class: "" }
    });
    // 全院指标 covers everybody; a viewer of some departments is compared with theirs.
    let whole = match bench.who.viewer.scope == model::DataScope::Hospital
        && bench.asked.text("department").is_empty()
    {
        true => budgets.get("").copied(),
        false => {
            departments.rows.iter().map(|row| budgets.get(key_text(&row.keys[0]).as_str()).copied()).sum()
        }
    };
    let open = |measure: &str| bench.cases(&[("measure", measure)]);
    let total = cells_of(Cell::default(), Cell::text("合计"), &departments.total, whole, &open);
    let mut cards = bench.cards(&[FUND, "pooled_fund_rate"])?;
    let used = departments.total.values[at];
    if let Some(rate) = used.zip(whole).and_then(|(used, whole)| used.checked_div(whole))
        && let Some(fund) = cards.first()
    {
        let percent = rate.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(rate);
        let (link, definition) = (fund.link.clone(), fund.definition.clone());
        cards.push(super::Card {
            name: "统筹使用率".into(),
            value: crate::text::decimal(percent, 2),
            unit: "%".into(),
            exact: crate::text::decimal(percent, 4) + "%",
            negative: false,
            note: format!("指标 {}元", crate::text::decimal(whole.unwrap_or_default(), 2)),
            definition,
            link,
        });
    }
    let top = 15;
    let mut bars = series(&departments, &[FUND]);
    bars.iter_mut().for_each(|one| one.values.truncate(top));
    let chart = Chart {
        kind: "rank",
        label: "科室统筹基金排名".into(),
        categories: labels(&departments).into_iter().take(top).collect(),
        series: bars,
        drill: Drill::ByCategory(
            departments
                .rows
                .iter()
                .take(top)
                .map(|row| bench.cases(&[("department", &key_text(&row.keys[0])), ("measure", FUND)]))
                .collect(),
        ),
        ..Chart::default()
    };
    let note = match budgets.is_empty() {
        true => "本年度还没有统筹指标：在“指标目标”中为“统筹基金支出”设上限后，这里显示使用率",
        false => "统筹使用率 = 统筹基金支出 ÷ 统筹指标；选择月份时指标按全年的十二分之一计",
    };
    Ok(Content {
        cards,
        charts: vec![chart],
        note: note.into(),
        grid: Grid {
            columns,
            rows: rows.collect(),
            total: Some(total),
            empty: "所选时间没有统筹基金支出".into(),
            ..Grid::default()
        },
        ..Content::default()
    })
}

/// Millionths of a year's target as 元 of the chosen time.
fn budget(millionths: i64, bench: &Bench<'_>) -> Option<Decimal> {
    let year = Decimal::new(millionths, 6);
    let part = if bench.asked.text("month").is_empty() { year } else { year.checked_div(Decimal::from(12))? };
    Some(part).filter(|budget| !budget.is_zero())
}
