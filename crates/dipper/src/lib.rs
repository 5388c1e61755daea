//! The `dipper` binary's parts: command line, files, streams. Everything the engines decide happens below.

pub mod cli;
pub mod pack_dir;
mod policy_command;
