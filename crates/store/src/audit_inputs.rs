//! 待审核的病例: changed cases with the charge lines that rules speak of.

use crate::case_scope::SCOPE;
use crate::connection::Connection;
use crate::{Store, StoreError};
use model::Viewer;
use model::canonical::Value;
use std::collections::HashMap;

/// A charge line as the rules see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditLine {
    /// Key of the line.
    pub key: String,
    /// 项目编码 of the hospital.
    pub item_key: String,
    /// 费用发生时间
    pub charged_at: i64,
    /// 数量, ten-thousandths.
    pub quantity: i64,
    /// 金额, 分.
    pub amount: i64,
    /// 开单科室; may be empty.
    pub department_key: String,
    /// Key of the line taken back; empty for a charge.
    pub refund_of: String,
}

/// A case to be audited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditInput {
    /// Number of the case.
    pub number: i64,
    /// Change number of its last change.
    pub changed: i64,
    /// yyyymm of the discharge, 0 in house, below 0 void: then nothing else is there.
    pub month: i64,
    /// The case as given to the engines.
    pub input: String,
    /// 医疗类别
    pub medical_type: String,
    /// 科室: of the discharge, else where the patient lies.
    pub department_key: String,
    /// 主诊医师
    pub attending_key: String,
    /// 住院医师
    pub resident_key: String,
    /// Lines of wanted items, refunds included.
    pub lines: Vec<AuditLine>,
    /// 上次住院, `Some(None)`: there was none; `None`: nobody asked ([`Store::previous_cases`]).
    pub previous: Option<Option<PreviousCase>>,
}

/// The patient's case before one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviousCase {
    /// 出院时间; `None`: it has not ended.
    pub discharged_at: Option<i64>,
    /// 31天内再住院计划
    pub readmission_planned: bool,
    /// The case as given to the engines.
    pub input: String,
}

/// A place in the order in which cases change: change number, then case number.
pub type AuditCursor = (i64, i64);

/// A hospital's charge item with its code in the insurer's catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeItem {
    /// 项目编码
    pub key: String,
    /// 项目名称
    pub name: String,
    /// 医保目录编码; may be empty.
    pub insurer_code: String,
    /// 单位
    pub unit: String,
    /// 单价, ten-thousandths of 元.
    pub price: Option<i64>,
}

impl Store {
    /// 收费项目, by key.
    pub fn charge_items(&self) -> Result<Vec<ChargeItem>, StoreError> {
        let sql = "SELECT key, name, insurer_code, unit, price FROM charge_item WHERE deleted_at IS NULL ORDER BY key";
        let rows = self.with(|db| db.all(sql, &[]))?;
        let text = |value: &Value| value.str().to_owned();
        Ok(rows
            .iter()
            .map(|row| ChargeItem {
                key: text(&row[0]),
                name: text(&row[1]),
                insurer_code: text(&row[2]),
                unit: text(&row[3]),
                price: row[4].int(),
            })
            .collect())
    }

