//! `dipper group` as its users call it.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use serde_json::{Value, json};
use support::{dipper, errors, json_lines, root, scratch, shared};

const APPENDIX: &str = r#"{"id":"1","principal_diagnosis":"K35.900","other_diagnoses":["I10.x00"],"procedures":["47.0100"],"sex":"1","age_years":46,"age_days":null,"birth_weight_g":null,"admitted":"2025-03-01T08:00","discharged":"2025-03-07T10:00","discharge_way":"1","insurance_type":"310","hospital_level":"3","hospital":"H1","total_cost":"13000.00","insurer_cost":"9800.00","self_pay":"1200.00"}"#;

const MEMBERS: [&str; 15] = [
    "band",
    "benchmark_ratio",
    "confirmed",
    "earned_points",
    "factor",
    "group_code",
    "group_name",
    "id",
    "kind",
    "pack",
    "payment",
    "price_kind",
    "reason",
    "standard_points",
    "surplus",
];

fn group(more: &[&str], input: &[u8]) -> Vec<Value> {
    let arguments = [&["group", "--quiet", "--pack", "sample/2025"], more].concat();
    json_lines(&dipper(&arguments, input))
}

/// The appendix case with some members replaced.
fn case(changes: &[(&str, Value)]) -> String {
    let mut case: Value = serde_json::from_str(APPENDIX).expect("JSON");
    for (member, value) in changes {
        case[*member] = value.clone();
    }
    case.to_string()
}

/// covers: DIP-1.02
#[test]
fn the_contracts_example_gives_the_contracts_members() {
    let results = group(&[], APPENDIX.as_bytes());
    let result = results[0].as_object().expect("object");
    let mut members: Vec<&str> = result.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, MEMBERS);
    assert_eq!(result["kind"], "core");
    assert_eq!(result["reason"], Value::Null);
    assert!(result["pack"].as_str().is_some_and(|pack| pack.starts_with("sha256:") && pack.len() == 71));
    for number in ["standard_points", "benchmark_ratio", "factor", "earned_points"] {
        let digits =
            result[number].as_str().and_then(|text| text.split_once('.')).map(|(_, digits)| digits.len());
        assert_eq!(digits, Some(4), "{number}");
    }
    // The money adds up: surplus = payment − insurer cost.
    let fen = |text: &Value| model::Fen::parse_yuan(text.as_str().expect("text")).expect("money");
    assert_eq!(fen(&result["surplus"]), fen(&result["payment"]) - fen(&json!("9800.00")));
}

/// covers: DIP-4.02, DIP-4.04
#[test]
fn trace_candidates_and_schemes_explain_the_same_answer() {
    let plain = group(&[], APPENDIX.as_bytes()).remove(0);
    let full = group(&["--trace", "--candidates", "--schemes"], APPENDIX.as_bytes()).remove(0);
    for member in MEMBERS {
        assert_eq!(plain[member], full[member], "{member}");
    }
    let trace = full["trace"].as_array().expect("trace");
    assert!(
        trace.iter().all(|step| step["text"].as_str().is_some_and(|text| text.ends_with('。'))),
        "{trace:?}"
    );
    let text: String = trace.iter().filter_map(|step| step["text"].as_str()).collect();
    for number in ["benchmark_ratio", "earned_points", "payment", "surplus"] {
        let shown = plain[number].as_str().expect("number");
        assert!(text.contains(shown), "{number} {shown} is not explained in {text}");
    }
    let candidates = full["candidates"].as_array().expect("candidates");
    let chosen: Vec<&Value> = candidates.iter().filter(|c| c["outcome"] == "chosen").collect();
    assert_eq!(chosen.len(), 1);
    assert_eq!(chosen[0]["group_code"], plain["group_code"]);
    assert_eq!(chosen[0]["payment"], plain["payment"]);
    assert!(candidates.iter().all(|c| c["text"].as_str().is_some_and(|text| !text.is_empty())));
    let schemes = full["schemes"].as_array().expect("schemes");
    assert_eq!(schemes[0]["group_code"], plain["group_code"], "首选 comes first");
    for mark in ["first_choice", "most_points", "best_surplus"] {
        assert!(schemes.iter().any(|scheme| scheme[mark] == true), "{mark}");
    }
    let documented = ["47.0100"];
    for scheme in schemes {
        let used = scheme["matched"].as_array().expect("matched");
        assert!(used.iter().all(|code| documented.contains(&code.as_str().expect("code"))), "{scheme}");
        assert_eq!(scheme["undocumented"], false);
    }
}

