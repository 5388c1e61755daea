//! `dipper audit` as its users call it.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use serde_json::{Value, json};
use support::{dipper, errors, json_lines, scratch};

const RULES: &str = concat!(
    r#"{"id":"bed","kind":"freq","items":["BED"],"max":1,"window":{"type":"calendar_day"},"evid":"床位费按日"}"#,
    "\n",
    r#"{"id":"contains","kind":"dup_main_sub","main":["OP"],"sub":["PART"],"window":{"type":"encounter"}}"#,
    "\n"
);

fn stay(id: &str, parts: usize) -> String {
    let mut lines = vec![
        json!({ "id": "a", "item": "BED", "t": "2025-03-01T08:00", "qty": 1, "price_fen": 4000, "dept": "骨科" }),
        json!({ "id": "b", "item": "BED", "t": "2025-03-01T20:00", "qty": 2, "price_fen": 4000, "dept": "骨科" }),
        json!({ "id": "c", "item": "BED", "t": "2025-03-02T08:00", "qty": -1, "price_fen": 4000, "refund_of": "b" }),
        json!({ "id": "op", "item": "OP", "t": "2025-03-02T09:00", "qty": 1, "price_fen": 90000 }),
    ];
    for at in 0..parts {
        lines.push(json!({ "id": format!("p{at}"), "item": "PART", "t": "2025-03-02T10:00", "qty": 0.5, "price_fen": 301 }));
    }
    json!({ "id": id, "encounter": { "sex": "1", "adm": "2025-03-01", "dis": "2025-03-03" }, "lines": lines })
        .to_string()
}

#[test]
fn findings_follow_the_order_of_the_stays_on_any_number_of_threads() {
    let folder = scratch("audit-order");
    let rules = folder.join("rules.jsonl");
    std::fs::write(&rules, RULES).expect("written");
    let rules = rules.display().to_string();
    let input: String = (0..3_000).map(|n| stay(&format!("z{n}"), n % 3) + "\n").collect();
    let run = |threads: &str| {
        dipper(&["audit", "--quiet", "--threads", threads, "--rules", &rules], input.as_bytes())
    };
    let one = json_lines(&run("1"));
    assert_eq!(one, json_lines(&run("3")));
    assert_eq!(one.len(), 3_000);
    let expected = json!({
        "id": "z1",
        "findings": [
            { "rule": "bed", "line": "b", "excess_qty": 1, "excess_fen": 4000, "because_of": ["a"] },
            { "rule": "contains", "line": "p0", "excess_qty": 0.5, "excess_fen": 151, "because_of": ["op"] },
        ],
        "alerts": [],
    });
    assert_eq!(one[1], expected);
}

#[test]
fn bad_stays_stand_in_their_place_and_the_others_are_judged() {
    let folder = scratch("audit-bad");
    let rules = folder.join("rules.json");
    let list: Vec<Value> = RULES.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    std::fs::write(&rules, json!(list).to_string()).expect("written");
    let mut input = format!("{}\n\n{{\n", stay("z1", 0)).into_bytes();
    input.extend_from_slice(b"{\"id\":\"\xd6\xd0\"}\n");
    input.extend_from_slice(stay("z2", 0).replace("\"qty\":2", "\"qty\":\"两\"").as_bytes());
    let answers = json_lines(&dipper(&["audit", "--quiet", "--rules", &rules.display().to_string()], &input));
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["findings"][0]["line"], "b");
    let places: Vec<&Value> = answers[1..].iter().map(|answer| &answer["line"]).collect();
    assert_eq!(places, [&json!(3), &json!(4), &json!(5)]);
    assert_eq!((&answers[3]["id"], &answers[3]["field"]), (&json!("z2"), &json!("lines[1].qty")));
}

#[test]
fn wrong_rules_are_all_named_and_nothing_is_judged() {
    let folder = scratch("audit-rules");
    let rules = folder.join("rules.jsonl");
    std::fs::write(
        &rules,
        r#"{"id":"a","kind":"freq","items":["A"]}"#.to_owned() + "\n" + r#"{"id":"b","kind":"sex"}"#,
    )
    .expect("written");
    let text = errors(&dipper(&["audit", "--rules", &rules.display().to_string()], b""));
    assert!(
        text.contains("2 处错误") && text.contains("规则 a：max") && text.contains("规则 b：allow"),
        "{text}"
    );
}
