//! The command line.

use crate::bench::BenchArgs;
use crate::demo::DemoArgs;
use crate::group_command::GroupArgs;
use crate::policy_command::PolicyCommand;
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
    /// 演示：用样例市政策对合成病例分组计价
    Demo(DemoArgs),
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
            Command::Demo(args) => args.run(),
            Command::Bench(args) => args.run(),
            Command::Policy { command } => command.run(),
            Command::Terms { command } => command.run(),
        }
    }
}