/// Every way a line can be bad, between good ones: each gets its error, the rest goes on.
#[test]
fn bad_lines_are_named_and_the_rest_goes_on() {
    let bad: Vec<(Vec<u8>, &str, &str)> = vec![
        (b"not json".to_vec(), "", "不是合法的 JSON"),
        (b"[1,2]".to_vec(), "", "不是合法的 JSON"),
        (case(&[("id", Value::Null)]).into_bytes(), "id", "缺少病例号"),
        (case(&[("id", json!("b1")), ("total_cost", json!("-5.00"))]).into_bytes(), "total_cost", "负数"),
        (
            case(&[("id", json!("b2")), ("total_cost", json!("100000001.00"))]).into_bytes(),
            "total_cost",
            "1 亿元",
        ),
        (
            case(&[("id", json!("b3")), ("total_cost", json!("12.345"))]).into_bytes(),
            "total_cost",
            "精度超过分",
        ),
        (case(&[("id", json!("b4")), ("total_cost", json!("一万"))]).into_bytes(), "total_cost", "不是数字"),
        (
            case(&[("id", json!("b5")), ("insurer_cost", json!("13000.01"))]).into_bytes(),
            "insurer_cost",
            "大于总费用",
        ),
        (
            case(&[("id", json!("b6")), ("discharged", json!("2025-02-01"))]).into_bytes(),
            "discharged",
            "早于入院",
        ),
        (
            case(&[("id", json!("b7")), ("admitted", json!("2025-02-30"))]).into_bytes(),
            "admitted",
            "不是日期",
        ),
        (case(&[("id", json!("b8")), ("age_years", json!(-1))]).into_bytes(), "age_years", "整数"),
        (case(&[("id", json!("b9")), ("age_years", json!(200))]).into_bytes(), "age_years", "整数"),
        (case(&[("id", json!("b10")), ("sex", json!("人"))]).into_bytes(), "sex", "无法识别"),
        (
            case(&[("id", json!("b11")), ("principal_diagnosis", json!("K".repeat(80)))]).into_bytes(),
            "principal_diagnosis",
            "过长",
        ),
        (
            case(&[("id", json!("b12")), ("procedures", json!(vec!["47.01"; 300]))]).into_bytes(),
            "procedures",
            "超过 200",
        ),
        (
            case(&[("id", json!("b13")), ("hospital", json!("x".repeat(1_000_001)))]).into_bytes(),
            "",
            "超过 1 MB",
        ),
        (b"{\"id\":\"b14\",\"principal_diagnosis\":\"\xff\xfe\"}".to_vec(), "", "不是有效的文本编码"),
        (case(&[("id", json!("good0"))]).into_bytes(), "id", "重复"),
    ];
    let mut input = Vec::new();
    for (at, (line, _, _)) in bad.iter().enumerate() {
        input.extend_from_slice(case(&[("id", json!(format!("good{at}")))]).as_bytes());
        input.push(b'\n');
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    let results = group(&[], &input);
    assert_eq!(results.len(), bad.len() * 2);
    for (at, (_, field, message)) in bad.iter().enumerate() {
        assert_eq!(results[at * 2]["id"], format!("good{at}"));
        assert_eq!(results[at * 2]["kind"], "core");
        let error = &results[at * 2 + 1];
        let text =
            error["error"].as_str().unwrap_or_else(|| panic!("no error for line {}: {error}", at * 2 + 2));
        assert!(text.contains(message) && text.starts_with(&format!("第 {} 行", at * 2 + 2)), "{text}");
        assert_eq!(error["line"], at * 2 + 2);
        assert_eq!(error["field"].as_str().unwrap_or_default(), *field);
    }
}

#[test]
fn what_is_odd_but_right_is_grouped() {
    let lines = [
        case(&[("id", json!(17)), ("total_cost", json!(13000.5)), ("insurer_cost", json!(9800))]),
        case(&[
            ("id", json!("b")),
            ("principal_diagnosis", json!("ｋ35900")),
            ("procedures", json!([" 470100 "])),
        ]),
        case(&[("id", json!("c")), ("someone_elses_member", json!({"a": [1, 2]}))]),
        "\u{feff}".to_owned() + &case(&[("id", json!("d"))]),
        String::new(),
        case(&[("id", json!("e")), ("principal_diagnosis", json!("")), ("procedures", Value::Null)]),
        case(&[("id", json!("f")), ("total_cost", Value::Null), ("insurer_cost", Value::Null)]),
    ];
    let results = group(&[], lines.join("\r\n").as_bytes());
    assert_eq!(results.len(), 6);
    assert!(
        results[..4].iter().all(|result| result["group_code"] == results[0]["group_code"]),
        "{results:?}"
    );
    assert_eq!((&results[0]["id"], &results[4]["reason"]), (&json!("17"), &json!("missing_principal")));
    assert_eq!(results[5]["kind"], "core");
    assert!(results[5]["reason"].is_string() && results[5]["payment"].is_null(), "{}", results[5]);
}

/// covers: DIP-1.02
#[test]
fn the_same_bytes_on_every_run_and_thread_count() {
    let policy = dipper::pack_dir::load(std::path::Path::new("sample/2025")).expect("pack");
    let mut input = String::new();
    for drawn in hospital::CaseMix::new(&policy, 3).take(9000) {
        let codes = |codes: &[model::Coded]| codes.iter().map(|c| c.written.to_string()).collect::<Vec<_>>();
        let changes = [
            ("id", json!(drawn.id.as_str())),
            ("principal_diagnosis", json!(drawn.principal_diagnosis.written.as_str())),
            ("procedures", json!(codes(&drawn.procedures))),
            ("total_cost", json!(drawn.total_cost.map(|c| c.to_string()))),
            ("insurer_cost", json!(drawn.insurer_cost.map(|c| c.to_string()))),
            ("self_pay", json!("0.00")),
        ];
        input.push_str(&case(&changes));
        input.push('\n');
    }
    let run =
        |threads: &str| dipper(&["group", "--pack", "sample/2025", "--threads", threads], input.as_bytes());
    let (one, two, seven) = (run("1"), run("2"), run("7"));
    assert!(one.status.success());
    assert!(one.stdout == two.stdout && one.stdout == seven.stdout);
    assert_eq!(errors(&one), errors(&seven));
    assert!(errors(&one).starts_with("病例 9000 例：入组"), "{}", errors(&one));
}

#[test]
fn csv_in_and_out_gbk_and_foreign_columns() {
    let dir = scratch("csv");
    let csv = "病例号,主诊断,手术,总费用,医保费用,出院,险种,备注\n\
               1,K35.900,47.0100|54.9100,13000.00,9800.00,2025-03-07,310,\"急性，阑尾炎\"\n\
               2,,,,,,,\n3,K35.900,47.0100,13000.00\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(csv);
    std::fs::write(dir.join("gbk.csv"), &gbk).expect("written");
    let map = "[columns]\nid = \"病例号\"\nprincipal_diagnosis = \"主诊断\"\nprocedures = \"手术\"\ntotal_cost = \"总费用\"\n\
               insurer_cost = \"医保费用\"\ndischarged = \"出院\"\ninsurance_type = \"险种\"\n[constants]\nhospital_level = \"3\"\nhospital = \"H1\"\n";
    std::fs::write(dir.join("map.toml"), map).expect("written");
    let path = |name: &str| dir.join(name).to_str().expect("path").to_owned();
    let (input, map, output) = (path("gbk.csv"), path("map.toml"), path("out.csv"));
    let run =
        dipper(&["group", "--pack", "sample/2025", "--in", &input, "--map", &map, "--out", &output], b"");
    assert!(run.status.success(), "{}", errors(&run));
    let written = std::fs::read_to_string(&output).expect("output");
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("record")).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0][0], &rows[0][3]), ("1", "core"));
    assert_eq!((&rows[1][3], &rows[1][14]), ("ungrouped", "missing_principal"));
    assert_eq!(&rows[2][3], "error");
    assert!(rows[2][17].contains("应有 8 列，实有 4 列"), "{:?}", rows[2]);
    assert!(!dir.join("out.csv.partial").exists());
}

