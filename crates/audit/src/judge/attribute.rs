//! 限定类: an attribute of the patient, the stay or the line decides.

use super::{Case, Hit};
use crate::finding::Verdict;
use crate::rule::Attribute;
use compact_str::CompactString;
use rust_decimal::Decimal;

pub(super) fn allow(
    of: Attribute,
    allow: &[CompactString],
    hits: &[Hit],
    case: &Case<'_>,
    verdict: &mut Verdict,
) {
    let encounter = &case.stay.encounter;
    let among = |value: &CompactString| allow.contains(value);
    let begins = |codes: &[CompactString]| {
        codes.iter().any(|code| allow.iter().any(|allow| code.starts_with(allow.as_str())))
    };
    let of_stay = |known: bool, fits: bool| if known { Some(fits) } else { None };
    let text = |value: &CompactString| of_stay(!value.is_empty(), among(value));
    let (what, fits) = match of {
        Attribute::Department => return department(allow, hits, case, verdict),
        Attribute::Sex => ("性别", text(&encounter.sex)),
        Attribute::Insurance => ("险种", text(&encounter.insurance)),
        Attribute::MedicalType => ("医疗类别", text(&encounter.medical_type)),
        Attribute::Visit => ("就医方式", text(&encounter.visit)),
        Attribute::Diagnosis => {
            ("诊断", of_stay(!encounter.diagnoses.is_empty(), begins(&encounter.diagnoses)))
        }
        // No operation is an answer too.
        Attribute::Operation => ("手术操作", Some(begins(&encounter.operations))),
    };
    all_unless(fits, what, hits, case, verdict);
}

pub(super) fn level(min: Option<u8>, max: Option<u8>, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let fits = case
        .stay
        .encounter
        .hospital_level
        .map(|level| min.is_none_or(|min| level >= min) && max.is_none_or(|max| level <= max));
    all_unless(fits, "医院级别", hits, case, verdict);
}

pub(super) fn age(
    min: Option<Decimal>,
    max: Option<Decimal>,
    hits: &[Hit],
    case: &Case<'_>,
    verdict: &mut Verdict,
) {
    let fits = case.stay.encounter.age.map(|age| {
        // Who is 14 and some months is 14.
        min.is_none_or(|min| age >= min)
            && max.is_none_or(|max| age <= max || max.is_integer() && age.floor() <= max)
    });
    all_unless(fits, "年龄", hits, case, verdict);
}

fn all_unless(fits: Option<bool>, what: &'static str, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    match fits {
        Some(true) => {}
        Some(false) => hits.iter().for_each(|hit| verdict.whole(hit, case, Vec::new())),
        None => verdict.missing(hits[0].rule, what),
    }
}

fn department(allow: &[CompactString], hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    let mut unknown = false;
    for hit in hits {
        let own = &case.stay.lines[case.charge(hit).line as usize].department;
        let department = if own.is_empty() { &case.stay.encounter.department } else { own };
        if department.is_empty() {
            unknown = true;
        } else if !allow.contains(department) {
            verdict.whole(hit, case, Vec::new());
        }
    }
    if unknown {
        verdict.missing(hits[0].rule, "科室");
    }
}
