//! An explanation ends in the numbers that are kept, for every case of a hospital; a what-if keeps nothing.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use grouper::Outcome;
use hospital::{Hospital, Options};
use jiff::civil::{Date, date};
use model::canonical::{TABLES, Table};
use model::{Case, Coded, DataScope, Viewer};
use std::path::Path;
use std::sync::Arc;
use store::{CaseRecord, CollectedRow, Origin, Store, StoredResult};
use sync::{CaseRules, PackSet, PackShelf, RegroupScope, pack_dir, stored_case};

const TODAY: Date = date(2025, 6, 30);

struct Place {
    store: Store,
    now: i64,
    rules: CaseRules,
    /// The pack of 2024 and the pack of 2025.
    packs: [i64; 2],
    _folder: tempfile::TempDir,
}

/// A hospital of three years whose cases are computed with the packs of 2024 and 2025: those before are 试算.
fn place(discharges: u32) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    let policy = Arc::new(pack_dir::load(Path::new("sample/2025")).unwrap());
    let hospital = Hospital::new(&policy, Options::small(TODAY, discharges)).unwrap();
    let now = hospital.now();
    let collect = |table: &'static Table, rows: Vec<model::canonical::Row>| {
        let rows: Vec<CollectedRow> =
            rows.into_iter().map(|row| CollectedRow { row, updated_at: 1, deleted: false }).collect();
        let origin = Origin { source: "test", run: 0, now };
        store.collect(table, &rows, &origin, &|_, _| Ok(())).unwrap();
    };
    let stays: Vec<_> = hospital.stays().collect();
    for table in TABLES {
        let mut rows = hospital.dictionary(table.name);
        for stay in &stays {
            rows.extend(stay.rows(table.name).iter().cloned());
            if table.name == "charge_line" {
                rows.extend(stay.charge_rows(&hospital));
            }
        }
        collect(table, rows);
    }
    let packs = ["sample/2024", "sample/2025"]
        .map(|pack| sync::add_pack(&store, &pack_dir::read(Path::new(pack)).unwrap(), now).unwrap());
    store.put_in_force(&packs, now).unwrap();
    let rules = CaseRules::default();
    let set = PackSet::in_force(&store, &rules).unwrap();
    sync::compute_changed(&store, &set, TODAY, now, &mut |_: &str, _: u64, _: u64| true).unwrap();
    Place { store, now, rules, packs, _folder: folder }
}

fn everyone() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

fn records(store: &Store) -> Vec<CaseRecord> {
    let mut numbers = Vec::new();
    store
        .reader()
        .unwrap()
        .cases(store::Of::All, &mut |case| {
            numbers.push(case.number);
            Ok(())
        })
        .unwrap();
    numbers.iter().map(|number| store.case_record(&everyone(), *number).unwrap().unwrap()).collect()
}

// covers: DIP-1.02
#[test]
fn every_explanation_ends_in_the_kept_result() {
    let place = place(300);
    // Beside the current results those of a regrouping of everything with the pack of 2024.
    let older = PackSet::of(&place.store, &place.packs[..1], &place.rules).unwrap();
    let scope = RegroupScope { from: None, to: None };
    let run = sync::begin_regroup(&place.store, &older, &scope, place.now).unwrap();
    let mut going = |_: &str, _: u64, _: u64| true;
    sync::continue_regroup(&place.store, &older, run, TODAY, place.now, &mut going).unwrap();

    let shelf = PackShelf::new(&place.rules);
    let records = records(&place.store);
    let (mut seen, mut trials, mut ungrouped, mut in_house) = (0, 0, 0, 0);
    for record in &records {
        assert_eq!(record.results.len(), 2);
        for kept in &record.results {
            let at = kept.run_started_at;
            let explained = shelf.explain_stored(&place.store, &record.input, &kept.result, at).unwrap();
            assert!(
                explained.agrees_with(&kept.result),
                "{} {:?} {:?}",
                record.number,
                explained.result,
                kept.result
            );
            let explanation = &explained.explanation;
            assert_eq!(explanation.priced.is_some(), !kept.result.group_code.is_empty());
            let chosen: Vec<_> =
                explanation.candidates.iter().filter(|row| row.outcome == Outcome::Chosen).collect();
            assert_eq!(chosen.len(), usize::from(!kept.result.group_code.is_empty()));
            if let (Some(surplus), Some(last)) = (kept.result.surplus, explanation.steps.last()) {
                assert!(last.text.contains(&model::Fen(surplus).to_string()), "{}", last.text);
            }
            seen += 1;
            trials += usize::from(kept.result.trial);
            ungrouped += usize::from(kept.result.group_code.is_empty());
        }
        in_house += usize::from(record.month == 0);
    }
    assert!(
        seen > 600 && trials > 0 && ungrouped > 0 && in_house > 0,
        "{seen} {trials} {ungrouped} {in_house}"
    );
    let kept = records[0].results[0].result.clone();
    assert!(shelf.explain_stored(&place.store, "damaged", &kept, 0).is_err());
}

