//! 采集入库: batches of rows into the canonical tables, idempotent and in any order.

mod postgres;
mod sqlite;

use crate::connection::Connection;
use crate::dictionary_overrides::Lifted;
use crate::schema::META;
use crate::{Moment, Store, StoreError};
use model::canonical::{Row, Table, Value};
use std::collections::{BTreeSet, HashMap};

/// A row as collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedRow {
    /// One value a column of the table, in its order; the first is the key.
    pub row: Row,
    /// When the source changed it (the source's clock).
    pub updated_at: Moment,
    /// The source says it is void (作废). Then only the key need be there; what the store has of the row stays readable.
    pub deleted: bool,
}

/// What became of the rows of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 新增
    pub inserted: u64,
    /// 修改
    pub updated: u64,
    /// 不变
    pub unchanged: u64,
    /// 过期: the store holds a newer version.
    pub outdated: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.outdated += other.outdated;
    }
}

/// Where a batch comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Source id of the configuration.
    pub source: &'a str,
    /// The sync run, 0 for imports without one.
    pub run: i64,
    /// Now, by the hospital's clock.
    pub now: Moment,
}

/// A row ready to be compared and written.
pub(crate) struct Prepared<'a> {
    pub(crate) row: &'a CollectedRow,
    pub(crate) hash: i64,
}

impl Prepared<'_> {
    fn key(&self) -> &Value {
        &self.row.row[0]
    }

    fn version(&self) -> (i64, i64) {
        (self.row.updated_at, self.hash)
    }

    /// The values of [`META`].
    fn meta(&self, origin: &Origin<'_>) -> [Value; 6] {
        [
            origin.source.into(),
            self.row.updated_at.into(),
            self.hash.into(),
            origin.now.into(),
            origin.run.into(),
            self.row.deleted.then_some(self.row.updated_at).into(),
        ]
    }
}

/// Encounters and patients whose rows changed.
#[derive(Default)]
pub(crate) struct Touched {
    pub(crate) encounters: BTreeSet<String>,
    pub(crate) patients: BTreeSet<String>,
    pub(crate) dictionaries: bool,
}

impl Touched {
    fn note(&mut self, table: &Table, encounter: &str, key: &str) {
        if table.encounter_column().is_some() {
            self.encounters.insert(encounter.to_owned());
        } else if table.name == "patient" {
            self.patients.insert(key.to_owned());
        } else {
            self.dictionaries = true;
        }
    }
}

impl Store {
    /// Takes a batch into a canonical table in one transaction. The same rows again change nothing; of two versions of a
    /// row the one with the later (time of change, content hash) stays, in whatever order they come. Encounters that
    /// changed are marked for computing. `also` runs in the same transaction (watermark, counters of the run).
    pub fn collect(
        &self,
        table: &'static Table,
        rows: &[CollectedRow],
        origin: &Origin<'_>,
        also: &dyn Fn(&mut InTransaction<'_>, Counts) -> Result<(), StoreError>,
    ) -> Result<Counts, StoreError> {
        let (rows, bare): (Vec<&CollectedRow>, Vec<&CollectedRow>) =
            rows.iter().partition(|row| !row.deleted || is_whole(table, row));
        let prepared = newest_of_each_key(table, &rows)?;
        let repeated = (rows.len() - prepared.len()) as u64;
        self.with(|db| {
            db.transaction(|db| {
                let mut touched = Touched::default();
                let lifted = Lifted::before(db, table, rows.iter().map(|row| row.row[0].str()))?;
                let mut counts = match db {
                    Connection::Sqlite(db) => sqlite::upsert(db, table, &prepared, origin, &mut touched)?,
                    Connection::Postgres(db) => postgres::upsert(db, table, &prepared, origin, &mut touched)?,
                };
                counts.unchanged += repeated;
                lifted.put_back(db, table)?;
                for row in &bare {
                    counts += void(db, table, row, origin, &mut touched)?;
                }
                mark(db, &touched)?;
                also(&mut InTransaction(db), counts)?;
                Ok(counts)
            })
        })
    }

    /// Marks rows as deleted at `origin.now`, because a whole re-read did not find them; rows that are gone already stay as
    /// they are. A row that comes back is alive again. Returns how many it marked.
    pub fn tombstone(
        &self,
        table: &'static Table,
        keys: &[String],
        origin: &Origin<'_>,
    ) -> Result<u64, StoreError> {
        let encounter = table.encounter_column().map_or("key", |at| table.columns[at].name);
        let sql = format!(
            "UPDATE {0} SET deleted_at = $2, sync_run = $3 \
             WHERE key = $1 AND deleted_at IS NULL AND source_updated_at <= $2 RETURNING {encounter}",
            table.name
        );
        self.with(|db| {
            db.transaction(|db| {
                let (mut touched, mut gone) = (Touched::default(), 0);
                for key in keys {
                    let parameters = [key.as_str().into(), origin.now.into(), origin.run.into()];
                    if let Some(row) = db.first(&sql, &parameters)? {
                        touched.note(table, row[0].str(), key);
                        gone += 1;
                    }
                }
                mark(db, &touched)?;
                Ok(gone)
            })
        })
    }
}

/// A transaction that is under way; only what may be written beside a batch.
pub struct InTransaction<'a>(pub(crate) &'a mut Connection);

/// Rows with their hashes; of a key that comes twice in a batch only the newest version.
fn newest_of_each_key<'a>(table: &Table, rows: &[&'a CollectedRow]) -> Result<Vec<Prepared<'a>>, StoreError> {
    let mut at: HashMap<&Value, usize> = HashMap::with_capacity(rows.len());
    let mut prepared: Vec<Prepared<'a>> = Vec::with_capacity(rows.len());
    let mut bytes = Vec::with_capacity(512);
    for row in rows {
        check_shape(table, row)?;
        let one = Prepared { row, hash: content_hash(row, &mut bytes) };
        match at.entry(&row.row[0]) {
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(prepared.len());
                prepared.push(one);
            }
            std::collections::hash_map::Entry::Occupied(place) => {
                let before = &mut prepared[*place.get()];
                if one.version() > before.version() {
                    *before = one;
                }
            }
        }
    }
    Ok(prepared)
}

