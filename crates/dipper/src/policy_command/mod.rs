//! `dipper policy …`

mod check;
mod diff;
mod export;
mod fit;
mod hash;
mod import;
mod show;
mod template;
#[cfg(test)]
mod tests;

use crate::report::print;
use clap::Subcommand;
use std::path::PathBuf;

/// 政策包命令
#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// 校验政策包，列出全部问题（文件与行号）
    Check {
        /// 政策包文件夹
        dirs: Vec<PathBuf>,
    },
    /// 查看政策包摘要，或一个病种的全部参数
    Show {
        /// 政策包文件夹
        dir: PathBuf,
        /// 病种编码
        #[arg(long)]
        group: Option<String>,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 比对两个政策包：病种逐字段，其余文件逐行
    Diff {
        /// 旧政策包
        old: PathBuf,
        /// 新政策包
        new: PathBuf,
        /// 输出 JSON
        #[arg(long)]
        json: bool,
    },
    /// 政策包的内容哈希
    Hash {
        /// 政策包文件夹
        dirs: Vec<PathBuf>,
    },
    /// 导入公布的分值库：默认只预演，加 --apply 才写入
    Import(import::Arguments),
    /// 导出为工作簿（.xlsx，每表一页）或 CSV（.csv，单表）
    Export(export::Arguments),
    /// 拟合：医保返回的结算结果证明了哪些参数（分段、系数、分值价钱），哪些与政策包不符
    Fit {
        /// 政策包文件夹
        #[arg(long, value_name = "DIR")]
        pack: PathBuf,
        /// 医保返回文件（CSV 或 XLSX），列名同交易 4160
        #[arg(long = "in", value_name = "FILE")]
        input: PathBuf,
        /// 列对照文件，用于列名不同的返回文件
        #[arg(long, value_name = "FILE")]
        map: Option<PathBuf>,
    },
    /// 下载分值库导入模板
    Template {
        /// 写到哪里：.xlsx 或 .csv
        #[arg(long)]
        out: PathBuf,
    },
}

impl PolicyCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            PolicyCommand::Check { dirs } => check::run(&dirs),
            PolicyCommand::Show { dir, group, json } => print(&show::text(&dir, group.as_deref(), json)?),
            PolicyCommand::Diff { old, new, json } => print(&diff::text(&old, &new, json)?),
            PolicyCommand::Hash { dirs } => print(&hash::text(&dirs)?),
            PolicyCommand::Import(arguments) => {
                let outcome = import::run(&arguments)?;
                print(&outcome.text)?;
                anyhow::ensure!(outcome.refused.is_empty(), "{}", outcome.refused);
                Ok(())
            }
            PolicyCommand::Export(arguments) => print(&export::run(&arguments)?),
            PolicyCommand::Fit { pack, input, map } => print(&fit::text(&pack, &input, map.as_deref())?),
            PolicyCommand::Template { out } => print(&template::run(&out)?),
        }
    }
}
