//! 限定类: an attribute of the patient, the stay or the line decides.

use super::{Case, Hit};
use crate::ledger::Ledger;
use crate::rule::{Attribute, Kind};
use crate::stay::Encounter;
use compact_str::CompactString;

/// Whether the stay is such as the rule wants it, `None` when that is not known; and what is asked for.
pub(crate) fn fits(kind: &Kind, encounter: &Encounter) -> (Option<bool>, &'static str) {
    match kind {
        Kind::Allow { of, allow } => allowed(*of, allow, encounter),
        Kind::Level { min, max } => {
            let fits = |level: u8| min.is_none_or(|min| level >= min) && max.is_none_or(|max| level <= max);
            (encounter.hospital_level.map(fits), "医院级别")
        }
        Kind::Age { min, max } => {
            let fits = encounter.age.map(|age| {
                // Who is 14 and some months is 14.
                min.is_none_or(|min| age >= min)
                    && max.is_none_or(|max| age <= max || max.is_integer() && age.floor() <= max)
            });
            (fits, "年龄")
        }
        _ => (Some(true), ""),
    }
}

fn allowed(of: Attribute, allow: &[CompactString], encounter: &Encounter) -> (Option<bool>, &'static str) {
    let begins = |codes: &[CompactString]| {
        codes.iter().any(|code| allow.iter().any(|allow| code.starts_with(allow.as_str())))
    };
    let text = |value: &CompactString| (!value.is_empty()).then(|| allow.contains(value));
    match of {
        Attribute::Sex => (text(&encounter.sex), "性别"),
        Attribute::Insurance => (text(&encounter.insurance), "险种"),
        Attribute::MedicalType => (text(&encounter.medical_type), "医疗类别"),
        Attribute::Visit => (text(&encounter.visit), "就医方式"),
        Attribute::Department => (text(&encounter.department), "科室"),
        Attribute::Diagnosis => {
            let known = !encounter.diagnoses.is_empty();
            (known.then(|| begins(&encounter.diagnoses)), "诊断")
        }
        // No operation is an answer too.
        Attribute::Operation => (Some(begins(&encounter.operations)), "手术操作"),
    }
}

/// 限定科室: of the line, else of the stay.
pub(super) fn department(allow: &[CompactString], hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    let mut unknown = false;
    for hit in hits {
        let own = case.details.department(case.charge(hit).line);
        let department = if own.is_empty() { case.encounter.department.as_str() } else { own };
        if department.is_empty() {
            unknown = true;
        } else if !allow.iter().any(|allow| allow == department) {
            ledger.whole(hit, case, []);
        }
    }
    if unknown {
        ledger.lacks(hits[0].rule, "科室");
    }
}
