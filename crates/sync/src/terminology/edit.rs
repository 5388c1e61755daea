//! 单条维护: one row added, changed or ended, as an incremental import of that row.

use super::{CatalogueAuthor, HeldCatalogue, Terminology};
use crate::SyncError;
use std::sync::Arc;
use store::{CatalogueChange, CatalogueVersion, StoreError};
use terms::{ColumnMap, Field, Import, Layout, Mode, Record, Role, Table};

/// How often another editor may come in between before this one is told.
const TRIES: usize = 5;

/// A row as an editor left it.
#[derive(Clone, Debug)]
pub struct RowEdit<'a> {
    /// The catalogue.
    pub layout: &'static Layout,
    /// The row's values when the form was shown, in layout order; `None` for a new row.
    pub seen: Option<&'a [String]>,
    /// The values as typed, in layout order.
    pub values: &'a [String],
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Position in the layout; `None`: the row as a whole.
    pub field: Option<usize>,
    /// What is wrong and the remedy.
    pub message: String,
}

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowEdited {
    /// Kept as this version.
    Saved(Box<CatalogueVersion>),
    /// The row is so already.
    Unchanged,
    /// Not kept: the fields to correct.
    Wrong(Vec<FieldProblem>),
    /// Not kept: somebody else has changed the row, or it exists already; as it stands now, `None` when it is gone.
    Conflict(Option<Record>),
}

impl Terminology {
    /// Keeps one row. What others changed in other rows meanwhile stays; whoever changed the same row first is not
    /// overwritten.
    pub fn edit_row(&self, edit: &RowEdit<'_>, author: CatalogueAuthor<'_>) -> Result<RowEdited, SyncError> {
        let mut tries = 0;
        loop {
            let held = self.catalogue(edit.layout)?;
            match self.edit_on(&held, edit, author) {
                Err(SyncError::Store(StoreError::Changed(_))) if tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    fn edit_on(
        &self,
        held: &Arc<HeldCatalogue>,
        edit: &RowEdit<'_>,
        author: CatalogueAuthor<'_>,
    ) -> Result<RowEdited, SyncError> {
        let layout = edit.layout;
        let fields = || layout.fields.iter().enumerate();
        let value = |at: usize| edit.values.get(at).map_or("", |value| value.trim());
        let mut problems: Vec<FieldProblem> = Vec::new();
        for (at, field) in fields().filter(|(at, field)| field.required || !value(*at).is_empty()) {
            if let Err(message) = field.read(value(at)) {
                problems.push(FieldProblem { field: Some(at), message });
            }
        }
        if !problems.is_empty() {
            return Ok(RowEdited::Wrong(problems));
        }
        let key: Vec<String> = fields()
            .filter(|(_, field)| field.role != Role::Content)
            .map(|(at, field)| field.read(value(at)).map_or_else(|_| String::new(), Into::into))
            .collect();
        let present = held.catalogue.row(&key);
        match edit.seen {
            Some(seen) => {
                let seen_key = fields().filter(|(_, field)| field.role != Role::Content);
                let moved = seen_key.zip(&key).find(|((at, _), new)| seen.get(*at) != Some(*new));
                if let Some(((at, field), _)) = moved {
                    return Ok(RowEdited::Wrong(vec![key_is_fixed(at, field)]));
                }
                let as_seen =
                    |row: &Record| fields().all(|(at, _)| seen.get(at).is_some_and(|s| s == row.value(at)));
                if !present.is_some_and(as_seen) {
                    // Somebody else may have written just the same.
                    let alike =
                        |row: &Record| fields().all(|(at, field)| same(field, value(at), row.value(at)));
                    return Ok(match present {
                        Some(row) if alike(row) => RowEdited::Unchanged,
                        row => RowEdited::Conflict(row.cloned()),
                    });
                }
            }
            None if present.is_some() => return Ok(RowEdited::Conflict(present.cloned())),
            None => {}
        }
        // A code that stays keeps the spelling it was imported with.
        let cells: Vec<&str> = fields()
            .map(|(at, field)| match present.and_then(|row| row.written(at)) {
                Some(written) if same(field, value(at), written) => written,
                _ => value(at),
            })
            .collect();
        let table = Table::from_rows(&layout.template(), [cells]);
        let columns = ColumnMap::of_template(layout, &table);
        let import = Import { columns, mode: Mode::Incremental, ..Import::default() };
        let plan = held.catalogue.plan(&table, &import)?;
        if let Some(wrong) = plan.wrong.first() {
            let field = layout.fields.iter().position(|field| field.title == wrong.column);
            return Ok(RowEdited::Wrong(vec![FieldProblem { field, message: wrong.message.clone() }]));
        }
        let saved = self.save(held, held.number(), &plan, CatalogueChange::Edit, author)?;
        Ok(saved.map_or(RowEdited::Unchanged, |version| RowEdited::Saved(Box::new(version))))
    }
}

fn key_is_fixed(at: usize, field: &Field) -> FieldProblem {
    let message = format!("{}不能修改：请新增一条，并给原来的一条填上失效日期", field.title);
    FieldProblem { field: Some(at), message }
}

/// Whether two spellings are one value of a field.
fn same(field: &Field, one: &str, other: &str) -> bool {
    one == other || field.read(one).is_ok_and(|one| field.read(other).is_ok_and(|other| one == other))
}
