//! Upsert into SQLite: prepared statements, row by row; a new row costs one of them.

use super::{Counts, Origin, Prepared, Touched, all_columns, assignments};
use crate::StoreError;
use crate::connection::Sqlite;
use crate::schema::META;
use model::canonical::Table;

pub(super) fn upsert(
    db: &rusqlite::Connection,
    table: &'static Table,
    rows: &[Prepared<'_>],
    origin: &Origin<'_>,
    touched: &mut Touched,
) -> Result<Counts, StoreError> {
    let name = table.name;
    let width = table.columns.len() + META.len();
    let places: Vec<String> = (1..=width).map(|n| format!("?{n}")).collect();
    let insert = format!("INSERT INTO {name} ({}) VALUES ({})", all_columns(table), places.join(", "));
    let encounter = table.encounter_column();
    let old_encounter = encounter.map_or("key", |at| table.columns[at].name);
    let mut insert_new = db.prepare_cached(&format!("{insert} ON CONFLICT (key) DO NOTHING"))?;
    let mut look_up = db.prepare_cached(&format!(
        "SELECT source_updated_at, content_hash, deleted_at, {old_encounter} FROM {name} WHERE key = ?1"
    ))?;
    let mut overwrite =
        db.prepare_cached(&format!("{insert} ON CONFLICT (key) DO UPDATE SET {}", assignments(table)))?;
    let mut confirm =
        db.prepare_cached(&format!("UPDATE {name} SET source_updated_at = ?2 WHERE key = ?1"))?;

    let mut counts = Counts::default();
    for prepared in rows {
        let key = prepared.key();
        let new_encounter = encounter.map_or("", |at| prepared.row.row[at].str());
        bind(&mut insert_new, prepared, origin)?;
        if insert_new.raw_execute()? == 1 {
            counts.inserted += 1;
            touched.note(table, new_encounter, key.str());
            continue;
        }
        let (updated_at, hash, was_deleted, before) = look_up.query_row([Sqlite(key)], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Option<i64>>(2)?.is_some(),
                row.get::<_, String>(3)?,
            ))
        })?;
        let same = hash == prepared.hash && was_deleted == prepared.row.deleted;
        // A whole re-read once missed the row and now it comes back as it was: it is alive again.
        let revived = hash == prepared.hash && was_deleted && !prepared.row.deleted;
        if same {
            if prepared.row.updated_at > updated_at {
                confirm.execute((Sqlite(key), prepared.row.updated_at))?;
            }
            counts.unchanged += 1;
        } else if revived || prepared.version() > (updated_at, hash) {
            bind(&mut overwrite, prepared, origin)?;
            overwrite.raw_execute()?;
            counts.updated += 1;
            touched.note(table, &before, key.str());
            touched.note(table, new_encounter, key.str());
        } else {
            counts.outdated += 1;
        }
    }
    Ok(counts)
}

fn bind(
    statement: &mut rusqlite::Statement<'_>,
    prepared: &Prepared<'_>,
    origin: &Origin<'_>,
) -> Result<(), StoreError> {
    for (at, value) in prepared.row.row.iter().chain(&prepared.meta(origin)).enumerate() {
        statement.raw_bind_parameter(at + 1, Sqlite(value))?;
    }
    Ok(())
}
