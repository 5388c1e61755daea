//! Answers added up from the totals of whole years are those that the database gives directly, for every report.

use crate::insured_ward::{Insured, insured, viewer};
use jiff::civil::date;
use metrics::{Basis, Compiled, Period, Query, Rows, Selection, Test};
use model::DataScope;
use std::sync::Arc;

/// Parts of answers made of totals, and those that came directly.
#[derive(Debug, Default, PartialEq, Eq)]
struct Made {
    of_totals: usize,
    directly: usize,
}

/// The answer made of totals; parts that have none come directly.
fn of_totals(insured: &Insured, compiled: &Compiled, made: &mut Made) -> metrics::Answer {
    let rows = |statement| insured.mart.rows(statement).unwrap();
    let parts = compiled.statements().iter().zip(compiled.wide()).enumerate();
    let parts = parts.map(|(at, (statement, wide))| match wide {
        None => {
            made.directly += 1;
            Rows::Direct(rows(statement))
        }
        Some(wide) => {
            made.of_totals += 1;
            let totals = |statement| Arc::new(compiled.totals(at, rows(statement)).unwrap().unwrap());
            Rows::Wide(wide.statements().map(totals).collect())
        }
    });
    compiled.answer_of(parts.collect()).unwrap()
}

fn check(insured: &Insured, query: &Query, scope: DataScope) -> Made {
    let compiled = insured.layer.compile(query, &viewer(scope)).unwrap();
    let mut made = Made::default();
    let answer = of_totals(insured, &compiled, &mut made);
    assert_eq!(answer, insured.mart.answer(&compiled).unwrap(), "{query:?}");
    made
}

fn of_departments(cases: Selection, keys: &[&str]) -> Selection {
    cases.filter("department", Test::In(keys.iter().map(|key| (*key).into()).collect()))
}

#[test]
fn every_report() {
    let insured = insured();
    let periods = [
        Period::year(2025).unwrap(),
        Period::month(2025, 3).unwrap(),
        Period::new(date(2025, 1, 10), date(2025, 5, 20)).unwrap(),
        Period::new(date(2024, 11, 1), date(2025, 2, 28)).unwrap(),
    ];
    let mut made = Made::default();
    for (at, query) in insured.report_queries().into_iter().enumerate() {
        let cases = Selection { period: Some(periods[at % 4]), ..query.cases.clone() };
        let (cases, scope) = match at % 3 {
            0 => (cases, DataScope::Hospital),
            1 => (of_departments(cases, &["K1", "K3"]), DataScope::Hospital),
            _ => (cases, DataScope::Departments(["K1", "K2"].map(Into::into).into())),
        };
        let Made { of_totals, directly } = check(insured, &Query { cases, ..query }, scope);
        made.of_totals += of_totals;
        made.directly += directly;
    }
    assert!(made.of_totals > 200 && made.directly < made.of_totals / 20, "{made:?}");
}

#[test]
fn bases_subtotals_order_limit_and_the_rest() {
    let insured = insured();
    let year = || Selection::within(Period::year(2025).unwrap());
    let measures = ["discharges", "surplus", "total_cost", "persons", "visits_per_person"];
    for basis in [Basis::Discharge, Basis::Settlement, Basis::Admission] {
        for by in [&["department"][..], &["month"], &["quarter", "department"], &["department", "month"], &[]]
        {
            let query = Query::of(measures, Selection { basis, ..year() });
            let query = by.iter().fold(query, |query, dimension| query.by(*dimension)).with_subtotals();
            check(insured, &query, DataScope::Hospital);
            let cases = of_departments(query.cases.clone(), &["K2"]);
            check(insured, &Query { cases, ..query }, DataScope::Hospital);
        }
    }
    let top = Query::of(["surplus", "discharges"], year()).by("group").order("surplus", true);
    let top = top.at_least("discharges", 2).limit(3).with_others();
    let made = |of_totals, directly| Made { of_totals, directly };
    assert_eq!(check(insured, &top, DataScope::Hospital), made(1, 0));
    // Nobody else would use the totals of a doctor or of a condition of one's own.
    assert_eq!(check(insured, &top, DataScope::Doctor("D1".into())), made(0, 1));
    let own = Query { cases: top.cases.clone().filter("attending", Test::In(vec!["D1".into()])), ..top };
    assert_eq!(check(insured, &own, DataScope::Hospital), made(0, 1));
}

#[test]
fn different_persons_surgeons_and_visits_are_counted_anew_for_every_period() {
    let insured = insured();
    let periods = [
        Period::month(2025, 3).unwrap(),
        Period::year(2025).unwrap(),
        Period::new(date(2024, 7, 1), date(2025, 6, 30)).unwrap(),
        Period::new(date(2024, 7, 12), date(2025, 6, 9)).unwrap(),
    ];
    for measure in ["persons", "surgeons", "anaesthetists", "treated"] {
        for by in [&["department"][..], &["department", "month"], &[]] {
            let queries = periods.map(|period| Query::of([measure], Selection::within(period)));
            for query in queries {
                let query = by.iter().fold(query, |query, dimension| query.by(*dimension)).with_subtotals();
                assert_eq!(check(insured, &query, DataScope::Hospital).directly, 0, "{query:?}");
                let cases = of_departments(query.cases.clone(), &["K1", "K2"]);
                check(insured, &Query { cases, ..query }, DataScope::Departments(["K1".into()].into()));
            }
        }
    }
}
