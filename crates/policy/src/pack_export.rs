//! 政策包导出: tables of a pack as a workbook, and the empty catalogue to be filled in.

use crate::catalogue_text;
use crate::tables::{LIST, TABLES, table};
use crate::{PackFiles, Policy};
use terms::export::{Description, ExportError, Sheets};
use terms::{Table, TableError};

/// Names of the pack's tables (`catalogue`, `lists/burn`), the catalogue first.
pub fn table_names(files: &PackFiles) -> Vec<String> {
    let known = TABLES.iter().map(|table| table.stem.to_owned());
    let known = known.filter(|stem| files.get(&format!("{stem}.csv")).is_some());
    let lists = files.names().filter(|name| name.starts_with("lists/"));
    known.chain(lists.map(|name| name.trim_end_matches(".csv").to_owned())).collect()
}

/// A table of the pack by its name; `None` when the pack has none.
pub fn table_of(files: &PackFiles, name: &str) -> Option<Result<Table, TableError>> {
    files.get(&format!("{name}.csv")).map(catalogue_text::read)
}

/// A workbook of some tables of a pack, each on its sheet, with explanations.
pub fn workbook(policy: &Policy, tables: &[(&str, Table)]) -> Result<Vec<u8>, ExportError> {
    let described: Vec<(&str, Description)> =
        tables.iter().map(|(name, _)| (*name, table(name).unwrap_or(&LIST).description())).collect();
    let mut sheets = Sheets::new();
    for ((name, table), (_, described)) in tables.iter().zip(&described) {
        sheets.table(name, described, table)?;
    }
    let about = [
        ("政策包", policy.identity.name.as_str()),
        ("编号", policy.identity.id.as_str()),
        ("版本", policy.identity.version.as_str()),
        ("哈希", policy.hash.as_str()),
    ];
    let described: Vec<_> = described.iter().map(|(name, described)| (*name, described)).collect();
    sheets.explanations(&about, &described)?;
    sheets.into_bytes()
}

/// 导入模板: the catalogue's columns without a row.
pub fn template() -> Table {
    Table::from_rows(&header(), Vec::<Vec<&str>>::new())
}

/// 导入模板 as a workbook, with explanations and examples.
pub fn template_workbook() -> Result<Vec<u8>, ExportError> {
    let described = TABLES[0].description();
    let mut sheets = Sheets::new();
    sheets.table("catalogue", &described, &template())?;
    sheets.explanations(
        &[("用法", "在 catalogue 页填写，第一行列名勿改；另两页不导入")],
        &[("catalogue", &described)],
    )?;
    sheets.table("示例", &described, &Table::from_rows(&header(), EXAMPLES))?;
    sheets.into_bytes()
}

fn header() -> Vec<&'static str> {
    TABLES[0].columns.iter().map(|column| column.name).collect()
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
