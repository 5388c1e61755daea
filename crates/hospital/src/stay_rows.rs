//! Rows of a stay: 患者, 就诊, 在科, 床日, 重症, 诊断, 手术.

use crate::clock::{DAY, HOUR, MINUTE, day_of};
use crate::coding::{Diagnosis, Operated};
use crate::draft_row::Shapes;
use crate::facts::Facts;
use model::Code;
use model::canonical::Row;

pub(crate) fn patient(facts: &Facts<'_>, shapes: &Shapes) -> Row {
    let person = &facts.person;
    shapes
        .row("patient", &format!("P{:08}", facts.plan.patient))
        .set("name", person.name.as_str())
        .set("sex", if person.woman { "2" } else { "1" })
        .set("birth_date", person.birth_day)
        .set("id_kind", "01")
        .set("id_number", person.id_number.as_str())
        .set("insured_number", person.insured_number.as_str())
        .set("nationality", "CHN")
        .set("ethnicity", person.ethnicity)
        .set("region", person.region.as_str())
        .set("address", person.address.as_str())
        .set("phone", person.phone.as_str())
        .done()
}

pub(crate) fn encounter(facts: &Facts<'_>, shapes: &Shapes, prepaid: i64) -> Row {
    let hospital = facts.hospital;
    let (first, last) = (facts.moves.first(), facts.moves.last());
    let department = |step: Option<&crate::facts::Move>| {
        step.map_or("", |step| hospital.departments.get(step.department).code.as_str())
    };
    let ward = |step: Option<&crate::facts::Move>| {
        step.map(|step| hospital.departments.get(step.department).ward(step.bed)).unwrap_or_default()
    };
    let discharged = facts.discharged.is_some();
    let bed = last.map(|step| hospital.departments.get(step.department).bed_number(step.bed));
    let row = shapes
        .row("encounter", &facts.key)
        .set("patient_key", format!("P{:08}", facts.plan.patient).as_str())
        .set("inpatient_number", facts.inpatient_number.as_str())
        .set("record_number", facts.record_number.as_str())
        .set("visit_number", i64::from(facts.plan.visit))
        .set("state", facts.state)
        .set("insurance_type", facts.insurance.map_or("", |insurance| insurance.code.as_str()))
        .set("insured_region", facts.insurance.map_or("", |_| facts.person.region.as_str()))
        .set("medical_type", if facts.disease.day_surgery { "2106" } else { "21" })
        .set("settlement_way", facts.settlement_way.unwrap_or_default())
        .set("admission_way", admission_way(facts))
        .set("admitted_at", facts.plan.admitted)
        .set("admission_department_key", department(first))
        .set("admission_ward", ward(first).as_str())
        .set("bed", bed.unwrap_or_default().as_str())
        .set("discharged_at", facts.discharged)
        .set("age_years", facts.age)
        .set("age_days", facts.age_days)
        .set("birth_weight", facts.birth_weight)
        .set("admission_weight", facts.birth_weight.map(|grams| grams - 60))
        .set("attending_key", facts.staff_key(facts.attending))
        .set("resident_key", facts.staff_key(facts.resident))
        .flag("day_surgery", facts.disease.day_surgery)
        .flag("record_finished", facts.coded_at.is_some())
        .set("prepaid", prepaid);
    let row = match facts.insurance {
        Some(_) => row.set("insurer_visit", format!("M{:012}", facts.plan.number + 1).as_str()),
        None => row,
    };
    if !discharged {
        return row.done();
    }
    row.set("discharge_department_key", department(last))
        .set("discharge_ward", ward(last).as_str())
        .set("discharge_way", facts.discharge_way)
        .set("receiving_hospital", receiving(facts.discharge_way))
        .flag("readmission_planned", facts.variant.principal.0.starts_with("Z51"))
        .done()
}

/// 入院途径: 急诊, 门诊, few from other hospitals.
pub(crate) fn admission_way(facts: &Facts<'_>) -> &'static str {
    match facts.plan.number % 10 {
        0..3 => "1",
        9 if facts.plan.number.is_multiple_of(7) => "3",
        _ => "2",
    }
}

/// 拟接收机构 of 转院.
pub(crate) fn receiving(discharge_way: &str) -> &'static str {
    match discharge_way {
        "2" => "样例省第一医院",
        "3" => "样例市湖滨社区医院",
        _ => "",
    }
}

pub(crate) fn department_stays(facts: &Facts<'_>, shapes: &Shapes) -> Vec<Row> {
    let step = |(number, step): (i64, &crate::facts::Move)| {
        let department = facts.hospital.departments.get(step.department);
        shapes
            .row("department_stay", &format!("{}-T{number:02}", facts.key))
            .set("encounter_key", facts.key.as_str())
            .set("sequence", number)
            .set("department_key", department.code.as_str())
            .set("ward", department.ward(step.bed).as_str())
            .set("bed", department.bed_number(step.bed).as_str())
            .set("doctor_key", facts.staff_key(facts.attending))
            .set("entered_at", step.entered_at)
            .set("left_at", step.left_at)
            .set("leave_way", step.leave_way)
            .done()
    };
    (1..).zip(&facts.moves).map(step).collect()
}

