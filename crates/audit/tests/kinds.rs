//! Every kind of rule on small stays whose answer is worked out by hand.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{Engine, Scratch, read_rules, read_stay};
use serde_json::{Value, json};

/// Findings as `rule line quantity fen because-of`, and the alerts.
fn judged(rules: Value, stay: Value) -> (Vec<String>, Vec<String>) {
    let engine = Engine::new(read_rules(&rules.to_string()).expect("rules"));
    let document = read_stay(&stay.to_string()).expect("stay");
    let verdict = engine.judge(&document.stay, &mut Scratch::default());
    let answer = document.answer(engine.rules(), &verdict);
    let list = |name: &str| answer[name].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let findings = list("findings").into_iter().map(|finding| {
        let because: Vec<String> =
            finding["because_of"].as_array().expect("a list").iter().map(text).collect();
        format!(
            "{} {} {} {} [{}]",
            text(&finding["rule"]),
            text(&finding["line"]),
            finding["excess_qty"],
            finding["excess_fen"],
            because.join(" ")
        )
    });
    let alerts = list("alerts").into_iter().map(|alert| text(&alert["message"])).collect();
    (findings.collect(), alerts)
}

/// Lines `item time quantity price`, numbered from 1.
fn lines(rows: &[(&str, &str, f64, i64)]) -> Value {
    let line = |(at, (item, time, quantity, price)): (usize, &(&str, &str, f64, i64))| json!({ "id": at + 1, "item": item, "t": time, "qty": quantity, "price_fen": price });
    rows.iter().enumerate().map(line).collect()
}

fn stay(rows: &[(&str, &str, f64, i64)]) -> Value {
    json!({
        "id": "z1",
        "encounter": {
            "sex": "1", "age": 14, "insurance": "310", "med_type": "21", "visit": "住院", "hosp_level": 2,
            "adm": "2025-03-01T08:00", "dis": "2025-03-03T15:00", "diagnoses": ["I63.900"],
        },
        "lines": lines(rows),
    })
}

fn found(rule: Value, rows: &[(&str, &str, f64, i64)]) -> Vec<String> {
    judged(json!([rule]), stay(rows)).0
}

const NONE: [&str; 0] = [];

#[test]
fn attributes_of_the_stay_decide_over_every_line() {
    let rows = [("A", "2025-03-01T09:00", 2.0, 150), ("B", "2025-03-01T09:00", 1.0, 100)];
    let one = ["r 1 2 300 []"];
    let rule = |kind: &str, more: Value| {
        let mut rule = json!({ "id": "r", "kind": kind, "items": ["A"] });
        rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        rule
    };
    assert_eq!(found(rule("sex", json!({ "allow": ["女"] })), &rows), one);
    assert_eq!(found(rule("sex", json!({ "allow": "男" })), &rows), NONE);
    assert_eq!(found(rule("insurance", json!({ "allow": ["390"] })), &rows), one);
    assert_eq!(found(rule("med_type", json!({ "allow": ["52"] })), &rows), one);
    assert_eq!(found(rule("visit_type", json!({ "allow": ["门诊"] })), &rows), one);
    assert_eq!(found(rule("hosp_level", json!({ "min": 3 })), &rows), one);
    assert_eq!(found(rule("hosp_level", json!({ "min": "二级" })), &rows), NONE);
    assert_eq!(found(rule("age", json!({ "max_age": 14 })), &rows), NONE);
    assert_eq!(found(rule("age", json!({ "max_age": 13 })), &rows), one);
    assert_eq!(found(rule("age", json!({ "min_age": 15 })), &rows), one);
    assert_eq!(found(rule("diagnosis", json!({ "allow": ["I63"] })), &rows), NONE);
    assert_eq!(found(rule("diagnosis", json!({ "allow": ["I21"] })), &rows), one);
    assert_eq!(found(rule("operation", json!({ "allow": ["36"] })), &rows), one);
}

#[test]
fn what_is_not_known_is_said_and_not_judged() {
    let rule = json!([{ "id": "r", "kind": "sex", "items": ["A"], "allow": ["2"] }]);
    let stay = json!({ "id": 1, "lines": lines(&[("A", "2025-03-01", 1.0, 1)]) });
    assert_eq!(judged(rule, stay), (Vec::new(), vec!["缺少性别，本规则未判断".to_owned()]));
}

