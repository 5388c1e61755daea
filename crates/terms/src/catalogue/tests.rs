use super::*;
use crate::layouts::{DIAGNOSIS_INSURER, DIAGNOSIS_MAP, DRUG};
use crate::{Field, FieldKind};
use proptest::prelude::*;

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

fn diagnoses(rows: &[[&str; 2]]) -> Table {
    Table::from_rows(&["code", "name"], rows)
}

fn import(edition: &str) -> Import {
    let columns = ColumnMap::new([("code", "code"), ("name", "name")]);
    Import::edition(columns, edition, day("2024-01-01"))
}

fn loaded(rows: &[[&str; 2]], edition: &str) -> Catalogue {
    let empty = Catalogue::new(DIAGNOSIS_INSURER);
    let plan = empty.plan(&diagnoses(rows), &import(edition)).unwrap();
    empty.apply(&plan).unwrap()
}

#[test]
fn the_plan_counts_every_kind_and_changes_nothing() {
    let table = loaded(&[["A00.000", "霍乱"], ["A01.000", "伤寒"], ["A02.000", "沙门菌"]], "2.0");
    let before = table.clone();
    let file = diagnoses(&[
        ["A00.000", "霍乱"],
        ["A01.000", "伤寒 "],
        ["A02.000", "沙门菌肠炎"],
        ["A03.000", "志贺菌"],
        ["不是编码", "x"],
    ]);
    let plan = table.plan(&file, &import("2.0")).unwrap();
    assert_eq!(plan.summary(), "新增 1，修改 1，删除 0，不变 2，出错 1");
    assert_eq!(table, before);
    let next = table.apply(&plan).unwrap();
    assert_eq!(next.records().len(), 4);
    let changed = next.find("A02.000").next().unwrap();
    assert_eq!(changed.get(next.layout(), "name"), "沙门菌肠炎");
    assert!(next.plan(&file, &import("2.0")).unwrap().is_empty());
}

#[test]
fn a_full_import_removes_within_its_edition_only() {
    let old = loaded(&[["A00.000", "霍乱"], ["A01.000", "伤寒"]], "1.0");
    let file = diagnoses(&[["A01.000", "伤寒"]]);
    let both = old.apply(&old.plan(&file, &import("2.0")).unwrap()).unwrap();
    assert_eq!(both.records().len(), 3);
    assert_eq!(both.find("A01.000").count(), 2);
    let plan = both.plan(&file, &import("1.0")).unwrap();
    assert_eq!(plan.summary(), "新增 0，修改 0，删除 1，不变 1，出错 0");
    let incremental = Import { mode: Mode::Incremental, ..import("1.0") };
    assert_eq!(both.plan(&file, &incremental).unwrap().summary(), "新增 0，修改 0，删除 0，不变 1，出错 0");
}

#[test]
fn a_wrong_row_neither_changes_nor_removes_the_old_one() {
    let old = loaded(&[["A00.000", "霍乱"], ["A01.000", "伤寒"]], "2.0");
    let plan = old.plan(&diagnoses(&[["A00.000", ""], ["A01.000", "伤寒"]]), &import("2.0")).unwrap();
    assert_eq!(plan.summary(), "新增 0，修改 0，删除 0，不变 1，出错 1");
    assert_eq!((plan.wrong[0].line, plan.wrong[0].column.as_str()), (2, "名称"));
    assert_eq!(plan.wrong[0].message, "没有填写：请补填名称");
}

