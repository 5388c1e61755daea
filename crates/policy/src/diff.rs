//! 政策包比对: what changed between two packs, catalogue rows by code, other files by line.

use crate::Policy;
use crate::files::PackFiles;
use crate::group::Group;
use model::Changes;

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// Only in the new pack.
    Added,
    /// Only in the old pack.
    Removed,
    /// Lines that only one of them has, in file order.
    Changed {
        /// Lines of the old file: number and text.
        removed: Vec<(usize, String)>,
        /// Lines of the new file: number and text.
        added: Vec<(usize, String)>,
    },
}

/// Difference between two packs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// 病种: added, changed, removed, unchanged.
    pub groups: Changes<Group>,
    /// All other files that differ, by name.
    pub files: Vec<(String, FileChange)>,
}

impl Difference {
    /// Compares two loaded packs and their files.
    pub fn between(old: (&Policy, &PackFiles), new: (&Policy, &PackFiles)) -> Difference {
        let groups =
            model::compare(comparable(&old.0.groups, true), comparable(&new.0.groups, true), |group| {
                group.code.clone()
            });
        let mut names: Vec<&str> =
            old.1.names().chain(new.1.names()).filter(|name| *name != "catalogue.csv").collect();
        names.sort_unstable();
        names.dedup();
        let change = |name: &str| match (old.1.get(name), new.1.get(name)) {
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) => Some(lines(a, b)),
            (None, _) => Some(FileChange::Added),
            (_, None) => Some(FileChange::Removed),
        };
        let files = names.into_iter().filter_map(|name| Some((name.to_owned(), change(name)?))).collect();
        Difference { groups, files }
    }

    /// Whether the packs say the same.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.files.is_empty()
    }
}

/// Groups without their place in the file, which is no part of what they say. Whether they are confirmed is part of it,
/// when `with_confirmation`.
pub(crate) fn comparable(groups: &[Group], with_confirmation: bool) -> Vec<Group> {
    let strip = |mut group: Group| {
        group.source.line = 0;
        group.source.file = 0;
        group.source.evidence = u16::from(with_confirmation && group.source.confirmed());
        group
    };
    groups.iter().cloned().map(strip).collect()
}

/// Lines that only one side has; good enough for small parameter files, and never wrong about what is there.
fn lines(old: &[u8], new: &[u8]) -> FileChange {
    let split =
        |bytes: &[u8]| -> Vec<String> { String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect() };
    let (old, new) = (split(old), split(new));
    let only = |mine: &[String], other: &[String]| {
        let mut left: rustc_hash::FxHashMap<&str, usize> = rustc_hash::FxHashMap::default();
        for line in other {
            *left.entry(line).or_default() += 1;
        }
        let mut found = Vec::new();
        for (at, line) in mine.iter().enumerate() {
            match left.get_mut(line.as_str()) {
                Some(count) if *count > 0 => *count -= 1,
                _ => found.push((at + 1, line.clone())),
            }
        }
        found
    };
    FileChange::Changed { removed: only(&old, &new), added: only(&new, &old) }
}
