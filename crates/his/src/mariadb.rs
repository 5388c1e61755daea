//! The HIS in a MariaDB database, with GBK tables as old systems have them.

use crate::batch::Batch;
use crate::build::Target;
use crate::change::{Cells, Live};
use crate::error::HisError;
use crate::layout::{HisTable, Layout};
use crate::schema::Dialect;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, Row, Value};

/// A connection to the database that holds the HIS.
pub struct MariadbHis {
    connection: Conn,
}

/// Rows of one `INSERT`.
const ROWS: usize = 500;

impl MariadbHis {
    /// Connects with a URL that names the database.
    pub fn connect(address: &str) -> Result<MariadbHis, HisError> {
        let options = Opts::from_url(address).map_err(mysql::Error::from)?;
        let mut connection = Conn::new(options)?;
        connection.query_drop("SET NAMES utf8mb4")?;
        Ok(MariadbHis { connection })
    }
}

impl Target for MariadbHis {
    fn create(&mut self, layout: &Layout) -> Result<(), HisError> {
        for table in &layout.tables {
            self.connection.query_drop(Dialect::Mariadb.create_table(table))?;
            self.connection.query_drop(Dialect::Mariadb.create_view(layout, table))?;
        }
        self.connection.query_drop("START TRANSACTION")?;
        Ok(())
    }

    fn insert(&mut self, table: &HisTable, rows: &Batch) -> Result<(), HisError> {
        let width = table.stored().count();
        let mut from = 0;
        while from < rows.rows() {
            let to = (from + ROWS).min(rows.rows());
            let mut sql = format!("INSERT INTO {} VALUES ", Dialect::Mariadb.name(&table.base));
            for row in from..to {
                sql.push_str(if row == from { "(" } else { ",(" });
                for column in 0..width {
                    if column > 0 {
                        sql.push(',');
                    }
                    match rows.value(row, column) {
                        None => sql.push_str("NULL"),
                        Some(text) => sql.push_str(&Dialect::Mariadb.text(text)),
                    }
                }
                sql.push(')');
            }
            self.connection.query_drop(sql)?;
            from = to;
        }
        Ok(())
    }

    fn finish(&mut self, layout: &Layout) -> Result<(), HisError> {
        self.connection.query_drop("COMMIT")?;
        for table in &layout.tables {
            for index in Dialect::Mariadb.create_indexes(table) {
                self.connection.query_drop(index)?;
            }
        }
        Ok(())
    }
}

impl Live for MariadbHis {
    fn dialect(&self) -> Dialect {
        Dialect::Mariadb
    }

    fn execute(&mut self, sql: &str) -> Result<u64, HisError> {
        self.connection.query_drop(sql)?;
        Ok(self.connection.affected_rows())
    }

    fn first_row(&mut self, sql: &str) -> Result<Option<Cells>, HisError> {
        let row: Option<Row> = self.connection.query_first(sql)?;
        let text = |value: Value| match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            other => Some(other.as_sql(true).trim_matches('\'').to_owned()),
        };
        Ok(row.map(|row| row.unwrap().into_iter().map(text).collect()))
    }
}
