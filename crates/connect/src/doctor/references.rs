//! 引用: whether what rows refer to exists, and refunds point at a line.

use super::finding::{Check, Finding};
use super::key_sample::KeySample;
use crate::MappedRow;
use crate::mapping::Task;
use compact_str::CompactString;
use model::canonical::{Table, Value};
use std::collections::BTreeMap;

/// Keys of every table and references between them, over all tasks.
#[derive(Default)]
pub(super) struct References {
    keys: BTreeMap<&'static str, KeySample<()>>,
    /// Tables of which not everything was read: nothing can be said about references to them.
    partial: Vec<&'static str>,
    referred: Vec<Referred>,
    /// Where those of the task now read begin.
    current: usize,
    unlinked: BTreeMap<String, (u64, String)>,
}

/// The references in one column of one task.
struct Referred {
    task: String,
    table: &'static Table,
    position: usize,
    keys: KeySample<CompactString>,
}

impl References {
    pub(super) fn start(&mut self, task: &Task) {
        self.keys.entry(task.table.name).or_default();
        self.current = self.referred.len();
        let refers =
            |at: &usize| task.table.columns.get(*at).is_some_and(|column| column.refers_to.is_some());
        for position in task.fields.iter().map(|field| field.position).filter(refers) {
            let (task, table) = (task.name.clone(), task.table);
            self.referred.push(Referred { task, table, position, keys: KeySample::default() });
        }
    }

    pub(super) fn row(&mut self, task: &Task, row: &MappedRow) {
        if row.deleted {
            return;
        }
        if let Some(keys) = self.keys.get_mut(task.table.name) {
            keys.entry(row.key(), || ());
        }
        for referred in self.referred.iter_mut().skip(self.current) {
            if let Some(Value::Text(key)) = row.row.get(referred.position) {
                referred.keys.entry(key, || key.clone());
            }
        }
        if is_unlinked_refund(task.table, row) {
            let entry = self.unlinked.entry(task.name.clone());
            entry.or_insert_with(|| (0, row.key().to_owned())).0 += 1;
        }
    }

    pub(super) fn end(&mut self, task: &Task, complete: bool) {
        if !complete {
            self.partial.push(task.table.name);
        }
    }

    pub(super) fn judge(&self, out: &mut Vec<Finding>) {
        for referred in &self.referred {
            let task = &referred.task;
            let Some(column) = referred.table.columns.get(referred.position) else { continue };
            let Some(parent) = column.refers_to.and_then(Table::named) else { continue };
            let Some(parents) = self.keys.get(parent.name) else { continue };
            if self.partial.contains(&parent.name) {
                let message = format!("“{}”没有读全，未检查“{}”是否都存在", parent.chinese, column.chinese);
                out.push(Finding::info(task, Check::Orphans, 0, "", message));
                continue;
            }
            let (missing, example) = referred.keys.missing_in(parents);
            let Some(example) = example else { continue };
            if parent.name == referred.table.name {
                let message = format!(
                    "“{}”指向 {missing} 个不存在的主键：请厂商检查，退费与冲销须指向原记录",
                    column.chinese
                );
                out.push(Finding::error(task, Check::Refunds, missing, example, message));
            } else {
                let message = format!(
                    "“{}”有 {missing} 个不同的值不在“{}”中：请核对两边的主键写法，或请厂商补全视图",
                    column.chinese, parent.chinese
                );
                out.push(Finding::warning(task, Check::Orphans, missing, example, message));
            }
        }
        for (task, (count, example)) in &self.unlinked {
            let message = format!(
                "{count} 行数量或金额为负，却没有指向原明细：退费无法与原费用相抵，请厂商给出原明细号"
            );
            out.push(Finding::warning(task, Check::Refunds, *count, example, message));
        }
    }
}

/// A negative charge line that points nowhere.
fn is_unlinked_refund(table: &Table, row: &MappedRow) -> bool {
    if table.name != "charge_line" {
        return false;
    }
    let value = |column| table.position(column).and_then(|at| row.row.get(at));
    let negative = |column| value(column).and_then(Value::int).is_some_and(|n| n < 0);
    (negative("quantity") || negative("amount")) && value("refund_of").is_none_or(Value::is_null)
}
