//! 政策包草稿: a copy of a pack that people change before it is published, with every change and who made it.

use crate::connection::Connection;
use crate::{ComputeState, Moment, Store, StoreError};
use model::canonical::Value;

/// How a draft stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DraftState {
    /// 修改中
    #[default]
    Open,
    /// 已发布
    Published,
    /// 已放弃
    Discarded,
}

impl DraftState {
    const ALL: [(DraftState, &'static str, &'static str); 3] = [
        (DraftState::Open, "open", "修改中"),
        (DraftState::Published, "published", "已发布"),
        (DraftState::Discarded, "discarded", "已放弃"),
    ];

    fn name(self) -> &'static str {
        DraftState::ALL[self as usize].1
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        DraftState::ALL[self as usize].2
    }

    fn named(name: &str) -> Result<DraftState, StoreError> {
        let found = DraftState::ALL.iter().find(|entry| entry.1 == name).map(|entry| entry.0);
        found.ok_or_else(|| StoreError::Shape(format!("草稿状态“{name}”")))
    }
}

/// A draft, without its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackDraft {
    /// Number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// The pack it was made from.
    pub base: Option<i64>,
    /// Rises with every change.
    pub version: i64,
    /// How it stands.
    pub state: DraftState,
    /// The pack it became.
    pub pack: Option<i64>,
    /// Why it was made.
    pub note: String,
    /// When it was made.
    pub created_at: Moment,
    /// By whom.
    pub created_by: String,
    /// When it was changed last.
    pub changed_at: Moment,
    /// By whom.
    pub changed_by: String,
}

/// One field of a change that is to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftChange {
    /// File inside the pack.
    pub file: String,
    /// What was changed, in Chinese.
    pub field: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// A change of a draft that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct DraftEdit<'e> {
    /// The draft.
    pub draft: i64,
    /// The version that the change was made on.
    pub seen: i64,
    /// All files as they become.
    pub files: &'e [(String, String)],
    /// What changes, field by field; at least one.
    pub changes: &'e [DraftChange],
    /// Takes the change back, for [`Store::draft_undo`]; empty when nothing can.
    pub undo: &'e str,
    /// The pack that the draft stands on from now; `None`: as before.
    pub base: Option<i64>,
}

/// A change as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackChange {
    /// The draft's version that it made.
    pub version: i64,
    /// When.
    pub at: Moment,
    /// Who.
    pub login: String,
    /// What.
    pub change: DraftChange,
}

/// A trial regrouping with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The compute run.
    pub run: i64,
    /// The draft.
    pub draft: i64,
    /// The draft's version that it computed.
    pub version: i64,
    /// Who began it.
    pub login: String,
}

const COLUMNS: &str =
    "id, name, base, version, state, pack, note, created_at, created_by, changed_at, changed_by";

impl Store {
    /// Begins a draft with the files given (those of its base, as a rule). Returns its number.
    pub fn create_draft(
        &self,
        name: &str,
        base: Option<i64>,
        files: &[(String, String)],
        note: &str,
        (login, now): (&str, Moment),
    ) -> Result<i64, StoreError> {
        let files = to_text(files)?;
        let id = self.with(|db| {
            db.number(
                "INSERT INTO pack_draft (name, base, files, version, state, note, created_at, created_by, changed_at, \
                 changed_by) VALUES ($1, $2, $3, 1, 'open', $4, $5, $6, $5, $6) RETURNING id",
                &[
                    name.into(),
                    base.into(),
                    Value::Text(files.as_str().into()),
                    Value::Text(note.into()),
                    now.into(),
                    login.into(),
                ],
            )
        })?;
        id.ok_or_else(|| StoreError::Missing("新的草稿".into()))
    }

    /// One draft.
    pub fn draft(&self, id: i64) -> Result<PackDraft, StoreError> {
        self.with(|db| draft(db, id))
    }

