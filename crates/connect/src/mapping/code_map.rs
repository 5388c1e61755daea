//! 代码对照: what the source writes → what we keep.

use super::section::Context;
use model::canonical::{Column, Value};
use rustc_hash::FxHashMap;
use terms::table::{Hint, read_table};

/// What happens to a value that the map does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmapped {
    /// The row is refused.
    #[default]
    Reject,
    /// As written, counted.
    Keep,
    /// Not recorded, counted.
    Null,
}

/// One file of `codes/`.
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    /// Name of the map.
    pub name: String,
    values: FxHashMap<String, String>,
    lines: FxHashMap<String, usize>,
}

impl CodeMap {
    /// The canonical text of a source value.
    #[inline]
    pub fn get(&self, written: &str) -> Option<&str> {
        self.values.get(written).map(String::as_str)
    }

    /// Number of source values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it maps nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn read(context: &Context, file: &str, name: &str, bytes: &[u8]) -> CodeMap {
        let mut map = CodeMap { name: name.to_owned(), ..CodeMap::default() };
        let table = match read_table(bytes, &Hint::default()) {
            Ok(table) => table,
            Err(error) => {
                context.problem(file, 0, error.to_string());
                return map;
            }
        };
        for wrong in &table.wrong {
            context.problem(file, wrong.line, format!("{}{}", wrong.column, wrong.message));
        }
        for title in table.header() {
            if !["source", "canonical", "note"].contains(&title.as_str()) {
                context.problem(file, 1, format!("不认识的列“{title}”：应为 source、canonical，可有 note"));
            }
        }
        let (source, canonical) = match (table.column("source"), table.column("canonical")) {
            (Ok(source), Ok(canonical)) => (source, canonical),
            (Err(error), _) | (_, Err(error)) => {
                context.problem(file, 1, error.to_string());
                return map;
            }
        };
        for row in table.rows() {
            let written = row.get(source);
            if written.is_empty() {
                context.problem(file, row.line(), "source 为空：空白值不经对照，用 default 或 empty");
                continue;
            }
            if let Some(earlier) = map.lines.insert(written.to_owned(), row.line()) {
                context.problem(file, row.line(), format!("源值“{written}”与第 {earlier} 行重复"));
            }
            map.values.insert(written.to_owned(), row.get(canonical).to_owned());
        }
        map
    }

    /// Every canonical value must be readable as the column that uses the map.
    pub(super) fn check(&self, context: &Context, file: &str, column: &Column) {
        for (written, kept) in &self.values {
            if let Err(error) = Value::read(column.kind, kept) {
                let line = self.lines.get(written).copied().unwrap_or(0);
                context.problem(file, line, format!("用于“{}”（{}）：{error}", column.chinese, column.name));
            }
        }
    }
}
