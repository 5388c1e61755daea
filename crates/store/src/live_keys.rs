//! 现存主键: which rows the store holds of what a source has been re-read for, so that missing ones can be told.

use crate::{Store, StoreError};
use model::canonical::{Table, Value};

/// The part of a table that a reading was complete for.
#[derive(Clone, Debug, Default)]
pub struct LiveRows<'a> {
    /// Rows of this source only.
    pub source: &'a str,
    /// Columns with the same value in every row (what a mapping sets as a constant).
    pub equal: Vec<(&'a str, Value)>,
    /// A number or time column within `[from, to)`.
    pub range: Option<(&'a str, i64, i64)>,
    /// Rows of one encounter.
    pub encounter: Option<&'a str>,
}

impl Store {
    /// Keys of the live rows of a part of a table, sorted.
    pub fn live_keys(&self, table: &'static Table, rows: &LiveRows<'_>) -> Result<Vec<String>, StoreError> {
        let column = |name: &str| {
            table
                .position(name)
                .map(|at| table.columns[at].name)
                .ok_or_else(|| StoreError::Shape(format!("{} 没有列 {name}", table.name)))
        };
        let mut filter = String::from("deleted_at IS NULL AND source = $1");
        let mut parameters = vec![Value::from(rows.source)];
        for (name, value) in &rows.equal {
            parameters.push(value.clone());
            filter.push_str(&format!(" AND {} = ${}", column(name)?, parameters.len()));
        }
        if let Some((name, from, to)) = rows.range {
            parameters.extend([from.into(), to.into()]);
            let (name, at) = (column(name)?, parameters.len());
            filter.push_str(&format!(" AND {name} >= ${} AND {name} < ${at}", at - 1));
        }
        if let (Some(encounter), Some(at)) = (rows.encounter, table.encounter_column()) {
            parameters.push(encounter.into());
            filter.push_str(&format!(" AND {} = ${}", table.columns[at].name, parameters.len()));
        }
        let sql = format!("SELECT key FROM {} WHERE {filter} ORDER BY key", table.name);
        let mut keys = Vec::new();
        self.with(|db| {
            db.query(&sql, &parameters, &mut |row| {
                keys.push(row[0].str().to_owned());
                Ok(())
            })
        })?;
        Ok(keys)
    }
}
