//! Random stays against a reading of the rules that is slow and plain, and what must hold of any stay.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{Engine, Line, Rule, Scratch, Stay, UNIT, Window, read_rules};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ITEMS: [&str; 4] = ["A", "B", "C", "D"];
const WINDOWS: [(&str, Window); 6] = [
    ("encounter", Window::Encounter),
    ("calendar_day", Window::CalendarDay),
    ("clock_hour", Window::ClockHour),
    ("iso_week", Window::IsoWeek),
    ("sliding_hours:6", Window::SlidingHours(6)),
    ("sliding_days:3", Window::SlidingDays(3)),
];

/// Half-hours over ten days, some at one moment.
fn charges() -> impl Strategy<Value = Vec<Line>> {
    let line =
        (0..ITEMS.len(), 0_i64..480, 1_i64..8, 1_i64..4).prop_map(|(item, time, quantity, price)| Line {
            item: ITEMS[item].into(),
            time: time * 1_800,
            quantity: quantity * UNIT / 2,
            price: price * 101,
            ..Line::default()
        });
    proptest::collection::vec(line, 0..24).prop_map(|mut lines| {
        for (at, line) in lines.iter_mut().enumerate() {
            line.order = at as u32;
        }
        lines
    })
}

fn engine(rules: &str) -> Engine {
    Engine::new(read_rules(rules).expect("rules"))
}

/// 超出 by rule and line.
fn excess(engine: &Engine, lines: &[Line]) -> BTreeMap<(u32, u32), i64> {
    let stay = Stay { lines: lines.to_vec(), ..Stay::default() };
    let verdict = engine.judge(&stay, &mut Scratch::default());
    let found =
        verdict.findings.iter().map(|finding| ((finding.rule, finding.line), finding.excess_quantity));
    let map: BTreeMap<(u32, u32), i64> = found.collect();
    assert_eq!(map.len(), verdict.findings.len(), "a line stands once under a rule");
    map
}

fn by_time(lines: &[Line]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|at| (lines[*at].time, lines[*at].order));
    order
}

/// Unit by unit: a half passes when fewer than the most passed in its window before it.
fn plain_most(lines: &[Line], items: &[&str], max: i64, window: Window) -> BTreeMap<u32, i64> {
    let mut passed: Vec<i64> = Vec::new();
    let mut over = BTreeMap::new();
    for at in by_time(lines) {
        let line = &lines[at];
        if !items.contains(&line.item.as_str()) {
            continue;
        }
        for _ in 0..line.quantity / (UNIT / 2) {
            let before = passed.iter().filter(|time| window.joins(**time, line.time)).count() as i64;
            if before < max * 2 {
                passed.push(line.time);
            } else {
                *over.entry(at as u32).or_default() += UNIT / 2;
            }
        }
    }
    over
}

/// Every pair of lines looked at.
fn plain_contains(lines: &[Line], window: Window) -> BTreeMap<u32, i64> {
    let mut over = BTreeMap::new();
    for (at, sub) in lines.iter().enumerate() {
        let with = |items: &[&str]| {
            lines
                .iter()
                .any(|other| items.contains(&other.item.as_str()) && window.joins(other.time, sub.time))
        };
        if ["B", "C"].contains(&sub.item.as_str()) && with(&["A"]) && !with(&["D"]) {
            over.insert(at as u32, sub.quantity);
        }
    }
    over
}

fn of_rule(all: &BTreeMap<(u32, u32), i64>, rule: u32) -> BTreeMap<u32, i64> {
    all.iter().filter(|((of, _), _)| *of == rule).map(|((_, line), units)| (*line, *units)).collect()
}

