//! Tests that name a requirement: in the doc comment, or a line `// covers: DIP-1.02`, above the test function. A flow in
//! browsers and a measurement of the bench, whose figures no test asserts, say so in such a line anywhere.

use super::Mark;
use super::requirement::ids_in;
use crate::repository::{RepoFile, Repository};

pub(crate) fn find(repository: &Repository) -> Vec<Mark> {
    let ours = repository.with_extension("rs").filter(|file| file.path.starts_with("crates/"));
    let tests = ours.flat_map(|file| marks(&file.path, file.text().unwrap_or_default()));
    let whole =
        |path: &str| path.starts_with("browser/flows/") || path.starts_with("crates/dipper/src/bench/");
    tests.chain(repository.files.iter().filter(|file| whole(&file.path)).flat_map(said_by_the_file)).collect()
}

fn said_by_the_file(file: &RepoFile) -> Vec<Mark> {
    let lines = file.lines().filter(|(_, line)| line.trim().starts_with("// covers:"));
    let of_line = |(number, line): (usize, &str)| {
        let place = format!("{}:{number}", file.path);
        ids_in(line).into_iter().map(move |id| Mark { id, place: place.clone() }).collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

fn marks(path: &str, source: &str) -> Vec<Mark> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let mut marks = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !is_test_attribute(line) {
            continue;
        }
        let above = lines[..at].iter().rev().take_while(|line| is_heading(line)).count();
        let below = lines[at..].iter().take_while(|line| is_heading(line)).count();
        let heading = &lines[at - above..at + below];
        let name = lines.get(at + below).and_then(|line| function_name(line));
        // A test that is not run covers nothing.
        if let Some(name) = name
            && !heading.iter().any(|line| line.starts_with("#[ignore"))
        {
            let said = heading.iter().filter(|line| line.starts_with("///") || line.contains("covers:"));
            let place = format!("{path}:{} {name}", at + below + 1);
            marks.extend(said.flat_map(|line| ids_in(line)).map(|id| Mark { id, place: place.clone() }));
        }
    }
    marks
}

/// `#[test]`, `#[tokio::test(flavor = "multi_thread")]`.
fn is_test_attribute(line: &str) -> bool {
    let name = line.strip_prefix("#[").and_then(|rest| rest.split([']', '(']).next());
    name.is_some_and(|name| name == "test" || name.ends_with("::test"))
}

fn is_heading(line: &str) -> bool {
    line.starts_with("//") || line.starts_with("#[")
}

fn function_name(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fn ")?;
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(String, String)> {
        marks("a.rs", source).into_iter().map(|mark| (mark.id, mark.place)).collect()
    }

    fn pair(id: &str, place: &str) -> (String, String) {
        (id.to_owned(), place.to_owned())
    }

    #[test]
    fn doc_comments_and_covers_lines_count() {
        let source = "/// Groups a case: DIP-1.02.\n#[test]\nfn groups() {}\n\n// covers: DIP-1.03, DIP-1.04\n#[tokio::test]\n\
                      async fn serves() {}\n#[test]\n// covers: DIP-1.05\nfn below() {}\n";
        assert_eq!(
            found(source),
            [
                pair("DIP-1.02", "a.rs:3 groups"),
                pair("DIP-1.03", "a.rs:7 serves"),
                pair("DIP-1.04", "a.rs:7 serves"),
                pair("DIP-1.05", "a.rs:10 below"),
            ]
        );
    }

    #[test]
    fn other_functions_comments_and_ignored_tests_do_not_count() {
        assert_eq!(found("/// DIP-1.02\nfn plain() {}\n"), []);
        assert_eq!(found("// beside DIP-1.02\n#[test]\nfn a() {}\n"), []);
        assert_eq!(found("/// DIP-1.02\n#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"), []);
        assert_eq!(found("/// DIP-1.02\n\n#[test]\nfn a() {}\n"), []);
    }

    #[test]
    fn only_product_crates_are_read() {
        let test = "/// DIP-1.02\n#[test]\nfn a() {}\n";
        let repository = Repository::of(&[("crates/model/tests/a.rs", test), ("xtask/src/b.rs", test)]);
        assert_eq!(find(&repository).len(), 1);
    }

    #[test]
    fn flows_and_measurements_say_it_in_a_line() {
        let repository = Repository::of(&[
            ("browser/flows/a.js", "// covers: DIP-1.02\n'use strict';\n"),
            ("crates/dipper/src/bench/web.rs", "//! Pages.\n// covers: DIP-1.03\nfn run() {}\n"),
            ("browser/run.js", "// covers: DIP-1.04\n"),
        ]);
        let places: Vec<String> = find(&repository).into_iter().map(|mark| mark.place).collect();
        assert_eq!(places, ["browser/flows/a.js:1", "crates/dipper/src/bench/web.rs:2"]);
    }
}
