//! Files as they really arrive: each gets a clear problem with its line, and good rows beside bad ones stay readable.

mod small_pack;

use policy::import::{self, ColumnMap, Imported};
use small_pack::SmallPack;
use std::path::Path;
use terms::table::read_table;

fn bytes(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/imports/malformed");
    std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn map() -> ColumnMap {
    ColumnMap::read("import.toml", &bytes("import.toml")).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The import, or why it could not begin.
fn import(file: &str) -> Result<Imported, String> {
    let table = read_table(&bytes(file), &Default::default()).map_err(|error| error.to_string())?;
    import::import(&map(), &table, None).map_err(|error| error.to_string())
}

/// Good rows, and `line column：message` of each refused one.
#[track_caller]
fn refuses(file: &str, good: usize, expected: &[&str]) {
    let imported = import(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let found: Vec<String> =
        imported.wrong.iter().map(|row| format!("{} {}：{}", row.line, row.column, row.message)).collect();
    assert_eq!(imported.lines.len(), good, "{file}: {found:#?}");
    assert_eq!(found.len(), expected.len(), "{file}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{file}\nwanted {expected}\ngot    {found}");
    }
}

#[test]
fn rows_that_are_refused() {
    refuses("duplicate_codes.csv", 2, &["4 病种编码：病种编码 A15.0 与第 2 行重复：请保留一行，删去另一行"]);
    refuses(
        "missing_points.csv",
        1,
        &["3 病种分值：没有填写：请补填分值", "4 病种分值：没有填写：请补填分值"],
    );
    refuses(
        "text_in_points.csv",
        1,
        &[
            "3 病种分值：“约460分”不是数字：请只填数字，不加千分位和单位",
            "4 病种分值：“1,057.6”不是数字：请只填数字，不加千分位和单位",
        ],
    );
    refuses("negative_points.csv", 1, &["3 病种分值：“-462.7119”是负数：请核对原文件，改为不小于 0 的数"]);
    refuses(
        "text_in_codes.csv",
        0,
        &[
            "2 主诊断代码：“肺结核”不是编码：请写成 K35.9 的样子",
            "3 主要操作代码：“阑尾切除术”不是编码：请写成 47.0100 的样子",
            "4 主要操作代码：“47.0100/47.0101”不是编码：请写成 47.0100 的样子，或核对列对应中的分隔符",
        ],
    );
    refuses("ragged.csv", 1, &["3 ：本行有 3 列，表头有 5 列", "4 ：本行有 6 列，表头有 5 列"]);
    refuses("wide_row.csv", 1, &["3 ：本行有 16384 列，表头有 5 列"]);
    refuses("unclosed_quote.csv", 1, &["3 ：引号没有成对"]);
    refuses(
        "formulas.csv",
        1,
        &["2 主诊断名称：“=HYPERLINK(\"http://example.invalid\",\"肺结", "4 病种分值：“=1+1”不是数字"],
    );
}

#[test]
fn files_that_cannot_be_read_at_all() {
    let header = import("wrong_header.csv").unwrap_err();
    assert!(
        header.starts_with("文件与列对应（import.toml）不符：\n文件中没有“病种编码”列：现有列为 编码、诊断"),
        "{header}"
    );
    for column in ["主诊断名称", "主诊断代码", "主要操作代码", "病种分值"] {
        assert!(header.contains(&format!("没有“{column}”列")), "every missing column is named: {header}");
    }
    assert_eq!(import("empty.csv").unwrap_err(), "文件是空的：请确认导出成功，第一行应为列名");
    assert!(import("page.xls").unwrap_err().contains("另存为 xlsx"));
}

#[test]
fn encodings_do_not_matter_to_an_import() {
    let gbk = import("gbk.csv").unwrap();
    assert_eq!((gbk.lines.len(), gbk.wrong.len()), (2, 0));
    assert!(gbk.catalogue.contains("A46.x,丹毒,core,core,,A46.x,"), "{}", gbk.catalogue);
    let marked = import("byte_order_mark.csv").unwrap();
    assert_eq!((marked.lines.len(), marked.wrong.len()), (1, 0));
    // The same file put into the pack itself is refused: packs are UTF-8.
    let problems = SmallPack::new().with("catalogue.csv", bytes("gbk.csv")).problems();
    assert!(problems.iter().any(|p| p.starts_with("catalogue.csv:1：不是 UTF-8 文本")), "{problems:?}");
}

#[test]
fn a_catalogue_without_rows_is_never_taken() {
    let imported = import("header_only.csv").unwrap();
    let plan = import::plan(&SmallPack::new().files(), imported);
    assert!(!plan.may_apply());
    assert!(plan.problems.to_string().contains("catalogue.csv:1：目录中没有任何病种"), "{}", plan.problems);
}

#[test]
fn cells_that_spreadsheets_would_run_are_pointed_out() {
    let imported = import("formulas.csv").unwrap();
    assert_eq!(imported.skipped, 1, "the row of totals is no group");
    assert_eq!(imported.warnings.len(), 1);
    assert_eq!((imported.warnings[0].line, imported.warnings[0].column.as_str()), (3, "主诊断名称"));
    assert!(imported.warnings[0].message.contains("像 Excel 公式"));
    assert!(imported.catalogue.contains(",+cmd|' /C calc'!A0,"), "canonical files keep the text as it is");
}

#[test]
fn refused_rows_keep_their_groups_from_counting_as_removed() {
    let pack = SmallPack::new();
    let map = ColumnMap::canonical();
    let text = pack.text("catalogue.csv").replace("462.7119", "暂缺");
    let table = read_table(text.as_bytes(), &Default::default()).unwrap();
    let plan = import::plan(&pack.files(), import::import(&map, &table, None).unwrap());
    assert_eq!(plan.changes.summary(), "新增 0，修改 0，删除 0，不变 5，出错 1");
    assert!(!plan.may_apply());
}

#[test]
fn another_order_or_another_document_is_a_change() {
    let pack = SmallPack::new();
    let plan_of = |text: String| {
        let table = read_table(text.as_bytes(), &Default::default()).unwrap();
        import::plan(&pack.files(), import::import(&ColumnMap::canonical(), &table, None).unwrap())
    };
    let text = pack.text("catalogue.csv");
    assert!(!plan_of(text.clone()).changes_anything());
    let mut lines: Vec<&str> = text.lines().collect();
    lines.swap(1, 2);
    let reordered = plan_of(lines.join("\n"));
    assert!(reordered.reordered && reordered.changes.is_empty() && reordered.changes_anything());
    let documented = plan_of(text.replacen(",286,,\n", ",286,,第二号文件\n", 1));
    assert_eq!((documented.evidence_changed, documented.changes_anything()), (1, true));
}
