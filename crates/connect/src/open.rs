//! Opening a source.

use crate::error::ConnectError;
use crate::files::FilesSource;
use crate::mysql_source::MysqlSource;
use crate::pace::PacedSource;
use crate::postgres_source::PostgresSource;
use crate::source::Source;
use crate::source_config::{SourceConfig, SourceKind};
use crate::sqlite_source::SqliteSource;

/// Opens a source; its password comes from the environment variable that the configuration names.
pub fn open(config: &SourceConfig) -> Result<Box<dyn Source>, ConnectError> {
    open_with(config, &|variable| std::env::var(variable).ok())
}

/// Opens a source with passwords from elsewhere, such as a secrets file.
pub fn open_with(
    config: &SourceConfig,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Source>, ConnectError> {
    let password = match &config.password_env {
        None => None,
        Some(variable) => Some(
            secret(variable)
                .ok_or_else(|| ConnectError::Secret { id: config.id.clone(), variable: variable.clone() })?,
        ),
    };
    let source: Box<dyn Source> = match config.kind {
        SourceKind::Sqlite => Box::new(SqliteSource::open(config)?),
        SourceKind::Postgres => Box::new(PostgresSource::open(config, password.as_deref())?),
        SourceKind::Mysql => Box::new(MysqlSource::open(config, password.as_deref())?),
        SourceKind::Files => Box::new(FilesSource::open(config)?),
    };
    let capped = config.rows_per_second > 0 || config.night_rows_per_second > 0;
    Ok(if capped { Box::new(PacedSource::new(source, config.clone())) } else { source })
}

/// The wall clock of a source that has none of its own: this machine's UTC plus the hospital's offset.
pub(crate) fn machine_clock(config: &SourceConfig) -> Result<i64, ConnectError> {
    const CHINA: i64 = 8 * 3600;
    let offset = config.offset_seconds()?.unwrap_or(CHINA);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since.ok().and_then(|since| i64::try_from(since.as_secs()).ok());
    seconds.map(|seconds| seconds + offset).ok_or_else(|| ConnectError::Clock {
        target: config.target(),
        reason: "本机时钟早于 1970 年".to_owned(),
    })
}

/// A clock as text.
pub(crate) fn clock_of(text: Option<&str>, config: &SourceConfig) -> Result<i64, ConnectError> {
    use model::canonical::{Kind, Value};
    let unclear = |reason: String| ConnectError::Clock { target: config.target(), reason };
    let value = Value::read(Kind::Moment, text.unwrap_or_default()).map_err(|e| unclear(e.to_string()))?;
    value.int().ok_or_else(|| unclear("没有返回时间".to_owned()))
}
