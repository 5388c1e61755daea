//! `dipper terms check`: whether the catalogues of a folder agree with each other.

use super::{Outcome, catalogue_folder, day};
use crate::report::{SHOWN, section};
use std::fmt::Write;
use std::path::PathBuf;
use terms::Catalogue;

/// Arguments of `dipper terms check`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录文件夹
    #[arg(long)]
    dir: PathBuf,
    /// 按哪一天有效的编码核对，缺省今天
    #[arg(long)]
    as_of: Option<String>,
    /// 列出全部明细
    #[arg(long)]
    all: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let on = day::as_of(arguments.as_of.as_deref())?;
    let mut text = format!("核对 {}，按 {on} 有效的编码\n", arguments.dir.display());
    let mut problems = 0;
    let mut catalogues: Vec<Catalogue> = Vec::new();
    let present = catalogue_folder::present(&arguments.dir)?;
    anyhow::ensure!(!present.is_empty(), "{} 中没有任何目录：请先导入", arguments.dir.display());
    for layout in present {
        match catalogue_folder::load(&arguments.dir, layout) {
            Ok(catalogue) => catalogues.push(catalogue),
            Err(error) => {
                problems += 1;
                writeln!(text, "{error:#}")?;
            }
        }
    }
    for catalogue in &catalogues {
        writeln!(text, "{}：{} 行", catalogue.layout().title, catalogue.records().len())?;
    }
    let checked = terms::cross_check(&catalogues.iter().collect::<Vec<_>>(), on);
    for missing in &checked.unchecked {
        writeln!(text, "没有可用的{}：与之有关的各项未核对", missing.join("、"))?;
    }
    let shown = if arguments.all { usize::MAX } else { SHOWN };
    for finding in checked.findings {
        problems += if finding.is_problem { finding.rows.len() } else { 0 };
        let title = if finding.is_problem { "问题" } else { "提示" };
        section(&mut text, &format!("{title}：{}", finding.title), shown, finding.rows.into_iter())?;
    }
    let refused = if problems == 0 {
        writeln!(text, "核对通过。")?;
        String::new()
    } else {
        format!("{problems} 处不一致：请改正目录或对照后重新导入")
    };
    Ok(Outcome { text, refused })
}
