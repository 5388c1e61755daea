//! 指标目标: what a measure should be in a year, for the hospital, a department or a doctor.

use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// A target. Its bounds are in millionths of the measure's unit (元, 1, 天); a value outside of them is a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Id of the measure.
    pub measure: String,
    /// Year.
    pub year: i64,
    /// Department; empty for the whole hospital.
    pub department_key: String,
    /// Doctor; empty for a department or the hospital.
    pub doctor_key: String,
    /// Lowest value that is still good.
    pub low: Option<i64>,
    /// Highest value that is still good; of 统筹基金支出 the budget.
    pub high: Option<i64>,
    /// Version the editor saw; 0 for a new one.
    pub version: i64,
    /// When.
    pub changed_at: Moment,
    /// Who.
    pub changed_by: String,
}

impl Store {
    /// Targets of a year.
    pub fn targets(&self, year: i64) -> Result<Vec<Target>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT measure, year, department_key, doctor_key, low, high, version, changed_at, changed_by \
                 FROM indicator_target WHERE year = $1 ORDER BY measure, department_key, doctor_key",
                &[year.into()],
            )
        })?;
        Ok(rows
            .iter()
            .map(|row| Target {
                measure: row[0].str().to_owned(),
                year: row[1].int().unwrap_or_default(),
                department_key: row[2].str().to_owned(),
                doctor_key: row[3].str().to_owned(),
                low: row[4].int(),
                high: row[5].int(),
                version: row[6].int().unwrap_or_default(),
                changed_at: row[7].int().unwrap_or_default(),
                changed_by: row[8].str().to_owned(),
            })
            .collect())
    }

    /// Sets targets, or with neither bound takes them away: all of them, or none. Errors with [`StoreError::Changed`] when
    /// somebody else set one since the editor saw its `version`.
    pub fn set_targets(&self, targets: &[Target]) -> Result<(), StoreError> {
        self.with(|db| db.transaction(|db| targets.iter().try_for_each(|target| set(db, target))))
    }

    /// Sets one target.
    pub fn set_target(&self, target: &Target) -> Result<(), StoreError> {
        self.set_targets(std::slice::from_ref(target))
    }
}

fn set(db: &mut Connection, target: &Target) -> Result<(), StoreError> {
    let text = |text: &str| Value::Text(text.into());
    let key =
        [text(&target.measure), target.year.into(), text(&target.department_key), text(&target.doctor_key)];
    let with = |more: &[Value]| key.iter().chain(more).cloned().collect::<Vec<Value>>();
    let place = "measure = $1 AND year = $2 AND department_key = $3 AND doctor_key = $4";
    let values = || {
        with(&[
            target.low.into(),
            target.high.into(),
            target.version.into(),
            target.changed_at.into(),
            text(&target.changed_by),
        ])
    };
    let changed = if target.low.is_none() && target.high.is_none() {
        let sql = format!("DELETE FROM indicator_target WHERE {place} AND version = $5");
        db.execute(&sql, &with(&[target.version.into()]))?
    } else if target.version == 0 {
        db.execute(
            "INSERT INTO indicator_target (measure, year, department_key, doctor_key, low, high, version, \
             changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7 + 1, $8, $9) \
             ON CONFLICT (measure, year, department_key, doctor_key) DO NOTHING",
            &values(),
        )?
    } else {
        let sql = format!(
            "UPDATE indicator_target SET low = $5, high = $6, version = $7 + 1, changed_at = $8, changed_by = $9 \
             WHERE {place} AND version = $7"
        );
        db.execute(&sql, &values())?
    };
    if changed == 0 { Err(StoreError::Changed("此指标目标".to_owned())) } else { Ok(()) }
}
