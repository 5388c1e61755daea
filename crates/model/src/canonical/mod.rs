//! 标准数据表: the hospital's data as this product keeps it, described once as data.
//!
//! The store makes its tables from this description, the collection reads, checks and hashes rows by it, and the mart builds
//! its facts from it. Every table has a natural `key` that is the same whichever source delivers the row, so children may
//! arrive before their encounter and a row collected twice is still one row.

mod column;
mod fee_class;
mod tables;
mod value;

pub use column::{Column, Kind, Private};
pub use fee_class::{FEE_CLASSES, FeeClass};
pub use tables::TABLES;
pub use value::{Value, ValueError, moment_of, seconds_of};

/// One table of the hospital's data.
#[derive(Debug)]
pub struct Table {
    /// Name in the store and in mapping packs.
    pub name: &'static str,
    /// As on a screen.
    pub chinese: &'static str,
    /// The first column is always `key`.
    pub columns: &'static [Column],
}

/// A row of a [`Table`]: one value a column, in the table's order.
pub type Row = Vec<Value>;

impl Table {
    /// A table by its name.
    pub fn named(name: &str) -> Option<&'static Table> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// Position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == column)
    }

    /// The column that says which encounter a row belongs to: `key` of the encounter table itself, `encounter_key` of its
    /// children, `None` for dictionaries and patients.
    pub fn encounter_column(&self) -> Option<usize> {
        if self.name == "encounter" {
            return Some(0);
        }
        self.columns.iter().position(|c| c.refers_to == Some("encounter"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tables_are_well_formed() {
        let mut names = HashSet::new();
        for table in TABLES {
            assert!(names.insert(table.name), "{} twice", table.name);
            let key = &table.columns[0];
            assert!(key.name == "key" && key.required && key.kind == Kind::Text, "{}", table.name);
            let mut columns = HashSet::new();
            for column in table.columns {
                assert!(columns.insert(column.name), "{}.{} twice", table.name, column.name);
                assert!(!column.chinese.is_empty(), "{}.{}", table.name, column.name);
                if let Some(other) = column.refers_to {
                    assert!(Table::named(other).is_some(), "{}.{} → {other}", table.name, column.name);
                }
            }
        }
    }

    #[test]
    fn children_know_their_encounter() {
        let at = |name: &str| Table::named(name).and_then(|t| t.encounter_column());
        assert_eq!(at("encounter"), Some(0));
        assert_eq!(at("charge_line"), Some(1));
        assert_eq!(at("department"), None);
        assert_eq!(at("patient"), None);
    }
}
