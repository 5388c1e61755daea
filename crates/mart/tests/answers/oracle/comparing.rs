//! 同比, 环比, 占比, 累计, 名次 against plain SQL over the two periods.

use super::views::{self, View};
use super::{Check, Oracle, checks};
use crate::insured_ward::insured;
use jiff::civil::date;
use metrics::{Comparison, Query, Value};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

fn check_of(id: &str) -> Check {
    checks().into_iter().find(|check| check.0 == id).unwrap()
}

fn by_department() -> View {
    let view = views::all().swap_remove(0);
    View { to: date(2025, 3, 31), ..view }
}

/// Measures of every fact whose values are compared.
const COMPARED: [&str; 12] = [
    "discharges",
    "surplus",
    "own_pay_rate",
    "drug_rate",
    "persons",
    "operations",
    "minimally_invasive_rate",
    "charge_amount",
    "department_fee",
    "transfers_in",
    "occupied_bed_days",
    "readmission_31_rate",
];

#[test]
fn changes_are_those_between_two_periods_of_the_store() {
    let (insured, oracle, now) = (insured(), Oracle::open(), by_department());
    let mut compared = 0;
    for (comparison, from, to) in [
        (Comparison::YearBefore, date(2024, 1, 1), date(2024, 3, 31)),
        (Comparison::PeriodBefore, date(2024, 10, 1), date(2024, 12, 31)),
    ] {
        let then = View { from, to, ..by_department() };
        for id in COMPARED {
            let (check, query) = (check_of(id), now.ask(Query::of([id], now.selection())));
            let of = |query: &Query| insured.answer(query, DataScope::Hospital);
            let (answer, before) = (of(&query), of(&query.before(comparison).unwrap()));
            let changes = answer.changes(&before, comparison);
            let (new, old) = (oracle.values(&check, &now, false), oracle.values(&check, &then, false));
            let additive = answer.measures[0].is_additive();
            for (row, change) in answer.rows.iter().zip(&changes.rows) {
                let absent = additive.then_some(Decimal::ZERO);
                let (x, y) = (new[&row.keys], old.get(&row.keys).copied().unwrap_or(absent));
                let difference = x.zip(y).map(|(x, y)| x - y);
                let rate = difference.zip(y).and_then(|(d, y)| d.checked_div(y.abs()));
                assert_eq!((change[0].before, change[0].difference), (y, difference), "{id} {:?}", row.keys);
                assert_eq!(change[0].rate, rate, "{id} {:?}", row.keys);
                compared += usize::from(rate.is_some());
            }
            let whole = oracle.values(&check, &then, true)[&Vec::new()];
            assert_eq!(changes.total[0].before, whole, "{id}");
        }
    }
    assert!(compared > 80, "{compared}");
}

/// Shares, running sums and places, all by SQL's own windows.
#[test]
fn shares_running_sums_and_ranks_are_those_of_sql() {
    let (insured, oracle) = (insured(), Oracle::open());
    for (id, sql, table) in [
        ("total_cost", "TOTAL(total)", "k"),
        ("discharges", "COUNT(*)", "k"),
        ("surplus", "SUM(surplus)", "k"),
        ("charge_amount", "SUM(amount)", "line_of"),
        ("operations", "COUNT(*)", "operation_of"),
    ] {
        let day = |day: jiff::civil::Date| model::canonical::seconds_of(day.at(0, 0, 0, 0)) / 86_400;
        let rows = format!(
            "SELECT category AS c, CAST({sql} AS INTEGER) AS n FROM {table} WHERE NOT in_house AND out_day BETWEEN {} AND {} GROUP BY 1",
            day(date(2025, 1, 1)),
            day(date(2025, 12, 31))
        );
        let window = |what: &str| -> BTreeMap<Value, Option<i64>> {
            let found = oracle.rows(&format!("SELECT c, {what} FROM ({rows})"), 1);
            found.into_iter().map(|(mut key, n)| (key.remove(0), n)).collect()
        };
        let ranks = window("CASE WHEN n IS NOT NULL THEN RANK() OVER (ORDER BY n DESC NULLS LAST) END");
        let running =
            window("SUM(n) OVER (ORDER BY n DESC NULLS LAST, c IS NULL, c ROWS UNBOUNDED PRECEDING)");
        let whole: Decimal = window("n").into_values().flatten().map(Decimal::from).sum();
        let year = View::year("", &[]);
        let query = Query::of([id], year.selection()).by("principal_category").order(id, true);
        let answer = insured.answer(&query, DataScope::Hospital);
        assert!(answer.rows.len() > 8, "{id}");
        let unit = Decimal::new(1, if matches!(id, "discharges" | "operations") { 0 } else { 2 });
        let (shares, sums) = (answer.shares(id), answer.cumulative(id));
        let (cumulated, places) = (answer.cumulative_shares(id), answer.ranks(id, true));
        for (at, row) in answer.rows.iter().enumerate() {
            let key = &row.keys[0];
            assert_eq!(places[at].map(|n| n as i64), ranks[key], "{id} {key:?}");
            let sum = running[key].map(Decimal::from);
            assert_eq!(sums[at], sum.map(|n| n * unit), "{id} {key:?}");
            assert_eq!(cumulated[at], sum.and_then(|n| (n * unit).checked_div(whole * unit)), "{id} {key:?}");
            let share = row.values[0].and_then(|n| n.checked_div(whole * unit));
            assert_eq!(shares[at], share, "{id} {key:?}");
        }
        let best =
            Query::of([id], year.selection()).by("principal_category").order(id, true).limit(5).with_others();
        let best = insured.answer(&best, DataScope::Hospital);
        let named: Decimal = best.column(id).into_iter().flatten().sum();
        assert_eq!(best.others.unwrap().values[0], Some(whole * unit - named), "{id}");
    }
}

#[test]
fn quotients_of_several_facts_and_differences() {
    let (insured, oracle) = (insured(), Oracle::open());
    let view = by_department();
    let answer = |id: &str| insured.answer(&view.ask(Query::of([id], view.selection())), DataScope::Hospital);
    let parts = super::fact_checks::TURNOVER.map(|check| oracle.values(&check, &view, false));
    let turnover = answer("bed_turnover");
    let mut some = 0;
    for row in &turnover.rows {
        let part = |n: usize| parts[n].get(&row.keys).copied().flatten().unwrap_or_default();
        let beds = Some(part(2)).filter(|beds| !beds.is_zero());
        let expected = beds.and_then(|beds| (part(0) * part(1)).checked_div(beds));
        assert_eq!(row.values[0], expected, "{:?}", row.keys);
        some += usize::from(expected.is_some());
    }
    assert!(some > 2);
    let [all, insured_only] =
        ["revenue_per_day", "insured_revenue_per_day"].map(|id| oracle.values(&check_of(id), &view, false));
    for row in &answer("revenue_per_day_difference").rows {
        let expected = insured_only[&row.keys].zip(all[&row.keys]).map(|(a, b)| a - b);
        assert_eq!(row.values[0], expected, "{:?}", row.keys);
    }
}
