//! 疑点: rules on the stay as a whole, on stays worked out by hand and against a plain reading.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{
    DocumentNames, Encounter, Engine, Grounds, Line, Nature, Previous, PreviousStay, Scratch, Stay, UNIT,
    Verdict, read_rules, read_stay, rule_sentence, suspicion_sentence,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

fn judged(rule: &Value, stay: &Stay) -> Verdict {
    let engine = Engine::new(read_rules(&json!([rule]).to_string()).expect("rule"));
    engine.judge(stay, &mut Scratch::default())
}

/// What a rule says of a stay's document, with the sentence of the rule; then what is missing.
fn said(rule: Value, stay: Value) -> [String; 3] {
    let rules = read_rules(&json!([rule]).to_string()).expect("rule");
    let document = read_stay(&stay.to_string()).expect("stay");
    let engine = Engine::new(rules);
    let verdict = engine.judge(&document.stay, &mut Scratch::default());
    assert!(verdict.findings.is_empty() && engine.rules()[0].nature == Nature::Suspicion);
    let names = DocumentNames::of(&rule);
    let seen = verdict.suspicions.iter().map(|seen| suspicion_sentence(&engine.rules()[0], seen, &names));
    let answer = document.answer(engine.rules(), &verdict);
    let missing =
        answer["alerts"].as_array().expect("a list").iter().map(|alert| alert["message"].to_string());
    for finding in answer["findings"].as_array().expect("a list") {
        assert_eq!(
            *finding,
            json!({ "rule": "r", "line": null, "excess_qty": 0, "excess_fen": 0, "because_of": [] })
        );
    }
    [rule_sentence(&engine.rules()[0], &names), seen.collect(), missing.collect()]
}

fn stay(encounter: Value, lines: &[(&str, &str, f64, i64)]) -> Value {
    let line = |(at, (item, time, quantity, price)): (usize, &(&str, &str, f64, i64))| json!({ "id": at, "item": item, "t": time, "qty": quantity, "price_fen": price });
    json!({ "id": 1, "encounter": encounter, "lines": lines.iter().enumerate().map(line).collect::<Vec<_>>() })
}

#[test]
fn readmitted_for_the_same_disease() {
    let rule = json!({ "id": "r", "kind": "readmission", "days": 15 });
    let again = |adm: &str, principal: &str, previous: Value| {
        let encounter = json!({ "adm": adm, "diagnoses": [principal, "E11.900"], "previous": previous });
        let [_, seen, missing] = said(rule.clone(), stay(encounter, &[]));
        seen + &missing
    };
    let before = json!({ "dis": "2025-03-01T10:00", "principal_diagnosis": "I63.900" });
    assert_eq!(
        again("2025-03-06T08:00", "I63.801", before.clone()),
        "上次出院后第 5 天因同一疾病（主要诊断编码前 3 位相同）再次住院（15 天内提示）；疑似分解住院，请核实。"
    );
    assert!(again("2025-03-01T11:00", "I63.801", before.clone()).starts_with("上次出院当天因"));
    assert!(
        !again("2025-03-16T23:59", "I63.801", before.clone()).is_empty(),
        "the fifteenth day is one of them"
    );
    assert_eq!(again("2025-03-17T00:01", "I63.801", before.clone()), "");
    assert_eq!(again("2025-03-06", "I64.x00", before.clone()), "", "another disease");
    assert_eq!(again("2025-02-28", "I63.801", before.clone()), "", "the stays overlap");
    assert_eq!(again("2025-03-06", "I63.801", json!("none")), "");
    assert_eq!(again("2025-03-06", "I63.801", Value::Null), "\"缺少上次住院，本规则未判断\"");
    let unknown = json!({ "dis": "2025-03-01" });
    assert_eq!(again("2025-03-06", "I63.801", unknown), "\"缺少主要诊断，本规则未判断\"");
    let mut planned = before;
    planned["readmission_planned"] = json!(true);
    assert_eq!(again("2025-03-06", "I63.801", planned.clone()), "");

    let strict = json!({ "id": "r", "kind": "readmission", "days": 7, "same": 0, "planned": "counted", "result": "可疑" });
    let encounter = json!({ "adm": "2025-03-06", "previous": planned });
    assert_eq!(
        said(strict, stay(encounter, &[])),
        [
            "出院后 7 天内再次住院的，提示疑似分解住院。",
            "上次出院后第 5 天再次住院（7 天内提示）；疑似分解住院，请核实。",
            ""
        ]
    );
    assert_eq!(
        said(rule, stay(json!({}), &[]))[0],
        "出院后 15 天内因同一疾病（主要诊断编码前 3 位相同）再次住院的，提示疑似分解住院；上次出院时已有再住院计划的除外。"
    );
}