#[test]
fn the_department_is_the_lines_own() {
    let rule = json!([{ "id": "r", "kind": "dept", "items": ["A"], "allow": ["康复科"] }]);
    let mut stay = stay(&[("A", "2025-03-01", 1.0, 10), ("A", "2025-03-01", 1.0, 20)]);
    stay["encounter"]["dept"] = json!("骨科");
    stay["lines"][0]["dept"] = json!("康复科");
    assert_eq!(judged(rule, stay).0, ["r 2 1 20 []"]);
}

#[test]
fn the_later_units_of_a_day_are_too_many() {
    let rule = json!({ "id": "r", "kind": "freq", "items": ["A", "B"], "max": 2, "window": { "type": "calendar_day" } });
    let rows = [
        ("A", "2025-03-01T20:00", 1.0, 100),
        ("B", "2025-03-01T08:00", 1.5, 100),
        ("A", "2025-03-02T08:00", 2.0, 100),
        ("A", "2025-03-01T23:00", 1.0, 100),
    ];
    // 1.5 and half of the second: the rest of it, and all of the third.
    assert_eq!(found(rule, &rows), ["r 1 0.5 50 [2]", "r 4 1 100 [2 1]"]);
}

#[test]
fn a_sliding_window_does_not_count_what_it_refused() {
    let rule = json!({ "id": "r", "kind": "freq", "items": ["A"], "max": 1, "window": { "type": "sliding_hours", "n": 6 } });
    let hours = ["08:00", "13:59", "14:00", "19:00", "20:00"];
    let times: Vec<String> = hours.iter().map(|hour| format!("2025-03-01T{hour}")).collect();
    let rows: Vec<_> = times.iter().map(|time| ("A", time.as_str(), 1.0, 100)).collect();
    assert_eq!(found(rule, &rows), ["r 2 1 100 [1]", "r 4 1 100 [3]"]);
}

#[test]
fn each_line_by_itself() {
    let rule = json!({ "id": "r", "kind": "freq", "items": ["A", "B"], "max": 2, "window": "line" });
    let rows = [
        ("A", "2025-03-01T08:00", 3.0, 100),
        ("A", "2025-03-01T08:00", 2.0, 100),
        ("B", "2025-03-01T08:00", 2.5, 100),
    ];
    assert_eq!(found(rule, &rows), ["r 1 1 100 []", "r 3 0.5 50 []"]);
    let money =
        json!({ "id": "r", "kind": "total_amount", "items": ["A"], "max_fen": 250, "window": "line" });
    assert_eq!(found(money, &rows), ["r 1 0.5 50 []"]);
}

#[test]
fn times_count_lines() {
    let rule = json!({ "id": "r", "kind": "freq", "items": ["A"], "max": 1, "unit": "times", "window": "calendar_day" });
    let rows = [("A", "2025-03-01T08:00", 3.0, 100), ("A", "2025-03-01T09:00", 2.0, 100)];
    assert_eq!(found(rule, &rows), ["r 2 2 200 [1]"]);
}

#[test]
fn hours_against_the_days_of_the_stay() {
    // 2 days: 48 hours.
    let rule = json!({ "id": "r", "kind": "freq", "items": ["A"], "max_expr": "los_days*24", "window": "encounter" });
    let rows = [
        ("A", "2025-03-01T09:00", 24.0, 1),
        ("A", "2025-03-02T09:00", 24.0, 1),
        ("A", "2025-03-03T09:00", 15.0, 200),
    ];
    assert_eq!(found(rule.clone(), &rows), ["r 3 15 3000 [1 2]"]);
    // In house, the day of the audit counts: 3 days.
    let mut in_house = stay(&rows);
    in_house["encounter"]["dis"] = Value::Null;
    in_house["encounter"]["as_of"] = json!("2025-03-03T10:00");
    assert_eq!(judged(json!([rule]), in_house).0, NONE);
}

