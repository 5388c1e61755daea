//! The command line.

use crate::policy_command::PolicyCommand;
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
    /// 政策包：校验、查看、比对、导入、导出、测算
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
}

impl Cli {
    /// Runs the chosen command. `Err` is for unusable arguments or a bad pack (exit code 2).
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Policy { command } => command.run(),
        }
    }
}
