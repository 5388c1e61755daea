//! The GRP examples of `fixtures/worked_examples.json` (sources stand in each example).

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use serde_json::Value;
use support::{CLASSIC, case, group, grouper};

const OPERATIONS: &str = "47,surgical\n51,surgical\n53,surgical\n33,diagnostic\n96,therapeutic\n39.95,therapeutic\n\
                          54,surgical\n99.28,therapeutic\n";

/// Core rows of a mini catalogue: `[code, diagnosis, main, related or {avg}]`.
fn core_rows(rows: &Value) -> String {
    let mut csv = String::from(
        "code,name,set,kind,diagnosis,main_operation,related_operation,operation_class,points,reference_cost\n",
    );
    for row in rows.as_array().expect("rows") {
        let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
        let avg = row.get(3).and_then(|cell| cell.get("avg")).and_then(Value::as_str).unwrap_or_default();
        csv.push_str(&format!(
            "{0},{0},core,core,{1},{2},{3},,100,{avg}\n",
            text(0),
            text(1),
            text(2),
            text(3)
        ));
    }
    csv
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn run(example: &Value) {
    let (id, inputs, expected) =
        (example["id"].as_str().expect("id"), &example["inputs"], &example["expected"]);
    let core_only = CLASSIC.split("[[stage]]\nid = \"composite\"").next().expect("first part");
    let core_only = core_only.replace(
        ", \"composite:surgical\", \"composite:therapeutic\",\n  \"composite:diagnostic\", \"core:conservative\", \"composite:conservative\"",
        ", \"core:conservative\"",
    );
    match id {
        "GRP-02" => {
            for (mode, key) in [("prefix", "prefix_policy"), ("exact", "exact_policy")] {
                let rules =
                    format!("{core_only}\n[diagnosis]\nexcluded = \"@ex\"\nexcluded_match = \"{mode}\"\n");
                let list = [("lists/ex.csv", "code\nK80.000\n")];
                let grouper =
                    grouper(&core_rows(&serde_json::json!([["G", "K80.0", ""]])), &rules, OPERATIONS, &list);
                let got = group(&grouper, &case(inputs["principal_dx"].as_str().expect("dx"), &[]));
                let excluded = expected[key].as_str() == Some("EXCLUDED_PRINCIPAL_DIAGNOSIS");
                assert_eq!(got, if excluded { "diagnosis_excluded" } else { "G" }, "{id} {mode}");
            }
        }
        "GRP-04" => {
            let rows = serde_json::json!([["G", "C34.1", inputs["rule_cell"]]]);
            let rules = core_only.replace("[operations]", "[operations]\nmatch = \"extension\"");
            let got = group(
                &grouper(&core_rows(&rows), &rules, OPERATIONS, &[]),
                &case("C34.100", &texts(&inputs["case_ops"])),
            );
            assert_eq!(got == "G", expected["matches"].as_bool().expect("bool"), "{id}");
        }
        "GRP-06" => {
            let wanted = inputs["row_requiring_related"].as_str().expect("row");
            let rows =
                serde_json::json!([[wanted, "K35", "47.0100", "54.5100"], ["JC", "K35", "47.0100", ""]]);
            let rules = core_only.replace("key_lengths = [5]", "key_lengths = [5, 3]");
            let got = group(&grouper(&core_rows(&rows), &rules, OPERATIONS, &[]), &case("K35", &["47.0100"]));
            assert_ne!(got, expected["must_not_enter"].as_str().expect("row"), "{id}");
            assert_eq!(got, "JC");
        }
        "GRP-08" => {
            let csv = "code,name,set,kind,diagnosis,operation_class,points\nT30-1,烧伤,composite,composite,T30,conservative,100\nC,c,core,core,A01.0,,1\n";
            assert_eq!(
                group(&grouper(csv, CLASSIC, OPERATIONS, &[]), &case("T30.100", &[])),
                expected["group"].as_str().expect("group")
            );
        }
        "GRP-14" => {
            let mut csv = core_rows(&inputs["core"]);
            for row in inputs["composite"].as_array().expect("rows") {
                let class = if row[2] == "治疗性操作" { "therapeutic" } else { "conservative" };
                let (code, key) = (row[0].as_str().expect("code"), row[1].as_str().expect("key"));
                csv.push_str(&format!("{code},{code},composite,composite,{key},,,{class},100,\n"));
            }
            let got =
                group(&grouper(&csv, CLASSIC, OPERATIONS, &[]), &case("I50.900", &texts(&inputs["ops"])));
            assert_eq!(got, expected["group"].as_str().expect("group"), "{id}");
        }
        "GRP-10" | "GRP-12" | "GRP-16" => {
            let mut ops = texts(&inputs["ops"]);
            ops.extend(inputs["main_op"].as_str());
            ops.extend(texts(&inputs["related_ops"]));
            let mut case = case(inputs["principal_dx"].as_str().expect("dx"), &ops);
            case.total_cost =
                inputs["total_cost"].as_str().and_then(|yuan| model::Fen::parse_yuan(yuan).ok());
            let rules = if id == "GRP-16" {
                core_only.replace("[operations]", "[operations]\nrelated = \"any\"\nmain = \"first\"")
            } else {
                core_only
            };
            let got = group(&grouper(&core_rows(&inputs["catalog"]), &rules, OPERATIONS, &[]), &case);
            assert_eq!(got, expected["group"].as_str().expect("group"), "{id}");
        }
        other => panic!("worked example {other} has no test"),
    }
}

/// covers: DIP-1.02
#[test]
fn every_published_grouping_example_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/worked_examples.json");
    let text = std::fs::read_to_string(path).expect("fixtures/worked_examples.json");
    let examples: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let grouping: Vec<&Value> =
        examples.iter().filter(|e| e["id"].as_str().is_some_and(|id| id.starts_with("GRP-"))).collect();
    assert_eq!(grouping.len(), 8, "all GRP examples are there");
    grouping.into_iter().for_each(run);
}
