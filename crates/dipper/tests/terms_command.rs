//! `dipper terms` as its users call it.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use std::fs;
use support::terms_folder::{EDITION, Folder, has, refused, small, succeeded};
use support::{dipper, shared};

const MAP_COLUMNS: &str = "[columns]\nclinical_code = \"clinical_code\"\nclinical_name = \"clinical_name\"\n\
                           insurer_code = \"yibao_code\"\ninsurer_name = \"yibao_name\"\n[defaults]\n\
                           edition = \"2.0\"\nvalid_from = \"2024-01-01\"\n";
const CLINICAL_COLUMNS: &str = "[columns]\ncode = \"clinical_code\"\nname = \"clinical_name\"\n";

/// The whole national catalogues; `None` when this machine has none.
fn national(name: &str) -> Option<Folder> {
    let file = |name: &str| Some(shared(&format!("icd/{name}.csv"))?.to_str().expect("path").to_owned());
    let folder = Folder::new(name);
    let (map, clinical) =
        (folder.write("map.toml", MAP_COLUMNS), folder.write("clinical.toml", CLINICAL_COLUMNS));
    for (of, codes, pairs) in [("diagnosis", 33_304, 35_587), ("procedure", 13_686, 13_653)] {
        let (insurer, both) = (file(&format!("{of}_yibao_2_0"))?, file(&format!("{of}_clinical_to_yibao"))?);
        let with_map = ["--map", &map];
        let with_clinical = [&["--map", &clinical], EDITION.as_slice()].concat();
        for (kind, file, more, rows) in [
            (format!("{of}_insurer"), &insurer, EDITION.as_slice(), codes),
            (format!("{of}_map"), &both, &with_map, pairs),
            (format!("{of}_clinical"), &both, &with_clinical, pairs),
        ] {
            let first = folder.imported(&kind, file, more);
            has(&first, &[&format!("文件 {rows} 行：新增 {rows}，修改 0，删除 0，不变 0，出错 0"), "已写入"]);
            let before = folder.files();
            let second = folder.imported(&kind, file, more);
            has(&second, &[&format!("新增 0，修改 0，删除 0，不变 {rows}，出错 0"), "无需写入"]);
            assert!(folder.files() == before, "{kind}: an unchanged import wrote something");
        }
    }
    Some(folder)
}

/// covers: DIP-1.05, DIP-1.06, REC-5.08, REC-5.09, REC-5.11
#[test]
fn the_national_catalogues_come_in_whole_agree_and_are_found() {
    let Some(folder) = national("national") else { return };
    let list = folder.text("list", &["--as-of", "2025-06-01"]);
    has(
        &list,
        &[
            "6 个目录",
            "diagnosis_insurer 疾病诊断（医保版）：33304 行\n  版本 2.0：33304 行，2024-01-01 起，有效 33304 行",
            "procedure_map 手术操作对照（临床版→医保版）：13653 行",
            "尚未导入：drug 医保药品目录",
        ],
    );
    has(&folder.text("list", &["--as-of", "2023-12-31"]), &["33304 行，2024-01-01 起，有效 0 行"]);

    let check = folder.text("check", &["--as-of", "2025-06-01"]);
    has(&check, &["核对通过。", "多个临床版编码对一个医保版编码 2725", "多个临床版编码对一个医保版编码 114"]);
    assert!(!check.contains("问题："), "{check}");

    let search = |query: &[&str]| {
        let more = [&["--kind", "diagnosis_insurer", "--as-of", "2025-06-01"], query].concat();
        folder.text("search", &more)
    };
    for (typed, first) in [
        ("高血压", "I10.x00x002\t高血压\t名称，完全一致"),
        ("gxy", "I10.x00x002\t高血压\t首字母，完全一致"),
        ("高xy", "I10.x00x002\t高血压\t混合，完全一致"),
        ("gaoxueya", "I10.x00x002\t高血压\t拼音，完全一致"),
        ("i10.X00x002", "I10.x00x002\t高血压\t编码，完全一致"),
    ] {
        let found = search(&[typed]);
        assert_eq!(found.lines().nth(1), Some(first), "{found}");
    }
    let by_code = search(&["I10", "--limit", "50"]);
    assert!(
        by_code.lines().skip(1).all(|line| line.starts_with("I10") && line.contains("\t编码，")),
        "{by_code}"
    );
    has(&search(&["糖尿病", "肾病", "--limit", "1"]), &["显示 1 条", "糖尿病"]);
    let more = ["--kind", "diagnosis_insurer", "--as-of", "2023-01-01", "高血压"];
    has(&folder.text("search", &more), &["有效 0 条", "这一天没有有效的编码"]);

    // Several clinical codes lead to one insurer's code; both directions say so.
    let map = |codes: &[&str]| {
        folder.text("map", &[&["--kind", "diagnosis_map", "--as-of", "2025-06-01"], codes].concat())
    };
    let forward = map(&["k35900", "Z99.999"]);
    has(
        &forward,
        &[
            "K35.900 急性阑尾炎：1 个医保版编码\n  → K35.800x001 急性阑尾炎\n    另有 5 个临床版编码对到它：K35.901 ",
            "Z99.999：没有对照",
        ],
    );
    let backward = map(&["--reverse", "K35.800x001"]);
    has(
        &backward,
        &[
            "K35.800x001 急性阑尾炎：6 个临床版编码",
            "  ← K35.900 急性阑尾炎\n",
            "  ← K35.907 慢性阑尾炎急性发作",
        ],
    );
    has(&folder.text("map", &["--kind", "procedure_map", "01.2412"]), &["→ 01.2402", "01.2402"]);
}

