//! However the mart came to be, it is the mart of the store: months one by one, all at once, after any changes.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use mart::{Cell, Mart};
use proptest::prelude::*;
use support::{Ward, assert_same, built_from_nothing, no_progress, number};

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_built_from_nothing(seed in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut ward = Ward::open(&folder.path().join("store.db"), seed);
        for _ in 0..25 {
            ward.admit(8, 4);
        }
        ward.flush();
        ward.compute();
        let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
        mart.refresh(&ward.store, &mut no_progress()).unwrap();
        for _ in 0..3 {
            for _ in 0..ward.random.usize(1..4) {
                ward.change();
            }
            ward.compute();
            mart.refresh(&ward.store, &mut no_progress()).unwrap();
            assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
        }
        mart.rebuild(&ward.store, &mut no_progress()).unwrap();
        assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
    }
}

fn filled(folder: &std::path::Path, encounters: usize) -> (Ward, Mart) {
    let mut ward = Ward::open(&folder.join("store.db"), 7);
    for _ in 0..encounters {
        ward.admit(encounters / 3 + 1, 12);
    }
    ward.flush();
    ward.compute();
    let mart = Mart::open(folder.join("mart.duckdb")).unwrap();
    let report = mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert!(report.whole && report.rebuilt_because.is_none(), "{report:?}");
    (ward, mart)
}

#[test]
fn cases_multiplied_are_those_of_other_patients() {
    let folder = tempfile::tempdir().unwrap();
    let (_ward, mart) = filled(folder.path(), 30);
    let facts = ["case_fact", "diagnosis_fact", "operation_fact", "department_stay_fact"];
    let count = |what: &str, from: &str| number(&mart, &format!("SELECT COUNT({what}) FROM {from}"));
    let before = facts.map(|fact| count("*", fact));
    let patients = count("DISTINCT patient_key", "case_fact");
    let surplus = number(&mart, "SELECT SUM(surplus)::BIGINT FROM case_fact");
    mart.multiply(2).unwrap();
    assert_eq!(facts.map(|fact| count("*", fact)), before.map(|rows| 3 * rows));
    assert_eq!(count("DISTINCT number", "case_fact"), 3 * before[0]);
    assert_eq!(count("DISTINCT patient_key", "case_fact"), 3 * patients);
    assert_eq!(number(&mart, "SELECT SUM(surplus)::BIGINT FROM case_fact"), 3 * surplus);
    // Rows of the other facts belong to the case that was made with them.
    assert_eq!(count("*", "diagnosis_fact d JOIN case_fact c ON c.number = d.number"), 3 * before[1]);
}

#[test]
fn fees_add_up_to_the_fen_and_rows_to_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let (ward, mart) = filled(folder.path(), 60);
    let lines: usize = ward.encounters.values().map(|stay| stay.lines.len()).sum();
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM charge_fact"), lines as i64);
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM case_fact"), 60);
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM diagnosis_fact"), 240);
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM operation_fact"), 60);
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM department_stay_fact"), 180);
    assert_eq!(number(&mart, "SELECT COUNT(*) FROM bed_day_fact"), 180);
    let outer: Vec<String> = model::canonical::FEE_CLASSES
        .iter()
        .filter(|class| class.within.is_none())
        .map(|class| format!("{}_fee", class.code))
        .collect();
    let groups = "service_group_fee + diagnostic_group_fee + treatment_group_fee + rehabilitation_group_fee + \
        chinese_group_fee + western_drug_group_fee + chinese_drug_group_fee + blood_group_fee + material_group_fee + \
        other_group_fee";
    for sum in [outer.join(" + ").as_str(), groups, "effective_revenue + drug_fee + consumable_fee"] {
        assert_eq!(
            number(&mart, &format!("SELECT COUNT(*) FROM case_fact WHERE {sum} <> total_fee")),
            0,
            "{sum}"
        );
    }
    let wrong = "SELECT COUNT(*) FROM case_fact c WHERE total_fee <> \
        (SELECT SUM(amount) FROM charge_fact f WHERE f.number = c.number)";
    assert_eq!(number(&mart, wrong), 0);
    // What the departments ordered while the patient was with them, and what others ordered.
    let of_stays = number(&mart, "SELECT SUM(total_fee) FROM department_stay_fact");
    let of_others =
        number(&mart, "SELECT COALESCE(SUM(amount), 0) FROM charge_fact WHERE department_stay IS NULL");
    assert_eq!(of_stays + of_others, number(&mart, "SELECT SUM(total_fee) FROM case_fact"));
    assert!(of_others != 0 && of_stays != 0);
}

