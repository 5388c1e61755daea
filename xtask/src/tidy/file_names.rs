//! Files are named by the domain, never by a drawer.

use crate::problem::Problem;
use crate::repository::Repository;

const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &repository.files {
        if let Some(drawer) = file.path.split('/').find_map(drawer) {
            problems.push(Problem::error(
                &file.path,
                1,
                format!("`{drawer}` says nothing about what is inside"),
                "one concept per file, named by the domain, e.g. `duplicate_charge.rs`",
            ));
        }
    }
    problems
}

/// The drawer a part of a path is named for: `utils.rs`, `date_utils.rs`, `common/`.
fn drawer(part: &str) -> Option<&'static str> {
    let stem = part.split('.').next().unwrap_or(part).to_lowercase();
    let last = stem.rsplit(['_', '-']).next().unwrap_or(&stem).to_owned();
    DRAWERS.iter().copied().find(|drawer| *drawer == last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> usize {
        check(&Repository::of(&[(path, "")])).len()
    }

    #[test]
    fn drawers_fail() {
        for bad in ["crates/model/src/utils.rs", "crates/a/common/mod.rs", "crates/a/src/date_helpers.rs"] {
            assert_eq!(found(bad), 1, "{bad}");
        }
    }

    #[test]
    fn domain_names_pass() {
        for good in ["crates/model/src/money.rs", "docs/common_cold.md", "Makefile"] {
            assert_eq!(found(good), 0, "{good}");
        }
    }
}
