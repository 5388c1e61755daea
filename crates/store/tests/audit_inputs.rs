//! Cases to be audited: the patient's case before each, the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{ComputedCase, PreviousCase, StoredResult};
use support::{collected, on_both, origin, table};

#[test]
fn the_case_before_is_the_patients_last_that_began_earlier() {
    on_both(|test| {
        let store = &test.store;
        let encounters = table("encounter");
        // Key, patient, admitted, discharged, planned: of P1 the third overlaps the second, the fourth begins with it.
        let rows = [
            ("E1", "P1", 10, Some(20), 0),
            ("E2", "P1", 30, Some(40), 1),
            ("E3", "P1", 35, None, 0),
            ("E4", "P1", 35, Some(60), 0),
            ("E5", "P2", 36, Some(50), 0),
            ("E6", "P1", 70, Some(80), 0),
            ("E7", "P1", 90, Some(95), 0),
        ];
        let mut all: Vec<_> = rows
            .iter()
            .map(|(key, patient, admitted, discharged, planned)| {
                let set = [
                    ("key", (*key).into()),
                    ("patient_key", (*patient).into()),
                    ("admitted_at", (*admitted).into()),
                    ("discharged_at", (*discharged).into()),
                    ("readmission_planned", (*planned).into()),
                ];
                collected(encounters, 1, &set)
            })
            .collect();
        store.collect(encounters, &all, &origin(1), &|_, _| Ok(())).unwrap();
        let computed: Vec<ComputedCase> = rows
            .iter()
            .map(|(key, ..)| ComputedCase {
                encounter_key: (*key).into(),
                month: if *key == "E6" { -2 } else { 202_501 },
                input: format!("input of {key}"),
                result: Some(StoredResult { kind: "core".into(), ..StoredResult::default() }),
                discharge_day: None,
            })
            .collect();
        store.save_computed(0, &computed, ("", "E7"), store.latest_change().unwrap()).unwrap();

        let before = |number: i64| {
            let last = (i64::MAX, 0);
            store.previous_cases((0, 0), last).unwrap().remove(&number)
        };
        let case = |key: &str, discharged_at: Option<i64>, readmission_planned: bool| {
            Some(PreviousCase { discharged_at, readmission_planned, input: format!("input of {key}") })
        };
        assert_eq!(before(1), None);
        assert_eq!(before(2), case("E1", Some(20), false));
        assert_eq!(before(3), case("E2", Some(40), true));
        assert_eq!(
            before(4),
            case("E3", None, false),
            "of two that begin at once the lower number is before"
        );
        assert_eq!(before(5), None, "another patient");
        assert_eq!(before(7), case("E4", Some(60), false), "the sixth is void");

        // The fourth is taken out; and only what lies between the cursors is answered.
        all[3].deleted = true;
        all[3].updated_at = 2;
        store.collect(encounters, &all[3..4], &origin(2), &|_, _| Ok(())).unwrap();
        assert_eq!(before(7), case("E3", None, false));
        let inputs = store.audit_inputs((0, 0), 100, &|_| false).unwrap();
        let place = |number: i64| {
            let input = inputs.iter().find(|input| input.number == number).unwrap();
            (input.changed, input.number)
        };
        let some = store.previous_cases(place(1), place(2)).unwrap();
        assert_eq!(some.into_keys().collect::<Vec<_>>(), [2]);
    });
}
