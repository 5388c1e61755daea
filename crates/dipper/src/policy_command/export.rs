//! `dipper policy export`: tables of a pack for people, in a form that `import` takes back.

use super::catalogue_text;
use super::pack_tables::{LIST, TABLES, table};
use crate::export_file::{csv, is_csv};
use crate::pack_dir;
use crate::replace_file;
use terms::export::{Description, Sheets};
use anyhow::{Context, bail};
use policy::PackFiles;
use std::path::PathBuf;

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
    let described: Vec<_> = tables.iter().map(|(name, described, _)| (*name, described)).collect();
    sheets.explanations(&about, &described)?;
    replace_file::write(&arguments.out, &sheets.into_bytes()?)?;
    let rows: Vec<String> =
        tables.iter().map(|(name, _, table)| format!("{name} {} 行", table.len())).collect();
    Ok(format!("已导出 {}：{}\n", arguments.out.display(), rows.join("，")))
}

/// Every table of the pack, the catalogue first.
fn all(files: &PackFiles) -> Vec<String> {
    let known = TABLES.iter().map(|table| table.stem.to_owned());
    let known = known.filter(|stem| files.get(&format!("{stem}.csv")).is_some());
    let lists = files.names().filter(|name| name.starts_with("lists/"));
    known.chain(lists.map(|name| name.trim_end_matches(".csv").to_owned())).collect()
}

fn described(name: &str) -> Description {
    table(name).unwrap_or(&LIST).description()
}
