//! SQLite: a file opened read-only.

use crate::charset::Charset;
use crate::error::ConnectError;
use crate::open::{clock_of, machine_clock};
use crate::plain_float::write_float;
use crate::source::{Bound, Query, RowReader, Source};
use crate::source_config::{SourceConfig, SourceKind};
use crate::sql::{Dialect, Sql};
use crate::text_row::RowBuffer;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

pub(crate) struct SqliteSource {
    connection: Connection,
    config: SourceConfig,
}

impl SqliteSource {
    pub(crate) fn open(config: &SourceConfig) -> Result<SqliteSource, ConnectError> {
        let path = Path::new(&config.address);
        let failed = |reason: String| ConnectError::Connect { target: config.target(), reason };
        if !path.is_file() {
            return Err(config.problem(format!("没有文件 {}：请核对 address", config.address)));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| failed(error.to_string()))?;
        connection
            .busy_timeout(config.connect_timeout.duration())
            .and_then(|()| connection.pragma_update(None, "query_only", true))
            .map_err(|error| failed(error.to_string()))?;
        let source = SqliteSource { connection, config: config.clone() };
        // The file is only looked at with the first statement.
        source
            .connection
            .query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
            .map_err(|error| source.failure(0, &error))?;
        Ok(source)
    }

    fn failure(&self, rows: u64, error: &rusqlite::Error) -> ConnectError {
        let target = self.config.target();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                return ConnectError::Timeout {
                    target,
                    seconds: self.config.statement_timeout.0.unsigned_abs(),
                };
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                return ConnectError::Busy { target, reason };
            }
            Some(ErrorCode::NotADatabase) => {
                return self.config.problem(format!("{} 不是 SQLite 数据库", self.config.address));
            }
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::CannotOpen) => {
                return ConnectError::Lost { rows, reason };
            }
            _ => {}
        }
        if reason.contains("no such table") || reason.contains("no such view") {
            ConnectError::NoView { reason: first_line(&reason) }
        } else if reason.contains("no such column") {
            ConnectError::NoColumn { reason: first_line(&reason) }
        } else {
            ConnectError::Query { reason: first_line(&reason) }
        }
    }
}

/// The driver repeats the whole statement behind its message.
fn first_line(reason: &str) -> String {
    reason.split(" in SELECT").next().unwrap_or(reason).lines().next().unwrap_or_default().to_owned()
}

impl Source for SqliteSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Sqlite
    }

    fn now(&mut self) -> Result<i64, ConnectError> {
        let Some(sql) = &self.config.clock_sql else { return machine_clock(&self.config) };
        let text: Option<String> = self.connection.query_row(sql, [], |row| row.get(0)).map_err(|error| {
            ConnectError::Clock { target: self.config.target(), reason: error.to_string() }
        })?;
        clock_of(text.as_deref(), &self.config)
    }

    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError> {
        let Query::Sql { sql, bindings } = query else {
            return Err(ConnectError::Query { reason: "SQLite 数据源不能读文件".to_owned() });
        };
        let mut statement = prepare(&self.connection, sql).map_err(|error| self.failure(0, &error))?;
        for (at, parameter) in statement.1.iter().enumerate() {
            match bindings.value(*parameter)? {
                Bound::Text(text) => statement.0.raw_bind_parameter(at + 1, text),
                Bound::Whole(number) => statement.0.raw_bind_parameter(at + 1, number),
            }
            .map_err(|error| self.failure(0, &error))?;
        }
        let mut statement = statement.0;
        let first_row = Deadline::start(&self.connection, self.config.statement_timeout.duration());
        let mut rows = statement.raw_query();
        let mut buffer = RowBuffer::default();
        let (mut number, mut width) = (0, 0);
        while let Some(row) = rows.next().map_err(|error| self.failure(number, &error))? {
            first_row.met();
            if number == 0 {
                // Not earlier: where the schema has changed, the first step prepares the statement anew.
                let columns = names(row.as_ref());
                width = columns.len();
                reader.columns(&columns)?;
            }
            number += 1;
            buffer.clear();
            for at in 0..width {
                let value = row.get_ref(at).map_err(|error| self.failure(number, &error))?;
                push(&mut buffer, value, self.config.charset);
            }
            if reader.row(&buffer.row(number, "")).is_break() {
                break;
            }
        }
        drop(rows);
        if number == 0 {
            reader.columns(&names(&statement))?;
        }
        Ok(number)
    }
}

fn names(statement: &rusqlite::Statement<'_>) -> Vec<String> {
    statement.column_names().map(str::to_owned).collect()
}

type Prepared<'c> = (rusqlite::Statement<'c>, Vec<crate::sql::Parameter>);

fn prepare<'c>(connection: &'c Connection, sql: &Sql) -> rusqlite::Result<Prepared<'c>> {
    let (text, order) = sql.render(Dialect::Sqlite, |out, n| {
        let _ = write!(out, "?{n}");
    });
    Ok((connection.prepare(&text)?, order))
}

#[inline]
fn push(buffer: &mut RowBuffer, value: ValueRef<'_>, charset: Charset) {
    match value {
        ValueRef::Null => buffer.push_null(),
        ValueRef::Integer(number) => buffer.push_int(number),
        ValueRef::Real(number) => buffer.push_with(|text| write_float(text, number, 15)),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => buffer.push_bytes(bytes, charset),
    }
}

/// Interrupts a statement that yields no first row in time. SQLite works in our own thread: another one must watch.
struct Deadline(mpsc::Sender<()>);

impl Deadline {
    fn start(connection: &Connection, wait: Duration) -> Deadline {
        let handle = connection.get_interrupt_handle();
        let (met, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            if receiver.recv_timeout(wait) == Err(mpsc::RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        Deadline(met)
    }

    #[inline]
    fn met(&self) {
        // After the first row nobody listens any more.
        let _ = self.0.send(());
    }
}