/// covers: DIP-1.05, DIP-1.06, REC-5.08, REC-5.09
#[test]
fn a_new_edition_of_the_catalogue_gives_exact_counts() {
    let Some(file) = shared("icd/diagnosis_yibao_2_0.csv") else { return };
    let folder = Folder::new("changed");
    folder.imported("diagnosis_insurer", file.to_str().expect("path"), &EDITION);
    let text = fs::read_to_string(&file).expect("catalogue");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.remove(1);
    lines[1].push('甲');
    lines[2].push('乙');
    lines.push("Z99.900x999,新编码".to_owned());
    lines.push("不是编码,某病".to_owned());
    let changed = folder.write("changed.csv", lines.join("\n"));
    let before = folder.files();
    let report = succeeded(&folder.import("diagnosis_insurer", &changed, &EDITION));
    has(
        &report,
        &[
            "新增 1，修改 2，删除 1，不变 33301，出错 1",
            "新增 1：\n  第 33305 行 Z99.900x999 新编码（版本 2.0，2024-01-01 起）",
            "修改 2：\n  第 2 行 A00.000x001 古典生物型霍乱甲：名称 “古典生物型霍乱”→“古典生物型霍乱甲”",
            "删除（版本 2.0 中有，文件中没有） 1：\n  A00.000 ",
            "出错 1：\n  第 33306 行“编码”：“不是编码”不是有效编码：请写成 K35.900 的样子",
            "尚未写入",
        ],
    );
    assert!(folder.files() == before, "a dry run wrote something");
    let incremental = succeeded(&folder.import(
        "diagnosis_insurer",
        &changed,
        &[&EDITION[..], &["--incremental"]].concat(),
    ));
    has(&incremental, &["增量", "新增 1，修改 2，删除 0，不变 33301，出错 1"]);
}

