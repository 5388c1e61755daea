//! A disk that is full: a clear error, nothing half-applied, and recovery when there is room again.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::errors;
use support::small_hospital::{SmallHospital, check_whole, contents};

/// A file system of its own, with a size; `None` where the test may not mount one.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    fn mount(at: &Path, megabytes: u32) -> Option<SmallDisk> {
        std::fs::create_dir_all(at).unwrap();
        let disk = SmallDisk { at: at.to_owned() };
        if disk.size("", megabytes) {
            return Some(disk);
        }
        println!("skipped: no right to mount a small disk here");
        None
    }

    fn grow(&self, megabytes: u32) {
        assert!(self.size("remount,", megabytes));
    }

    fn size(&self, how: &str, megabytes: u32) -> bool {
        let options = format!("{how}size={megabytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&self.at).output();
        mount.is_ok_and(|output| output.status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.at).output();
    }
}

// covers: PER-1.04
#[test]
fn a_full_disk_is_said_and_survived() {
    let hospital = SmallHospital::new("full_disk", 60);
    let whole = contents(&hospital, "store.db");
    let Some(disk) = SmallDisk::mount(&hospital.folder.join("disk"), 3) else { return };
    let config = std::fs::read_to_string(hospital.path("dipper.toml")).unwrap();
    let config = config.replace("store.db", "disk/store.db").replace("mart.duckdb", "disk/mart.duckdb");
    std::fs::write(hospital.path("small.toml"), config).unwrap();
    let file = hospital.path("small.toml");
    let run = |command: &[&str]| support::dipper(&[command, &["--config", &file]].concat(), b"");

    let packs = ["--pack", "sample/2023", "--pack", "sample/2024", "--pack", "sample/2025"];
    let refused = run(&[&["regroup", "--publish"], packs.as_slice()].concat());
    let mut said = errors(&refused);
    said.push_str(&errors(&run(&["sync", "run"])));
    assert!(said.contains("磁盘空间不足"), "{said}");
    if hospital.folder.join("disk/store.db").exists() {
        let tables =
            hospital.number("disk/store.db", "SELECT COUNT(*) FROM sqlite_master WHERE name = 'sync_run'");
        if tables == 1 {
            check_whole(&hospital, "disk/store.db");
        }
    }

    disk.grow(400);
    let packs = [packs.as_slice(), &["--pack", "sample/2026"]].concat();
    let published = run(&[&["regroup", "--publish"], packs.as_slice()].concat());
    assert!(published.status.success(), "{}", errors(&published));
    let done = run(&["sync", "run"]);
    assert!(done.status.success(), "{}", errors(&done));
    check_whole(&hospital, "disk/store.db");
    assert!(contents(&hospital, "disk/store.db") == whole, "the recovered store differs");
}
