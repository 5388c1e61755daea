//! 构建: the facts of one month, or of all, from the store, in one transaction.

use crate::MartError;
use crate::case_stage;
use crate::facts::{CASE, CHARGE, FACTS};
use crate::load::{append, pump};
use crate::readmission::update_readmissions;
use crate::refresh::{RefreshReport, report};
use crate::stage::{CHARGE_LINE, PATIENT, STAGED, Staged, create_stage};
use duckdb::Connection;
use std::collections::BTreeMap;
use store::{Of, Progress, Reader, Scan};

/// Charge lines staged before they are joined into the fact: bounds the memory of a whole build.
const PIECE: u64 = 250_000;

/// What to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A month: cases that changed after a change number, or all of them.
    Month(i64, Option<i64>),
    Whole,
}

impl Scope {
    fn of(self) -> Of {
        match self {
            Scope::Whole => Of::All,
            Scope::Month(month, None) => Of::Month(month),
            Scope::Month(month, Some(after)) => Of::Changed { month, after },
        }
    }
}

/// A refresh under way.
pub(crate) struct Build<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) reader: &'a mut Reader,
    pub(crate) progress: &'a mut dyn Progress,
    /// Versions of the store's months.
    pub(crate) versions: &'a BTreeMap<i64, i64>,
}

impl Build<'_> {
    pub(crate) fn stage_patients(&mut self) -> Result<(), MartError> {
        self.stage(&PATIENT, Of::All)
    }

    /// Builds a month or everything. Nothing of it is seen, by readers or after a crash, before all of it is there.
    pub(crate) fn run(&mut self, scope: Scope, done: &mut RefreshReport) -> Result<(), MartError> {
        self.say(scope, "读取病例", 0)?;
        case_stage::stage(self.db, self.reader, scope.of())?;
        for staged in STAGED {
            self.stage(staged, scope.of())?;
        }
        if let Scope::Month(month, _) = scope {
            case_stage::stage_numbers(self.db, self.reader, month)?;
        }
        self.db.execute_batch(PREPARE)?;

        self.db.execute_batch("BEGIN")?;
        self.clear(scope)?;
        let lines = self.charges(scope)?;
        self.say(scope, "汇总病例", lines)?;
        for fact in FACTS.iter().filter(|fact| fact.name != CHARGE.name) {
            // Cases in the order in which lists show them: a page of a list then lies in few blocks.
            let latest_first = " ORDER BY month DESC, discharge_day DESC, number";
            let order = if fact.name == CASE.name { latest_first } else { "" };
            self.db.execute_batch(&format!("{}{order}", fact.insert()))?;
        }
        self.db
            .execute_batch("INSERT INTO touched_patient SELECT DISTINCT patient_key FROM stage_encounter")?;
        self.db.execute_batch(&update_readmissions())?;
        self.note_versions(scope)?;
        self.db.execute_batch("COMMIT")?;

        let cases: i64 = self.db.query_row("SELECT COUNT(*) FROM stage_case", [], |row| row.get(0))?;
        done.cases += cases.unsigned_abs();
        done.charge_lines += lines;
        Ok(())
    }

    /// A whole build says what it does and can be stopped anywhere; a month is said once and short.
    fn say(&mut self, scope: Scope, what: &str, done: u64) -> Result<(), MartError> {
        match scope {
            Scope::Whole => report(self.progress, &format!("建立分析库：{what}"), done, 0),
            Scope::Month(..) => Ok(()),
        }
    }

    fn stage(&mut self, staged: &Staged, of: Of) -> Result<(), MartError> {
        let (table, columns) = staged.of()?;
        let name = format!("stage_{}", table.name);
        create_stage(self.db, &name, &columns)?;
        let scan = Scan { table, columns: staged.columns, of };
        pump(self.reader, scan, &columns, &mut |batch| append(self.db, &name, batch))?;
        Ok(())
    }

    /// Takes out the rows that are built anew and those of cases that are in the month no more; cases that come into it from
    /// another month leave that one.
    fn clear(&mut self, scope: Scope) -> Result<(), MartError> {
        let Scope::Month(month, _) = scope else {
            let create: Vec<String> = FACTS.iter().map(|fact| fact.create()).collect();
            self.db.execute_batch(&create.join(";"))?;
            return Ok(self
                .db
                .execute_batch("CREATE OR REPLACE TEMP TABLE touched_patient (patient_key VARCHAR)")?);
        };
        self.db.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE gone AS SELECT number, month, patient_key FROM case_fact \
             WHERE number IN (SELECT number FROM stage_case) \
                OR month = {month} AND number NOT IN (SELECT number FROM stage_number); \
             CREATE OR REPLACE TEMP TABLE touched_patient AS SELECT DISTINCT patient_key FROM gone"
        ))?;
        let moved: i64 =
            self.db.query_row("SELECT COUNT(*) FROM gone WHERE month <> ?", [month], |row| row.get(0))?;
        for fact in FACTS {
            self.db.execute_batch(&format!(
                "DELETE FROM {} WHERE month = {month} AND number IN (SELECT number FROM gone)",
                fact.name
            ))?;
            if moved > 0 {
                self.db.execute_batch(&format!(
                    "DELETE FROM {} WHERE number IN (SELECT number FROM gone WHERE month <> {month})",
                    fact.name
                ))?;
            }
        }
        Ok(())
    }

    fn charges(&mut self, scope: Scope) -> Result<u64, MartError> {
        let (table, columns) = CHARGE_LINE.of()?;
        let (db, progress) = (self.db, &mut *self.progress);
        // Months side by side: whoever reads one month skips the others' blocks.
        let insert = format!("{} ORDER BY c.month, c.number", CHARGE.insert());
        create_stage(db, "stage_charge_line", &columns)?;
        let (mut waiting, mut read) = (0, 0);
        let scan = Scan { table, columns: CHARGE_LINE.columns, of: scope.of() };
        pump(self.reader, scan, &columns, &mut |batch| {
            let rows = batch.num_rows() as u64;
            append(db, "stage_charge_line", batch)?;
            (waiting, read) = (waiting + rows, read + rows);
            if waiting >= PIECE {
                db.execute_batch(&insert)?;
                create_stage(db, "stage_charge_line", &columns)?;
                waiting = 0;
                if scope == Scope::Whole {
                    report(progress, "建立分析库：费用明细", read, 0)?;
                }
            }
            Ok(())
        })?;
        db.execute_batch(&insert)?;
        create_stage(db, "stage_charge_line", &columns)?;
        Ok(read)
    }

    /// In the transaction of the rows: the versions they were built from, and how many there are.
    fn note_versions(&mut self, scope: Scope) -> Result<(), MartError> {
        let built = |month: &i64| match scope {
            Scope::Month(one, _) => *month == one,
            Scope::Whole => *month >= 0,
        };
        let filter = match scope {
            Scope::Month(month, _) => format!("month = {month}"),
            Scope::Whole => "month >= 0".to_owned(),
        };
        self.db.execute_batch(&format!("DELETE FROM mart_month WHERE {filter}"))?;
        for (month, version) in self.versions.iter().filter(|(month, _)| built(month)) {
            self.db.execute_batch(&format!("INSERT INTO mart_month VALUES ({month}, {version}, 0, 0)"))?;
        }
        Ok(self.db.execute_batch(COUNT)?)
    }
}

