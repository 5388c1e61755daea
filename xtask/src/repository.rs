//! The files of the repository as git sees them: tracked, or new and not ignored.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

#[derive(Debug)]
pub(crate) struct RepoFile {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl RepoFile {
    /// The text, or `None` for a binary file or one that is not UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        if self.bytes.contains(&0) { None } else { std::str::from_utf8(&self.bytes).ok() }
    }

    /// The lines with their numbers from 1; none for a binary file.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text().unwrap_or_default().lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// `crates/model/src/case.rs` belongs to `model`, `xtask/…` to `xtask`.
    pub(crate) fn crate_name(&self) -> Option<&str> {
        let mut parts = self.path.split('/');
        match parts.next()? {
            "crates" => parts.next(),
            "xtask" => Some("xtask"),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Repository {
    /// Sorted by path.
    pub(crate) files: Vec<RepoFile>,
}

impl Repository {
    pub(crate) fn read(root: &Path) -> Result<Repository> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("running git ls-files")?;
        ensure!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
        let names = String::from_utf8(listing.stdout).context("a file name that is not UTF-8")?;
        let mut files = Vec::new();
        for path in names.split('\0').filter(|name| !name.is_empty()) {
            let place = root.join(path);
            // A file deleted but still in the index is no longer part of the work tree.
            if place.is_file() {
                let bytes = std::fs::read(&place).with_context(|| format!("reading {path}"))?;
                files.push(RepoFile { path: path.to_owned(), bytes });
            }
        }
        files.sort_by(|left, right| left.path.cmp(&right.path));
        files.dedup_by(|left, right| left.path == right.path);
        Ok(Repository { files })
    }

    pub(crate) fn file(&self, path: &str) -> Option<&RepoFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a RepoFile> {
        self.files.iter().filter(move |file| file.extension() == extension)
    }

    /// Whether the path is a file, or a folder with a file in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty() || self.files.iter().any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// The manifests of our crates, each with its crate's name.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = (&str, &RepoFile)> {
        self.files.iter().filter_map(|file| {
            let name = file.crate_name()?;
            let own = file.path == format!("crates/{name}/Cargo.toml") || file.path == "xtask/Cargo.toml";
            own.then_some((name, file))
        })
    }

    /// The first line of the file that starts with the key as a whole word; 1 when there is none.
    pub(crate) fn line_of(&self, path: &str, key: &str) -> usize {
        let word_ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c));
        self.file(path)
            .and_then(|file| file.lines().find(|(_, line)| line.strip_prefix(key).is_some_and(word_ends)))
            .map_or(1, |(number, _)| number)
    }
}

#[cfg(test)]
impl Repository {
    /// A repository in memory, for the tests of the checks.
    pub(crate) fn of(files: &[(&str, &str)]) -> Repository {
        let files = files
            .iter()
            .map(|(path, text)| RepoFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() })
            .collect();
        Repository { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_files_folders_and_crates() {
        let repository =
            Repository::of(&[("crates/model/src/case.rs", "a\nb"), ("crates/model/Cargo.toml", "")]);
        assert!(repository.has("crates/model") && repository.has("crates/model/src/case.rs"));
        assert!(!repository.has("crates/mod"));
        assert_eq!(repository.files[0].crate_name(), Some("model"));
        assert_eq!(repository.files[0].extension(), "rs");
        assert_eq!(repository.manifests().map(|(name, _)| name).collect::<Vec<_>>(), ["model"]);
    }

    #[test]
    fn finds_a_key_as_a_whole_word() {
        let repository = Repository::of(&[("Cargo.toml", "serde_json = 1\nserde.workspace = true")]);
        assert_eq!(repository.line_of("Cargo.toml", "serde"), 2);
        assert_eq!(repository.line_of("Cargo.toml", "tokio"), 1);
    }

    #[test]
    fn binary_files_have_no_lines() {
        let file = RepoFile { path: "x.png".to_owned(), bytes: vec![0x89, 0, 1] };
        assert!(file.text().is_none() && file.lines().next().is_none());
    }
}
