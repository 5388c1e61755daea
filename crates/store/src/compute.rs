//! 计算批次: runs of the engines, restartable; a batch of cases is kept whole or not at all.

use crate::collect::{count_on, next_stamp, touch_month};
use crate::connection::Connection;
use crate::packs::put_in_force;
use crate::results::{COLUMNS, StoredResult};
use crate::{Moment, Store, StoreError};
use model::canonical::Value;
use std::collections::{BTreeSet, HashMap};

/// Why a run computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeCause {
    /// Changed encounters.
    Sync,
    /// A new pack over discharges that are computed already.
    Regroup,
}

impl ComputeCause {
    pub(crate) fn named(name: &str) -> ComputeCause {
        if name == "sync" { ComputeCause::Sync } else { ComputeCause::Regroup }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            ComputeCause::Sync => "采集后计算",
            ComputeCause::Regroup => "重新分组计价",
        }
    }
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeState {
    /// 进行中, or interrupted and to be gone on with.
    Running,
    /// 完成, its results beside the current ones.
    Done,
    /// 已发布: its results are the current ones.
    Published,
    /// 已取消
    Cancelled,
    /// 中断: its process ended in the middle; another run did the rest.
    Interrupted,
}

impl ComputeState {
    const ALL: [(ComputeState, &'static str, &'static str); 5] = [
        (ComputeState::Running, "running", "进行中"),
        (ComputeState::Done, "done", "完成未发布"),
        (ComputeState::Published, "published", "已发布"),
        (ComputeState::Cancelled, "cancelled", "已取消"),
        (ComputeState::Interrupted, "interrupted", "中断"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    pub(crate) fn named(name: &str) -> Result<ComputeState, StoreError> {
        let found = Self::ALL.iter().find(|row| row.1 == name);
        found.map(|row| row.0).ok_or_else(|| StoreError::Shape("计算批次状态".into()))
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }
}

/// A run of the engines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputeRun {
    /// Number.
    pub id: i64,
    /// Why.
    pub cause: ComputeCause,
    /// How it stands.
    pub state: ComputeState,
    /// The packs it computes with.
    pub packs: Vec<i64>,
    /// First discharge day, days; `None`: from the first.
    pub scope_from: Option<i64>,
    /// Last discharge day, days; `None`: to the last.
    pub scope_to: Option<i64>,
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// Cases to compute.
    pub total: i64,
    /// Cases computed.
    pub done: i64,
    /// Number of the last case computed (Regroup).
    pub cursor: i64,
}

/// A case that has been computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputedCase {
    /// Key of the encounter.
    pub encounter_key: String,
    /// yyyymm of the discharge, 0 in house.
    pub month: i64,
    /// Day of the discharge, days since 1970-01-01.
    pub discharge_day: Option<i64>,
    /// The case as given to the engines.
    pub input: String,
    /// The result; `None` when the encounter is void.
    pub result: Option<StoredResult>,
}

/// `inpatient_case.month` of a void encounter.
pub(crate) const VOID: i64 = -2;

impl Store {
    /// Begins a run. A run over changed encounters that is still `running` ended with its process: it is marked so.
    pub fn begin_compute(&self, run: &ComputeRun) -> Result<i64, StoreError> {
        let packs: Vec<String> = run.packs.iter().map(i64::to_string).collect();
        let cause = match run.cause {
            ComputeCause::Sync => "sync",
            ComputeCause::Regroup => "regroup",
        };
        let id = self.with(|db| {
            if run.cause == ComputeCause::Sync {
                db.execute(
                    "UPDATE compute_run SET state = 'interrupted', ended_at = $1 \
                     WHERE cause = 'sync' AND state = 'running'",
                    &[run.started_at.into()],
                )?;
            }
            db.number(
                "INSERT INTO compute_run (cause, state, packs, scope_from, scope_to, started_at, total, done, \
                 cursor_number) VALUES ($1, 'running', $2, $3, $4, $5, $6, 0, 0) RETURNING id",
                &[
                    cause.into(),
                    packs.join(",").as_str().into(),
                    run.scope_from.into(),
                    run.scope_to.into(),
                    run.started_at.into(),
                    run.total.into(),
                ],
            )
        })?;
        id.ok_or_else(|| StoreError::Missing("新的计算批次".into()))
    }

