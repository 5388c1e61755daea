//! What each mapped column holds: nulls, garbled text.

use super::finding::{Check, Finding};
use super::mojibake::looks_garbled;
use crate::MappedRow;
use crate::mapping::{FieldFrom, Task};
use model::canonical::Value;

/// Counts by column of the table.
pub(super) struct ColumnCounts<'t> {
    task: &'t Task,
    rows: u64,
    nulls: Vec<u64>,
    garbled: Vec<u64>,
    example: Vec<String>,
}

impl<'t> ColumnCounts<'t> {
    pub(super) fn new(task: &'t Task) -> ColumnCounts<'t> {
        let width = task.table.columns.len();
        let (nulls, garbled, example) = (vec![0; width], vec![0; width], vec![String::new(); width]);
        ColumnCounts { task, rows: 0, nulls, garbled, example }
    }

    pub(super) fn row(&mut self, row: &MappedRow) {
        self.rows += 1;
        for (at, value) in row.row.iter().enumerate() {
            match value {
                Value::Null => {
                    if let Some(count) = self.nulls.get_mut(at) {
                        *count += 1;
                    }
                }
                Value::Text(text) if looks_garbled(text) => self.garbled(at, text),
                _ => {}
            }
        }
    }

    fn garbled(&mut self, at: usize, text: &str) {
        if let (Some(count), Some(example)) = (self.garbled.get_mut(at), self.example.get_mut(at)) {
            *count += 1;
            if example.is_empty() {
                *example = text.chars().take(40).collect();
            }
        }
    }

    pub(super) fn findings(&self, out: &mut Vec<Finding>) {
        let task = &self.task.name;
        for field in self.task.fields.iter().filter(|field| !matches!(field.from, FieldFrom::Const(_))) {
            let Some(column) = self.task.table.columns.get(field.position) else { continue };
            let nulls = self.nulls.get(field.position).copied().unwrap_or_default();
            if self.rows == 0 || nulls == 0 {
                continue;
            }
            let percent = nulls * 100 / self.rows;
            let label = format!("“{}”（{}）", column.chinese, column.name);
            if nulls == self.rows {
                let message = format!("{label}全部没有内容：请厂商检查视图是否取错了列");
                out.push(Finding::warning(task, Check::Nulls, nulls, "", message));
            } else if percent > 0 {
                let message = format!("{label}有 {percent}% 没有内容");
                out.push(Finding::info(task, Check::Nulls, nulls, "", message));
            }
        }
        for (at, count) in self.garbled.iter().enumerate().filter(|(_, count)| **count > 0) {
            let Some(column) = self.task.table.columns.get(at) else { continue };
            // An example of a private column is still somebody's name to those who can undo the damage.
            let example = if column.private.is_some() {
                "***"
            } else {
                self.example.get(at).map_or("", String::as_str)
            };
            let message = format!(
                "“{}”有 {count} 行像是乱码：请核对数据源的 charset（GBK 或 UTF-8）以及视图所在数据库的字符集",
                column.chinese
            );
            out.push(Finding::error(task, Check::Charset, *count, example, message));
        }
    }
}
