//! The sample city's pack from the workspace's folder.

use policy::{PackFiles, Policy};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder's files and its `lists/`.
pub(crate) fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(entry.path()).expect("readable")));
            }
        }
    }
    PackFiles::new(found)
}

/// A pack with its parent laid underneath.
pub(crate) fn pack_files(dir: &Path) -> PackFiles {
    let mut files = folder(dir);
    if let Some(parent) = files.extends() {
        files.inherit(folder(&dir.join(parent)));
    }
    files
}

/// The sample city's pack.
#[allow(dead_code, reason = "not every test file draws from it")]
pub(crate) fn sample() -> Arc<Policy> {
    let files = pack_files(&workspace().join("packs/policy/sample/2025"));
    Arc::new(Policy::load(&files).unwrap_or_else(|problems| panic!("{problems}")))
}
