//! 同步日志统计: runs filtered and counted by day, task or source; rejected rows by their reason.

use crate::sync_log::{RUN_COLUMNS, read_reject, read_run};
use crate::{Moment, Reject, RunState, Store, StoreError, SyncRun};
use model::canonical::Value;

/// 筛选: `None` and zero do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Runs that began at or after this moment.
    pub from: Option<Moment>,
    /// Runs that began before this moment.
    pub to: Option<Moment>,
    /// 数据源
    pub source: Option<String>,
    /// 任务: `source/task`.
    pub task: Option<String>,
    /// 状态
    pub state: Option<RunState>,
    /// Only runs that brought, changed, refused or removed something or did not end well.
    pub eventful: bool,
    /// Runs to leave out, newest first.
    pub offset: i64,
    /// Runs at most; 0: all.
    pub limit: i64,
}

/// 统计口径
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunBy {
    /// 日期: the key is the day the run began (days since 1970).
    Day,
    /// 任务: the key is `source/task`.
    Task,
}

/// 统计: one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// Day or task.
    pub key: String,
    /// Canonical table; empty for days.
    pub table: String,
    /// 运行次数
    pub runs: i64,
    /// Of these, failed or waiting for a person.
    pub failed: i64,
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
    /// Seconds that the ended runs took.
    pub seconds: i64,
    /// When the latest run began.
    pub last_at: Moment,
}

/// 拒收原因: how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectCount {
    /// 字段
    pub field: String,
    /// 原因: with the value, as far as it was kept.
    pub reason: String,
    /// 改法
    pub remedy: String,
    /// Kept rows with this reason.
    pub rows: i64,
}

impl Store {
    /// A page of runs, newest first, and how many there are in all.
    pub fn find_runs(&self, filter: &RunFilter) -> Result<(Vec<SyncRun>, i64), StoreError> {
        let (condition, mut parameters) = condition(filter);
        self.with(|db| {
            let total = db.number(&format!("SELECT COUNT(*) FROM sync_run {condition}"), &parameters)?;
            let (limit, offset) = (parameters.len() + 1, parameters.len() + 2);
            parameters.push(if filter.limit > 0 { filter.limit } else { i64::MAX }.into());
            parameters.push(filter.offset.max(0).into());
            let sql = format!(
                "SELECT {RUN_COLUMNS} FROM sync_run {condition} ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}"
            );
            let runs = db.all(&sql, &parameters)?.iter().map(|row| read_run(row)).collect::<Result<_, _>>()?;
            Ok((runs, total.unwrap_or_default()))
        })
    }

    /// Totals over the same runs, in the order of the key.
    pub fn run_counts(&self, filter: &RunFilter, by: RunBy) -> Result<Vec<RunTotals>, StoreError> {
        let (condition, parameters) = condition(filter);
        let (key, table) = match by {
            RunBy::Day => ("started_at / 86400", "''"),
            RunBy::Task => ("task", "COALESCE(MAX(table_name), '')"),
        };
        let sums: Vec<String> = [
            "rows_read",
            "inserted",
            "updated",
            "unchanged",
            "outdated",
            "rejected",
            "tombstoned",
            "COALESCE(ended_at - started_at, 0)",
        ]
        .iter()
        .map(|what| format!("CAST(SUM({what}) AS BIGINT)"))
        .collect();
        let sql = format!(
            "SELECT {key}, {table}, COUNT(*), COUNT(CASE WHEN state IN ('failed', 'held') THEN 1 END), \
             MAX(started_at), {} FROM sync_run {condition} GROUP BY {key} ORDER BY {key}",
            sums.join(", ")
        );
        let rows = self.with(|db| db.all(&sql, &parameters))?;
        Ok(rows
            .iter()
            .map(|row| {
                let number = |at: usize| row[at].int().unwrap_or_default();
                RunTotals {
                    key: row[0].int().map_or_else(|| row[0].str().to_owned(), |day| day.to_string()),
                    table: row[1].str().to_owned(),
                    runs: number(2),
                    failed: number(3),
                    last_at: number(4),
                    read: number(5),
                    inserted: number(6),
                    updated: number(7),
                    unchanged: number(8),
                    outdated: number(9),
                    rejected: number(10),
                    tombstoned: number(11),
                    seconds: number(12),
                }
            })
            .collect())
    }

    /// A page of the rejected rows of a run, in the order read, of one reason when given; and how many are kept.
    pub fn find_rejects(
        &self,
        run: i64,
        reason: Option<&str>,
        (offset, limit): (i64, i64),
    ) -> Result<(Vec<Reject>, i64), StoreError> {
        let mut parameters = vec![Value::from(run)];
        let mut condition = "run = $1".to_owned();
        if let Some(reason) = reason {
            condition.push_str(" AND reason = $2");
            parameters.push(reason.into());
        }
        self.with(|db| {
            let total =
                db.number(&format!("SELECT COUNT(*) FROM sync_reject WHERE {condition}"), &parameters)?;
            let at = parameters.len();
            parameters.push(if limit > 0 { limit } else { i64::MAX }.into());
            parameters.push(offset.max(0).into());
            let sql = format!(
                "SELECT row_number, row_key, field, reason, remedy, raw FROM sync_reject WHERE {condition} \
                 ORDER BY id LIMIT ${} OFFSET ${}",
                at + 1,
                at + 2
            );
            let rejects = db.all(&sql, &parameters)?.iter().map(|row| read_reject(row)).collect();
            Ok((rejects, total.unwrap_or_default()))
        })
    }

    /// Why rows of a run were rejected, the most frequent reason first.
    pub fn reject_counts(&self, run: i64) -> Result<Vec<RejectCount>, StoreError> {
        let sql = "SELECT COALESCE(field, ''), reason, MAX(remedy), COUNT(*) FROM sync_reject WHERE run = $1 \
                   GROUP BY COALESCE(field, ''), reason ORDER BY 4 DESC, 1, 2";
        let rows = self.with(|db| db.all(sql, &[run.into()]))?;
        Ok(rows
            .iter()
            .map(|row| RejectCount {
                field: row[0].str().to_owned(),
                reason: row[1].str().to_owned(),
                remedy: row[2].str().to_owned(),
                rows: row[3].int().unwrap_or_default(),
            })
            .collect())
    }
}

fn condition(filter: &RunFilter) -> (String, Vec<Value>) {
    let mut parts = Vec::new();
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |part: &str, value: Value| {
        parameters.push(value);
        parts.push(format!("{part} ${}", parameters.len()));
    };
    if let Some(from) = filter.from {
        add("started_at >=", from.into());
    }
    if let Some(to) = filter.to {
        add("started_at <", to.into());
    }
    if let Some(source) = &filter.source {
        add("source =", source.as_str().into());
    }
    if let Some(task) = &filter.task {
        add("task =", task.as_str().into());
    }
    if let Some(state) = filter.state {
        add("state =", state.name().into());
    }
    if filter.eventful {
        parts.push(
            "(inserted + updated + rejected + tombstoned > 0 OR state <> 'done' OR COALESCE(message, '') <> '')"
                .to_owned(),
        );
    }
    let condition = if parts.is_empty() { String::new() } else { format!("WHERE {}", parts.join(" AND ")) };
    (condition, parameters)
}
