//! Shipped packs from the checkout.

use policy::PackFiles;
use std::path::Path;

/// A pack of `packs/policy` with the parents that it extends, nearest first.
pub fn read(chain: &[&str]) -> PackFiles {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs/policy");
    let mut files = PackFiles::default();
    for (at, name) in chain.iter().enumerate() {
        match at {
            0 => files = folder(&packs.join(name)),
            _ => files.inherit(folder(&packs.join(name))),
        }
    }
    files
}

/// The files of a pack's folder and of its `lists/`.
fn folder(dir: &Path) -> PackFiles {
    let read = |dir: &Path, prefix: &'static str| -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().filter(|entry| entry.path().is_file());
        entries
            .map(|entry| {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                (name, std::fs::read(entry.path()).expect("a file of the pack"))
            })
            .collect()
    };
    PackFiles::new(read(dir, "").into_iter().chain(read(&dir.join("lists"), "lists/")))
}
