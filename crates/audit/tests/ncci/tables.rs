//! The published NCCI tables as they stand in the shared data folder: test data only, never part of the product.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// 主从 pairs (PTP), of one setting.
#[derive(Default)]
pub(crate) struct Pairs {
    /// Column 1, column 2, modifier indicator.
    pub(crate) active: Vec<(String, String, char)>,
    /// Pairs that are no longer in force.
    pub(crate) deleted: usize,
}

/// Most units (MUE) of a code.
#[derive(Clone, Copy)]
pub(crate) struct Most {
    pub(crate) units: i64,
    /// 1: of a line; 2 and 3: of a day.
    pub(crate) per: char,
}

/// The folder, when it is there.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ncci");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
    }
    folder.is_dir().then_some(folder)
}

/// Rows after the head; no field holds a comma.
fn rows(file: &Path) -> Vec<Vec<String>> {
    // `xz` and `gzip` stand on every machine that has the data; no crate for the test's sake.
    let tool = if file.extension().is_some_and(|end| end == "xz") { "xz" } else { "gzip" };
    let output = Command::new(tool).arg("-dc").arg(file).output().expect("xz and gzip");
    assert!(output.status.success(), "{} is whole", file.display());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

pub(crate) fn pairs(file: &Path) -> Pairs {
    let mut pairs = Pairs::default();
    for row in rows(file) {
        let [column_1, indicator, deleted, _, column_2] = &row[..] else { panic!("five columns: {row:?}") };
        let all = column_2.split(' ').filter(|code| !code.is_empty());
        if !deleted.is_empty() {
            pairs.deleted += all.count();
            continue;
        }
        let indicator = indicator.chars().next().expect("an indicator");
        pairs.active.extend(all.map(|code| (column_1.clone(), code.to_owned(), indicator)));
    }
    pairs
}

pub(crate) fn most(file: &Path) -> BTreeMap<String, Most> {
    let of = |row: Vec<String>| {
        let units = row[1].parse().expect("whole units");
        (row[0].clone(), Most { units, per: row[2].chars().next().expect("an indicator") })
    };
    rows(file).into_iter().map(of).collect()
}

/// 加收: the primaries of each add-on code.
pub(crate) fn add_ons(file: &Path) -> BTreeMap<String, Vec<String>> {
    let mut primaries: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(file) {
        primaries.entry(row[1].clone()).or_default().push(row[0].clone());
    }
    primaries
}
