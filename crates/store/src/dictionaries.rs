//! 科室医师字典: departments, staff and beds as collected, corrected by hand, or added by hand.
//!
//! A row of a source keeps the source's values; what a person changes is an [`Override`] beside them, which collection leaves
//! in place. A row that no source has is a manual one; it becomes the source's when a source brings its key.

use crate::collect::{DICTIONARIES, next_stamp, touch_month};
use crate::connection::Connection;
use crate::dictionary_overrides::{self as overrides, Override, is_kept_by_hand};
use crate::{Moment, NamedRow, Store, StoreError};
use model::canonical::{Row, Table, Value};
use std::collections::BTreeMap;

/// Source of the rows that were added by hand.
pub const MANUAL: &str = "manual";

/// 字典行: a row as everything else sees it, with where its values come from.
#[derive(Clone, Debug)]
pub struct DictionaryRow {
    /// The values in effect.
    pub row: NamedRow,
    /// Source id, [`MANUAL`] when added by hand.
    pub source: String,
    /// When the source stopped having it.
    pub deleted_at: Option<Moment>,
    /// What was changed by hand.
    pub overrides: Vec<Override>,
    version: i64,
}

impl DictionaryRow {
    /// Added by hand.
    pub fn is_manual(&self) -> bool {
        self.source == MANUAL
    }

    /// Changes with every value: what an editor saw.
    pub fn version(&self) -> String {
        format!("{:016x}", self.version)
    }

    /// The hand's change of a column.
    pub fn override_of(&self, column: &str) -> Option<&Override> {
        self.overrides.iter().find(|change| change.column == column)
    }
}

impl Store {
    /// The rows of `department`, `staff` or `bed` by key, rows that are gone included.
    pub fn dictionary(&self, table: &'static Table) -> Result<Vec<DictionaryRow>, StoreError> {
        self.with(|db| read(db, table, None))
    }

    /// One row.
    pub fn dictionary_row(
        &self,
        table: &'static Table,
        key: &str,
    ) -> Result<Option<DictionaryRow>, StoreError> {
        self.with(|db| Ok(read(db, table, Some(key))?.pop()))
    }

    /// Adds a row by hand; its key must be free.
    pub fn add_dictionary_row(
        &self,
        table: &'static Table,
        row: &Row,
        now: Moment,
    ) -> Result<(), StoreError> {
        check(table, row)?;
        let key = row[0].str();
        self.edit(|db| {
            if let Some(there) = read(db, table, Some(key))?.pop() {
                if there.deleted_at.is_none() || !there.is_manual() {
                    let why = format!("{}编号“{key}”已存在；请换一个编号，或修改原有的行", table.chinese);
                    return Err(StoreError::Refused(why));
                }
                db.execute(&format!("DELETE FROM {} WHERE key = $1", table.name), &[key.into()])?;
            }
            // The lowest version: whatever a source brings under this key is newer.
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
            let places: Vec<String> = (1..=columns.len()).map(|n| format!("${n}")).collect();
            let at = columns.len() + 1;
            let sql = format!(
                "INSERT INTO {} ({}, source, source_updated_at, content_hash, first_seen_at, sync_run) \
                 VALUES ({}, '{MANUAL}', 0, 0, ${at}, 0)",
                table.name,
                columns.join(", "),
                places.join(", ")
            );
            let mut parameters = row.to_vec();
            parameters.push(now.into());
            db.execute(&sql, &parameters)?;
            Ok(())
        })
    }

    /// Changes a row by hand. `seen` is the [`DictionaryRow::version`] that the editor saw.
    ///
    /// # Errors
    /// `Changed` when it is no longer that, also by a collection.
    pub fn change_dictionary_row(
        &self,
        table: &'static Table,
        row: &Row,
        seen: &str,
        now: Moment,
        login: &str,
    ) -> Result<(), StoreError> {
        check(table, row)?;
        let key = row[0].str();
        self.edit(|db| {
            let what = format!("{}“{key}”", table.chinese);
            let before =
                read(db, table, Some(key))?.pop().ok_or_else(|| StoreError::Missing(what.clone()))?;
            if before.version() != seen {
                return Err(StoreError::Changed(what));
            }
            for (column, value) in table.columns.iter().zip(row).skip(1) {
                let old = before.row.value(column.name);
                if old == value {
                    continue;
                }
                if before.is_manual() {
                    let sql = format!("UPDATE {} SET {} = $2 WHERE key = $1", table.name, column.name);
                    db.execute(&sql, &[key.into(), value.clone()])?;
                } else {
                    let source = before.override_of(column.name).map_or(old, |change| &change.source_value);
                    overrides::keep(db, table, key, (column.name, value, source), (now, login))?;
                }
            }
            Ok(())
        })
    }

