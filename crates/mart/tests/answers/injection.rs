//! Whatever a person writes into a filter is a value, never SQL.

use crate::insured_ward::{insured, viewer};
use metrics::{CaseQuery, Query, Selection, Test};
use model::DataScope;
use std::collections::BTreeSet;

const TRIED: &[&str] = &[
    "' OR 1=1 --",
    "'; DROP TABLE case_fact; --",
    "x' UNION SELECT * FROM case_fact --",
    "$1",
    "\\'; --",
    "100%",
    "%",
    "_",
    "!",
    "a_b!c",
    "[object Object]",
    "一病区",
    "O'Neil\"; --",
    "\u{0}x",
];

#[test]
fn what_is_written_is_compared_and_not_run() {
    let insured = insured();
    let wards: Vec<Option<String>> = {
        let db = insured.sqlite();
        let mut statement =
            db.prepare("SELECT e.discharge_ward FROM inpatient_case i JOIN encounter e ON e.key = i.encounter_key WHERE i.month > 0").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let count =
        |matches: &dyn Fn(&str) -> bool| wards.iter().flatten().filter(|ward| matches(ward)).count() as i64;
    let mut found = 0;
    for written in TRIED {
        let text = (*written).to_owned();
        for (test, expected) in [
            (Test::In(vec![text.as_str().into()]), count(&|ward| ward == text)),
            (Test::Contains(text.clone()), count(&|ward| ward.contains(&text))),
            (Test::Begins(text.clone()), count(&|ward| ward.starts_with(&text))),
        ] {
            let cases = Selection::default().filter("ward", test.clone());
            let compiled = insured
                .layer
                .compile(&Query::of(["discharges"], cases.clone()), &viewer(DataScope::Hospital))
                .unwrap();
            let sql = compiled.statements()[0].sql();
            assert!(!sql.contains("DROP") && !sql.contains("OR 1=1"));
            assert_eq!(insured.mart.answer(&compiled).unwrap().total.count, expected, "{test:?}");
            let query = CaseQuery { cases, limit: 1, ..CaseQuery::default() };
            let compiled = insured.layer.compile_cases(&query, &viewer(DataScope::Hospital)).unwrap();
            assert_eq!(insured.mart.cases(&compiled, None).unwrap().total, expected as u64, "{test:?}");
            found += expected;
        }
        let scope = DataScope::Departments(BTreeSet::from([text]));
        assert_eq!(insured.answer(&Query::of(["discharges"], Selection::default()), scope).total.count, 0);
    }
    assert!(found > 0);
}
