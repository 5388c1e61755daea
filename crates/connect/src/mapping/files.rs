//! The files of a mapping pack as bytes, from a folder or built into the binary.

use crate::error::ConnectError;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// File names (relative, `/`-separated) and contents.
#[derive(Clone, Debug, Default)]
pub struct MappingFiles {
    files: BTreeMap<String, Vec<u8>>,
}

pub(super) const MAIN: &str = "mapping.toml";

/// Larger files are no part of a mapping.
const LARGEST: u64 = 64 << 20;

impl MappingFiles {
    /// Takes `mapping.toml` and `codes/*.csv`; anything else that lies in the folder (data, notes, `cases.toml`) is left out.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> MappingFiles {
        MappingFiles { files: files.into_iter().filter(|(name, _)| belongs(name)).collect() }
    }

    /// Reads a folder of the disk.
    pub fn read_folder(folder: &Path) -> Result<MappingFiles, ConnectError> {
        let disk = |path: &Path, error: &dyn std::fmt::Display| ConnectError::Disk {
            file: path.display().to_string(),
            reason: error.to_string(),
        };
        let mut paths = vec![(MAIN.to_owned(), folder.join(MAIN))];
        let codes = folder.join("codes");
        if codes.is_dir() {
            for entry in std::fs::read_dir(&codes).map_err(|error| disk(&codes, &error))? {
                let entry = entry.map_err(|error| disk(&codes, &error))?;
                paths.push((format!("codes/{}", entry.file_name().to_string_lossy()), entry.path()));
            }
        }
        let mut files = Vec::new();
        for (name, path) in paths.into_iter().filter(|(name, _)| belongs(name)) {
            let size = std::fs::metadata(&path).map_err(|error| disk(&path, &error))?.len();
            if size > LARGEST {
                return Err(disk(&path, &"文件超过 64 MB，不是对照包的文件"));
            }
            files.push((name, std::fs::read(&path).map_err(|error| disk(&path, &error))?));
        }
        Ok(MappingFiles::new(files))
    }

    /// One file's bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// `sha256:` over names and contents.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, bytes) in &self.files {
            for part in [name.as_bytes(), bytes] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"))
    }
}

fn belongs(name: &str) -> bool {
    name == MAIN || code_map_name(name).is_some()
}

/// `codes/sex.csv` → `sex`.
pub(super) fn code_map_name(file: &str) -> Option<&str> {
    file.strip_prefix("codes/")?.strip_suffix(".csv").filter(|name| !name.contains('/'))
}
