//! 费用结构: a case's fees by the front page's classes, their shares, and the mean of the cases of its group.

use crate::app::App;
use crate::chart::{Chart, Drill, Series};
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row, Value};
use crate::who::Who;
use metrics::{Query, Selection};
use model::canonical::{FEE_CLASSES, FeeClass};
use rust_decimal::Decimal;
use std::collections::HashMap;
use store::{CaseRecord, ChargeFilter, ChargeSum, ChargesBy};

/// The ten classes with the measure that sums each over cases.
const GROUPS: [(&str, &str); 10] = [
    ("综合医疗服务类", "service_fee"),
    ("诊断类", "diagnostic_fee"),
    ("治疗类", "treatment_fee"),
    ("康复类", "rehabilitation_fee"),
    ("中医类", "chinese_medicine_fee"),
    ("西药类", "western_drug_fee"),
    ("中药类", "chinese_drug_fee"),
    ("血液和血液制品类", "blood_fee"),
    ("耗材类", "material_fee"),
    ("其他类", "other_fee"),
];

/// Fees of a case.
pub(super) struct FeeStructure {
    pub(super) grid: Grid,
    pub(super) chart: Chart,
    /// How the case stands to its group, in words; empty without a group.
    pub(super) note: String,
}

/// 例均 of the cases of the same group and year that the viewer may see.
struct Peers {
    cases: Decimal,
    means: HashMap<&'static str, Decimal>,
}

pub(super) fn fee_structure(
    app: &App,
    who: &Who,
    record: &CaseRecord,
    charges: Option<&str>,
) -> Result<FeeStructure, ApiError> {
    let all = ChargeFilter::default();
    let sums = app.store().charge_summary(&who.viewer, record.number, ChargesBy::FeeClass, &all)?;
    let sums = sums.ok_or_else(|| ApiError::missing("此病例"))?;
    let total: i64 = sums.iter().map(|sum| sum.amount).sum();
    let peers = peers(app, who, record)?;
    let mut rows = Vec::new();
    for (group, measure) in GROUPS {
        let of_group = FEE_CLASSES.iter().filter(|class| class.group == group);
        let amount: i64 = of_group.clone().map(|class| own(&sums, class).0).sum();
        let refunded: i64 = of_group.clone().map(|class| own(&sums, class).1).sum();
        let mean = peers.as_ref().and_then(|peers| peers.means.get(measure).copied());
        if amount == 0 && refunded == 0 && mean.is_none_or(|mean| mean.is_zero()) {
            continue;
        }
        rows.push(row(group.to_owned(), (amount, refunded), total, Some(mean), None));
        // A class alone in its group says nothing more than the group.
        for class in of_group.clone().filter(|_| of_group.clone().count() > 1) {
            let (amount, refunded) = with_parts(&sums, class);
            if amount != 0 || refunded != 0 {
                let name = match class.within {
                    Some(_) => format!("　　　其中：{}", class.chinese),
                    None => format!("　{}", class.chinese),
                };
                let link = charges.map(|charges| format!("{charges}&class={}", class.code));
                rows.push(row(name, (amount, refunded), total, None, link));
            }
        }
    }
    let mean_total = peers.as_ref().map(|peers| peers.means.values().sum::<Decimal>());
    let refunded = sums.iter().map(|sum| sum.refunded).sum();
    let sum_row = row("合计".to_owned(), (total, refunded), total, Some(mean_total), None);
    let grid = Grid {
        title: "费用结构".into(),
        columns: vec![
            Column::text("class", "首页费用分类"),
            Column::number("amount", "金额", "元"),
            Column::number("share", "占比", ""),
            Column::number("refunded", "其中退费", "元"),
            Column::number("mean", "同病种例均", "元"),
            Column::number("difference", "与例均之差", "元"),
        ],
        total: (!rows.is_empty()).then_some(sum_row.cells),
        rows,
        empty: "还没有费用明细".into(),
        ..Grid::default()
    };
    Ok(FeeStructure { grid, chart: chart(&sums), note: note(record, peers.as_ref(), mean_total, total) })
}

/// Amount and refunds of a class alone.
fn own(sums: &[ChargeSum], class: &FeeClass) -> (i64, i64) {
    sums.iter().find(|sum| sum.key == class.code).map_or((0, 0), |sum| (sum.amount, sum.refunded))
}

