//! `dipper`: 病种精细化付费管理系统.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match dipper::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("错误：{error:#}");
            ExitCode::from(2)
        }
    }
}
