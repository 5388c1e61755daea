//! 审核背景: what rules ask beside the lines: attributes of the stays, national codes and full prices of the items.

use super::fill::{text, whole};
use crate::refresh::built;
use crate::{ChargeColumns, Dictionary, Mart, MartError};
use audit::{CodeMap, Encounter, Previous, PreviousStay};
use duckdb::arrow::array::RecordBatch;
use std::collections::{HashMap, HashSet};
use store::MonthVersion;
use xxhash_rust::xxh3::xxh3_64;

/// A moment that is not known.
const NEVER: i64 = i64::MIN;

/// 审核背景 of all cases, kept beside the [`ChargeColumns`] and brought up with them.
#[derive(Clone, Debug, Default)]
pub struct AuditContext {
    /// By number.
    cases: Vec<Case>,
    texts: Dictionary,
    /// National code and full price (分) by the hospital's code.
    items: HashMap<String, (String, i64)>,
    more_codes: Vec<(String, String)>,
    hospital_level: Option<u8>,
    versions: Vec<MonthVersion>,
}

/// One case; texts by number.
#[derive(Clone, Debug)]
struct Case {
    number: i64,
    month: i64,
    /// The patient without a name: a hash of the key; 0: not known.
    patient: u64,
    sex: u32,
    age: Option<i64>,
    insurance: u32,
    medical_type: u32,
    department: u32,
    admitted: i64,
    discharged: i64,
    diagnoses: Vec<u32>,
    operations: Vec<u32>,
    principal: u32,
    readmission_planned: bool,
    /// Place of the patient's case before it by admission, or [`FIRST`].
    previous: u32,
}

/// There is no case of the patient before.
const FIRST: u32 = u32::MAX;

/// Ages in years; the department is where the patient left from or lies.
const CASES: &str = "SELECT number, month, COALESCE(age_years, -1), \
    COALESCE(CAST(EPOCH(admitted_at) AS BIGINT), -9223372036854775808), \
    COALESCE(CAST(EPOCH(discharged_at) AS BIGINT), -9223372036854775808), \
    COALESCE(patient_key, ''), COALESCE(sex, ''), COALESCE(insurance_type, ''), COALESCE(medical_type, ''), \
    COALESCE(discharge_department_key, admission_department_key, ''), COALESCE(principal_code, ''), \
    CAST(readmission_planned AS BIGINT) FROM case_fact";
/// Which codes of a case a query reads.
type CodesOf = fn(&mut Case) -> &mut Vec<u32>;
const CODES: [(&str, CodesOf); 2] = [
    ("SELECT number, code FROM diagnosis_fact WHERE kind = 'western'", |case| &mut case.diagnoses),
    ("SELECT number, code FROM operation_fact WHERE TRUE", |case| &mut case.operations),
];
const ITEMS: &str = "SELECT key, COALESCE(insurer_code, ''), \
    COALESCE(CAST(ROUND(price * 100) AS BIGINT), -1) FROM charge_item";

impl AuditContext {
    /// Reads all of it.
    pub fn load(mart: &Mart) -> Result<AuditContext, MartError> {
        let mut context = AuditContext::default();
        context.refresh(mart)?;
        Ok(context)
    }

    /// 医院级别, 1 to 3; without it rules on it are not judged.
    #[must_use]
    pub fn with_hospital_level(mut self, level: Option<u8>) -> AuditContext {
        self.hospital_level = level;
        self
    }

