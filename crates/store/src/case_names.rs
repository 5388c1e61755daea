//! 姓名: the mart knows no names; lists of cases take them from here.

use crate::case_scope::{SCOPE, covers};
use crate::{Store, StoreError};
use model::canonical::Value;
use model::{Permission, Viewer};
use std::collections::HashMap;

/// Cases a statement.
const BATCH: usize = 500;

impl Store {
    /// Names of the patients of cases, as the viewer may read them; cases outside the viewer's scope have none.
    pub fn patient_names(
        &self,
        viewer: &Viewer,
        numbers: &[i64],
    ) -> Result<HashMap<i64, String>, StoreError> {
        let mut names = HashMap::new();
        for batch in numbers.chunks(BATCH) {
            let given: Vec<Value> = batch.iter().map(|number| (*number).into()).collect();
            let rows = self.with(|db| db.all(&names_sql(batch.len()), &given))?;
            let inside = rows.iter().filter(|row| covers(viewer, row));
            names.extend(
                inside.map(|row| (row[3].int().unwrap_or_default(), viewer.patient_name(row[4].str()))),
            );
        }
        Ok(names)
    }

    /// Numbers of the viewer's cases whose patient's name begins so, at most `limit`. Nothing without [`Permission::Names`]:
    /// who may not read a name may not find by it either.
    pub fn cases_of_name(
        &self,
        viewer: &Viewer,
        beginning: &str,
        limit: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let beginning = beginning.trim();
        if beginning.is_empty() || !viewer.may(Permission::Names) {
            return Ok(Vec::new());
        }
        let escaped = beginning.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let sql = format!(
            "SELECT {SCOPE}, c.number FROM patient p JOIN encounter e ON e.patient_key = p.key AND e.deleted_at IS NULL \
             JOIN inpatient_case c ON c.encounter_key = e.key AND c.month >= 0 \
             WHERE p.name LIKE $1 ESCAPE '!' AND p.deleted_at IS NULL ORDER BY c.number"
        );
        let mut numbers = Vec::new();
        self.with(|db| {
            db.query(&sql, &[format!("{escaped}%").as_str().into()], &mut |row| {
                if covers(viewer, row) && (numbers.len() as i64) < limit {
                    numbers.push(row[3].int().unwrap_or_default());
                }
                Ok(())
            })
        })?;
        Ok(numbers)
    }
}

fn names_sql(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|at| format!("${at}")).collect();
    format!(
        "SELECT {SCOPE}, c.number, p.name FROM inpatient_case c \
         JOIN encounter e ON e.key = c.encounter_key AND e.deleted_at IS NULL \
         JOIN patient p ON p.key = e.patient_key AND p.deleted_at IS NULL WHERE c.number IN ({})",
        places.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cases_are_searched_not_scanned() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
        let sql = format!("EXPLAIN QUERY PLAN {}", names_sql(2));
        let plan = store.with(|db| db.all(&sql, &[1.into(), 2.into()])).unwrap();
        let steps: Vec<&str> = plan.iter().map(|row| row[3].str()).collect();
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