    /// One run.
    pub fn compute_run(&self, id: i64) -> Result<ComputeRun, StoreError> {
        let found = self.compute_runs_where("WHERE id = $1", &[id.into()])?.pop();
        found.ok_or_else(|| StoreError::Missing(format!("计算批次 {id}")))
    }

    /// The latest runs, newest first.
    pub fn compute_runs(&self, limit: i64) -> Result<Vec<ComputeRun>, StoreError> {
        self.compute_runs_where("ORDER BY id DESC LIMIT $1", &[limit.into()])
    }

    /// Regroupings that were interrupted and wait to be gone on with.
    pub fn unfinished_regroups(&self) -> Result<Vec<ComputeRun>, StoreError> {
        self.compute_runs_where("WHERE cause = 'regroup' AND state = 'running' ORDER BY id", &[])
    }

    fn compute_runs_where(&self, filter: &str, parameters: &[Value]) -> Result<Vec<ComputeRun>, StoreError> {
        let sql = format!(
            "SELECT id, cause, state, packs, scope_from, scope_to, started_at, ended_at, total, done, cursor_number \
             FROM compute_run {filter}"
        );
        let rows = self.with(|db| db.all(&sql, parameters))?;
        rows.iter()
            .map(|row| {
                let number = |at: usize| row[at].int().unwrap_or_default();
                Ok(ComputeRun {
                    id: number(0),
                    cause: ComputeCause::named(row[1].str()),
                    state: ComputeState::named(row[2].str())?,
                    packs: row[3].str().split(',').filter_map(|id| id.parse().ok()).collect(),
                    scope_from: row[4].int(),
                    scope_to: row[5].int(),
                    started_at: number(6),
                    ended_at: row[7].int(),
                    total: number(8),
                    done: number(9),
                    cursor: number(10),
                })
            })
            .collect()
    }

