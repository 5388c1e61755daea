//! 目录文件夹: one file a catalogue, `<kind>.csv`.

use super::kind;
use anyhow::{Context, bail, ensure};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use terms::layouts::LAYOUTS;
use terms::{Catalogue, Layout};

/// A catalogue with the bytes it was read from; `None` when there was no file.
pub(super) struct Stored {
    pub(super) catalogue: Catalogue,
    pub(super) bytes: Option<Vec<u8>>,
}

/// The file of a catalogue.
pub(super) fn path(dir: &Path, layout: &Layout) -> PathBuf {
    dir.join(format!("{}.csv", layout.id))
}

/// A catalogue for an import: one without a file is empty.
pub(super) fn stored(dir: &Path, layout: &Layout) -> anyhow::Result<Stored> {
    let path = path(dir, layout);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("读不了 {}", path.display())),
    };
    let catalogue = Catalogue::of_text(layout, bytes.as_deref().unwrap_or_default())
        .with_context(|| format!("读不了 {}", path.display()))?;
    Ok(Stored { catalogue, bytes })
}

/// A catalogue that must be there.
pub(super) fn load(dir: &Path, layout: &'static Layout) -> anyhow::Result<Catalogue> {
    let found = stored(dir, layout)?;
    if found.bytes.is_some() {
        return Ok(found.catalogue);
    }
    let present = present(dir)?;
    if present.is_empty() {
        bail!("{} 中没有任何目录：请先用 dipper terms import 导入", dir.display());
    }
    bail!(
        "{} 中没有{}（{}.csv）：请先导入；现有 {}",
        dir.display(),
        layout.title,
        layout.id,
        kind::listed(present)
    )
}

/// The catalogues that have a file. Errors when there is no such folder.
pub(super) fn present(dir: &Path) -> anyhow::Result<Vec<&'static Layout>> {
    ensure!(dir.is_dir(), "没有文件夹 {}：请核对 --dir", dir.display());
    Ok(LAYOUTS.into_iter().filter(|layout| path(dir, layout).is_file()).collect())
}

/// Files that look like catalogues and are none: a misspelt name would otherwise be passed over.
pub(super) fn strangers(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("读不了 {}", dir.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let known = |stem: &str| LAYOUTS.iter().any(|layout| layout.id == stem);
        if name.strip_suffix(".csv").is_some_and(|stem| !known(stem)) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
