//! `dipper terms list`: which catalogues there are, with rows, editions and validity.

use super::{catalogue_folder, day, kind};
use jiff::civil::Date;
use std::fmt::Write;
use std::path::PathBuf;
use terms::Catalogue;
use terms::layouts::LAYOUTS;

/// Arguments of `dipper terms list`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录文件夹
    #[arg(long)]
    dir: PathBuf,
    /// 有效行数按哪一天计，缺省今天
    #[arg(long)]
    as_of: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let on = day::as_of(arguments.as_of.as_deref())?;
    let present = catalogue_folder::present(&arguments.dir)?;
    let mut text = format!("{}：{} 个目录（有效行数按 {on} 计）\n", arguments.dir.display(), present.len());
    for layout in &present {
        match catalogue_folder::load(&arguments.dir, layout) {
            Ok(catalogue) => describe(&mut text, &catalogue, on)?,
            Err(error) => writeln!(text, "{} {}：{error:#}", layout.id, layout.title)?,
        }
    }
    let absent: Vec<_> = LAYOUTS.into_iter().filter(|layout| !present.contains(layout)).collect();
    if !absent.is_empty() {
        writeln!(text, "尚未导入：{}", kind::listed(absent))?;
    }
    let strangers = catalogue_folder::strangers(&arguments.dir)?;
    if !strangers.is_empty() {
        writeln!(text, "不认识的文件（文件名应为目录种类加 .csv）：{}", strangers.join("、"))?;
    }
    Ok(text)
}

fn describe(text: &mut String, catalogue: &Catalogue, on: Date) -> std::fmt::Result {
    let layout = catalogue.layout();
    writeln!(text, "{} {}：{} 行", layout.id, layout.title, catalogue.records().len())?;
    for edition in catalogue.editions(on) {
        let to = edition.to.map_or("起".to_owned(), |to| format!("至 {to}"));
        writeln!(
            text,
            "  版本 {}：{} 行，{} {to}，有效 {} 行",
            edition.name, edition.rows, edition.from, edition.in_force
        )?;
    }
    Ok(())
}
