//! 病例组装: what is recorded of an encounter, as one case for the engines.

use crate::CaseRules;
use crate::fields::Fields;
use model::canonical::{Row, moment_of};
use model::{Case, Coded, Fen, Sex};
use store::CaseInputs;

/// 药品: classes of `charge_line.fee_class` that are drugs.
const DRUGS: [&str; 4] = ["western_drug", "antibiotic", "patent_drug", "herbal_drug"];
/// 治疗费, operations excluded.
const TREATMENTS: [&str; 5] =
    ["general_treatment", "non_surgical", "physiotherapy", "rehabilitation", "chinese_treatment"];
const SECONDS_A_DAY: i64 = 86_400;

/// An encounter as a case; `None` when it is void or has not arrived.
pub(crate) fn build(inputs: &CaseInputs, rules: &CaseRules) -> Option<Case> {
    let encounter = Fields::of("encounter", inputs.encounter.as_ref()?);
    if encounter.text("state") == "voided" {
        return None;
    }
    let mut case = Case { id: inputs.encounter_key.as_str().into(), ..Case::default() };
    case.admitted = encounter.int("admitted_at").and_then(moment_of);
    case.discharged = encounter.int("discharged_at").and_then(moment_of);
    case.discharge_way = encounter.text("discharge_way").into();
    case.insurance_type = encounter.text("insurance_type").into();
    case.settlement_way = encounter.text("settlement_way").into();
    case.hospital = rules.hospital.as_str().into();
    case.hospital_level = rules.hospital_level.as_str().into();
    let small = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok());
    case.age_years = small(encounter.int("age_years"));
    case.age_days = small(encounter.int("age_days"));
    case.birth_weight_g = small(encounter.int("birth_weight"));
    if let Some(patient) = &inputs.patient {
        let patient = Fields::of("patient", patient);
        case.sex = match patient.text("sex") {
            "1" => Some(Sex::Male),
            "2" => Some(Sex::Female),
            _ => None,
        };
        age_from_birth(&mut case, patient.int("birth_date"));
    }
    codes(&mut case, inputs, rules);
    costs(&mut case, inputs, rules);
    case.icu_days = icu_days(&inputs.icu_stays, encounter.int("discharged_at"));
    Some(case)
}

/// The age at admission when the record gives none.
fn age_from_birth(case: &mut Case, birth: Option<i64>) {
    let (Some(admitted), Some(born)) = (case.admitted, birth.and_then(|day| moment_of(day * SECONDS_A_DAY)))
    else {
        return;
    };
    let (today, born) = (admitted.date(), born.date());
    if born > today {
        return;
    }
    if case.age_years.is_none() {
        let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
        case.age_years = u32::try_from(today.year() - born.year() - i16::from(before_birthday)).ok();
    }
    if case.age_days.is_none() && case.age_years == Some(0) {
        case.age_days = u32::try_from((today - born).get_days()).ok();
    }
}

/// Diagnoses and operations of the first origin that has a principal diagnosis.
fn codes(case: &mut Case, inputs: &CaseInputs, rules: &CaseRules) {
    for origin in &rules.origins {
        let mut diagnoses: Vec<Fields<'_>> = inputs
            .diagnoses
            .iter()
            .map(|row| Fields::of("diagnosis", row))
            .filter(|row| {
                row.text("origin") == origin.name()
                    && row.text("kind") == "western"
                    && !row.text("code").is_empty()
            })
            .collect();
        // The principal one first, then the record's order.
        diagnoses.sort_by_key(|row| (row.int("principal") != Some(1), row.int("sequence")));
        if diagnoses.first().and_then(|row| row.int("principal")) != Some(1) {
            continue;
        }
        let mut coded = diagnoses.iter().map(|row| Coded::diagnosis(row.text("code")));
        case.principal_diagnosis = coded.next().unwrap_or_default();
        case.other_diagnoses = coded.collect();
        let mut operations: Vec<Fields<'_>> = inputs
            .operations
            .iter()
            .map(|row| Fields::of("operation", row))
            .filter(|row| row.text("origin") == origin.name() && !row.text("code").is_empty())
            .collect();
        operations.sort_by_key(|row| (row.int("principal") != Some(1), row.int("sequence")));
        case.procedures = operations.iter().map(|row| Coded::procedure(row.text("code"))).collect();
        return;
    }
}

/// Costs of the final settlement that stands; without one, of the charges so far.
fn costs(case: &mut Case, inputs: &CaseInputs, rules: &CaseRules) {
    let sum = |classes: &[&str]| {
        let fees = inputs.fees.iter().filter(|fee| classes.contains(&fee.0.as_str()));
        Some(Fen(fees.map(|fee| fee.1).sum()))
    };
    if !inputs.fees.is_empty() {
        case.drug_cost = sum(&DRUGS);
        case.treatment_cost = sum(&TREATMENTS);
    }
    if let Some(row) = standing_settlement(&inputs.settlements) {
        let settlement = Fields::of("settlement", row);
        case.settled = settlement.int("settled_at").and_then(moment_of);
        let money = |name: &str| settlement.int(name).map(Fen);
        case.total_cost = money("total");
        case.in_scope_cost = money("in_scope");
        case.pooled_fund = money("pooled_fund");
        case.self_pay = money("personal_part");
        let value = |name: &str| settlement.value(name);
        case.insurer_cost = rules
            .insurer_cost
            .of(value("total"), value("own_pay"), value("in_scope"), value("fund_total"))
            .map(Fen);
        return;
    }
    if inputs.fees.is_empty() {
        return;
    }
    let total: i64 = inputs.fees.iter().map(|fee| fee.1).sum();
    let in_scope: i64 = inputs.fees.iter().map(|fee| fee.2).sum();
    let own_pay: i64 = inputs.fees.iter().map(|fee| fee.3).sum();
    case.total_cost = Some(Fen(total));
    // A HIS that does not price its lines for the insurer leaves both empty: then only 全自费 can be taken off.
    let insurer = if in_scope != 0 { in_scope } else { total - own_pay };
    case.in_scope_cost = Some(Fen(insurer));
    case.insurer_cost = Some(Fen(insurer));
    case.self_pay = Some(Fen(total - insurer));
}