#[test]
fn stayed_too_long() {
    let rule = json!({ "id": "r", "kind": "long_stay", "days": 60 });
    let left = |dis: &str| said(rule.clone(), stay(json!({ "adm": "2025-01-01T08:00", "dis": dis }), &[]));
    assert_eq!(left("2025-03-02T08:00"), ["住院超过 60 天的，提示超长住院。", "", ""]);
    assert_eq!(left("2025-03-03T08:00")[1], "已住院 61 天，超过 60 天；超长住院，请核实。");
    let in_house = json!({ "adm": "2025-01-01", "as_of": "2025-03-02" });
    assert_eq!(said(rule.clone(), stay(in_house, &[]))[1], "已住院 61 天，超过 60 天；超长住院，请核实。");
    assert_eq!(said(rule.clone(), stay(json!({}), &[]))[2], "\"缺少入院时间，本规则未判断\"");
    // The rule's days are those of the discharge.
    let mut later = rule;
    later["valid_from"] = json!("2025-03-04");
    let encounter = |dis: &str| stay(json!({ "adm": "2025-01-01", "dis": dis }), &[]);
    assert_eq!(said(later.clone(), encounter("2025-03-03T23:00"))[1], "");
    assert!(!said(later, encounter("2025-03-04"))[1].is_empty());
}

#[test]
fn admitted_to_be_examined() {
    let rule = json!({
        "id": "r", "kind": "low_admission", "items": ["C*|检查", "L*|检验"], "share": 0.8, "max_days": 3, "max_fen": 10_000,
    });
    let of = |dis: Value, operations: Value, lines: &[(&str, &str, f64, i64)]| {
        let encounter = json!({ "adm": "2025-03-01T08:00", "dis": dis, "operations": operations });
        said(rule.clone(), stay(encounter, lines))
    };
    let lines = [
        ("C1", "2025-03-01T09:00", 2.0, 3_000),
        ("L1", "2025-03-02T09:00", 1.0, 2_000),
        ("BED", "2025-03-01T09:00", 2.0, 1_000),
    ];
    let (dis, none) = (json!("2025-03-03"), json!([]));
    assert_eq!(
        of(dis.clone(), none.clone(), &lines),
        [
            "住院不超过 3 天、没有手术操作、总费用不超过 100.00 元，且“检查”（C 开头）、“检验”（L 开头）的费用占 80% 及以上的，提示疑似低标准入院。",
            "住院 2 天，没有手术操作，总费用 100.00 元，其中“检查”（C 开头）、“检验”（L 开头）费用 80.00 元，占 80%；疑似低标准入院，请核实。",
            ""
        ]
    );
    assert_eq!(of(json!("2025-03-05"), none.clone(), &lines)[1], "", "four days");
    assert_eq!(of(dis.clone(), json!(["47.0100"]), &lines)[1], "");
    assert_eq!(of(Value::Null, none.clone(), &lines)[1..], ["", ""], "all may still come");
    let more = [lines[0], lines[1], lines[2], ("DRUG", "2025-03-02T09:00", 0.01, 100)];
    assert_eq!(of(dis.clone(), none.clone(), &more)[1], "", "a 分 more than allowed, and a smaller share");
    // What was taken back does not count.
    let refunded = [more[0], more[1], more[2], more[3], ("DRUG", "2025-03-03T00:00", -0.01, 100)];
    assert!(!of(dis.clone(), none.clone(), &refunded)[1].is_empty());
    assert_eq!(of(dis, none, &[])[2], "\"缺少费用明细，本规则未判断\"");
}

