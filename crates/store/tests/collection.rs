//! Collection into the store: idempotent, in any order, on SQLite and on PostgreSQL alike.

mod support;

use model::canonical::Value;
use proptest::prelude::*;
use store::{CollectedRow, Counts};
use support::{collected, live, on_both, origin, row, sqlite, table};

fn counts(inserted: u64, updated: u64, unchanged: u64, outdated: u64) -> Counts {
    Counts { inserted, updated, unchanged, outdated }
}

// covers: SYS-1.03, INT-1.01
#[test]
fn a_row_is_inserted_changed_left_alone_or_too_old() {
    on_both(|t| {
        let table = table("charge_line");
        let line = |at, amount: i64| {
            collected(
                table,
                at,
                &[("key", "F1".into()), ("encounter_key", "E1".into()), ("amount", amount.into())],
            )
        };
        let take =
            |rows: &[CollectedRow]| t.store.collect(table, rows, &origin(100), &|_, _| Ok(())).unwrap();
        assert_eq!(take(&[line(10, 500)]), counts(1, 0, 0, 0));
        assert_eq!(take(&[line(10, 500)]), counts(0, 0, 1, 0));
        assert_eq!(take(&[line(11, 700)]), counts(0, 1, 0, 0));
        assert_eq!(take(&[line(9, 500)]), counts(0, 0, 0, 1));
        // Seen later with the same content: an older change in between must not win afterwards.
        assert_eq!(take(&[line(20, 700)]), counts(0, 0, 1, 0));
        assert_eq!(take(&[line(15, 900)]), counts(0, 0, 0, 1));
        let rows = live(&t.store, "charge_line");
        assert_eq!(
            rows,
            [row(table, &[("key", "F1".into()), ("encounter_key", "E1".into()), ("amount", 700.into())])]
        );
    });
}

#[test]
fn text_comes_back_byte_for_byte() {
    on_both(|t| {
        let table = table("department");
        let odd =
            ["a'b\"c", "x\\ty\tz\nw", "'); DROP TABLE department; --", "内科🏥", "\\N", "%s $1 ?1", "𠮷"];
        let rows: Vec<CollectedRow> = odd
            .iter()
            .enumerate()
            .map(|(n, text)| {
                collected(table, 1, &[("key", format!("K{n}").as_str().into()), ("name", (*text).into())])
            })
            .collect();
        t.store.collect(table, &rows, &origin(1), &|_, _| Ok(())).unwrap();
        let read = live(&t.store, "department");
        let names: Vec<&str> = read.iter().map(|row| row[1].str()).collect();
        assert_eq!(names, odd);
    });
}

#[test]
fn a_void_row_is_gone_and_comes_back_when_it_is_valid_again() {
    on_both(|t| {
        let table = table("diagnosis");
        let mut one = collected(table, 10, &[("key", "Z1".into()), ("encounter_key", "E1".into())]);
        let take = |row: &CollectedRow| {
            t.store.collect(table, std::slice::from_ref(row), &origin(100), &|_, _| Ok(())).unwrap()
        };
        take(&one);
        one.deleted = true;
        one.updated_at = 11;
        assert_eq!(take(&one), counts(0, 1, 0, 0));
        assert!(live(&t.store, "diagnosis").is_empty());
        one.deleted = false;
        one.updated_at = 12;
        assert_eq!(take(&one), counts(0, 1, 0, 0));
        assert_eq!(live(&t.store, "diagnosis").len(), 1);
    });
}

#[test]
fn a_row_missed_by_a_whole_reading_is_gone_and_revives() {
    on_both(|t| {
        let table = table("bed");
        let one = collected(table, 10, &[("key", "B1".into())]);
        let take =
            || t.store.collect(table, std::slice::from_ref(&one), &origin(100), &|_, _| Ok(())).unwrap();
        take();
        let keys = ["B1".to_owned(), "B404".to_owned()];
        assert_eq!(t.store.tombstone(table, &keys, &origin(50)).unwrap(), 1);
        assert_eq!(t.store.tombstone(table, &keys, &origin(51)).unwrap(), 0);
        assert!(live(&t.store, "bed").is_empty());
        assert_eq!(take(), counts(0, 1, 0, 0));
        assert_eq!(live(&t.store, "bed").len(), 1);
    });
}

