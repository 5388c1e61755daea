//! 提交的表单: what was typed, as edits; nothing of it is lost when it cannot be kept.

use super::input::{self, Clash, RecordInput};
use crate::query::Fields;
use policy::edit::{Conflict, Edit, Form, Options, Refusal};
use policy::tables::FieldKind;

/// One record as it was typed.
pub(super) struct PostedRecord {
    /// Line and values as seen; `None`: a new record.
    seen: Option<(usize, Vec<String>)>,
    cells: Vec<String>,
    removed: bool,
}

/// The records of a posted form, in its order. New records without any value are left out.
pub(super) fn read(form: &Form, posted: &Fields) -> Vec<PostedRecord> {
    let mut records = Vec::new();
    for index in 0..=highest(posted) {
        let at = posted.text(&format!("at.{index}")).parse().ok();
        let seen: Option<Vec<String>> = serde_json::from_str(posted.text(&format!("seen.{index}"))).ok();
        let seen = at.zip(seen);
        let mut cells: Vec<String> = form
            .columns
            .iter()
            .map(|column| {
                let name = format!("c.{index}.{}", column.name);
                match column.kind {
                    FieldKind::Choices(_) | FieldKind::Order(_) => {
                        posted.all(&name).collect::<Vec<_>>().join(";")
                    }
                    _ => posted.text(&name).to_owned(),
                }
            })
            .collect();
        if let Some((_, seen)) = &seen {
            for (at, column) in form.columns.iter().enumerate() {
                let (Some(seen), Some(cell)) = (seen.get(at), cells.get_mut(at)) else { continue };
                let take = posted.is_set(&format!("theirs.{index}.{}", column.name));
                // The order of ticked boxes is none: the same ones are no change.
                let same = matches!(column.kind, FieldKind::Choices(_)) && sorted(cell) == sorted(seen);
                if take || same {
                    cell.clone_from(seen);
                }
            }
        }
        let removed = posted.is_set(&format!("remove.{index}"));
        let is_empty = seen.is_none() && (removed || cells.iter().all(String::is_empty));
        if !is_empty {
            records.push(PostedRecord { seen, cells, removed });
        }
    }
    records
}

fn sorted(list: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = list.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts
}

/// The highest number of a record in the form; forms have at most some hundreds.
fn highest(posted: &Fields) -> usize {
    let number = |name: &str| name.split('.').nth(1)?.parse::<usize>().ok();
    posted.0.iter().filter_map(|(name, _)| number(name)).max().unwrap_or_default().min(2000)
}

/// The records as edits, one each and in the same order.
pub(super) fn edits(records: &[PostedRecord]) -> Vec<Edit> {
    let edit = |record: &PostedRecord| match (&record.seen, record.removed) {
        (Some((at, seen)), true) => Edit::Remove { at: *at, seen: seen.clone() },
        (Some((at, seen)), false) => Edit::Set { at: *at, seen: seen.clone(), cells: record.cells.clone() },
        (None, _) => Edit::Add { cells: record.cells.clone() },
    };
    records.iter().map(edit).collect()
}

/// The form again with everything that was typed.
pub(super) fn again(form: &Form, records: &[PostedRecord], options: &Options) -> Vec<RecordInput> {
    let records = records.iter().enumerate().map(|(index, record)| {
        let mut shown = match &record.seen {
            Some((at, seen)) => {
                let now = form.records.iter().find(|known| known.at == *at);
                let evidence = now.map_or("", |known| known.evidence.as_str());
                let mut shown = input::record(index, form, *at, &record.cells, options, evidence);
                shown.seen = serde_json::to_string(seen).unwrap_or_default();
                shown.name = form.name_of(seen);
                shown
            }
            None => input::added(index, form, &record.cells, options),
        };
        shown.removed = record.removed;
        shown
    });
    records.collect()
}

/// Puts what could not be kept beside its fields; returns what concerns no single record.
pub(super) fn mark_refused(shown: &mut [RecordInput], refused: &[Refusal]) -> Vec<String> {
    let mut rest = Vec::new();
    for refusal in refused {
        let record = refusal.edit.and_then(|edit| shown.get_mut(edit));
        let Some(record) = record else {
            if !rest.contains(&refusal.message) {
                rest.push(refusal.message.clone());
            }
            continue;
        };
        let field = record.fields.iter_mut().find(|field| Some(field.column.name) == refusal.column);
        let place = field.map_or(&mut record.problem, |field| &mut field.problem);
        if !place.is_empty() {
            place.push('；');
        }
        place.push_str(&refusal.message);
    }
    rest
}

/// Puts what others made beside what was typed. From here on the editor has seen theirs: saving again is a decision.
pub(super) fn mark_conflicts(shown: &mut [RecordInput], records: &[PostedRecord], conflicts: &[Conflict]) {
    for conflict in conflicts {
        let (Some(record), Some(posted)) = (shown.get_mut(conflict.edit), records.get(conflict.edit)) else {
            continue;
        };
        let Some(column) = conflict.column else {
            // The record is gone: what was typed becomes a new one.
            record.at = None;
            record.seen = String::new();
            record.problem = format!("“{}”已被他人删除；保存后作为新行加入，不要时请清空", conflict.seen);
            continue;
        };
        let Some(at) = record.fields.iter().position(|field| field.column.name == column) else { continue };
        let theirs = conflict.current.clone().unwrap_or_default();
        let mut seen: Vec<String> = serde_json::from_str(&record.seen).unwrap_or_default();
        if seen.is_empty() {
            seen = posted.seen.as_ref().map(|(_, seen)| seen.clone()).unwrap_or_default();
        }
        if let Some(cell) = seen.get_mut(at) {
            cell.clone_from(&theirs);
        }
        record.seen = serde_json::to_string(&seen).unwrap_or_default();
        if posted.removed {
            record.problem = "他人改过这一行：核对后再决定是否删除".to_owned();
        }
        if let Some(field) = record.fields.get_mut(at) {
            let shown =
                |text: &str| if text.is_empty() { "（空）".to_owned() } else { field.column.shown(text) };
            field.clash = Some(Clash { theirs: shown(&theirs), seen: shown(&conflict.seen) });
        }
    }
}
