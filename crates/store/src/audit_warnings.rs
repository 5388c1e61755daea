//! 违规预警的汇总: by department, by rule and one by one, of the cases that a viewer may see.

use crate::audit_findings::{FINDING, finding};
use crate::{AuditFinding, FindingState, Store, StoreError};
use model::Viewer;
use model::canonical::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Whose warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarnedPatients {
    /// 按出院: the period holds the day of the discharge.
    #[default]
    Discharged,
    /// 按结算: the period holds the day of the settlement.
    Settled,
    /// 按在院: in house now; the period holds the day of the warning.
    InHouse,
}

/// Which warnings. Empty fields let everything through; warnings of 试运行 rules and those that are gone never come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarningFilter {
    /// Whose.
    pub patients: WarnedPatients,
    /// First day, days since 1970.
    pub from: Option<i64>,
    /// Last day.
    pub to: Option<i64>,
    /// 科室
    pub department: String,
    /// 主诊医师 or 住院医师
    pub doctor: String,
    /// 规则编号
    pub rule: String,
    /// Level of the rule.
    pub level: String,
    /// Kinds of rules; empty: all.
    pub kinds: Vec<String>,
    /// 处理状态
    pub state: Option<FindingState>,
    /// A case.
    pub case: Option<i64>,
}

/// 预警数量 and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WarningCount {
    /// 预警数量
    pub warnings: i64,
    /// 医生忽略
    pub ignored: i64,
    /// 待处理
    pub open: i64,
    /// 确认违规
    pub confirmed: i64,
    /// 涉及患者, 人次.
    pub cases: i64,
    /// 违规金额, 分.
    pub amount: i64,
}

/// By what warnings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningsBy {
    /// 住院科室
    Department,
    /// 规则, with its level and kind.
    Rule,
    /// 主诊医师
    Doctor,
}

/// Warnings of one department, rule or doctor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarningSum {
    /// Key of the department or doctor, id of the rule.
    pub key: String,
    /// Name of the department or doctor.
    pub name: String,
    /// Level of the rule.
    pub level: String,
    /// Kind of the rule.
    pub kind: String,
    /// How many.
    pub count: WarningCount,
}

/// A warning with its patient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warning {
    /// The warning.
    pub finding: AuditFinding,
    /// 住院号
    pub inpatient_number: String,
    /// 患者, not masked.
    pub patient: String,
    /// 住院医生: 住院医师, else 主诊医师.
    pub doctor: String,
    /// 住院科室
    pub department: String,
    /// 项目名称
    pub item: String,
    /// Days since 1970; `None` in house.
    pub discharge_day: Option<i64>,
}

/// Cases asked for in one statement.
const CASES: usize = 500;

const COUNTS: &str = "COUNT(*), CAST(SUM(CASE WHEN f.state = 'ignored' THEN 1 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN f.state = 'open' THEN 1 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN f.state = 'confirmed' THEN 1 ELSE 0 END) AS BIGINT), \
     COUNT(DISTINCT f.case_number), CAST(COALESCE(SUM(f.amount), 0) AS BIGINT)";

/// Columns of [`COUNTS`].
const COUNTED: usize = 6;

/// Counts kept at most; past that all are dropped.
const KEPT: usize = 4_000;

/// What was counted of the warnings as they are now, by the whole statement: the viewer's scope is part of it.
#[derive(Default)]
pub(crate) struct KeptCounts(Mutex<Counted>);

/// Counts of one state of the warnings, by its change number.
#[derive(Default)]
struct Counted {
    changes: i64,
    sums: HashMap<Question, Arc<[WarningSum]>>,
}

/// A statement and its parameters.
type Question = (String, Vec<Value>);

