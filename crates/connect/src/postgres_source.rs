//! PostgreSQL: a read-only transaction and a portal, so that rows come in batches and a read may end early.

use crate::error::ConnectError;
use crate::open::clock_of;
use crate::source::{Bindings, Bound, Query, RowReader, Source};
use crate::source_config::{SourceConfig, SourceKind};
use crate::sql::{Dialect, Parameter, Sql};
use crate::text_row::RowBuffer;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{FromSql, Type};
use postgres::{Client, NoTls, Statement};
use std::fmt::Write;
use std::time::Duration;

/// Rows of one fetch.
const FETCH: i32 = 5000;
const USUAL_PORT: u16 = 5432;

pub(crate) struct PostgresSource {
    client: Client,
    config: SourceConfig,
}

impl PostgresSource {
    pub(crate) fn open(
        config: &SourceConfig,
        password: Option<&str>,
    ) -> Result<PostgresSource, ConnectError> {
        let (host, port) = config.host_and_port(USUAL_PORT)?;
        let mut options = postgres::Config::new();
        options
            .host(&host)
            .port(port)
            .application_name("dipper")
            .connect_timeout(config.connect_timeout.duration())
            .keepalives_idle(Duration::from_secs(30))
            .ssl_mode(postgres::config::SslMode::Disable);
        if let Some(user) = &config.user {
            options.user(user);
        }
        if let Some(password) = password {
            options.password(password);
        }
        if let Some(database) = &config.database {
            options.dbname(database);
        }
        let client = options.connect(NoTls).map_err(|error| open_failure(config, &error))?;
        let mut source = PostgresSource { client, config: config.clone() };
        let milliseconds = config.statement_timeout.0.saturating_mul(1000);
        let mut set = format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {milliseconds}; \
             SET DateStyle = 'ISO, YMD'; SET client_encoding = 'UTF8'; SET extra_float_digits = 0;"
        );
        if let Some(seconds) = config.offset_seconds()? {
            let _ = write!(set, " SET TIME ZONE INTERVAL '{seconds} seconds';");
        }
        source.client.batch_execute(&set).map_err(|error| failure(&source.config, 0, &error))?;
        Ok(source)
    }
}

impl Source for PostgresSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Postgres
    }

    fn now(&mut self) -> Result<i64, ConnectError> {
        let sql = match &self.config.clock_sql {
            Some(sql) => format!("SELECT q.t::timestamp::text FROM ({sql}\n) AS q(t)"),
            None => "SELECT localtimestamp(0)::text".to_owned(),
        };
        let row = self.client.query_one(&sql, &[]).map_err(|error| failure(&self.config, 0, &error))?;
        let text: Option<&str> = row.try_get(0).map_err(|error| failure(&self.config, 0, &error))?;
        clock_of(text, &self.config)
    }

    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError> {
        let Query::Sql { sql, bindings } = query else {
            return Err(ConnectError::Query { reason: "PostgreSQL 数据源不能读文件".to_owned() });
        };
        let config = &self.config;
        let mut number = 0;
        let mut transaction = self
            .client
            .build_transaction()
            .read_only(true)
            .start()
            .map_err(|error| failure(config, 0, &error))?;
        let (plain, order) = render(sql, &[]);
        let described = transaction.prepare(&plain).map_err(|error| failure(config, 0, &error))?;
        let columns: Vec<String> = described.columns().iter().map(|c| c.name().to_owned()).collect();
        reader.columns(&columns)?;
        let values = values(bindings, &order)?;
        let values: Vec<&(dyn postgres::types::ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn postgres::types::ToSql + Sync)).collect();
        let portal = transaction
            .prepare(&as_text(sql, &described))
            .and_then(|statement| transaction.bind(&statement, &values))
            .map_err(|error| failure(config, 0, &error))?;
        let mut buffer = RowBuffer::default();
        loop {
            let before = number;
            let mut rows = transaction
                .query_portal_raw(&portal, FETCH)
                .map_err(|error| failure(config, number, &error))?;
            while let Some(row) = rows.next().map_err(|error| failure(config, number, &error))? {
                number += 1;
                buffer.clear();
                for at in 0..columns.len() {
                    match row
                        .try_get::<_, Option<Bytes<'_>>>(at)
                        .map_err(|error| failure(config, number, &error))?
                    {
                        Some(bytes) => buffer.push_bytes(bytes.0, config.charset),
                        None => buffer.push_null(),
                    }
                }
                if reader.row(&buffer.row(number, "")).is_break() {
                    return Ok(number);
                }
            }
            if number - before < u64::from(FETCH.unsigned_abs()) {
                return Ok(number);
            }
        }
    }
}

