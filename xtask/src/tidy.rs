//! The house rules. Each check is a function over the repository's files or the workspace's crates.

mod architecture_page;
mod arrows;
mod decisions_index;
mod file_length;
mod file_names;
mod floors;
mod leftovers;
mod licences;
mod make_targets;
mod manifests;
mod markdown_links;
mod old_browsers;
mod plain_text;
mod private_places;
mod pure_engines;

use std::path::Path;
use std::time::Instant;

use anyhow::Result;

use crate::problem::{Problem, Severity};
use crate::repository::Repository;
use crate::workspace::Workspace;

/// Runs every check and prints what it found; `false` when there is an error.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let started = Instant::now();
    let repository = Repository::read(root)?;
    let workspace = Workspace::read(root)?;
    let mut problems = check(&repository, &workspace);
    problems.sort_by(|left, right| {
        // Errors last, where a person looks first.
        right
            .severity
            .cmp(&left.severity)
            .then_with(|| (&left.path, left.line).cmp(&(&right.path, right.line)))
    });
    for problem in &problems {
        println!("{problem}");
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    println!(
        "tidy: {} files, {} own crates, {} foreign crates; {errors} errors, {} warnings; {:.1} s",
        repository.files.len(),
        workspace.members.len(),
        workspace.foreign.len(),
        problems.len() - errors,
        started.elapsed().as_secs_f64(),
    );
    Ok(errors == 0)
}

fn check(repository: &Repository, workspace: &Workspace) -> Vec<Problem> {
    [
        arrows::check(repository, workspace),
        pure_engines::check_dependencies(repository, workspace),
        pure_engines::check_sources(repository),
        licences::check(repository, workspace),
        manifests::check(repository),
        file_names::check(repository),
        file_length::check(repository),
        leftovers::check(repository),
        plain_text::check(repository),
        private_places::check(repository),
        architecture_page::check(repository),
        decisions_index::check(repository),
        markdown_links::check(repository),
        make_targets::check(repository),
        old_browsers::check(repository),
    ]
    .concat()
}
