//! `dipper mart`: 分析库的更新、重建与导出.

use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use clap::{Args, Subcommand};
use mart::{ChargeColumns, RefreshReport};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum MartCommand {
    /// 更新：只重建有变化的月份
    Refresh(InstallationArgs),
    /// 重建：从数据仓全部重建
    Rebuild(InstallationArgs),
    /// 导出：每张事实表一个 Parquet 文件
    Export(ExportArgs),
}

#[derive(Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 写到这个文件夹
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl MartCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut work = LongWork::begin();
        match self {
            MartCommand::Refresh(args) => {
                let installation = args.open()?;
                let report = installation.mart()?.refresh(&installation.store, &mut work)?;
                fill_charge_columns(&installation, &mut work)?;
                work.end();
                print(&said(&report))
            }
            MartCommand::Rebuild(args) => {
                let installation = args.open()?;
                let report = installation.mart()?.rebuild(&installation.store, &mut work)?;
                fill_charge_columns(&installation, &mut work)?;
                work.end();
                print(&said(&report))
            }
            MartCommand::Export(args) => {
                let installation = args.installation.open()?;
                let mart = installation.mart()?;
                mart.refresh(&installation.store, &mut work)?;
                let files = mart.export_parquet(&args.out, &mut work)?;
                work.end();
                let mut text = String::new();
                for (file, rows) in files {
                    text.push_str(&format!("{}：{rows} 行\n", file.display()));
                }
                print(&text)
            }
        }
    }
}

/// Brings the snapshot of the charge columns up to the mart. The mart is opened anew: what DuckDB kept in memory for building
/// is free for the columns.
fn fill_charge_columns(installation: &Installation, work: &mut LongWork) -> anyhow::Result<()> {
    ChargeColumns::load(&installation.mart()?, &installation.charge_columns(), work)?;
    Ok(())
}

fn said(report: &RefreshReport) -> String {
    match report.months.len() {
        0 => "分析库没有需要更新的月份\n".to_owned(),
        months => format!("分析库已更新 {months} 个月份（0 为在院）\n"),
    }
}
