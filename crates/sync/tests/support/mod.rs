//! A small HIS in a SQLite file, and the mapping that reads it.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use connect::{ConnectError, Mapping, MappingFiles, Source, SourceConfig};
use model::canonical::{Row, Table};
use std::path::{Path, PathBuf};
use store::{Store, SyncRun};
use sync::Request;

/// Now, by the test's clock.
pub(crate) const NOW: i64 = 20_000 * 86_400;

pub(crate) const MAPPING: &str = r#"
id = "test"
name = "测试"
version = "1"
batch = 3

[[task]]
table = "bed"
mode = "full"
sql = "SELECT * FROM beds"
key = ["编号"]
[task.columns]
number = "床号"
department_key = { const = "K001" }

[[task]]
table = "encounter"
mode = "watermark"
sql = "SELECT * FROM stays WHERE 更新时间 > :from AND 更新时间 <= :to ORDER BY 更新时间"
watermark = "更新时间"
overlap = "10m"
void = { column = "作废", values = ["1"] }
key = ["住院号"]
[task.columns]
patient_key = "住院号"
inpatient_number = "住院号"
state = { const = "in_house" }
admitted_at = "入院时间"

[[task]]
table = "charge_line"
mode = "watermark"
sql = "SELECT * FROM lines WHERE 更新时间 > :from AND 更新时间 <= :to ORDER BY 更新时间"
watermark = "更新时间"
overlap = "10m"
void = { column = "作废", values = ["1"] }
key = ["流水号"]
[task.columns]
encounter_key = "住院号"
charged_at = "更新时间"
item_key = "项目"
quantity = { const = "1" }
amount = "金额"
"#;

/// A HIS and a store in a folder that is gone after the test.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) his: rusqlite::Connection,
    pub(crate) store: Store,
    pub(crate) mapping: Mapping,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let his = rusqlite::Connection::open(folder.path().join("his.db")).unwrap();
        his.execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE clock (now TEXT); INSERT INTO clock VALUES ('2024-10-04 00:00:00');
             CREATE TABLE beds (编号 TEXT, 床号 TEXT);
             CREATE TABLE stays (住院号 TEXT, 入院时间 TEXT, 作废 TEXT, 更新时间 TEXT);
             CREATE TABLE lines (流水号 TEXT, 住院号 TEXT, 项目 TEXT, 金额 TEXT, 作废 TEXT, 更新时间 TEXT);",
        )
        .unwrap();
        let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
        Place { folder, his, store, mapping: mapping(MAPPING) }
    }

    /// The HIS's clock, minutes after 2024-10-04 00:00.
    pub(crate) fn set_clock(&self, minutes: i64) {
        self.his.execute("UPDATE clock SET now = ?1", [time(minutes)]).unwrap();
    }

    pub(crate) fn bed(&self, key: &str) {
        self.his.execute("INSERT INTO beds VALUES (?1, ?1)", [key]).unwrap();
    }

    /// Puts or replaces a line.
    pub(crate) fn line(&self, key: &str, stay: &str, amount: &str, void: bool, minutes: i64) {
        self.his.execute("DELETE FROM lines WHERE 流水号 = ?1", [key]).unwrap();
        self.his
            .execute(
                "INSERT INTO lines VALUES (?1, ?2, 'X1', ?3, ?4, ?5)",
                (key, stay, amount, if void { "1" } else { "0" }, time(minutes)),
            )
            .unwrap();
    }

    pub(crate) fn open(&self) -> Result<Box<dyn Source>, ConnectError> {
        open_his(&self.folder.path().join("his.db"))
    }

    pub(crate) fn collect(&self, only: &[&str]) -> Vec<SyncRun> {
        self.collect_with(only, &request())
    }

    pub(crate) fn collect_with(&self, only: &[&str], request: &Request<'_>) -> Vec<SyncRun> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        let open = || self.open();
        sync::collect_source(
            &self.store,
            &open,
            &self.mapping,
            &only,
            request,
            &mut |_: &str, _: u64, _: u64| true,
        )
        .unwrap()
    }

    pub(crate) fn live(&self, name: &str) -> Vec<Row> {
        live(&self.store, name)
    }
}

pub(crate) fn request() -> Request<'static> {
    Request { source: "his", cause: "manual", history: 0, accept_deletions: false, now: &|| NOW + 86_400 }
}

pub(crate) fn mapping(text: &str) -> Mapping {
    let files = MappingFiles::new([("mapping.toml".to_owned(), text.as_bytes().to_vec())]);
    Mapping::load(&files).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) fn open_his(file: &Path) -> Result<Box<dyn Source>, ConnectError> {
    let config = format!(
        "id = \"his\"\nkind = \"sqlite\"\naddress = {:?}\nclock_sql = \"SELECT now FROM clock\"",
        PathBuf::from(file)
    );
    let config: SourceConfig = toml::from_str(&config).unwrap();
    connect::open(&config)
}

pub(crate) fn time(minutes: i64) -> String {
    let at = model::canonical::moment_of(NOW + minutes * 60).unwrap();
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// All live rows of a table, sorted.
pub(crate) fn live(store: &Store, name: &str) -> Vec<Row> {
    let table = Table::named(name).unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let mut rows = Vec::new();
    store
        .reader()
        .unwrap()
        .scan(store::Scan { table, columns: &columns, of: store::Of::All }, &mut |row| {
            rows.push(row.to_vec());
            Ok(())
        })
        .unwrap();
    rows.sort();
    rows
}
