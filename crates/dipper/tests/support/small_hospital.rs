//! A small synthetic hospital for a test: its HIS, an empty store, and the configuration.

use super::{dipper, errors, scratch};
use std::path::PathBuf;
use std::process::Output;

/// The day on which the hospital's data ends.
pub(crate) const TODAY: &str = "2025-06-30";

/// A folder with a collected demonstration.
pub(crate) struct SmallHospital {
    pub(crate) folder: PathBuf,
}

impl SmallHospital {
    /// Builds, collects and computes a hospital of so many discharges.
    pub(crate) fn new(name: &str, discharges: u32) -> SmallHospital {
        let hospital = SmallHospital { folder: scratch(name) };
        let output = hospital.demo(discharges);
        assert!(output.status.success(), "{}", errors(&output));
        hospital
    }

    pub(crate) fn demo(&self, discharges: u32) -> Output {
        let discharges = discharges.to_string();
        let folder = self.path("");
        let arguments = ["--discharges", &discharges, "--in-house", "20", "--today", TODAY];
        dipper(&[&["demo", "--no-serve", "--data", &folder], arguments.as_slice()].concat(), b"")
    }

    /// Runs a command on it.
    pub(crate) fn run(&self, command: &[&str], more: &[&str]) -> Output {
        let config = self.path("dipper.toml");
        dipper(&[command, &["--config", &config], more].concat(), b"")
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn must(&self, command: &[&str], more: &[&str]) -> String {
        let output = self.run(command, more);
        assert!(output.status.success(), "{command:?}: {}", errors(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.folder.join(file).to_str().expect("UTF-8 path").to_owned()
    }

    /// A query on a SQLite file of it: all rows as text.
    pub(crate) fn rows(&self, file: &str, sql: &str) -> Vec<Vec<String>> {
        let db = rusqlite::Connection::open(self.folder.join(file)).expect("a database");
        let mut statement = db.prepare(sql).expect("a query");
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width)
                .map(|at| {
                    use rusqlite::types::ValueRef::{Blob, Integer, Null, Real, Text};
                    Ok(match row.get_ref(at)? {
                        Null => "∅".to_owned(),
                        Integer(n) => n.to_string(),
                        Text(text) => String::from_utf8_lossy(text).into_owned(),
                        Real(_) | Blob(_) => "?".to_owned(),
                    })
                })
                .collect::<rusqlite::Result<Vec<String>>>()
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    pub(crate) fn number(&self, file: &str, sql: &str) -> i64 {
        self.rows(file, sql)[0][0].parse().expect("a number")
    }
}

/// Every live row of a store and the current results, without what depends on when it was collected.
pub(crate) fn contents(hospital: &SmallHospital, file: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let mut all = Vec::new();
    for table in model::canonical::TABLES {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE deleted_at IS NULL ORDER BY key",
            columns.join(", "),
            table.name
        );
        all.push((table.name.to_owned(), hospital.rows(file, &sql)));
    }
    let results = "SELECT c.encounter_key, c.month, c.input, p.hash, r.trial, r.group_code, r.kind, r.standard_points, \
         r.benchmark_ratio, r.band, r.earned_points, r.point_price, r.payment, r.surplus, r.reason \
         FROM inpatient_case c JOIN case_result r ON r.case_number = c.number AND r.run = c.run \
         JOIN policy_pack p ON p.id = r.pack ORDER BY c.encounter_key";
    all.push(("results".to_owned(), hospital.rows(file, results)));
    all
}

/// What must hold of a store at any moment, also after its process was killed.
pub(crate) fn check_whole(hospital: &SmallHospital, file: &str) {
    assert_eq!(hospital.rows(file, "PRAGMA integrity_check"), [["ok"]]);
    let half = hospital.rows(
        file,
        "SELECT id, task FROM sync_run \
         WHERE rows_read <> inserted + updated + unchanged + outdated + rejected",
    );
    assert!(half.is_empty(), "a batch without its log: {half:?}");
    let torn = hospital.rows(
        file,
        "SELECT u.id, u.done, COUNT(r.case_number) FROM compute_run u LEFT JOIN case_result r ON r.run = u.id \
         GROUP BY u.id HAVING COUNT(r.case_number) > u.done",
    );
    assert!(torn.is_empty(), "results without their run's progress: {torn:?}");
    let lost = hospital.rows(
        file,
        "SELECT c.encounter_key FROM inpatient_case c WHERE c.run IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM case_result r WHERE r.case_number = c.number AND r.run = c.run)",
    );
    assert!(lost.is_empty(), "cases without their current result: {lost:?}");
}