#[test]
fn a_result_of_other_data_or_numbers_does_not_agree() {
    let place = place(40);
    let shelf = PackShelf::new(&place.rules);
    let records = records(&place.store);
    let record = records.iter().find(|record| record.current().unwrap().result.surplus.is_some()).unwrap();
    let kept = record.current().unwrap();
    let explained =
        shelf.explain_stored(&place.store, &record.input, &kept.result, kept.run_started_at).unwrap();
    let changed = StoredResult { surplus: kept.result.surplus.map(|fen| fen + 1), ..kept.result.clone() };
    assert!(explained.agrees_with(&kept.result) && !explained.agrees_with(&changed));
}

// covers: DIP-1.02
#[test]
fn a_what_if_of_the_record_is_the_kept_result_and_keeps_nothing() {
    let place = place(150);
    let shelf = PackShelf::new(&place.rules);
    let records = records(&place.store);
    let before = (place.store.latest_change().unwrap(), place.store.compute_runs(99).unwrap());
    for record in &records {
        let kept = &record.current().unwrap().result;
        let case = stored_case(&record.input).unwrap();
        let own = shelf.what_if(&place.store, case.clone(), None, TODAY).unwrap();
        assert!(own.agrees_with(kept), "{:?} {kept:?}", own.result);
        assert_eq!(
            own.explanation,
            shelf.what_if(&place.store, case, Some(kept.pack), TODAY).unwrap().explanation
        );
        let schemes = own.schemes(false);
        let first: Vec<&str> = schemes
            .iter()
            .filter(|scheme| scheme.first_choice)
            .map(|scheme| own.pack.policy().groups[scheme.group].code.as_str())
            .collect();
        assert_eq!(first.concat(), kept.group_code);
        assert!(schemes.iter().all(|scheme| !scheme.undocumented));
    }
    let after = (place.store.latest_change().unwrap(), place.store.compute_runs(99).unwrap());
    assert_eq!(before, after);
}

#[test]
fn a_chosen_pack_outside_its_dates_is_a_trial_and_no_pack_is_said() {
    let place = place(10);
    let shelf = PackShelf::new(&place.rules);
    let case = Case {
        principal_diagnosis: Coded::diagnosis("K35.900"),
        procedures: vec![Coded::procedure("47.0100")],
        insurance_type: "310".into(),
        discharged: model::parse_moment("2025-03-07"),
        ..Case::default()
    };
    let of = |chosen, case: &Case| shelf.what_if(&place.store, case.clone(), chosen, TODAY).unwrap();
    let own = of(None, &case);
    assert!(!own.trial && own.pack.id() == place.packs[1] && !own.result.group_code.is_empty());
    assert_eq!((own.case.hospital.as_str(), own.case.hospital_level.as_str()), own.pack.hospital());
    let older = of(Some(place.packs[0]), &case);
    assert!(older.trial && older.case.policy_date == Some(date(2024, 12, 31)));
    // Not discharged: judged by today.
    let lying = Case { discharged: None, ..case.clone() };
    assert_eq!(of(None, &lying).case.policy_date, Some(TODAY));
    let level = of(None, &Case { hospital_level: "2".into(), ..case.clone() });
    assert_eq!(level.case.hospital_level, "2");
    assert!(shelf.what_if(&place.store, case.clone(), Some(99), TODAY).is_err());

    let folder = tempfile::tempdir().unwrap();
    let empty = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    let error = PackShelf::new(&place.rules).what_if(&empty, case, None, TODAY).err().unwrap();
    assert!(matches!(error, sync::SyncError::NoPack));
}
