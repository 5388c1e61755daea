//! Packs: a folder on disk with its `lists/` and the parents it extends, or one built into the binary.

use crate::SyncError;
use policy::{PackFiles, Policy};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shipped packs, so that one binary is a working system.
static BUILT_IN: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/policy");

/// Parents of parents, at most.
const DEPTH: usize = 8;

/// Reads a pack with everything it inherits: a folder, or the name of a built-in pack (`sample/2025`) when there is no
/// such folder.
pub fn read(dir: &Path) -> Result<PackFiles, SyncError> {
    if !dir.is_dir() && BUILT_IN.get_dir(dir).is_some() {
        return chain(dir, read_built_in);
    }
    chain(dir, read_folder)
}

fn chain(dir: &Path, read: fn(&Path) -> Result<PackFiles, SyncError>) -> Result<PackFiles, SyncError> {
    let mut files = read(dir)?;
    let mut at = dir.to_owned();
    let mut parent = files.extends();
    for _ in 0..DEPTH {
        let Some(relative) = parent else { return Ok(files) };
        at = at.join(relative);
        let folder = read(&at).map_err(|error| wrong(dir, format!("读取上级政策包（extends）：{error}")))?;
        parent = folder.extends();
        files.inherit(folder);
    }
    Err(wrong(dir, format!("extends 层级超过 {DEPTH} 层：可能相互引用")))
}

/// Reads and loads a pack; the error lists every problem with file and line.
pub fn load(dir: &Path) -> Result<Policy, SyncError> {
    let files = read(dir)?;
    Policy::load(&files)
        .map_err(|problems| wrong(dir, format!("有 {} 个问题，未载入：\n{problems}", problems.0.len())))
}

fn wrong(place: &Path, why: String) -> SyncError {
    SyncError::Folder(place.display().to_string(), why)
}

fn read_built_in(dir: &Path) -> Result<PackFiles, SyncError> {
    let dir = without_parents(dir);
    let folder = BUILT_IN.get_dir(&dir).ok_or_else(|| wrong(&dir, "没有这个内置政策包".into()))?;
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

fn read_folder(dir: &Path) -> Result<PackFiles, SyncError> {
    let mut files = BTreeMap::new();
    read_into(dir, "", &mut files)?;
    if dir.join("lists").is_dir() {
        read_into(&dir.join("lists"), "lists/", &mut files)?;
    }
    Ok(PackFiles::new(files))
}

fn read_into(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), SyncError> {
    let entries = std::fs::read_dir(dir).map_err(|error| wrong(dir, format!("打不开文件夹：{error}")))?;
    for entry in entries {
        let path = entry.map_err(|error| wrong(dir, error.to_string()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_file() && (name.ends_with(".csv") || name.ends_with(".toml")) {
            let bytes = std::fs::read(&path).map_err(|error| wrong(&path, format!("读不了：{error}")))?;
            files.insert(format!("{prefix}{name}"), bytes);
        }
    }
    Ok(())
}
