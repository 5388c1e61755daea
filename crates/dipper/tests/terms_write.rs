//! `dipper terms import --apply`: a catalogue is replaced whole or not at all.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use support::shared;
use support::terms_folder::{EDITION, Folder, has, small};

/// A write that is cut off leaves the old catalogue whole: the new one is written beside it and renamed. What a cut-off
/// write left behind is neither read nor in the way.
///
/// covers: DIP-1.06, REC-5.09
#[test]
fn a_catalogue_is_replaced_whole_or_not_at_all() {
    let folder = Folder::new("atomic");
    folder.imported("diagnosis_insurer", &small(&folder), &[]);
    let file = folder.0.join("terms/diagnosis_insurer.csv");
    let old = fs::read(&file).expect("catalogue");
    // As a killed process leaves it.
    fs::write(folder.0.join("terms/diagnosis_insurer.csv.tmp-1"), &old[..old.len() / 2]).expect("written");
    // A second name for the old contents: a writer that wrote in place would change them too.
    let witness = folder.0.join("witness");
    fs::hard_link(&file, &witness).expect("link");
    let more = folder.write("more.csv", "编码,名称,版本,生效日期\nZ00.000,健康查体,2.0,2024-01-01\n");
    has(&folder.imported("diagnosis_insurer", &more, &["--incremental"]), &["新增 1", "原目录保存为"]);
    assert_eq!(fs::read(&witness).expect("witness"), old);
    assert_ne!(fs::read(&file).expect("catalogue"), old);
    has(&folder.text("list", &[]), &["1 个目录", "：4 行"]);
    let kept = kept(&folder.0.join("terms"));
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read(&kept[0]).expect("old catalogue"), old);
}

/// The old catalogues kept beside the new one.
fn kept(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).expect("folder").map(|entry| entry.expect("entry").path());
    paths.filter(|path| path.to_string_lossy().contains(".csv.bak-")).collect()
}

/// Killed at any moment, the folder holds the old catalogue or the new one.
///
/// covers: DIP-1.05, DIP-1.06
#[test]
fn a_killed_import_leaves_a_readable_catalogue() {
    let Some(file) = shared("icd/diagnosis_yibao_2_0.csv") else { return };
    let folder = Folder::new("killed");
    let (small, national) = (small(&folder), file.to_str().expect("path"));
    folder.imported("diagnosis_insurer", &small, &[]);
    let started = Instant::now();
    folder.imported("diagnosis_insurer", national, &EDITION);
    let whole = started.elapsed();
    for part in 0..=12 {
        folder.imported("diagnosis_insurer", &small, &[]);
        let mut child = Command::new(env!("CARGO_BIN_EXE_dipper"))
            .args(["terms", "import", "--apply", "--kind", "diagnosis_insurer"])
            .args(["--dir", &folder.path("terms"), "--in", national])
            .args(EDITION)
            .stdout(Stdio::null())
            .spawn()
            .expect("dipper starts");
        // From the reading to behind the end.
        std::thread::sleep(whole * (20 + 7 * part) / 100);
        let _ = child.kill();
        child.wait().expect("dipper ends");
        let list = folder.text("list", &[]);
        assert!(list.contains("：3 行\n") || list.contains("：33304 行\n"), "{list}");
    }
}
