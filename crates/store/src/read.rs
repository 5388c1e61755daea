//! 读取: consistent reading of whole tables and months, for the mart and for exports.

use crate::connection::Connection;
use crate::results::{COLUMNS, StoredResult};
use crate::{Store, StoreError};
use model::canonical::{Table, Value};

/// A month and the number of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthVersion {
    /// yyyymm of the discharge, 0 in house, −1 dictionaries, −2 void encounters.
    pub month: i64,
    /// Rises whenever anything of the month changes.
    pub version: i64,
}

/// What to read of a canonical table.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// The table.
    pub table: &'static Table,
    /// Columns by name, in the order wanted.
    pub columns: &'a [&'a str],
    /// Whose rows.
    pub of: Of,
}

/// Whose rows to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// Every live row of the table, also of encounters that are void or have not arrived.
    #[default]
    All,
    /// Of encounters whose case lies in this month.
    Month(i64),
    /// Of those of a month that changed after this change number.
    Changed {
        /// The month.
        month: i64,
        /// The change number, as in [`MonthVersion::version`].
        after: i64,
    },
}

impl Of {
    /// The condition on `inpatient_case c`.
    fn condition(self) -> String {
        match self {
            Of::All => "c.month >= 0".to_owned(),
            Of::Month(month) => format!("c.month = {month}"),
            Of::Changed { month, after } => format!("c.month = {month} AND c.changed > {after}"),
        }
    }
}

/// An encounter that has been computed.
#[derive(Clone, Debug)]
pub struct CaseRow<'a> {
    /// Number of the case, given once.
    pub number: i64,
    /// Key of the encounter.
    pub encounter_key: &'a str,
    /// yyyymm of the discharge, 0 in house.
    pub month: i64,
    /// The current result.
    pub result: &'a StoredResult,
    /// 病种名称; empty when ungrouped.
    pub group_name: &'a str,
    /// Hash of the pack that made the result.
    pub pack_hash: &'a str,
}

/// A connection that sees the store as it was when reading began.
pub struct Reader {
    db: Option<Connection>,
    store: Store,
}

impl Store {
    /// Begins to read; writers go on meanwhile and are not seen.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let mut db = self.take()?;
        db.run(if db.is_sqlite() {
            // The snapshot is taken by the first read.
            "BEGIN; SELECT value FROM counter WHERE name = 'change'"
        } else {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        })?;
        Ok(Reader { db: Some(db), store: self.clone() })
    }
}

impl Reader {
    pub(crate) fn db(&mut self) -> Result<&mut Connection, StoreError> {
        self.db.as_mut().ok_or_else(|| StoreError::ConnectionLost("读取已结束".into()))
    }

    /// Months with their versions, by month.
    pub fn months(&mut self) -> Result<Vec<MonthVersion>, StoreError> {
        let rows = self.db()?.all("SELECT month, stamp FROM month_version ORDER BY month", &[])?;
        let number = |value: &Value| value.int().unwrap_or_default();
        Ok(rows.iter().map(|row| MonthVersion { month: number(&row[0]), version: number(&row[1]) }).collect())
    }

    /// Hands on the rows of a canonical table one after the other, in no promised order. A row is lent for the call.
    pub fn scan(
        &mut self,
        scan: Scan<'_>,
        on_row: &mut dyn FnMut(&[Value]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let table = scan.table;
        let mut columns = Vec::new();
        for name in scan.columns {
            let at = table
                .position(name)
                .ok_or_else(|| StoreError::Shape(format!("{} 没有列 {name}", table.name)))?;
            columns.push(format!("t.{}", table.columns[at].name));
        }
        let join = match (scan.of, table.encounter_column()) {
            (Of::All, _) => String::new(),
            (of, Some(at)) => format!(
                "JOIN inpatient_case c ON c.encounter_key = t.{} AND {}",
                table.columns[at].name,
                of.condition()
            ),
            (_, None) => {
                return Err(StoreError::Shape(format!("{} 不按病例划分月份", table.name)));
            }
        };
        let sql =
            format!("SELECT {} FROM {} t {join} WHERE t.deleted_at IS NULL", columns.join(", "), table.name);
        self.db()?.query(&sql, &[], on_row)
    }

    /// Numbers of the cases of a month whose encounters are live.
    pub fn case_numbers(
        &mut self,
        month: i64,
        on_number: &mut dyn FnMut(i64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT c.number FROM inpatient_case c JOIN encounter e ON e.key = c.encounter_key \
             WHERE c.month = $1 AND e.deleted_at IS NULL";
        self.db()?.query(sql, &[month.into()], &mut |row| on_number(row[0].int().unwrap_or_default()))
    }

    /// Computed encounters with their current results, by number; void ones are left out.
    pub fn cases(
        &mut self,
        of: Of,
        on_case: &mut dyn FnMut(CaseRow<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let result: Vec<String> = COLUMNS.iter().skip(1).map(|name| format!("r.{name}")).collect();
        let filter = of.condition();
        let sql = format!(
            "SELECT c.number, c.encounter_key, c.month, g.name, p.hash, {} FROM inpatient_case c \
             JOIN case_result r ON r.case_number = c.number AND r.run = c.run \
             LEFT JOIN policy_pack p ON p.id = r.pack \
             LEFT JOIN policy_group g ON g.pack = r.pack AND g.code = r.group_code \
             WHERE {filter} ORDER BY c.number",
            result.join(", ")
        );
        self.db()?.query(&sql, &[], &mut |row| {
            let stored = StoredResult::read(&row[5..]);
            on_case(CaseRow {
                number: row[0].int().unwrap_or_default(),
                encounter_key: row[1].str(),
                month: row[2].int().unwrap_or_default(),
                result: &stored,
                group_name: row[3].str(),
                pack_hash: row[4].str(),
            })
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(mut db) = self.db.take()
            && db.run("COMMIT").is_ok()
        {
            self.store.give_back(db);
        }
    }
}
