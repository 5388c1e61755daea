//! The `dipper` binary's parts: command line, files, streams. Everything the engines decide happens below.

mod bench;
pub mod cases;
pub mod cli;
mod demo;
mod export_file;
mod group_command;
pub mod pack_dir;
mod policy_command;
mod replace_file;
mod report;
mod terms_command;
mod workbook;

pub use group_command::Engine;
