//! 记录: a canonical row by the names of its columns.

use compact_str::CompactString;
use model::canonical::{Row, Table, Value};

/// A row with its table.
#[derive(Clone, Debug)]
pub struct NamedRow {
    table: &'static Table,
    row: Row,
}

static NULL: Value = Value::Null;

impl NamedRow {
    pub(crate) fn new(table: &'static Table, row: Row) -> NamedRow {
        NamedRow { table, row }
    }

    /// Its table.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Its natural key.
    pub fn key(&self) -> &str {
        self.row.first().map_or("", Value::str)
    }

    /// The value of a column; `Null` for a name that the table does not have.
    pub fn value(&self, column: &str) -> &Value {
        let at = self.table.position(column);
        debug_assert!(at.is_some(), "{}.{column}", self.table.name);
        at.and_then(|at| self.row.get(at)).unwrap_or(&NULL)
    }

    /// The whole number of a column, in the unit of its kind.
    pub fn int(&self, column: &str) -> Option<i64> {
        self.value(column).int()
    }

    /// The text of a column; empty when there is none.
    pub fn text(&self, column: &str) -> &str {
        self.value(column).str()
    }

    /// A column as a person reads it: yuan, decimals, dates; empty when not recorded.
    pub fn shown(&self, column: &str) -> CompactString {
        let kind = self.table.columns.iter().find(|known| known.name == column).map(|known| known.kind);
        kind.map_or_else(CompactString::default, |kind| self.value(column).show(kind))
    }

    pub(crate) fn values_mut(
        &mut self,
    ) -> impl Iterator<Item = (&'static model::canonical::Column, &mut Value)> {
        self.table.columns.iter().zip(&mut self.row)
    }
}
