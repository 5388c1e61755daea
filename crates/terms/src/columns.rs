//! 列对应: which column of a file is which field, as data the user can save and change.

use crate::{Layout, Table, TableError};

/// 列对应: pairs of field id and column name. Fields not named stay empty or take the import's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    pairs: Vec<(String, String)>,
}

impl ColumnMap {
    /// From pairs of field id and column name.
    pub fn new<F: Into<String>, C: Into<String>>(pairs: impl IntoIterator<Item = (F, C)>) -> ColumnMap {
        ColumnMap { pairs: pairs.into_iter().map(|(field, column)| (field.into(), column.into())).collect() }
    }

    /// For a file made from the template: columns named like a field's title or id.
    pub fn of_template(layout: &Layout, table: &Table) -> ColumnMap {
        let found = |name: &str| !matches!(table.column(name), Err(TableError::NoColumn { .. }));
        ColumnMap::new(layout.fields.iter().filter_map(|field| {
            [field.title, field.id].into_iter().find(|name| found(name)).map(|name| (field.id, name))
        }))
    }

    /// The pairs of field id and column name, for saving.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(field, column)| (field.as_str(), column.as_str()))
    }

    /// For each field of the layout the column's position in the table.
    pub(crate) fn resolve(&self, layout: &Layout, table: &Table) -> Result<Vec<Option<usize>>, TableError> {
        let mut columns = vec![None; layout.fields.len()];
        for (field, column) in self.pairs() {
            let at = layout.require(field)?;
            if let Some(slot) = columns.get_mut(at) {
                *slot = Some(table.column(column)?);
            }
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::DIAGNOSIS_INSURER;

    #[test]
    fn a_template_maps_itself_by_title_or_id() {
        let table = Table::from_rows(&["名称", "code", "备注"], [["x"; 3]]);
        let map = ColumnMap::of_template(&DIAGNOSIS_INSURER, &table);
        assert_eq!(map.pairs().collect::<Vec<_>>(), [("code", "code"), ("name", "名称")]);
        assert_eq!(map.resolve(&DIAGNOSIS_INSURER, &table), Ok(vec![Some(1), Some(0), None, None, None]));
    }

    #[test]
    fn unknown_fields_missing_and_double_columns_are_named() {
        let table = Table::from_rows(&["编码", "名称", "名称"], [["x"; 3]]);
        let resolve = |field, column| {
            ColumnMap::new([(field, column)]).resolve(&DIAGNOSIS_INSURER, &table).unwrap_err().to_string()
        };
        assert!(resolve("colour", "编码").contains("没有字段“colour”：可用字段为 code、name"));
        assert!(resolve("code", "ICD").contains("没有“ICD”列：现有列为 编码、名称、名称"));
        assert!(resolve("name", "名称").contains("“名称”列出现了 2 次"));
    }
}
