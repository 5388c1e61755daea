//! The second file: statistics behind the scores, joined by group code.

use super::Imported;
use super::column_map::FieldSource;
use model::WrongRow;
use rustc_hash::FxHashMap;
use terms::Table;
use terms::table::Row;

/// The statistics file bound to its map.
pub(crate) struct Statistics<'t> {
    pub(crate) sources: &'t [FieldSource],
    pub(crate) columns: FxHashMap<&'t str, usize>,
    pub(crate) rows: FxHashMap<&'t str, Row<'t>>,
    /// Codes in file order.
    codes: Vec<&'t str>,
    wrong: Vec<WrongRow>,
}

impl<'t> Statistics<'t> {
    pub(crate) fn read(
        sources: &'t [FieldSource],
        code: &'t str,
        columns: FxHashMap<&'t str, usize>,
        table: &'t Table,
        is_nothing: impl Fn(&str) -> bool,
    ) -> Statistics<'t> {
        let key = columns.get(code).copied().unwrap_or_default();
        let wrong = table.wrong.clone();
        let mut read = Statistics { sources, columns, rows: FxHashMap::default(), codes: Vec::new(), wrong };
        for row in table.rows() {
            let group = row.get(key);
            if is_nothing(group) {
                continue;
            }
            read.codes.push(group);
            if let Some(first) = read.rows.insert(group, row) {
                let message = format!("病种编码 {group} 与第 {} 行重复：请保留一行", first.line());
                read.wrong.push(WrongRow { line: row.line(), column: code.to_owned(), message });
            }
        }
        read
    }

    /// Adds what is wrong with the file, and which codes only one of the two files has.
    pub(crate) fn report(&self, groups: &FxHashMap<String, usize>, imported: &mut Imported) {
        for wrong in &self.wrong {
            let message = format!("统计文件：{}", wrong.message);
            imported.wrong.push(WrongRow { message, ..wrong.clone() });
        }
        let without = groups.keys().filter(|code| !self.rows.contains_key(code.as_str())).count();
        if without > 0 {
            imported.notes.push(format!("目录中有 {without} 个病种在统计文件中没有对应行"));
        }
        let unused: Vec<&str> =
            self.codes.iter().copied().filter(|code| !groups.contains_key(*code)).collect();
        if !unused.is_empty() {
            let first = unused.iter().take(3).copied().collect::<Vec<_>>().join("、");
            imported
                .notes
                .push(format!("统计文件中有 {} 个编码不在目录中，未采用：{first} 等", unused.len()));
        }
    }
}
