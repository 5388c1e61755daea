//! The `dipper` binary's parts: command line, files, streams. Everything the engines decide happens below.

mod bench;
pub mod cases;
pub mod cli;
mod demo;
mod group_command;
pub mod pack_dir;
mod policy_command;

pub use group_command::Engine;
