//! Every crate takes its version, its lints and its dependencies' versions from the root manifest.

use toml::{Table, Value};

use crate::problem::Problem;
use crate::repository::{RepoFile, Repository};

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];
const DEPENDENCIES: &[&str] = &["dependencies", "dev-dependencies", "build-dependencies"];

pub(crate) fn check(repository: &Repository) -> Vec<Problem> {
    repository.manifests().flat_map(|(name, file)| check_manifest(repository, name, file)).collect()
}

fn check_manifest(repository: &Repository, folder: &str, file: &RepoFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |key: &str, what: String, remedy: String| {
        problems.push(Problem::error(&file.path, repository.line_of(&file.path, key), what, remedy));
    };
    let manifest: Table = match file.text().unwrap_or_default().parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            report("", format!("not readable: {error}"), "write valid TOML".to_owned());
            return problems;
        }
    };
    let package = manifest.get("package");
    if package.and_then(|package| package.get("name")).and_then(Value::as_str) != Some(folder) {
        report(
            "name",
            "the crate and its folder differ in name".to_owned(),
            format!("name it `{folder}`, or rename the folder"),
        );
    }
    for key in INHERITED {
        if !package.and_then(|package| package.get(key)).is_some_and(inherits) {
            report(
                key,
                format!("`{key}` is not the workspace's"),
                format!("write `{key}.workspace = true` under [package]"),
            );
        }
    }
    if !manifest.get("lints").is_some_and(inherits) {
        report(
            "[lints]",
            "the workspace's lints are not used".to_owned(),
            "write `[lints]` with `workspace = true`".to_owned(),
        );
    }
    let mut sections: Vec<&Table> = vec![&manifest];
    if let Some(Value::Table(targets)) = manifest.get("target") {
        sections.extend(targets.values().filter_map(Value::as_table));
    }
    for dependencies in sections.iter().flat_map(|section| DEPENDENCIES.iter().map(|kind| section.get(*kind)))
    {
        for (name, dependency) in dependencies.and_then(Value::as_table).into_iter().flatten() {
            if !inherits(dependency) {
                report(
                    name,
                    format!("`{name}` has a version of its own"),
                    format!("put it into [workspace.dependencies] and write `{name}.workspace = true`"),
                );
            }
        }
    }
    problems
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"model\"\nversion.workspace = true\nedition.workspace = true\n\
                        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
                        [lints]\nworkspace = true\n[dependencies]\nserde = { workspace = true, features = [\"rc\"] }\n";

    fn found(text: &str) -> Vec<Problem> {
        check(&Repository::of(&[("crates/model/Cargo.toml", text)]))
    }

    #[test]
    fn an_inheriting_manifest_passes() {
        assert_eq!(found(GOOD), []);
    }

    #[test]
    fn own_versions_and_lints_fail() {
        let own_dependency = found(&GOOD.replace("{ workspace = true, features = [\"rc\"] }", "\"1\""));
        assert_eq!(own_dependency.len(), 1);
        assert_eq!(own_dependency[0].line, 11);
        assert_eq!(found(&GOOD.replace("[lints]\nworkspace = true\n", "")).len(), 1);
        assert_eq!(found(&GOOD.replace("version.workspace = true\ned", "version = \"2.0.0\"\ned")).len(), 1);
        assert_eq!(found(&format!("{GOOD}[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n")).len(), 1);
    }

    #[test]
    fn another_name_and_broken_text_fail() {
        assert_eq!(found(&GOOD.replace("\"model\"", "\"types\"")).len(), 1);
        assert_eq!(found("[package").len(), 1);
    }
}
