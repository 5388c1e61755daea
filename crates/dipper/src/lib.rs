//! The `dipper` binary's parts: command line, files, streams. Everything the engines decide happens below.

mod audit_command;
mod backup_command;
mod bench;
pub mod cli;
mod demo;
mod embed_link_command;
mod export_file;
mod group_command;
mod hospital_clock;
mod installation;
mod line_files;
mod long_work;
mod mart_command;
mod policy_command;
mod regroup_command;
mod replace_file;
mod report;
mod serve_command;
mod sync_command;
mod terms_command;
pub use sync::pack_dir;