    /// The latest drafts, those still open first.
    pub fn drafts(&self, limit: i64) -> Result<Vec<PackDraft>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pack_draft \
             ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, changed_at DESC, id DESC LIMIT $1"
        );
        self.with(|db| db.all(&sql, &[limit.into()]))?.iter().map(|row| read(row)).collect()
    }

    /// A draft's files with its version as read together.
    pub fn draft_files(&self, id: i64) -> Result<(PackDraft, Vec<(String, String)>), StoreError> {
        let sql = format!("SELECT {COLUMNS}, files FROM pack_draft WHERE id = $1");
        let row = self.with(|db| db.first(&sql, &[id.into()]))?;
        let row = row.ok_or_else(|| StoreError::Missing(format!("草稿 {id}")))?;
        let files = serde_json::from_str(row[11].str()).map_err(|e| StoreError::Shape(e.to_string()))?;
        Ok((read(&row)?, files))
    }

    /// Keeps a draft's changed files. Whoever is overtaken is told by whom and when, and nothing is overwritten. Returns the
    /// new version.
    pub fn save_draft(&self, edit: &DraftEdit<'_>, (login, now): (&str, Moment)) -> Result<i64, StoreError> {
        let text = to_text(edit.files)?;
        let (id, seen, changes, undo) = (edit.draft, edit.seen, edit.changes, edit.undo);
        self.with(|db| {
            db.transaction(|db| {
                let written = db.execute(
                    "UPDATE pack_draft SET files = $3, version = version + 1, changed_at = $4, changed_by = $5, \
                     base = COALESCE($6, base) WHERE id = $1 AND version = $2 AND state = 'open'",
                    &[
                        id.into(),
                        seen.into(),
                        Value::Text(text.as_str().into()),
                        now.into(),
                        login.into(),
                        edit.base.into(),
                    ],
                )?;
                if written == 0 {
                    return Err(overtaken(&draft(db, id)?));
                }
                for (at, change) in changes.iter().enumerate() {
                    let undo = if at == 0 { undo } else { "" };
                    db.execute(
                        "INSERT INTO pack_change (draft, version, at, login, file, field, before_text, after_text, undo) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                        &[
                            id.into(),
                            (seen + 1).into(),
                            now.into(),
                            login.into(),
                            Value::Text(change.file.as_str().into()),
                            Value::Text(change.field.as_str().into()),
                            Value::Text(change.before.as_str().into()),
                            Value::Text(change.after.as_str().into()),
                            Value::Text(undo.into()),
                        ],
                    )?;
                }
                Ok(seen + 1)
            })
        })
    }

    /// What takes the draft's last version back; `None` when there is nothing to take back.
    pub fn draft_undo(&self, id: i64) -> Result<Option<String>, StoreError> {
        let row = self.with(|db| {
            db.first(
                "SELECT c.undo FROM pack_change c JOIN pack_draft d ON d.id = c.draft AND d.version = c.version \
                 WHERE d.id = $1 AND c.undo <> '' ORDER BY c.id LIMIT 1",
                &[id.into()],
            )
        })?;
        Ok(row.map(|row| row[0].str().to_owned()).filter(|undo| !undo.is_empty()))
    }

    /// All changes of a draft, newest first.
    pub fn draft_changes(&self, id: i64) -> Result<Vec<PackChange>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT version, at, login, file, field, before_text, after_text FROM pack_change WHERE draft = $1 \
                 ORDER BY version DESC, id",
                &[id.into()],
            )
        })?;
        let text = |value: &Value| value.str().to_owned();
        let change = |row: &Vec<Value>| PackChange {
            version: row[0].int().unwrap_or_default(),
            at: row[1].int().unwrap_or_default(),
            login: text(&row[2]),
            change: DraftChange {
                file: text(&row[3]),
                field: text(&row[4]),
                before: text(&row[5]),
                after: text(&row[6]),
            },
        };
        Ok(rows.iter().map(change).collect())
    }

    /// Puts a draft away. Its trials' results go, its changes stay to be read.
    pub fn discard_draft(&self, id: i64, seen: i64, (login, now): (&str, Moment)) -> Result<(), StoreError> {
        self.with(|db| db.transaction(|db| close(db, id, seen, DraftState::Discarded, None, (login, now))))?;
        for trial in self.trials(id)? {
            self.drop_trial(trial.run, now)?;
        }
        Ok(())
    }

    /// Notes that a run computes a draft as it is at a version.
    pub fn add_trial(&self, trial: &Trial) -> Result<(), StoreError> {
        self.with(|db| {
            db.execute(
                "INSERT INTO pack_trial (run, draft, version, login) VALUES ($1, $2, $3, $4)",
                &[trial.run.into(), trial.draft.into(), trial.version.into(), trial.login.as_str().into()],
            )
        })?;
        Ok(())
    }

    /// The trials of a draft, newest first.
    pub fn trials(&self, draft: i64) -> Result<Vec<Trial>, StoreError> {
        self.trials_where("WHERE draft = $1 ORDER BY run DESC", draft)
    }

    /// The trial that a run is; `None` for other runs.
    pub fn trial(&self, run: i64) -> Result<Option<Trial>, StoreError> {
        Ok(self.trials_where("WHERE run = $1", run)?.pop())
    }

    fn trials_where(&self, filter: &str, number: i64) -> Result<Vec<Trial>, StoreError> {
        let sql = format!("SELECT run, draft, version, login FROM pack_trial {filter}");
        let rows = self.with(|db| db.all(&sql, &[number.into()]))?;
        let number = |value: &Value| value.int().unwrap_or_default();
        Ok(rows
            .iter()
            .map(|row| Trial {
                run: number(&row[0]),
                draft: number(&row[1]),
                version: number(&row[2]),
                login: row[3].str().to_owned(),
            })
            .collect())
    }

    /// Gives up a trial that was never published: its results go, the run stays as cancelled.
    pub fn drop_trial(&self, run: i64, now: Moment) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let dropped = db.execute(
                    "UPDATE compute_run SET state = 'cancelled', ended_at = COALESCE(ended_at, $2) \
                     WHERE id = $1 AND cause = 'regroup' AND state IN ('running', 'done') \
                     AND NOT EXISTS (SELECT 1 FROM inpatient_case c WHERE c.run = $1)",
                    &[run.into(), now.into()],
                )?;
                if dropped > 0 {
                    db.execute("DELETE FROM case_result WHERE run = $1", &[run.into()])?;
                }
                Ok(())
            })
        })
    }

    /// Publishes a trial of a draft: its results become the current ones, its pack comes in force, the draft is closed. The
    /// trial must be of the draft as it is now. One transaction.
    pub fn publish_draft(&self, id: i64, run: i64, (login, now): (&str, Moment)) -> Result<(), StoreError> {
        let of = self.compute_run(run)?;
        let trial = self.trial(run)?.filter(|trial| trial.draft == id);
        let Some(trial) = trial else {
            return Err(StoreError::Missing(format!("草稿 {id} 的试算 {run}")));
        };
        // Pressing the button twice publishes once.
        if self.draft(id)?.state == DraftState::Published && of.state == ComputeState::Published {
            return Ok(());
        }
        self.with(|db| {
            db.transaction(|db| {
                close(db, id, trial.version, DraftState::Published, of.packs.first().copied(), (login, now))?;
                crate::compute::publish(db, &of, (login, now))
            })
        })
    }
}

