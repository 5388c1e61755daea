//! Foreign crates: only licences and sources that `deny.toml` allows.
//!
//! `cargo deny` itself is not run: compiling it costs every new CI machine 3 min 20 s (measured on 2 cores), and its
//! advisories need a database that CI cannot fetch. Its licence and source rules take a fraction of a second here,
//! from the same `deny.toml`, so that `cargo deny check licenses sources` on a developer's machine agrees.

use crate::problem::Problem;
use crate::repository::Repository;
use crate::workspace::Workspace;

const RULES: &str = "deny.toml";

pub(crate) fn check(repository: &Repository, workspace: &Workspace) -> Vec<Problem> {
    let rules = match Rules::read(repository) {
        Ok(rules) => rules,
        Err(what) => {
            return vec![Problem::error(
                RULES,
                1,
                what,
                "write the lists `licenses.allow` and `sources.allow-registry`",
            )];
        }
    };
    let mut problems = Vec::new();
    for package in &workspace.foreign {
        let line = repository.line_of("Cargo.lock", &format!("name = \"{}\"", package.name));
        let title = format!("{} {}", package.name, package.version);
        match &package.licence {
            Some(licence) if rules.permits(licence) => {}
            licence => problems.push(Problem::error(
                "Cargo.lock",
                line,
                format!("{title}: licence {}", licence.as_deref().unwrap_or("not stated")),
                "take another crate; a further permissive licence goes to deny.toml with a reason, a copyleft one does not",
            )),
        }
        let from = package.source.as_deref().unwrap_or("a path outside the workspace");
        if !rules.sources.iter().any(|allowed| from == format!("registry+{allowed}")) {
            problems.push(Problem::error(
                "Cargo.lock",
                line,
                format!("{title}: taken from {from}"),
                "take a published version from the registry that deny.toml allows",
            ));
        }
    }
    problems
}

struct Rules {
    licences: Vec<String>,
    sources: Vec<String>,
}

impl Rules {
    fn read(repository: &Repository) -> Result<Rules, String> {
        let file = repository.file(RULES).ok_or("the list of allowed licences is missing")?;
        let table: toml::Table =
            file.text().unwrap_or_default().parse().map_err(|error| format!("not readable: {error}"))?;
        let list = |section: &str, key: &str| -> Result<Vec<String>, String> {
            let list =
                table.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
            let list = list.ok_or(format!("no list {section}.{key}"))?;
            Ok(list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
        };
        Ok(Rules { licences: list("licenses", "allow")?, sources: list("sources", "allow-registry")? })
    }

    fn permits(&self, expression: &str) -> bool {
        // Older crates write `MIT/Apache-2.0` for a choice.
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut reading = Reading { words: &words, allowed: &self.licences };
        reading.any_of() && reading.words.is_empty()
    }
}

/// Reads an SPDX expression: `OR` binds weaker than `AND`, `WITH` belongs to its licence.
struct Reading<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Reading<'_> {
    fn any_of(&mut self) -> bool {
        let mut permitted = self.all_of();
        while self.take("OR") {
            permitted |= self.all_of();
        }
        permitted
    }

    fn all_of(&mut self) -> bool {
        let mut permitted = self.one();
        while self.take("AND") {
            permitted &= self.one();
        }
        permitted
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            let permitted = self.any_of();
            return self.take(")") && permitted;
        }
        let Some((licence, rest)) = self.words.split_first() else { return false };
        self.words = rest;
        let mut licence = (*licence).to_owned();
        if self.take("WITH")
            && let Some((exception, rest)) = self.words.split_first()
        {
            self.words = rest;
            licence = format!("{licence} WITH {exception}");
        }
        self.allowed.contains(&licence)
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Foreign;

    const ALLOWED: &str = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"BSD-3-Clause\", \"Apache-2.0 WITH LLVM-exception\"]\n\
                           [sources]\nallow-registry = [\"https://index.example/\"]\n";

    fn found(licence: Option<&str>, source: Option<&str>) -> usize {
        let package = Foreign {
            name: "some".to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let workspace = Workspace { members: Vec::new(), foreign: vec![package] };
        check(&Repository::of(&[(RULES, ALLOWED)]), &workspace).len()
    }

    const INDEX: Option<&str> = Some("registry+https://index.example/");

    #[test]
    fn permissive_choices_pass() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(Apache-2.0 OR MIT) AND BSD-3-Clause",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(found(Some(good), INDEX), 0, "{good}");
        }
    }

    #[test]
    fn copyleft_unknown_or_missing_fails() {
        for bad in [
            "AGPL-3.0-only",
            "MIT AND GPL-2.0-only",
            "(MIT OR Apache-2.0) AND AGPL-3.0-only",
            "MIT Apache-2.0",
            "",
        ] {
            assert_eq!(found(Some(bad), INDEX), 1, "{bad}");
        }
        assert_eq!(found(None, INDEX), 1);
    }

    #[test]
    fn other_sources_fail() {
        assert_eq!(found(Some("MIT"), Some("git+https://example.org/x")), 1);
        assert_eq!(found(Some("MIT"), None), 1);
    }

    #[test]
    fn a_missing_list_is_an_error() {
        assert_eq!(check(&Repository::default(), &Workspace::default()).len(), 1);
        assert_eq!(check(&Repository::of(&[(RULES, "[licenses]\n")]), &Workspace::default()).len(), 1);
    }
}
