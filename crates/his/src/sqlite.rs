//! The HIS as a SQLite file.

use crate::batch::Batch;
use crate::build::Target;
use crate::change::{Cells, Live};
use crate::error::HisError;
use crate::layout::{HisTable, Layout};
use crate::schema::Dialect;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// A file under construction, or one to change.
pub struct SqliteHis {
    connection: Connection,
}

impl SqliteHis {
    /// A new file. Nothing may stand at the path.
    pub fn create(path: &Path) -> Result<SqliteHis, HisError> {
        let connection = Connection::open(path)?;
        // A half-built file is thrown away, so nothing is kept for its rescue.
        connection.execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -131072;",
        )?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(SqliteHis { connection })
    }

    /// A file that was built, to change it.
    pub fn open(path: &Path) -> Result<SqliteHis, HisError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(SqliteHis { connection })
    }
}

impl Target for SqliteHis {
    fn create(&mut self, layout: &Layout) -> Result<(), HisError> {
        self.connection.execute_batch("BEGIN")?;
        for table in &layout.tables {
            self.connection.execute_batch(&Dialect::Sqlite.create_table(table))?;
            self.connection.execute_batch(&Dialect::Sqlite.create_view(layout, table))?;
        }
        Ok(())
    }

    fn insert(&mut self, table: &HisTable, rows: &Batch) -> Result<(), HisError> {
        let width = table.stored().count();
        let marks = vec!["?"; width].join(",");
        let sql = format!("INSERT INTO {} VALUES ({marks})", Dialect::Sqlite.name(&table.base));
        let mut statement = self.connection.prepare_cached(&sql)?;
        for row in 0..rows.rows() {
            for column in 0..width {
                statement.raw_bind_parameter(column + 1, rows.value(row, column))?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }

    fn finish(&mut self, layout: &Layout) -> Result<(), HisError> {
        for table in &layout.tables {
            for index in Dialect::Sqlite.create_indexes(table) {
                self.connection.execute_batch(&index)?;
            }
        }
        self.connection
            .execute_batch("COMMIT; PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = DELETE;")?;
        // Leaves the exclusive lock at the next access.
        self.connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))?;
        Ok(())
    }
}

impl Live for SqliteHis {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str) -> Result<u64, HisError> {
        Ok(self.connection.execute(sql, [])? as u64)
    }

    fn first_row(&mut self, sql: &str) -> Result<Option<Cells>, HisError> {
        let mut statement = self.connection.prepare(sql)?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let mut cells = Vec::new();
        for at in 0..width {
            cells.push(match row.get_ref(at)? {
                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Integer(n) => Some(n.to_string()),
                _ => None,
            });
        }
        Ok(Some(cells))
    }
}
