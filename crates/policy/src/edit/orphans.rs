//! 悬空引用: rows of other tables that name groups a new catalogue no longer has.

use super::apply::{Change, Edit};
use super::form::FormRef;
use super::view::Form;
use crate::PackFiles;
use crate::tables::FieldKind;

/// The changes that take out every row naming a group for which `has` is false, one a form, with the number of rows of each.
pub fn orphans(files: &PackFiles, has: impl Fn(&str) -> bool) -> Vec<(FormRef, Change, usize)> {
    let mut found = Vec::new();
    for of in FormRef::all() {
        let Some(group) = of.all_columns().iter().find(|column| column.kind == FieldKind::Group) else {
            continue;
        };
        let form = Form::read(files, of);
        let dangling = |code: &str| !code.is_empty() && code != "*" && !has(code);
        let edits: Vec<Edit> = form
            .records
            .iter()
            .filter(|record| dangling(form.cell(record, group.name)))
            .map(|record| Edit::Remove { at: record.at, seen: record.cells.clone() })
            .collect();
        if !edits.is_empty() {
            let (rows, id) = (edits.len(), form.of.id());
            found.push((form.of, Change::Form { form: id, edits }, rows));
        }
    }
    found
}
