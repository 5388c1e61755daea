//! The command line.

use crate::audit_command::AuditArgs;
use crate::backup_command::{BackupArgs, RestoreArgs};
use crate::bench::BenchArgs;
use crate::demo::DemoArgs;
use crate::embed_link_command::EmbedLinkArgs;
use crate::group_command::GroupArgs;
use crate::mart_command::MartCommand;
use crate::policy_command::PolicyCommand;
use crate::regroup_command::RegroupArgs;
use crate::serve_command::ServeArgs;
use crate::sync_command::SyncCommand;
use crate::terms_command::TermsCommand;
use clap::{Parser, Subcommand};

/// 病种精细化付费管理系统
#[derive(Parser)]
#[command(name = "dipper", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 病例分组计价：JSON lines 或 CSV，逐例输出病种、分值、费用与原因
    Group(GroupArgs),
    /// 收费审核：每行一个就诊（JSON），逐例输出违规明细、超出数量与金额
    Audit(AuditArgs),
    /// 演示：建一所合成医院，采集、分组计价、建分析库，给出汇总
    Demo(DemoArgs),
    /// 网页服务：打开浏览器使用
    Serve(ServeArgs),
    /// 采集：运行、定时、接入检查、同步日志
    Sync {
        #[command(subcommand)]
        command: SyncCommand,
    },
    /// 重算：用新的政策包重新分组计价，新旧结果并存、比较、发布
    Regroup(RegroupArgs),
    /// 分析库：更新、重建、导出 Parquet
    Mart {
        #[command(subcommand)]
        command: MartCommand,
    },
    /// 嵌入地址：给接入应用联调用的签名地址
    EmbedLink(EmbedLinkArgs),
    /// 备份：使用中即可备份
    Backup(BackupArgs),
    /// 恢复：用备份替换数据库
    Restore(RestoreArgs),
    /// 测速：分组、计价、检索，并与对照实现同场比较
    Bench(BenchArgs),
    /// 政策包：校验、查看、比对、导入、导出、测算
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// 编码目录：导入、导出、检索、对照、核对
    Terms {
        #[command(subcommand)]
        command: TermsCommand,
    },
}

impl Cli {
    /// Runs the chosen command. `Err` is for unusable arguments or a bad pack (exit code 2).
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Group(args) => args.run(),
            Command::Audit(args) => args.run(),
            Command::Demo(args) => args.run(),
            Command::Serve(args) => args.run(),
            Command::Sync { command } => command.run(),
            Command::Regroup(args) => args.run(),
            Command::Mart { command } => command.run(),
            Command::EmbedLink(args) => args.run(),
            Command::Backup(args) => args.run(),
            Command::Restore(args) => args.run(),
            Command::Bench(args) => args.run(),
            Command::Policy { command } => command.run(),
            Command::Terms { command } => command.run(),
        }
    }
}