    /// How many cases changed after the cursor.
    pub fn count_audit_inputs(&self, (changed, number): AuditCursor) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM inpatient_case c WHERE {AFTER}");
        Ok(self.with(|db| db.number(&sql, &[changed.into(), number.into()]))?.unwrap_or_default())
    }

    /// The next cases after the cursor in the order of their changes, with the lines whose item is `wanted`.
    pub fn audit_inputs(
        &self,
        (changed, number): AuditCursor,
        limit: i64,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<AuditInput>, StoreError> {
        let mut reader = self.reader()?;
        let db = reader.db()?;
        let mut cases = read_cases(
            db,
            &format!("{AFTER} ORDER BY c.changed, c.number LIMIT $3"),
            &[changed.into(), number.into(), limit.into()],
        )?;
        let Some(last) = cases.last().map(|case| (case.changed, case.number)) else { return Ok(cases) };
        let which = format!("{AFTER} AND c.changed <= $3 AND (c.changed < $3 OR c.number <= $4)");
        let range = [changed.into(), number.into(), last.0.into(), last.1.into()];
        read_lines(db, &which, &range, wanted, &mut cases)?;
        Ok(cases)
    }

    /// One case with the lines whose item is `wanted`, as they are now; for whoever may see it.
    pub fn audit_input(
        &self,
        viewer: &Viewer,
        number: i64,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Option<AuditInput>, StoreError> {
        self.with(|db| {
            if crate::case_scope::find(db, viewer, number)?.is_none() {
                return Ok(None);
            }
            let mut cases = read_cases(db, "c.number = $1", &[number.into()])?;
            read_lines(db, "c.number = $1", &[number.into()], wanted, &mut cases)?;
            Ok(cases.pop())
        })
    }
}

fn read_cases(db: &mut Connection, which: &str, given: &[Value]) -> Result<Vec<AuditInput>, StoreError> {
    let sql = format!(
        "SELECT {SCOPE}, c.number, c.changed, c.month, c.input, e.medical_type, e.deleted_at FROM inpatient_case c \
         JOIN encounter e ON e.key = c.encounter_key WHERE {which}"
    );
    let read = |row: &Vec<Value>| {
        let text = |at: usize| row[at].str().to_owned();
        let month = row[5].int().unwrap_or_default();
        AuditInput {
            number: row[3].int().unwrap_or_default(),
            changed: row[4].int().unwrap_or_default(),
            month: if row[8].int().is_some() { -2 } else { month },
            input: text(6),
            medical_type: text(7),
            department_key: text(0),
            attending_key: text(1),
            resident_key: text(2),
            lines: Vec::new(),
            previous: None,
        }
    };
    Ok(db.all(&sql, given)?.iter().map(read).collect())
}

/// Puts the lines to their cases, by time.
fn read_lines(
    db: &mut Connection,
    which: &str,
    given: &[Value],
    wanted: &dyn Fn(&str) -> bool,
    cases: &mut [AuditInput],
) -> Result<(), StoreError> {
    let live = cases.iter().enumerate().filter(|(_, case)| case.month >= 0);
    let place: HashMap<i64, usize> = live.map(|(at, case)| (case.number, at)).collect();
    if place.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT c.number, l.item_key, l.key, l.charged_at, l.quantity, l.amount, \
         l.ordering_department_key, l.refund_of FROM inpatient_case c \
         JOIN charge_line l ON l.encounter_key = c.encounter_key WHERE {which} AND l.deleted_at IS NULL"
    );
    db.query(&sql, given, &mut |row| {
        if !wanted(row[1].str()) {
            return Ok(());
        }
        let text = |at: usize| row[at].str().to_owned();
        let int = |at: usize| row[at].int().unwrap_or_default();
        if let Some(case) = place.get(&int(0)).and_then(|at| cases.get_mut(*at)) {
            case.lines.push(AuditLine {
                item_key: text(1),
                key: text(2),
                charged_at: int(3),
                quantity: int(4),
                amount: int(5),
                department_key: text(6),
                refund_of: text(7),
            });
        }
        Ok(())
    })?;
    for case in cases {
        case.lines.sort_by(|a, b| (a.charged_at, &a.key).cmp(&(b.charged_at, &b.key)));
    }
    Ok(())
}

impl Store {
    /// The patient's case before each of those after the cursor up to the last, by number, where there is one: of those that began
    /// before it, by admission and then by number, the latest.
    pub fn previous_cases(
        &self,
        (changed, number): AuditCursor,
        last: AuditCursor,
    ) -> Result<HashMap<i64, PreviousCase>, StoreError> {
        let sql = format!(
            "SELECT c.number, p.admitted_at, b.number, p.discharged_at, p.readmission_planned, b.input FROM inpatient_case c \
             JOIN encounter e ON e.key = c.encounter_key JOIN encounter p ON p.patient_key = e.patient_key \
             JOIN inpatient_case b ON b.encounter_key = p.key WHERE {AFTER} AND c.changed <= $3 \
             AND (c.changed < $3 OR c.number <= $4) AND b.month >= 0 AND p.deleted_at IS NULL AND b.number <> c.number \
             AND (p.admitted_at < e.admitted_at OR (p.admitted_at = e.admitted_at AND b.number < c.number))"
        );
        let range = [changed.into(), number.into(), last.0.into(), last.1.into()];
        let mut latest: HashMap<i64, ((i64, i64), PreviousCase)> = HashMap::new();
        let mut reader = self.reader()?;
        reader.db()?.query(&sql, &range, &mut |row| {
            let int = |at: usize| row[at].int().unwrap_or_default();
            let began = (int(1), int(2));
            if latest.get(&int(0)).is_none_or(|(known, _)| *known < began) {
                let previous = PreviousCase {
                    discharged_at: row[3].int(),
                    readmission_planned: int(4) == 1,
                    input: row[5].str().to_owned(),
                };
                latest.insert(int(0), (began, previous));
            }
            Ok(())
        })?;
        Ok(latest.into_iter().map(|(number, (_, previous))| (number, previous)).collect())
    }
}

/// Cases after the cursor `$1`, `$2`.
const AFTER: &str = "c.changed >= $1 AND (c.changed > $1 OR c.number > $2)";
