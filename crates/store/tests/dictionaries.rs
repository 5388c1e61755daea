//! Dictionaries kept by hand beside the collection: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::canonical::{Table, Value};
use store::{Counts, DictionaryRow, MANUAL, Store, StoreError};
use support::{TestStore, collected, on_both, origin, row, table};

fn departments() -> &'static Table {
    table("department")
}

/// A full reading of the HIS's departments at a moment.
fn collect(store: &Store, at: i64, rows: &[(&str, &str, i64)]) -> Counts {
    let rows: Vec<_> = rows
        .iter()
        .map(|(key, name, beds)| {
            let set = [("key", (*key).into()), ("name", (*name).into()), ("open_beds", (*beds).into())];
            collected(departments(), at, &set)
        })
        .collect();
    store.collect(departments(), &rows, &origin(at), &|_, _| Ok(())).unwrap()
}

fn read(store: &Store, key: &str) -> DictionaryRow {
    store.dictionary_row(departments(), key).unwrap().unwrap()
}

/// What everything else sees.
fn shown(store: &Store, key: &str) -> (String, Option<i64>) {
    let row = read(store, key).row;
    (row.text("name").to_owned(), row.int("open_beds"))
}

/// Changes some columns by hand.
fn change(store: &Store, key: &str, set: &[(&str, Value)]) -> Result<(), StoreError> {
    let seen = read(store, key);
    let mut values: model::canonical::Row =
        departments().columns.iter().map(|column| seen.row.value(column.name).clone()).collect();
    for (name, value) in set {
        values[departments().position(name).unwrap()] = value.clone();
    }
    store.change_dictionary_row(departments(), &values, &seen.version(), 50, "1001")
}

fn dictionary_version(t: &TestStore) -> i64 {
    let mut reader = t.store.reader().unwrap();
    reader.months().unwrap().iter().find(|month| month.month == -1).map_or(0, |month| month.version)
}

// covers: SYS-1.02
#[test]
fn a_correction_stays_through_collections_until_the_source_agrees() {
    on_both(|t| {
        let store = &t.store;
        collect(store, 10, &[("K1", "外科", 40), ("K2", "内科", 30)]);
        let version = dictionary_version(t);
        change(store, "K1", &[("name", "普外科".into()), ("open_beds", 42.into())]).unwrap();
        assert!(dictionary_version(t) > version, "the mart is told");
        assert_eq!(shown(store, "K1"), ("普外科".into(), Some(42)));

        // The same again, then with another number of beds.
        let again = collect(store, 20, &[("K1", "外科", 40), ("K2", "内科", 30)]);
        assert_eq!((again.unchanged, again.updated), (2, 0), "a correction is no change of the source");
        assert_eq!(shown(store, "K1"), ("普外科".into(), Some(42)));
        collect(store, 30, &[("K1", "外科", 41)]);
        assert_eq!(shown(store, "K1"), ("普外科".into(), Some(42)));
        let corrected = read(store, "K1");
        let beds = corrected.override_of("open_beds").unwrap();
        assert_eq!((&beds.source_value, beds.changed_by.as_str()), (&Value::Int(41), "1001"));
        assert_eq!(shown(store, "K2"), ("内科".into(), Some(30)));

        // Back to what the source says: no correction any more.
        change(store, "K1", &[("open_beds", 41.into())]).unwrap();
        assert!(read(store, "K1").override_of("open_beds").is_none());
        collect(store, 40, &[("K1", "普外科", 45)]);
        assert_eq!(shown(store, "K1"), ("普外科".into(), Some(45)));
        assert!(read(store, "K1").overrides.is_empty(), "the source has taken it over");
    });
}

// covers: SYS-1.02
#[test]
fn a_manual_row_stays_until_a_source_brings_its_key() {
    on_both(|t| {
        let store = &t.store;
        collect(store, 10, &[("K1", "外科", 40)]);
        let manual = row(departments(), &[("key", "M1".into()), ("name", "体检科".into())]);
        store.add_dictionary_row(departments(), &manual, 11).unwrap();
        assert_eq!(read(store, "M1").source, MANUAL);
        for key in ["M1", "K1"] {
            let taken = row(departments(), &[("key", key.into()), ("name", "又".into())]);
            assert!(matches!(
                store.add_dictionary_row(departments(), &taken, 12),
                Err(StoreError::Refused(_))
            ));
        }
        let nameless = row(departments(), &[("key", "M2".into()), ("name", Value::Null)]);
        assert!(store.add_dictionary_row(departments(), &nameless, 12).is_err());
        change(store, "M1", &[("open_beds", 5.into())]).unwrap();
        assert!(read(store, "M1").overrides.is_empty(), "nothing to go back to");
        assert!(store.remove_dictionary_row(departments(), "K1", 13).is_err());
        store.remove_dictionary_row(departments(), "M1", 13).unwrap();
        assert_eq!(read(store, "M1").deleted_at, Some(13));
        store.add_dictionary_row(departments(), &manual, 14).unwrap();
        assert_eq!(shown(store, "M1"), ("体检科".into(), None));

        // Whatever the source's time of change, its row is the newer one.
        collect(store, 1, &[("M1", "健康管理科", 6)]);
        assert_eq!(shown(store, "M1"), ("健康管理科".into(), Some(6)));
        assert_eq!(read(store, "M1").source, "his");
    });
}

#[test]
fn the_second_editor_is_told() {
    on_both(|t| {
        let store = &t.store;
        collect(store, 10, &[("K1", "外科", 40)]);
        let seen = read(store, "K1");
        let values: model::canonical::Row =
            departments().columns.iter().map(|column| seen.row.value(column.name).clone()).collect();
        change(store, "K1", &[("name", "普外科".into())]).unwrap();
        let late = store.change_dictionary_row(departments(), &values, &seen.version(), 60, "1002");
        assert!(matches!(late, Err(StoreError::Changed(_))));
        assert_eq!(shown(store, "K1").0, "普外科");
    });
}

#[test]
fn beds_are_counted_by_department() {
    on_both(|t| {
        let beds = table("bed");
        let rows: Vec<_> =
            [("B1", "K1", Value::Int(1)), ("B2", "K1", Value::Int(0)), ("B3", "K2", Value::Null)]
                .into_iter()
                .map(|(key, department, active)| {
                    let set =
                        [("key", key.into()), ("department_key", department.into()), ("active", active)];
                    collected(beds, 1, &set)
                })
                .collect();
        t.store.collect(beds, &rows, &origin(1), &|_, _| Ok(())).unwrap();
        let counts: Vec<_> = t.store.bed_counts().unwrap().into_iter().collect();
        assert_eq!(counts, [("K1".to_owned(), (1, 2)), ("K2".to_owned(), (1, 1))]);
        assert!(t.store.dictionary(table("patient")).is_err(), "patients are no dictionary");
    });
}
