//! Engines read no database, no clock and no file: "today" and every table are arguments.

use super::floors;
use crate::problem::Problem;
use crate::repository::Repository;
use crate::rust_source::{is_test_file, is_word_char, line_at, shipped_code, words};
use crate::workspace::Workspace;

/// Crates that reach outside; the pure floors do without.
const IMPURE_CRATES: &[&str] =
    &["tokio", "async-std", "sqlx", "sea-orm", "duckdb", "rusqlite", "postgres", "axum", "hyper", "reqwest"];

/// Modules of `std` that reach outside.
const IMPURE_MODULES: &[&str] = &["fs", "env", "net", "process"];

/// Calls that read the clock (`SystemTime::now`, `Zoned::now` …) or open a file by its path.
const IMPURE_CALLS: &[(&str, &str)] = &[
    ("::now", "take the moment as an argument"),
    ("open_workbook", "take the bytes: `open_workbook_from_rs` over a `Cursor`"),
    ("open_workbook_auto", "take the bytes: `open_workbook_auto_from_rs` over a `Cursor`"),
    ("from_path", "take a reader or the bytes"),
];

pub(crate) fn check_dependencies(repository: &Repository, workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in workspace.members.iter().filter(|member| floors::is_pure(&member.name)) {
        for arrow in &member.arrows {
            if !arrow.dev && IMPURE_CRATES.contains(&arrow.to.as_str()) {
                problems.push(Problem::error(
                    &member.manifest,
                    repository.line_of(&member.manifest, &arrow.to),
                    format!("`{}` is a pure crate and depends on `{}`", member.name, arrow.to),
                    format!("floors 0 to {} do no I/O: move this to floor 3", floors::HIGHEST_PURE_FLOOR),
                ));
            }
        }
    }
    problems
}

pub(crate) fn check_sources(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.with_extension("rs") {
        let pure = file.crate_name().is_some_and(floors::is_pure);
        if !pure || !file.path.contains("/src/") || is_test_file(&file.path) {
            continue;
        }
        let code = shipped_code(file.text().unwrap_or_default());
        let mut report = |at: usize, what: &str, remedy: &str| {
            problems.push(Problem::error(
                &file.path,
                line_at(&code, at),
                format!("`{what}` in a pure crate"),
                format!("{remedy}; tests may use it inside `#[cfg(test)]` or in a file named *_tests.rs"),
            ));
        };
        for module in IMPURE_MODULES {
            for at in words(&code, &format!("std::{module}")) {
                report(
                    at,
                    &format!("std::{module}"),
                    "values in, values out: the caller reads and passes it",
                );
            }
        }
        for (at, module) in grouped_imports(&code) {
            report(at, &format!("std::{module}"), "values in, values out: the caller reads and passes it");
        }
        for (call, remedy) in IMPURE_CALLS {
            for at in calls(&code, call) {
                report(at, call, remedy);
            }
        }
    }
    problems
}

/// `std::{collections::HashMap, fs}` names modules without `std::` before them.
fn grouped_imports(code: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("std::{") {
        let body = start + "std::{".len();
        let mut depth = 0_usize;
        let mut begins_name = true;
        for (at, c) in code[body..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins_name = true,
                _ if c.is_whitespace() => {}
                _ if begins_name => {
                    begins_name = false;
                    let name: String = code[body + at..].chars().take_while(|c| is_word_char(*c)).collect();
                    found.extend(
                        IMPURE_MODULES
                            .iter()
                            .filter(|module| **module == name)
                            .map(|module| (start, *module)),
                    );
                }
                _ => {}
            }
        }
    }
    found
}

/// The call as a whole name; one that starts with `::` has its type before it.
fn calls<'a>(code: &'a str, call: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(call).map(|(at, _)| at).filter(move |at| {
        let before_ok = call.starts_with("::") || !code[..*at].ends_with(is_word_char);
        before_ok && !code[at + call.len()..].starts_with(is_word_char)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, source: &str) -> usize {
        check_sources(&Repository::of(&[(path, source)])).len()
    }

    #[test]
    fn an_engine_with_a_database_is_an_error() {
        let repository = Repository::of(&[("crates/grouper/Cargo.toml", "\n\nsqlx.workspace = true\n")]);
        let problems = check_dependencies(&repository, &Workspace::of(&[("grouper", &["sqlx", "model"])]));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].line, 3);
    }

    #[test]
    fn tests_and_upper_floors_may_use_a_database() {
        let workspace = Workspace::of(&[("grouper", &["dev:tokio"]), ("store", &["tokio", "sqlx"])]);
        assert!(check_dependencies(&Repository::default(), &workspace).is_empty());
    }

    #[test]
    fn clocks_files_and_environment_are_errors() {
        for bad in [
            "use std::fs;",
            "use std::{collections::{HashMap, BTreeMap}, fs::File};",
            "let x = std::env::var(\"A\");",
            "let t = Instant::now();",
            "let t = x.unwrap_or_else(Zoned::now);",
            "csv::Reader::from_path(p)",
            "open_workbook(p)",
        ] {
            assert_eq!(found("crates/policy/src/a.rs", bad), 1, "{bad}");
        }
    }

    #[test]
    fn harmless_code_passes() {
        for good in [
            "use std::{collections::HashMap, fmt};",
            "// std::fs is not used here",
            "let text = \"Instant::now\";",
            "const X: &str = env!(\"CARGO_PKG_VERSION\");",
            "fn now() {} a::nowhere();",
            "#[cfg(test)]\nmod tests { use std::fs; }",
        ] {
            assert_eq!(found("crates/policy/src/a.rs", good), 0, "{good}");
        }
        assert_eq!(found("crates/store/src/a.rs", "use std::fs;"), 0);
        assert_eq!(found("crates/policy/tests/a.rs", "use std::fs;"), 0);
    }
}