    /// Removes a row that was added by hand. Rows of a source go when the source no longer has them.
    pub fn remove_dictionary_row(
        &self,
        table: &'static Table,
        key: &str,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.edit(|db| {
            let sql = format!(
                "UPDATE {} SET deleted_at = $2 WHERE key = $1 AND source = '{MANUAL}' AND deleted_at IS NULL",
                table.name
            );
            if db.execute(&sql, &[key.into(), now.into()])? == 0 {
                let why = format!("{}“{key}”不是手工增加的；来自数据源的行请停用", table.chinese);
                return Err(StoreError::Refused(why));
            }
            Ok(())
        })
    }

    /// 床位数: open beds and all beds of the bed list by department.
    pub fn bed_counts(&self) -> Result<BTreeMap<String, (i64, i64)>, StoreError> {
        let sql = "SELECT department_key, COUNT(CASE WHEN COALESCE(active, 1) = 1 THEN 1 END), COUNT(*) FROM bed \
                   WHERE deleted_at IS NULL GROUP BY department_key";
        let rows = self.with(|db| db.all(sql, &[]))?;
        let number = |value: &Value| value.int().unwrap_or_default();
        Ok(rows.iter().map(|row| (row[0].str().to_owned(), (number(&row[1]), number(&row[2])))).collect())
    }

    /// A change of a dictionary, which the mart will take over.
    fn edit(&self, work: impl FnOnce(&mut Connection) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                overrides::lock(db)?;
                work(db)?;
                let stamp = next_stamp(db)?;
                touch_month(db, DICTIONARIES, stamp)
            })
        })
    }
}

fn check(table: &Table, row: &Row) -> Result<(), StoreError> {
    if !is_kept_by_hand(table) || row.len() != table.columns.len() {
        return Err(StoreError::Shape(table.name.to_owned()));
    }
    for (column, value) in table.columns.iter().zip(row) {
        if value.is_null() && (column.required || column.name == "key") {
            return Err(StoreError::Refused(format!("请填写{}", column.chinese)));
        }
    }
    Ok(())
}

fn read(
    db: &mut Connection,
    table: &'static Table,
    key: Option<&str>,
) -> Result<Vec<DictionaryRow>, StoreError> {
    if !is_kept_by_hand(table) {
        return Err(StoreError::Shape(table.name.to_owned()));
    }
    let mut changes: BTreeMap<String, Vec<Override>> = BTreeMap::new();
    for (key, change) in overrides::read(db, table, key)? {
        changes.entry(key).or_default().push(change);
    }
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let filter = if key.is_some() { "WHERE key = $1" } else { "" };
    let sql = format!(
        "SELECT {}, source, deleted_at FROM {} {filter} ORDER BY key",
        columns.join(", "),
        table.name
    );
    let parameters: Vec<Value> = key.into_iter().map(Value::from).collect();
    let mut rows = Vec::new();
    db.query(&sql, &parameters, &mut |row| {
        let (values, rest) = row.split_at(columns.len());
        rows.push(DictionaryRow {
            row: NamedRow::new(table, values.to_vec()),
            source: rest[0].str().to_owned(),
            deleted_at: rest[1].int(),
            overrides: changes.remove(values[0].str()).unwrap_or_default(),
            version: fingerprint(row),
        });
        Ok(())
    })?;
    Ok(rows)
}

fn fingerprint(row: &[Value]) -> i64 {
    let text = format!("{row:?}");
    i64::from_le_bytes(xxhash_rust::xxh3::xxh3_64(text.as_bytes()).to_le_bytes())
}
