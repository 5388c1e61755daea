//! MySQL and MariaDB: a read-only session, rows streamed one by one.

use crate::charset::Charset;
use crate::error::ConnectError;
use crate::open::clock_of;
use crate::plain_float::write_float;
use crate::source::{Bound, Query, RowReader, Source};
use crate::source_config::{SourceConfig, SourceKind};
use crate::sql::Dialect;
use crate::text_row::RowBuffer;
use mysql::consts::ColumnType;
use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder, Params, Value};
use std::fmt::Write;
use std::time::{Duration, Instant};

const USUAL_PORT: u16 = 3306;

pub(crate) struct MysqlSource {
    connection: Conn,
    /// For the second connection that stops a statement; holds the password, so it is never shown.
    options: Opts,
    config: SourceConfig,
}

impl MysqlSource {
    pub(crate) fn open(config: &SourceConfig, password: Option<&str>) -> Result<MysqlSource, ConnectError> {
        let (host, port) = config.host_and_port(USUAL_PORT)?;
        let mut first = vec!["SET SESSION TRANSACTION READ ONLY".to_owned(), "SET NAMES utf8mb4".to_owned()];
        if config.charset == Charset::Gbk {
            // Old systems keep GBK in columns declared latin1: the server must not convert it.
            first.push("SET character_set_results = NULL".to_owned());
        }
        if let Some(seconds) = config.offset_seconds()? {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            first.push(format!("SET time_zone = '{sign}{:02}:{:02}'", minutes / 60, minutes % 60));
        }
        let options: Opts = OptsBuilder::new()
            .ip_or_hostname(Some(host))
            .tcp_port(port)
            .user(config.user.as_deref())
            .pass(password)
            .db_name(config.database.as_deref())
            .prefer_socket(false)
            .tcp_connect_timeout(Some(config.connect_timeout.duration()))
            .read_timeout(Some(config.statement_timeout.duration()))
            .init(first)
            .into();
        let connection = Conn::new(options.clone()).map_err(|error| open_failure(config, &error))?;
        Ok(MysqlSource { connection, options, config: config.clone() })
    }

    /// Stops what the connection is doing, so that the rest of a long result need not be drained.
    fn stop(options: &Opts, connection_id: u32) {
        if let Ok(mut second) = Conn::new(options.clone()) {
            // The statement may have ended meanwhile; then there is nothing to stop.
            let _ = second.query_drop(format!("KILL QUERY {connection_id}"));
        }
    }
}

impl Source for MysqlSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Mysql
    }

    fn now(&mut self) -> Result<i64, ConnectError> {
        let sql = self.config.clock_sql.clone().unwrap_or_else(|| "SELECT NOW()".to_owned());
        let row: Option<mysql::Row> = self
            .connection
            .query_first(sql)
            .map_err(|error| failure(&self.config, 0, Duration::ZERO, &error))?;
        let mut buffer = RowBuffer::default();
        if let Some(value) = row.as_ref().and_then(|row| row.as_ref(0)) {
            push(&mut buffer, value, ColumnType::MYSQL_TYPE_DATETIME, Charset::Auto);
        }
        clock_of(buffer.row(1, "").get(0), &self.config)
    }

    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError> {
        let Query::Sql { sql, bindings } = query else {
            return Err(ConnectError::Query { reason: "MySQL 数据源不能读文件".to_owned() });
        };
        let config = &self.config;
        let (text, order) = sql.render(Dialect::Mysql, |out, _| out.push('?'));
        let mut values = Vec::with_capacity(order.len());
        for parameter in &order {
            values.push(match bindings.value(*parameter)? {
                Bound::Text(text) => Value::Bytes(text.as_bytes().to_vec()),
                Bound::Whole(number) => Value::Int(number),
            });
        }
        let values = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        let id = self.connection.connection_id();
        let mut waiting = Instant::now();
        let failed = |rows, waiting: Instant, error: mysql::Error| {
            let error = failure(config, rows, waiting.elapsed(), &error);
            if matches!(error, ConnectError::Timeout { .. }) {
                MysqlSource::stop(&self.options, id);
            }
            error
        };
        let statement = self.connection.prep(&text).map_err(|error| failed(0, waiting, error))?;
        let mut result =
            self.connection.exec_iter(statement, values).map_err(|error| failed(0, waiting, error))?;
        let described = result.columns();
        let columns: Vec<String> = described.as_ref().iter().map(|c| c.name_str().into_owned()).collect();
        let types: Vec<ColumnType> = described.as_ref().iter().map(mysql::Column::column_type).collect();
        reader.columns(&columns)?;
        let mut buffer = RowBuffer::default();
        let mut number = 0;
        waiting = Instant::now();
        for row in result.by_ref() {
            let row = row.map_err(|error| failed(number, waiting, error))?;
            number += 1;
            buffer.clear();
            for (at, kind) in types.iter().enumerate() {
                match row.as_ref(at) {
                    Some(value) => push(&mut buffer, value, *kind, config.charset),
                    None => buffer.push_null(),
                }
            }
            if reader.row(&buffer.row(number, "")).is_break() {
                MysqlSource::stop(&self.options, id);
                break;
            }
            waiting = Instant::now();
        }
        Ok(number)
    }
}

