//! `dipper`: 病种精细化付费管理系统.

use clap::Parser;
use std::process::ExitCode;

/// Pages, totals and JSON are many small pieces made on many threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match dipper::cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("错误：{error:#}");
            ExitCode::from(2)
        }
    }
}
