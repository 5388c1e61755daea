//! 病例档案: everything recorded and computed of one case, for whoever may see it.

use crate::case_scope::{self, CaseInScope};
use crate::connection::Connection;
use crate::findings::{CaseFinding, CaseScore};
use crate::named_row::NamedRow;
use crate::privacy::mask;
use crate::results::{COLUMNS, StoredResult};
use crate::{ComputeCause, ComputeState, Moment, Store, StoreError};
use model::Viewer;
use model::canonical::{Table, Value};
use std::collections::{BTreeSet, HashMap};

/// One case. Live rows only; private columns are masked: names as the viewer may read them, everything else always.
#[derive(Clone, Debug)]
pub struct CaseRecord {
    /// Number of the case.
    pub number: i64,
    /// yyyymm of the discharge, 0 in house.
    pub month: i64,
    /// The case as the engines saw it last; `sync` reads it.
    pub input: String,
    /// 科室: of the discharge, else where the patient lies now, else of the admission.
    pub department_key: String,
    /// 住院就诊
    pub encounter: NamedRow,
    /// 患者; `None` when not collected yet.
    pub patient: Option<NamedRow>,
    /// 在科记录 in order.
    pub department_stays: Vec<NamedRow>,
    /// 诊断 of every origin, by origin, kind and sequence.
    pub diagnoses: Vec<NamedRow>,
    /// 手术操作 of every origin, by origin and sequence.
    pub operations: Vec<NamedRow>,
    /// 重症监护 in order.
    pub icu_stays: Vec<NamedRow>,
    /// 医保结算 in order, cancelled ones and their cancellations included.
    pub settlements: Vec<NamedRow>,
    /// 基金支付明细
    pub funds: Vec<NamedRow>,
    /// 医保结算清单
    pub settlement_lists: Vec<NamedRow>,
    /// 病案首页, its newest revision.
    pub front_page: Option<NamedRow>,
    /// 历次结果: the current one first, then by run, newest first.
    pub results: Vec<CaseRunResult>,
    /// 违规与缺陷 of all runs, newest run first.
    pub findings: Vec<CaseFinding>,
    /// 评分 of all runs, newest run first.
    pub scores: Vec<CaseScore>,
    departments: HashMap<String, String>,
    staff: HashMap<String, String>,
}

/// A result of a case with the run and the pack that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRunResult {
    /// The result.
    pub result: StoredResult,
    /// It is the one that counts.
    pub current: bool,
    /// 病种名称; empty when ungrouped.
    pub group_name: String,
    /// 政策包名称
    pub pack_name: String,
    /// The pack's own id (`sample-2025`).
    pub pack_id: String,
    /// Hash of the pack.
    pub pack_hash: String,
    /// When the run began.
    pub run_started_at: Moment,
    /// Why the run computed.
    pub cause: ComputeCause,
    /// How the run stands.
    pub state: ComputeState,
}

impl CaseRecord {
    /// Name of a department; its key when the dictionary does not know it.
    pub fn department<'a>(&'a self, key: &'a str) -> &'a str {
        self.departments.get(key).map_or(key, String::as_str)
    }

    /// Name of a doctor or nurse; the key when the dictionary does not know it.
    pub fn staff<'a>(&'a self, key: &'a str) -> &'a str {
        self.staff.get(key).map_or(key, String::as_str)
    }

    /// The result that counts.
    pub fn current(&self) -> Option<&CaseRunResult> {
        self.results.first().filter(|result| result.current)
    }
}

impl Store {
    /// One case by its number, as of one moment. `None` when there is none, when it is void, and when it lies outside the
    /// viewer's scope: which of them it is, is not told.
    pub fn case_record(&self, viewer: &Viewer, number: i64) -> Result<Option<CaseRecord>, StoreError> {
        let mut reader = self.reader()?;
        let db = reader.db()?;
        let Some(found) = case_scope::find(db, viewer, number)? else { return Ok(None) };
        read(db, viewer, number, found)
    }
}