/// covers: DIP-1.05, DIP-1.06, DIP-1.07
#[test]
fn an_export_comes_back_unchanged() {
    let folder = Folder::new("round-trip");
    let drugs = folder.write(
        "drugs.csv",
        "药品编码,药品名称,先行自付比例,医保支付标准,限定支付范围,版本,生效日期\n\
         ＸＡ01,=1+1,0.10,12.50,\"限二线，\"\"急诊\"\"\n使用\",2024,2024/1/1\n\
         000123456789012345,@乙药,0,-3,,2024,2024-01-01\n",
    );
    let codes = folder.write("codes.csv", "编码,名称\nk35900,急性阑尾炎\nE11.201+N08.3*,糖尿病性肾病\n");
    folder.imported("drug", &drugs, &[]);
    folder.imported("diagnosis_clinical", &codes, &EDITION);
    for (kind, rows) in [("drug", 2), ("diagnosis_clinical", 2)] {
        for ending in ["xlsx", "csv"] {
            let out = folder.path(&format!("{kind}.{ending}"));
            has(&folder.text("export", &["--kind", kind, "--out", &out]), &["已导出", &format!("{rows} 行")]);
            let again = folder.imported(kind, &out, &[]);
            has(&again, &[&format!("新增 0，修改 0，删除 0，不变 {rows}，出错 0"), "无需写入"]);
            assert!(!again.contains("未使用的列"), "{again}");
        }
    }
    // The CSV opens in Excel and runs nothing; the normal code stands beside the hospital's spelling.
    let csv = fs::read_to_string(folder.0.join("drug.csv")).expect("export");
    assert!(csv.starts_with('\u{feff}'));
    has(&csv, &[",'=1+1,", ",'@乙药,", ",-3,"]);
    let csv = fs::read_to_string(folder.0.join("diagnosis_clinical.csv")).expect("export");
    has(&csv, &["编码（原写法）", "K35.900,急性阑尾炎,2.0,2024-01-01,,k35900"]);
    let Some(file) = shared("icd/procedure_yibao_2_0.csv") else { return };
    folder.imported("procedure_insurer", file.to_str().expect("path"), &EDITION);
    let out = folder.path("procedures.xlsx");
    folder.text("export", &["--kind", "procedure_insurer", "--out", &out]);
    has(&folder.imported("procedure_insurer", &out, &[]), &["不变 13686，出错 0", "无需写入"]);
}

/// covers: DIP-1.07
#[test]
fn a_template_is_filled_in_and_imported() {
    let folder = Folder::new("template");
    for kind in ["drug", "service", "material", "diagnosis_map", "procedure_clinical"] {
        for ending in ["csv", "xlsx"] {
            let out = folder.path(&format!("{kind}.{ending}"));
            let made = dipper(&["terms", "template", "--kind", kind, "--out", &out], b"");
            has(&succeeded(&made), &["模板已写到"]);
            has(&refused(&folder.import(kind, &out, &EDITION)).0, &["只有表头，没有数据行"]);
        }
    }
    let mut filled = fs::read_to_string(folder.0.join("service.csv")).expect("template");
    assert!(filled.starts_with("\u{feff}项目编码,项目名称,"), "{filled}");
    filled.push_str(
        "110200001,普通门诊诊察费,,,次,甲,0,10.00,,,,\r\n110200002,专家门诊诊察费,,,次,甲,零,20,,,,\r\n",
    );
    let file = folder.write("filled.csv", filled);
    let report = succeeded(&folder.import("service", &file, &EDITION));
    has(&report, &["新增 1，修改 0，删除 0，不变 0，出错 1", "第 3 行“先行自付比例”：“零”不是数字"]);
}

/// covers: DIP-1.06, DIP-1.07
#[test]
fn wrong_rows_stop_an_import_unless_they_are_skipped() {
    let folder = Folder::new("wrong");
    folder.imported("diagnosis_insurer", &small(&folder), &[]);
    let wrong = folder.write(
        "wrong.csv",
        "编码,名称,版本,生效日期,失效日期\nA00.000,霍乱病,2.0,2024-01-01,\nA01.000,,2.0,2024-01-01,\n\
         A02.000,沙门菌,2.0,2024-13-01,\nA03.000,志贺菌\nA04.000,甲,2.0,2024-01-01,\nA04.000,乙,2.0,2024-01-01,\n\
         A05.000,丙,2.0,2024-01-01,2023-01-01\n",
    );
    let before = folder.files();
    let (message, report) = refused(&folder.import("diagnosis_insurer", &wrong, &["--apply"]));
    has(&message, &["6 行出错，未写入", "--skip-wrong"]);
    has(
        &report,
        &[
            "新增 0，修改 1，删除 1，不变 0，出错 6",
            "第 3 行“名称”：没有填写：请补填名称",
            "第 4 行“生效日期”：“2024-13-01”不是日期：请写成 2025-03-01",
            "第 5 行：本行有 2 列，表头有 5 列",
            "第 6 行“编码”：A04.000 与第 7 行编码相同、内容不同",
            "第 8 行“失效日期”：失效日期 2023-01-01 早于生效日期 2024-01-01",
        ],
    );
    assert!(folder.files() == before, "a refused import wrote something");
    let written = folder.imported("diagnosis_insurer", &wrong, &["--skip-wrong"]);
    has(&written, &["新增 0，修改 1，删除 0。", "有出错行，1 个拟删除的编码保留", "原目录保存为"]);
    let list = folder.text("list", &[]);
    has(&list, &["：3 行"]);
    has(
        &folder.text("search", &["--kind", "diagnosis_insurer", "A0"]),
        &["A00.000\t霍乱病", "A01.000\t伤寒"],
    );
}