fn close(
    db: &mut Connection,
    id: i64,
    seen: i64,
    state: DraftState,
    pack: Option<i64>,
    (login, now): (&str, Moment),
) -> Result<(), StoreError> {
    let written = db.execute(
        "UPDATE pack_draft SET state = $3, pack = $4, changed_at = $5, changed_by = $6 \
         WHERE id = $1 AND version = $2 AND state = 'open'",
        &[id.into(), seen.into(), state.name().into(), pack.into(), now.into(), login.into()],
    )?;
    if written == 0 { Err(overtaken(&draft(db, id)?)) } else { Ok(()) }
}

/// Who was quicker, and when.
fn overtaken(draft: &PackDraft) -> StoreError {
    let at = model::canonical::moment_of(draft.changed_at);
    let at = at.map_or(String::new(), |at| at.strftime("%Y-%m-%d %H:%M").to_string());
    let state = match draft.state {
        DraftState::Open => String::new(),
        closed => format!("，{}", closed.chinese()),
    };
    StoreError::Changed(format!("草稿“{}”（{} {at}{state}）", draft.name, draft.changed_by))
}

fn draft(db: &mut Connection, id: i64) -> Result<PackDraft, StoreError> {
    let row = db.first(&format!("SELECT {COLUMNS} FROM pack_draft WHERE id = $1"), &[id.into()])?;
    read(&row.ok_or_else(|| StoreError::Missing(format!("草稿 {id}")))?)
}

fn read(row: &[Value]) -> Result<PackDraft, StoreError> {
    let number = |at: usize| row[at].int().unwrap_or_default();
    let text = |at: usize| row[at].str().to_owned();
    Ok(PackDraft {
        id: number(0),
        name: text(1),
        base: row[2].int(),
        version: number(3),
        state: DraftState::named(row[4].str())?,
        pack: row[5].int(),
        note: text(6),
        created_at: number(7),
        created_by: text(8),
        changed_at: number(9),
        changed_by: text(10),
    })
}

fn to_text(files: &[(String, String)]) -> Result<String, StoreError> {
    serde_json::to_string(files).map_err(|error| StoreError::Shape(error.to_string()))
}
