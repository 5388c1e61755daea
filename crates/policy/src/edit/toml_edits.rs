//! 修改 TOML 文件: resolved edits as splices of the file.

use super::apply::Resolved;
use super::form::FormPlace;
use super::splice::{Splice, spliced};
use super::toml_text::{EMPTY_LIST, Place, TomlText, quoted};
use super::view::{Entry, Form, OUTER, entries, without_mark};
use crate::tables::{ColumnDef, FieldKind};

/// The file after the edits; `None` when a value stands where a form cannot change it.
pub(super) fn edited(text: &str, form: &Form, resolved: &[Resolved]) -> Option<String> {
    let body = without_mark(text);
    let mark = text.get(..text.len() - body.len())?;
    let toml = TomlText::parse(body)?;
    let mut splices = Vec::new();
    for edit in resolved {
        splices.extend(splices_of(&toml, form, edit)?);
    }
    Some(format!("{mark}{}", spliced(body, splices)))
}

fn splices_of(toml: &TomlText<'_>, form: &Form, edit: &Resolved) -> Option<Vec<Splice>> {
    match form.of.def.place {
        FormPlace::Values { table: path, .. } => {
            let Resolved::Set(_, cells) = edit else { return Some(Vec::new()) };
            let named =
                cells.iter().filter_map(|(at, value)| Some((*form.columns.get(*at)?, value.as_str())));
            match toml.table(path) {
                Some(table) => named
                    .map(|(column, value)| toml.set(&table, column.name, &written(column, value)))
                    .collect(),
                None => {
                    let values: Vec<(&str, String)> =
                        named.map(|(column, value)| (column.name, written(column, value))).collect();
                    Some(vec![toml.add_table(path, &values)])
                }
            }
        }
        FormPlace::Entries { list, within, .. } => {
            let found = entries(toml, list, within);
            let at = |record: usize| {
                let line = form.records.get(record)?.at;
                found.iter().find(|entry| entry.table.line == line)
            };
            match edit {
                Resolved::Nothing => Some(Vec::new()),
                Resolved::Remove(record) => Some(vec![toml.remove(&at(*record)?.table)?]),
                Resolved::Set(record, cells) => {
                    let entry = at(*record)?;
                    let set = |(column, value): (usize, &String)| {
                        let column = form.columns.get(column)?;
                        // An entry cannot move into another scheme.
                        if column.name == OUTER {
                            return None;
                        }
                        toml.set(&entry.table, column.name, &written(column, value))
                    };
                    cells.iter().map(|(column, value)| set((*column, value))).collect()
                }
                Resolved::Add(cells) => {
                    let values: Vec<(&str, String)> = form
                        .columns
                        .iter()
                        .zip(cells)
                        .filter(|(column, cell)| column.name != OUTER && !cell.is_empty())
                        .map(|(column, cell)| (column.name, written(column, cell)))
                        .collect();
                    let place = place(toml, form, cells, &found, within)?;
                    Some(vec![toml.add(&list.join("."), place, &values)?])
                }
            }
        }
        FormPlace::Rows { .. } => None,
    }
}

/// Behind the last entry whose number is not larger, else before the first one.
fn place<'p, 'd>(
    toml: &TomlText<'_>,
    form: &Form,
    cells: &[String],
    found: &'p [Entry<'d>],
    within: bool,
) -> Option<Place<'p, 'd>> {
    let of = |cells: &[String], name: &str| {
        form.position(name).and_then(|at| cells.get(at)).cloned().unwrap_or_default()
    };
    let outer = of(cells, OUTER);
    let siblings: Vec<&Entry<'d>> = found.iter().filter(|entry| !within || entry.outer == outer).collect();
    let (first, number) = (siblings.first(), model::parse_decimal(&of(cells, form.of.def.order)));
    let Some(first) = first else { return (!within).then_some(Place::AtEnd) };
    let order =
        |entry: &Entry<'d>| model::parse_decimal(&of(&entry.cells(toml, &form.columns), form.of.def.order));
    let before = siblings.iter().rev().find(|entry| order(entry) <= number);
    Some(before.map_or(Place::Before(&first.table), |entry| Place::Behind(&entry.table)))
}

/// A value as TOML has it; blank stays blank and takes the key out.
fn written(column: &ColumnDef, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    match column.kind {
        FieldKind::Whole | FieldKind::Flag => value.to_owned(),
        _ if value == EMPTY_LIST => value.to_owned(),
        FieldKind::Choices(_) | FieldKind::Order(_) | FieldKind::Decimals | FieldKind::Texts => {
            format!("[{}]", value.split(';').map(|part| quoted(part.trim())).collect::<Vec<_>>().join(", "))
        }
        _ => quoted(value),
    }
}
