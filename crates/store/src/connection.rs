//! One connection, one SQL text for both databases.
//!
//! The portable subset: `BIGINT` and `TEXT` columns, parameters `$1`, `ON CONFLICT`, `RETURNING`. What differs (bulk loads,
//! identity columns, backups) says so where it stands.

use crate::{Address, StoreError};
use model::canonical::Value;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

/// An open connection.
pub(crate) enum Connection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<Postgres>),
}

/// A client with the statements it has prepared.
pub(crate) struct Postgres {
    pub(crate) client: postgres::Client,
    statements: HashMap<String, postgres::Statement>,
}

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

impl Connection {
    pub(crate) fn open(address: &Address) -> Result<Connection, StoreError> {
        let failed = |error: String| StoreError::Open(address.to_string(), error);
        match address {
            Address::Sqlite(path) => {
                let db = rusqlite::Connection::open(path).map_err(|error| failed(error.to_string()))?;
                db.busy_timeout(PATIENCE)?;
                db.set_prepared_statement_cache_capacity(200);
                // NORMAL keeps the file whole through a power cut and every commit through a killed process.
                db.execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; \
                     PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 268435456; PRAGMA mmap_size = 1073741824;",
                )?;
                Ok(Connection::Sqlite(db))
            }
            Address::Postgres(url) => {
                let mut config: postgres::Config =
                    url.parse().map_err(|_| StoreError::Address(address.to_string()))?;
                config.application_name("dipper").connect_timeout(Duration::from_secs(10));
                let client = config.connect(postgres::NoTls).map_err(|error| failed(error.to_string()))?;
                Ok(Connection::Postgres(Box::new(Postgres { client, statements: HashMap::new() })))
            }
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self, Connection::Sqlite(_))
    }

    /// Runs statements without parameters, separated by `;`.
    pub(crate) fn run(&mut self, sql: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(db) => Ok(db.execute_batch(sql)?),
            Connection::Postgres(pg) => Ok(pg.client.batch_execute(sql)?),
        }
    }

    /// Runs one statement; the number of rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, StoreError> {
        match self {
            Connection::Sqlite(db) => {
                let mut statement = db.prepare_cached(&for_sqlite(sql))?;
                let changed = statement.execute(rusqlite::params_from_iter(parameters.iter().map(Sqlite)))?;
                Ok(changed as u64)
            }
            Connection::Postgres(pg) => {
                let statement = pg.prepared(sql)?;
                let parameters: Vec<Pg<'_>> = parameters.iter().map(Pg).collect();
                let given: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|p| p as _).collect();
                Ok(pg.client.execute(&statement, &given)?)
            }
        }
    }

    /// Reads rows one after the other; memory stays constant. A row is lent for the length of the call.
    pub(crate) fn query(
        &mut self,
        sql: &str,
        parameters: &[Value],
        on_row: &mut dyn FnMut(&[Value]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut values: Vec<Value> = Vec::new();
        match self {
            Connection::Sqlite(db) => {
                let mut statement = db.prepare_cached(&for_sqlite(sql))?;
                let width = statement.column_count();
                let mut rows = statement.query(rusqlite::params_from_iter(parameters.iter().map(Sqlite)))?;
                while let Some(row) = rows.next()? {
                    values.clear();
                    for at in 0..width {
                        values.push(match row.get_ref(at)? {
                            ValueRef::Null => Value::Null,
                            ValueRef::Integer(n) => Value::Int(n),
                            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into()),
                            ValueRef::Real(_) | ValueRef::Blob(_) => {
                                return Err(StoreError::Shape(format!("第 {} 列不是文本或整数", at + 1)));
                            }
                        });
                    }
                    on_row(&values)?;
                }
            }
            Connection::Postgres(pg) => {
                let statement = pg.prepared(sql)?;
                let parameters: Vec<Pg<'_>> = parameters.iter().map(Pg).collect();
                let mut rows = pg.client.query_raw(&statement, parameters.iter())?;
                while let Some(row) = rows.next()? {
                    values.clear();
                    for (at, column) in row.columns().iter().enumerate() {
                        values.push(match *column.type_() {
                            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.into(),
                            Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(i64::from).into(),
                            Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(i64::from).into(),
                            Type::TEXT | Type::VARCHAR => match row.try_get::<_, Option<&str>>(at)? {
                                None => Value::Null,
                                Some(text) => Value::Text(text.into()),
                            },
                            _ => return Err(StoreError::Shape(format!("{} 的类型", column.name()))),
                        });
                    }
                    on_row(&values)?;
                }
            }
        }
        Ok(())
    }

    /// The first row.
    pub(crate) fn first(
        &mut self,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Option<Vec<Value>>, StoreError> {
        Ok(self.all(sql, parameters)?.into_iter().next())
    }

    /// All rows of a short answer.
    pub(crate) fn all(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut rows = Vec::new();
        self.query(sql, parameters, &mut |row| {
            rows.push(row.to_vec());
            Ok(())
        })?;
        Ok(rows)
    }

    /// The whole number in the first row's first column.
    pub(crate) fn number(&mut self, sql: &str, parameters: &[Value]) -> Result<Option<i64>, StoreError> {
        Ok(self.first(sql, parameters)?.and_then(|row| row.first()?.int()))
    }

    /// All of `work` or nothing of it.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // A writer takes SQLite's lock at once: upgrading a read transaction later may fail.
        self.run(if self.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
        let done = work(self).and_then(|done| self.run("COMMIT").map(|()| done));
        if done.is_err() {
            // A broken connection cannot roll back; the database does it by itself.
            let _ = self.run("ROLLBACK");
        }
        done
    }
}

impl Postgres {
    pub(crate) fn prepared(&mut self, sql: &str) -> Result<postgres::Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// SQLite numbers its parameters `?1`.
pub(crate) fn for_sqlite(sql: &str) -> String {
    sql.replace('$', "?")
}

/// A value as a parameter of SQLite.
pub(crate) struct Sqlite<'a>(pub(crate) &'a Value);

impl rusqlite::ToSql for Sqlite<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A value as a parameter of PostgreSQL.
#[derive(Debug)]
pub(crate) struct Pg<'a>(pub(crate) &'a Value);

impl ToSql for Pg<'_> {
    fn to_sql(&self, of: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(n) if *of == Type::INT4 => i32::try_from(*n)?.to_sql(of, out),
            Value::Int(n) => n.to_sql(of, out),
            Value::Text(text) => text.as_str().to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
