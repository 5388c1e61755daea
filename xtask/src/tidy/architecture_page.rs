//! README.md and ARCHITECTURE.md are there; the latter is short and names every crate.

use crate::problem::Problem;
use crate::repository::Repository;

const PAGE: &str = "ARCHITECTURE.md";
const MAX_LINES: usize = 150;

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    if repository.file("README.md").is_none() {
        problems.push(Problem::error(
            "README.md",
            1,
            "missing",
            "write one page: what Dipper is, `make demo`, `make test`",
        ));
    }
    let Some(page) = repository.file(PAGE) else {
        problems.push(Problem::error(
            PAGE,
            1,
            "missing",
            "write the flow, the code map, the invariants, the walkthroughs",
        ));
        return problems;
    };
    let lines = page.lines().count();
    if lines > MAX_LINES {
        problems.push(Problem::error(
            PAGE,
            MAX_LINES + 1,
            format!("{lines} lines, more than {MAX_LINES}"),
            "move detail to docs/ and link it",
        ));
    }
    for (name, _) in repository.manifests() {
        if !page.text().unwrap_or_default().contains(&format!("`{name}`")) {
            problems.push(Problem::error(
                PAGE,
                1,
                format!("does not name crate `{name}`"),
                "add it, in backticks, to the code map",
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> usize {
        check(&Repository::of(&[("README.md", "x\n"), (PAGE, page), ("crates/model/Cargo.toml", "")])).len()
    }

    #[test]
    fn a_short_page_that_names_the_crates_passes() {
        assert_eq!(found("| 0 | `model` | types |\n"), 0);
    }

    #[test]
    fn a_crate_without_a_name_and_a_long_page_fail() {
        assert_eq!(found("model\n"), 1);
        assert_eq!(found(&"`model`\n".repeat(151)), 1);
    }

    #[test]
    fn missing_pages_fail() {
        assert_eq!(check(&Repository::default()).len(), 2);
    }
}