/// For each window: at most 2 of A and B, and A contains B and C unless D stands there.
fn rules_of_windows() -> String {
    let rules = WINDOWS.iter().flat_map(|(name, _)| {
        [
            format!(r#"{{"id":"f-{name}","kind":"freq","items":["A","B"],"max":2,"window":"{name}"}}"#),
            format!(
                r#"{{"id":"d-{name}","kind":"dup_main_sub","main":["A"],"sub":["B","C"],"except_if":["D"],"window":"{name}"}}"#
            ),
        ]
    });
    format!("[{}]", rules.collect::<Vec<_>>().join(","))
}

/// A rule of every kind that looks at several lines.
fn many_rules() -> Vec<Rule> {
    let mut rules = read_rules(&rules_of_windows()).expect("rules");
    rules.extend(
        read_rules(
            r#"[{"id":"m","kind":"dup_mutual","sets":[["A"],["B"],["C"]],"window":"sliding_hours:12"},
                {"id":"s","kind":"corr_single","a":["A"],"b":["B","C"],"window":"calendar_day"},
                {"id":"a","kind":"corr_all","a":["A"],"b":["B","C"],"window":"sliding_days:2"},
                {"id":"t","kind":"corr_sets","sets":[["A"],["B"]],"window":"calendar_day"},
                {"id":"r","kind":"corr_ratio","a":["A"],"b":["B"],"k":2,"window":"sliding_hours:8"},
                {"id":"c","kind":"course_days","items":["A","C"],"max":3},
                {"id":"y","kind":"total_amount","items":["A","B"],"max_fen":700,"window":"calendar_day"}]"#,
        )
        .expect("rules"),
    );
    rules
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn windows_and_duplicates_agree_with_a_plain_reading(lines in charges()) {
        let found = excess(&engine(&rules_of_windows()), &lines);
        for (at, (_, window)) in WINDOWS.iter().enumerate() {
            let at = at as u32 * 2;
            prop_assert_eq!(of_rule(&found, at), plain_most(&lines, &["A", "B"], 2, *window));
            prop_assert_eq!(of_rule(&found, at + 1), plain_contains(&lines, *window));
        }
    }

    #[test]
    fn the_order_of_lines_in_the_file_does_not_matter(lines in charges(), seed in any::<u64>()) {
        let engine = Engine::new(many_rules());
        let mut places: Vec<usize> = (0..lines.len()).collect();
        places.sort_by_key(|at| (*at as u64 + 1).wrapping_mul(seed | 1));
        let shuffled: Vec<Line> = places.iter().map(|at| lines[*at].clone()).collect();
        let named = excess(&engine, &shuffled);
        let back: BTreeMap<(u32, u32), i64> =
            named.into_iter().map(|((rule, line), units)| ((rule, places[line as usize] as u32), units)).collect();
        prop_assert_eq!(back, excess(&engine, &lines));
    }

    #[test]
    fn a_refund_of_a_line_is_as_if_it_had_not_been_charged(lines in charges(), which in any::<proptest::sample::Index>(), late in 0_i64..1_000_000) {
        prop_assume!(!lines.is_empty());
        let engine = Engine::new(many_rules());
        let at = which.index(lines.len());
        let mut refunded = lines.clone();
        let back = Line {
            quantity: -lines[at].quantity, refund_of: Some(at as u32), time: lines[at].time + late, order: lines.len() as u32, ..lines[at].clone()
        };
        refunded.push(back);
        let mut without = lines.clone();
        without[at].quantity = 0;
        prop_assert_eq!(excess(&engine, &refunded), excess(&engine, &without));
    }

    #[test]
    fn a_line_split_into_several_is_the_same_excess(lines in charges()) {
        let rules = r#"[{"id":"f","kind":"freq","items":["A","B"],"max":2,"window":"sliding_hours:6"},{"id":"q","kind":"total_qty","items":["A"],"max":3}]"#;
        let engine = engine(rules);
        let mut split = Vec::new();
        for at in by_time(&lines) {
            for _ in 0..lines[at].quantity / (UNIT / 2) {
                split.push(Line { quantity: UNIT / 2, order: split.len() as u32, ..lines[at].clone() });
            }
        }
        let sum = |found: BTreeMap<(u32, u32), i64>, rule: u32| -> i64 { of_rule(&found, rule).values().sum() };
        for rule in 0..2 {
            prop_assert_eq!(sum(excess(&engine, &lines), rule), sum(excess(&engine, &split), rule));
        }
    }

    #[test]
    fn more_allowed_is_less_found_and_a_wider_window_is_more(lines in charges(), max in 0_i64..6, n in 1_i64..20) {
        let rule = |max: i64, n: i64| engine(&format!(r#"[{{"id":"f","kind":"freq","items":["A","B"],"max":{max},"window":"sliding_hours:{n}"}}]"#));
        let sum = |engine: &Engine| excess(engine, &lines).values().sum::<i64>();
        prop_assert!(sum(&rule(max + 1, n)) <= sum(&rule(max, n)));
        prop_assert!(sum(&rule(max, n + 1)) >= sum(&rule(max, n)));
    }
}
