//! 定位: which record an edit means, and whether somebody changed it since the editor saw it.

use super::error::Conflict;
use super::view::Form;

/// What became of the record that an editor saw.
pub(super) enum Located {
    /// Its index in [`Form::records`].
    Here(usize),
    /// Not there any more.
    Gone,
}

/// The record at the line with the values seen; else the only one with these values; else the only one with the same key.
pub(super) fn locate(form: &Form, at: usize, seen: &[String]) -> Located {
    let records = || form.records.iter().enumerate();
    if let Some((index, _)) = records().find(|(_, record)| record.at == at && record.cells == seen) {
        return Located::Here(index);
    }
    if !form.of.has_rows() && !form.records.is_empty() {
        return Located::Here(0);
    }
    let one = |mut found: Vec<usize>| (found.len() == 1).then(|| found.remove(0));
    let same = records().filter(|(_, record)| record.cells == seen).map(|(index, _)| index).collect();
    let key = form.key_of(seen);
    let with_key =
        || records().filter(|(_, r)| form.key_of(&r.cells) == key).map(|(index, _)| index).collect();
    one(same).or_else(|| one(with_key())).map_or(Located::Gone, Located::Here)
}

/// The columns that the editor changed and somebody else changed too, to something else.
pub(super) fn conflicts(
    edit: usize,
    form: &Form,
    current: &[String],
    seen: &[String],
    mine: &[String],
) -> Vec<Conflict> {
    let cell = |cells: &[String], at: usize| cells.get(at).cloned().unwrap_or_default();
    form.columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| {
            let (current, seen, mine) = (cell(current, at), cell(seen, at), cell(mine, at));
            let clash = mine != seen && current != seen && current != mine;
            clash.then_some(Conflict { edit, column: Some(column.name), seen, current: Some(current), mine })
        })
        .collect()
}
