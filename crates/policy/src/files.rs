//! The files of a pack as bytes. Who reads the disk is not this crate's business.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// File names (relative, `/`-separated) and contents of a pack, parents already laid underneath.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackFiles {
    files: BTreeMap<String, Vec<u8>>,
}

impl PackFiles {
    /// The files of one folder. Files that are no part of a pack (`README.md`, case files …) are left out;
    /// a misspelt `.csv` or `.toml` stays in and is reported by the loader.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> PackFiles {
        let belongs = |name: &str| name.ends_with(".csv") || name.ends_with(".toml");
        PackFiles { files: files.into_iter().filter(|(name, _)| belongs(name)).collect() }
    }

    /// The parent folder that `pack.toml` names, relative to this one.
    pub fn extends(&self) -> Option<String> {
        let text = std::str::from_utf8(self.get("pack.toml")?).ok()?;
        let table = toml::de::DeTable::parse(text).ok()?;
        table.get_ref().get("extends")?.get_ref().as_str().map(str::to_owned)
    }

    /// Takes from `parent` the files that are missing here (never its `pack.toml`).
    pub fn inherit(&mut self, parent: PackFiles) {
        for (name, bytes) in parent.files {
            if name != "pack.toml" {
                self.files.entry(name).or_insert(bytes);
            }
        }
    }

    /// One file's bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Puts or replaces a file.
    pub fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.insert(name.to_owned(), bytes);
    }

    /// Takes a file out.
    pub fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// `sha256:` over names and contents of all effective files: equal hashes, equal results.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, bytes) in &self.files {
            hasher.update((name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        let digest = hasher.finalize();
        digest.iter().fold(String::from("sha256:"), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
    }
}