#[test]
fn unusable_arguments_and_bad_packs_exit_with_2() {
    let dir = scratch("bad");
    std::fs::write(dir.join("pack.toml"), "id = 1\nname = [").expect("written");
    let pack = dir.to_str().expect("path");
    for (arguments, message) in [
        (vec!["group", "--pack", "nowhere"], "政策包 nowhere：打不开文件夹"),
        (vec!["group", "--pack", pack], "缺少此文件"),
        (vec!["group", "--pack", "sample/2025", "--in", "nowhere.jsonl"], "打不开病例文件"),
        (vec!["group", "--pack", "sample/2025", "--map", "nowhere.toml"], "列对照"),
        (vec!["group", "--pack", "sample/2025", "--from", "csv"], "表头"),
        (vec!["group"], "--pack"),
        (vec!["nothing"], "nothing"),
    ] {
        let output = dipper(&arguments, b"");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", errors(&output));
        assert!(errors(&output).contains(message), "{arguments:?}: {}", errors(&output));
    }
    let as_of =
        dipper(&["group", "--quiet", "--pack", "sample/2025", "--as-of", "2030-01-01"], APPENDIX.as_bytes());
    assert_eq!(json_lines(&as_of)[0]["reason"], "out_of_version");
}

/// Real stays with the imported Pingdingshan catalogue: the counts are a snapshot.
///
/// covers: DIP-1.02, DIP-1.08
#[test]
fn real_stays_through_an_imported_city() {
    let (Some(catalogue), Some(statistics), Some(stays)) = (
        shared("dip_pingdingshan_2025/catalogue.csv"),
        shared("dip_pingdingshan_2025/group_statistics.csv"),
        shared("discharges_brazil_2019/discharges.csv"),
    ) else {
        return;
    };
    let pack = imported("real-stays", &catalogue, &statistics);
    let map = root().join("packs/mappings/datasus/cases.toml");
    let text = |path: &std::path::Path| path.to_str().expect("path").to_owned();
    let run = dipper(
        &["group", "--pack", &pack, "--in", &text(&stays), "--map", &text(&map), "--as-of", "2025-06-30"],
        b"",
    );
    assert_eq!(json_lines(&run).len(), 5000);
    insta::assert_snapshot!("real_stays", errors(&run));
}

