//! Packs on disk: one folder, its `lists/`, and the parents it extends.

use anyhow::{Context, bail};
use policy::{PackFiles, Policy};
use std::collections::BTreeMap;
use std::path::Path;

/// Parents of parents, at most.
const DEPTH: usize = 8;

/// Reads a pack folder with everything it inherits.
pub fn read(dir: &Path) -> anyhow::Result<PackFiles> {
    let mut files = read_folder(dir)?;
    let mut at = dir.to_owned();
    let mut parent = files.extends();
    for _ in 0..DEPTH {
        let Some(relative) = parent else { return Ok(files) };
        at = at.join(relative);
        let folder =
            read_folder(&at).with_context(|| format!("读取上级政策包（{} 的 extends）", dir.display()))?;
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
