//! Every decision is linked from docs/decisions/README.md.

use crate::markdown;
use crate::problem::Problem;
use crate::repository::Repository;

const FOLDER: &str = "docs/decisions/";
const INDEX: &str = "docs/decisions/README.md";

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let index = repository.file(INDEX).and_then(|file| file.text()).unwrap_or_default();
    let linked: Vec<String> = markdown::links(index)
        .into_iter()
        .map(|link| link.text.trim_start_matches("./").split('#').next().unwrap_or_default().to_owned())
        .collect();
    let mut problems = Vec::new();
    for file in repository.with_extension("md").filter(|file| file.path != INDEX) {
        let Some(name) = file.path.strip_prefix(FOLDER) else { continue };
        if !linked.iter().any(|target| target == name) {
            problems.push(Problem::error(
                &file.path,
                1,
                format!("not linked from {INDEX}"),
                format!("add a line `- [title]({name}): the decision in a sentence`"),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linked_decisions_pass() {
        let repository =
            Repository::of(&[(INDEX, "- [store](./store.md): why\n"), ("docs/decisions/store.md", "")]);
        assert_eq!(check(&repository), []);
    }

    #[test]
    fn a_decision_without_a_link_fails() {
        let repository = Repository::of(&[(INDEX, "store.md\n"), ("docs/decisions/store.md", "")]);
        assert_eq!(check(&repository).len(), 1);
        assert_eq!(check(&Repository::of(&[("docs/decisions/a.md", "")])).len(), 1);
    }
}
