//! Each measure against plain SQL over the store's own tables, by department and in total, to the 分.

use crate::insured_ward::insured;
use metrics::{Period, Query, Selection, Value};
use model::DataScope;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Settlements that stand, added up.
const SETTLED: &str = "(SELECT encounter_key, SUM(total) AS total, SUM(own_pay) AS own_pay, SUM(fund_total) AS fund_total, \
    SUM(pooled_fund) AS pooled_fund, SUM(personal_part) AS personal_part, MAX(kind = 'final') AS finished \
    FROM settlement s WHERE kind IN ('final', 'interim') AND deleted_at IS NULL \
    AND NOT EXISTS (SELECT 1 FROM settlement x WHERE x.cancels = s.key AND x.deleted_at IS NULL) GROUP BY encounter_key)";

/// Charges, added up.
const FEES: &str = "(SELECT encounter_key, SUM(amount) AS total FROM charge_line WHERE deleted_at IS NULL GROUP BY encounter_key)";

const PAYABLE: &str =
    "e.insurance_type IS NOT NULL AND COALESCE(r.reason, '') NOT IN ('not_dip', 'insurance_type_unknown')";

/// Measure, numerator, denominator, and decimal places of the numerator's and the denominator's whole numbers.
const CHECKS: &[(&str, &str, &str, u32, u32)] = &[
    ("discharges", "COUNT(*)", "", 0, 0),
    ("persons", "COUNT(DISTINCT e.patient_key)", "", 0, 0),
    ("visits_per_person", "COUNT(*)", "COUNT(DISTINCT e.patient_key)", 0, 0),
    (
        "insured_settlements",
        "COUNT(CASE WHEN s.finished AND e.insurance_type IS NOT NULL THEN 1 END)",
        "",
        0,
        0,
    ),
    ("surplus", "SUM(r.surplus)", "", 2, 0),
    ("surplus_per_case", "SUM(r.surplus)", "COUNT(r.surplus)", 2, 0),
    ("revenue", "SUM(r.payment)", "", 2, 0),
    ("insurer_cost", "SUM(r.payment) - SUM(r.surplus)", "", 2, 0),
    ("profit_amount", "TOTAL(CASE WHEN r.surplus > 0 THEN r.surplus END)", "", 2, 0),
    ("loss_amount", "TOTAL(CASE WHEN r.surplus < 0 THEN r.surplus END)", "", 2, 0),
    ("profit_cases", "COUNT(CASE WHEN r.surplus > 0 THEN 1 END)", "", 0, 0),
    ("loss_cases", "COUNT(CASE WHEN r.surplus < 0 THEN 1 END)", "", 0, 0),
    (
        "surplus_rate",
        "SUM(r.surplus)",
        "SUM(CASE WHEN r.surplus IS NOT NULL THEN COALESCE(f.total, 0) END)",
        0,
        0,
    ),
    ("total_cost", "TOTAL(f.total)", "", 2, 0),
    ("cost_per_case", "TOTAL(f.total)", "COUNT(*)", 2, 0),
    (
        "mean_stay",
        "SUM(MAX(e.discharged_at / 86400 - e.admitted_at / 86400, 1))",
        "COUNT(e.discharged_at)",
        0,
        0,
    ),
    ("points", "SUM(r.earned_points)", "", 6, 0),
    ("points_per_case", "SUM(r.earned_points)", "COUNT(r.earned_points)", 6, 0),
    ("standard_points", "SUM(r.standard_points)", "", 6, 0),
    ("benchmark_ratio_mean", "SUM(r.benchmark_ratio)", "COUNT(r.benchmark_ratio)", 6, 0),
    (
        "benchmark_ratio",
        "SUM(CASE WHEN r.benchmark_ratio > 0 THEN r.ratio_cost END)",
        "SUM((2 * r.ratio_cost * 1000000 + r.benchmark_ratio) / (2 * r.benchmark_ratio))",
        0,
        0,
    ),
    (
        "own_pay_rate",
        "SUM(CASE WHEN e.insurance_type IS NOT NULL THEN s.own_pay END)",
        "SUM(CASE WHEN e.insurance_type IS NOT NULL AND s.own_pay IS NOT NULL THEN s.total END)",
        0,
        0,
    ),
    (
        "reimbursement_rate",
        "SUM(CASE WHEN e.insurance_type IS NOT NULL THEN s.fund_total END)",
        "SUM(CASE WHEN e.insurance_type IS NOT NULL AND s.fund_total IS NOT NULL THEN s.total END)",
        0,
        0,
    ),
    ("pooled_fund", "SUM(s.pooled_fund)", "", 2, 0),
    ("pooled_fund_per_case", "SUM(s.pooled_fund)", "COUNT(s.pooled_fund)", 2, 0),
    ("death_rate", "COUNT(CASE WHEN e.discharge_way = '5' THEN 1 END)", "COUNT(*)", 0, 0),
];

