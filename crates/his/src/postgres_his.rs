//! The HIS in a PostgreSQL database: `COPY` into a schema of its own name.

use crate::batch::Batch;
use crate::build::Target;
use crate::change::{Cells, Live};
use crate::error::HisError;
use crate::layout::{HisTable, Layout};
use crate::schema::Dialect;
use postgres::{Client, NoTls, SimpleQueryMessage};
use std::io::Write;

/// A connection to the database that holds the HIS.
pub struct PostgresHis {
    client: Client,
}

impl PostgresHis {
    /// Connects with a URL or key words; tables go to the first schema of the search path.
    pub fn connect(address: &str) -> Result<PostgresHis, HisError> {
        Ok(PostgresHis { client: Client::connect(address, NoTls)? })
    }
}

impl Target for PostgresHis {
    fn create(&mut self, layout: &Layout) -> Result<(), HisError> {
        self.client.batch_execute("BEGIN")?;
        for table in &layout.tables {
            self.client.batch_execute(&Dialect::Postgres.create_table(table))?;
            self.client.batch_execute(&Dialect::Postgres.create_view(layout, table))?;
        }
        Ok(())
    }

    fn insert(&mut self, table: &HisTable, rows: &Batch) -> Result<(), HisError> {
        let width = table.stored().count();
        let mut copy =
            self.client.copy_in(&format!("COPY {} FROM STDIN", Dialect::Postgres.name(&table.base)))?;
        let mut line = String::new();
        for row in 0..rows.rows() {
            line.clear();
            for column in 0..width {
                if column > 0 {
                    line.push('\t');
                }
                match rows.value(row, column) {
                    None => line.push_str("\\N"),
                    Some(text) => {
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
            }
            line.push('\n');
            copy.write_all(line.as_bytes())?;
        }
        copy.finish()?;
        Ok(())
    }

    fn finish(&mut self, layout: &Layout) -> Result<(), HisError> {
        for table in &layout.tables {
            for index in Dialect::Postgres.create_indexes(table) {
                self.client.batch_execute(&index)?;
            }
        }
        self.client.batch_execute("COMMIT; ANALYZE")?;
        Ok(())
    }
}

impl Live for PostgresHis {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str) -> Result<u64, HisError> {
        let messages = self.client.simple_query(sql)?;
        let done = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
            _ => None,
        });
        Ok(done.unwrap_or_default())
    }

    fn first_row(&mut self, sql: &str) -> Result<Option<Cells>, HisError> {
        let messages = self.client.simple_query(sql)?;
        Ok(messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
            }
            _ => None,
        }))
    }
}
