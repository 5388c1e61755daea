//! 病案首页 and 医保结算清单 of a stay.

use crate::charge_line::ChargeLine;
use crate::clock::{DAY, day_of};
use crate::draft_row::Shapes;
use crate::facts::Facts;
use crate::random::Random;
use crate::settlement::Settled;
use crate::stay_rows::{admission_way, receiving};
use model::canonical::{FEE_CLASSES, Row};
use rustc_hash::FxHashMap;

/// The front page: all HQMS fields that apply, fees as sums of the charges.
pub(crate) fn write(
    facts: &Facts<'_>,
    shapes: &Shapes,
    lines: &[ChargeLine],
    personal: i64,
    random: &mut Random,
) -> Row {
    let hospital = facts.hospital;
    let person = &facts.person;
    let (first, last) = (facts.moves.first(), facts.moves.last());
    let department =
        |step: Option<&crate::facts::Move>| step.map(|step| hospital.departments.get(step.department));
    let ward = |step: Option<&crate::facts::Move>| {
        step.map(|step| hospital.departments.get(step.department).ward(step.bed)).unwrap_or_default()
    };
    let own = hospital.policy.hospitals.first();
    let transfers: Vec<&str> = facts
        .moves
        .iter()
        .skip(1)
        .map(|step| hospital.departments.get(step.department).standard_code.as_str())
        .collect();
    let child = facts.age < 18;
    let coma = facts.variant.principal.0.starts_with("S06");
    let total: i64 = lines.iter().map(|line| line.amount).sum();
    let planned = facts.variant.principal.0.starts_with("Z51");
    let allergic = random.chance(0.06);
    let state = match facts.coded_at {
        None => "draft",
        Some(at) if at + 4 * DAY > hospital.now => "coded",
        Some(at) if at + 12 * DAY > hospital.now => "checked",
        Some(_) => "written_back",
    };
    let mut row = shapes
        .row("front_page", &facts.key)
        .set("encounter_key", facts.key.as_str())
        .set("state", state)
        .set("revision", if facts.coded_at.is_some() { 2 } else { 1 })
        .set("organisation_code", own.map_or("", |hospital| hospital.code.as_str()))
        .set("organisation_name", own.map_or("样例医院", |hospital| hospital.name.as_str()))
        .set("record_number", facts.record_number.as_str())
        .set("visit_number", i64::from(facts.plan.visit))
        .set("health_card", format!("9999{:014}", u64::from(facts.plan.patient)).as_str())
        .set("pay_method", pay_method(facts))
        .set("name", person.name.as_str())
        .set("sex", if person.woman { "2" } else { "1" })
        .set("birth_date", person.birth_day)
        .set("age_years", facts.age)
        .set("age_days", facts.age_days)
        .set("nationality", "CHN")
        .set("marriage", person.marriage)
        .set("occupation", person.occupation.as_str())
        .set("ethnicity", person.ethnicity)
        .set("id_number", person.id_number.as_str())
        .set("birth_place", "样例省样例市")
        .set("native_province", "19")
        .set("household_address", person.household.as_str())
        .set("household_postcode", person.postcode.as_str())
        .set("address", person.address.as_str())
        .set("phone", person.phone.as_str())
        .set("postcode", person.postcode.as_str())
        .set("employer", if person.employer.is_empty() { "无" } else { person.employer.as_str() })
        .set("employer_phone", if person.employer.is_empty() { "" } else { "10000000000" })
        .set("employer_postcode", if person.employer.is_empty() { "" } else { "999000" })
        .set("contact_name", person.contact_name.as_str())
        .set("contact_relation", person.contact_relation)
        .set("contact_address", person.household.as_str())
        .set("contact_phone", person.contact_phone.as_str())
        .set("admission_way", admission_way(facts))
        .set("admitted_at", facts.plan.admitted)
        .set("admission_department", department(first).map_or("", |d| d.standard_code.as_str()))
        .set("admission_ward", ward(first).as_str())
        .set("transfer_departments", transfers.join("→").as_str())
        .set("discharged_at", facts.discharged)
        .set("discharge_department", department(last).map_or("", |d| d.standard_code.as_str()))
        .set("discharge_ward", ward(last).as_str())
        .set("stay_days", (day_of(facts.until) - day_of(facts.plan.admitted)).max(1))
        .set("department_head", facts.staff_name(facts.head))
        .set("chief_physician", facts.staff_name(facts.chief))
        .set("attending_physician", facts.staff_name(facts.attending))
        .set("resident_physician", facts.staff_name(facts.resident))
        .set("nurse", facts.staff_name(facts.nurse));
    if let Some(at) = facts.coded_at {
        row = row
            .set("coder", facts.staff_name(hospital.staff.office(random.below(5))))
            .set("quality", if random.chance(0.93) { "1" } else { "2" })
            .set("quality_physician", facts.staff_name(hospital.staff.office(5 + random.below(3))))
            .set("quality_nurse", facts.staff_name(facts.nurse))
            .set("quality_day", day_of(at));
    }
    row = row
        .set("drug_allergy", if allergic { "2" } else { "1" })
        .set("allergy_drugs", if allergic { ["青霉素", "头孢类", "磺胺类"][random.below(3)] } else { "" })
        .set("autopsy", if facts.plan.died { "2" } else { "" })
        .set("blood_abo", person.blood_abo)
        .set("blood_rh", person.blood_rh)
        .set("birth_weight1", facts.birth_weight)
        .set("admission_weight", facts.birth_weight.map(|grams| grams - 60))
        .set("readmission_planned", if planned { "2" } else { "1" })
        .set("readmission_purpose", if planned { "继续治疗" } else { "" })
        .set("discharge_way", facts.discharge_way)
        .set("receiving_hospital", receiving(facts.discharge_way))
        .set("total_fee", total)
        .set("self_pay_fee", if facts.insurance.is_some() { personal } else { total });
    if coma {
        let minutes = if random.chance(0.4) { random.between(1, 59) } else { 0 };
        row = row
            .set("coma_before_days", 0)
            .set("coma_before_hours", 0)
            .set("coma_before_minutes", minutes)
            .set("coma_after_days", 0)
            .set("coma_after_hours", 0)
            .set("coma_after_minutes", 0);
    }
    if child {
        row = row.set("employer", "无");
    }
    for (column, fen) in fees(facts, lines) {
        row = row.set(column, fen);
    }
    row.done()
}

