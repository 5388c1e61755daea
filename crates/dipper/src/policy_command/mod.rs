//! `dipper policy …`

mod check;

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
}

impl PolicyCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            PolicyCommand::Check { dirs } => check::run(&dirs),
        }
    }
}
