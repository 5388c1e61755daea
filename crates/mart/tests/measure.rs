//! Speed and memory at the size of a hospital:
//! `MART_LINES=20000000 MART_FOLDER=… cargo test -p mart --test measure -- --ignored --nocapture --test-threads 1`.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use mart::{ChargeColumns, Mart};
use std::path::Path;
use std::time::Instant;
use support::{Ward, no_progress};

/// Processor seconds of this process so far; 0 where that cannot be seen.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

/// A line of /proc/self/status in MB; 0 elsewhere.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found =
        status.lines().find_map(|l| l.strip_prefix(line)?.split_whitespace().next()?.parse::<u64>().ok());
    found.unwrap_or_default() / 1024
}

fn lines() -> usize {
    std::env::var("MART_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(200_000)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::var("MART_FOLDER").unwrap_or_else(|_| ".".into())).unwrap()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len()) >> 20
}

/// The columns alone, from a charge fact that was made up inside of DuckDB.
#[test]
#[ignore = "takes minutes; for the performance page"]
fn measure_columns() {
    let (lines, folder) = (lines(), folder());
    let (path, snapshot) = (folder.path().join("mart.duckdb"), folder.path().join("charges.snapshot"));
    drop(Mart::open(&path).unwrap());
    let made = format!(
        "INSERT INTO mart_month VALUES (202501, 1, 0, 0); \
         INSERT INTO charge_fact (number, month, line_key, charged_at, item_key, quantity, amount, ordering_department_key) \
         SELECT n, 202501, 'L' || LPAD(CAST(i AS VARCHAR), 11, '0'), TIMESTAMP '2025-01-01' + TO_SECONDS(i * 7919 % 900000), \
         'I' || (i * 31 % 5000), 1, i % 90000, 'K' || (n % 60) FROM (SELECT i, i // 100 AS n FROM RANGE({lines}) t(i))"
    );
    duckdb::Connection::open(&path).unwrap().execute_batch(&made).unwrap();
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let mart = Mart::open(&path).unwrap();
    let (start, before) = (Instant::now(), processor());
    let (columns, _) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    println!(
        "{lines} lines from the mart {:.1?}, processor {:.1} s, peak {} MB, snapshot {} MB",
        start.elapsed(),
        processor() - before,
        memory("VmHWM:"),
        size(&snapshot)
    );
    assert!(columns.is_sorted() && columns.len() == lines);
    drop((columns, mart));
    for _ in 0..3 {
        let (start, before) = (Instant::now(), processor());
        let columns = ChargeColumns::read(&snapshot).unwrap();
        let took = start.elapsed();
        println!(
            "read {took:.2?}, processor {:.2} s, resident {} MB",
            processor() - before,
            memory("VmRSS:")
        );
        assert_eq!(columns.len(), lines);
    }
}

#[test]
#[ignore = "takes minutes; for the performance page"]
fn measure() {
    let (lines, folder) = (lines(), folder());
    let mut ward = Ward::open(&folder.path().join("store.db"), 1);
    let start = Instant::now();
    for n in 0..lines / 100 {
        ward.admit(lines / 150 + 1, 100);
        if n % 500 == 499 {
            ward.flush();
            ward.encounters.retain(|key, _| key.as_str() < "E00100");
        }
    }
    ward.flush();
    println!("{lines} lines collected in {:.1?}", start.elapsed());
    let start = Instant::now();
    ward.compute();
    println!("computed in {:.1?}, resident {} MB", start.elapsed(), memory("VmRSS:"));
    // The peak counts from here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");

    let (path, snapshot) = (folder.path().join("mart.duckdb"), folder.path().join("charges.snapshot"));
    let mart = Mart::open(&path).unwrap();
    let (start, before) = (Instant::now(), processor());
    let mut say = |phase: &str, done: u64, _: u64| {
        println!("  {:.1?} {phase} {done}", start.elapsed());
        true
    };
    mart.refresh(&ward.store, &mut say).unwrap();
    let took = start.elapsed();
    println!(
        "whole build {took:.1?}: {:.0} lines/s, processor {:.1} s, peak {} MB",
        lines as f64 / took.as_secs_f64(),
        processor() - before,
        memory("VmHWM:")
    );

    let start = Instant::now();
    let (columns, _) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    println!(
        "columns from the mart {:.1?}, peak {} MB, snapshot {} MB",
        start.elapsed(),
        memory("VmHWM:"),
        size(&snapshot)
    );
    assert!(columns.is_sorted() && columns.len() == lines);
    drop(columns);
    for _ in 0..2 {
        let start = Instant::now();
        let columns = ChargeColumns::read(&snapshot).unwrap();
        println!("snapshot read {:.2?}, resident {} MB", start.elapsed(), memory("VmRSS:"));
        drop(columns);
    }
    let mut columns = ChargeColumns::read(&snapshot).unwrap();
    for house in [true, false] {
        let key =
            ward.encounters.iter().find(|(_, stay)| stay.discharged.is_none() == house).unwrap().0.clone();
        ward.charge(&key);
        ward.flush();
        ward.compute();
        let start = Instant::now();
        let report = mart.refresh(&ward.store, &mut no_progress()).unwrap();
        println!("month {:?}: {} lines in {:.1?}", report.months, report.charge_lines, start.elapsed());
        let start = Instant::now();
        columns.refresh(&mart, &mut no_progress()).unwrap();
        println!("columns of it {:.1?}", start.elapsed());
    }
    for (what, sql) in [
        (
            "fees by department",
            "SELECT discharge_department_name, SUM(total_fee), SUM(drug_fee) FROM case_fact GROUP BY ALL",
        ),
        (
            "items by fee",
            "SELECT item_key, SUM(amount) FROM charge_fact GROUP BY ALL ORDER BY 2 DESC LIMIT 20",
        ),
    ] {
        let start = Instant::now();
        mart.query(sql, &[]).unwrap();
        println!("{what} {:.1?}", start.elapsed());
    }
    drop((mart, columns));
    println!("mart file {} MB, peak {} MB", size(&path), memory("VmHWM:"));
    let start = Instant::now();
    Mart::open(&path).unwrap();
    println!("opened in {:.2?}", start.elapsed());
}
