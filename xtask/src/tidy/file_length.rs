//! Logic past 500 lines wants splitting; tables may be long.

use crate::problem::Problem;
use crate::repository::Repository;

const LONG: usize = 500;
const TOO_LONG: usize = 900;

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.with_extension("rs") {
        let lines = file.lines().count();
        let stem = file.name().trim_end_matches(".rs");
        let is_table = ["table", "tables"].iter().any(|word| stem.rsplit('_').next() == Some(word));
        let what = format!("{lines} lines");
        if lines > TOO_LONG && !is_table {
            problems.push(Problem::error(
                &file.path,
                1,
                what,
                "split it by concept; a file that is only a table is named *_table.rs",
            ));
        } else if lines > LONG && !is_table {
            problems.push(Problem::warning(&file.path, 1, what, "logic wants splitting; tables are fine"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Severity;

    fn found(path: &str, lines: usize) -> Vec<Severity> {
        let text = "x\n".repeat(lines);
        check(&Repository::of(&[(path, &text)])).into_iter().map(|problem| problem.severity).collect()
    }

    #[test]
    fn long_warns_and_too_long_fails() {
        assert_eq!(found("a/src/x.rs", 500), []);
        assert_eq!(found("a/src/x.rs", 501), [Severity::Warning]);
        assert_eq!(found("a/src/x.rs", 901), [Severity::Error]);
    }

    #[test]
    fn tables_may_be_long() {
        assert_eq!(found("a/src/layout_table.rs", 3000), []);
    }
}
