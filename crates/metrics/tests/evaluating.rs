//! Rows of a statement become exact numbers, rows left out become 其他, and periods are compared.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use metrics::{Answer, Change, Comparison, Period, Query, Selection, Value};
use model::DataScope;
use proptest::prelude::*;
use rust_decimal::Decimal;
use support::{layer, viewer};

fn d(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

fn year(year: i16) -> Selection {
    Selection::within(Period::year(year).unwrap())
}

fn answer(query: &Query, rows: Vec<Vec<Value>>) -> Answer {
    answer_of(query, vec![rows])
}

fn answer_of(query: &Query, rows: Vec<Vec<Vec<Value>>>) -> Answer {
    layer().compile(query, &viewer(DataScope::Hospital)).unwrap().answer(rows).unwrap()
}

/// Cells of `by department`: key, label, cases, then the rest.
fn row(key: Option<&str>, cells: &[Option<i64>]) -> Vec<Value> {
    let text = |text: &str| Value::from(text);
    let head = match key {
        Some("") => [0.into(), Value::Null, Value::Null],
        Some(key) => [0.into(), text(key), text(&format!("{key}科"))],
        None => [1.into(), Value::Null, text("z")],
    };
    head.into_iter().chain(cells.iter().map(|cell| cell.map_or(Value::Null, Value::Whole))).collect()
}

#[test]
fn sums_are_exact_and_nothing_is_no_zero() {
    let query = Query::of(["surplus", "surplus_per_case", "loss"], year(2025)).by("department");
    // Cases, Σ surplus, cases with a surplus, Σ loss, cases of the loss measure.
    let rows = vec![
        row(Some("K1"), &[Some(3), Some(-1_000), Some(3), Some(-5_000), Some(1)]),
        row(Some(""), &[Some(2), None, Some(0), None, Some(0)]),
        row(Some("K2"), &[Some(1), Some(7), Some(1), None, Some(1)]),
        row(None, &[Some(6), Some(-993), Some(4), Some(-5_000), Some(2)]),
    ];
    let answer = answer(&query, rows);
    let labels: Vec<&str> = answer.rows.iter().map(|row| row.labels[0].as_str()).collect();
    assert_eq!(labels, ["K1科", "K2科", "未记录"]);
    assert_eq!(answer.rows[0].values, [d("-10"), d("-3.3333333333333333333333333333"), d("-50")]);
    // All that counts for the loss measure is unknown; nothing counts for it.
    assert_eq!(answer.rows[1].values, [d("0.07"), d("0.07"), None]);
    assert_eq!(answer.rows[2].values, [None, None, d("0")]);
    assert_eq!(answer.total.values, [d("-9.93"), d("-2.4825"), d("-50")]);
    assert_eq!((answer.total.count, answer.row_count), (6, 3));
    assert_eq!(answer.shares("loss"), [d("1"), None, d("0")]);
    assert_eq!(answer.shares("surplus_per_case"), [None, None, None]);
    assert_eq!(answer.total_of("surplus"), d("-9.93"));
}

#[test]
fn an_empty_period_has_a_total_of_nothing() {
    let query =
        Query::of(["cases", "persons", "surplus", "surplus_per_case", "longest"], year(2025)).by("band");
    // Persons are counted by a statement of their own.
    let answer = answer_of(&query, vec![vec![], vec![]]);
    assert_eq!(answer.total.values, [d("0"), d("0"), d("0"), None, None]);
    assert!(answer.rows.is_empty() && answer.others.is_none());
}

#[test]
fn the_best_are_shown_and_the_rest_is_one_row() {
    let query = Query::of(["surplus_per_case", "longest", "persons"], year(2025))
        .by("department")
        .order("surplus", true)
        .at_least("cases", 10)
        .limit(2)
        .with_others();
    // Cases, Σ surplus, cases with a surplus, longest stay; persons in a statement of their own.
    let cells = |cases: i64, surplus: Option<i64>, days: i64| {
        let known = i64::from(surplus.is_some()) * cases;
        [Some(cases), surplus, Some(known), Some(days)]
    };
    let rows = vec![
        row(Some("A"), &cells(10, Some(500), 3)),
        row(Some("B"), &cells(9, Some(90_000), 40)),
        row(Some("C"), &cells(12, Some(600), 7)),
        row(Some("D"), &cells(11, None, 9)),
        row(Some("E"), &cells(13, Some(500), 5)),
        row(None, &cells(55, Some(91_600), 40)),
    ];
    let persons = [("A", 10), ("B", 9), ("C", 12), ("D", 11), ("E", 13)];
    let persons = persons.into_iter().map(|(key, persons)| row(Some(key), &[Some(persons)]));
    let persons = persons.chain([row(None, &[Some(55)])]).collect();
    let answer = answer_of(&query, vec![rows, persons]);
    let labels: Vec<&str> = answer.rows.iter().map(|row| row.labels[0].as_str()).collect();
    // A and E are equal: the natural order decides. D has no value, B too few cases.
    assert_eq!(labels, ["C科", "A科"]);
    assert_eq!(answer.row_count, 4);
    let others = answer.others.unwrap();
    assert_eq!((others.labels[0].as_str(), others.count), ("其他", 33));
    // Different persons of different departments cannot be added.
    assert_eq!(others.values, [Some(Decimal::new(90_500, 2) / Decimal::from(22)), d("40"), None]);
    assert_eq!(answer.measures.len(), 3);
}

#[test]
fn a_month_is_compared_with_its_own_of_the_year_before() {
    let query = Query::of(["cases", "surplus_per_case"], year(2025)).by("month");
    let before = query.before(Comparison::YearBefore).unwrap();
    assert_eq!(before.cases.period, Period::year(2024));
    let month = |total: i64, month: i64, cases: i64, surplus: Option<i64>| -> Vec<Value> {
        vec![
            total.into(),
            month.into(),
            cases.into(),
            surplus.map_or(Value::Null, Value::Whole),
            surplus.map_or(0, |_| cases).into(),
        ]
    };
    let now = answer(
        &query,
        vec![
            month(0, 202_501, 12, Some(2_400)),
            month(0, 202_502, 5, Some(500)),
            month(0, 202_503, 0, None),
            month(1, 0, 17, Some(2_900)),
        ],
    );
    let then = answer(
        &before,
        vec![month(0, 202_401, 10, Some(-1_000)), month(0, 202_403, 4, None), month(1, 0, 14, Some(-1_000))],
    );
    let changes = now.changes(&then, Comparison::YearBefore);
    let change = |before, difference, rate| Change { before, difference, rate };
    assert_eq!(
        changes.rows,
        [
            vec![change(d("10"), d("2"), d("0.2")), change(d("-1"), d("3"), d("3"))],
            // Not there a year ago: no cases, and no mean.
            vec![change(d("0"), d("5"), None), change(None, None, None)],
            vec![change(d("4"), d("-4"), d("-1")), change(None, None, None)],
        ]
    );
    assert_eq!(changes.total[0], change(d("14"), d("3"), Some(Decimal::from(3) / Decimal::from(14))));
    assert_eq!(Query::of(["cases"], Selection::default()).before(Comparison::YearBefore), None);
}

#[test]
fn cells_that_do_not_fit_the_statement_are_refused() {
    let query = Query::of(["cases"], year(2025)).by("month");
    let compiled = layer().compile(&query, &viewer(DataScope::Hospital)).unwrap();
    assert!(compiled.answer(vec![vec![vec![1.into(), Value::Null]]]).is_err());
}

#[test]
fn answers_of_facts_are_put_side_by_side() {
    let query = Query::of(["cases", "entries", "turnover", "difference"], year(2025))
        .by("department")
        .order("cases", true);
    let named =
        |key: &str, cells: &[i64]| row(Some(key), &cells.iter().map(|n| Some(*n)).collect::<Vec<_>>());
    let unnamed = |key: &str, cells: &[i64]| {
        let mut row = named(key, cells);
        row.remove(2);
        row
    };
    let answer = answer_of(
        &query,
        vec![
            vec![named("A", &[6]), named("B", &[4]), row(None, &[Some(10)])],
            // Entries and their rows; no names here.
            vec![
                unnamed("B", &[7, 7]),
                unnamed("C", &[2, 2]),
                vec![1.into(), Value::Null, 9.into(), 9.into()],
            ],
            // Days, counted by themselves; rows, beds of all days.
            vec![named("A", &[30]), named("C", &[30]), row(None, &[Some(30)])],
            vec![named("A", &[30, 60]), named("C", &[30, 0]), row(None, &[Some(60), Some(60)])],
        ],
    );
    let rows: Vec<(&str, &[Option<Decimal>])> =
        answer.rows.iter().map(|row| (row.labels[0].as_str(), &row.values[..])).collect();
    assert_eq!(
        rows,
        [
            ("A科", &[d("6"), d("0"), d("3"), d("-6")][..]),
            // No beds: no turnover.
            ("B科", &[d("4"), d("7"), None, d("3")][..]),
            ("C科", &[d("0"), d("2"), None, d("2")][..]),
        ]
    );
    assert_eq!(answer.total.values, [d("10"), d("9"), d("5"), d("-1")]);
    assert_eq!((answer.rows[2].count, answer.total.count), (0, 10));
    let compiled = layer().compile(&query, &viewer(DataScope::Hospital)).unwrap();
    assert!(compiled.answer(vec![vec![]]).is_err());
}

#[test]
fn subtotals_stand_beside_their_rows() {
    let query = Query::of(["cases"], year(2025)).by("kind").by("band").with_subtotals();
    let cells = |grouping: i64, kind: Option<&str>, band: Option<&str>, cases: i64| {
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        vec![grouping.into(), text(kind), text(band), cases.into()]
    };
    let answer = answer_of(
        &query,
        vec![vec![
            cells(0, Some("primary"), Some("1~2"), 5),
            cells(0, Some("core"), None, 2),
            cells(0, Some("core"), Some("0~1"), 3),
            cells(1, Some("primary"), None, 5),
            cells(1, Some("core"), None, 5),
            cells(3, None, None, 10),
        ]],
    );
    let labels: Vec<&str> = answer.subtotals.iter().map(|row| row.labels[0].as_str()).collect();
    assert_eq!(labels, ["核心病种", "基层病种"]);
    // A row without a value is no subtotal.
    assert_eq!(answer.rows[1].labels, ["核心病种", "未记录"]);
    assert_eq!(answer.subtotal(&answer.rows[1], 1).unwrap().values, [d("5")]);
    assert_eq!((answer.total.count, answer.row_count), (10, 3));
}

#[test]
fn rows_are_ranked_and_added_up() {
    let by_department = |cases: &[(&str, i64)]| {
        let query = Query::of(["cases", "surplus_per_case"], year(2025)).by("department");
        let known =
            |(key, n): &(&str, i64)| row(Some(key), &[Some(*n), (*n > 1).then_some(100 * n * n), Some(*n)]);
        let all: i64 = cases.iter().map(|(_, n)| n).sum();
        let rows = cases.iter().map(known).chain([row(None, &[Some(all), Some(0), Some(all)])]);
        answer(&query, rows.collect())
    };
    let now = by_department(&[("A", 5), ("B", 9), ("C", 5), ("D", 1)]);
    let then = by_department(&[("A", 9), ("B", 4), ("E", 6)]);
    assert_eq!(now.ranks("cases", true), [Some(2), Some(1), Some(2), Some(4)]);
    assert_eq!(now.ranks("cases", false), [Some(2), Some(4), Some(2), Some(1)]);
    assert_eq!(now.ranks("surplus_per_case", true)[3], None);
    let changes = now.rank_changes(&then, Comparison::YearBefore, "cases", true);
    let places: Vec<_> = changes.iter().map(|change| (change.rank, change.before, change.rise)).collect();
    assert_eq!(places[..2], [(Some(2), Some(1), Some(-1)), (Some(1), Some(3), Some(2))]);
    assert_eq!(places[2], (Some(2), None, None));
    assert_eq!(now.cumulative("cases"), [d("5"), d("14"), d("19"), d("20")]);
    assert_eq!(now.cumulative_shares("cases"), [d("0.25"), d("0.7"), d("0.95"), d("1")]);
    assert_eq!(now.cumulative("surplus_per_case"), [None, None, None, None]);
}

proptest! {
    /// However many rows are cut off, shown rows and 其他 make up the whole.
    #[test]
    fn shown_and_others_are_everything(
        cells in proptest::collection::vec((1_i64..50, -1_000_000_i64..1_000_000), 1..30),
        limit in 0_usize..35,
        least in 0_i64..40,
    ) {
        let query = Query::of(["cases", "surplus"], year(2025))
            .by("department").order("surplus", false).at_least("cases", least).limit(limit).with_others();
        let rows = cells.iter().enumerate().map(|(at, (cases, surplus))| {
            row(Some(&format!("K{at}")), &[Some(*cases), Some(*surplus)])
        });
        let answer = answer(&query, rows.collect());
        for (at, whole) in [
            Decimal::from(cells.iter().map(|cell| cell.0).sum::<i64>()),
            Decimal::new(cells.iter().map(|cell| cell.1).sum(), 2),
        ].into_iter().enumerate() {
            let shown = answer.rows.iter().chain(&answer.others).filter_map(|row| row.values[at]);
            prop_assert_eq!(shown.sum::<Decimal>(), whole);
        }
        let ordered: Vec<_> = answer.column("surplus");
        prop_assert!(ordered.is_sorted() && answer.rows.iter().all(|row| row.count >= least));
    }
}