fn read(
    db: &mut Connection,
    viewer: &Viewer,
    number: i64,
    found: CaseInScope,
) -> Result<Option<CaseRecord>, StoreError> {
    let key = Value::from(found.encounter_key.as_str());
    let mut rows = |table: &str| masked(db, viewer, table, &key);
    let Some(encounter) = rows("encounter")?.pop() else { return Ok(None) };
    let department_stays = rows("department_stay")?;
    let diagnoses = rows("diagnosis")?;
    let operations = rows("operation")?;
    let (icu_stays, settlements) = (rows("icu_stay")?, rows("settlement")?);
    let (funds, settlement_lists) = (rows("settlement_fund")?, rows("settlement_list")?);
    let front_page = rows("front_page")?.pop();
    let patient = masked(db, viewer, "patient", encounter.value("patient_key"))?.pop();

    let everything = [&department_stays, &diagnoses, &operations, &icu_stays].into_iter().flatten();
    let rows: Vec<&NamedRow> = everything.chain([&encounter]).collect();
    let departments = names(db, "department", &rows)?;
    let staff = names(db, "staff", &rows)?;
    let (findings, scores) = (findings(db, number)?, scores(db, number)?);
    Ok(Some(CaseRecord {
        number,
        month: found.month,
        results: results(db, number, found.run)?,
        input: found.input,
        department_key: found.department_key,
        encounter,
        patient,
        department_stays,
        diagnoses,
        operations,
        icu_stays,
        settlements,
        funds,
        settlement_lists,
        front_page,
        findings,
        scores,
        departments,
        staff,
    }))
}

/// The column that a table is read by, and its order.
fn place(table: &str) -> (&'static str, &'static str) {
    match table {
        "encounter" | "patient" => ("key", "key"),
        "department_stay" => ("encounter_key", "sequence, entered_at, key"),
        "diagnosis" => {
            ("encounter_key", "origin, kind, CASE WHEN principal = 1 THEN 0 ELSE 1 END, sequence, key")
        }
        "operation" => ("encounter_key", "origin, CASE WHEN principal = 1 THEN 0 ELSE 1 END, sequence, key"),
        "icu_stay" => ("encounter_key", "entered_at, key"),
        "settlement" => ("encounter_key", "settled_at, key"),
        // The newest last.
        "front_page" => ("encounter_key", "COALESCE(revision, 0), key"),
        _ => ("encounter_key", "key"),
    }
}

fn select(table: &Table) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let (by, order) = place(table.name);
    format!(
        "SELECT {} FROM {} WHERE {by} = $1 AND deleted_at IS NULL ORDER BY {order}",
        columns.join(", "),
        table.name
    )
}

fn masked(
    db: &mut Connection,
    viewer: &Viewer,
    name: &str,
    key: &Value,
) -> Result<Vec<NamedRow>, StoreError> {
    let table = Table::named(name).ok_or_else(|| StoreError::Shape(format!("没有数据表 {name}")))?;
    let rows = db.all(&select(table), std::slice::from_ref(key))?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut row = NamedRow::new(table, row);
            mask(&mut row, viewer);
            row
        })
        .collect())
}

/// Names of the departments or staff that rows refer to; also of those the dictionary has removed since.
fn names(
    db: &mut Connection,
    dictionary: &'static str,
    rows: &[&NamedRow],
) -> Result<HashMap<String, String>, StoreError> {
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for row in rows {
        let columns = row.table().columns.iter().filter(|column| column.refers_to == Some(dictionary));
        keys.extend(columns.map(|column| row.text(column.name)).filter(|key| !key.is_empty()));
    }
    let keys: Vec<Value> = keys.into_iter().map(Value::from).collect();
    names_of(db, dictionary, &keys)
}

/// Names of a dictionary's rows by key.
pub(crate) fn names_of(
    db: &mut Connection,
    dictionary: &'static str,
    keys: &[Value],
) -> Result<HashMap<String, String>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let places: Vec<String> = (1..=keys.len()).map(|at| format!("${at}")).collect();
    let sql = format!("SELECT key, name FROM {dictionary} WHERE key IN ({})", places.join(", "));
    let rows = db.all(&sql, keys)?;
    Ok(rows.iter().map(|row| (row[0].str().to_owned(), row[1].str().to_owned())).collect())
}

