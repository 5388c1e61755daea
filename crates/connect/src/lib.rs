//! 数据接入: whatever a hospital opens to us, database views or files, read as rows of text and turned into canonical rows.
//!
//! - [`SourceConfig`] says where a source is; [`open`] connects; a [`Source`] yields [`TextRow`]s, read-only, in constant memory.
//! - A [`Mapping`] is a pack of text files (`docs/mapping-pack.md`): SQL, column map, code maps.
//! - A [`RowMapper`] is the one path from text to canonical values; a row it cannot take is a [`Rejection`] with its reason.
//! - [`read_task`] puts these together: columns checked, pages turned, rows mapped. What becomes of the rows is `sync`'s business.
//! - [`doctor`] checks a source against a mapping before anybody trusts it.

mod charset;
pub mod doctor;
mod error;
mod files;
mod mapper;
mod mapping;
mod mysql_source;
mod nearest_name;
mod night_window;
mod open;
mod pace;
mod period;
mod plain_float;
mod postgres_source;
mod read_task;
mod rejection;
mod source;
mod source_config;
mod sql;
mod sqlite_source;
mod text_row;

pub use charset::Charset;
pub use error::ConnectError;
pub use mapper::{MappedRow, RowMapper, UnmappedValue};
pub use mapping::{
    CodeMap, Complete, FieldFrom, FieldMap, FileQuery, Mapping, MappingFiles, Mode, Page, Part, Problem,
    Problems, Task, Template, Unmapped, Void, Window,
};
pub use night_window::NightWindow;
pub use open::{open, open_with};
pub use period::Period;
pub use read_task::{ReadOptions, ReadReport, RowSink, Span, read_task};
pub use rejection::{Cause, Rejection};
pub use source::{Bindings, Query, RowReader, Source};
pub use source_config::{SourceConfig, SourceKind};
pub use sql::{Dialect, Parameter, Sql};
pub use text_row::{RowBuffer, TextRow};
