//! Tests that name a requirement: in the doc comment, or a line `// covers: DIP-1.02`, above the test function.

use super::Mark;
use super::requirement::ids_in;
use crate::repository::Repository;

pub(crate) fn find(repository: &Repository) -> Vec<Mark> {
    let ours = repository.with_extension("rs").filter(|file| file.path.starts_with("crates/"));
    ours.flat_map(|file| marks(&file.path, file.text().unwrap_or_default())).collect()
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
}
