//! The workspace's own tool: `tidy` checks the house rules, `coverage` says which test and page answers which requirement.

mod coverage;
mod markdown;
mod problem;
mod repository;
mod rust_source;
mod tidy;
mod workspace;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

const USAGE: &str = "\
Usage: cargo run -p xtask -- COMMAND

  tidy                       check the house rules; prints path:line and what to do, exits 1 on any error
  coverage                   every requirement with the pages and tests that name it
  coverage --summary         only the totals
  coverage --issue RANGES    only these ids, e.g. DIP-1.02..DIP-1.08,REC-5.08; exits 1 when one has no test
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs the command on the command line; `false` when it found something wrong.
fn run() -> Result<bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?;
    match words.as_slice() {
        ["tidy"] => tidy::run(root),
        ["coverage"] => coverage::run(root, &coverage::Selection::All),
        ["coverage", "--summary"] => coverage::run(root, &coverage::Selection::Summary),
        ["coverage", "--issue", ranges] => {
            coverage::run(root, &coverage::Selection::Issue((*ranges).to_owned()))
        }
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => bail!("unknown arguments: {}\n\n{USAGE}", arguments.join(" ")),
    }
}
