//! Files that are damaged, locked or find no room, and processes that are killed.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use mart::{Mart, MartError};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
    let mart = Mart::open(&path).unwrap();
    assert!(mart.query("UPDATE mart SET schema = 0", &[]).is_err(), "a query can only read");
    drop(mart);
    duckdb::Connection::open(&path).unwrap().execute_batch("UPDATE mart SET schema = 0").unwrap();
    let mart = Mart::open(&path).unwrap();
    assert!(mart.put_aside().unwrap().contains("另一版本"));
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
}

/// What the other processes of these tests do: hold the mart open, refresh it once, or change the store and refresh for ever.
#[test]
#[ignore = "run by the tests below, in a process of its own"]
fn worker() {
    let (Ok(folder), Ok(work)) = (std::env::var("MART_WORKER_FOLDER"), std::env::var("MART_WORKER")) else {
        return;
    };
    let folder = Path::new(&folder);
    let mart = Mart::open(folder.join("mart.duckdb")).unwrap();
    println!("ready");
    match work.as_str() {
        "hold" => std::thread::sleep(Duration::from_secs(60)),
        "refresh" => {
            let store = store::Store::open(folder.join("store.db").to_str().unwrap()).unwrap();
            match mart.refresh(&store, &mut no_progress()) {
                Ok(_) => println!("refreshed"),
                Err(error) => println!("failed: {error}"),
            }
        }
        _ => {
            let mut ward = Ward::open(&folder.join("store.db"), fastrand::u64(..));
            loop {
                for _ in 0..3 {
                    ward.change();
                }
                ward.compute();
                mart.refresh(&ward.store, &mut no_progress()).unwrap();
            }
        }
    }
}

/// Starts [`worker`]; a shell sets `limits` first.
fn start(folder: &Path, work: &str, limits: &str) -> Child {
    let command = format!("{limits} exec \"$0\" --exact worker --ignored --nocapture");
    Command::new("sh")
        .args(["-c", &command])
        .arg(std::env::current_exe().unwrap())
        .env("MART_WORKER_FOLDER", folder)
        .env("MART_WORKER", work)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_until_ready(child: &mut Child) {
    let said = BufReader::new(child.stdout.take().unwrap());
    assert!(said.lines().any(|line| line.unwrap().ends_with("ready")));
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_refresh_leaves_whole_months() {
    let folder = tempfile::tempdir().unwrap();
    drop(ward(folder.path(), 30));
    let mut random = fastrand::Rng::new();
    for round in 0..5 {
        let mut child = start(folder.path(), "for ever", "");
        wait_until_ready(&mut child);
        std::thread::sleep(Duration::from_millis(random.u64(0..2500)));
        kill(child);

        let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
        assert_eq!(mart.put_aside(), None, "round {round}");
        let halves = "SELECT COUNT(*) FROM mart_month m WHERE month >= 0 AND (\
            cases <> (SELECT COUNT(*) FROM case_fact f WHERE f.month = m.month) OR \
            charge_lines <> (SELECT COUNT(*) FROM charge_fact f WHERE f.month = m.month))";
        assert_eq!(number(&mart, halves), 0, "round {round}");
        let strays = "SELECT COUNT(*) FROM case_fact WHERE month NOT IN (SELECT month FROM mart_month)";
        assert_eq!(number(&mart, strays), 0, "round {round}");
        let sums = "SELECT COUNT(*) FROM case_fact c WHERE total_fee <> \
            COALESCE((SELECT SUM(amount) FROM charge_fact f WHERE f.number = c.number), 0)";
        assert_eq!(number(&mart, sums), 0, "round {round}");

        let mut ward = Ward::open(&folder.path().join("store.db"), 1);
        ward.compute();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
        assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
    }
}

#[test]
fn a_file_in_use_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ward = ward(folder.path(), 5);
    let path = folder.path().join("mart.duckdb");
    Mart::open(&path).unwrap().refresh(&ward.store, &mut no_progress()).unwrap();
    let mut child = start(folder.path(), "hold", "");
    wait_until_ready(&mut child);
    let error = Mart::open(&path).err().unwrap();
    assert!(matches!(error, MartError::Locked), "{error}");
    assert!(error.is_passing() && error.to_string().contains("占用"));
    kill(child);
    let mart = Mart::open(&path).unwrap();
    assert!(
        mart.put_aside().is_none()
            && mart.refresh(&ward.store, &mut no_progress()).unwrap().months.is_empty()
    );
}

/// A limit on the size of files stands for the full disk: both fail a write with an error.
#[test]
fn a_full_disk_undoes_the_refresh_and_the_next_one_goes_through() {
    let folder = tempfile::tempdir().unwrap();
    let mut ward = ward(folder.path(), 10);
    let path = folder.path().join("mart.duckdb");
    let mart = Mart::open(&path).unwrap();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    let before = support::contents(&mart);
    drop(mart);
    for _ in 0..400 {
        ward.admit(100, 100);
    }
    ward.flush();
    ward.compute();
    let size = std::fs::metadata(&path).unwrap().len();
    for room in [0, 300_000, 1_000_000] {
        let limits = format!("trap '' XFSZ; ulimit -f {};", (size + room) / 512);
        let output = start(folder.path(), "refresh", &limits).wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("failed: 磁盘空间不足"), "{room}: {said}");
        let mart = Mart::open(&path).unwrap();
        assert_eq!(mart.put_aside(), None);
        assert!(support::contents(&mart) == before, "{room}: half a refresh is there");
    }
    let mart = Mart::open(&path).unwrap();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
}
