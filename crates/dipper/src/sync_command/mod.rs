//! `dipper sync`: 采集任务的运行、检查、日志与暂停.

mod doctor;
mod log;
mod run;
mod tasks;
mod watch;

use clap::Subcommand;

pub(crate) use run::collect;

#[derive(Subcommand)]
pub(crate) enum SyncCommand {
    /// 立即采集：全部数据源，或指定数据源与任务；随后重算变化的病例并更新分析库
    Run(run::RunArgs),
    /// 定时采集：按配置的时间持续运行，直到停止
    Watch(watch::WatchArgs),
    /// 接入检查：新数据源是否可信，只读不存
    Doctor(doctor::DoctorArgs),
    /// 同步日志：最近的运行、统计，或某次运行拒收的行
    Log(log::LogArgs),
    /// 采集任务：进度、暂停与待确认
    Tasks(tasks::TasksArgs),
    /// 暂停采集任务
    Pause(tasks::PauseArgs),
    /// 重读：任务下次采集从头（或从指定时间）重新读取，如改正对照包之后
    Reread(tasks::RereadArgs),
    /// 恢复采集任务（同时清除失败次数与待确认）
    Resume(tasks::PauseArgs),
}

impl SyncCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            SyncCommand::Run(args) => args.run(),
            SyncCommand::Watch(args) => args.run(),
            SyncCommand::Doctor(args) => args.run(),
            SyncCommand::Log(args) => args.run(),
            SyncCommand::Tasks(args) => args.run(),
            SyncCommand::Pause(args) => args.run(true),
            SyncCommand::Reread(args) => args.run(),
            SyncCommand::Resume(args) => args.run(false),
        }
    }
}
