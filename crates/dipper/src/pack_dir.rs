//! Packs: a folder on disk with its `lists/` and the parents it extends, or one built into the binary.

use anyhow::{Context, bail};
use policy::{PackFiles, Policy};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shipped packs, so that one binary is a working system.
static BUILT_IN: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/policy");

/// Parents of parents, at most.
const DEPTH: usize = 8;

/// Reads a pack with everything it inherits: a folder, or the name of a built-in pack (`sample/2025`) when there is no
/// such folder.
pub fn read(dir: &Path) -> anyhow::Result<PackFiles> {
    if !dir.is_dir() && BUILT_IN.get_dir(dir).is_some() {
        return chain(dir, read_built_in);
    }
    chain(dir, read_folder)
}

fn chain(dir: &Path, read: fn(&Path) -> anyhow::Result<PackFiles>) -> anyhow::Result<PackFiles> {
    let mut files = read(dir)?;
    let mut at = dir.to_owned();
    let mut parent = files.extends();
    for _ in 0..DEPTH {
        let Some(relative) = parent else { return Ok(files) };
        at = at.join(relative);
        let folder = read(&at).with_context(|| format!("读取上级政策包（{} 的 extends）", dir.display()))?;
        parent = folder.extends();
        files.inherit(folder);
    }
    bail!("{} 的 extends 层级超过 {DEPTH} 层：可能相互引用", dir.display())
}

/// Reads and loads a pack; the error lists every problem with file and line.
pub fn load(dir: &Path) -> anyhow::Result<Policy> {
    let files = read(dir)?;
    Policy::load(&files).map_err(|problems| {
        anyhow::anyhow!("政策包 {} 有 {} 个问题，未载入：\n{problems}", dir.display(), problems.0.len())
    })
}

fn read_built_in(dir: &Path) -> anyhow::Result<PackFiles> {
    let dir = without_parents(dir);
    let folder = BUILT_IN.get_dir(&dir).with_context(|| format!("没有内置政策包 {}", dir.display()))?;
    let own = folder.files().map(|file| ("", file));
    let lists = folder.get_dir(dir.join("lists")).into_iter().flat_map(include_dir::Dir::files);
    let all = own.chain(lists.map(|file| ("lists/", file)));
    let named = all.filter_map(|(prefix, file)| {
        let name = file.path().file_name()?.to_str()?;
        Some((format!("{prefix}{name}"), file.contents().to_vec()))
    });
    Ok(PackFiles::new(named))
}

/// `sample/2025/../../base/2025` → `base/2025`.
fn without_parents(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

fn read_folder(dir: &Path) -> anyhow::Result<PackFiles> {
    let mut files = BTreeMap::new();
    read_into(dir, "", &mut files)?;
    if dir.join("lists").is_dir() {
        read_into(&dir.join("lists"), "lists/", &mut files)?;
    }
    Ok(PackFiles::new(files))
}

fn read_into(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("打不开文件夹 {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_file() && (name.ends_with(".csv") || name.ends_with(".toml")) {
            let bytes = std::fs::read(&path).with_context(|| format!("读不了 {}", path.display()))?;
            files.insert(format!("{prefix}{name}"), bytes);
        }
    }
    Ok(())
}
