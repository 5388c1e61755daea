//! 采集任务与同步日志: what each task has read so far, every run with its counts, every rejected row.

use crate::connection::Connection;
use crate::{Counts, InTransaction, Moment, Store, StoreError};
use model::canonical::Value;

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunState {
    /// 进行中
    #[default]
    Running,
    /// 完成
    Done,
    /// 失败
    Failed,
    /// 已取消
    Cancelled,
    /// 待人工确认: too many rows vanished at once.
    Held,
    /// 中断: the process ended in the middle.
    Interrupted,
}

impl RunState {
    const ALL: [(RunState, &'static str, &'static str); 6] = [
        (RunState::Running, "running", "进行中"),
        (RunState::Done, "done", "完成"),
        (RunState::Failed, "failed", "失败"),
        (RunState::Cancelled, "cancelled", "已取消"),
        (RunState::Held, "held", "待人工确认"),
        (RunState::Interrupted, "interrupted", "中断"),
    ];

    /// As kept.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }

    /// All with their stored names and their names on a screen.
    pub fn all() -> impl Iterator<Item = (RunState, &'static str, &'static str)> {
        Self::ALL.into_iter()
    }

    fn read(name: &str) -> Result<RunState, StoreError> {
        let found = Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0);
        found.ok_or_else(|| StoreError::Shape(format!("运行状态 {name}")))
    }
}

/// One run of a task (同步日志).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRun {
    /// Number.
    pub id: i64,
    /// `source/task`
    pub task: String,
    /// Source id.
    pub source: String,
    /// Canonical table.
    pub table: String,
    /// timer, manual or event.
    pub cause: String,
    /// Hash of the mapping pack.
    pub mapping: String,
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// How it stands.
    pub state: RunState,
    /// Read from here (the source's clock).
    pub from_watermark: Option<Moment>,
    /// Everything up to here has been read and kept.
    pub to_watermark: Option<Moment>,
    /// 读取
    pub read: i64,
    /// 新增
    pub inserted: i64,
    /// 修改
    pub updated: i64,
    /// 不变
    pub unchanged: i64,
    /// 过期
    pub outdated: i64,
    /// 拒收
    pub rejected: i64,
    /// 删除
    pub tombstoned: i64,
    /// The error or a warning.
    pub message: String,
}

/// What a task has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskState {
    /// Everything up to here has been read (the source's clock).
    pub watermark: Option<Moment>,
    /// Stopped after repeated failures or by hand.
    pub paused: bool,
    /// Failures in a row.
    pub failures: i64,
    /// Why it waits for a person; empty when it does not.
    pub held: String,
}

/// A row that could not be taken (采集拒收).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reject {
    /// Position in what the run read, from 1.
    pub row_number: i64,
    /// Its key, when it has one.
    pub key: String,
    /// The field at fault, Chinese name.
    pub field: String,
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// The row as read, private columns masked.
    pub raw: String,
}

impl Store {
    /// What a task has done so far.
    pub fn task_state(&self, task: &str) -> Result<TaskState, StoreError> {
        let row = self.with(|db| {
            db.first("SELECT watermark, paused, failures, held FROM sync_task WHERE key = $1", &[task.into()])
        })?;
        Ok(row.map_or_else(TaskState::default, |row| TaskState {
            watermark: row[0].int(),
            paused: row[1].int() == Some(1),
            failures: row[2].int().unwrap_or_default(),
            held: row[3].str().to_owned(),
        }))
    }

    /// Stops a task (手动暂停) or lets it run again, which also forgets its failures and what held it.
    pub fn pause_task(&self, task: &str, paused: bool) -> Result<(), StoreError> {
        self.with(|db| {
            db.execute(
                "INSERT INTO sync_task (key, source, table_name, paused, failures) VALUES ($1, $3, $4, $2, 0) \
                 ON CONFLICT (key) DO UPDATE SET paused = excluded.paused, failures = 0, held = NULL",
                // A task may be paused before its first run; its table stands in the log of its runs.
                &[
                    task.into(),
                    i64::from(paused).into(),
                    Value::Text(task.split('/').next().unwrap_or_default().into()),
                    Value::Text(task.split('/').nth(1).unwrap_or_default().into()),
                ],
            )
        })?;
        Ok(())
    }

