//! 删除判断: what a whole reading did not find. Only a reading that was complete for a part of a table says anything.

use super::reader::Batch;
use crate::SyncError;
use connect::{Complete, FieldFrom, Mode, Span, Task};
use model::canonical::{Table, Value};
use std::collections::HashSet;
use store::{LiveRows, Store};

/// Keys (and encounters) that a reading has seen; empty for watermark tasks, which say nothing of missing rows.
pub(super) struct Seen {
    watch: bool,
    keys: HashSet<String>,
    encounters: HashSet<String>,
    /// Rows whose key could not be read: then nothing may be taken for missing.
    pub(super) nameless: u64,
}

/// Rows of the store that a whole reading did not find.
pub(super) struct Missing {
    pub(super) keys: Vec<String>,
    /// Rows of the store it was compared with.
    pub(super) compared: usize,
}

/// So few missing rows are no mass deletion, whatever their share.
const FEW: usize = 10;

impl Missing {
    /// More than the guard lets pass: a view that returns nothing or half of its rows looks like this.
    pub(super) fn is_suspicious(&self, guard_percent: u32, read: u64) -> bool {
        let share = self.keys.len() * 100 > self.compared * guard_percent as usize;
        read == 0 || (share && self.keys.len() > FEW)
    }
}

impl Seen {
    pub(super) fn of(task: &Task) -> Seen {
        Seen {
            watch: !matches!(task.mode, Mode::Watermark { .. }),
            keys: HashSet::new(),
            encounters: HashSet::new(),
            nameless: 0,
        }
    }

    pub(super) fn note(&mut self, table: &Table, batch: &Batch) {
        if !self.watch {
            return;
        }
        for row in &batch.rows {
            self.keys.insert(row.row[0].str().to_owned());
            if let Some(at) = table.encounter_column() {
                self.encounters.insert(row.row[at].str().to_owned());
            }
        }
        for reject in &batch.rejects {
            if reject.key.is_empty() {
                self.nameless += 1;
            } else {
                // Refused is not missing.
                self.keys.insert(reject.key.clone());
            }
        }
    }

    /// What of the store this reading should have found and did not; `None` where it says nothing.
    pub(super) fn missing(
        &self,
        store: &Store,
        task: &Task,
        source: &str,
        span: Option<Span>,
    ) -> Result<Option<Missing>, SyncError> {
        let equal: Vec<(&str, Value)> = task
            .fields
            .iter()
            .filter_map(|field| match &field.from {
                FieldFrom::Const(value) => Some((task.table.columns[field.position].name, value.clone())),
                _ => None,
            })
            .collect();
        let part = LiveRows { source, equal, ..LiveRows::default() };
        let live = match (&task.mode, span) {
            (Mode::Watermark { .. }, _) => return Ok(None),
            (Mode::Full, _) => store.live_keys(task.table, &part)?,
            (Mode::Window(window), span) => match (window.complete, span) {
                (Complete::Encounter, _) => {
                    let mut live = Vec::new();
                    for encounter in &self.encounters {
                        let of = LiveRows { encounter: Some(encounter), ..part.clone() };
                        live.extend(store.live_keys(task.table, &of)?);
                    }
                    live
                }
                (Complete::Column(at), Some(span)) => {
                    let column = task.table.columns[at].name;
                    let of = LiveRows { range: Some((column, span.from, span.to)), ..part };
                    store.live_keys(task.table, &of)?
                }
                (Complete::Column(_), None) => return Ok(None),
            },
        };
        let compared = live.len();
        let mut keys: Vec<String> = live.into_iter().filter(|key| !self.keys.contains(key)).collect();
        keys.sort();
        Ok(Some(Missing { keys, compared }))
    }
}