impl KeptCounts {
    /// `changes`: the change number of the warnings.
    fn known(&self, changes: i64, question: &Question) -> Option<Arc<[WarningSum]>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.changes == changes { kept.sums.get(question).cloned() } else { None }
    }

    fn keep(&self, changes: i64, question: Question, counts: Arc<[WarningSum]>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was slower than a change keeps nothing.
        if kept.changes > changes {
            return;
        }
        if kept.changes < changes || kept.sums.len() >= KEPT {
            *kept = Counted { changes, ..Counted::default() };
        }
        kept.sums.insert(question, counts);
    }
}

fn count(row: &[Value]) -> WarningCount {
    let int = |at: usize| row[at].int().unwrap_or_default();
    WarningCount {
        warnings: int(0),
        ignored: int(1),
        open: int(2),
        confirmed: int(3),
        cases: int(4),
        amount: int(5),
    }
}

impl Store {
    /// All of them together.
    pub fn warning_count(&self, viewer: &Viewer, filter: &WarningFilter) -> Result<WarningCount, StoreError> {
        Ok(self.warning_groups(viewer, filter, None)?.first().map(|group| group.count).unwrap_or_default())
    }

    /// By department, rule or doctor, most first.
    pub fn warning_sums(
        &self,
        viewer: &Viewer,
        filter: &WarningFilter,
        by: WarningsBy,
    ) -> Result<Vec<WarningSum>, StoreError> {
        let (key, table) = match by {
            WarningsBy::Department => ("a.department_key", "department"),
            WarningsBy::Doctor => ("a.attending_key", "staff"),
            WarningsBy::Rule => {
                return Ok(self.warning_groups(viewer, filter, Some("f.rule, f.level, f.kind"))?.to_vec());
            }
        };
        // Names are read anew: they change without a warning changing.
        let mut sums = self.warning_groups(viewer, filter, Some(key))?.to_vec();
        let names = self.with(|db| db.all(&format!("SELECT key, name FROM {table}"), &[]))?;
        let names: HashMap<&str, &str> = names.iter().map(|row| (row[0].str(), row[1].str())).collect();
        for sum in &mut sums {
            sum.name = names.get(sum.key.as_str()).copied().unwrap_or_default().to_owned();
        }
        Ok(sums)
    }

    /// Counts by one column or three: a key, with the level and kind of a rule; else of all. Kept until a warning changes.
    fn warning_groups(
        &self,
        viewer: &Viewer,
        filter: &WarningFilter,
        by: Option<&str>,
    ) -> Result<Arc<[WarningSum]>, StoreError> {
        let (which, parameters) = within(viewer, filter);
        let sql = match by {
            Some(by) => format!(
                "SELECT {by}, {COUNTS} FROM {WARNED} WHERE {which} GROUP BY {by} ORDER BY COUNT(*) DESC, 1"
            ),
            None => format!("SELECT '', {COUNTS} FROM {WARNED} WHERE {which}"),
        };
        // Read before the counting: what changes in between is counted again the next time.
        let changes = self.audit_stamps()?.warnings;
        let question = (sql, parameters);
        if let Some(known) = self.warning_counts.known(changes, &question) {
            return Ok(known);
        }
        let rows = self.with(|db| db.all(&question.0, &question.1))?;
        let text = |row: &[Value], at: usize| row[at].str().to_owned();
        let groups = rows.iter().map(|row| {
            let (named, counts) = row.split_at(row.len() - COUNTED);
            let rule = named.len() == 3;
            WarningSum {
                key: text(named, 0),
                name: String::new(),
                level: if rule { text(named, 1) } else { String::new() },
                kind: if rule { text(named, 2) } else { String::new() },
                count: count(counts),
            }
        });
        let groups: Arc<[WarningSum]> = groups.collect();
        self.warning_counts.keep(changes, question, groups.clone());
        Ok(groups)
    }

