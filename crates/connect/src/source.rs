//! 数据源: what every adapter can do.

use crate::error::ConnectError;
use crate::mapping::FileQuery;
use crate::source_config::SourceKind;
use crate::sql::{Parameter, Sql};
use crate::text_row::TextRow;
use std::ops::ControlFlow;

/// An opened source. Adapters only read, and hold one row at a time.
pub trait Source: Send {
    /// Its kind; decides whether a task's SQL or file is read.
    fn kind(&self) -> SourceKind;

    /// The **source's** wall clock, seconds as in [`model::canonical::seconds_of`].
    fn now(&mut self) -> Result<i64, ConnectError>;

    /// Streams the rows of a query. `Ok` is the number of rows delivered; a reader that breaks ends it early, and so is `Ok`.
    fn read(&mut self, query: &Query<'_>, reader: &mut dyn RowReader) -> Result<u64, ConnectError>;
}

/// What a source calls while it reads.
pub trait RowReader {
    /// The columns, before the first row of a query and of each file, also when there are no rows.
    fn columns(&mut self, columns: &[String]) -> Result<(), ConnectError>;

    /// One row.
    fn row(&mut self, row: &TextRow<'_>) -> ControlFlow<()>;
}

/// What is read.
#[derive(Clone, Debug)]
pub enum Query<'q> {
    /// From a database.
    Sql {
        /// The statement.
        sql: &'q Sql,
        /// Values of its parameters.
        bindings: Bindings,
    },
    /// From a folder.
    File(&'q FileQuery),
}

/// Values of a statement's parameters; they are bound, never part of the text.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    /// `:from`, as the source writes times.
    pub from: Option<String>,
    /// `:to`, as the source writes times.
    pub to: Option<String>,
    /// `:after_key`
    pub after_key: Option<String>,
    /// `:limit`
    pub limit: Option<u32>,
}

/// A value to bind.
#[derive(Clone, Debug)]
pub(crate) enum Bound<'b> {
    Text(&'b str),
    Whole(i64),
}

impl Bindings {
    pub(crate) fn value(&self, parameter: Parameter) -> Result<Bound<'_>, ConnectError> {
        let missing = ConnectError::NoValue { parameter: parameter.name() };
        match parameter {
            Parameter::From => self.from.as_deref().map(Bound::Text),
            Parameter::To => self.to.as_deref().map(Bound::Text),
            Parameter::AfterKey => self.after_key.as_deref().map(Bound::Text),
            Parameter::Limit => self.limit.map(|limit| Bound::Whole(i64::from(limit))),
        }
        .ok_or(missing)
    }
}