#[test]
fn a_bed_without_treatment() {
    let rule = json!({ "id": "r", "kind": "idle_bed", "items": ["BED|床位费", "NURSE|护理费"], "days": 2 });
    let of = |times: Value, lines: &[(&str, &str, f64, i64)]| {
        let mut encounter = times;
        encounter["adm"] = json!("2025-03-01T20:00");
        said(rule.clone(), stay(encounter, lines))
    };
    let lines = [
        ("DRUG", "2025-03-01T21:00", 1.0, 10),
        ("BED", "2025-03-02T08:00", 1.0, 10),
        ("NURSE", "2025-03-03T08:00", 1.0, 10),
        ("DRUG", "2025-03-04T08:00", 1.0, 10),
    ];
    let left = json!({ "dis": "2025-03-05T08:00" });
    assert_eq!(
        of(left.clone(), &lines),
        [
            "住院期间除“床位费”、“护理费”外没有其他收费的日期达到 2 天的，提示疑似挂床住院。",
            "住院 4 天中有 2 天除“床位费”、“护理费”外没有其他收费；疑似挂床住院，请核实。",
            ""
        ]
    );
    let treated = [lines[0], lines[1], lines[2], lines[3], ("DRUG", "2025-03-03T23:59", 1.0, 10)];
    assert_eq!(of(left.clone(), &treated)[1], "", "one day is idle");
    let back =
        [treated[0], treated[1], treated[2], treated[3], treated[4], ("DRUG", "2025-03-04T00:00", -1.0, 10)];
    assert!(!of(left.clone(), &back)[1].is_empty(), "what was taken back was not charged");
    // In house, today is not over; without any line the bill is missing.
    assert_eq!(of(json!({ "as_of": "2025-03-03T09:00" }), &lines[..1])[1], "");
    assert!(!of(json!({ "as_of": "2025-03-04T09:00" }), &lines[..1])[1].is_empty());
    assert_eq!(of(left, &[])[2], "\"缺少费用明细，本规则未判断\"");
}

#[test]
fn an_answer_lists_lines_first_and_then_the_stay() {
    let rules = json!([
        { "id": "long", "kind": "long_stay", "days": 1 },
        { "id": "f", "kind": "freq", "items": ["A"], "max": 0 },
    ]);
    let encounter = json!({ "adm": "2025-03-01", "dis": "2025-03-09" });
    let document = read_stay(&stay(encounter, &[("A", "2025-03-01", 1.0, 5)]).to_string()).expect("stay");
    let engine = Engine::new(read_rules(&rules.to_string()).expect("rules"));
    let answer = document.answer(engine.rules(), &engine.judge(&document.stay, &mut Scratch::default()));
    let lines: Vec<_> =
        answer["findings"].as_array().expect("list").iter().map(|f| (&f["rule"], &f["line"])).collect();
    assert_eq!(lines, [(&json!("f"), &json!(0)), (&json!("long"), &Value::Null)]);
}

#[test]
fn a_stay_before_that_cannot_be_read_says_where() {
    let of = |previous: Value| {
        let error = read_stay(&stay(json!({ "previous": previous }), &[]).to_string()).expect_err("wrong");
        error.field
    };
    assert_eq!(of(json!(1)), "encounter.previous");
    assert_eq!(of(json!({})), "encounter.previous.dis");
    assert_eq!(
        of(json!({ "dis": "2025-01-01", "readmission_planned": "1" })),
        "encounter.previous.readmission_planned"
    );
}

const ITEMS: [&str; 4] = ["A", "B", "C1", "C2"];

