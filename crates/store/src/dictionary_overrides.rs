//! 字典修正: what a person set for a column of a collected row. Collection compares and writes the source's own values; the
//! person's stay on top, and go by themselves when the source says the same.

use crate::connection::Connection;
use crate::{Moment, StoreError};
use model::canonical::{Table, Value};
use std::collections::HashSet;

/// 修正: one column of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Name of the column.
    pub column: &'static str,
    /// What the source says.
    pub source_value: Value,
    /// When it was set.
    pub changed_at: Moment,
    /// Who set it.
    pub changed_by: String,
}

/// Tables that are kept by hand beside the collection.
pub(crate) fn is_kept_by_hand(table: &Table) -> bool {
    matches!(table.name, "department" | "staff" | "bed")
}

/// Makes collections and editors wait for each other.
pub(crate) fn lock(db: &mut Connection) -> Result<(), StoreError> {
    if db.is_sqlite() { Ok(()) } else { db.run("LOCK TABLE dictionary_override IN SHARE ROW EXCLUSIVE MODE") }
}

/// An override as kept.
struct Kept {
    key: String,
    column: &'static str,
    value: Value,
    source_value: Value,
}

/// Overrides of a batch's rows, taken off while the batch is written.
pub(crate) struct Lifted(Vec<Kept>);

impl Lifted {
    /// Gives the rows their source's values back, as if nobody had touched them.
    pub(crate) fn before<'k>(
        db: &mut Connection,
        table: &'static Table,
        keys: impl Iterator<Item = &'k str>,
    ) -> Result<Lifted, StoreError> {
        if !is_kept_by_hand(table) {
            return Ok(Lifted(Vec::new()));
        }
        lock(db)?;
        let mut kept = Vec::new();
        let sql =
            "SELECT row_key, column_name, value, source_value FROM dictionary_override WHERE table_name = $1";
        for row in db.all(sql, &[table.name.into()])? {
            let Some(at) = table.position(row[1].str()) else { continue };
            let column = &table.columns[at];
            kept.push(Kept {
                key: row[0].str().to_owned(),
                column: column.name,
                value: value_of(row[2].str(), column.kind.is_text()),
                source_value: value_of(row[3].str(), column.kind.is_text()),
            });
        }
        if !kept.is_empty() {
            let keys: HashSet<&str> = keys.collect();
            kept.retain(|one| keys.contains(one.key.as_str()));
        }
        for one in &kept {
            set(db, table, &one.key, one.column, &one.source_value)?;
        }
        Ok(Lifted(kept))
    }

    /// Puts them on again and notes what the source says now.
    pub(crate) fn put_back(self, db: &mut Connection, table: &'static Table) -> Result<(), StoreError> {
        for one in self.0 {
            let sql = format!("SELECT {} FROM {} WHERE key = $1", one.column, table.name);
            let now = db.first(&sql, &[one.key.as_str().into()])?.and_then(|row| row.into_iter().next());
            let now = now.unwrap_or_default();
            let place = [table.name.into(), one.key.as_str().into(), one.column.into()];
            let of = "WHERE table_name = $1 AND row_key = $2 AND column_name = $3";
            if now == one.value {
                db.execute(&format!("DELETE FROM dictionary_override {of}"), &place)?;
                continue;
            }
            if now != one.source_value {
                let [table, key, column] = place;
                let sql = format!("UPDATE dictionary_override SET source_value = $4 {of}");
                db.execute(&sql, &[table, key, column, text_of(&now)])?;
            }
            set(db, table, &one.key, one.column, &one.value)?;
        }
        Ok(())
    }
}

/// Sets, changes or takes away the override of a column, so that the row shows `value` from now on.
pub(crate) fn keep(
    db: &mut Connection,
    table: &'static Table,
    key: &str,
    changed: (&'static str, &Value, &Value),
    (now, login): (Moment, &str),
) -> Result<(), StoreError> {
    let (column, value, source_value) = changed;
    if value == source_value {
        db.execute(
            "DELETE FROM dictionary_override WHERE table_name = $1 AND row_key = $2 AND column_name = $3",
            &[table.name.into(), key.into(), column.into()],
        )?;
    } else {
        db.execute(
            "INSERT INTO dictionary_override (table_name, row_key, column_name, value, source_value, changed_at, changed_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (table_name, row_key, column_name) DO UPDATE SET \
             value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            &[
                table.name.into(),
                key.into(),
                column.into(),
                text_of(value),
                text_of(source_value),
                now.into(),
                Value::Text(login.into()),
            ],
        )?;
    }
    set(db, table, key, column, value)
}

/// The overrides of a table, or of one row of it, with their rows' keys.
pub(crate) fn read(
    db: &mut Connection,
    table: &'static Table,
    key: Option<&str>,
) -> Result<Vec<(String, Override)>, StoreError> {
    let mut sql =
        "SELECT row_key, column_name, source_value, changed_at, changed_by FROM dictionary_override \
                   WHERE table_name = $1"
            .to_owned();
    let mut parameters = vec![Value::from(table.name)];
    if let Some(key) = key {
        sql.push_str(" AND row_key = $2");
        parameters.push(key.into());
    }
    let rows = db.all(&sql, &parameters)?;
    let read = rows.iter().filter_map(|row| {
        let column = &table.columns[table.position(row[1].str())?];
        let kept = Override {
            column: column.name,
            source_value: value_of(row[2].str(), column.kind.is_text()),
            changed_at: row[3].int().unwrap_or_default(),
            changed_by: row[4].str().to_owned(),
        };
        Some((row[0].str().to_owned(), kept))
    });
    Ok(read.collect())
}

fn set(db: &mut Connection, table: &Table, key: &str, column: &str, value: &Value) -> Result<(), StoreError> {
    let sql = format!("UPDATE {} SET {column} = $2 WHERE key = $1", table.name);
    db.execute(&sql, &[key.into(), value.clone()])?;
    Ok(())
}

fn text_of(value: &Value) -> Value {
    match value {
        Value::Int(n) => Value::Text(n.to_string().into()),
        other => other.clone(),
    }
}

fn value_of(text: &str, is_text: bool) -> Value {
    match text {
        "" => Value::Null,
        text if is_text => Value::Text(text.into()),
        text => text.parse().map_or(Value::Null, Value::Int),
    }
}