/// Whether every required column is there.
fn is_whole(table: &Table, row: &CollectedRow) -> bool {
    table.columns.iter().zip(&row.row).all(|(column, value)| !column.required || !value.is_null())
}

/// A deletion of which only the key is known: the row stays as it is and is marked. One that never was needs no mark.
fn void(
    db: &mut Connection,
    table: &'static Table,
    row: &CollectedRow,
    origin: &Origin<'_>,
    touched: &mut Touched,
) -> Result<Counts, StoreError> {
    let key = row.row.first().cloned().unwrap_or_default();
    let encounter = table.encounter_column().map_or("key", |at| table.columns[at].name);
    let sql = format!(
        "UPDATE {0} SET deleted_at = $2, source_updated_at = $2, sync_run = $3 \
         WHERE key = $1 AND deleted_at IS NULL AND source_updated_at <= $2 RETURNING {encounter}",
        table.name
    );
    let found = db.first(&sql, &[key.clone(), row.updated_at.into(), origin.run.into()])?;
    match found {
        Some(found) => {
            touched.note(table, found[0].str(), key.str());
            Ok(Counts { updated: 1, ..Counts::default() })
        }
        None => Ok(Counts { unchanged: 1, ..Counts::default() }),
    }
}

fn check_shape(table: &Table, row: &CollectedRow) -> Result<(), StoreError> {
    let wrong = |what: &str| Err(StoreError::Shape(format!("{}.{what}", table.name)));
    if row.row.len() != table.columns.len() {
        return wrong("列数");
    }
    for (column, value) in table.columns.iter().zip(&row.row) {
        let fits = match value {
            Value::Null => !column.required,
            Value::Int(_) => !column.kind.is_text(),
            Value::Text(_) => column.kind.is_text(),
        };
        if !fits {
            return wrong(column.name);
        }
    }
    Ok(())
}

/// 64 bits over all values and the void mark: equal content, equal hash, on every machine.
fn content_hash(row: &CollectedRow, bytes: &mut Vec<u8>) -> i64 {
    bytes.clear();
    for value in &row.row {
        match value {
            Value::Null => bytes.push(0),
            Value::Int(n) => {
                bytes.push(1);
                bytes.extend_from_slice(&n.to_le_bytes());
            }
            Value::Text(text) => {
                bytes.push(2);
                bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    bytes.push(u8::from(row.deleted));
    i64::from_le_bytes(xxhash_rust::xxh3::xxh3_64(bytes).to_le_bytes())
}

/// The columns of a canonical table with its meta columns, comma-separated.
pub(crate) fn all_columns(table: &Table) -> String {
    let own = table.columns.iter().map(|column| column.name);
    own.chain(META.iter().map(|(name, _)| *name)).collect::<Vec<_>>().join(", ")
}

/// `a = excluded.a, …` for everything but the key and the first sight.
pub(crate) fn assignments(table: &Table) -> String {
    let own = table.columns.iter().skip(1).map(|column| column.name);
    own.chain(META.iter().map(|(name, _)| *name).filter(|name| *name != "first_seen_at"))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Marks what changed: encounters to compute, dictionaries for the mart.
pub(crate) fn mark(db: &mut Connection, touched: &Touched) -> Result<(), StoreError> {
    if touched.encounters.is_empty() && touched.patients.is_empty() && !touched.dictionaries {
        return Ok(());
    }
    let stamp = next_stamp(db)?;
    let rows: Vec<[Value; 2]> =
        touched.encounters.iter().map(|key| [key.as_str().into(), stamp.into()]).collect();
    db.insert_many(
        "dirty_encounter",
        &["encounter_key", "stamp"],
        rows.iter().map(|row| row.as_slice()),
        "ON CONFLICT (encounter_key) DO UPDATE SET stamp = excluded.stamp",
    )?;
    for patient in &touched.patients {
        db.execute(
            "INSERT INTO dirty_encounter (encounter_key, stamp) \
             SELECT key, CAST($2 AS BIGINT) FROM encounter WHERE patient_key = $1 \
             ON CONFLICT (encounter_key) DO UPDATE SET stamp = excluded.stamp",
            &[patient.as_str().into(), stamp.into()],
        )?;
    }
    if touched.dictionaries {
        touch_month(db, DICTIONARIES, stamp)?;
    }
    Ok(())
}

/// The month that stands for the dictionaries in `month_version`.
pub(crate) const DICTIONARIES: i64 = -1;

pub(crate) fn touch_month(db: &mut Connection, month: i64, stamp: i64) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO month_version (month, stamp) VALUES ($1, $2) \
         ON CONFLICT (month) DO UPDATE SET stamp = excluded.stamp",
        &[month.into(), stamp.into()],
    )?;
    Ok(())
}

/// The next change number; on PostgreSQL the row's lock lets one writer after the other through.
pub(crate) fn next_stamp(db: &mut Connection) -> Result<i64, StoreError> {
    count_on(db, "change", 1)
}

/// Raises a counter and returns its new value.
pub(crate) fn count_on(db: &mut Connection, counter: &str, by: i64) -> Result<i64, StoreError> {
    db.number(
        "UPDATE counter SET value = value + $2 WHERE name = $1 RETURNING value",
        &[counter.into(), by.into()],
    )?
    .ok_or_else(|| StoreError::Missing("计数器".into()))
}
