//! 收费项目条件: the cases of an item are those of plain SQL over the store's lines, refunds taken off, on both databases.

use crate::insured_ward::{insured, viewer};
use crate::postgres_facts::PostgresFacts;
use fastrand::Rng;
use metrics::{CHARGED_ITEM, CaseQuery, Patients, Period, Query, Selection, Test, Value};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Net quantity and amount by case and code; an item stands under its own code and under the insurer's.
fn charged() -> BTreeMap<(i64, String), (i64, i64)> {
    let sql = "SELECT i.number, l.item_key, COALESCE(l.insurer_code, t.insurer_code, ''), l.quantity, l.amount \
        FROM charge_line l JOIN inpatient_case i ON i.encounter_key = l.encounter_key \
        LEFT JOIN charge_item t ON t.key = l.item_key AND t.deleted_at IS NULL WHERE l.deleted_at IS NULL";
    let db = insured().sqlite();
    let mut statement = db.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut found: BTreeMap<(i64, String), (i64, i64)> = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let (number, quantity, amount): (i64, i64, i64) =
            (row.get(0).unwrap(), row.get(3).unwrap(), row.get(4).unwrap());
        let codes: BTreeSet<String> = [row.get(1).unwrap(), row.get(2).unwrap()].into();
        for code in codes.into_iter().filter(|code| !code.is_empty()) {
            let sum = found.entry((number, code)).or_default();
            *sum = (sum.0 + quantity, sum.1 + amount);
        }
    }
    found
}

/// covers: AUD-5.06
#[test]
fn cases_of_items_are_those_with_a_quantity_left() {
    let (insured, charged) = (insured(), charged());
    let mut facts = PostgresFacts::copied(insured);
    let codes: Vec<&String> =
        charged.keys().map(|(_, code)| code).collect::<BTreeSet<_>>().into_iter().collect();
    let mut random = Rng::with_seed(5);
    let (mut some, mut refunded) = (0, 0);
    for round in 0..80 {
        let chosen: BTreeSet<&String> =
            (0..random.usize(1..4)).map(|_| codes[random.usize(..codes.len())]).collect();
        let items: Vec<Value> = chosen.iter().map(|code| Value::from(code.as_str())).collect();
        let all = random.bool();
        let test = if all { Test::AllOf(items.clone()) } else { Test::In(items.clone()) };
        let scope = match random.u8(..3) {
            0 => DataScope::Departments([format!("K{}", random.usize(..6))].into()),
            _ => DataScope::Hospital,
        };
        let mut cases = Selection { patients: Patients::All, ..Selection::default() };
        if random.bool() {
            cases = Selection::within(Period::quarter(2025, random.i8(1..5)).unwrap());
        }
        let list = |cases: Selection| {
            let query = CaseQuery { cases, limit: 10_000, ..CaseQuery::default() };
            let compiled = insured.layer.compile_cases(&query, &viewer(scope.clone())).unwrap();
            let page = insured.mart.cases(&compiled, None).unwrap();
            assert_eq!(page.total, page.rows.len() as u64);
            page.rows.into_iter().map(|row| row.number).collect::<BTreeSet<i64>>()
        };
        let left = |number: i64, code: &String| {
            let sum = charged.get(&(number, code.clone()));
            refunded += usize::from(sum.is_some_and(|sum| sum.0 <= 0));
            sum.is_some_and(|sum| sum.0 > 0)
        };
        let mut left = left;
        let mut expected = list(cases.clone());
        expected.retain(|number| {
            let has: Vec<bool> = chosen.iter().map(|code| left(*number, code)).collect();
            if all { has.iter().all(|has| *has) } else { has.iter().any(|has| *has) }
        });
        let narrowed = cases.filter(CHARGED_ITEM, test);
        assert_eq!(list(narrowed.clone()), expected, "{chosen:?} {all} {scope:?}");
        some += usize::from(!expected.is_empty());

        // Numbers are of the same cases, and the amounts are those of the lines, each line once.
        let answer = insured.answer(&Query::of(["discharges"], narrowed.clone()), scope.clone());
        assert_eq!(answer.total.count as usize, expected.len());
        let statement =
            insured.layer.compile_charged(&narrowed, &items, true, &viewer(scope.clone())).unwrap();
        let rows = insured.mart.rows(&statement).unwrap();
        assert_eq!(rows.len(), expected.len());
        if let [code] = chosen.iter().collect::<Vec<_>>()[..] {
            for row in &rows {
                let Value::Whole(number) = row[0] else { panic!("{row:?}") };
                let amount = charged[&(number, (*code).clone())].1;
                assert_eq!(row[1].number(), Some(Decimal::from(amount)), "{number} {code}");
            }
        }
        let whole = insured.layer.compile_charged(&narrowed, &items, false, &viewer(scope.clone())).unwrap();
        let sum: Decimal = rows.iter().filter_map(|row| row[1].number()).sum();
        let total = insured.mart.rows(&whole).unwrap()[0][0].number().unwrap_or_default();
        assert_eq!(total, sum);
        if let Some(facts) = facts.as_mut().filter(|_| round % 8 == 0) {
            let query = CaseQuery { cases: narrowed, limit: 9, ..CaseQuery::default() };
            let compiled = insured.layer.compile_cases(&query, &viewer(scope)).unwrap();
            let count = facts.rows(compiled.count_sql(), compiled.parameters()).remove(0).remove(0);
            assert_eq!(count.number(), Some(Decimal::from(expected.len())));
            let there = facts.rows(whole.sql(), whole.parameters())[0][0].number().unwrap_or_default();
            assert_eq!(there, total);
        }
    }
    assert!(some > 30 && refunded > 0, "{some} {refunded}");
}
