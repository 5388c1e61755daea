//! Every kind of rule and a finding of it, as a doctor reads them.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{
    Attribute, DocumentNames, Engine, Naming, Scratch, finding_sentence, read_rules, read_stay,
    rule_sentence, timeline,
};
use serde_json::{Value, json};

/// Names of the document, and of departments and insurances as a hospital knows them.
struct Names(DocumentNames);

impl Naming for Names {
    fn item(&self, code: &str) -> Option<String> {
        self.0.item(code)
    }

    fn unit(&self, code: &str) -> Option<String> {
        // Items that the document names are of the insurer's catalogue, which has no unit here.
        self.0.item(code).is_none().then(|| "个".to_owned())
    }

    fn value(&self, of: Attribute, code: &str) -> Option<String> {
        let known = match (of, code) {
            (Attribute::Department, "K1") => "康复科",
            (Attribute::Department, "K2") => "骨科",
            (Attribute::Insurance, "310") => "职工医保",
            (Attribute::Insurance, "410") => "工伤保险",
            _ => return self.0.value(of, code),
        };
        Some(known.to_owned())
    }
}

fn rule_of(document: &Value) -> (String, Names) {
    let rules = read_rules(&json!([document]).to_string()).expect("reads");
    let names = Names(DocumentNames::of(document));
    (rule_sentence(&rules[0], &names), names)
}

#[test]
fn every_kind_is_a_sentence() {
    let a = json!(["A|甲"]);
    let of = |kind: &str, more: Value| {
        let mut document = json!({ "id": "r", "kind": kind });
        document.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        rule_of(&document).0
    };
    let day = "calendar_day";
    let all = [
        (of("sex", json!({ "items": a, "allow": "女" })), "“甲”限女性使用。"),
        (
            of("insurance", json!({ "items": a, "allow": ["410", "510"] })),
            "“甲”限险种为工伤保险、生育保险的患者使用。",
        ),
        (of("med_type", json!({ "items": a, "allow": ["52"] })), "“甲”限医疗类别为生育住院的患者使用。"),
        (of("visit_type", json!({ "items": a, "allow": ["门诊"] })), "“甲”限门诊使用。"),
        (of("dept", json!({ "items": a, "allow": ["K1", "K2"] })), "“甲”限康复科、骨科使用。"),
        (of("diagnosis", json!({ "items": a, "allow": ["I63"] })), "“甲”限诊断为I63的患者使用。"),
        (of("operation", json!({ "items": a, "allow": ["36.0"] })), "“甲”限手术操作为36.0的患者使用。"),
        (of("hosp_level", json!({ "items": a, "min": 2 })), "“甲”限二级及以上医院使用。"),
        (of("hosp_level", json!({ "items": a, "min": 3 })), "“甲”限三级医院使用。"),
        (of("hosp_level", json!({ "items": a, "max": 1 })), "“甲”限一级医院使用。"),
        (of("hosp_level", json!({ "items": a, "min": 1, "max": 2 })), "“甲”限一级至二级医院使用。"),
        (of("age", json!({ "items": a, "max_age": 14 })), "“甲”限 14 岁及以下患者使用。"),
        (of("age", json!({ "items": a, "min_age": 0, "max_age": 0 })), "“甲”限不满 1 岁的患者使用。"),
        (of("age", json!({ "items": a, "min_age": 3, "max_age": 6 })), "“甲”限 3 至 6 岁患者使用。"),
        (of("freq", json!({ "items": a, "max": 2, "window": day })), "同一日内，“甲”计费数量不超过 2。"),
        (
            of(
                "freq",
                json!({ "items": ["A|甲", "B*"], "max": 1.5, "unit": "times", "window": "sliding_hours:72" }),
            ),
            "72 小时内，“甲”、“B 开头的项目”计费次数合计不超过 1.5 次。",
        ),
        (
            of("freq", json!({ "items": ["A|甲", "B|乙"], "max": 3, "window": "line" })),
            "每笔明细，“甲”、“乙”计费数量不超过 3。",
        ),
        (
            of("freq", json!({ "items": a, "max_expr": "los_days*24" })),
            "一次住院内，“甲”计费数量不超过 住院天数×24。",
        ),
        (
            of("total_qty", json!({ "items": ["A", "B", "C", "D", "E"], "max": 5 })),
            "一次住院内，“A”、“B”、“C”、“D” 等 5 项计费数量合计不超过 5 个。",
        ),
        (of("course_days", json!({ "items": a, "max": 14 })), "一次住院内，“甲”计费不超过 14 天。"),
        (
            of("total_amount", json!({ "items": a, "max_fen": 6500, "window": day })),
            "同一日内，“甲”计费金额不超过 65.00 元。",
        ),
        (
            of("dup_main_sub", json!({ "main": a, "sub": ["B|乙"], "window": "clock_hour" })),
            "同一小时内，已收取“甲”的，不得再收取“乙”。",
        ),
        (
            of(
                "dup_main_sub",
                json!({ "main": a, "sub": ["B|乙"], "except_if": ["C|丙"], "window": "iso_week" }),
            ),
            "同一周内，已收取“甲”的，不得再收取“乙”；同时有“丙”时除外。",
        ),
        (
            of("dup_mutual", json!({ "sets": [["A|甲"], ["B|乙"], ["C|丙"]], "window": "sliding_days:3" })),
            "3 天内，（“甲”）、（“乙”）、（“丙”） 只能收取其中一组，保留金额最高的一组。",
        ),
        (
            of("corr_single", json!({ "a": a, "b": ["B|乙", "C|丙"], "window": day })),
            "收取“甲”时，同一日内须同时收取“乙”、“丙”之一。",
        ),
        (
            of("corr_all", json!({ "a": a, "b": ["B|乙", "C|丙"], "window": day })),
            "收取“甲”时，同一日内须同时收取“乙”和“丙”。",
        ),
        (
            of("corr_sets", json!({ "sets": [["A|甲"], ["B|乙"]], "window": day })),
            "同一日内，（“甲”）与（“乙”） 须同时收取，缺一不可。",
        ),
        (
            of("corr_ratio", json!({ "a": a, "b": ["B|乙"], "k": 2, "window": day })),
            "同一日内，每收取 1 个“乙”，“甲”最多收取 2 个。",
        ),
        (
            of("discount", json!({ "items": ["A|甲", "B|乙"], "ratio": 0.5, "window": day })),
            "同一日内，“甲”、“乙”中除标准价最高的一项外，其余按不超过标准价的 50% 收费。",
        ),
    ];
    for (said, expected) in all {
        assert_eq!(said, expected);
    }
}

