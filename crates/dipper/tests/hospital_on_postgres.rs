//! The whole way on PostgreSQL gives what it gives on SQLite.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::canonical::{Row, TABLES};
use store::{Of, Scan, Store, StoredResult};
use support::small_hospital::{SmallHospital, TODAY};
use support::{dipper, errors};

/// A table's name with its rows.
type Table = (&'static str, Vec<Row>);
/// Encounter, month, result and hash of the pack.
type Case = (String, i64, StoredResult, String);

/// Live rows of every table, and every case with its result.
fn contents(store: &Store) -> (Vec<Table>, Vec<Case>) {
    let mut reader = store.reader().unwrap();
    let mut tables = Vec::new();
    for table in TABLES {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let mut rows = Vec::new();
        reader
            .scan(Scan { table, columns: &columns, of: Of::All }, &mut |row| {
                rows.push(row.to_vec());
                Ok(())
            })
            .unwrap();
        rows.sort();
        tables.push((table.name, rows));
    }
    let mut cases = Vec::new();
    reader
        .cases(Of::All, &mut |case| {
            let result = case.result.clone();
            cases.push((case.encounter_key.to_owned(), case.month, result, case.pack_hash.to_owned()));
            Ok(())
        })
        .unwrap();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    (tables, cases)
}

// covers: INT-1.01, DIP-1.03
#[test]
fn both_databases_end_with_the_same_rows_and_results() {
    let Ok(server) = std::env::var("DIPPER_TEST_POSTGRES") else {
        assert!(std::env::var("CI").is_err(), "CI 没有设置 DIPPER_TEST_POSTGRES");
        eprintln!("skipped: no PostgreSQL (make test starts one)");
        return;
    };
    let name = format!("dipper_test_way_{}", std::process::id());
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let address = format!("{}/{name}", server.rsplit_once('/').unwrap().0);

    let on_sqlite = SmallHospital::new("way_sqlite", 80);
    let folder = support::scratch("way_postgres");
    let folder = folder.to_str().unwrap();
    let size = ["--discharges", "80", "--in-house", "20", "--today", TODAY];
    let output = dipper(
        &[&["demo", "--no-serve", "--data", folder, "--store", &address], size.as_slice()].concat(),
        b"",
    );
    assert!(output.status.success(), "{}", errors(&output));
    let page = String::from_utf8(output.stdout).unwrap();
    let without_time = |page: &str| page.split("\n用时").next().unwrap_or_default().to_owned();
    let again = on_sqlite.demo(80);
    assert_eq!(without_time(&page), without_time(&String::from_utf8(again.stdout).unwrap()));

    let one = contents(&Store::open(&on_sqlite.path("store.db")).unwrap());
    let other = contents(&Store::open(&address).unwrap());
    for (one, other) in one.0.iter().zip(&other.0) {
        assert!(one == other, "{} differs", one.0);
    }
    assert!(!one.1.is_empty());
    assert_eq!(one.1, other.1);
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}
