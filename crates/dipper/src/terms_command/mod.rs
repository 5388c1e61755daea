//! `dipper terms …`

mod catalogue_folder;
mod check;
mod column_map;
mod day;
mod export;
mod import;
mod import_report;
mod kind;
mod list;
mod lookup;
mod search;
mod target;
mod template;

use crate::report::print;
use clap::Subcommand;

/// 编码目录命令
#[derive(Subcommand)]
pub(crate) enum TermsCommand {
    /// 导入目录：默认只预演，列出新增、修改、删除、不变、出错，加 --apply 才写入
    Import(import::Arguments),
    /// 下载导入模板
    Template(template::Arguments),
    /// 列出目录：行数、版本、有效期
    List(list::Arguments),
    /// 导出目录为 .xlsx 或 .csv
    Export(export::Arguments),
    /// 按编码、名称、首字母、拼音检索
    Search(search::Arguments),
    /// 查对照：临床版 → 医保版，加 --reverse 反查
    Map(lookup::Arguments),
    /// 核对各目录与对照是否一致
    Check(check::Arguments),
}

impl TermsCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let outcome = match self {
            TermsCommand::Import(arguments) => import::run(&arguments)?,
            TermsCommand::Template(arguments) => template::run(&arguments)?.into(),
            TermsCommand::List(arguments) => list::run(&arguments)?.into(),
            TermsCommand::Export(arguments) => export::run(&arguments)?.into(),
            TermsCommand::Search(arguments) => search::run(&arguments)?.into(),
            TermsCommand::Map(arguments) => lookup::run(&arguments)?.into(),
            TermsCommand::Check(arguments) => check::run(&arguments)?,
        };
        print(&outcome.text)?;
        anyhow::ensure!(outcome.refused.is_empty(), "{}", outcome.refused);
        Ok(())
    }
}

/// What to print, and why the command did not succeed; empty when it did.
struct Outcome {
    text: String,
    refused: String,
}

impl From<String> for Outcome {
    fn from(text: String) -> Outcome {
        Outcome { text, refused: String::new() }
    }
}