/// The sentences of all findings, and the timeline of the last: line number and `!` for the excess.
fn found(document: Value, lines: &[(&str, &str, f64, i64)]) -> (Vec<String>, Vec<String>) {
    let engine = Engine::new(read_rules(&json!([document]).to_string()).expect("reads"));
    let line = |(at, (item, time, quantity, price)): (usize, &(&str, &str, f64, i64))| {
        json!({ "id": at + 1, "item": item, "t": format!("2025-03-{time}"), "qty": quantity, "price_fen": price,
                "full_price_fen": 1000, "dept": "K2" })
    };
    let stay = json!({
        "id": "z1",
        "encounter": { "sex": "1", "age": 14, "insurance": "310", "med_type": "21", "visit": "住院", "hosp_level": 2,
            "adm": "2025-03-01T08:00", "dis": "2025-03-03T15:00", "diagnoses": ["I63.900"] },
        "lines": lines.iter().enumerate().map(line).collect::<Vec<_>>(),
    });
    let stay = read_stay(&stay.to_string()).expect("stay").stay;
    let verdict = engine.judge(&stay, &mut Scratch::default());
    let names = Names(DocumentNames::of(&document));
    let sentences =
        verdict.findings.iter().map(|finding| finding_sentence(&engine.rules()[0], &stay, finding, &names));
    let last = verdict.findings.last().map(|finding| timeline(&stay, finding)).unwrap_or_default();
    let rows = last.iter().map(|row| format!("{}{}", row.line + 1, if row.excess { "!" } else { "" }));
    (sentences.collect(), rows.collect())
}

#[test]
fn a_finding_says_why_and_what_it_costs() {
    let one = [("A", "01T09:00", 2.0, 150)];
    let limited = |kind: &str, more: Value| {
        let mut document = json!({ "id": "r", "kind": kind, "items": ["A|甲"] });
        document.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        found(document, &one).0.concat()
    };
    let said = |why: &str| format!("2025-03-01 09:00 计费的“甲”：{why}；超出数量 2，违规金额 3.00 元。");
    assert_eq!(limited("sex", json!({ "allow": "女" })), said("患者性别为男性，本项目限女性使用"));
    assert_eq!(
        limited("insurance", json!({ "allow": ["410"] })),
        said("险种为职工医保，本项目限险种为工伤保险的患者使用")
    );
    assert_eq!(
        limited("med_type", json!({ "allow": ["52"] })),
        said("医疗类别为普通住院，本项目限医疗类别为生育住院的患者使用")
    );
    assert_eq!(limited("visit_type", json!({ "allow": ["门诊"] })), said("就医方式为住院，本项目限门诊使用"));
    assert_eq!(limited("dept", json!({ "allow": ["K1"] })), said("开单科室为骨科，本项目限康复科使用"));
    assert_eq!(
        limited("diagnosis", json!({ "allow": ["I21"] })),
        said("本项目限诊断为I21的患者使用，本次住院没有这样的编码")
    );
    assert_eq!(
        limited("operation", json!({ "allow": ["36"] })),
        said("本项目限手术操作为36的患者使用，本次住院没有这样的编码")
    );
    assert_eq!(limited("hosp_level", json!({ "min": 3 })), said("本院级别为二级，本项目限三级医院使用"));
    assert_eq!(
        limited("age", json!({ "min_age": 15 })),
        said("患者年龄 14 岁，本项目限 15 岁及以上患者使用")
    );
}

