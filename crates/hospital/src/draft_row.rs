//! Making canonical rows by column name.

use model::canonical::{Row, TABLES, Table, Value};
use rustc_hash::FxHashMap;

/// Where each column of each table stands.
#[derive(Debug)]
pub(crate) struct Shapes(FxHashMap<&'static str, Shape>);

#[derive(Debug)]
struct Shape {
    columns: FxHashMap<&'static str, usize>,
    table: &'static Table,
}

impl Shapes {
    pub(crate) fn new() -> Shapes {
        let shape = |table: &'static Table| Shape {
            columns: table.columns.iter().enumerate().map(|(at, column)| (column.name, at)).collect(),
            table,
        };
        Shapes(TABLES.iter().map(|table| (table.name, shape(table))).collect())
    }

    /// An empty row of a table with its key.
    pub(crate) fn row(&self, table: &str, key: &str) -> DraftRow<'_> {
        let shape = self.0.get(table);
        let mut row = vec![Value::Null; shape.map_or(1, |shape| shape.table.columns.len())];
        row[0] = Value::from(key);
        DraftRow { shape, row }
    }

    /// Position of a column.
    pub(crate) fn at(&self, table: &str, column: &str) -> usize {
        let found = self.0.get(table).and_then(|shape| shape.columns.get(column).copied());
        debug_assert!(found.is_some(), "{table}.{column}");
        found.unwrap_or_default()
    }
}

/// A row under way.
pub(crate) struct DraftRow<'s> {
    shape: Option<&'s Shape>,
    row: Row,
}

impl DraftRow<'_> {
    /// Sets a column.
    pub(crate) fn set(mut self, column: &str, value: impl Into<Value>) -> Self {
        let at = self.shape.and_then(|shape| shape.columns.get(column).copied());
        debug_assert!(at.is_some(), "no column {column}");
        if let Some(slot) = at.and_then(|at| self.row.get_mut(at)) {
            *slot = value.into();
        }
        self
    }

    /// Sets a 是/否 column.
    pub(crate) fn flag(self, column: &str, value: bool) -> Self {
        self.set(column, i64::from(value))
    }

    pub(crate) fn done(self) -> Row {
        self.row
    }
}
