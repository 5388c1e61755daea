//! 变动明细: 新增, 修改, 删除 and 出错 of an import or between two versions, as tables.

use super::{browse, code_link};
use crate::grid::{Cell, Column, Grid, Row};
use crate::query::Fields;
use model::{Change, Changes};
use terms::{Layout, Record};

/// Which rows are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Added,
    Changed,
    Removed,
    Wrong,
}

impl List {
    /// Every list with its name in addresses and on the screen.
    pub(super) const ALL: [(List, &'static str, &'static str); 4] = [
        (List::Added, "added", "新增"),
        (List::Changed, "changed", "修改"),
        (List::Removed, "removed", "删除"),
        (List::Wrong, "wrong", "出错"),
    ];

    pub(super) fn chinese(self) -> &'static str {
        List::ALL[self as usize].2
    }

    fn count(self, changes: &Changes<Record>) -> usize {
        match self {
            List::Added => changes.added.len(),
            List::Changed => changes.changed.len(),
            List::Removed => changes.removed.len(),
            List::Wrong => changes.wrong.len(),
        }
    }

    /// The list an address asks for; else the first one that needs attention: wrong rows before all others.
    pub(super) fn asked(fields: &Fields, changes: &Changes<Record>) -> List {
        let named = List::ALL.iter().find(|entry| entry.1 == fields.text("list")).map(|entry| entry.0);
        let order = [List::Wrong, List::Added, List::Changed, List::Removed];
        let first = order.into_iter().find(|list| list.count(changes) > 0);
        named.or(first).unwrap_or(List::Added)
    }
}

/// A count that leads to its list.
pub(super) struct Count {
    pub(super) name: &'static str,
    pub(super) rows: String,
    /// Empty: no list.
    pub(super) link: String,
    pub(super) here: bool,
    pub(super) is_bad: bool,
}

/// The five counts; `address` is the page's, with no query.
pub(super) fn counts(changes: &Changes<Record>, here: List, address: &str) -> Vec<Count> {
    let text = |rows: usize| crate::text::whole(i64::try_from(rows).unwrap_or(i64::MAX));
    let mut counts: Vec<Count> = List::ALL
        .iter()
        .map(|(list, id, name)| Count {
            name,
            rows: text(list.count(changes)),
            link: super::with_field(address, "list", id),
            here: *list == here,
            is_bad: *list == List::Wrong && list.count(changes) > 0,
        })
        .collect();
    counts.push(Count {
        name: "不变",
        rows: text(changes.unchanged),
        link: String::new(),
        here: false,
        is_bad: false,
    });
    counts
}

/// One list; `with_lines`: the rows came from a file and are named by its lines.
pub(super) fn grid(layout: &'static Layout, changes: &Changes<Record>, list: List, with_lines: bool) -> Grid {
    let line = |at: usize| Cell::whole(i64::try_from(at).unwrap_or_default());
    let mut columns = Vec::new();
    let lined = with_lines && list != List::Removed || list == List::Wrong;
    if lined {
        columns.push(Column::number("line", "行号", ""));
    }
    let fields = || {
        let mut columns = browse::columns(layout);
        columns.pop();
        columns
    };
    let whole = |record: &Record| -> Vec<Cell> {
        (0..layout.fields.len()).map(|at| browse::field_cell(layout, record, at)).collect()
    };
    let rows: Vec<Row> = match list {
        List::Added | List::Removed => {
            columns.extend(fields());
            let records = if list == List::Added { &changes.added } else { &changes.removed };
            let cells = records.iter().map(|record| {
                let mut cells = if lined { vec![line(record.line())] } else { Vec::new() };
                cells.extend(whole(record));
                cells
            });
            cells.map(|cells| Row { cells, class: "" }).collect()
        }
        List::Changed => {
            let named = [("row", "编码与名称"), ("field", "字段"), ("before", "原值"), ("after", "新值")];
            columns.extend(named.map(|(key, title)| Column::text(key, title)));
            let rows = changes.changed.iter().flat_map(|change| {
                let label = change.after.label(layout);
                let link = code_link(layout, change.after.value(0));
                differing(layout, change).into_iter().map(move |(field, before, after)| {
                    let mut cells = if lined { vec![line(change.after.line())] } else { Vec::new() };
                    cells.push(Cell::text(label.as_str()).link(link.as_str()));
                    cells.extend([Cell::text(field), Cell::text(before), Cell::text(after)]);
                    Row { cells, class: "" }
                })
            });
            rows.collect()
        }
        List::Wrong => {
            columns.extend([Column::text("column", "列"), Column::text("message", "问题与改法")]);
            let rows = changes.wrong.iter().map(|wrong| {
                let column = if wrong.column.is_empty() { "整行" } else { wrong.column.as_str() };
                Row {
                    cells: vec![line(wrong.line), Cell::text(column), Cell::text(wrong.message.as_str())],
                    class: "",
                }
            });
            rows.collect()
        }
    };
    let count = rows.len();
    Grid {
        title: format!("{}{}", layout.title, list.chinese()),
        about: vec![(list.chinese().to_owned(), format!("{count} 行"))],
        columns,
        rows,
        empty: format!("没有{}的行", list.chinese()),
        ..Grid::default()
    }
}

/// The fields in which the two differ, with both values; of a code spelt otherwise the spellings.
fn differing(layout: &Layout, change: &Change<Record>) -> Vec<(String, String, String)> {
    let (before, after) = (&change.before, &change.after);
    let mut fields = Vec::new();
    for (at, field) in layout.fields.iter().enumerate() {
        if before.value(at) != after.value(at) {
            fields.push((field.title.to_owned(), before.value(at).to_owned(), after.value(at).to_owned()));
        } else if before.written(at) != after.written(at) {
            let spelt = |record: &Record| record.written(at).unwrap_or(record.value(at)).to_owned();
            fields.push((format!("{}写法", field.title), spelt(before), spelt(after)));
        }
    }
    fields
}