/// Cases of encounters that are deleted but not computed again yet are left out. The departments of a stay get their order
/// and, each department by itself, all time: before its first row belongs to the first, after its last to the last.
const PREPARE: &str = "DELETE FROM stage_case WHERE encounter_key NOT IN (SELECT key FROM stage_encounter); \
    CREATE OR REPLACE TEMP TABLE department_visit AS SELECT key, encounter_key, department_key, \
        ROW_NUMBER() OVER (PARTITION BY encounter_key ORDER BY entered_at, sequence, key) AS position, \
        CASE WHEN LAG(key) OVER visits IS NULL THEN TIMESTAMP '-infinity' ELSE entered_at END AS from_at, \
        COALESCE(LEAD(entered_at) OVER visits, TIMESTAMP 'infinity') AS to_at \
    FROM stage_department_stay \
    WINDOW visits AS (PARTITION BY encounter_key, department_key ORDER BY entered_at, sequence, key)";

const COUNT: &str = "UPDATE mart_month SET cases = now.cases, charge_lines = now.lines FROM (\
        SELECT m.month, COUNT(f.number) AS cases, COALESCE(SUM(f.charge_lines), 0) AS lines \
        FROM mart_month m LEFT JOIN case_fact f ON f.month = m.month GROUP BY m.month) now \
    WHERE now.month = mart_month.month";