    /// Keeps the results of changed encounters as the current ones, and takes the marks of all encounters with keys in
    /// (`after`, `last`] changed no later than `up_to`. One transaction.
    pub fn save_computed(
        &self,
        run: i64,
        cases: &[ComputedCase],
        (after, last): (&str, &str),
        up_to: i64,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let known = numbers(db, cases)?;
                let done = cases.len() as i64;
                // Void and never computed: there is nothing to keep.
                let cases: Vec<&ComputedCase> = cases
                    .iter()
                    .filter(|case| case.result.is_some() || known.contains_key(&case.encounter_key))
                    .collect();
                let fresh = cases.iter().filter(|case| !known.contains_key(&case.encounter_key)).count() as i64;
                let mut next = count_on(db, "case", fresh)? - fresh;
                let stamp = next_stamp(db)?;
                let mut months = BTreeSet::new();
                let (mut case_rows, mut result_rows) = (Vec::new(), Vec::new());
                for case in &cases {
                    let number = match known.get(&case.encounter_key) {
                        Some((number, month)) => {
                            months.insert(*month);
                            *number
                        }
                        None => {
                            next += 1;
                            next
                        }
                    };
                    let month = if case.result.is_some() { case.month } else { VOID };
                    months.insert(month);
                    case_rows.push([
                        case.encounter_key.as_str().into(),
                        number.into(),
                        month.into(),
                        case.discharge_day.into(),
                        case.result.as_ref().map(|_| run).into(),
                        Value::Text(case.input.as_str().into()),
                        stamp.into(),
                    ]);
                    result_rows.extend(case.result.as_ref().map(|result| result.values(number)));
                }
                db.insert_many(
                    "inpatient_case",
                    &["encounter_key", "number", "month", "discharge_day", "run", "input", "changed"],
                    case_rows.iter().map(|row| row.as_slice()),
                    "ON CONFLICT (encounter_key) DO UPDATE SET month = excluded.month, \
                     discharge_day = excluded.discharge_day, run = excluded.run, input = excluded.input, \
                     changed = excluded.changed",
                )?;
                db.insert_many("case_result", &COLUMNS, result_rows.iter().map(|row| row.as_slice()), "")?;
                db.execute(
                    "DELETE FROM dirty_encounter WHERE encounter_key > $1 AND encounter_key <= $2 AND stamp <= $3",
                    &[Value::Text(after.into()), Value::Text(last.into()), up_to.into()],
                )?;
                for month in months {
                    touch_month(db, month, stamp)?;
                }
                progress(db, run, done, 0)
            })
        })
    }

    /// How many cases a regrouping has to do.
    pub fn count_cases(&self, from: Option<i64>, to: Option<i64>) -> Result<i64, StoreError> {
        let count = self.with(|db| {
            db.number(
                &format!("SELECT COUNT(*) FROM inpatient_case WHERE {SCOPE}"),
                &[from.into(), to.into()],
            )
        })?;
        Ok(count.unwrap_or_default())
    }

    /// The next cases of a regrouping by number: number and input.
    pub fn cases_after(
        &self,
        cursor: i64,
        from: Option<i64>,
        to: Option<i64>,
        limit: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = format!(
            "SELECT number, input FROM inpatient_case WHERE {SCOPE} AND number > $3 ORDER BY number LIMIT $4"
        );
        let mut cases = Vec::new();
        self.with(|db| {
            db.query(&sql, &[from.into(), to.into(), cursor.into(), limit.into()], &mut |row| {
                cases.push((row[0].int().unwrap_or_default(), row[1].str().to_owned()));
                Ok(())
            })
        })?;
        Ok(cases)
    }

    /// Keeps a batch of a regrouping beside the current results and moves its cursor. One transaction.
    pub fn save_regrouped(&self, run: i64, results: &[(i64, StoredResult)]) -> Result<(), StoreError> {
        let Some((cursor, _)) = results.last() else { return Ok(()) };
        self.with(|db| {
            db.transaction(|db| {
                let rows: Vec<[Value; 25]> =
                    results.iter().map(|(number, result)| result.values(*number)).collect();
                db.insert_many("case_result", &COLUMNS, rows.iter().map(|row| row.as_slice()), "")?;
                progress(db, run, results.len() as i64, *cursor)?;
                // Given up meanwhile: then it leaves nothing behind.
                let state = db.first("SELECT state FROM compute_run WHERE id = $1", &[run.into()])?;
                let running = state.is_some_and(|row| row[0].str() == ComputeState::Running.name());
                if running { Ok(()) } else { Err(StoreError::Cancelled) }
            })
        })
    }

    /// Ends a run.
    pub fn end_compute(&self, run: i64, state: ComputeState, now: Moment) -> Result<(), StoreError> {
        self.with(|db| {
            db.execute(
                "UPDATE compute_run SET state = $2, ended_at = $3 WHERE id = $1",
                &[run.into(), state.name().into(), now.into()],
            )
        })?;
        Ok(())
    }

    /// Makes a finished regrouping the current one: its packs come in force and its results become the current ones. Marked
    /// for computing are cases that were computed anew meanwhile, and those outside of its scope whose pack is not in force any
    /// more or that had none of their date (试算, 在院): afterwards every current result is of the packs in force. One
    /// transaction.
    pub fn publish(&self, run: i64, now: Moment) -> Result<(), StoreError> {
        let of = self.compute_run(run)?;
        self.with(|db| db.transaction(|db| publish(db, &of, ("", now))))
    }
}

