//! Whoever asks gets numbers of their own patients only, whatever they ask.

use crate::insured_ward::{insured, viewer};
use fastrand::Rng;
use metrics::{CaseQuery, Patients, Query, Selection, Test, Value};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Whose case: number, department it was discharged from or lies in, doctors, whether in house, own surplus.
type Whose = (i64, Option<String>, [Option<String>; 2], bool, Option<i64>);

fn everybody() -> Vec<Whose> {
    let sql = "SELECT i.number, COALESCE(e.discharge_department_key, (SELECT department_key FROM department_stay t \
            WHERE t.encounter_key = e.key AND t.deleted_at IS NULL ORDER BY entered_at DESC, sequence DESC LIMIT 1)), \
        e.attending_key, e.resident_key, i.month = 0, r.surplus FROM inpatient_case i \
        JOIN encounter e ON e.key = i.encounter_key JOIN case_result r ON r.case_number = i.number AND r.run = i.run";
    let db = insured().sqlite();
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        Ok((row.get(0)?, row.get(1)?, [row.get(2)?, row.get(3)?], row.get(4)?, row.get(5)?))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn any_scope(random: &mut Rng) -> DataScope {
    match random.u8(..8) {
        0 => DataScope::Nothing,
        1 => DataScope::Hospital,
        2..5 => DataScope::Doctor(
            ["D1", "D2", "D4", "D9", "O'Neil\"; --", "' OR 1=1 --"][random.usize(..6)].into(),
        ),
        _ => {
            let n = random.usize(..3);
            DataScope::Departments((0..n).map(|_| format!("K{}", random.usize(..6))).collect())
        }
    }
}

fn any_selection(random: &mut Rng) -> Selection {
    let patients = [Patients::Discharged, Patients::InHouse, Patients::All][random.usize(..3)];
    let mut selection = Selection { patients, ..Selection::default() };
    for _ in 0..random.usize(..3) {
        let department = format!("K{}", random.usize(..6));
        // Filters that try to widen what is seen.
        selection = match random.u8(..4) {
            0 => selection.is("department", department.as_str()),
            1 => selection.filter("department", Test::NotIn(vec![department.as_str().into()])),
            2 => selection.filter("attending", Test::NotIn(vec![])),
            _ => selection.filter(
                "department_key",
                Test::In(vec![Value::Null, department.as_str().into(), "K0".into()]),
            ),
        };
    }
    selection
}

#[test]
fn nobody_sees_anybody_elses_patients() {
    let insured = insured();
    let everybody = everybody();
    let mut random = Rng::with_seed(3);
    let (mut seen, mut hidden) = (0, 0);
    for _ in 0..60 {
        let scope = any_scope(&mut random);
        let selection = any_selection(&mut random);
        let list = |scope: &DataScope| {
            let query = CaseQuery { cases: selection.clone(), limit: 10_000, ..CaseQuery::default() };
            let compiled = insured.layer.compile_cases(&query, &viewer(scope.clone())).unwrap();
            let page = insured.mart.cases(&compiled, None).unwrap();
            assert_eq!(page.total, page.rows.len() as u64);
            page.rows.into_iter().map(|row| row.number).collect::<BTreeSet<i64>>()
        };
        let mine: BTreeSet<i64> = everybody
            .iter()
            .filter(|(_, department, doctors, ..)| {
                let doctors: Vec<&str> = doctors.iter().filter_map(Option::as_deref).collect();
                scope.covers(department.as_deref(), &doctors)
            })
            .map(|whose| whose.0)
            .collect();
        let expected: BTreeSet<i64> = list(&DataScope::Hospital).intersection(&mine).copied().collect();
        assert_eq!(list(&scope), expected, "{scope:?} {selection:?}");

        // Numbers are those of the same cases, in every row and in the total.
        let query = Query::of(["discharges", "surplus"], selection.clone()).by("attending");
        let answer = insured.answer(&query, scope.clone());
        assert_eq!(answer.total.count as usize, expected.len(), "{scope:?} {selection:?}");
        assert_eq!(answer.rows.iter().map(|row| row.count).sum::<i64>(), answer.total.count);
        let surplus: i64 =
            everybody.iter().filter(|whose| expected.contains(&whose.0)).filter_map(|whose| whose.4).sum();
        assert_eq!(answer.total_of("surplus").unwrap_or_default(), Decimal::new(surplus, 2));
        seen += expected.len();
        hidden += list(&DataScope::Hospital).len() - expected.len();
    }
    assert!(seen > 100 && hidden > 100, "{seen} {hidden}");
}