    /// Sets a task back: the next run reads from here, from the beginning when empty.
    pub fn set_watermark(&self, task: &str, watermark: Option<Moment>) -> Result<(), StoreError> {
        self.with(|db| {
            db.execute("UPDATE sync_task SET watermark = $2 WHERE key = $1", &[task.into(), watermark.into()])
        })?;
        Ok(())
    }

    /// Begins a run. A run of the same task that is still `running` ended with its process: it is marked as interrupted.
    pub fn begin_run(&self, run: &SyncRun) -> Result<i64, StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                db.execute(
                    "INSERT INTO sync_task (key, source, table_name, paused, failures) VALUES ($1, $2, $3, 0, 0) \
                     ON CONFLICT (key) DO NOTHING",
                    &[
                        run.task.as_str().into(),
                        run.source.as_str().into(),
                        Value::Text(run.table.as_str().into()),
                    ],
                )?;
                db.execute(
                    "UPDATE sync_run SET state = 'interrupted', ended_at = $2, message = '上次运行未正常结束，已从断点继续' \
                     WHERE task = $1 AND state = 'running'",
                    &[run.task.as_str().into(), run.started_at.into()],
                )?;
                let id = db.number(
                    "INSERT INTO sync_run (task, source, table_name, cause, mapping, started_at, state, \
                     from_watermark, rows_read, inserted, updated, unchanged, outdated, rejected, tombstoned) \
                     VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, 0, 0, 0, 0, 0, 0, 0) RETURNING id",
                    &[
                        run.task.as_str().into(),
                        run.source.as_str().into(),
                        Value::Text(run.table.as_str().into()),
                        run.cause.as_str().into(),
                        run.mapping.as_str().into(),
                        run.started_at.into(),
                        run.from_watermark.into(),
                    ],
                )?;
                id.ok_or_else(|| StoreError::Missing("新的同步日志".into()))
            })
        })
    }

    /// Ends a run. `failures` and pausing of its task follow from the state; `held` keeps the reason with the task.
    pub fn end_run(
        &self,
        id: i64,
        state: RunState,
        message: &str,
        now: Moment,
        failures_before_pause: i64,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                db.execute(
                    "UPDATE sync_run SET state = $2, message = $3, ended_at = $4 WHERE id = $1",
                    &[id.into(), state.name().into(), message.into(), now.into()],
                )?;
                let task = "(SELECT task FROM sync_run WHERE id = $1)";
                match state {
                    RunState::Done => db.execute(
                        &format!("UPDATE sync_task SET failures = 0, held = NULL WHERE key = {task}"),
                        &[id.into()],
                    )?,
                    RunState::Held => db.execute(
                        &format!("UPDATE sync_task SET held = $2 WHERE key = {task}"),
                        &[id.into(), message.into()],
                    )?,
                    RunState::Failed => db.execute(
                        &format!(
                            "UPDATE sync_task SET failures = failures + 1, \
                             paused = CASE WHEN failures + 1 >= $2 THEN 1 ELSE paused END WHERE key = {task}"
                        ),
                        &[id.into(), failures_before_pause.into()],
                    )?,
                    _ => 0,
                };
                Ok(())
            })
        })
    }

    /// The latest runs, newest first; of one task when given.
    pub fn runs(&self, task: Option<&str>, limit: i64) -> Result<Vec<SyncRun>, StoreError> {
        let (filter, parameters) = match task {
            Some(task) => ("WHERE task = $2", vec![limit.into(), task.into()]),
            None => ("", vec![limit.into()]),
        };
        let sql = format!("SELECT {RUN_COLUMNS} FROM sync_run {filter} ORDER BY id DESC LIMIT $1");
        self.with(|db| db.all(&sql, &parameters))?.iter().map(|row| read_run(row)).collect()
    }

    /// One run.
    pub fn run(&self, id: i64) -> Result<SyncRun, StoreError> {
        let sql = format!("SELECT {RUN_COLUMNS} FROM sync_run WHERE id = $1");
        let row = self.with(|db| db.first(&sql, &[id.into()]))?;
        read_run(&row.ok_or_else(|| StoreError::Missing(format!("同步日志 {id}")))?)
    }

    /// The rejected rows of a run, in the order read.
    pub fn rejects(&self, run: i64, limit: i64) -> Result<Vec<Reject>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT row_number, row_key, field, reason, remedy, raw FROM sync_reject \
                 WHERE run = $1 ORDER BY id LIMIT $2",
                &[run.into(), limit.into()],
            )
        })?;
        Ok(rows.iter().map(|row| read_reject(row)).collect())
    }
}