    /// A page of warnings, the latest first, and how many there are.
    pub fn warnings_page(
        &self,
        viewer: &Viewer,
        filter: &WarningFilter,
        (offset, limit): (i64, i64),
    ) -> Result<(Vec<Warning>, i64), StoreError> {
        let (which, mut parameters) = within(viewer, filter);
        let total_sql = format!("SELECT COUNT(*) FROM {WARNED} WHERE {which}");
        let places = (parameters.len() + 1, parameters.len() + 2);
        let sql = format!(
            "SELECT e.inpatient_number, p.name, r.name, d.name, i.name, a.discharge_day, {FINDING} FROM {WARNED} \
             JOIN inpatient_case c ON c.number = f.case_number JOIN encounter e ON e.key = c.encounter_key \
             LEFT JOIN patient p ON p.key = e.patient_key LEFT JOIN department d ON d.key = a.department_key \
             LEFT JOIN staff r ON r.key = COALESCE(NULLIF(a.resident_key, ''), a.attending_key) \
             LEFT JOIN charge_item i ON i.key = f.item_key WHERE {which} \
             ORDER BY f.found_at DESC, f.charged_at DESC, f.id LIMIT ${} OFFSET ${}",
            places.0, places.1
        );
        self.with(|db| {
            let total = db.number(&total_sql, &parameters)?.unwrap_or_default();
            parameters.extend([limit.into(), offset.into()]);
            let text = |value: &Value| value.str().to_owned();
            let warnings = db
                .all(&sql, &parameters)?
                .iter()
                .map(|row| {
                    Ok(Warning {
                        inpatient_number: text(&row[0]),
                        patient: text(&row[1]),
                        doctor: text(&row[2]),
                        department: text(&row[3]),
                        item: text(&row[4]),
                        discharge_day: row[5].int(),
                        finding: finding(&row[6..])?,
                    })
                })
                .collect::<Result<Vec<Warning>, StoreError>>()?;
            Ok((warnings, total))
        })
    }

    /// 预警数 of each of these cases that has been audited and that the viewer may see.
    pub fn case_warnings(&self, viewer: &Viewer, numbers: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
        let mut counts = HashMap::new();
        for batch in numbers.chunks(CASES) {
            let places: Vec<String> = (1..=batch.len()).map(|at| format!("${at}")).collect();
            let mut parameters: Vec<Value> = batch.iter().map(|number| (*number).into()).collect();
            let scope = and_scope(viewer, &mut parameters);
            let sql = format!(
                "SELECT a.case_number, COUNT(f.id) FROM audit_case a LEFT JOIN audit_finding f \
                 ON f.case_number = a.case_number AND f.shadow = 0 AND f.gone_at IS NULL \
                 WHERE a.case_number IN ({}){scope} GROUP BY a.case_number",
                places.join(", ")
            );
            let rows = self.with(|db| db.all(&sql, &parameters))?;
            counts.extend(rows.iter().filter_map(|row| Some((row[0].int()?, row[1].int()?))));
        }
        Ok(counts)
    }

    /// The audited cases that a viewer may see; `None`: all, for whoever sees the whole hospital.
    pub fn audited_numbers(&self, viewer: &Viewer) -> Result<Option<HashSet<i64>>, StoreError> {
        let mut parameters = Vec::new();
        let columns = ["department_key", "attending_key", "resident_key"];
        let Some(scope) = crate::case_scope::condition(viewer, columns, &mut parameters) else {
            return Ok(None);
        };
        let sql = format!("SELECT case_number FROM audit_case WHERE {scope}");
        let rows = self.with(|db| db.all(&sql, &parameters))?;
        Ok(Some(rows.iter().filter_map(|row| row[0].int()).collect()))
    }

    /// What a rule finds now in the whole hospital, 试运行 included: for whoever manages the rules, without patients.
    pub fn rule_findings(&self, rule: &str) -> Result<WarningCount, StoreError> {
        let sql = format!("SELECT {COUNTS} FROM audit_finding f WHERE f.rule = $1 AND f.gone_at IS NULL");
        let rows = self.with(|db| db.all(&sql, &[rule.into()]))?;
        Ok(rows.first().map(|row| count(row)).unwrap_or_default())
    }