/// See [`Store::publish`]; `by` is who and when.
pub(crate) fn publish(db: &mut Connection, of: &ComputeRun, by: (&str, Moment)) -> Result<(), StoreError> {
    if of.cause != ComputeCause::Regroup || !matches!(of.state, ComputeState::Done | ComputeState::Published)
    {
        return Err(StoreError::Tool(format!(
            "计算批次 {} 不能发布：只有已经算完的“重新计算”可以发布",
            of.id
        )));
    }
    put_in_force(db, &of.packs, Some(of.id), by)?;
    let stamp = next_stamp(db)?;
    // Cases computed later than this run began have newer data than its results.
    let newer = "(SELECT MAX(r.id) FROM compute_run r WHERE r.id = inpatient_case.run AND r.id > $1)";
    db.execute(
        &format!(
            "INSERT INTO dirty_encounter (encounter_key, stamp) SELECT encounter_key, CAST($2 AS BIGINT) \
             FROM inpatient_case WHERE {newer} IS NOT NULL \
             ON CONFLICT (encounter_key) DO UPDATE SET stamp = excluded.stamp"
        ),
        &[of.id.into(), stamp.into()],
    )?;
    db.execute(
        "UPDATE inpatient_case SET run = $1, changed = $2 WHERE run < $1 AND EXISTS \
         (SELECT 1 FROM case_result c WHERE c.case_number = inpatient_case.number AND c.run = $1)",
        &[of.id.into(), stamp.into()],
    )?;
    db.execute(
        "INSERT INTO dirty_encounter (encounter_key, stamp) \
         SELECT c.encounter_key, CAST($1 AS BIGINT) FROM inpatient_case c \
         JOIN case_result r ON r.case_number = c.number AND r.run = c.run \
         WHERE c.run <> $2 AND (r.trial = 1 OR c.month = 0 OR r.pack IN \
         (SELECT id FROM policy_pack WHERE in_force_since IS NULL)) \
         ON CONFLICT (encounter_key) DO UPDATE SET stamp = excluded.stamp",
        &[stamp.into(), of.id.into()],
    )?;
    db.execute(
        "INSERT INTO month_version (month, stamp) SELECT DISTINCT month, CAST($2 AS BIGINT) FROM inpatient_case \
         WHERE run = $1 ON CONFLICT (month) DO UPDATE SET stamp = excluded.stamp",
        &[of.id.into(), stamp.into()],
    )?;
    db.execute(
        "UPDATE compute_run SET state = 'published', ended_at = $2 WHERE id = $1",
        &[of.id.into(), by.1.into()],
    )?;
    Ok(())
}

/// Discharged cases between two days, void ones left out; in-house patients belong to no regrouping but an unbounded one.
const SCOPE: &str = "month >= 0 AND (CAST($1 AS BIGINT) IS NULL OR discharge_day >= $1) \
     AND (CAST($2 AS BIGINT) IS NULL OR discharge_day <= $2)";

fn progress(db: &mut Connection, run: i64, done: i64, cursor: i64) -> Result<(), StoreError> {
    db.execute(
        "UPDATE compute_run SET done = done + $2, \
         cursor_number = CASE WHEN $3 > cursor_number THEN $3 ELSE cursor_number END WHERE id = $1",
        &[run.into(), done.into(), cursor.into()],
    )?;
    Ok(())
}

/// Number and month of the cases that have been computed before.
fn numbers(db: &mut Connection, cases: &[ComputedCase]) -> Result<HashMap<String, (i64, i64)>, StoreError> {
    let mut known = HashMap::new();
    for case in cases {
        let key = case.encounter_key.as_str();
        let row =
            db.first("SELECT number, month FROM inpatient_case WHERE encounter_key = $1", &[key.into()])?;
        if let Some(row) = row {
            known
                .insert(key.to_owned(), (row[0].int().unwrap_or_default(), row[1].int().unwrap_or_default()));
        }
    }
    Ok(known)
}
