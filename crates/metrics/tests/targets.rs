//! 指标目标 beside the values of departments, doctors and the hospital.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use metrics::{Layer, Period, Query, Row, Selection, Standing, Target, Targets, Value};
use model::DataScope;
use rust_decimal::Decimal;
use support::{layer, viewer};

fn d(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

fn target(
    measure: &str,
    (department, doctor): (&str, &str),
    low: Option<&str>,
    high: Option<&str>,
) -> Target {
    let of = |text: &str| text.parse().unwrap();
    Target {
        measure: measure.into(),
        department: department.into(),
        doctor: doctor.into(),
        low: low.map(of),
        high: high.map(of),
    }
}

fn targets(period: Period) -> Targets {
    let all = vec![
        target("surplus", ("", ""), Some("1200"), None),
        target("surplus", ("D1", ""), Some("600"), Some("2400")),
        target("surplus", ("", "W1"), Some("120"), None),
        target("surplus_per_case", ("D1", ""), None, Some("30")),
    ];
    Targets::new(all, period)
}

/// 目标值 of the measures of a row.
fn beside(layer: &Layer, by: &[&str], keys: &[&str], chosen: (&str, &str)) -> Vec<Option<Decimal>> {
    let mut query = Query::of(["surplus", "surplus_per_case"], Selection::default());
    for dimension in by {
        query = query.by(*dimension);
    }
    let answer = layer.compile(&query, &viewer(DataScope::Hospital)).unwrap().answer(vec![vec![]]).unwrap();
    let keys = keys.iter().map(|key| if key.is_empty() { Value::Null } else { Value::from(*key) });
    let row = Row { keys: keys.collect(), labels: Vec::new(), values: Vec::new(), count: 0 };
    let goals = targets(Period::year(2025).unwrap()).beside(&answer, &row, chosen);
    goals.into_iter().map(|goal| goal.and_then(|goal| goal.value())).collect()
}

#[test]
fn what_adds_up_has_its_part_of_the_year_and_ratios_have_the_same_all_year() {
    let layer = layer();
    let (surplus, mean) = (layer.measure("surplus").unwrap(), layer.measure("surplus_per_case").unwrap());
    let quarter = Period::new(jiff::civil::date(2025, 1, 1), jiff::civil::date(2025, 3, 31)).unwrap();
    let days = Period::new(jiff::civil::date(2025, 1, 1), jiff::civil::date(2025, 1, 10)).unwrap();
    for (period, part) in [
        (Period::year(2025).unwrap(), d("600")),
        (quarter, d("150")),
        (Period::month(2025, 2).unwrap(), d("50")),
    ] {
        let targets = targets(period);
        assert_eq!(targets.of(surplus, "D1", "").unwrap().low, part);
        assert_eq!(targets.of(mean, "D1", "").unwrap().high, d("30"));
    }
    let part = targets(days).of(surplus, "D1", "").unwrap().low.unwrap();
    assert_eq!(part.round_dp(4), d("16.4384").unwrap(), "10 of 365 days");
    assert_eq!(targets(days).of(surplus, "D2", ""), None);
    assert_eq!(targets(days).of(mean, "", ""), None);
}

#[test]
fn a_value_stands_to_its_target() {
    let layer = layer();
    let goal = targets(Period::year(2025).unwrap()).of(layer.measure("surplus").unwrap(), "D1", "").unwrap();
    assert_eq!(goal.gap(d("500")), goal.value().map(|target| Decimal::from(500) - target));
    assert_eq!(goal.gap(None), None);
    let standings =
        [(d("599.99"), Standing::TooLow), (d("600"), Standing::Good), (d("2400"), Standing::Good)];
    for (value, standing) in
        standings.into_iter().chain([(d("2400.01"), Standing::TooHigh), (None, Standing::Unknown)])
    {
        assert_eq!(goal.standing(value), standing, "{value:?}");
    }
}

#[test]
fn departments_and_doctors_have_theirs_and_other_rows_none() {
    let layer = layer();
    let of = |by: &[&str], keys: &[&str], chosen: (&str, &str)| beside(&layer, by, keys, chosen);
    let hospital = of(&[], &[], ("", ""));
    assert!(hospital[0].is_some() && hospital[1].is_none());
    let department = of(&["department"], &["D1"], ("", ""));
    assert!(department[0].is_some() && department[0] != hospital[0]);
    assert_eq!(department[1], d("30"));
    // A page of one department, by its doctors: the doctor's, not the department's.
    assert_eq!(of(&["attending"], &["W2"], ("D1", "")), [None, None]);
    let doctor = of(&["department", "attending"], &["D1", "W1"], ("", ""));
    assert_eq!(doctor, of(&["attending"], &["W1"], ("D1", "")));
    assert_eq!(doctor, [d("120"), None]);
    // A total of the page of a department is the department's.
    assert_eq!(of(&[], &[], ("D1", "")), department);
    assert_eq!(of(&["department"], &[""], ("", "")), [None, None], "rows without a department");
    assert_eq!(of(&["band"], &["2+"], ("", "")), [None, None], "bands have no targets");
}
