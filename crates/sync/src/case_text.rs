//! A case as one line of text: what the engines saw, kept beside its results so that it can be computed again.
//!
//! Fields are separated by unit separators, members of a list by record separators; both are control characters, which
//! no collected text contains.

use crate::SyncError;
use model::canonical::{moment_of, seconds_of};
use model::{Case, Coded, Fen, Sex};

const FIELD: char = '\u{1f}';
const MEMBER: char = '\u{1e}';
const FIELDS: usize = 22;

/// Writes a case.
pub(crate) fn write(case: &Case) -> String {
    let mut text = String::with_capacity(256);
    let codes = |codes: &[Coded]| {
        let written: Vec<&str> = codes.iter().map(|code| code.written.as_str()).collect();
        written.join(&MEMBER.to_string())
    };
    let number = |n: Option<i64>| n.map_or(String::new(), |n| n.to_string());
    let small = |n: Option<u32>| number(n.map(i64::from));
    let money = |fen: Option<Fen>| number(fen.map(|fen| fen.0));
    let fields: [&str; FIELDS] = [
        &case.id,
        &case.principal_diagnosis.written,
        &codes(&case.other_diagnoses),
        &codes(&case.procedures),
        match case.sex {
            Some(Sex::Male) => "1",
            Some(Sex::Female) => "2",
            None => "",
        },
        &small(case.age_years),
        &small(case.age_days),
        &small(case.birth_weight_g),
        &number(case.admitted.map(seconds_of)),
        &number(case.discharged.map(seconds_of)),
        &number(case.settled.map(seconds_of)),
        &case.discharge_way,
        &case.insurance_type,
        &case.settlement_way,
        &money(case.total_cost),
        &money(case.insurer_cost),
        &money(case.in_scope_cost),
        &money(case.pooled_fund),
        &money(case.self_pay),
        &money(case.drug_cost),
        &money(case.treatment_cost),
        &small(case.icu_days),
    ];
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push(FIELD);
        }
        text.push_str(field);
    }
    text
}

/// Reads a case. Hospital and level are not in it: they belong to the rules in force.
pub(crate) fn read(text: &str, case: &mut Case) -> Result<(), SyncError> {
    let mut fields = text.split(FIELD);
    let mut next = || fields.next().unwrap_or_default();
    case.id = next().into();
    case.principal_diagnosis = Coded::diagnosis(next());
    let members = |text: &'_ str| -> Vec<String> {
        if text.is_empty() { Vec::new() } else { text.split(MEMBER).map(str::to_owned).collect() }
    };
    case.other_diagnoses = members(next()).iter().map(|code| Coded::diagnosis(code)).collect();
    case.procedures = members(next()).iter().map(|code| Coded::procedure(code)).collect();
    case.sex = match next() {
        "1" => Some(Sex::Male),
        "2" => Some(Sex::Female),
        _ => None,
    };
    let number = |text: &str| -> Result<Option<i64>, SyncError> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| SyncError::Damaged("病例快照"))
    };
    let small = |text: &str| Ok::<_, SyncError>(number(text)?.and_then(|n| u32::try_from(n).ok()));
    case.age_years = small(next())?;
    case.age_days = small(next())?;
    case.birth_weight_g = small(next())?;
    case.admitted = number(next())?.and_then(moment_of);
    case.discharged = number(next())?.and_then(moment_of);
    case.settled = number(next())?.and_then(moment_of);
    case.discharge_way = next().into();
    case.insurance_type = next().into();
    case.settlement_way = next().into();
    let money = |text: &str| Ok::<_, SyncError>(number(text)?.map(Fen));
    case.total_cost = money(next())?;
    case.insurer_cost = money(next())?;
    case.in_scope_cost = money(next())?;
    case.pooled_fund = money(next())?;
    case.self_pay = money(next())?;
    case.drug_cost = money(next())?;
    case.treatment_cost = money(next())?;
    case.icu_days = small(fields.next().ok_or(SyncError::Damaged("病例快照"))?)?;
    case.policy_date = None;
    if fields.next().is_some() { Err(SyncError::Damaged("病例快照")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::parse_moment;

    #[test]
    fn a_case_comes_back_as_it_was() {
        let full = Case {
            id: "ZY1-1".into(),
            principal_diagnosis: Coded::diagnosis("k35900"),
            other_diagnoses: vec![Coded::diagnosis("I10.x00"), Coded::diagnosis("E11.201+N08.3*")],
            procedures: vec![Coded::procedure("47.0100")],
            sex: Some(Sex::Male),
            age_years: Some(46),
            age_days: Some(0),
            birth_weight_g: Some(3200),
            admitted: parse_moment("2025-03-01 08:00:00"),
            discharged: parse_moment("2025-03-07 10:00:00"),
            settled: parse_moment("2025-03-07 11:00:00"),
            discharge_way: "1".into(),
            insurance_type: "310".into(),
            settlement_way: "1".into(),
            total_cost: Some(Fen(1_300_000)),
            insurer_cost: Some(Fen(0)),
            in_scope_cost: Some(Fen(-5)),
            pooled_fund: None,
            self_pay: Some(Fen(1)),
            drug_cost: Some(Fen(2)),
            treatment_cost: Some(Fen(3)),
            icu_days: Some(2),
            ..Case::default()
        };
        for case in [full, Case::default()] {
            let mut back = Case::default();
            read(&write(&case), &mut back).unwrap();
            assert_eq!(back, case);
        }
    }

    #[test]
    fn a_damaged_line_is_an_error() {
        let mut case = Case::default();
        for text in
            ["", "a\u{1f}b", &format!("{}\u{1f}", write(&case)), &write(&case).replacen('\u{1f}', "", 1)]
        {
            assert!(read(text, &mut case).is_err(), "{text:?}");
        }
    }
}