/// A text's bytes: a database without an encoding (`SQL_ASCII`) holds whatever was written, often GBK.
struct Bytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Bytes(raw))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TEXT
    }
}

/// Values travel as text and are cast to what the server inferred for the parameter.
fn render(sql: &Sql, types: &[Type]) -> (String, Vec<Parameter>) {
    sql.render(Dialect::Postgres, |out, n| {
        let _ = match types.get(n - 1) {
            Some(kind) => write!(out, "(${n}::text)::{}", kind.name()),
            None => write!(out, "${n}"),
        };
    })
}

/// The same statement with every column as text. Columns are renamed by position: names need not be unique.
fn as_text(sql: &Sql, described: &Statement) -> String {
    let (inner, _) = render(sql, described.params());
    let mut out = String::from("SELECT ");
    for (at, column) in described.columns().iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        // Time with zone becomes the session's wall clock; binary floats get the digits that are sure.
        let cast = match *column.type_() {
            Type::TIMESTAMPTZ => "::timestamp::text",
            Type::FLOAT4 | Type::FLOAT8 => "::numeric::text",
            _ => "::text",
        };
        let _ = write!(out, "{comma}q.c{at}{cast}");
    }
    let names: Vec<String> = (0..described.columns().len()).map(|at| format!("c{at}")).collect();
    let _ = write!(out, " FROM ({inner}\n) AS q({})", names.join(", "));
    out
}

fn values(bindings: &Bindings, order: &[Parameter]) -> Result<Vec<String>, ConnectError> {
    let text = |parameter: &Parameter| {
        bindings.value(*parameter).map(|value| match value {
            Bound::Text(text) => text.to_owned(),
            Bound::Whole(number) => number.to_string(),
        })
    };
    order.iter().map(text).collect()
}

fn open_failure(config: &SourceConfig, error: &postgres::Error) -> ConnectError {
    let target = config.target();
    match error.as_db_error() {
        Some(refused) if refused.code().code().starts_with("28") => {
            ConnectError::Login { target, reason: refused.message().to_owned() }
        }
        Some(refused) if *refused.code() == SqlState::INVALID_CATALOG_NAME => {
            config.problem(format!("服务器上没有这个数据库（{}）：请核对 database", refused.message()))
        }
        Some(refused) => ConnectError::Busy { target, reason: refused.message().to_owned() },
        None => {
            let reason =
                std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
            if reason.contains("password") || reason.contains("authentication") {
                ConnectError::Login { target, reason }
            } else {
                ConnectError::Connect { target, reason }
            }
        }
    }
}

fn failure(config: &SourceConfig, rows: u64, error: &postgres::Error) -> ConnectError {
    let target = config.target();
    let Some(refused) = error.as_db_error() else {
        let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        return ConnectError::Lost { rows, reason };
    };
    let code = refused.code();
    let reason = refused.message().to_owned();
    match code.code() {
        "42P01" | "3F000" => ConnectError::NoView { reason },
        "42703" => ConnectError::NoColumn { reason },
        "42501" => ConnectError::Denied { reason },
        "57014" => ConnectError::Timeout { target, seconds: config.statement_timeout.0.unsigned_abs() },
        "57P01" | "57P02" | "57P03" => ConnectError::Lost { rows, reason },
        "53300" | "55P03" | "40001" | "40P01" => ConnectError::Busy { target, reason },
        class if class.starts_with("08") => ConnectError::Lost { rows, reason },
        // Data errors quote the patient's data.
        class if class.starts_with("22") => ConnectError::Query { reason: unquoted(&reason) },
        _ => ConnectError::Query { reason },
    }
}

fn unquoted(message: &str) -> String {
    let kept = message.split('"').step_by(2);
    kept.collect::<Vec<_>>().join("“…”")
}
