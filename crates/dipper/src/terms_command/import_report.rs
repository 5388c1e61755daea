//! 比对报告: what an import would do, row by row.

use crate::report::{SHOWN, row_message, section};
use model::{Change, Changes};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use terms::{EDITION, Layout, Mode, Record, VALID_FROM, VALID_TO};

/// What was imported where.
pub(super) struct Imported<'a> {
    pub(super) layout: &'a Layout,
    pub(super) input: &'a Path,
    pub(super) target: String,
    /// Columns of the file that no field takes.
    pub(super) unused: Vec<String>,
    /// Rows of the file, wrong ones included.
    pub(super) rows: usize,
    pub(super) mode: Mode,
    /// There is no catalogue yet.
    pub(super) is_new: bool,
}

pub(super) fn report(imported: &Imported<'_>, plan: &Changes<Record>, all: bool) -> anyhow::Result<String> {
    let layout = imported.layout;
    let mut text = String::new();
    let new = if imported.is_new { "，新建" } else { "" };
    writeln!(text, "导入 {} → {}（{}{new}）", imported.input.display(), imported.target, layout.title)?;
    let mode = if imported.mode == Mode::Full { "全量" } else { "增量" };
    writeln!(text, "{mode}，文件 {} 行：{}", imported.rows, plan.summary())?;
    if !imported.unused.is_empty() {
        writeln!(text, "未使用的列：{}", imported.unused.join("、"))?;
    }
    let shown = if all { usize::MAX } else { SHOWN };
    let added = plan
        .added
        .iter()
        .map(|record| format!("第 {} 行 {}{}", record.line(), record.label(layout), period(layout, record)));
    section(&mut text, "新增", shown, added)?;
    section(&mut text, "修改", shown, plan.changed.iter().map(|change| changed(layout, change)))?;
    let editions: BTreeSet<&str> = plan.removed.iter().map(|record| record.get(layout, EDITION)).collect();
    let title =
        format!("删除（版本 {} 中有，文件中没有）", editions.into_iter().collect::<Vec<_>>().join("、"));
    let removed =
        plan.removed.iter().map(|record| format!("{}{}", record.label(layout), period(layout, record)));
    section(&mut text, &title, shown, removed)?;
    section(&mut text, "出错", shown, plan.wrong.iter().map(row_message))?;
    Ok(text)
}

/// `（版本 2.0，2024-01-01 起）`
fn period(layout: &Layout, record: &Record) -> String {
    let [edition, from, to] = [EDITION, VALID_FROM, VALID_TO].map(|id| record.get(layout, id));
    if to.is_empty() {
        format!("（版本 {edition}，{from} 起）")
    } else {
        format!("（版本 {edition}，{from} 至 {to}）")
    }
}

/// `第 7 行 A02.000 沙门菌肠炎：名称 “沙门菌”→“沙门菌肠炎”`
fn changed(layout: &Layout, change: &Change<Record>) -> String {
    let (before, after) = (&change.before, &change.after);
    let mut fields = Vec::new();
    for (at, field) in layout.fields.iter().enumerate() {
        if before.value(at) != after.value(at) {
            fields.push(format!("{} “{}”→“{}”", field.title, before.value(at), after.value(at)));
        } else if before.written(at) != after.written(at) {
            let spelt = |record: &Record| record.written(at).unwrap_or(record.value(at)).to_owned();
            fields.push(format!("{}写法 “{}”→“{}”", field.title, spelt(before), spelt(after)));
        }
    }
    format!("第 {} 行 {}：{}", after.line(), after.label(layout), fields.join("，"))
}
