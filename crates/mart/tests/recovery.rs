//! Files that are damaged, locked or find no room, and processes that are killed.

mod support;

use mart::{Mart, MartError};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{Ward, assert_same, built_from_nothing, no_progress, number};

fn ward(folder: &Path, encounters: usize) -> Ward {
    let mut ward = Ward::open(&folder.join("store.db"), 5);
    for _ in 0..encounters {
        ward.admit(encounters / 3 + 1, 12);
    }
    ward.flush();
    ward.compute();
    ward
}

#[test]
fn a_file_that_is_no_mart_is_put_aside_and_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let ward = ward(folder.path(), 20);
    let path = folder.path().join("mart.duckdb");
    let good = {
        let mart = Mart::open(&path).unwrap();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
        drop(mart);
        std::fs::read(&path).unwrap()
    };
    let garbage = b"not a database ".repeat(1000);
    let mut broken_head = good.clone();
    broken_head[4096..4200].fill(7);
    let files: [(&str, &[u8]); 5] = [
        ("garbage", &garbage),
        ("empty head", &good[..1000]),
        ("cut short", &good[..good.len() / 2]),
        ("broken head", &broken_head),
        ("missing", &[]),
    ];
    for (what, bytes) in files {
        std::fs::remove_file(&path).unwrap();
        if what != "missing" {
            std::fs::write(&path, bytes).unwrap();
        }
        let mart = Mart::open(&path).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(mart.put_aside().is_some(), what != "missing", "{what}");
        let mut said = String::new();
        let report = mart
            .refresh(&ward.store, &mut |phase: &str, _: u64, _: u64| {
                said.push_str(phase);
                true
            })
            .unwrap();
        assert!(report.whole && said.contains("建立分析库"), "{what}: {said}");
        assert_eq!(report.rebuilt_because.is_some(), what != "missing", "{what}");
        assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
        drop(mart);
        let again = Mart::open(&path).unwrap();
        assert!(
            again.put_aside().is_none()
                && again.refresh(&ward.store, &mut no_progress()).unwrap().months.is_empty()
        );
    }
    assert!(folder.path().join("mart.duckdb.damaged").exists());
}

#[test]
fn damage_found_while_reading_is_mended_by_the_next_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let mut ward = ward(folder.path(), 20);
    let path = folder.path().join("mart.duckdb");
    let mart = Mart::open(&path).unwrap();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    drop(mart);
    // Every block of data has a wrong byte; the heads of the file are good.
    let mut bytes = std::fs::read(&path).unwrap();
    let ends = bytes.len();
    for at in (3 * 4096 + 500..ends).step_by(4096) {
        bytes[at] ^= 0x55;
    }
    std::fs::write(&path, bytes).unwrap();
    let mart = Mart::open(&path).unwrap();
    let key = ward.any_encounter().unwrap();
    ward.charge(&key);
    ward.flush();
    ward.compute();
    let report = mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert!(report.rebuilt_because.is_some() && report.whole, "{report:?}");
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
}

#[test]
fn an_older_mart_is_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let ward = ward(folder.path(), 5);
    let path = folder.path().join("mart.duckdb");
    Mart::open(&path).unwrap().query("UPDATE mart SET schema = 0", &[]).unwrap();
    let mart = Mart::open(&path).unwrap();
    assert!(mart.put_aside().unwrap().contains("结构版本为 0"));
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
}

/// Runs `worker` below in a process of its own.
fn worker(folder: &Path, how: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "worker", "--ignored", "--nocapture"])
        .env("MART_WORKER_FOLDER", folder)
        .env("MART_WORKER", how)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Not a test: what the other processes do.
#[test]
#[ignore = "a process of the tests below"]
fn worker_entry_is_named_worker() {}

#[test]
#[ignore = "run by the tests below in a process of its own"]
fn worker_process() {
    let Ok(folder) = std::env::var("MART_WORKER_FOLDER") else { return };
    let folder = Path::new(&folder);
    let mart = Mart::open(folder.join("mart.duckdb")).unwrap();
    let mut ward = Ward::open(&folder.join("store.db"), fastrand::u64(..));
    loop {
        for _ in 0..3 {
            ward.change();
        }
        ward.compute();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
    }
}