/// The front page's column: the class with what is within it.
fn with_parts(sums: &[ChargeSum], class: &FeeClass) -> (i64, i64) {
    let parts = FEE_CLASSES.iter().filter(|part| part.within == Some(class.code));
    parts.chain([class]).map(|part| own(sums, part)).fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1))
}

/// A line; `mean`: `None` where there is none to compare with.
fn row(
    name: String,
    (amount, refunded): (i64, i64),
    total: i64,
    mean: Option<Option<Decimal>>,
    link: Option<String>,
) -> Row {
    let share = Decimal::from(amount).checked_div(Decimal::from(total));
    let mean = mean.flatten().map(|yuan| yuan.round_dp(2));
    let difference = mean.and_then(|mean| Decimal::new(amount, 2).checked_sub(mean));
    let decimal = |n: Option<Decimal>| n.map_or_else(Cell::default, |n| Value::Decimal(n, 2).into());
    let amount = Cell::money(amount);
    Row {
        cells: vec![
            Cell::text(name),
            match link {
                Some(link) => amount.link(link),
                None => amount,
            },
            share.map_or_else(Cell::default, |share| Value::Percent(share, 2).into()),
            Cell::money(Some(refunded).filter(|refunded| *refunded != 0)),
            decimal(mean),
            decimal(difference),
        ],
        class: "",
    }
}

fn peers(app: &App, who: &Who, record: &CaseRecord) -> Result<Option<Peers>, ApiError> {
    let Some(current) = record.current().filter(|current| !current.result.group_code.is_empty()) else {
        return Ok(None);
    };
    let mut selection = Selection::default().is("group", current.result.group_code.as_str());
    let year = i16::try_from(record.month / 100).ok().filter(|year| *year > 0);
    selection.period = year.and_then(metrics::Period::year);
    let measures = std::iter::once("discharges").chain(GROUPS.map(|group| group.1));
    let answer = app.answer(&Query::of(measures, selection), &who.viewer)?;
    let Some(cases) = answer.total_of("discharges").filter(|cases| !cases.is_zero()) else { return Ok(None) };
    let mean = |(_, id): (&str, &'static str)| Some((id, answer.total_of(id)?.checked_div(cases)?));
    Ok(Some(Peers { cases, means: GROUPS.into_iter().filter_map(mean).collect() }))
}

fn note(record: &CaseRecord, peers: Option<&Peers>, mean: Option<Decimal>, total: i64) -> String {
    let (Some(peers), Some(mean), Some(current)) = (peers, mean, record.current()) else {
        return String::new();
    };
    let more = Decimal::new(total, 2) - mean;
    let word = if more.is_sign_negative() { "低" } else { "高" };
    let scope = if record.month > 0 { format!("{}年", record.month / 100) } else { "历年".to_owned() };
    format!(
        "您权限范围内{scope}同病种（{} {}）出院 {} 例，例均总费用 {} 元；本例{word} {} 元。",
        current.result.group_code,
        current.group_name,
        crate::text::decimal(peers.cases, 0),
        crate::text::decimal(mean, 2),
        crate::text::decimal(more.abs(), 2),
    )
}

fn chart(sums: &[ChargeSum]) -> Chart {
    let amounts: Vec<(&str, i64)> = GROUPS
        .iter()
        .map(|(group, _)| {
            let of_group = FEE_CLASSES.iter().filter(|class| class.group == *group);
            (*group, of_group.map(|class| own(sums, class).0).sum::<i64>())
        })
        .filter(|(_, amount)| *amount > 0)
        .collect();
    Chart {
        kind: "pie",
        categories: amounts.iter().map(|(group, _)| (*group).to_owned()).collect(),
        series: vec![Series {
            name: "费用".into(),
            unit: "元".into(),
            decimals: 2,
            // What is drawn may be a binary number.
            values: amounts.iter().map(|(_, amount)| Some(*amount as f64 / 100.0)).collect(),
            ..Series::default()
        }],
        legend: "multi",
        drill: Drill::None,
        label: "费用构成".into(),
        ..Chart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_classes_are_the_front_pages_and_have_measures() {
        let layer = crate::layer::shipped().unwrap();
        for class in FEE_CLASSES {
            assert!(GROUPS.iter().any(|(group, _)| *group == class.group), "{}", class.group);
        }
        for (_, measure) in GROUPS {
            assert!(layer.measure(measure).is_ok(), "{measure}");
        }
    }
}