/// A copy of the Pingdingshan parameters with the catalogue imported by the command.
fn imported(name: &str, catalogue: &std::path::Path, statistics: &std::path::Path) -> String {
    let dir = scratch(name).join("city/2025");
    std::fs::create_dir_all(&dir).expect("folder");
    for entry in std::fs::read_dir(root().join("fixtures/imports/pingdingshan")).expect("fixture") {
        let path = entry.expect("entry").path();
        std::fs::copy(&path, dir.join(path.file_name().expect("name"))).expect("copied");
    }
    let toml = std::fs::read_to_string(dir.join("pack.toml")).expect("pack.toml");
    let base = root().join("packs/policy/base/2025");
    let toml: Vec<String> = toml
        .lines()
        .map(|line| if line.starts_with("extends") { format!("extends = {base:?}") } else { line.to_owned() })
        .collect();
    std::fs::write(dir.join("pack.toml"), toml.join("\n")).expect("pack.toml");
    let pack = dir.to_str().expect("path").to_owned();
    let (catalogue, statistics) = (catalogue.to_str().expect("path"), statistics.to_str().expect("path"));
    let run = dipper(
        &["policy", "import", "--pack", &pack, "--in", catalogue, "--stats", statistics, "--apply"],
        b"",
    );
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), errors(&run));
    pack
}

/// covers: DIP-1.02, DIP-1.03
#[test]
fn every_row_of_a_real_city_groups_to_itself_or_is_explained() {
    let (Some(catalogue), Some(statistics)) =
        (shared("dip_pingdingshan_2025/catalogue.csv"), shared("dip_pingdingshan_2025/group_statistics.csv"))
    else {
        return;
    };
    let pack = imported("self-grouping", &catalogue, &statistics);
    let policy = dipper::pack_dir::load(std::path::Path::new(&pack)).expect("imported pack");
    assert_eq!(policy.groups.len(), 4444);
    let grouper = grouper::Grouper::new(std::sync::Arc::new(policy));
    let policy = grouper.policy();
    let exemplars = hospital::Exemplars::new(policy);
    let mut elsewhere = Vec::new();
    for (at, group) in policy.groups.iter().enumerate() {
        let case = exemplars.case(at).unwrap_or_else(|| panic!("no case can be drawn for {}", group.code));
        let explanation = grouper.explain(&case);
        if explanation.grouping.group() == Some(at) {
            continue;
        }
        let found = explanation.grouping.group().map_or("—", |found| policy.groups[found].code.as_str());
        let candidates = explanation.candidates();
        let why = candidates.iter().find(|c| c.group == at).map_or("未成为候选", |c| c.text.as_str());
        elsewhere.push(format!("{} → {found}：{why}", group.code));
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
}