/// covers: DIP-1.06, REC-5.09
#[test]
fn encodings_and_titles_above_the_table_are_read() {
    let folder = Folder::new("encodings");
    let text = "编码,名称\nA00.000,霍乱\nK35.900,急性阑尾炎\n";
    // 霍乱 and 急性阑尾炎 in GBK.
    let gbk = [
        b"\xb1\xe0\xc2\xeb,\xc3\xfb\xb3\xc6\nA00.000,\xbb\xf4\xc2\xd2\nK35.900,".as_slice(),
        b"\xbc\xb1\xd0\xd4\xc0\xbb\xce\xb2\xd1\xd7\n",
    ]
    .concat();
    folder.imported("diagnosis_insurer", &folder.write("gbk.csv", gbk), &EDITION);
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("utf8.csv", text.as_bytes().to_vec()),
        ("bom.csv", format!("\u{feff}{text}").replace('\n', "\r\n").into_bytes()),
        ("utf16.csv", utf16),
        ("tabs.txt", text.replace(',', "\t").into_bytes()),
    ] {
        let report = folder.imported("diagnosis_insurer", &folder.write(name, bytes), &EDITION);
        has(&report, &["不变 2，出错 0"]);
    }
    let titled =
        folder.write("titled.csv", format!("某市医保编码库,\n\n{}", text.replace("编码,名称", "ICD,诊断")));
    let map =
        folder.write("map.toml", "[file]\nheader_line = 3\n[columns]\ncode = \"ICD\"\nname = \"诊断\"\n");
    let more = [&["--map", &map], EDITION.as_slice()].concat();
    has(&folder.imported("diagnosis_insurer", &titled, &more), &["不变 2，出错 0"]);
}

/// covers: DIP-1.06, DIP-1.07
#[test]
fn unusable_files_and_arguments_are_explained() {
    let folder = Folder::new("unusable");
    let codes = small(&folder);
    let two_columns = folder.write("two.csv", "编码,名称,备注\nA00.000,霍乱,\n");
    let bad_map = folder.write("bad.toml", "[columns]\ncolour = \"x\"\n");
    let missing_map = folder.write("missing.toml", "[columns]\ncode = \"ICD\"\n");
    for (kind, file, more, wanted) in [
        (
            "diagnoses",
            codes.as_str(),
            vec![],
            vec!["没有目录“diagnoses”", "diagnosis_insurer 疾病诊断（医保版）"],
        ),
        (
            "drug",
            codes.as_str(),
            vec![],
            vec!["没有指定“药品编码”取自哪一列", "文件的列：编码、名称", "--kind drug"],
        ),
        ("diagnosis_insurer", two_columns.as_str(), vec![], vec!["没有指定“版本”", "--edition 2.0"]),
        (
            "diagnosis_insurer",
            two_columns.as_str(),
            vec!["--edition", "2.0"],
            vec!["“生效日期”", "--from 2024-01-01"],
        ),
        ("diagnosis_insurer", codes.as_str(), vec!["--from", "去年"], vec!["--from “去年”不是日期：请写成"]),
        (
            "diagnosis_insurer",
            codes.as_str(),
            vec!["--map", &bad_map],
            vec!["没有字段“colour”", "code（编码）"],
        ),
        (
            "diagnosis_insurer",
            codes.as_str(),
            vec!["--map", &missing_map],
            vec!["没有“ICD”列：现有列为 编码、名称"],
        ),
        ("diagnosis_insurer", "no-such-file.csv", vec![], vec!["打不开 no-such-file.csv"]),
    ] {
        let (message, _) = refused(&folder.import(kind, file, &more));
        has(&message, &wanted);
    }
    for (name, bytes, wanted) in [
        ("empty.csv", b"".as_slice(), "文件是空的"),
        ("page.xls", b"<html><table><tr><td>x</td></tr></table></html>", "网页格式的表"),
        ("damaged.xlsx", b"PK\x03\x04 and no more", "工作簿无法打开"),
    ] {
        let (message, _) = refused(&folder.import("diagnosis_insurer", &folder.write(name, bytes), &EDITION));
        has(&message, &["读不了", wanted]);
    }
    let open = folder.write("quote.csv", "编码,名称\nA00.000,霍乱\nA01.000,\"伤寒\nA02.000,丙\n");
    has(
        &succeeded(&folder.import("diagnosis_insurer", &open, &EDITION)),
        &["出错 1", "第 3 行：引号没有成对"],
    );
    assert!(!folder.0.join("terms").exists(), "a folder was made without --apply");
    has(&refused(&folder.run("list", &[])).0, &["没有文件夹"]);
    folder.imported("diagnosis_insurer", &codes, &[]);
    let out = folder.path("out.doc");
    has(
        &refused(&folder.run("export", &["--kind", "diagnosis_insurer", "--out", &out])).0,
        &[".xlsx 或 .csv"],
    );
    has(
        &refused(&folder.run("search", &["--kind", "drug", "x"])).0,
        &["没有医保药品目录", "现有 diagnosis_insurer"],
    );
    has(&refused(&folder.run("search", &["--kind", "diagnosis_map", "x"])).0, &["是对照，不能检索"]);
    has(&refused(&folder.run("map", &["--kind", "drug", "x"])).0, &["不是对照", "procedure_map"]);
    has(&refused(&folder.run("map", &["--kind", "diagnosis_map", "12"])).0, &["“12”不是有效编码"]);
}

