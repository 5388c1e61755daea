//! A store of either kind for a test, and rows to put into it.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use model::canonical::{Row, Table, Value};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{CollectedRow, Origin, Store};

/// A store that is gone after the test.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) address: String,
    /// Keeps the folder or the database until the end.
    _place: Place,
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Database { server: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Database { server, name } = self
            && let Ok(mut client) = postgres::Client::connect(server, postgres::NoTls)
        {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A fresh SQLite store.
pub(crate) fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let address = folder.path().join("store.db").to_str().unwrap().to_owned();
    TestStore { store: Store::open(&address).unwrap(), address, _place: Place::Folder { _folder: folder } }
}

/// A fresh PostgreSQL store; `None` where no server is at hand. CI always has one.
pub(crate) fn postgres() -> Option<TestStore> {
    let Ok(server) = std::env::var("DIPPER_TEST_POSTGRES") else {
        assert!(std::env::var("CI").is_err(), "CI 没有设置 DIPPER_TEST_POSTGRES");
        eprintln!("skipped: no PostgreSQL (make test starts one)");
        return None;
    };
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("dipper_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let address = format!("{base}/{name}");
    let store = Store::open(&address).unwrap();
    Some(TestStore { store, address, _place: Place::Database { server, name } })
}

/// Runs a test on both kinds of store.
pub(crate) fn on_both(test: impl Fn(&TestStore)) {
    test(&sqlite());
    if let Some(store) = postgres() {
        test(&store);
    }
}

pub(crate) fn table(name: &str) -> &'static Table {
    Table::named(name).unwrap()
}

/// A row with the named columns set and every other required column filled with something.
pub(crate) fn row(table: &Table, set: &[(&str, Value)]) -> Row {
    let mut row: Row = table
        .columns
        .iter()
        .map(|column| match (column.required, column.kind.is_text()) {
            (false, _) => Value::Null,
            (true, true) => Value::from("x"),
            (true, false) => Value::Int(0),
        })
        .collect();
    for (name, value) in set {
        row[table.position(name).unwrap_or_else(|| panic!("{}.{name}", table.name))] = value.clone();
    }
    row
}

pub(crate) fn collected(table: &Table, updated_at: i64, set: &[(&str, Value)]) -> CollectedRow {
    CollectedRow { row: row(table, set), updated_at, deleted: false }
}

pub(crate) fn origin(now: i64) -> Origin<'static> {
    Origin { source: "his", run: 1, now }
}

/// All live rows of a table, sorted.
pub(crate) fn live(store: &Store, name: &str) -> Vec<Row> {
    let table = table(name);
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let mut rows = Vec::new();
    let mut reader = store.reader().unwrap();
    reader
        .scan(store::Scan { table, columns: &columns, of: store::Of::All }, &mut |row| {
            rows.push(row.to_vec());
            Ok(())
        })
        .unwrap();
    rows.sort();
    rows
}