/// Charges of a stay of nine days and around it, some taken back whole.
fn charges() -> impl Strategy<Value = Vec<Line>> {
    let line = (0..ITEMS.len(), -48_i64..480, 1_i64..5, 1_i64..400, 0_u8..5);
    proptest::collection::vec(line, 0..30).prop_map(|rows| {
        let mut lines: Vec<Line> = Vec::new();
        for (item, time, quantity, price, back) in rows {
            let at = lines.len() as u32;
            let line = Line {
                item: ITEMS[item].into(),
                time: (100 * DAY) + time * 1_800,
                order: at,
                quantity: quantity * UNIT / 2,
                price,
                ..Line::default()
            };
            lines.push(line.clone());
            if back == 0 {
                let time = line.time + DAY;
                let quantity = -line.quantity;
                lines.push(Line { time, quantity, order: at + 1, refund_of: Some(at), ..line });
            }
        }
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn sums_agree_with_a_plain_reading(lines in charges(), from in 0_i64..3, long in 0_i64..9, least in 1_i64..9) {
        let (admitted, discharged) = ((100 + from) * DAY + 7_200, (100 + from + long) * DAY + 7_300);
        let encounter = Encounter { admitted: Some(admitted), discharged: Some(discharged), ..Encounter::default() };
        let stay = Stay { encounter, lines: lines.clone() };
        let standing: Vec<&Line> = lines.iter().enumerate()
            .filter(|(at, line)| line.quantity > 0 && !lines.iter().any(|back| back.refund_of == Some(*at as u32)))
            .map(|(_, line)| line).collect();
        let other = |date: i64| standing.iter().any(|line| !line.item.starts_with('C') && line.time / DAY == date);
        let idle = (admitted / DAY..discharged / DAY).filter(|date| !other(*date)).count() as i64;

        let bed = judged(&json!({ "id": "r", "kind": "idle_bed", "items": ["C*"], "days": least }), &stay);
        let wanted = (idle >= least && !standing.is_empty()).then_some(Grounds::Idle { idle, days: long });
        prop_assert_eq!(bed.suspicions.first().map(|seen| seen.grounds), wanted);

        let cost = |line: &Line| (2 * line.quantity * line.price + UNIT) / (2 * UNIT);
        let total: i64 = standing.iter().map(|line| cost(line)).sum();
        let part: i64 = standing.iter().filter(|line| line.item.starts_with('C')).map(|line| cost(line)).sum();
        let low = judged(&json!({ "id": "r", "kind": "low_admission", "items": ["C*"], "share": "0.6", "max_days": 5 }), &stay);
        let days = long.max(1);
        let wanted = (days <= 5 && total > 0 && part * 10 >= total * 6)
            .then_some(Grounds::Examined { days, cost: part, total });
        prop_assert_eq!(low.suspicions.first().map(|seen| seen.grounds), wanted);
    }

    #[test]
    fn days_between_stays_agree_with_a_plain_reading(out in 0_i64..100, back in 0_i64..100, most in 0_i64..6, same in 0_usize..6, second in "I6[34]\\.[89]") {
        let hour = 3_600;
        let previous = PreviousStay { discharged: out * hour * 6, principal_diagnosis: "I63.9".into(), readmission_planned: false };
        let encounter = Encounter {
            admitted: Some(back * hour * 6),
            principal_diagnosis: second.as_str().into(),
            previous: Previous::Stay(previous),
            ..Encounter::default()
        };
        let rule = json!({ "id": "r", "kind": "readmission", "days": most, "same": same });
        let found = judged(&rule, &Stay { encounter, lines: Vec::new() });
        let gap = back / 4 - out / 4;
        let alike = "I63.9".bytes().zip(second.bytes()).take_while(|(a, b)| a == b).count() >= same.min(5);
        let wanted = (gap >= 0 && gap <= most && alike).then_some(Grounds::Readmitted(gap));
        prop_assert_eq!(found.suspicions.first().map(|seen| seen.grounds), wanted);
    }
}
