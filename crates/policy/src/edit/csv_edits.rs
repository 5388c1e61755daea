//! 修改 CSV 表: resolved edits as splices of the file.

use super::apply::Resolved;
use super::csv_text::{self, CsvText};
use super::splice::{Splice, spliced};
use super::view::Form;

/// The file after the edits; `None` when its rows cannot be told apart.
pub(super) fn edited(text: &str, form: &Form, resolved: &[Resolved]) -> Option<String> {
    if resolved.iter().all(|edit| matches!(edit, Resolved::Nothing)) {
        return Some(text.to_owned());
    }
    let fresh;
    let text = match text.trim().is_empty() {
        true => {
            let columns: Vec<&str> = form.of.all_columns().iter().map(|column| column.name).collect();
            fresh = csv_text::empty(&columns);
            &fresh
        }
        false => text,
    };
    let csv = CsvText::parse(text)?;
    let fixed = form.of.fixed();
    let value = |cells: &[String], name: &str| -> String {
        match fixed.filter(|(column, _)| *column == name) {
            Some((_, word)) => word.to_owned(),
            None => form.position(name).and_then(|at| cells.get(at)).cloned().unwrap_or_default(),
        }
    };
    // Records of the form by their index among all rows of the file.
    let row = |record: usize| {
        let at = form.records.get(record)?.at;
        csv.records.iter().position(|raw| raw.line == at)
    };
    let mut added: Vec<&str> = Vec::new();
    for edit in resolved {
        let wanted: Vec<&str> = match edit {
            Resolved::Set(_, cells) => {
                let set = cells.iter().filter(|(_, value)| !value.is_empty());
                set.filter_map(|(at, _)| Some(form.columns.get(*at)?.name)).collect()
            }
            Resolved::Add(cells) => {
                let filled = form.columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
                filled.map(|(column, _)| column.name).collect()
            }
            _ => Vec::new(),
        };
        for name in csv.missing(wanted.into_iter()) {
            if !added.contains(&name) {
                added.push(name);
            }
        }
    }
    let mut splices: Vec<Splice> = Vec::new();
    let mut appended: Vec<Splice> = Vec::new();
    let mut filled: Vec<(usize, String, String)> = Vec::new();
    for edit in resolved {
        match edit {
            Resolved::Set(record, cells) => {
                let row = row(*record)?;
                for (at, value) in cells {
                    let name = form.columns.get(*at)?.name;
                    match csv.set(row, name, value) {
                        Some(splice) => splices.push(splice),
                        None => filled.push((row, name.to_owned(), value.clone())),
                    }
                }
            }
            Resolved::Add(cells) => appended.push(csv.append(&added, |name| value(cells, name))),
            Resolved::Remove(record) => splices.push(csv.remove(row(*record)?)?),
            Resolved::Nothing => {}
        }
    }
    let of_row = |row: usize, name: &str| {
        let found = filled.iter().find(|(at, column, _)| *at == row && column == name);
        found.map(|(_, _, value)| value.clone()).unwrap_or_default()
    };
    // Behind the cells that are set: at the end of a line both stand at the same place.
    splices.extend(csv.add_columns(&added, of_row));
    splices.extend(appended);
    Some(spliced(text, splices))
}
