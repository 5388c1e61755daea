//! 指标目标: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{Store, StoreError, Target};
use support::on_both;

fn target(measure: &str, department: &str, doctor: &str, high: Option<i64>, version: i64) -> Target {
    Target {
        measure: measure.into(),
        year: 2026,
        department_key: department.into(),
        doctor_key: doctor.into(),
        high,
        version,
        changed_at: 7,
        changed_by: "张某".into(),
        ..Target::default()
    }
}

fn bounds(store: &Store) -> Vec<(String, String, Option<i64>, i64)> {
    let all = store.targets(2026).unwrap();
    all.into_iter().map(|t| (t.department_key, t.doctor_key, t.high, t.version)).collect()
}

#[test]
fn a_hospital_its_departments_and_doctors_have_their_own() {
    on_both(|test| {
        let store = &test.store;
        let all = [("", ""), ("D1", ""), ("", "W1")];
        let new: Vec<Target> = all.iter().map(|(d, w)| target("drug_rate", d, w, Some(300_000), 0)).collect();
        store.set_targets(&new).unwrap();
        let of = |d: &str, w: &str, high| (d.to_owned(), w.to_owned(), Some(high), 1);
        assert_eq!(bounds(store), [of("", "", 300_000), of("", "W1", 300_000), of("D1", "", 300_000)]);
        assert!(store.targets(2025).unwrap().is_empty());
    });
}

#[test]
fn several_are_set_together_or_not_at_all() {
    on_both(|test| {
        let store = &test.store;
        store.set_target(&target("drug_rate", "D1", "", Some(1), 0)).unwrap();
        // The second was changed by somebody else since.
        let together = [target("drug_rate", "", "W1", Some(5), 0), target("drug_rate", "D1", "", Some(2), 7)];
        assert!(matches!(store.set_targets(&together), Err(StoreError::Changed(_))));
        assert_eq!(bounds(store), [("D1".into(), String::new(), Some(1), 1)]);
        let together = [target("drug_rate", "", "W1", Some(5), 0), target("drug_rate", "D1", "", None, 1)];
        store.set_targets(&together).unwrap();
        assert_eq!(bounds(store), [(String::new(), "W1".into(), Some(5), 1)], "without bounds it goes");
    });
}

#[test]
fn the_second_of_two_editors_is_told() {
    on_both(|test| {
        let store = &test.store;
        store.set_target(&target("drug_rate", "D1", "", Some(1), 0)).unwrap();
        for (version, ok) in [(0, false), (1, true), (1, false), (2, true)] {
            let set = store.set_target(&target("drug_rate", "D1", "", Some(version + 10), version));
            assert_eq!(set.is_ok(), ok, "{version}");
        }
        assert!(matches!(
            store.set_target(&target("drug_rate", "D1", "", None, 1)),
            Err(StoreError::Changed(_))
        ));
        assert_eq!(bounds(store), [("D1".into(), String::new(), Some(12), 3)]);
    });
}
