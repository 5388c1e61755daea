//! Every `make …` that a page tells a reader to type is a target of the Makefile.

use crate::markdown;
use crate::problem::Problem;
use crate::repository::Repository;

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let makefile = repository.file("Makefile").and_then(|file| file.text()).unwrap_or_default();
    let known = targets(makefile);
    let mut problems = Vec::new();
    for page in repository.with_extension("md") {
        for piece in markdown::code(page.text().unwrap_or_default()) {
            for target in asked_for(&piece.text) {
                if !known.contains(&target) {
                    problems.push(Problem::error(
                        &page.path,
                        piece.line,
                        format!("`make {target}` is not in the Makefile"),
                        format!("correct the page, or add the target; there are: {}", known.join(" ")),
                    ));
                }
            }
        }
    }
    problems
}

/// Names before a single colon at a line's start.
fn targets(makefile: &str) -> Vec<&str> {
    let named = makefile.lines().filter_map(|line| {
        let (names, rest) = line.split_once(':')?;
        let is_rule =
            !names.starts_with(['\t', '#', '.', ' ']) && !rest.starts_with('=') && !names.contains('=');
        is_rule.then_some(names)
    });
    named.flat_map(str::split_whitespace).collect()
}

/// The targets of each `make` command in a piece of code.
fn asked_for(code: &str) -> Vec<&str> {
    let code = code.split(" #").next().unwrap_or_default().trim_start_matches(['$', ' ']);
    let commands = code.split(['&', ';', '|']);
    commands
        .flat_map(|command| {
            let is_setting = |word: &&str| word.contains('=') || word.starts_with('-');
            let mut words = command.split_whitespace().skip_while(move |word| is_setting(word));
            let is_make = words.next() == Some("make");
            words.filter(move |word| is_make && !is_setting(word))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAKEFILE: &str = "X := 1\n.PHONY: demo\ndemo: build ## run\n\tcargo run\ntest bench:\n";

    fn found(page: &str) -> usize {
        check(&Repository::of(&[("Makefile", MAKEFILE), ("README.md", page)])).len()
    }

    #[test]
    fn reads_targets() {
        assert_eq!(targets(MAKEFILE), ["demo", "test", "bench"]);
    }

    #[test]
    fn known_targets_pass() {
        assert_eq!(
            found(
                "`make demo`, make nothing, `make`\n```\n$ cd x && PORT=1 make -j2 test bench # all\n```\n"
            ),
            0
        );
    }

    #[test]
    fn unknown_targets_fail() {
        assert_eq!(found("`make demos`\n"), 1);
        assert_eq!(found("```\ncd x; make fly\n```\n"), 1);
    }
}
