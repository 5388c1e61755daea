//! Every relative link of a page leads to a file or folder of this repository.

use crate::markdown;
use crate::problem::Problem;
use crate::repository::Repository;

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.with_extension("md") {
        for link in markdown::links(file.text().unwrap_or_default()) {
            if is_elsewhere(&link.text) {
                continue;
            }
            let target = link.text.split('#').next().unwrap_or_default();
            if !resolve(&file.path, target).is_some_and(|path| repository.has(&path)) {
                problems.push(Problem::error(
                    &file.path,
                    link.line,
                    format!("link to `{}` leads nowhere", link.text),
                    "link a file of this repository, relative to this page",
                ));
            }
        }
    }
    problems
}

/// A web address, a mail address or a place on the same page.
fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:") || target.starts_with('#')
}

/// The target from the repository's root; `None` when it leaves the repository.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Repository::of(&[("docs/manual/a.md", text), ("docs/术语.md", ""), ("README.md", "")])).len()
    }

    #[test]
    fn links_that_resolve_pass() {
        for good in [
            "[a](../术语.md#x)",
            "[a](../../README.md)",
            "[a](..)",
            "[a](#here)",
            "[a](https://example.org/x)",
        ] {
            assert_eq!(found(good), 0, "{good}");
        }
    }

    #[test]
    fn broken_links_fail() {
        for bad in ["[a](b.md)", "[a](/README.md)", "[a](../../../shared/x.csv)", "[a]: ../no.md"] {
            assert_eq!(found(bad), 1, "{bad}");
        }
    }
}