#[test]
fn days_and_money_of_the_stay() {
    let days = json!({ "id": "r", "kind": "course_days", "items": ["A"], "max": 2 });
    let rows = [
        ("A", "2025-03-01T08:00", 1.0, 10),
        ("A", "2025-03-01T20:00", 1.0, 10),
        ("A", "2025-03-03T08:00", 1.0, 10),
        ("A", "2025-03-04T08:00", 2.0, 10),
    ];
    assert_eq!(found(days, &rows), ["r 4 2 20 [1 3]"]);
    let money =
        json!({ "id": "r", "kind": "total_amount", "items": ["A"], "max_fen": 25, "window": "calendar_day" });
    let rows = [
        ("A", "2025-03-01T08:00", 2.0, 10),
        ("A", "2025-03-01T09:00", 1.0, 10),
        ("A", "2025-03-02T08:00", 3.0, 10),
    ];
    assert_eq!(found(money, &rows), ["r 2 0.5 5 [1]", "r 3 0.5 5 []"]);
    let quantity = json!({ "id": "r", "kind": "total_qty", "items": ["A"], "max": 5 });
    assert_eq!(found(quantity, &rows), ["r 3 1 10 [1 2]"]);
}

#[test]
fn a_main_item_contains_its_parts() {
    let rule = |more: Value| {
        let mut rule = json!({ "id": "r", "kind": "dup_main_sub", "main": ["M"], "sub": ["S1", "S2"], "window": "calendar_day" });
        rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        rule
    };
    let rows = [
        ("S1", "2025-03-01T08:00", 2.0, 30),
        ("M", "2025-03-01T20:00", 1.0, 500),
        ("M", "2025-03-01T21:00", 1.0, 500),
        ("S2", "2025-03-02T08:00", 1.0, 40),
        ("X", "2025-03-01T22:00", 1.0, 40),
    ];
    assert_eq!(found(rule(json!({})), &rows), ["r 1 2 60 [2 3]"]);
    assert_eq!(found(rule(json!({ "window": {} })), &rows), ["r 1 2 60 [2 3]", "r 4 1 40 [2 3]"]);
    assert_eq!(found(rule(json!({ "except_if": ["X"] })), &rows), NONE);
    // An item that contains itself: the first stays.
    let own =
        json!({ "id": "r", "kind": "dup_main_sub", "main": ["M"], "sub": ["M"], "window": "calendar_day" });
    assert_eq!(found(own, &rows), ["r 3 1 500 [2]"]);
}

#[test]
fn of_sets_that_exclude_each_other_the_dearest_stays() {
    let rule = |keep: &str| json!({ "id": "r", "kind": "dup_mutual", "sets": [["A"], ["B"], ["C"]], "keep": keep, "window": "calendar_day" });
    let rows = [
        ("A", "2025-03-01T08:00", 1.0, 100),
        ("B", "2025-03-01T09:00", 1.0, 60),
        ("B", "2025-03-01T10:00", 1.0, 60),
        ("C", "2025-03-01T11:00", 1.0, 10),
        ("A", "2025-03-02T08:00", 1.0, 100),
    ];
    assert_eq!(found(rule("dearest"), &rows), ["r 1 1 100 [2 3]", "r 4 1 10 [2 3]"]);
    assert_eq!(found(rule("earliest"), &rows), ["r 2 1 60 [1]", "r 3 1 60 [1]", "r 4 1 10 [1]"]);
    assert_eq!(found(rule("latest"), &rows), ["r 1 1 100 [4]", "r 2 1 60 [4]", "r 3 1 60 [4]"]);
}

#[test]
fn charges_that_need_others() {
    let rows = [
        ("A", "2025-03-01T08:00", 3.0, 10),
        ("B", "2025-03-01T09:00", 1.0, 10),
        ("A", "2025-03-02T08:00", 1.0, 10),
        ("C", "2025-03-01T10:00", 1.0, 10),
    ];
    let rule = |kind: &str, b: Value| json!({ "id": "r", "kind": kind, "a": ["A"], "b": b, "window": "calendar_day" });
    assert_eq!(found(rule("corr_single", json!(["B", "D"])), &rows), ["r 3 1 10 []"]);
    assert_eq!(found(rule("corr_all", json!(["B", "C"])), &rows), ["r 3 1 10 []"]);
    assert_eq!(found(rule("corr_all", json!(["B", "D"])), &rows), ["r 1 3 30 []", "r 3 1 10 []"]);
    assert_eq!(found(rule("corr_ratio", json!(["B"])), &rows), ["r 1 2 20 [2]", "r 3 1 10 []"]);
    let together =
        json!({ "id": "r", "kind": "corr_sets", "sets": [["A"], ["B", "C"]], "window": "calendar_day" });
    assert_eq!(found(together, &rows), ["r 3 1 10 []"]);
}

