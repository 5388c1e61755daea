//! Every measure by every dimension: it runs, and where parts add up they make up the total.

use crate::insured_ward::insured;
use metrics::{Comparison, Period, Query, Selection};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

#[test]
fn parts_make_up_the_whole() {
    let insured = insured();
    let mut asked = BTreeSet::new();
    for (at, dimension) in insured.layer.dimensions().iter().enumerate() {
        // Some of the measures by each dimension, of all facts in one query, so that each measure meets some dimensions.
        let all = insured.measures_by(dimension);
        assert!(!all.is_empty(), "{}", dimension.id);
        let some: Vec<&str> = all.iter().skip(at % 5).step_by(5).copied().collect();
        asked.extend(some.iter().copied());
        let query = Query::of(some, Selection::default()).by(&dimension.id);
        let answer = insured.answer(&query, DataScope::Hospital);
        assert_eq!(
            answer.rows.iter().map(|row| row.count).sum::<i64>(),
            answer.total.count,
            "{}",
            dimension.id
        );
        for measure in answer.measures.iter().filter(|measure| measure.is_additive()) {
            let parts: Option<Decimal> = answer.column(&measure.id).into_iter().flatten().map(Some).sum();
            let whole = answer.total_of(&measure.id).unwrap_or_default();
            assert_eq!(parts.unwrap_or_default(), whole, "{} by {}", measure.id, dimension.id);
        }
    }
    let all: Vec<&str> = insured.layer.measures().iter().map(|measure| measure.id.as_str()).collect();
    assert!(asked.len() * 10 > all.len() * 9, "{} of {}", asked.len(), all.len());
    let everything =
        insured.answer(&Query::of(all.iter().copied(), Selection::default()), DataScope::Hospital);
    let unknown: Vec<&str> = everything
        .measures
        .iter()
        .zip(&everything.total.values)
        .filter(|(_, value)| value.is_none())
        .map(|(measure, _)| measure.id.as_str())
        .collect();
    assert!(unknown.len() * 10 < all.len(), "{unknown:?}");
}

#[test]
fn subtotals_are_the_rows_of_the_dimension_above() {
    let insured = insured();
    let of = |query: Query| insured.answer(&query, DataScope::Hospital);
    let measures = ["discharges", "persons", "surplus_rate", "bed_use", "treated"];
    let both = of(Query::of(measures, Selection::default())
        .by("department_parent")
        .by("department")
        .with_subtotals());
    let above = of(Query::of(measures, Selection::default()).by("department_parent"));
    assert_eq!(both.subtotals, above.rows);
    assert_eq!(both.total, above.total);
    assert!(above.rows.len() > 1 && both.rows.iter().all(|row| both.subtotal(row, 1).is_some()));
}

#[test]
fn operations_are_counted_with_their_cases() {
    let insured = insured();
    let grouped = || Selection::default().is("dip_grouped", true);
    let query = Query::of(["operations"], grouped()).by("operation_level").by("department");
    let answer = insured.answer(&query, DataScope::Hospital);
    let whole = insured.total("operations", grouped(), DataScope::Hospital);
    assert_eq!(answer.total_of("operations"), whole);
    assert!(whole > insured.total("operated_patients", grouped(), DataScope::Hospital));
    assert!(answer.rows.iter().any(|row| row.labels[0] == "无级别（操作）"));
}

#[test]
fn a_comparison_is_two_single_runs() {
    let insured = insured();
    let quarter = Selection::within(Period::quarter(2025, 1).unwrap());
    let query = Query::of(["surplus", "own_pay_rate", "discharges"], quarter).by("month");
    let before = query.before(Comparison::PeriodBefore).unwrap();
    let now = insured.answer(&query, DataScope::Hospital);
    let then = insured.answer(&before, DataScope::Hospital);
    assert_eq!(before.cases.period, Period::quarter(2024, 4));
    assert!(then.total.count > 0);
    let changes = now.changes(&then, Comparison::PeriodBefore);
    for (at, row) in now.rows.iter().enumerate() {
        let month = row.keys[0].number().unwrap();
        // Three months back over the turn of the year.
        let earlier =
            then.rows.iter().find(|then| then.keys[0].number().unwrap() + Decimal::from(91) == month);
        for (n, change) in changes.rows[at].iter().enumerate() {
            let then = earlier.map_or((n != 1).then_some(Decimal::ZERO), |row| row.values[n]);
            assert_eq!(change.before, then);
            assert_eq!(change.difference, row.values[n].zip(then).map(|(a, b)| a - b));
        }
    }
    assert_eq!(changes.total[2].before, then.total.values[2]);
}