fn results_sql() -> String {
    let columns: Vec<String> = COLUMNS.iter().skip(1).map(|name| format!("r.{name}")).collect();
    format!(
        "SELECT g.name, p.name, p.pack, p.hash, u.started_at, u.cause, u.state, {} FROM case_result r \
         JOIN compute_run u ON u.id = r.run LEFT JOIN policy_pack p ON p.id = r.pack \
         LEFT JOIN policy_group g ON g.pack = r.pack AND g.code = r.group_code \
         WHERE r.case_number = $1 ORDER BY r.run DESC",
        columns.join(", ")
    )
}

fn results(db: &mut Connection, number: i64, current: Option<i64>) -> Result<Vec<CaseRunResult>, StoreError> {
    let rows = db.all(&results_sql(), &[number.into()])?;
    let mut results = rows
        .iter()
        .map(|row| {
            let result = StoredResult::read(&row[7..]);
            Ok(CaseRunResult {
                current: Some(result.run) == current,
                group_name: row[0].str().to_owned(),
                pack_name: row[1].str().to_owned(),
                pack_id: row[2].str().to_owned(),
                pack_hash: row[3].str().to_owned(),
                run_started_at: row[4].int().unwrap_or_default(),
                cause: ComputeCause::named(row[5].str()),
                state: ComputeState::named(row[6].str())?,
                result,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    results.sort_by_key(|result| !result.current);
    Ok(results)
}

const FINDINGS: &str = "SELECT run, engine, rule, rules, severity, line_key, amount, quantity, evidence \
     FROM case_finding WHERE case_number = $1 ORDER BY run DESC, id";
const SCORES: &str =
    "SELECT run, kind, score, rules FROM case_score WHERE case_number = $1 ORDER BY run DESC, kind";

fn findings(db: &mut Connection, case: i64) -> Result<Vec<CaseFinding>, StoreError> {
    let rows = db.all(FINDINGS, &[case.into()])?;
    let text = |value: &Value| value.str().to_owned();
    Ok(rows
        .iter()
        .map(|row| CaseFinding {
            case,
            run: row[0].int().unwrap_or_default(),
            engine: text(&row[1]),
            rule: text(&row[2]),
            rules: text(&row[3]),
            severity: text(&row[4]),
            line_key: text(&row[5]),
            amount: row[6].int(),
            quantity: row[7].int(),
            evidence: text(&row[8]),
        })
        .collect())
}

fn scores(db: &mut Connection, case: i64) -> Result<Vec<CaseScore>, StoreError> {
    let rows = db.all(SCORES, &[case.into()])?;
    Ok(rows
        .iter()
        .map(|row| CaseScore {
            case,
            run: row[0].int().unwrap_or_default(),
            kind: row[1].str().to_owned(),
            score: row[2].int().unwrap_or_default(),
            rules: row[3].str().to_owned(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever is read of a case is found by an index: no statement walks a table of the hospital's size.
    #[test]
    fn every_look_up_is_a_search() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
        let tables = ["encounter", "patient", "department_stay", "diagnosis", "operation", "icu_stay"];
        let more = ["settlement", "settlement_fund", "settlement_list", "front_page"];
        let mut statements: Vec<String> =
            tables.iter().chain(&more).map(|name| select(Table::named(name).unwrap())).collect();
        statements.extend([FINDINGS, SCORES].map(str::to_owned));
        statements.extend([results_sql(), case_scope::case_sql()]);
        for sql in statements {
            let plan = store.with(|db| db.all(&format!("EXPLAIN QUERY PLAN {sql}"), &["1".into()])).unwrap();
            let steps: Vec<&str> = plan.iter().map(|row| row[3].str()).collect();
            assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{sql}: {steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{sql}: {steps:?}");
        }
    }
}
