//! The charge columns stay sorted whatever comes late, and their snapshot is read back as it was or not at all.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use mart::{ChargeColumns, Mart, MartError, NO_REFUND, UNKNOWN_LINE};
use std::path::Path;
use support::{Ward, no_progress, number};

fn filled(folder: &Path) -> (Ward, Mart) {
    let mut ward = Ward::open(&folder.join("store.db"), 11);
    for _ in 0..30 {
        ward.admit(8, 15);
    }
    ward.flush();
    ward.compute();
    let mart = Mart::open(folder.join("mart.duckdb")).unwrap();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    (ward, mart)
}

type Line = (i64, i64, u32, String, String, String, i64, i64, Option<String>);

/// With names instead of numbers, so that dictionaries may differ.
fn lines(columns: &ChargeColumns) -> Vec<Line> {
    let mut lines = Vec::new();
    for stay in columns.iter() {
        for at in 0..stay.len() {
            lines.push((
                stay.number,
                stay.month,
                stay.time[at],
                stay.key(at).to_owned(),
                columns.items().key(stay.item[at]).to_owned(),
                columns.departments().key(stay.department[at]).to_owned(),
                stay.quantity[at],
                stay.amount[at],
                match stay.refund_of[at] {
                    NO_REFUND => None,
                    UNKNOWN_LINE => Some("?".to_owned()),
                    place => Some(stay.key(place as usize).to_owned()),
                },
            ));
        }
    }
    lines
}

fn fresh(mart: &Mart) -> ChargeColumns {
    let mut columns = ChargeColumns::default();
    columns.refresh(mart, &mut no_progress()).unwrap();
    columns
}

#[test]
fn columns_are_sorted_after_late_arrivals_and_equal_those_filled_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ward, mart) = filled(folder.path());
    let mut columns = fresh(&mart);
    assert!(columns.is_sorted() && columns.len() == 450 && columns.stay_count() == 30);
    assert_eq!(
        number(&mart, "SELECT SUM(amount) FROM charge_fact"),
        lines(&columns).iter().map(|l| l.7).sum::<i64>()
    );
    assert!(lines(&columns).iter().any(|line| line.8.as_deref().is_some_and(|key| key.contains('-'))));
    for _ in 0..8 {
        for _ in 0..3 {
            ward.change();
        }
        // Charged long ago, collected now.
        if let Some(key) = ward.any_encounter() {
            ward.charge(&key);
        }
        ward.flush();
        ward.compute();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
        columns.refresh(&mart, &mut no_progress()).unwrap();
        assert!(columns.is_sorted());
        assert_eq!(lines(&columns), lines(&fresh(&mart)));
        assert_eq!(columns.len() as i64, number(&mart, "SELECT COUNT(*) FROM charge_fact"));
    }
}

#[test]
fn a_stay_is_found_and_a_refund_finds_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (_ward, mart) = filled(folder.path());
    let columns = fresh(&mart);
    let last = columns.stay(29).unwrap();
    assert_eq!(columns.stay_of(last.number).unwrap().len(), last.len());
    assert!(columns.stay_of(-5).is_none() && columns.stay(30).is_none());
    for stay in columns.iter() {
        for at in (0..stay.len()).filter(|at| stay.refund_of[*at] < UNKNOWN_LINE) {
            let sql = format!(
                "SELECT COUNT(*) FROM charge_fact WHERE line_key = '{}' AND refund_of = '{}'",
                stay.key(at),
                stay.key(stay.refund_of[at] as usize)
            );
            assert_eq!(number(&mart, &sql), 1);
        }
    }
}

#[test]
fn a_snapshot_comes_back_equal_and_only_changes_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ward, mart) = filled(folder.path());
    let snapshot = folder.path().join("charges.snapshot");
    let (columns, report) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    assert!(report.lines == 450 && report.snapshot.is_none());
    assert_eq!(ChargeColumns::read(&snapshot).unwrap(), columns);
    let (again, report) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    assert!(again == columns && report.months.is_empty());

    let key = ward.any_encounter().unwrap();
    ward.charge(&key);
    ward.flush();
    ward.compute();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    let (columns, report) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    assert_eq!((report.months.len(), columns.len()), (1, 451));
    assert_eq!(ChargeColumns::read(&snapshot).unwrap(), columns);
}

#[test]
fn empty_columns_have_a_snapshot_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("charges.snapshot");
    let columns = ChargeColumns::default();
    columns.write(&path).unwrap();
    assert_eq!(ChargeColumns::read(&path).unwrap(), columns);
    assert!(columns.is_sorted() && columns.stay(0).is_none());
}

#[test]
fn every_damage_of_a_snapshot_is_seen_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (_ward, mart) = filled(folder.path());
    let snapshot = folder.path().join("charges.snapshot");
    let (columns, _) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
    let good = std::fs::read(&snapshot).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..60 {
        let mut bad = good.clone();
        match round % 4 {
            0 => bad.truncate(random.usize(..good.len())),
            1 => bad.push(0),
            2 => bad = b"garbage".repeat(100),
            _ => bad[random.usize(..good.len())] ^= 1 << random.u8(..8),
        }
        std::fs::write(&snapshot, &bad).unwrap();
        let error = ChargeColumns::read(&snapshot).unwrap_err();
        assert!(matches!(error, MartError::Snapshot(_)), "{error}");
        let (again, report) = ChargeColumns::load(&mart, &snapshot, &mut no_progress()).unwrap();
        assert!(report.snapshot.is_some() && again == columns);
    }
}