#[test]
fn only_touched_months_are_built() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ward, mart) = filled(folder.path(), 60);
    let version = mart.data_version().unwrap();
    assert!(mart.refresh(&ward.store, &mut no_progress()).unwrap().months.is_empty());
    assert_eq!(mart.data_version().unwrap(), version);
    let (key, stay) = ward.encounters.iter().find(|(_, stay)| stay.discharged.is_some()).unwrap();
    let (key, month) = (key.clone(), support::month_of(stay.discharged.unwrap()));
    ward.charge(&key);
    ward.flush();
    ward.compute();
    let report = mart.refresh(&ward.store, &mut no_progress()).unwrap();
    // Of the month only the case that changed is read.
    let lines = ward.encounters[&key].lines.len() as u64;
    assert_eq!((report.cases, report.charge_lines), (1, lines));
    assert_eq!((report.months, report.whole), (vec![month], false));
    assert_ne!(mart.data_version().unwrap(), version);

    // A discharge leaves month 0 for its own.
    let key = ward.encounters.iter().find(|(_, stay)| stay.discharged.is_none()).unwrap().0.clone();
    let stay = ward.encounters.get_mut(&key).unwrap();
    stay.discharged = Some(stay.admitted + 86_400);
    let month = support::month_of(stay.admitted + 86_400);
    ward.encounter(&key);
    ward.flush();
    ward.compute();
    let mut said = Vec::new();
    let report = mart
        .refresh(&ward.store, &mut |phase: &str, done: u64, total: u64| {
            said.push(format!("{phase} {done}/{total}"));
            true
        })
        .unwrap();
    assert_eq!(report.months, [month, 0]);
    assert_eq!(said[1], "刷新分析库：在院患者 1/2");
}

#[test]
fn a_cancelled_refresh_keeps_whole_months_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ward, mart) = filled(folder.path(), 60);
    let (a, b) = {
        let mut discharged: Vec<_> = ward
            .encounters
            .iter()
            .filter_map(|(key, stay)| Some((support::month_of(stay.discharged?), key)))
            .collect();
        discharged.sort();
        (discharged[0].1.clone(), discharged[discharged.len() - 1].1.clone())
    };
    ward.charge(&a);
    ward.charge(&b);
    ward.flush();
    ward.compute();
    let cancelled = mart.refresh(&ward.store, &mut |_: &str, done: u64, _: u64| done == 0);
    assert!(matches!(cancelled, Err(mart::MartError::Cancelled)));
    let report = mart.refresh(&ward.store, &mut no_progress()).unwrap();
    assert_eq!(report.months.len(), 1);
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
    let stopped = mart.rebuild(&ward.store, &mut |_: &str, _: u64, _: u64| false);
    assert!(matches!(stopped, Err(mart::MartError::Cancelled)));
    assert_same(&mart, &built_from_nothing(&ward.store, folder.path()));
}

#[test]
fn readmissions_are_seen_from_both_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ward, mart) = filled(folder.path(), 1);
    let mut stay = |patient: usize, from: i64, to: i64| {
        let key = ward.admit(1, 1);
        let entry = ward.encounters.get_mut(&key).unwrap();
        entry.patient = patient;
        entry.admitted = (support::FIRST_DAY + from) * support::DAY + 100;
        entry.discharged = Some((support::FIRST_DAY + to) * support::DAY + 200);
        ward.encounter(&key);
        key
    };
    // Over the turn of a month; the third 40 days later.
    let keys = [stay(99, 20, 28), stay(99, 38, 40), stay(99, 80, 81)];
    ward.flush();
    ward.compute();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
    let see = |key: &str| {
        let sql = "SELECT days_since_discharge, days_to_readmission, readmitted_7, readmitted_15, readmitted_31, \
            is_readmission_15 FROM case_fact WHERE encounter_key = $1";
        mart.query(sql, &[Cell::Text(key.into())]).unwrap().rows.remove(0)
    };
    let (yes, no) = (Cell::Flag(true), Cell::Flag(false));
    let (none, ten, forty) = (Cell::Null, Cell::Whole(10), Cell::Whole(40));
    assert_eq!(see(&keys[0]), [none.clone(), ten.clone(), no.clone(), yes.clone(), yes.clone(), no.clone()]);
    assert_eq!(see(&keys[1]), [ten, forty.clone(), no.clone(), no.clone(), no.clone(), yes]);
    assert_eq!(see(&keys[2]), [forty, none, no.clone(), no.clone(), no.clone(), no]);
}

#[test]
fn parquet_reads_back_equal() {
    let folder = tempfile::tempdir().unwrap();
    let (_ward, mart) = filled(folder.path(), 40);
    let out = folder.path().join("导出 'a'");
    let files = mart.export_parquet(&out, &mut no_progress()).unwrap();
    assert_eq!(files.len(), mart::FACTS.len() + mart::DIMENSIONS.len() + 1);
    for (path, rows) in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = path.to_str().unwrap().replace('\'', "''");
        assert_eq!(number(&mart, &format!("SELECT COUNT(*) FROM {name}")), rows as i64);
        for (a, b) in [(name.as_str(), format!("'{file}'")), (&format!("'{file}'"), name.clone())] {
            let left_over = format!("SELECT COUNT(*) FROM (FROM {a} EXCEPT ALL FROM {b})");
            assert_eq!(number(&mart, &left_over), 0, "{name}");
        }
    }
}
