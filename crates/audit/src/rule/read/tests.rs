//! Reading of rule documents.

use super::*;

#[test]
fn both_ways_to_write_a_list_and_a_window() {
    let array = r#"[{"id":"1","kind":"freq","items":["A|名称","B*"],"max":1,"window":{"type":"sliding_hours","n":6}}]"#;
    let lines = "\u{feff}{\"id\":1,\"kind\":\"freq\",\"items\":[\"A\",\"B*\"],\"max\":\"1\",\"window\":\"sliding_hours:6\"}\n\n";
    let (one, other) = (read_rules(array).expect("reads"), read_rules(lines).expect("reads"));
    assert_eq!(one, other);
    assert!(one[0].parts[0][1].prefix && !one[0].parts[0][0].prefix);
}

#[test]
fn days_of_the_stay_in_a_limit() {
    let each = |each, plus| Some(Cap::StayDays { each: each * UNIT, plus: plus * UNIT });
    assert_eq!(expression_of_days("los_days*24"), each(24, 0));
    assert_eq!(expression_of_days("24 * los_days"), each(24, 0));
    assert_eq!(expression_of_days("los_days+1"), each(1, 1));
    assert_eq!(expression_of_days("los_days-1"), each(1, -1));
    assert_eq!(expression_of_days("los_days*los_days"), None);
}

#[test]
fn every_problem_names_rule_and_field() {
    let bad = [
        (r#"{"kind":"freq"}"#, "", "id"),
        (r#"{"id":"r"}"#, "r", "kind"),
        (r#"{"id":"r","kind":"nothing"}"#, "r", "kind"),
        (r#"{"id":"r","kind":"freq","items":[],"max":1}"#, "r", "items"),
        (r#"{"id":"r","kind":"freq","items":["A"],"max":-1}"#, "r", "max"),
        (r#"{"id":"r","kind":"freq","items":["A"],"max":1,"max_expr":"los_days"}"#, "r", "max"),
        (r#"{"id":"r","kind":"freq","items":["A"],"max":1,"window":"sliding_hours"}"#, "r", "window"),
        (r#"{"id":"r","kind":"dup_main_sub","main":["A"],"sub":["B"],"window":"line"}"#, "r", "window"),
        (r#"{"id":"r","kind":"long_stay"}"#, "r", "days"),
        (r#"{"id":"r","kind":"long_stay","days":0}"#, "r", "days"),
        (r#"{"id":"r","kind":"long_stay","days":60,"items":["A"]}"#, "r", "items"),
        (r#"{"id":"r","kind":"long_stay","days":60,"result":"violation"}"#, "r", "result"),
        (r#"{"id":"r","kind":"readmission","days":1.5}"#, "r", "days"),
        (r#"{"id":"r","kind":"readmission","days":15,"same":21}"#, "r", "same"),
        (r#"{"id":"r","kind":"readmission","days":15,"planned":"no"}"#, "r", "planned"),
        (r#"{"id":"r","kind":"low_admission","items":["A"],"share":0.8}"#, "r", "max_days"),
        (r#"{"id":"r","kind":"low_admission","items":["A"],"share":0,"max_days":3}"#, "r", "share"),
        (r#"{"id":"r","kind":"low_admission","share":0.8,"max_days":3}"#, "r", "items"),
        (r#"{"id":"r","kind":"idle_bed","items":[],"days":2}"#, "r", "items"),
        (r#"{"id":"r","kind":"idle_bed","items":["A"]}"#, "r", "days"),
        (r#"{"id":"r","kind":"freq","items":["A"],"max":1,"mx":1}"#, "r", "mx"),
        (r#"{"id":"r","kind":"freq","items":["A"],"max":0.00001}"#, "r", "max"),
        (r#"{"id":"r","kind":"age","items":["A"]}"#, "r", "max_age"),
        (r#"{"id":"r","kind":"sex","items":["A"]}"#, "r", "allow"),
        (r#"{"id":"r","kind":"hosp_level","items":["A"],"min":"九级"}"#, "r", "min"),
        (r#"{"id":"r","kind":"dup_mutual","sets":[["A"]]}"#, "r", "sets"),
        (r#"{"id":"r","kind":"dup_mutual","sets":[["A"],[]]}"#, "r", "sets"),
        (r#"{"id":"r","kind":"corr_ratio","a":["A"],"b":["B"],"k":0}"#, "r", "k"),
        (r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","valid_from":"2026-13-01"}"#, "r", "valid_from"),
        (
            r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","valid_from":"2026-02-01","valid_to":"2026-02-01"}"#,
            "r",
            "valid_to",
        ),
        (r#"{"id":"r","kind":"hosp_level","items":["A"]}"#, "r", "min"),
        (r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","level":"强"}"#, "r", "level"),
        (r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","stage":["order","never"]}"#, "r", "stage"),
        (r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","scene":[]}"#, "r", "scene"),
        (
            r#"{"id":"r","kind":"sex","items":["A"],"allow":"1","evidence":{"clause":"3"}}"#,
            "r",
            "evidence.document",
        ),
        ("{", "", "JSON"),
        ("[1]", "", "JSON"),
    ];
    for (text, rule, field) in bad {
        let errors = read_rules(text).expect_err(text);
        assert_eq!((errors[0].rule.as_str(), errors[0].field.as_str()), (rule, field), "{text}");
    }
}

#[test]
fn management_members_are_read_by_code_or_by_name() {
    let text = r#"[{"id":"r","kind":"sex","items":["A"],"allow":["男"],"level":"强制","stage":["order","计费"],"scene":"住院","result":"可疑",
        "evidence":{"document":"某办法","clause":"第三条"}},{"id":"s","kind":"sex","items":["A"],"allow":["男"],"evidence":"UNCONFIRMED"}]"#;
    let rules = read_rules(text).expect("reads");
    assert_eq!((rules[0].level, rules[0].nature), (Level::Blocking, Nature::Suspicion));
    assert_eq!(
        (&rules[0].stages[..], &rules[0].scenes[..]),
        (&[Stage::Order, Stage::Charge][..], &[Scene::Inpatient][..])
    );
    assert_eq!(rules[0].evidence, Evidence { document: "某办法".into(), clause: "第三条".into() });
    assert_eq!((rules[1].level, rules[1].stages.len()), (Level::Warning, Stage::ALL.len()));
    assert!(rules[0].evidence.is_confirmed() && !rules[1].evidence.is_confirmed());
}

#[test]
fn a_problem_is_told_with_file_line_rule_field_and_remedy() {
    let text = "\n{\"id\":\"r\",\"kind\":\"sex\",\"items\":[\"A\"]}";
    let errors = read_rules_of([("limits.jsonl", text)]).expect_err("no allow");
    assert_eq!(errors[0].to_string(), "limits.jsonl 第 2 行，规则 r：allow：缺少允许的取值");
}

#[test]
fn an_id_twice_is_refused() {
    let text = r#"[{"id":"r","kind":"sex","items":["A"],"allow":["男"]},{"id":"r","kind":"sex","items":["B"],"allow":["女"]}]"#;
    assert_eq!(read_rules(text).expect_err("twice").len(), 1);
}
