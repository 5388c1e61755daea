//! 批量写入: many rows in one go, each database in its own quick way.

use crate::StoreError;
use crate::connection::{Connection, Postgres, Sqlite, for_sqlite};
use model::canonical::Value;
use std::io::Write;

impl Connection {
    /// Inserts rows; `conflict` is the `ON CONFLICT` clause, empty for none. No key may come twice in `rows`.
    pub(crate) fn insert_many<'a>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: impl Iterator<Item = &'a [Value]>,
        conflict: &str,
    ) -> Result<(), StoreError> {
        let names = columns.join(", ");
        match self {
            Connection::Sqlite(db) => {
                let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
                let sql = format!("INSERT INTO {table} ({names}) VALUES ({}) {conflict}", places.join(", "));
                let mut statement = db.prepare_cached(&for_sqlite(&sql))?;
                for row in rows {
                    for (at, value) in row.iter().enumerate() {
                        statement.raw_bind_parameter(at + 1, Sqlite(value))?;
                    }
                    statement.raw_execute()?;
                }
            }
            Connection::Postgres(db) => {
                let rows: Vec<&[Value]> = rows.collect();
                let stage = format!("many_{table}");
                // A table always comes with the same columns, so the stage can stay.
                db.client.batch_execute(&format!(
                    "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS \
                     SELECT {names} FROM {table} WITH NO DATA; TRUNCATE {stage}"
                ))?;
                copy_in(db, &format!("COPY {stage} ({names}) FROM STDIN"), &rows, |row: &&[Value], put| {
                    row.iter().for_each(put);
                })?;
                db.client.batch_execute(&format!(
                    "INSERT INTO {table} ({names}) SELECT {names} FROM {stage} {conflict}"
                ))?;
            }
        }
        Ok(())
    }
}

/// `COPY … FROM STDIN` in text format; `fields` hands on the values of a row.
pub(crate) fn copy_in<R>(
    db: &mut Postgres,
    sql: &str,
    rows: &[R],
    fields: impl Fn(&R, &mut dyn FnMut(&Value)),
) -> Result<(), StoreError> {
    let broken = |error: std::io::Error| StoreError::ConnectionLost(error.to_string());
    let mut writer = db.client.copy_in(sql)?;
    let mut line = String::with_capacity(512);
    for row in rows {
        line.clear();
        fields(row, &mut |value| field(&mut line, value));
        line.pop();
        line.push('\n');
        writer.write_all(line.as_bytes()).map_err(broken)?;
    }
    writer.finish()?;
    Ok(())
}

/// One field and its tab.
fn field(line: &mut String, value: &Value) {
    match value {
        Value::Null => line.push_str("\\N"),
        Value::Int(n) => {
            let _ = std::fmt::Write::write_fmt(line, format_args!("{n}"));
        }
        Value::Text(text) => {
            for c in text.chars() {
                match c {
                    '\\' => line.push_str("\\\\"),
                    '\t' => line.push_str("\\t"),
                    '\n' => line.push_str("\\n"),
                    '\r' => line.push_str("\\r"),
                    c => line.push(c),
                }
            }
        }
    }
    line.push('\t');
}