    /// Further national codes by the hospital's own, of the 三目对照.
    #[must_use]
    pub fn with_codes(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> AuditContext {
        self.more_codes = pairs.into_iter().collect();
        self
    }

    /// Reads the items, and of the cases the months that changed, from one snapshot of the mart.
    pub fn refresh(&mut self, mart: &Mart) -> Result<(), MartError> {
        let session = mart.session()?;
        session.db.execute_batch("BEGIN")?;
        self.items.clear();
        let mut statement = session.db.prepare(ITEMS)?;
        for batch in statement.stream_arrow([])? {
            let (key, code, price) = (text(&batch, 0)?, text(&batch, 1)?, whole(&batch, 2)?);
            for row in 0..batch.num_rows() {
                self.items.insert(key.value(row).to_owned(), (code.value(row).to_owned(), price.value(row)));
            }
        }
        let versions: Vec<MonthVersion> = built(&session.db)?
            .into_iter()
            .filter(|(month, _)| *month >= 0)
            .map(|(month, version)| MonthVersion { month, version })
            .collect();
        let stale = versions.iter().filter(|version| !self.versions.contains(version));
        let left = self.versions.iter().filter(|old| versions.iter().all(|new| new.month != old.month));
        let months: HashSet<i64> = stale.chain(left).map(|version| version.month).collect();
        if months.is_empty() {
            return Ok(());
        }
        let mut list: Vec<String> = months.iter().map(i64::to_string).collect();
        list.sort_unstable();
        let condition = format!("month IN ({})", list.join(", "));

        let mut fresh = Vec::new();
        let mut statement = session.db.prepare(&format!("{CASES} WHERE {condition}"))?;
        for batch in statement.stream_arrow([])? {
            self.take_cases(&batch, &mut fresh)?;
        }
        let moved: HashSet<i64> = fresh.iter().map(|case| case.number).collect();
        self.cases.retain(|case| !months.contains(&case.month) && !moved.contains(&case.number));
        self.cases.append(&mut fresh);
        self.cases.sort_unstable_by_key(|case| case.number);

        for (sql, of) in CODES {
            // What the statistics count: of several origins the best.
            let sql = format!("{sql} AND {condition} AND counted AND code IS NOT NULL");
            let mut statement = session.db.prepare(&sql)?;
            for batch in statement.stream_arrow([])? {
                let (number, code) = (whole(&batch, 0)?, text(&batch, 1)?);
                for row in 0..batch.num_rows() {
                    let code = self.texts.number_for(code.value(row));
                    let at = self.cases.binary_search_by_key(&number.value(row), |case| case.number);
                    if let Some(case) = at.ok().and_then(|at| self.cases.get_mut(at)) {
                        of(case).push(code);
                    }
                }
            }
        }
        self.follow();
        self.versions = versions;
        Ok(())
    }

    /// Finds the case before each, as the mart's readmissions do: by admission, then by number.
    fn follow(&mut self) {
        let mut order: Vec<u32> = (0..self.cases.len() as u32).collect();
        let key =
            |at: &u32| self.cases.get(*at as usize).map(|case| (case.patient, case.admitted, case.number));
        order.sort_unstable_by_key(key);
        let mut last: Option<u32> = None;
        for at in order {
            let patient = self.cases[at as usize].patient;
            let before = last.filter(|last| self.cases[*last as usize].patient == patient);
            self.cases[at as usize].previous = before.unwrap_or(FIRST);
            last = Some(at);
        }
    }

    /// 上次住院 of a case.
    fn previous(&self, case: &Case) -> Previous {
        if case.patient == 0 || case.admitted == NEVER {
            return Previous::NotKnown;
        }
        match self.cases.get(case.previous as usize) {
            None => Previous::None,
            // Still in house, or nobody knows when it ended.
            Some(before) if before.discharged == NEVER => Previous::NotKnown,
            Some(before) => Previous::Stay(PreviousStay {
                discharged: before.discharged,
                principal_diagnosis: self.texts.key(before.principal).into(),
                readmission_planned: before.readmission_planned,
            }),
        }
    }

    fn take_cases(&mut self, batch: &RecordBatch, fresh: &mut Vec<Case>) -> Result<(), MartError> {
        let (number, month, age) = (whole(batch, 0)?, whole(batch, 1)?, whole(batch, 2)?);
        let (admitted, discharged) = (whole(batch, 3)?, whole(batch, 4)?);
        let (patient, sex, insurance) = (text(batch, 5)?, text(batch, 6)?, text(batch, 7)?);
        let (medical_type, department) = (text(batch, 8)?, text(batch, 9)?);
        let (principal, planned) = (text(batch, 10)?, whole(batch, 11)?);
        for row in 0..batch.num_rows() {
            fresh.push(Case {
                number: number.value(row),
                month: month.value(row),
                patient: match patient.value(row) {
                    "" => 0,
                    patient => xxh3_64(patient.as_bytes()),
                },
                sex: self.texts.number_for(sex.value(row)),
                age: Some(age.value(row)).filter(|age| *age >= 0),
                insurance: self.texts.number_for(insurance.value(row)),
                medical_type: self.texts.number_for(medical_type.value(row)),
                department: self.texts.number_for(department.value(row)),
                admitted: admitted.value(row),
                discharged: discharged.value(row),
                diagnoses: Vec::new(),
                operations: Vec::new(),
                principal: self.texts.number_for(principal.value(row)),
                readmission_planned: planned.value(row) == 1,
                previous: FIRST,
            });
        }
        Ok(())
    }

    /// 三目对照 for [`audit::Engine::with_codes`].
    pub fn codes(&self) -> CodeMap {
        let own = self.items.iter().map(|(item, (national, _))| (item.as_str(), national.as_str()));
        let more = self.more_codes.iter().map(|(local, national)| (local.as_str(), national.as_str()));
        CodeMap::new(own.chain(more))
    }

    /// 标准价 of the columns' items by number, 分; -1: not known.
    pub(super) fn full_prices(&self, columns: &ChargeColumns) -> Vec<i64> {
        let price = |item: &String| self.items.get(item).map_or(-1, |(_, price)| *price);
        columns.items().keys().iter().map(price).collect()
    }

    fn case(&self, number: i64) -> Option<&Case> {
        self.cases.get(self.cases.binary_search_by_key(&number, |case| case.number).ok()?)
    }

    /// The patient of a case, as a number of no meaning; 0 for a case that is not known.
    pub(super) fn patient(&self, number: i64) -> u64 {
        self.case(number).map_or(0, |case| case.patient)
    }

    /// What is known of a case at `now` (seconds since 1970-01-01 of the hospital's clock); nothing of one that is not there.
    pub fn encounter(&self, number: i64, now: i64) -> Encounter {
        let mut encounter = Encounter {
            visit: "inpatient".into(),
            hospital_level: self.hospital_level,
            as_of: Some(now),
            ..Encounter::default()
        };
        let Some(case) = self.case(number) else { return encounter };
        let word = |number: &u32| self.texts.key(*number).into();
        encounter.sex = word(&case.sex);
        encounter.age = case.age.map(Into::into);
        encounter.insurance = word(&case.insurance);
        encounter.medical_type = word(&case.medical_type);
        encounter.department = word(&case.department);
        encounter.admitted = Some(case.admitted).filter(|moment| *moment != NEVER);
        encounter.discharged = Some(case.discharged).filter(|moment| *moment != NEVER);
        encounter.diagnoses = case.diagnoses.iter().map(word).collect();
        encounter.operations = case.operations.iter().map(word).collect();
        encounter.principal_diagnosis = word(&case.principal);
        encounter.previous = self.previous(case);
        encounter
    }
}
