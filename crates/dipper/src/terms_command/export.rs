//! `dipper terms export`: a catalogue for people, in a form that `import` takes back.

use super::kind;
use super::target::Place;
use crate::export_file::{csv, is_csv};
use crate::replace_file;
use std::path::PathBuf;
use terms::export::Sheets;

/// Arguments of `dipper terms export`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// 目录种类
    #[arg(long)]
    kind: String,
    /// 写到哪里：.xlsx 或 .csv
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let layout = kind::of(&arguments.kind)?;
    let is_csv = is_csv(&arguments.out)?;
    let target = arguments.place.open(layout)?;
    target.require(layout)?;
    let catalogue = target.catalogue();
    let table = catalogue.to_table();
    let bytes = if is_csv {
        csv(&table)?
    } else {
        let description = layout.description();
        let mut sheets = Sheets::new();
        sheets.table(layout.title, &description, &table)?;
        sheets.explanations(&[("目录", layout.title)], &[(layout.title, &description)])?;
        sheets.into_bytes()?
    };
    replace_file::write(&arguments.out, &bytes)?;
    Ok(format!("已导出 {}：{} {} 行\n", arguments.out.display(), layout.title, table.len()))
}
