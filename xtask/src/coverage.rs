//! Which pages and tests answer which requirement of the tender.

mod page_marks;
mod requirement;
mod test_marks;

use std::path::Path;

use anyhow::{Result, bail};

use crate::repository::Repository;
use requirement::{Requirement, select};

/// Beside the repository; not part of it.
const REQUIREMENTS: &str = "../shared/requirements.csv";

/// Which requirements to print.
pub(crate) enum Selection {
    All,
    Summary,
    /// Ids and ranges of ids; each must have a test.
    Issue(String),
}

/// A place that names a requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) id: String,
    /// `path:line`, for a test with the function's name.
    pub(crate) place: String,
}

/// Prints the matrix; `false` when a place names an unknown id, or a selected requirement has no test.
pub(crate) fn run(root: &Path, selection: &Selection) -> Result<bool> {
    let table = root.join(REQUIREMENTS);
    if !table.is_file() {
        println!("coverage: skipped, {REQUIREMENTS} is not here");
        return Ok(true);
    }
    let requirements = requirement::read(&table)?;
    let repository = Repository::read(root)?;
    let matrix = Matrix {
        pages: page_marks::find(&repository),
        tests: test_marks::find(&repository),
        requirements: &requirements,
    };
    let unknown = matrix.unknown();
    for mark in &unknown {
        println!("{}: error: {} is no requirement\n    correct the id", mark.place, mark.id);
    }
    let chosen: Vec<&Requirement> = match selection {
        Selection::All | Selection::Summary => requirements.iter().collect(),
        Selection::Issue(ranges) => select(&requirements, ranges)?,
    };
    if chosen.is_empty() {
        bail!("no requirement is selected");
    }
    if !matches!(selection, Selection::Summary) {
        println!("id | mark | pages | tests");
        chosen.iter().for_each(|requirement| println!("{}", matrix.row(requirement)));
    }
    println!("{}", matrix.totals(&chosen));
    let untested: Vec<&str> =
        chosen.iter().map(|requirement| requirement.id.as_str()).filter(|id| !matrix.has_test(id)).collect();
    if matches!(selection, Selection::Issue(_)) && !untested.is_empty() {
        println!(
            "error: no test names {}\n    write `// covers: ID` or the id in the doc comment above its test",
            untested.join(", ")
        );
        return Ok(false);
    }
    Ok(unknown.is_empty())
}

struct Matrix<'a> {
    requirements: &'a [Requirement],
    pages: Vec<Mark>,
    tests: Vec<Mark>,
}

impl Matrix<'_> {
    fn unknown(&self) -> Vec<&Mark> {
        let known = |id: &str| self.requirements.iter().any(|requirement| requirement.id == id);
        self.pages.iter().chain(&self.tests).filter(|mark| !known(&mark.id)).collect()
    }

    fn has_test(&self, id: &str) -> bool {
        self.tests.iter().any(|mark| mark.id == id)
    }

    fn has_page(&self, id: &str) -> bool {
        self.pages.iter().any(|mark| mark.id == id)
    }

    fn row(&self, requirement: &Requirement) -> String {
        let places = |marks: &[Mark]| -> String {
            let places: Vec<&str> = marks
                .iter()
                .filter(|mark| mark.id == requirement.id)
                .map(|mark| mark.place.as_str())
                .collect();
            if places.is_empty() { "-".to_owned() } else { places.join(", ") }
        };
        format!(
            "{} | {} | {} | {}",
            requirement.id,
            requirement.mark,
            places(&self.pages),
            places(&self.tests)
        )
    }

    fn totals(&self, chosen: &[&Requirement]) -> String {
        let count = |mark: &str| {
            let marked = chosen.iter().filter(|requirement| mark.is_empty() || requirement.mark == mark);
            let (mut all, mut tested, mut shown) = (0, 0, 0);
            for requirement in marked {
                all += 1;
                tested += usize::from(self.has_test(&requirement.id));
                shown += usize::from(self.has_page(&requirement.id));
            }
            format!("{all} (a test: {tested}, a page: {shown})")
        };
        format!("coverage: requirements {}; ★ {}; ▲ {}", count(""), count("★"), count("▲"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_totals_and_unknown_ids() {
        let requirements = [Requirement::of("DIP-1.01", "★"), Requirement::of("DIP-1.02", "")];
        let mark = |id: &str| Mark { id: id.to_owned(), place: format!("{id}.rs:1") };
        let matrix = Matrix {
            requirements: &requirements,
            pages: vec![mark("DIP-1.02")],
            tests: vec![mark("DIP-1.01"), mark("XYZ-1.01")],
        };
        assert_eq!(matrix.row(&requirements[0]), "DIP-1.01 | ★ | - | DIP-1.01.rs:1");
        assert_eq!(matrix.unknown(), [&mark("XYZ-1.01")]);
        assert!(matrix.has_test("DIP-1.01") && !matrix.has_test("DIP-1.02"));
        let chosen: Vec<&Requirement> = requirements.iter().collect();
        assert_eq!(
            matrix.totals(&chosen),
            "coverage: requirements 2 (a test: 1, a page: 1); ★ 1 (a test: 1, a page: 0); ▲ 0 (a test: 0, a page: 0)"
        );
    }
}
