//! Replacing a file of the user's: all of it or nothing, the old one kept beside it.

use anyhow::{Context, ensure};
use policy::PackFiles;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path` by way of a temporary file in the same folder. What stood there is kept as
/// `<name>.bak-<8 digits of a hash over name and contents>`, a name no loader reads; its path is returned.
/// `planned_on` is what the caller compared with: if the file is another by now, nothing is written.
pub(crate) fn replace(
    path: &Path,
    planned_on: Option<&[u8]>,
    bytes: &[u8],
) -> anyhow::Result<Option<PathBuf>> {
    let present = match std::fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("读不了 {}", path.display())),
    };
    ensure!(
        present.as_deref() == planned_on,
        "{} 在比对之后已被修改，未写入：请重新比对后再导入",
        path.display()
    );
    let kept = match &present {
        Some(old) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hash = PackFiles::new([(name, old.clone())]).hash();
            let digits = hash.strip_prefix("sha256:").unwrap_or(&hash).get(..8).unwrap_or_default();
            let kept = sibling(path, &format!(".bak-{digits}"));
            write(&kept, old)?;
            Some(kept)
        }
        None => None,
    };
    write(path, bytes)?;
    Ok(kept)
}

/// Temporary file, flushed to the disk, then renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let temporary = sibling(path, &format!(".tmp-{}", std::process::id()));
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // Nothing is left behind; the error that matters is the first one.
        let _ = std::fs::remove_file(&temporary);
    }
    written.with_context(|| format!("写不了 {}", path.display()))
}

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
