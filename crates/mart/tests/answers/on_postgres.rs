//! The same compiled SQL on a real PostgreSQL that holds the same facts: equal answers, to the last digit.

use crate::insured_ward::{Insured, insured, viewer};
use crate::postgres_facts::PostgresFacts;
use metrics::{Answer, Basis, CaseQuery, Comparison, Patients, Period, Query, Selection, Test};
use model::DataScope;
use std::collections::BTreeSet;

/// The answer of both; fails where they differ.
fn both(insured: &Insured, facts: &mut PostgresFacts, query: &Query, scope: DataScope) -> Answer {
    let compiled = insured.layer.compile(query, &viewer(scope)).unwrap();
    let answer = insured.mart.answer(&compiled).unwrap();
    let rows =
        compiled.statements().iter().map(|statement| facts.rows(statement.sql(), statement.parameters()));
    let other = compiled.answer(rows.collect()).unwrap();
    for (at, measure) in answer.measures.iter().enumerate() {
        for (one, other) in answer.rows.iter().zip(&other.rows) {
            let (x, y) = (one.values[at], other.values[at]);
            assert_eq!(x, y, "{} of {:?} by {:?} differs on PostgreSQL", measure.id, one.labels, query.by);
        }
    }
    assert_eq!(answer, other, "{query:?} differs on PostgreSQL");
    answer
}

#[test]
fn measures_by_dimensions() {
    let (insured, Some(mut facts)) = (insured(), PostgresFacts::copied(insured())) else { return };
    let mut asked = BTreeSet::<String>::new();
    for (at, dimension) in insured.layer.dimensions().iter().enumerate() {
        // Some by each dimension, so that each measure meets many, and those that have met none.
        let all = insured.measures_by(dimension).into_iter().enumerate();
        let wanted = all.filter(|(n, id)| n % 4 == at % 4 || !asked.contains(*id));
        let some: Vec<&str> = wanted.map(|(_, id)| id).collect();
        asked.extend(some.iter().map(|id| (*id).to_owned()));
        let query = Query::of(some, Selection::default()).by(&dimension.id);
        let answer = both(insured, &mut facts, &query, DataScope::Hospital);
        assert!(!answer.rows.is_empty(), "{}", dimension.id);
    }
    let missing: Vec<_> = insured.layer.measures().iter().filter(|m| !asked.contains(&m.id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn periods_filters_scopes_subtotals_and_lists() {
    let (insured, Some(mut facts)) = (insured(), PostgresFacts::copied(insured())) else { return };
    let hospital = || DataScope::Hospital;
    let everything: Vec<&str> = insured.layer.measures().iter().map(|measure| measure.id.as_str()).collect();
    let quarter = Selection::within(Period::quarter(2025, 1).unwrap());
    let whole = Query::of(everything.iter().copied(), quarter.clone());
    both(insured, &mut facts, &whole, hospital());
    both(insured, &mut facts, &whole.before(Comparison::YearBefore).unwrap(), hospital());
    both(
        insured,
        &mut facts,
        &whole.clone().by("department_parent").by("department").with_subtotals(),
        hospital(),
    );
    for basis in [Basis::Settlement, Basis::Admission] {
        let cases = Selection { basis, patients: Patients::All, ..quarter.clone() };
        both(
            insured,
            &mut facts,
            &Query::of(["discharges", "surplus", "persons"], cases).by("month"),
            hospital(),
        );
    }
    let filtered = Selection { patients: Patients::All, ..Selection::default() }
        .is("dip", false)
        .filter("discharge_ward", Test::Contains("%".into()))
        .filter("total_fee", Test::AtLeast(metrics::Value::Decimal("12.34".parse().unwrap())))
        .filter("benchmark_ratio", Test::Below(metrics::Value::Decimal("1.5".parse().unwrap())));
    let query = Query::of(["discharges", "total_cost", "drug_rate"], filtered).by("ward");
    both(insured, &mut facts, &query, hospital());
    for scope in [
        DataScope::Nothing,
        DataScope::Departments(["K1", "K3"].map(Into::into).into()),
        DataScope::Doctor("O'Neil\"; --".into()),
    ] {
        let query = Query::of(everything.iter().copied(), Selection::default()).by("department");
        both(insured, &mut facts, &query, scope);
    }
    let page = CaseQuery {
        cases: quarter.is("profit", true),
        measure: Some("surplus".into()),
        columns: ["inpatient_number", "discharge_day", "discharged_at", "surplus", "earned_points", "loss"]
            .map(str::to_owned)
            .into(),
        order: Some(metrics::Order { by: "surplus".into(), descending: true }),
        offset: 2,
        limit: 9,
    };
    let compiled = insured.layer.compile_cases(&page, &viewer(hospital())).unwrap();
    let here = insured.mart.cases(&compiled, None).unwrap();
    let count = facts.rows(compiled.count_sql(), compiled.parameters()).into_iter().flatten().next();
    let there = compiled.page(count, facts.rows(compiled.page_sql(), compiled.parameters())).unwrap();
    assert_eq!(here, there);
    assert_eq!(here.rows.len(), 9);
}

/// Tables, levels below them and charts of every report definition.
#[test]
fn every_report() {
    let (insured, Some(mut facts)) = (insured(), PostgresFacts::copied(insured())) else { return };
    for query in insured.report_queries() {
        both(insured, &mut facts, &query, DataScope::Hospital);
    }
}