#[test]
fn limits_pairs_and_ratios_name_the_lines_that_caused_them() {
    let rows = [("A", "01T08:00", 1.0, 100), ("B", "01T09:00", 1.0, 200), ("A", "01T23:00", 1.0, 100)];
    let of = |document: Value| found(document, &rows);
    let (said, line) =
        of(json!({ "id": "r", "kind": "freq", "items": ["A|甲"], "max": 1, "window": "calendar_day" }));
    assert_eq!(
        said,
        ["2025-03-01 23:00 计费的“甲”：同一日内数量上限 1，此前已计 1 笔；超出数量 1，违规金额 1.00 元。"]
    );
    assert_eq!(line, ["1", "3!"]);
    let (said, _) = of(json!({ "id": "r", "kind": "freq", "items": ["A|甲"], "max_expr": "los_days-1" }));
    assert_eq!(
        said,
        [
            "2025-03-01 23:00 计费的“甲”：一次住院内数量上限 1（住院 2 天，住院天数-1），此前已计 1 笔；超出数量 1，违规金额 1.00 元。"
        ]
    );
    let (said, _) = of(json!({ "id": "r", "kind": "total_amount", "items": ["A|甲"], "max_fen": 150 }));
    assert_eq!(
        said,
        [
            "2025-03-01 23:00 计费的“甲”：一次住院内金额上限 1.50 元，此前已计 1 笔；超出数量 0.5，违规金额 0.50 元。"
        ]
    );
    let (said, line) = of(
        json!({ "id": "r", "kind": "dup_main_sub", "main": ["B|乙"], "sub": ["A|甲"], "window": "sliding_hours:6" }),
    );
    assert_eq!(
        said,
        ["2025-03-01 08:00 计费的“甲”：6 小时内已收取“乙”，其内容包含本项目；超出数量 1，违规金额 1.00 元。"]
    );
    assert_eq!(line, ["1!", "2"], "by time, the cause may come later");
    let (said, _) = of(
        json!({ "id": "r", "kind": "dup_mutual", "sets": [["A|甲"], ["B|乙"]], "window": "sliding_hours:3" }),
    );
    assert_eq!(
        said,
        ["2025-03-01 08:00 计费的“甲”：3 小时内已收取与之互斥的“乙”；超出数量 1，违规金额 1.00 元。"]
    );
    let (said, _) = of(
        json!({ "id": "r", "kind": "corr_single", "a": ["B|乙"], "b": ["C|丙"], "window": "calendar_day" }),
    );
    assert_eq!(
        said,
        ["2025-03-01 09:00 计费的“乙”：同一日内未见须同时收取的“丙”；超出数量 1，违规金额 2.00 元。"]
    );
    let (said, _) = of(json!({ "id": "r", "kind": "corr_all", "a": ["B|乙"], "b": ["A|甲", "C|丙"] }));
    assert_eq!(
        said,
        ["2025-03-01 09:00 计费的“乙”：一次住院内未见须同时收取的“甲”和“丙”；超出数量 1，违规金额 2.00 元。"]
    );
    let (said, _) = of(json!({ "id": "r", "kind": "corr_sets", "sets": [["B|乙"], ["C|丙"]] }));
    assert_eq!(
        said,
        ["2025-03-01 09:00 计费的“乙”：一次住院内未收取配套的“丙”；超出数量 1，违规金额 2.00 元。"]
    );
    let (said, line) = of(json!({ "id": "r", "kind": "corr_ratio", "a": ["A|甲"], "b": ["B|乙"], "k": 1 }));
    assert_eq!(
        said,
        [
            "2025-03-01 23:00 计费的“甲”：一次住院内每 1 个“乙”最多收取 1 个，而其数量为 1；超出数量 1，违规金额 1.00 元。"
        ]
    );
    assert_eq!(line, ["2", "3!"]);
}

#[test]
fn courses_and_discounts() {
    let rows = [("A", "01T08:00", 1.0, 900), ("A", "01T09:00", 1.0, 900), ("A", "02T08:00", 1.0, 800)];
    let (said, line) = found(json!({ "id": "r", "kind": "course_days", "items": ["A|甲"], "max": 1 }), &rows);
    assert_eq!(
        said,
        ["2025-03-02 08:00 计费的“甲”：一次住院限 1 天，此前已使用 1 天；超出数量 1，违规金额 8.00 元。"]
    );
    assert_eq!(line, ["1", "3!"]);
    let rule =
        json!({ "id": "r", "kind": "discount", "items": ["A|甲"], "ratio": 0.5, "window": "calendar_day" });
    assert_eq!(
        found(rule, &rows).0,
        [
            "2025-03-01 09:00 计费的“甲”：同一日内已收取“甲”，本项目应按不超过标准价的 50% 收费；违规金额 4.00 元。"
        ]
    );
}