#[test]
fn what_changed_waits_for_computing() {
    on_both(|t| {
        let encounters = table("encounter");
        let lines = table("charge_line");
        let encounter = collected(encounters, 1, &[("key", "E1".into()), ("patient_key", "P1".into())]);
        // The line comes before its encounter, then moves to another one.
        let line = |at, of: &str| collected(lines, at, &[("key", "F1".into()), ("encounter_key", of.into())]);
        let waiting = || -> Vec<String> {
            let up_to = t.store.latest_change().unwrap();
            let cases = t.store.case_inputs("", up_to, 100).unwrap();
            cases.into_iter().map(|case| case.encounter_key).collect()
        };
        t.store.collect(lines, &[line(1, "E1")], &origin(1), &|_, _| Ok(())).unwrap();
        t.store.collect(encounters, &[encounter], &origin(1), &|_, _| Ok(())).unwrap();
        assert_eq!(waiting(), ["E1"]);
        let up_to = t.store.latest_change().unwrap();
        t.store.save_computed(0, &[], ("", "E1"), up_to).unwrap();
        assert!(waiting().is_empty());
        t.store.collect(lines, &[line(2, "E2")], &origin(2), &|_, _| Ok(())).unwrap();
        assert_eq!(waiting(), ["E1", "E2"]);
        // The patient's sex or birth date changes all their encounters.
        let up_to = t.store.latest_change().unwrap();
        t.store.save_computed(0, &[], ("", "E2"), up_to).unwrap();
        let patient = collected(table("patient"), 3, &[("key", "P1".into()), ("name", "甲".into())]);
        t.store.collect(table("patient"), &[patient], &origin(3), &|_, _| Ok(())).unwrap();
        assert_eq!(waiting(), ["E1"]);
    });
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    on_both(|t| {
        let table = table("bed");
        let rows =
            [collected(table, 1, &[("key", "B1".into())]), collected(table, 1, &[("key", "B2".into())])];
        let failed = t.store.collect(table, &rows, &origin(1), &|_, _| Err(store::StoreError::Cancelled));
        assert!(failed.is_err());
        assert!(live(&t.store, "bed").is_empty());
        assert_eq!(t.store.latest_change().unwrap(), 0);
    });
}

#[test]
fn a_row_of_the_wrong_shape_is_refused() {
    let t = sqlite();
    let table = table("bed");
    let mut short = collected(table, 1, &[]);
    short.row.pop();
    let mut no_key = collected(table, 1, &[]);
    no_key.row[0] = Value::Null;
    let mut number = collected(table, 1, &[]);
    number.row[1] = Value::Int(3);
    for bad in [short, no_key, number] {
        assert!(t.store.collect(table, &[bad], &origin(1), &|_, _| Ok(())).is_err());
    }
}

/// Versions of a few rows, some void.
fn versions() -> impl Strategy<Value = Vec<(u8, i64, i64, bool)>> {
    proptest::collection::vec((0_u8..4, 0_i64..4, 0_i64..3, proptest::bool::weighted(0.2)), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Any order, any repetition, any cut into batches ends in the same store.
    #[test]
    fn order_and_repetition_do_not_matter(
        versions in versions(),
        seed in any::<u64>(),
        cut in 1_usize..8,
    ) {
        let table = table("charge_line");
        let rows: Vec<CollectedRow> = versions
            .iter()
            .map(|(key, at, amount, deleted)| {
                let key = format!("F{key}");
                let set = [("key", key.as_str().into()), ("encounter_key", "E1".into()), ("amount", (*amount).into())];
                CollectedRow { deleted: *deleted, ..collected(table, *at, &set) }
            })
            .collect();
        let mut shuffled = rows.clone();
        shuffled.extend(rows.iter().take(rows.len() / 2).cloned());
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let (one, other) = (sqlite(), sqlite());
        for row in &rows {
            one.store.collect(table, std::slice::from_ref(row), &origin(9), &|_, _| Ok(())).unwrap();
        }
        for batch in shuffled.chunks(cut) {
            other.store.collect(table, batch, &origin(9), &|_, _| Ok(())).unwrap();
        }
        prop_assert_eq!(live(&one.store, "charge_line"), live(&other.store, "charge_line"));
    }
}
