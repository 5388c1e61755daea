//! No open notes and no debugging prints in what is handed over.

use crate::problem::Problem;
use crate::repository::Repository;
use crate::rust_source::{code, line_at, words};

/// Written in pieces, so that this file does not hold them.
const NOTES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];
const WRITTEN_BY_US: &[&str] =
    &["rs", "toml", "md", "html", "css", "js", "mjs", "ts", "py", "sh", "sql", "yml"];
/// Starts of paths of files that have no extension.
const COMMANDS: &[&str] = &["Makefile", ".ci/", "scripts/"];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        let is_script = COMMANDS.iter().any(|start| file.path.starts_with(start));
        if !is_script && !WRITTEN_BY_US.contains(&file.extension()) {
            continue;
        }
        for (number, line) in file.lines() {
            for note in NOTES.iter().filter(|note| words(line, note).next().is_some()) {
                problems.push(Problem::error(
                    &file.path,
                    number,
                    format!("{note} left open"),
                    "do it now, or file an issue and say in a sentence what the code does today",
                ));
            }
        }
        if file.extension() == "rs" {
            let code = code(file.text().unwrap_or_default());
            for at in words(&code, "dbg").filter(|at| code[at + 3..].starts_with('!')) {
                problems.push(Problem::error(&file.path, line_at(&code, at), "dbg! left in", "take it out"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Repository::of(&[(path, text)])).len()
    }

    #[test]
    fn notes_and_debugging_fail() {
        assert_eq!(found("a.rs", concat!("// TO", "DO: later")), 1);
        assert_eq!(found(".ci/run", concat!("# FIX", "ME")), 1);
        assert_eq!(found("a.rs", "let x = dbg!(y);"), 1);
    }

    #[test]
    fn words_that_contain_them_and_data_pass() {
        assert_eq!(found("a.rs", concat!("const TO", "DOS: u8 = 1; // dbg! in a comment")), 0);
        assert_eq!(found("a.csv", concat!("TO", "DO")), 0);
    }
}
