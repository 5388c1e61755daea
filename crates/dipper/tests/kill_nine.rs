//! kill -9 at random moments of loading, computing, regrouping and refreshing the mart: nothing committed is lost, nothing is
//! half there, and the next run goes on.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use his::{Change, SqliteHis};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::small_hospital::{SmallHospital, check_whole, contents};

/// How often a process is killed, all kinds together.
const KILLS: u32 = 100;

/// Moments to kill at; the same in every run of the test.
struct Moments(u64);

impl Moments {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Starts a command and kills it after some milliseconds; whether it had ended by itself.
fn kill_after(hospital: &SmallHospital, command: &[&str], more: &[&str], milliseconds: u64) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dipper"))
        .args(command)
        .args(["--config", &hospital.path("dipper.toml")])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds));
    let ended = child.try_wait().unwrap().is_some();
    // SIGKILL on Unix.
    let _ = child.kill();
    child.wait().unwrap();
    ended
}

fn start_anew(hospital: &SmallHospital) {
    for file in ["store.db", "store.db-wal", "store.db-shm", "mart.duckdb", "mart.duckdb.wal"] {
        let _ = std::fs::remove_file(hospital.path(file));
    }
    hospital.must(&["regroup"], &["--pack", "sample/2025", "--publish"]);
}

/// Charges, refunds, deletions and corrections, as a day in the hospital brings them.
fn live_on(hospital: &SmallHospital, moments: &mut Moments, count: u64) {
    let mut his = SqliteHis::open(std::path::Path::new(&hospital.path("his.db"))).unwrap();
    let now = jiff::Timestamp::now().as_second() + 8 * 3600;
    let pick = |moments: &mut Moments, table: &str| {
        let rows = hospital
            .rows("store.db", &format!("SELECT key FROM {table} WHERE deleted_at IS NULL ORDER BY key"));
        let at = moments.below(rows.len() as u64) as usize;
        rows[at][0].clone()
    };
    for _ in 0..count {
        let change = match moments.below(4) {
            0 => Change::Refund { line: pick(moments, "charge_line"), at: now },
            1 => Change::Void { table: "charge_line".into(), key: pick(moments, "charge_line") },
            2 => Change::Void { table: "operation".into(), key: pick(moments, "operation") },
            _ => Change::Recode {
                diagnosis: pick(moments, "diagnosis"),
                code: "I10.x00".into(),
                name: "特发性高血压".into(),
            },
        };
        change.apply(&mut his, now).unwrap();
    }
}

// covers: PER-1.04
#[test]
fn a_hundred_kills_lose_nothing() {
    let hospital = SmallHospital::new("kill_nine", 120);
    let mut moments = Moments(20_250_301);
    let mut interrupted = 0;
    for n in 0..KILLS {
        let wait = 15 + moments.below(900);
        let ended = match n % 5 {
            // The first load, from an empty store.
            0 => {
                start_anew(&hospital);
                kill_after(&hospital, &["sync", "run"], &[], wait)
            }
            // Going on with it, or taking changes in.
            1 | 2 => kill_after(&hospital, &["sync", "run"], &[], wait),
            // A new pack over what is there, then what is left of it.
            3 => {
                let pack = ["--pack", "sample/2026", "--from", "2020-01-01", "--to", "2030-12-31"];
                let ended = kill_after(&hospital, &["regroup"], &pack, wait / 2);
                ended | kill_after(&hospital, &["regroup"], &["--resume"], wait / 2)
            }
            _ => kill_after(&hospital, &["mart", "rebuild"], &[], wait),
        };
        interrupted += u32::from(!ended);
        check_whole(&hospital, "store.db");
        if n % 5 == 1 && hospital.number("store.db", "SELECT COUNT(*) FROM operation") > 0 {
            live_on(&hospital, &mut moments, 3);
        }
    }
    assert!(interrupted > KILLS / 3, "only {interrupted} of {KILLS} were killed in the middle of their work");

    // Left alone, everything is finished, and equals a store that was never disturbed.
    hospital.must(&["sync", "run"], &[]);
    hospital.must(&["mart", "refresh"], &[]);
    check_whole(&hospital, "store.db");
    assert_eq!(hospital.number("store.db", "SELECT COUNT(*) FROM dirty_encounter"), 0);
    let disturbed = contents(&hospital, "store.db");
    let undisturbed = {
        for file in ["store.db", "store.db-wal", "store.db-shm"] {
            let _ = std::fs::remove_file(hospital.path(file));
        }
        start_anew(&hospital);
        hospital.must(&["sync", "run"], &[]);
        contents(&hospital, "store.db")
    };
    for (one, other) in disturbed.iter().zip(&undisturbed) {
        assert_eq!(one.0, other.0);
        assert_eq!(one.1.len(), other.1.len(), "{}", one.0);
        assert!(one.1 == other.1, "{} differs", one.0);
    }
}
