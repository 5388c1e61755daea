//! 数据范围: whether a case is one that a viewer may open.

use crate::StoreError;
use crate::connection::Connection;
use model::Viewer;
use model::canonical::Value;

/// A case inside the viewer's scope.
pub(crate) struct CaseInScope {
    pub(crate) encounter_key: String,
    pub(crate) month: i64,
    pub(crate) run: Option<i64>,
    pub(crate) input: String,
    /// 科室: of the discharge, else where the patient lies now, else of the admission.
    pub(crate) department_key: String,
}

pub(crate) const CASE: &str = "SELECT c.encounter_key, c.month, c.run, c.input, e.discharge_department_key, \
     e.admission_department_key, e.attending_key, e.resident_key FROM inpatient_case c \
     JOIN encounter e ON e.key = c.encounter_key AND e.deleted_at IS NULL WHERE c.number = $1 AND c.month >= 0";

/// The department where the patient lies, or lay last.
pub(crate) const LAST_DEPARTMENT: &str = "SELECT department_key FROM department_stay \
     WHERE encounter_key = $1 AND deleted_at IS NULL \
     ORDER BY CASE WHEN left_at IS NULL THEN 0 ELSE 1 END, entered_at DESC, sequence DESC LIMIT 1";

/// The case with a number; `None` when it is not there, void, or outside the viewer's scope.
pub(crate) fn find(
    db: &mut Connection,
    viewer: &Viewer,
    number: i64,
) -> Result<Option<CaseInScope>, StoreError> {
    let Some(row) = db.first(CASE, &[number.into()])? else { return Ok(None) };
    let encounter_key = row[0].str().to_owned();
    let mut department_key = row[4].str().to_owned();
    if department_key.is_empty() {
        let last = db.first(LAST_DEPARTMENT, &[Value::from(encounter_key.as_str())])?;
        department_key = last.map_or_else(|| row[5].str().to_owned(), |last| last[0].str().to_owned());
    }
    let doctors: Vec<&str> = [row[6].str(), row[7].str()].into_iter().filter(|key| !key.is_empty()).collect();
    let department = Some(department_key.as_str()).filter(|key| !key.is_empty());
    if !viewer.scope.covers(department, &doctors) {
        return Ok(None);
    }
    Ok(Some(CaseInScope {
        month: row[1].int().unwrap_or_default(),
        run: row[2].int(),
        input: row[3].str().to_owned(),
        encounter_key,
        department_key,
    }))
}
