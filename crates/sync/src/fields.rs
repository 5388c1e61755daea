//! A canonical row by column names.

use model::canonical::{Row, Table, Value};

/// A row with its table.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    table: &'static Table,
    row: &'a Row,
}

static NULL: Value = Value::Null;
static NO_TABLE: Table = Table { name: "", chinese: "", columns: &[] };

impl<'a> Fields<'a> {
    pub(crate) fn of(table: &str, row: &'a Row) -> Fields<'a> {
        let table = Table::named(table);
        debug_assert!(table.is_some());
        Fields { table: table.unwrap_or(&NO_TABLE), row }
    }

    pub(crate) fn value(&self, column: &str) -> &'a Value {
        let at = self.table.position(column);
        debug_assert!(at.is_some(), "{}.{column}", self.table.name);
        at.and_then(|at| self.row.get(at)).unwrap_or(&NULL)
    }

    pub(crate) fn int(&self, column: &str) -> Option<i64> {
        self.value(column).int()
    }

    pub(crate) fn text(&self, column: &str) -> &'a str {
        self.value(column).str()
    }
}

/// A row with some columns set.
#[cfg(test)]
pub(crate) fn test_row(table: &str, set: &[(&str, Value)]) -> Row {
    let table = Table::named(table).unwrap();
    let mut row = vec![Value::Null; table.columns.len()];
    for (name, value) in set {
        row[table.position(name).unwrap()] = value.clone();
    }
    row
}