#[test]
fn duplicates_are_taken_once_or_not_at_all() {
    let old = loaded(&[["A01.000", "伤寒"]], "2.0");
    let file = diagnoses(&[
        ["A00.000", "霍乱"],
        ["A01.000", "甲"],
        ["A00000", "霍乱"],
        ["A01.000", "乙"],
        ["A02.000", "丙"],
        ["A02.000", ""],
    ]);
    let plan = old.plan(&file, &import("2.0")).unwrap();
    assert_eq!(plan.summary(), "新增 1，修改 0，删除 0，不变 0，出错 5");
    let lines: Vec<usize> = plan.wrong.iter().map(|wrong| wrong.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    assert!(plan.wrong[0].message.contains("第 5 行编码相同、内容不同"));
    assert!(plan.wrong[1].message.contains("完全相同"), "{:?}", plan.wrong);
    // Of two spellings the normal one stays, wherever it stands.
    assert_eq!(plan.added[0].written(0), None);
    assert_eq!(old.apply(&plan).unwrap().find("A01.000").next().unwrap().value(1), "伤寒");
}

#[test]
fn the_original_spelling_is_kept_where_it_differs() {
    let table = loaded(&[["k35900", "急性阑尾炎"], ["K36.x00", "其他阑尾炎"]], "2.0");
    let record = table.find("K35.900").next().unwrap();
    assert_eq!((record.value(0), record.written(0)), ("K35.900", Some("k35900")));
    assert_eq!(table.find("K36.x00").next().unwrap().written(0), None);
    assert_eq!(table.find("K35.9").count(), 0);
}

#[test]
fn dates_and_numbers_are_checked_and_made_uniform() {
    let header = ["药品编码", "药品名称", "先行自付比例", "版本", "生效日期", "失效日期"];
    let table = Table::from_rows(
        &header,
        [
            ["ＸＡ01", "甲药", "0.10", "2024", "2024/1/1", "2024-12-31"],
            ["XA02", "乙药", "十", "2024", "2024/1/1", ""],
            ["XA03", "丙药", "", "2024", "2024-13-01", ""],
            ["XA04", "丁药", "", "2024", "2024-02-01", "2024-01-01"],
            ["XA05", "", "1,000", "2024", "2024-02-01", ""],
        ],
    );
    let import = Import { columns: ColumnMap::of_template(&DRUG, &table), ..Import::default() };
    let drugs = Catalogue::new(DRUG);
    let plan = drugs.plan(&table, &import).unwrap();
    assert_eq!(plan.summary(), "新增 1，修改 0，删除 0，不变 0，出错 4");
    let columns: Vec<&str> = plan.wrong.iter().map(|wrong| wrong.column.as_str()).collect();
    assert_eq!(columns, ["先行自付比例", "生效日期", "失效日期", "药品名称"]);
    assert!(plan.wrong[3].message.contains("；先行自付比例：“1,000”不是数字"));
    let drugs = drugs.apply(&plan).unwrap();
    let record = &drugs.records()[0];
    assert_eq!((record.get(&DRUG, "code"), record.written(0)), ("XA01", Some("ＸＡ01")));
    for (on, valid) in
        [("2023-12-31", false), ("2024-01-01", true), ("2024-12-31", true), ("2025-01-01", false)]
    {
        assert_eq!(record.in_force(&DRUG, day(on)), valid, "{on}");
    }
}

#[test]
fn other_crates_declare_their_own_layouts() {
    const OPERATIONS: Layout = Layout {
        id: "operation",
        title: "手术操作属性",
        fields: &[
            Field::key("code", "编码", FieldKind::Procedure),
            Field::required("class", "类别", FieldKind::Choice(&["手术", "治疗性操作"])),
        ],
    };
    let table = Table::from_rows(&["编码", "类别"], [["470100", "手术"], ["99.2503", "治疗"]]);
    let import = Import { columns: ColumnMap::of_template(&OPERATIONS, &table), ..Import::default() };
    let plan = Catalogue::new(OPERATIONS).plan(&table, &import).unwrap();
    assert_eq!(plan.summary(), "新增 1，修改 0，删除 0，不变 0，出错 1");
    assert_eq!(plan.wrong[0].message, "“治疗”不在可选值中：请填 手术、治疗性操作");
}

#[test]
fn unusable_imports_say_what_is_missing() {
    let empty = Catalogue::new(DIAGNOSIS_INSURER);
    let table = diagnoses(&[["A00.000", "霍乱"]]);
    let without_edition = Import { defaults: Vec::new(), ..import("2.0") };
    let refused = empty.plan(&table, &without_edition).unwrap_err().to_string();
    assert_eq!(refused, "没有指定“版本”取自哪一列：请补全列对应，或使用导入模板");
    let unknown = Import { defaults: vec![("year".into(), "1".into())], ..import("2.0") };
    assert!(matches!(empty.plan(&table, &unknown), Err(TableError::UnknownField { .. })));
}

#[test]
fn a_plan_for_another_state_is_refused() {
    let empty = Catalogue::new(DIAGNOSIS_INSURER);
    let plan = empty.plan(&diagnoses(&[["A00.000", "霍乱"]]), &import("2.0")).unwrap();
    let loaded = empty.apply(&plan).unwrap();
    let stale = loaded.apply(&plan).unwrap_err();
    assert!(matches!(&stale, TableError::StalePlan { code, .. } if code == "A00.000"), "{stale}");
}

#[test]
fn a_map_keeps_many_to_one_and_one_to_many() {
    let table = Table::from_rows(
        &["clinical_code", "insurer_code"],
        [["A00.000", "B00.000"], ["A01.000", "B00.000"], ["A01.000", "B01.000"]],
    );
    let columns = ColumnMap::of_template(&DIAGNOSIS_MAP, &table);
    let empty = Catalogue::new(DIAGNOSIS_MAP);
    let import = Import::edition(columns, "2.0", day("2024-01-01"));
    let map = empty.apply(&empty.plan(&table, &import).unwrap()).unwrap();
    let on = crate::CodeMap::of(&map, Some("2.0"), day("2024-01-01"));
    assert_eq!(on.sources("B00.000").collect::<Vec<_>>(), ["A00.000", "A01.000"]);
    assert_eq!(on.targets("A01.000").collect::<Vec<_>>(), ["B00.000", "B01.000"]);
    assert!(crate::CodeMap::of(&map, Some("2.0"), day("2023-12-31")).is_empty());
    assert!(crate::CodeMap::of(&map, Some("1.0"), day("2024-01-01")).is_empty());
}

/// Rows with many duplicates, contradictions, spellings and mistakes.
fn messy_rows() -> impl Strategy<Value = Vec<(String, String)>> {
    let code = prop_oneof!["[A-B]0[0-3]", "[ab]0[0-3]", Just("？".to_owned()), Just(String::new())];
    let name = prop_oneof![Just("甲".to_owned()), Just("乙".to_owned()), Just(String::new())];
    prop::collection::vec((code, name), 0..20)
}

fn table_of(rows: &[(String, String)]) -> Table {
    Table::from_rows(&["code", "name"], rows.iter().map(|(code, name)| [code.as_str(), name.as_str()]))
}

proptest! {
    #[test]
    fn the_order_of_rows_does_not_matter(
        (rows, shuffled) in messy_rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        before in messy_rows(),
    ) {
        let empty = Catalogue::new(DIAGNOSIS_INSURER);
        let old = empty.apply(&empty.plan(&table_of(&before), &import("2.0")).unwrap()).unwrap();
        let one = old.plan(&table_of(&rows), &import("2.0")).unwrap();
        let other = old.plan(&table_of(&shuffled), &import("2.0")).unwrap();
        prop_assert_eq!(one.summary(), other.summary());
        prop_assert_eq!(old.apply(&one).unwrap(), old.apply(&other).unwrap());
    }

    #[test]
    fn planning_again_after_applying_finds_nothing(rows in messy_rows(), before in messy_rows()) {
        let empty = Catalogue::new(DIAGNOSIS_INSURER);
        let old = empty.apply(&empty.plan(&table_of(&before), &import("2.0")).unwrap()).unwrap();
        let file = table_of(&rows);
        let plan = old.plan(&file, &import("2.0")).unwrap();
        let rows_seen = plan.added.len() + plan.changed.len() + plan.unchanged + plan.wrong.len();
        prop_assert_eq!(rows_seen, file.len());
        let next = old.apply(&plan).unwrap();
        let again = next.plan(&file, &import("2.0")).unwrap();
        prop_assert!(again.is_empty());
        prop_assert_eq!(again.wrong, plan.wrong);
        prop_assert_eq!(next.apply(&Changes::default()).unwrap(), next);
    }
}
