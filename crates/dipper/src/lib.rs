//! The `dipper` binary's parts: command line, files, streams. Everything the engines decide happens below.

mod backup_command;
mod bench;
pub mod cases;
pub mod cli;
mod demo;
mod export_file;
mod group_command;
mod hospital_clock;
mod installation;
mod long_work;
mod mart_command;
pub mod pack_dir;
mod policy_command;
mod regroup_command;
mod replace_file;
mod report;
mod sync_command;
mod terms_command;

pub use group_command::Engine;
