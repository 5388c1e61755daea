//! `dipper terms template`: an empty table with explanations (导入模板).

use super::kind;
use crate::export_file::is_csv;
use crate::replace_file;
use std::path::PathBuf;

/// Arguments of `dipper terms template`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录种类
    #[arg(long)]
    kind: String,
    /// 写到哪里：.xlsx 或 .csv
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let layout = kind::of(&arguments.kind)?;
    let bytes = if is_csv(&arguments.out)? {
        layout.template_csv().into_bytes()
    } else {
        layout.template_workbook()?
    };
    replace_file::write(&arguments.out, &bytes)?;
    Ok(format!("模板已写到 {}：{}\n", arguments.out.display(), layout.title))
}