    /// Departments that have warnings a viewer may see, and doctors: keys with names, by name.
    pub fn warned_places(&self, viewer: &Viewer) -> Result<[Vec<(String, String)>; 2], StoreError> {
        let mut names = [WarningsBy::Department, WarningsBy::Doctor].map(|_| Vec::new());
        let mut parameters = Vec::new();
        let scope = and_scope(viewer, &mut parameters);
        for (at, (key, table)) in
            [("a.department_key", "department"), ("a.attending_key", "staff")].into_iter().enumerate()
        {
            let sql = format!(
                "SELECT DISTINCT d.name, d.key FROM audit_case a JOIN {table} d ON d.key = {key} WHERE 1 = 1{scope} \
                 ORDER BY 1, 2"
            );
            let rows = self.with(|db| db.all(&sql, &parameters))?;
            names[at] = rows.iter().map(|row| (row[1].str().to_owned(), row[0].str().to_owned())).collect();
        }
        Ok(names)
    }
}

/// Warnings `f` with their cases `a`.
pub(crate) const WARNED: &str = "audit_finding f JOIN audit_case a ON a.case_number = f.case_number";

/// The condition of the warnings that a viewer may see and the filter lets through.
fn within(viewer: &Viewer, filter: &WarningFilter) -> (String, Vec<Value>) {
    let mut sql = "f.shadow = 0 AND f.gone_at IS NULL".to_owned();
    let mut parameters: Vec<Value> = Vec::new();
    let mut add = |condition: &str, value: Value| {
        parameters.push(value);
        sql.push_str(&format!(" AND {}", condition.replace('?', &format!("${}", parameters.len()))));
    };
    let day = match filter.patients {
        WarnedPatients::Discharged => "a.discharge_day",
        WarnedPatients::Settled => "a.settled_day",
        WarnedPatients::InHouse => "f.found_at",
    };
    let seconds = if filter.patients == WarnedPatients::InHouse { 86_400 } else { 1 };
    if let Some(from) = filter.from {
        add(&format!("{day} >= ?"), (from * seconds).into());
    }
    if let Some(to) = filter.to {
        add(&format!("{day} < ?"), ((to + 1) * seconds).into());
    }
    for (column, value) in [
        ("a.department_key = ?", &filter.department),
        ("(a.attending_key = ? OR a.resident_key = ?)", &filter.doctor),
        ("f.rule = ?", &filter.rule),
        ("f.level = ?", &filter.level),
    ] {
        if !value.is_empty() {
            add(column, value.as_str().into());
        }
    }
    if let Some(state) = filter.state {
        add("f.state = ?", state.id().into());
    }
    if let Some(case) = filter.case {
        add("f.case_number = ?", case.into());
    }
    if !filter.kinds.is_empty() {
        let places: Vec<String> = filter
            .kinds
            .iter()
            .map(|kind| {
                parameters.push(Value::Text(kind.as_str().into()));
                format!("${}", parameters.len())
            })
            .collect();
        sql.push_str(&format!(" AND f.kind IN ({})", places.join(", ")));
    }
    sql.push_str(match filter.patients {
        WarnedPatients::Discharged if filter.case.is_some() => "",
        WarnedPatients::Discharged => " AND a.in_house = 0",
        WarnedPatients::Settled => " AND a.settled_day IS NOT NULL",
        WarnedPatients::InHouse => " AND a.in_house = 1",
    });
    let scope = and_scope(viewer, &mut parameters);
    (sql + &scope, parameters)
}

/// ` AND …` of the cases `a` that a viewer may see; what it needs is added to the parameters.
pub(crate) fn and_scope(viewer: &Viewer, parameters: &mut Vec<Value>) -> String {
    let columns = ["a.department_key", "a.attending_key", "a.resident_key"];
    let scope = crate::case_scope::condition(viewer, columns, parameters);
    scope.map_or_else(String::new, |scope| format!(" AND {scope}"))
}
