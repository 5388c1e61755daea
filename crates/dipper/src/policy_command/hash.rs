//! `dipper policy hash`: the hash that stands in every result row.

use crate::pack_dir;
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn text(dirs: &[PathBuf]) -> anyhow::Result<String> {
    anyhow::ensure!(!dirs.is_empty(), "请给出政策包文件夹");
    let mut text = String::new();
    for dir in dirs {
        writeln!(text, "{}  {}", pack_dir::read(dir)?.hash(), dir.display())?;
    }
    Ok(text)
}