/// What a batch adds to its run; written in the batch's own transaction.
impl InTransaction<'_> {
    /// Adds to the counts of a run and keeps its rejected rows.
    pub fn log(
        &mut self,
        run: &SyncRun,
        read: u64,
        counts: Counts,
        rejects: &[Reject],
    ) -> Result<(), StoreError> {
        let add = |n: u64| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        self.0.execute(
            "UPDATE sync_run SET rows_read = rows_read + $2, inserted = inserted + $3, updated = updated + $4, \
             unchanged = unchanged + $5, outdated = outdated + $6, rejected = rejected + $7 WHERE id = $1",
            &[
                run.id.into(),
                add(read),
                add(counts.inserted),
                add(counts.updated),
                add(counts.unchanged),
                add(counts.outdated),
                add(rejects.len() as u64),
            ],
        )?;
        for reject in rejects {
            keep(self.0, run, reject)?;
        }
        Ok(())
    }

    /// Counts rejected rows of a run that are too many to keep.
    pub fn count_rejects(&mut self, run: i64, more: u64) -> Result<(), StoreError> {
        if more > 0 {
            let more = i64::try_from(more).unwrap_or(i64::MAX);
            self.0.execute(
                "UPDATE sync_run SET rejected = rejected + $2 WHERE id = $1",
                &[run.into(), more.into()],
            )?;
        }
        Ok(())
    }

    /// Adds to the rows that a run marked as deleted.
    pub fn log_tombstones(&mut self, run: i64, tombstoned: u64) -> Result<(), StoreError> {
        let added = i64::try_from(tombstoned).unwrap_or(i64::MAX);
        self.0.execute(
            "UPDATE sync_run SET tombstoned = tombstoned + $2 WHERE id = $1",
            &[run.into(), added.into()],
        )?;
        Ok(())
    }

    /// Moves a task's watermark: everything up to here has been read and is in this transaction or before it.
    pub fn advance(&mut self, task: &str, run: i64, watermark: Moment) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sync_task SET watermark = $2 WHERE key = $1",
            &[task.into(), watermark.into()],
        )?;
        self.0.execute(
            "UPDATE sync_run SET to_watermark = $2 WHERE id = $1",
            &[run.into(), watermark.into()],
        )?;
        Ok(())
    }
}

fn keep(db: &mut Connection, run: &SyncRun, reject: &Reject) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO sync_reject (run, table_name, row_number, row_key, field, reason, remedy, raw) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            run.id.into(),
            run.table.as_str().into(),
            reject.row_number.into(),
            reject.key.as_str().into(),
            reject.field.as_str().into(),
            reject.reason.as_str().into(),
            reject.remedy.as_str().into(),
            reject.raw.as_str().into(),
        ],
    )?;
    Ok(())
}

pub(crate) const RUN_COLUMNS: &str = "id, task, source, table_name, cause, mapping, started_at, ended_at, state, from_watermark, \
     to_watermark, rows_read, inserted, updated, unchanged, outdated, rejected, tombstoned, message";

pub(crate) fn read_reject(row: &[Value]) -> Reject {
    let text = |at: usize| row[at].str().to_owned();
    Reject {
        row_number: row[0].int().unwrap_or_default(),
        key: text(1),
        field: text(2),
        reason: text(3),
        remedy: text(4),
        raw: text(5),
    }
}

pub(crate) fn read_run(row: &[Value]) -> Result<SyncRun, StoreError> {
    let text = |at: usize| row[at].str().to_owned();
    let number = |at: usize| row[at].int().unwrap_or_default();
    Ok(SyncRun {
        id: number(0),
        task: text(1),
        source: text(2),
        table: text(3),
        cause: text(4),
        mapping: text(5),
        started_at: number(6),
        ended_at: row[7].int(),
        state: RunState::read(row[8].str())?,
        from_watermark: row[9].int(),
        to_watermark: row[10].int(),
        read: number(11),
        inserted: number(12),
        updated: number(13),
        unchanged: number(14),
        outdated: number(15),
        rejected: number(16),
        tombstoned: number(17),
        message: text(18),
    })
}
