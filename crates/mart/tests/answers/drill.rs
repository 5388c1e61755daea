//! A number opens exactly its cases.

use crate::insured_ward::{Insured, insured, viewer};
use metrics::{CasePage, CaseQuery, Order, Query, Selection, Value};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

fn cases(insured: &Insured, query: &CaseQuery) -> CasePage {
    let compiled = insured.layer.compile_cases(query, &viewer(DataScope::Hospital)).unwrap();
    insured.mart.cases(&compiled, None).unwrap_or_else(|error| panic!("{error}\n{}", compiled.page_sql()))
}

#[test]
fn counts_open_as_many_cases() {
    let insured = insured();
    let counting: Vec<&str> =
        insured.layer.measures().iter().filter(|m| m.counts_cases()).map(|m| m.id.as_str()).collect();
    let answer = insured
        .answer(&Query::of(counting.iter().copied(), Selection::default()).by("band"), DataScope::Hospital);
    for (at, measure) in counting.iter().enumerate() {
        for row in answer.rows.iter().step_by(3) {
            let selection = Selection::default().is("band", row.keys[0].clone());
            let query = CaseQuery {
                cases: selection,
                measure: Some((*measure).into()),
                limit: 1,
                ..CaseQuery::default()
            };
            let page = cases(insured, &query);
            assert_eq!(Some(Decimal::from(page.total)), row.values[at], "{measure} {:?}", row.labels);
        }
    }
    // The cases of all operations, each once.
    let query = CaseQuery { measure: Some("operations".into()), limit: 1, ..CaseQuery::default() };
    let all = insured.total("operated_patients", Selection::default(), DataScope::Hospital);
    assert_eq!(Some(Decimal::from(cases(insured, &query).total)), all);
}

#[test]
fn pages_hold_every_case_once_and_add_up() {
    let insured = insured();
    let selection = || Selection::default().is("grouped", true);
    let mut query = CaseQuery {
        cases: selection(),
        measure: Some("surplus".into()),
        columns: ["inpatient_number", "discharge_day", "surplus", "earned_points", "discharged_at", "loss"]
            .map(str::to_owned)
            .into(),
        order: Some(Order { by: "surplus".into(), descending: false }),
        offset: 0,
        limit: 7,
    };
    let mut seen = Vec::new();
    loop {
        let page = cases(insured, &query);
        if page.rows.is_empty() {
            assert_eq!(seen.len() as u64, page.total);
            break;
        }
        assert!(page.rows.len() <= 7);
        seen.extend(page.rows);
        query.offset += 7;
    }
    let numbers: BTreeSet<i64> = seen.iter().map(|row| row.number).collect();
    assert!(numbers.len() == seen.len() && seen.len() > 10);
    let surplus: Vec<Decimal> = seen.iter().map(|row| row.cells[2].number().unwrap()).collect();
    assert!(surplus.is_sorted());
    let total = insured.total("surplus", selection(), DataScope::Hospital);
    assert_eq!(Some(surplus.iter().sum()), total);
    for row in &seen {
        assert_eq!(row.cells[0], Value::Text(format!("Z{}", row.encounter_key)));
        let (Value::Day(day), Value::Moment(at)) = (&row.cells[1], &row.cells[4]) else { panic!("{row:?}") };
        assert_eq!(at.date(), *day);
        assert_eq!(row.cells[5], Value::Flag(row.cells[2].number().unwrap() < Decimal::ZERO));
    }
}