#[test]
fn the_second_operation_of_a_day_is_cheaper() {
    let rule = json!([{ "id": "r", "kind": "discount", "items": ["P", "Q"], "ratio": 0.5, "window": "calendar_day" }]);
    let mut stay = stay(&[("P", "2025-03-01T08:00", 1.0, 1000), ("Q", "2025-03-01T08:00", 1.0, 500)]);
    assert_eq!(judged(rule.clone(), stay.clone()).1, ["缺少标准价，本规则未判断"]);
    stay["lines"][0]["full_price_fen"] = json!(1000);
    stay["lines"][1]["full_price_fen"] = json!(801);
    assert_eq!(judged(rule, stay).0, ["r 2 0 99 [1]"]);
}

#[test]
fn a_rule_has_its_days() {
    let rule = json!({
        "id": "r", "kind": "sex", "items": ["A"], "allow": ["女"], "valid_from": "2025-03-02", "valid_to": "2025-03-03",
    });
    let rows = [
        ("A", "2025-03-01T23:59", 1.0, 1),
        ("A", "2025-03-02T00:00", 1.0, 1),
        ("A", "2025-03-03T00:00", 1.0, 1),
    ];
    assert_eq!(found(rule, &rows), ["r 2 1 1 []"]);
}

#[test]
fn codes_are_whole_unless_a_star_follows() {
    let rows = [("A1", "2025-03-01", 1.0, 1), ("A12", "2025-03-01", 1.0, 1), ("B", "2025-03-01", 1.0, 1)];
    let rule = |items: Value| json!({ "id": "r", "kind": "sex", "items": items, "allow": ["女"] });
    assert_eq!(found(rule(json!(["A1"])), &rows), ["r 1 1 1 []"]);
    assert_eq!(found(rule(json!(["A1*"])), &rows), ["r 1 1 1 []", "r 2 1 1 []"]);
    assert_eq!(found(rule(json!(["A1*", "A1", "A12"])), &rows), ["r 1 1 1 []", "r 2 1 1 []"]);
}

#[test]
fn a_document_that_cannot_be_read_says_where() {
    let bad = [
        ("{", "JSON"),
        ("[]", "JSON"),
        (r#"{"lines":[]}"#, "id"),
        (r#"{"id":1,"encounter":7}"#, "encounter"),
        (r#"{"id":1,"encounter":{"adm":"2025-13-01"}}"#, "encounter.adm"),
        (r#"{"id":1,"encounter":{"adm":"2025-03-02","dis":"2025-03-01"}}"#, "encounter.dis"),
        (r#"{"id":1,"encounter":{"age":"x"}}"#, "encounter.age"),
        (r#"{"id":1,"encounter":{"hosp_level":"9"}}"#, "encounter.hosp_level"),
        (r#"{"id":1,"lines":[{"item":"A"}]}"#, "lines[0].id"),
        (r#"{"id":1,"lines":[{"id":1,"t":"2025-01-01","qty":1}]}"#, "lines[0].item"),
        (r#"{"id":1,"lines":[{"id":1,"item":"A","qty":1}]}"#, "lines[0].t"),
        (r#"{"id":1,"lines":[{"id":1,"item":"A","t":"2025-01-01"}]}"#, "lines[0].qty"),
        (r#"{"id":1,"lines":[{"id":1,"item":"A","t":"2025-01-01","qty":0.00001}]}"#, "lines[0].qty"),
        (
            r#"{"id":1,"lines":[{"id":1,"item":"A","t":"2025-01-01","qty":1,"price_fen":-1}]}"#,
            "lines[0].price_fen",
        ),
        (
            r#"{"id":1,"lines":[{"id":1,"item":"A","t":"2025-01-01","qty":1},{"id":1,"item":"A","t":"2025-01-01","qty":1}]}"#,
            "lines[1].id",
        ),
    ];
    for (text, field) in bad {
        assert_eq!(read_stay(text).expect_err(text).field, field, "{text}");
    }
}
