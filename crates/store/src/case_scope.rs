//! 数据范围: whether a case is one that a viewer may open.

use crate::StoreError;
use crate::connection::Connection;
use model::canonical::Value;
use model::{DataScope, Viewer};

/// A case inside the viewer's scope.
pub(crate) struct CaseInScope {
    pub(crate) encounter_key: String,
    pub(crate) month: i64,
    pub(crate) run: Option<i64>,
    pub(crate) input: String,
    /// 科室: of the discharge, else where the patient lies now, else of the admission.
    pub(crate) department_key: String,
}

/// Department, 主诊医师 and 住院医师 of an encounter `e`: what a scope is decided by. The same department as in the mart.
pub(crate) const SCOPE: &str = "COALESCE(e.discharge_department_key, (SELECT t.department_key FROM department_stay t \
     WHERE t.encounter_key = e.key AND t.deleted_at IS NULL \
     ORDER BY CASE WHEN t.left_at IS NULL THEN 0 ELSE 1 END, t.entered_at DESC, t.sequence DESC LIMIT 1), \
     e.admission_department_key), e.attending_key, e.resident_key";

/// Whether the columns of [`SCOPE`] lie inside of the viewer's scope.
pub(crate) fn covers(viewer: &Viewer, scope: &[Value]) -> bool {
    let given = |at: usize| scope.get(at).map(Value::str).filter(|key| !key.is_empty());
    let doctors: Vec<&str> = [given(1), given(2)].into_iter().flatten().collect();
    viewer.scope.covers(given(0), &doctors)
}

/// The scope as a condition over columns that hold department, 主诊医师 and 住院医师; what it needs is added to `given`. `None`:
/// all cases.
pub(crate) fn condition(
    viewer: &Viewer,
    [department, attending, resident]: [&str; 3],
    given: &mut Vec<Value>,
) -> Option<String> {
    let mut add = |key: &str| {
        given.push(Value::Text(key.into()));
        format!("${}", given.len())
    };
    match &viewer.scope {
        DataScope::Hospital => None,
        DataScope::Doctor(key) => {
            let key = add(key);
            Some(format!("({attending} = {key} OR {resident} = {key})"))
        }
        DataScope::Departments(keys) if !keys.is_empty() => {
            let keys: Vec<String> = keys.iter().map(|key| add(key)).collect();
            Some(format!("{department} IN ({})", keys.join(", ")))
        }
        DataScope::Nothing | DataScope::Departments(_) => Some("1 = 0".to_owned()),
    }
}

pub(crate) fn case_sql() -> String {
    format!(
        "SELECT {SCOPE}, c.encounter_key, c.month, c.run, c.input FROM inpatient_case c \
         JOIN encounter e ON e.key = c.encounter_key AND e.deleted_at IS NULL WHERE c.number = $1 AND c.month >= 0"
    )
}

/// The case with a number; `None` when it is not there, void, or outside the viewer's scope.
pub(crate) fn find(
    db: &mut Connection,
    viewer: &Viewer,
    number: i64,
) -> Result<Option<CaseInScope>, StoreError> {
    let Some(row) = db.first(&case_sql(), &[number.into()])? else { return Ok(None) };
    Ok(covers(viewer, &row).then(|| CaseInScope {
        department_key: row[0].str().to_owned(),
        encounter_key: row[3].str().to_owned(),
        month: row[4].int().unwrap_or_default(),
        run: row[5].int(),
        input: row[6].str().to_owned(),
    }))
}
