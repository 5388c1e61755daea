//! 病例的原始资料: what is recorded of the encounters that wait for computing.

use crate::{Store, StoreError};
use model::canonical::{Row, Table, Value};
use std::collections::HashMap;

/// Everything that the engines may need of one encounter: live rows in canonical column order.
#[derive(Clone, Debug, Default)]
pub struct CaseInputs {
    /// Key of the encounter.
    pub encounter_key: String,
    /// The encounter; `None` when it is void or has not arrived yet.
    pub encounter: Option<Row>,
    /// The patient; `None` when not arrived yet.
    pub patient: Option<Row>,
    /// Diagnoses of all origins.
    pub diagnoses: Vec<Row>,
    /// Operations of all origins.
    pub operations: Vec<Row>,
    /// Settlements, cancelled ones and their cancellations included.
    pub settlements: Vec<Row>,
    /// ICU stays.
    pub icu_stays: Vec<Row>,
    /// Sums of the charge lines by 首页费用分类: class, amount, in scope, own pay, in 分.
    pub fees: Vec<(String, i64, i64, i64)>,
}

impl Store {
    /// Number of the latest change: what is marked up to here can be computed in one go.
    pub fn latest_change(&self) -> Result<i64, StoreError> {
        let value = self.with(|db| db.number("SELECT value FROM counter WHERE name = 'change'", &[]))?;
        Ok(value.unwrap_or_default())
    }

    /// Marks every encounter for computing: the rules by which records become cases have changed.
    pub fn mark_all_dirty(&self) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let stamp = crate::collect::next_stamp(db)?;
                db.execute(
                    "INSERT INTO dirty_encounter (encounter_key, stamp) SELECT key, CAST($1 AS BIGINT) FROM encounter \
                     WHERE true ON CONFLICT (encounter_key) DO UPDATE SET stamp = excluded.stamp",
                    &[stamp.into()],
                )?;
                Ok(())
            })
        })
    }

    /// How many encounters wait for computing.
    pub fn dirty_count(&self) -> Result<i64, StoreError> {
        let count = self.with(|db| db.number("SELECT COUNT(*) FROM dirty_encounter", &[]))?;
        Ok(count.unwrap_or_default())
    }

    /// The next encounters that wait, by key, after `after`, changed no later than `up_to`.
    pub fn case_inputs(&self, after: &str, up_to: i64, limit: i64) -> Result<Vec<CaseInputs>, StoreError> {
        self.with(|db| {
            let keys = db.all(
                "SELECT encounter_key FROM dirty_encounter WHERE encounter_key > $1 AND stamp <= $2 \
                 ORDER BY encounter_key LIMIT $3",
                &[Value::Text(after.into()), up_to.into(), limit.into()],
            )?;
            let Some(last) = keys.last().map(|row| row[0].clone()) else { return Ok(Vec::new()) };
            let mut cases: Vec<CaseInputs> = keys
                .iter()
                .map(|row| CaseInputs { encounter_key: row[0].str().to_owned(), ..CaseInputs::default() })
                .collect();
            let place: HashMap<String, usize> =
                cases.iter().enumerate().map(|(at, case)| (case.encounter_key.clone(), at)).collect();
            let range = [Value::Text(after.into()), last, up_to.into()];
            let waiting = "FROM dirty_encounter x JOIN";
            let within = "x.encounter_key > $1 AND x.encounter_key <= $2 AND x.stamp <= $3";

            let mut read = |table: &Table, join: &str, put: &mut dyn FnMut(&mut CaseInputs, Row)| {
                let columns: Vec<String> = table.columns.iter().map(|c| format!("t.{}", c.name)).collect();
                let sql = format!(
                    "SELECT x.encounter_key, {} {waiting} {join} WHERE {within} AND t.deleted_at IS NULL \
                     ORDER BY x.encounter_key, t.key",
                    columns.join(", ")
                );
                db.query(&sql, &range, &mut |row| {
                    if let Some(case) = place.get(row[0].str()).and_then(|at| cases.get_mut(*at)) {
                        put(case, row[1..].to_vec());
                    }
                    Ok(())
                })
            };
            let table = |name: &str| {
                Table::named(name).ok_or_else(|| StoreError::Shape(format!("没有数据表 {name}")))
            };
            read(table("encounter")?, "encounter t ON t.key = x.encounter_key", &mut |case, row| {
                case.encounter = Some(row);
            })?;
            read(
                table("patient")?,
                "encounter e ON e.key = x.encounter_key JOIN patient t ON t.key = e.patient_key",
                &mut |case, row| case.patient = Some(row),
            )?;
            let child = |name: &str| format!("{name} t ON t.encounter_key = x.encounter_key");
            read(table("diagnosis")?, &child("diagnosis"), &mut |case, row| case.diagnoses.push(row))?;
            read(table("operation")?, &child("operation"), &mut |case, row| case.operations.push(row))?;
            read(table("settlement")?, &child("settlement"), &mut |case, row| case.settlements.push(row))?;
            read(table("icu_stay")?, &child("icu_stay"), &mut |case, row| case.icu_stays.push(row))?;

            let fees = format!(
                "SELECT x.encounter_key, t.fee_class, CAST(SUM(t.amount) AS BIGINT), \
                 CAST(SUM(COALESCE(t.in_scope, 0)) AS BIGINT), CAST(SUM(COALESCE(t.own_pay, 0)) AS BIGINT) \
                 {waiting} charge_line t ON t.encounter_key = x.encounter_key \
                 WHERE {within} AND t.deleted_at IS NULL GROUP BY x.encounter_key, t.fee_class \
                 ORDER BY x.encounter_key, t.fee_class"
            );
            db.query(&fees, &range, &mut |row| {
                if let Some(case) = place.get(row[0].str()).and_then(|at| cases.get_mut(*at)) {
                    let sum = |at: usize| row[at].int().unwrap_or_default();
                    case.fees.push((row[1].str().to_owned(), sum(2), sum(3), sum(4)));
                }
                Ok(())
            })?;
            Ok(cases)
        })
    }
}
