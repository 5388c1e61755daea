//! Published tables become rules, and rows that cannot are told with file and line.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use audit::{Engine, ImportDescription, ImportedRules, NoteKind, import_rules, read_rules};
use std::collections::BTreeMap;
use std::path::Path;

const DESCRIPTION: &str = include_str!("../../../packs/mappings/liangku/rules.toml");

fn import(file: impl Fn(&str) -> Option<Vec<u8>>) -> ImportedRules {
    let description = ImportDescription::read(DESCRIPTION).expect("the shipped description");
    import_rules(&description, file).expect("rules")
}

fn notes(imported: &ImportedRules, file: &str) -> Vec<String> {
    let of_file = imported.notes.iter().filter(|note| note.file == file && note.line > 0);
    of_file.map(|note| format!("{} {:?} {}", note.line, note.kind, note.message)).collect()
}

#[test]
fn rows_that_are_repeated_contradictory_or_malformed_are_told() {
    let files = BTreeMap::from([
        (
            "b1_drug_sex_rules.csv",
            "药品通用名,药品说明,限定类型,限定对象\n甲片,说明,限定性别对象,男\n乙片,说明,限定性别对象,女性\n丙片,说明,限定性别对象,女\n",
        ),
        (
            "b1_drug_sex_codes.csv",
            "药品通用名,序号,药品代码,限定类型\n甲片,1,XA01AAA001A001010100001,性别\n甲片,2,XA01AAA001A001010100001,性别\n甲片,3,3A01,性别\n丁片,1,XA01AAA001A001010100002,性别\n",
        ),
        (
            "b1_service_sex.csv",
            "项目名称,项目说明,国标代码,限定类型,限定性别\n检查,说明,002101030280000,性别,男\n检查,说明,002101030280000,性别,女\n,说明,,性别,女\n",
        ),
        (
            "b2_service_primary_secondary.csv",
            "项目名称,项目说明,国标代码,限定类型,限定值域\n一术,说明,003310010140000,主次,胃肠组\n二术,说明,003310010160000,主次,胃肠组\n一术,说明,003310010140000,主次,胃肠组\n一术,说明,003310010140000,主次,肝胆组\n",
        ),
        (
            "b7_service_duplicate.csv",
            "序号,频度,主项名称,主项编码,从项名称,从项编码,备注\n1,单日,主,001103000010000,从,001102000030000,含从\n2,单日,主,001103000010000,从,001102000030000,含从\n3,6小时,主,001103000010000,从,001102000030000,含从\n4,单日,从,001102000030000,主,001103000010000,含主\n5,单日,主,001103000010000,主,001103000010000,\n6,每月,主,001103000010000,他,001102000040000,\n",
        ),
        (
            "b8_service_period.csv",
            "序号,项目名称,频次上限,疗程周期,备注,项目代码\n1,甲,1,7,说明,002503020020000\n2,乙,x,7,说明,002503020030000\n3,丙,1,7,每周最多支付一次。,002503020030100\n",
        ),
    ]);
    let imported = import(|name| files.get(name).map(|text| text.as_bytes().to_vec()));
    assert_eq!(
        notes(&imported, "b1_drug_sex_rules.csv"),
        ["3 Malformed “限定对象”为“女性”，无法转换", "4 Malformed “丙片”没有对应的编码"]
    );
    assert_eq!(
        notes(&imported, "b1_drug_sex_codes.csv"),
        [
            "4 Malformed 编码“3A01”应为20 或 23 位大写字母与数字，以 X 或 Z 开头",
            "3 Duplicate XA01AAA001A001010100001 甲片：见 b1_drug_sex_codes.csv 第 2 行",
            "5 Malformed “丁片”在 b1_drug_sex_rules.csv 中没有规则",
        ]
    );
    assert_eq!(
        notes(&imported, "b1_service_sex.csv"),
        ["3 Contradictory 002101030280000 检查：见 b1_service_sex.csv 第 2 行", "4 Malformed 编码为空"]
    );
    assert_eq!(
        notes(&imported, "b2_service_primary_secondary.csv"),
        [
            "4 Duplicate 003310010140000 一术：见 b2_service_primary_secondary.csv 第 2 行",
            "5 Doubtful 003310010140000 一术 也在“胃肠组”（第 2 行）"
        ]
    );
    assert_eq!(
        notes(&imported, "b7_service_duplicate.csv"),
        [
            "3 Duplicate 主含从：见第 2 行",
            "4 Contradictory 主含从：见第 2 行",
            "5 Doubtful 从与主互相包含：见第 2 行",
            "6 Malformed 主项与从项是同一编码 001103000010000",
            "7 Malformed “频度”为“每月”，无法转换",
        ]
    );
    assert_eq!(notes(&imported, "b8_service_period.csv"), ["3 Malformed “频次上限”为“x”，应为大于 0 的整数"]);
    let rules = read_rules(&imported.text()).expect("rules");
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "LK1-DS-0001",
            "LK1-SS-0001",
            "LK2-PS-0001",
            "LK2-PS-0002",
            "LK7-DUP-0001",
            "LK7-DUP-0002",
            "LK8-PERIOD-0001",
            "LK8-PERIOD-0002"
        ]
    );
    assert_eq!(rules[0].evidence.clause, "说明");
    assert_eq!(imported.notes.iter().filter(|note| note.line == 0).count(), 7, "files that are not there");
}

#[test]
fn the_national_points_come_in_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/liangku");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let imported = import(|name| std::fs::read(folder.join(name)).ok());
    assert_eq!(imported.rows.len(), 16);
    assert_eq!(imported.rows.values().sum::<usize>(), 14_321);
    let counts = NoteKind::ALL.map(|kind| imported.count(kind));
    let told: Vec<String> = imported
        .notes
        .iter()
        .map(|note| format!("{}:{} {:?} {}", note.file, note.line, note.kind, note.message))
        .collect();
    assert_eq!((imported.documents.len(), counts), (2_229, [3, 0, 0, 15]), "{}", told.join("\n"));
    let rules = read_rules(&imported.text()).expect("rules");
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, document) in rules.iter().zip(&imported.documents) {
        assert!(rule.evidence.is_confirmed() && !rule.name.is_empty());
        *items.entry(document["kind"].as_str().expect("kind")).or_default() += rule.parts[0].len();
    }
    let wanted = [
        ("age", 4_428),
        ("course_days", 11),
        ("discount", 378),
        ("dup_main_sub", 900),
        ("freq", 81),
        ("insurance", 112),
        ("sex", 6_862),
        ("visit_type", 736),
    ];
    assert_eq!(items, BTreeMap::from(wanted));
    drop(Engine::new(rules));
}
