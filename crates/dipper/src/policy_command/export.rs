//! `dipper policy export`: tables of a pack for people, in a form that `import` takes back.

use crate::export_file::{csv, is_csv};
use crate::pack_dir;
use crate::replace_file;
use anyhow::{Context, bail};
use policy::pack_export::{table_names, table_of, workbook};
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
        ([], false) => table_names(&files),
        ([one], _) if one == "all" => table_names(&files),
        (some, _) => some.to_vec(),
    };
    let mut tables = Vec::new();
    for name in &names {
        let table = table_of(&files, name)
            .with_context(|| format!("政策包没有表 {name}：可选 {}", table_names(&files).join("、")))??;
        tables.push((name.as_str(), table));
    }
    if is_csv {
        let [(name, table)] = tables.as_slice() else {
            bail!("CSV 只能导出一张表：请用 --what 指定，或导出为 .xlsx");
        };
        replace_file::write(&arguments.out, &csv(table)?)?;
        return Ok(format!("已导出 {}：{name} {} 行\n", arguments.out.display(), table.len()));
    }
    replace_file::write(&arguments.out, &workbook(&policy, &tables)?)?;
    let rows: Vec<String> = tables.iter().map(|(name, table)| format!("{name} {} 行", table.len())).collect();
    Ok(format!("已导出 {}：{}\n", arguments.out.display(), rows.join("，")))
}
