//! `dipper backup` and `dipper restore`.

use crate::installation::{self, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use clap::Args;
use std::path::PathBuf;
use store::{BackupReport, Progress, Store};
use sync::Configuration;

#[derive(Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 备份写到这个文件；不覆盖已有文件
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// 配置文件
    #[arg(long, value_name = "FILE", default_value = "dipper.toml")]
    config: PathBuf,
    /// 备份文件
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// 确认：用备份替换现有数据
    #[arg(long)]
    yes: bool,
}

impl BackupArgs {
    /// Copies the store while it is in use.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut work = LongWork::begin();
        let report = installation
            .store
            .backup(&self.out, &mut |done, total| work.report("备份（页）", done, total))?;
        work.end();
        print(&said("已备份", &report))
    }
}

impl RestoreArgs {
    /// Replaces the store by a backup; the mart is derived and built anew from it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let configuration = Configuration::read(&self.config)?;
        if !self.yes {
            anyhow::bail!(
                "将用 {} 替换数据库；确认请加 --yes（SQLite 的旧文件会保留为 .before-restore）",
                self.from.display()
            );
        }
        let report = Store::restore(&configuration.store, &self.from)?;
        // What is derived may be ahead of the backup: versions of months would seem to fit that do not.
        for derived in [configuration.mart.clone(), installation::charge_columns(&configuration)] {
            match std::fs::remove_file(&derived) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        print(&said(&format!("已用 {} 恢复", self.from.display()), &report))?;
        print("分析库将在下次采集或 dipper mart refresh 时重建\n")
    }
}

fn said(what: &str, report: &BackupReport) -> String {
    format!(
        "{what}：{}（{:.1} MB），住院 {} 人次，费用明细 {} 行\n",
        report.file.display(),
        report.bytes as f64 / 1e6,
        report.encounters,
        report.charge_lines
    )
}
