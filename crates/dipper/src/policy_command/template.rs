//! `dipper policy template`: an empty catalogue with explanations and examples.

use super::pack_tables::TABLES;
use crate::export_file::{csv, is_csv};
use crate::replace_file;
use terms::export::Sheets;
use anyhow::Context;
use std::path::Path;
use terms::Table;

pub(super) fn run(out: &Path) -> anyhow::Result<String> {
    let catalogue = TABLES.first().context("没有病种分值库的说明")?;
    let header: Vec<&str> = catalogue.columns.iter().map(|column| column.name).collect();
    let empty = Table::from_rows(&header, Vec::<Vec<&str>>::new());
    if is_csv(out)? {
        replace_file::write(out, &csv(&empty)?)?;
    } else {
        let described = catalogue.description();
        let mut sheets = Sheets::new();
        sheets.table("catalogue", &described, &empty)?;
        sheets.explanations(
            &[("用法", "在 catalogue 页填写，第一行列名勿改；另两页不导入")],
            &[("catalogue", &described)],
        )?;
        sheets.table("示例", &described, &Table::from_rows(&header, EXAMPLES))?;
        replace_file::write(out, &sheets.into_bytes()?)?;
    }
    Ok(format!("模板已写到 {}\n", out.display()))
}

/// One row of each usual form, in the order of the catalogue's columns.
const EXAMPLES: [[&str; 22]; 4] = [
    example(["J18.9", "肺炎", "core", "core", "核心病种", "J18.9", "", "", "", "512.3"]),
    example([
        "K80.0:51.2300",
        "胆囊结石伴急性胆囊炎：腹腔镜下胆囊切除术",
        "core",
        "core",
        "核心病种",
        "K80.0",
        "51.2300/51.2301",
        "",
        "",
        "1306.8",
    ]),
    example([
        "C34.1:32.4100_40.5914",
        "上叶支气管或肺恶性肿瘤：胸腔镜下肺叶切除术+胸腔镜纵隔淋巴结清扫术",
        "core",
        "core",
        "核心病种",
        "C34.1",
        "32.4100",
        "40.5914",
        "",
        "8439",
    ]),
    example([
        "E11:SS",
        "2型糖尿病：手术",
        "composite",
        "composite",
        "综合病种",
        "E11",
        "",
        "",
        "surgical",
        "2152",
    ]),
];

/// code, name, set, kind, category, diagnosis, main and related operation, class, points → all columns.
const fn example(short: [&'static str; 10]) -> [&'static str; 22] {
    let [code, name, set, kind, category, diagnosis, main, related, class, points] = short;
    [
        code, name, set, kind, category, diagnosis, "", main, related, class, "", "", "", "", "", points, "",
        "", "", "", "", "",
    ]
}