fn push(buffer: &mut RowBuffer, value: &Value, kind: ColumnType, charset: Charset) {
    match value {
        Value::NULL => buffer.push_null(),
        Value::Bytes(bytes) => buffer.push_bytes(bytes, charset),
        Value::Int(number) => buffer.push_int(*number),
        Value::UInt(number) => buffer.push_display(number),
        Value::Float(number) => buffer.push_with(|text| write_float(text, f64::from(*number), 6)),
        Value::Double(number) => buffer.push_with(|text| write_float(text, *number, 15)),
        Value::Date(year, month, day, hour, minute, second, micros) => buffer.push_with(|text| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{year:04}-{month:02}-{day:02}");
            if kind != ColumnType::MYSQL_TYPE_DATE {
                let _ = write!(text, " {hour:02}:{minute:02}:{second:02}");
                if *micros > 0 {
                    let _ = write!(text, ".{micros:06}");
                }
            }
        }),
        Value::Time(negative, days, hours, minutes, seconds, _) => buffer.push_with(|text| {
            let sign = if *negative { "-" } else { "" };
            let _ = write!(text, "{sign}{:02}:{minutes:02}:{seconds:02}", days * 24 + u32::from(*hours));
        }),
    }
}

fn open_failure(config: &SourceConfig, error: &mysql::Error) -> ConnectError {
    let target = config.target();
    match error {
        mysql::Error::MySqlError(refused) => match refused.code {
            1044 | 1045 | 1698 => ConnectError::Login { target, reason: refused.message.clone() },
            1049 => config.problem(format!("服务器上没有这个数据库（{}）：请核对 database", refused.message)),
            1040 | 1203 | 1226 => ConnectError::Busy { target, reason: refused.message.clone() },
            _ => ConnectError::Connect { target, reason: refused.message.clone() },
        },
        other => ConnectError::Connect { target, reason: other.to_string() },
    }
}

/// `waited`: how long the driver was silent. It wraps the socket's timeout in errors of several kinds; the time tells.
fn failure(config: &SourceConfig, rows: u64, waited: Duration, error: &mysql::Error) -> ConnectError {
    let target = config.target();
    let allowed = config.statement_timeout.duration();
    let seconds = allowed.as_secs();
    match error {
        mysql::Error::MySqlError(refused) => {
            let reason = refused.message.clone();
            match refused.code {
                1146 | 1356 | 1051 => ConnectError::NoView { reason },
                1054 => ConnectError::NoColumn { reason },
                1142 | 1143 | 1370 => ConnectError::Denied { reason },
                3024 | 1969 | 1317 => ConnectError::Timeout { target, seconds },
                1205 | 1213 | 1040 => ConnectError::Busy { target, reason },
                1053 | 1927 | 1152 | 1158..=1161 => ConnectError::Lost { rows, reason },
                _ => ConnectError::Query { reason },
            }
        }
        _ if waited + Duration::from_millis(100) >= allowed => ConnectError::Timeout { target, seconds },
        other => ConnectError::Lost { rows, reason: other.to_string() },
    }
}
