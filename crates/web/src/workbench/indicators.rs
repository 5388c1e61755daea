//! DIP-2.09: indicators outside of their targets, and what share each makes up.

use super::Content;
use super::bench::Bench;
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::numbers::cell;
use metrics::{Answer, Goal, Measure, Period, Standing};
use rust_decimal::Decimal;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

fn tag(standing: Standing) -> Cell {
    let class = match standing {
        Standing::Good => "tag tag-core",
        Standing::TooLow | Standing::TooHigh => "tag tag-warn",
        Standing::Unknown => "",
    };
    Cell::text(standing.chinese()).class(class)
}

pub(super) fn make(bench: &Bench<'_>) -> Result<Content, ApiError> {
    let layer = bench.app.layer();
    let departments = bench.departments()?;
    let name_of = |key: &str| {
        let found = departments.rows.iter().find(|row| row.keys[0].to_string() == key);
        found.map(|row| row.labels[0].clone())
    };
    let chosen = bench.asked.text("department");
    let whole_hospital = bench.who.viewer.scope == model::DataScope::Hospital && chosen.is_empty();
    let period = bench.selection.period.or(Period::year(bench.year));
    let goals =
        period.map(|period| bench.app.targets(period, &bench.who.viewer)).transpose()?.unwrap_or_default();
    // One question a measure, for all departments that have a target.
    let mut answers: HashMap<String, Arc<Answer>> = HashMap::new();
    let mut rows = Vec::new();
    let mut warned: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let (mut good, mut bad) = (0, 0);
    for target in bench.app.store().targets(bench.year.into())? {
        // The budget of 统筹基金 has its own panel; doctors have theirs in the reports.
        if target.measure == "pooled_fund" || !target.doctor_key.is_empty() {
            continue;
        }
        let Ok(measure) = layer.measure(&target.measure) else { continue };
        let Some(goal) = goals.of(measure, &target.department_key, "") else { continue };
        let place = match target.department_key.as_str() {
            "" if whole_hospital => "全院".to_owned(),
            "" => continue,
            key if !chosen.is_empty() && key != chosen => continue,
            key => match name_of(key) {
                Some(name) => name,
                None => continue,
            },
        };
        let answer = match answers.entry(target.measure.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let mut query = bench.query([target.measure.as_str()]).by("department");
                query.cases.filters.retain(|filter| filter.on != "department");
                new.insert(bench.answer(&query)?)
            }
        };
        let value = match target.department_key.as_str() {
            "" => answer.total_of(&target.measure),
            key => {
                answer.rows.iter().find(|row| row.keys[0].to_string() == key).and_then(|row| row.values[0])
            }
        };
        let standing = goal.standing(value);
        let link = bench.cases(&[("department", &target.department_key), ("measure", &target.measure)]);
        match standing {
            Standing::Good => good += 1,
            Standing::Unknown => {}
            _ => {
                bad += 1;
                let entry = warned.entry(measure.name.clone()).or_insert((0, link.clone()));
                entry.0 += 1;
            }
        }
        rows.push((standing, row(measure, &goal, place, value, link)));
    }
    rows.sort_by_key(|(standing, _)| matches!(standing, Standing::Good | Standing::Unknown));
    let shares = Chart {
        kind: "pie",
        label: "预警指标占比".into(),
        legend: "multi",
        categories: warned.keys().cloned().collect(),
        series: vec![Series {
            name: "预警数".into(),
            unit: "项".into(),
            values: warned.values().map(|(count, _)| Some(*count as f64)).collect(),
            ..Series::default()
        }],
        drill: Drill::ByCategory(warned.values().map(|(_, link)| link.clone()).collect()),
        ..Chart::default()
    };
    let note = match rows.is_empty() {
        true => "本年度还没有指标目标：在“指标目标”中设上下限后，这里显示超出目标的指标".to_owned(),
        false => format!("{bad} 项预警，{good} 项达标"),
    };
    Ok(Content {
        charts: if warned.is_empty() { Vec::new() } else { vec![shares] },
        note,
        grid: Grid {
            columns: vec![
                Column::text("measure", "指标"),
                Column::text("place", "范围"),
                Column::number("value", "实际值", ""),
                Column::number("low", "目标下限", ""),
                Column::number("high", "目标上限", ""),
                Column::text("unit", "单位"),
                Column::number("beyond", "偏离目标", ""),
                Column::text("standing", "状态"),
            ],
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            empty: "没有指标目标".into(),
            ..Grid::default()
        },
        ..Content::default()
    })
}

fn row(measure: &Measure, goal: &Goal, place: String, value: Option<Decimal>, link: String) -> Row {
    let standing = goal.standing(value);
    let edge = match standing {
        Standing::TooLow => goal.low,
        Standing::TooHigh => goal.high,
        _ => None,
    };
    let beyond = value.zip(edge).and_then(|(value, edge)| value.checked_sub(edge));
    Row {
        cells: vec![
            Cell::text(measure.name.clone()).link(format!("/measures/{}", measure.id)),
            Cell::text(place),
            cell(measure, value).link(link),
            cell(measure, goal.low),
            cell(measure, goal.high),
            Cell::text(measure.format.unit.clone()),
            beyond.map_or(Cell::from(Value::Nothing), |beyond| cell(measure, Some(beyond))),
            tag(standing),
        ],
        class: "",
    }
}
