//! Arrows between our crates only point down.

use super::floors;
use crate::problem::Problem;
use crate::repository::Repository;
use crate::workspace::Workspace;

pub(crate) fn check(repository: &Repository, workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in &workspace.members {
        let Some((from_row, from)) = floors::place(&member.name) else {
            problems.push(Problem::error(
                &member.manifest,
                1,
                format!("crate `{}` has no floor", member.name),
                "give it a row in xtask/src/tidy/floors.rs and a line in ARCHITECTURE.md's code map",
            ));
            continue;
        };
        for arrow in &member.arrows {
            let Some((to_row, to)) = floors::place(&arrow.to) else { continue };
            let allowed = match floors::is_test_support(to.name) {
                true => arrow.dev || to.floor < from.floor,
                false => to_row < from_row,
            };
            if allowed {
                continue;
            }
            problems.push(Problem::error(
                &member.manifest,
                repository.line_of(&member.manifest, to.name),
                format!(
                    "`{}` (floor {}) must not depend on `{}` (floor {})",
                    from.name, from.floor, to.name, to.floor
                ),
                "arrows only point down: move what is needed to a lower floor, or pass it in as an argument",
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(members: &[(&str, &[&str])]) -> Vec<String> {
        let repository = Repository::of(&[("crates/grouper/Cargo.toml", "[dependencies]\nstore = 1\n")]);
        check(&repository, &Workspace::of(members)).into_iter().map(|problem| problem.to_string()).collect()
    }

    #[test]
    fn down_is_fine() {
        assert!(found(&[("grouper", &["model", "policy", "serde"]), ("terms", &["model"])]).is_empty());
    }

    #[test]
    fn up_is_an_error_at_its_line() {
        let found = found(&[("grouper", &["store"])]);
        assert!(found.len() == 1 && found[0].starts_with("crates/grouper/Cargo.toml:2: error"), "{found:?}");
    }

    #[test]
    fn up_within_a_floor_is_an_error() {
        assert_eq!(found(&[("model", &["terms"])]).len(), 1);
        assert_eq!(found(&[("policy", &["dev:settle"])]).len(), 1);
    }

    #[test]
    fn only_tests_may_use_test_support_from_below_or_beside() {
        assert!(found(&[("grouper", &["dev:hospital"]), ("connect", &["dev:his", "hospital"])]).is_empty());
        assert!(found(&[("his", &["hospital"]), ("sync", &["his"])]).is_empty());
        assert_eq!(found(&[("grouper", &["hospital"])]).len(), 1);
        assert_eq!(found(&[("connect", &["his"])]).len(), 1);
        assert_eq!(found(&[("hospital", &["his"])]).len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_an_error() {
        assert_eq!(found(&[("stuff", &[])]).len(), 1);
    }
}
