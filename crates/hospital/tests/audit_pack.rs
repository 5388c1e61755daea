//! The shipped audit rules over the synthetic hospital: every planted charge violation is found with its money, and what is
//! found beyond the answer key is of a class that is known and counted (`audit_extras.csv`).
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

mod sample_pack;

use audit::{Encounter, Engine, Line, Previous, PreviousStay, RulePack, Scratch};
use hospital::{ChargeLine, Hospital, Options, Stay};
use jiff::civil::date;
use model::canonical::{Row, Table, Value};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_planted_violation_is_found_and_every_other_finding_is_of_a_known_class() {
    let hospital =
        Hospital::new(&sample_pack::sample(), Options::demo(date(2026, 11, 27))).expect("hospital");
    let pack =
        RulePack::load(&RulePack::built_in("sample").expect("shipped")).unwrap_or_else(|e| panic!("{e}"));
    let engine = Engine::new(pack.rules);
    let mut scratch = Scratch::default();
    let (mut planted, mut extras) = (0, BTreeMap::<String, usize>::new());
    // By patient: the last stay so far.
    let mut last: BTreeMap<String, PreviousStay> = BTreeMap::new();
    for stay in hospital.stays() {
        let mut judged = audit_stay(&hospital, &stay);
        let row = &stay.rows("encounter")[0];
        let at = |column: &str| Table::named("encounter").unwrap().position(column).unwrap();
        let patient = row[at("patient_key")].str();
        judged.encounter.previous = last.get(patient).cloned().map_or(Previous::None, Previous::Stay);
        if let (Some(discharged), false) = (judged.encounter.discharged, row[at("state")].str() == "voided") {
            let before = PreviousStay {
                discharged,
                principal_diagnosis: judged.encounter.principal_diagnosis.clone(),
                readmission_planned: row[at("readmission_planned")].int() == Some(1),
            };
            last.insert(patient.to_owned(), before);
        }
        let verdict = engine.judge(&judged, &mut scratch);
        // Whoever was drawn to come back for the same disease within 15 days, not planned, is suspected; and nobody else.
        let back = match (&judged.encounter.previous, judged.encounter.admitted) {
            (Previous::Stay(before), Some(admitted)) if stay.readmission && !before.readmission_planned => {
                admitted.div_euclid(86_400) - before.discharged.div_euclid(86_400) <= 15
            }
            _ => false,
        };
        let suspected: Vec<&str> = verdict
            .suspicions
            .iter()
            .map(|suspicion| engine.rules()[suspicion.rule as usize].id.as_str())
            .collect();
        assert_eq!(suspected.contains(&"S-STAY-01"), back, "{}", stay.key);
        for rule in suspected {
            *extras.entry(rule.to_owned()).or_default() += 1;
        }
        // What each rule found: lines and money.
        let mut found: BTreeMap<u32, (BTreeSet<String>, i64)> = BTreeMap::new();
        for finding in &verdict.findings {
            let of_rule = found.entry(finding.rule).or_default();
            of_rule.0.insert(ChargeLine::key(stay.lines[finding.line as usize].number));
            of_rule.1 += finding.excess;
        }
        for answer in stay.planted.iter().filter(|planted| planted.table == "charge_line") {
            let wanted = (answer.row_keys.iter().cloned().collect(), answer.amount);
            let rule = found.iter().find(|(_, what)| **what == wanted).map(|(rule, _)| *rule);
            let rule = rule.unwrap_or_else(|| panic!("{} {}: {found:?}", stay.key, answer.note));
            found.remove(&rule);
            planted += 1;
        }
        for (rule, (lines, _)) in found {
            *extras.entry(engine.rules()[rule as usize].id.clone()).or_default() += lines.len();
        }
    }
    assert!(planted > 60, "{planted}");
    let known: BTreeMap<String, usize> = include_str!("audit_extras.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',');
            let rule = fields.next().unwrap().to_owned();
            let count = fields.next().unwrap().parse().unwrap();
            assert!(fields.next().is_some_and(|class| !class.is_empty()), "{rule} without its class");
            (rule, count)
        })
        .collect();
    assert_eq!(extras, known);
}

/// The stay as the engine sees it, items by their national codes.
fn audit_stay(hospital: &Hospital, stay: &Stay) -> audit::Stay {
    let row = &stay.rows("encounter")[0];
    let at = |table: &str, column: &str| Table::named(table).unwrap().position(column).unwrap();
    let value = |column: &str| &row[at("encounter", column)];
    let text = |column: &str| value(column).str().into();
    let whole = |column: &str| match value(column) {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    let codes = |table: &'static str| {
        stay.rows(table).iter().map(move |row| row[at(table, "code")].str().into()).collect()
    };
    let of = |row: &Row, column: &str| row[at("diagnosis", column)].clone();
    // As the collection takes it: the coder's, else the doctor's.
    let principal = ["coded", "clinical"].into_iter().find_map(|origin| {
        stay.rows("diagnosis").iter().find(|row| {
            of(row, "origin").str() == origin
                && of(row, "kind").str() == "western"
                && of(row, "principal").int() == Some(1)
        })
    });
    let encounter = Encounter {
        sex: if stay.woman { "2" } else { "1" }.into(),
        age: whole("age_years").map(Into::into),
        insurance: text("insurance_type"),
        medical_type: text("medical_type"),
        visit: "inpatient".into(),
        hospital_level: hospital.policy().hospitals[0].level.parse().ok(),
        department: text("admission_department_key"),
        admitted: whole("admitted_at"),
        discharged: whole("discharged_at"),
        as_of: Some(hospital.now()),
        diagnoses: codes("diagnosis"),
        operations: codes("operation"),
        principal_diagnosis: principal.map_or_else(Default::default, |row| of(row, "code").str().into()),
        previous: Previous::NotKnown,
    };
    let place_of: BTreeMap<u64, u32> =
        (0..).zip(&stay.lines).map(|(at, line): (u32, &ChargeLine)| (line.number, at)).collect();
    let lines = (0..).zip(&stay.lines).map(|(order, line)| {
        let item = &hospital.charge_items()[usize::from(line.item)];
        Line {
            item: item.insurer_code.as_str().into(),
            time: line.at,
            order,
            quantity: line.quantity,
            price: line.price / 100,
            amount: None,
            full_price: Some(item.price / 100),
            department: hospital.departments()[usize::from(line.ordering_department)].code.as_str().into(),
            refund_of: place_of.get(&line.refund_of).copied(),
        }
    });
    audit::Stay { encounter, lines: lines.collect() }
}