fn from_the_store(
    numerator: &str,
    denominator: &str,
    by: &str,
) -> BTreeMap<Value, (Option<i64>, Option<i64>)> {
    let denominator = if denominator.is_empty() { "1" } else { denominator };
    let sql = format!(
        "SELECT {by}, CAST({numerator} AS INTEGER), CAST({denominator} AS INTEGER) \
         FROM inpatient_case i JOIN encounter e ON e.key = i.encounter_key \
         JOIN case_result r ON r.case_number = i.number AND r.run = i.run \
         LEFT JOIN {SETTLED} s ON s.encounter_key = e.key LEFT JOIN {FEES} f ON f.encounter_key = e.key \
         WHERE i.month BETWEEN 202501 AND 202512 GROUP BY 1"
    );
    let db = insured().sqlite();
    let mut statement = db.prepare(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let rows = statement.query_map([], |row| {
        let key: Option<String> = row.get(0)?;
        Ok((key.map_or(Value::Null, Value::Text), (row.get(1)?, row.get(2)?)))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

// covers: DIP-2.01, DIP-2.02, DIP-2.03, DIP-2.04, DIP-2.05
#[test]
fn numbers_are_those_of_the_store() {
    let insured = insured();
    let year = Selection::within(Period::year(2025).unwrap());
    let measures = CHECKS.iter().map(|check| check.0);
    let answer = insured.answer(&Query::of(measures, year).by("department"), DataScope::Hospital);
    assert!(answer.rows.len() > 4 && answer.rows.iter().any(|row| row.keys == [Value::Null]));
    for (measure, numerator, denominator, above, below) in CHECKS {
        let exact = |(n, d): (Option<i64>, Option<i64>)| {
            let n = Decimal::from_i128_with_scale(n?.into(), *above);
            match denominator {
                &"" => Some(n),
                _ => n.checked_div(Decimal::from_i128_with_scale(d?.into(), *below)),
            }
        };
        let at = answer.position(measure).unwrap();
        let expected = from_the_store(numerator, denominator, "e.discharge_department_key");
        assert_eq!(expected.len(), answer.rows.len(), "{measure}");
        for row in &answer.rows {
            assert_eq!(row.values[at], exact(expected[&row.keys[0]]), "{measure} {:?}", row.labels);
        }
        let expected = from_the_store(numerator, denominator, "NULL");
        assert_eq!(answer.total.values[at], exact(expected[&Value::Null]), "{measure}");
    }
}

#[test]
fn populations_are_those_of_the_store() {
    let insured = insured();
    let year = || Selection::within(Period::year(2025).unwrap());
    for (measure, condition) in [
        ("dip_cases", PAYABLE.to_owned()),
        ("grouped_cases", format!("{PAYABLE} AND r.group_code IS NOT NULL")),
        ("ungrouped_cases", format!("{PAYABLE} AND r.group_code IS NULL")),
        ("core_cases", format!("{PAYABLE} AND r.kind = 'core'")),
        ("unconfirmed_cases", "r.group_code IS NOT NULL AND r.confirmed = 0".to_owned()),
    ] {
        let counted = format!("COUNT(CASE WHEN {condition} THEN 1 END)");
        let expected = from_the_store(&counted, "", "NULL")[&Value::Null].0.unwrap();
        assert!(expected > 0, "{measure}");
        assert_eq!(insured.total(measure, year(), DataScope::Hospital), Some(expected.into()), "{measure}");
    }
    let payable =
        from_the_store(&format!("COUNT(CASE WHEN {PAYABLE} THEN 1 END)"), "", "NULL")[&Value::Null].0;
    let filtered = insured.total("discharges", year().is("dip", true), DataScope::Hospital);
    assert_eq!(filtered, payable.map(Decimal::from));
    let others = insured.total("discharges", year().is("dip", false), DataScope::Hospital);
    let all = insured.total("discharges", year(), DataScope::Hospital);
    assert_eq!(filtered.unwrap() + others.unwrap(), all.unwrap());
}