/// Every night in a bed; in house also the last one.
pub(crate) fn bed_days(facts: &Facts<'_>, shapes: &Shapes) -> Vec<Row> {
    let first = day_of(facts.plan.admitted);
    let nights = day_of(facts.until) - first;
    let night = |night: i64| {
        let midnight = (first + night + 1) * DAY;
        let step =
            facts.moves.iter().rev().find(|step| step.entered_at < midnight).or(facts.moves.first())?;
        let department = facts.hospital.departments.get(step.department);
        let row = shapes
            .row("bed_day", &format!("{}-B{:04}", facts.key, night + 1))
            .set("encounter_key", facts.key.as_str())
            .set("day", first + night)
            .set("department_key", department.code.as_str())
            .set("ward", department.ward(step.bed).as_str())
            .set("bed", department.bed_number(step.bed).as_str());
        Some(row.done())
    };
    (0..nights).filter_map(night).collect()
}

pub(crate) fn icu_stay(facts: &Facts<'_>, shapes: &Shapes) -> Vec<Row> {
    let icu = facts.hospital.rooms.icu;
    let Some(step) = facts.moves.iter().find(|step| step.department == icu) else { return Vec::new() };
    let end = step.left_at.unwrap_or(facts.until);
    let hours = ((end - step.entered_at) / HOUR * i64::from(facts.plan.number % 5) / 8).max(0);
    let row = shapes
        .row("icu_stay", &format!("{}-I01", facts.key))
        .set("encounter_key", facts.key.as_str())
        .set("unit", if facts.age_days.is_some_and(|days| days <= 28) { "NICU" } else { "ICU" })
        .set("entered_at", step.entered_at)
        .set("left_at", step.left_at)
        .set("ventilator_hours", hours * 10_000);
    vec![row.done()]
}

/// 来源 side by side: admission, clinical, coded, insurer.
pub(crate) fn diagnosis_rows(
    facts: &Facts<'_>,
    shapes: &Shapes,
    origin: &str,
    list: &[Diagnosis],
    rows: &mut Vec<Row>,
) {
    let mut numbers = [0_i64; 4];
    for diagnosis in list {
        let slot = match diagnosis.kind {
            "western" => 0,
            "outpatient" => 1,
            "pathology" => 2,
            _ => 3,
        };
        // At admission only what is known; the insurer's list takes western diagnoses only.
        if slot != 0 && matches!(origin, "admission" | "insurer") {
            continue;
        }
        numbers[slot] += 1;
        let number = numbers[slot];
        let row = shapes
            .row("diagnosis", &format!("{}-{origin}-{}-{number}", facts.key, diagnosis.kind))
            .set("encounter_key", facts.key.as_str())
            .set("origin", origin)
            .set("kind", diagnosis.kind)
            .set("sequence", number)
            .flag("principal", slot == 0 && number == 1)
            .set("name", diagnosis.name.as_str())
            .set("admission_condition", diagnosis.condition);
        let row = match origin {
            "insurer" => {
                let code = Code::diagnosis(&diagnosis.code);
                row.set("code", facts.hospital.policy.code_map.diagnosis(&code).as_str())
            }
            _ => row.set("code", diagnosis.code.as_str()),
        };
        let row = match diagnosis.kind {
            "pathology" => row.set("pathology_number", format!("BL{:08}", facts.plan.number + 1).as_str()),
            _ => row,
        };
        rows.push(row.done());
    }
}

pub(crate) fn operation_rows(
    facts: &Facts<'_>,
    shapes: &Shapes,
    origin: &str,
    list: &[Operated],
    rows: &mut Vec<Row>,
) {
    let level = ["", "1", "2", "3", "4"];
    let staff = &facts.hospital.staff;
    for (number, operated) in (1..).zip(list) {
        let ended_at = operated.started_at + operated.minutes * MINUTE;
        let mut row = shapes
            .row("operation", &format!("{}-{origin}-{number}", facts.key))
            .set("encounter_key", facts.key.as_str())
            .set("origin", origin)
            .set("sequence", number)
            .flag("principal", number == 1)
            .set("name", operated.name.as_str())
            .set("started_at", operated.started_at)
            .set("ended_at", ended_at)
            .set("level", level.get(usize::from(operated.level)).copied().unwrap_or(""))
            .set("surgeon_key", facts.staff_key(facts.surgeon))
            .set("assistant1_key", facts.staff_key(facts.attending))
            .set("incision_healing", operated.incision)
            .set("anaesthesia", operated.anaesthesia)
            .flag("elective", operated.elective);
        let code = Code::procedure(&operated.code);
        row = match origin {
            "insurer" => row.set("code", facts.hospital.policy.code_map.procedure(&code).as_str()),
            _ => row.set("code", operated.code.as_str()),
        };
        if operated.level >= 3 {
            row = row.set("assistant2_key", facts.staff_key(facts.resident));
        }
        if !operated.anaesthesia.is_empty() && operated.anaesthesia != "04" {
            let mut random = crate::random::Random::of(1, 9, u64::from(facts.plan.number));
            let anaesthetist = staff.doctor(facts.hospital.rooms.anaesthesia, 2, &mut random);
            row = row
                .set("anaesthetist_key", facts.staff_key(anaesthetist))
                .set("anaesthesia_started_at", operated.started_at - 20 * MINUTE)
                .set("anaesthesia_ended_at", ended_at + 10 * MINUTE);
        }
        rows.push(row.done());
    }
}