/// covers: REC-5.11, DIP-1.05, DIP-1.06
#[test]
fn the_check_names_what_does_not_agree() {
    let folder = Folder::new("check");
    folder.imported("diagnosis_insurer", &small(&folder), &[]);
    let clinical = folder.write("clinical.csv", "编码,名称\nA00.000,霍乱\nA01.000,伤寒\nA09.000,腹泻\n");
    folder.imported("diagnosis_clinical", &clinical, &EDITION);
    let map = folder.write(
        "map.csv",
        "临床版编码,医保版编码\nA00.000,A00.000\nA00.000,K35.900\nA01.000,A77.700\nB00.000,A00.000\n",
    );
    folder.imported("diagnosis_map", &map, &EDITION);
    let next = folder.write("next.csv", "编码,名称,版本,生效日期\nK35.900,急性阑尾炎,3.0,2025-01-01\n");
    folder.imported("diagnosis_insurer", &next, &[]);
    let (message, report) = refused(&folder.run("check", &["--as-of", "2025-06-01"]));
    has(&message, &["3 处不一致"]);
    has(
        &report,
        &[
            "问题：疾病诊断对照（临床版→医保版），医保版编码不在医保版目录中 1：\n  A01.000→A77.700",
            "临床版编码不在临床版目录中 1：\n  B00.000→A00.000",
            "临床版编码没有对照 1：\n  A09.000 腹泻",
            "一个临床版编码对多个医保版编码 1：\n  A00.000 → A00.000、K35.900（2 个）",
            "多个临床版编码对一个医保版编码 1：\n  A00.000 ← A00.000、B00.000（2 个）",
            "同一编码在两个版本中同时有效 1：\n  K35.900 急性阑尾炎：版本 2.0 与 3.0",
        ],
    );
    // A code twice in the file itself, by another hand.
    let path = folder.0.join("terms/diagnosis_clinical.csv");
    let text = fs::read_to_string(&path).expect("catalogue");
    fs::write(&path, format!("{text}A00.000,又一个霍乱,2.0,2024-01-01,\n")).expect("written");
    fs::write(folder.0.join("terms/diagnoses.csv"), "x\n").expect("written");
    let (_, report) = refused(&folder.run("check", &[]));
    has(
        &report,
        &["diagnosis_clinical.csv: 目录文件有 2 行出错", "第 5 行“编码”：A00.000 与第 2 行编码相同"],
    );
    has(&folder.text("list", &[]), &["不认识的文件", "diagnoses.csv"]);
}