/// The latest final settlement that no live cancellation takes back.
fn standing_settlement(settlements: &[Row]) -> Option<&Row> {
    let field = |row: &Row, name: &str| Fields::of("settlement", row).text(name).to_owned();
    let cancelled: Vec<String> = settlements.iter().map(|row| field(row, "cancels")).collect();
    settlements
        .iter()
        .filter(|row| field(row, "kind") == "final" && !cancelled.contains(&field(row, "key")))
        .max_by_key(|row| (Fields::of("settlement", row).int("settled_at"), field(row, "key")))
}

/// Days in ICU, each stay rounded up to whole days; one that has not ended counts to the discharge.
fn icu_days(stays: &[Row], discharged: Option<i64>) -> Option<u32> {
    let days: i64 = stays
        .iter()
        .filter_map(|row| {
            let stay = Fields::of("icu_stay", row);
            let entered = stay.int("entered_at")?;
            let left = stay.int("left_at").or(discharged)?;
            Some((left - entered).max(0).div_euclid(SECONDS_A_DAY) + 1)
        })
        .sum();
    u32::try_from(days).ok().filter(|days| *days > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::test_row;
    use model::canonical::Value;

    fn inputs() -> CaseInputs {
        let diagnosis = |origin: &str, sequence: i64, principal: i64, code: &str| {
            test_row(
                "diagnosis",
                &[
                    ("origin", origin.into()),
                    ("kind", "western".into()),
                    ("sequence", sequence.into()),
                    ("principal", principal.into()),
                    ("code", code.into()),
                ],
            )
        };
        CaseInputs {
            encounter_key: "E1".into(),
            encounter: Some(test_row(
                "encounter",
                &[
                    ("state", "settled".into()),
                    ("admitted_at", Value::Int(20_148 * 86_400)),
                    ("discharged_at", Value::Int(20_154 * 86_400)),
                    ("insurance_type", "310".into()),
                ],
            )),
            patient: Some(test_row(
                "patient",
                &[("sex", "2".into()), ("birth_date", Value::Int(20_148 - 40))],
            )),
            diagnoses: vec![
                diagnosis("clinical", 1, 1, "K35.9"),
                diagnosis("coded", 2, 0, "I10.x00"),
                diagnosis("coded", 1, 1, "K35.900"),
                diagnosis("insurer", 1, 0, "Z00.000"),
            ],
            ..CaseInputs::default()
        }
    }

    fn settlement(key: &str, kind: &str, cancels: &str, at: i64, total: i64) -> Row {
        test_row(
            "settlement",
            &[
                ("key", key.into()),
                ("kind", kind.into()),
                ("cancels", cancels.into()),
                ("settled_at", at.into()),
                ("total", total.into()),
                ("in_scope", (total / 2).into()),
            ],
        )
    }

    // covers: DIP-1.03
    #[test]
    fn the_first_origin_with_a_principal_diagnosis_is_taken() {
        let case = build(&inputs(), &CaseRules::default()).unwrap();
        assert_eq!(case.principal_diagnosis.written, "K35.900");
        assert_eq!(case.other_diagnoses.len(), 1);
        assert_eq!((case.sex, case.age_years, case.age_days), (Some(Sex::Female), Some(0), Some(40)));
    }

    #[test]
    fn a_cancelled_settlement_does_not_count() {
        let mut inputs = inputs();
        inputs.settlements = vec![
            settlement("S1", "final", "", 10, 100),
            settlement("S2", "cancel", "S1", 11, -100),
            settlement("S3", "final", "", 12, 300),
            settlement("S4", "preview", "", 13, 999),
        ];
        let case = build(&inputs, &CaseRules::default()).unwrap();
        assert_eq!((case.total_cost, case.insurer_cost), (Some(Fen(300)), Some(Fen(150))));
        inputs.settlements.push(settlement("S5", "cancel", "S3", 14, -300));
        assert_eq!(build(&inputs, &CaseRules::default()).unwrap().total_cost, None);
    }

    #[test]
    fn in_house_the_charges_so_far_count() {
        let mut inputs = inputs();
        inputs.fees = vec![("western_drug".into(), 700, 600, 100), ("nursing".into(), 300, 300, 0)];
        let case = build(&inputs, &CaseRules::default()).unwrap();
        assert_eq!((case.total_cost, case.insurer_cost), (Some(Fen(1000)), Some(Fen(900))));
        assert_eq!((case.drug_cost, case.self_pay), (Some(Fen(700)), Some(Fen(100))));
    }

    #[test]
    fn a_void_encounter_is_no_case() {
        let mut inputs = inputs();
        inputs.encounter = Some(test_row("encounter", &[("state", "voided".into())]));
        assert!(build(&inputs, &CaseRules::default()).is_none());
        inputs.encounter = None;
        assert!(build(&inputs, &CaseRules::default()).is_none());
    }
}