/// 医疗付费方式 (RC032 form 1.1).
fn pay_method(facts: &Facts<'_>) -> &'static str {
    match facts.insurance.map(|insurance| insurance.code.as_str()) {
        None => "7",
        Some("310" | "320" | "510") => "1.1",
        Some("390") => "2.1",
        Some("340") => "6",
        Some(_) => "8",
    }
}

/// Fee columns; a column includes what is within it.
fn fees(facts: &Facts<'_>, lines: &[ChargeLine]) -> Vec<(&'static str, i64)> {
    let mut sums: FxHashMap<&str, i64> = FxHashMap::default();
    for line in lines {
        let class = facts.hospital.items.get(line.item).fee_class.as_str();
        *sums.entry(class).or_default() += line.amount;
    }
    FEE_CLASSES
        .iter()
        .zip(FEE_COLUMNS)
        .map(|(class, column)| {
            let own = sums.get(class.code).copied().unwrap_or_default();
            let within: i64 = FEE_CLASSES
                .iter()
                .filter(|other| other.within == Some(class.code))
                .filter_map(|other| sums.get(other.code))
                .sum();
            (*column, own + within)
        })
        .collect()
}

/// The front page's fee columns in the order of [`FEE_CLASSES`].
const FEE_COLUMNS: &[&str] = &[
    "general_service_fee",
    "general_treatment_fee",
    "nursing_fee",
    "other_service_fee",
    "pathology_fee",
    "laboratory_fee",
    "imaging_fee",
    "clinical_diagnosis_fee",
    "non_surgical_fee",
    "physiotherapy_fee",
    "surgical_fee",
    "anaesthesia_fee",
    "operation_fee",
    "rehabilitation_fee",
    "chinese_treatment_fee",
    "western_drug_fee",
    "antibiotic_fee",
    "patent_drug_fee",
    "herbal_drug_fee",
    "blood_fee",
    "albumin_fee",
    "globulin_fee",
    "clotting_factor_fee",
    "cytokine_fee",
    "examination_material_fee",
    "treatment_material_fee",
    "operation_material_fee",
    "other_fee",
];

/// 结算清单, uploaded some days after the settlement.
pub(crate) fn settlement_list(
    facts: &Facts<'_>,
    shapes: &Shapes,
    settled: &Settled,
    total: i64,
    random: &mut Random,
) -> Option<Row> {
    let coded = facts.coded_at?;
    let settled_at = facts.settled_at?;
    let uploaded = coded.max(settled_at) + random.between(2, 9) * DAY;
    let sent = uploaded < facts.hospital.now;
    let number = facts.plan.number + 1;
    let mut row = shapes
        .row("settlement_list", &format!("Q{number:010}"))
        .set("encounter_key", facts.key.as_str())
        .set("list_number", format!("Q{number:010}").as_str())
        .set("settlement_key", settled.last.as_str())
        .set("state", if sent { "uploaded" } else { "pending" })
        .set("principal_code", facts.variant.principal.0.as_str())
        .set("operation_code", facts.variant.operations.first().map_or("", |op| op.code.as_str()))
        .set("total", total);
    if sent {
        row = row
            .set("uploaded_at", uploaded)
            .set("message_id", format!("H99990000001{number:012}").as_str())
            .set("receipt", "成功");
    }
    Some(row.done())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_columns_follow_the_fee_classes() {
        let columns: Vec<String> = FEE_CLASSES.iter().map(|class| format!("{}_fee", class.code)).collect();
        assert_eq!(columns, FEE_COLUMNS);
    }
}
