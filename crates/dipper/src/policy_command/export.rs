//! `dipper policy export`: tables of a pack for people, in a form that `import` takes back.

use super::catalogue_text;
use super::pack_tables::{LIST, PackTable, TABLES, table};
use super::replace_file;
use super::workbook::Sheets;
use crate::pack_dir;
use anyhow::{Context, bail};
use policy::PackFiles;
use std::path::{Path, PathBuf};
use terms::Table;

/// Arguments of `dipper policy export`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 政策包文件夹
    pub(super) dir: PathBuf,
    /// 写到哪里：.xlsx 或 .csv
    #[arg(long)]
    pub(super) out: PathBuf,
    /// 哪些表：all，或 catalogue、coefficients、prices、operations、lists/名称 等，逗号分隔
    #[arg(long, value_delimiter = ',')]
    pub(super) what: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    // Only a valid pack is handed out.
    let policy = pack_dir::load(&arguments.dir)?;
    let files = pack_dir::read(&arguments.dir)?;
    let is_csv = is_csv(&arguments.out)?;
    let names = match (arguments.what.as_slice(), is_csv) {
        ([], true) => vec!["catalogue".to_owned()],
        ([], false) => all(&files),
        ([one], _) if one == "all" => all(&files),
        (some, _) => some.to_vec(),
    };
    let mut tables = Vec::new();
    for name in &names {
        let bytes = files
            .get(&format!("{name}.csv"))
            .with_context(|| format!("政策包没有表 {name}：可选 {}", all(&files).join("、")))?;
        tables.push((name.as_str(), described(name), catalogue_text::read(bytes)?));
    }
    if is_csv {
        let [(name, _, table)] = tables.as_slice() else {
            bail!("CSV 只能导出一张表：请用 --what 指定，或导出为 .xlsx");
        };
        replace_file::write(&arguments.out, &csv(table)?)?;
        return Ok(format!("已导出 {}：{name} {} 行\n", arguments.out.display(), table.len()));
    }
    let mut sheets = Sheets::new();
    for (name, described, table) in &tables {
        sheets.table(name, described, table)?;
    }
    let about = [
        ("政策包", policy.identity.name.as_str()),
        ("编号", policy.identity.id.as_str()),
        ("版本", policy.identity.version.as_str()),
        ("哈希", policy.hash.as_str()),
    ];
    let described: Vec<_> = tables.iter().map(|(name, described, _)| (*name, *described)).collect();
    sheets.explanations(&about, &described)?;
    replace_file::write(&arguments.out, &sheets.into_bytes()?)?;
    let rows: Vec<String> =
        tables.iter().map(|(name, _, table)| format!("{name} {} 行", table.len())).collect();
    Ok(format!("已导出 {}：{}\n", arguments.out.display(), rows.join("，")))
}

/// Whether a path asks for CSV; anything but `.csv` and `.xlsx` is refused.
pub(super) fn is_csv(path: &Path) -> anyhow::Result<bool> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(true),
        Some("xlsx") => Ok(false),
        _ => bail!("{}：请写成 .xlsx 或 .csv 结尾的文件名", path.display()),
    }
}

/// Every table of the pack, the catalogue first.
fn all(files: &PackFiles) -> Vec<String> {
    let known = TABLES.iter().map(|table| table.stem.to_owned());
    let known = known.filter(|stem| files.get(&format!("{stem}.csv")).is_some());
    let lists = files.names().filter(|name| name.starts_with("lists/"));
    known.chain(lists.map(|name| name.trim_end_matches(".csv").to_owned())).collect()
}

fn described(name: &str) -> &'static PackTable {
    table(name).unwrap_or(&LIST)
}

/// CSV for Excel: UTF-8 with byte order mark, CR LF, and no cell that runs as a formula.
pub(super) fn csv(table: &Table) -> anyhow::Result<Vec<u8>> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(table.header())?;
    for row in table.rows() {
        writer.write_record(row.cells().map(harmless))?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// A cell that Excel would run gets a single quote in front, which `import` takes off again. Numbers are harmless.
fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && model::parse_decimal(cell).is_none();
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for (cell, out) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("@malignant", "'@malignant"),
            ("-0.05", "-0.05"),
            ("-", "'-"),
            ("K35.9", "K35.9"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), out);
        }
    }
}
