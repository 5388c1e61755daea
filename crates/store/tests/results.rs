//! Results, packs, comparison, parameters and backup: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::{DataScope, Viewer};
use store::{
    Before, CaseFinding, CaseScore, Comparison, ComputeCause, ComputeRun, ComputeState, ComputedCase,
    DifferenceBy, MonthVersion, Parameter, Store, StoreError, StoredPack, StoredResult,
};
use support::{collected, on_both, origin, sqlite, table};

fn pack(store: &Store, hash: &str, from: i64, to: i64) -> i64 {
    let pack = StoredPack {
        id: 0,
        hash: hash.into(),
        name: "样例".into(),
        pack: "sample".into(),
        effective_from: from,
        effective_to: to,
        files: vec![("pack.toml".into(), "id = \"x\" # 'quoted'".into())],
        in_force_since: None,
    };
    let groups = [
        ("G1".to_owned(), "阑尾炎".to_owned(), "core".to_owned()),
        ("G1".into(), "又一行".into(), "core".into()),
    ];
    store.add_pack(&pack, &groups, 1).unwrap()
}

fn begin(store: &Store, cause: ComputeCause, packs: &[i64]) -> i64 {
    let run = ComputeRun {
        id: 0,
        cause,
        state: ComputeState::Running,
        packs: packs.to_vec(),
        scope_from: None,
        scope_to: None,
        started_at: 5,
        ended_at: None,
        total: 2,
        done: 0,
        cursor: 0,
    };
    store.begin_compute(&run).unwrap()
}

fn result(run: i64, pack: i64, group: &str, points: i64, surplus: i64) -> StoredResult {
    StoredResult {
        run,
        pack,
        group_code: group.into(),
        kind: "core".into(),
        standard_points: Some(points),
        earned_points: Some(points),
        payment: Some(surplus + 100),
        surplus: Some(surplus),
        band: "0.75~1".into(),
        confirmed: true,
        ..StoredResult::default()
    }
}

/// Two runs compared by somebody who sees the whole hospital.
fn compared(store: &Store, before: i64, after: i64, by: DifferenceBy) -> Vec<store::Difference> {
    let what = Comparison::between(Before::Run(before), after);
    store.compare(&everybody(), &what, by, (10, 0)).unwrap()
}

fn everybody() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

fn case(key: &str, month: i64, result: Option<StoredResult>) -> ComputedCase {
    ComputedCase {
        encounter_key: key.into(),
        month,
        discharge_day: (month > 0).then_some(month),
        input: format!("input of {key}"),
        result,
    }
}

fn current(store: &Store) -> Vec<(i64, String, i64, i64, String)> {
    let mut cases = Vec::new();
    let mut reader = store.reader().unwrap();
    reader
        .cases(store::Of::All, &mut |case| {
            cases.push((
                case.number,
                case.encounter_key.to_owned(),
                case.month,
                case.result.run,
                case.group_name.to_owned(),
            ));
            Ok(())
        })
        .unwrap();
    cases
}

// covers: DIP-1.03, DIP-1.08
#[test]
fn new_results_stand_beside_the_old_ones() {
    on_both(|t| {
        let store = &t.store;
        let old = pack(store, "sha256:old", 0, 400_000);
        assert_eq!(pack(store, "sha256:old", 0, 400_000), old);
        store.put_in_force(&[old], 2).unwrap();
        let departments = table("department");
        let department = collected(departments, 1, &[("key", "K1".into()), ("name", "外科".into())]);
        store.collect(departments, &[department], &origin(1), &|_, _| Ok(())).unwrap();
        let encounters = table("encounter");
        let rows: Vec<_> = ["E1", "E2"]
            .iter()
            .map(|key| {
                let set = [("key", (*key).into()), ("discharge_department_key", "K1".into())];
                collected(encounters, 1, &set)
            })
            .collect();
        store.collect(encounters, &rows, &origin(1), &|_, _| Ok(())).unwrap();

        let first = begin(store, ComputeCause::Sync, &[old]);
        let up_to = store.latest_change().unwrap();
        let cases = [
            case("E1", 202503, Some(result(first, old, "G1", 1_000_000, 500))),
            case("E2", 0, Some(result(first, old, "", 0, 0))),
        ];
        store.save_computed(first, &cases, ("", "E2"), up_to).unwrap();
        assert_eq!(store.dirty_count().unwrap(), 0);
        assert_eq!(
            current(store),
            [(1, "E1".into(), 202503, first, "阑尾炎".into()), (2, "E2".into(), 0, first, String::new())]
        );

        // A new pack: beside, compared, then published.
        let new = pack(store, "sha256:new", 0, 400_000);
        let regroup = begin(store, ComputeCause::Regroup, &[new]);
        assert_eq!(store.count_cases(None, None).unwrap(), 2);
        assert_eq!(store.count_cases(Some(202501), Some(202512)).unwrap(), 1);
        let inputs = store.cases_after(0, None, None, 10).unwrap();
        assert_eq!(inputs, [(1, "input of E1".into()), (2, "input of E2".into())]);
        assert!(store.publish(regroup, 9).is_err());
        let results = [
            (1, result(regroup, new, "G1", 2_000_000, 900)),
            (2, result(regroup, new, "G1", 1_000_000, -50)),
        ];
        store.save_regrouped(regroup, &results).unwrap();
        store.end_compute(regroup, ComputeState::Done, 8).unwrap();
        assert_eq!(current(store)[0].3, first);
        let by_case = compared(store, first, regroup, DifferenceBy::Case);
        let lines: Vec<_> =
            by_case.iter().map(|d| (d.key.as_str(), d.regrouped, d.reason.as_str())).collect();
        assert_eq!(lines, [("E1", 0, "病种分值变化"), ("E2", 1, "由未入组变为入组")]);
        let by_department = &compared(store, first, regroup, DifferenceBy::Department)[0];
        assert_eq!((by_department.name.as_str(), by_department.cases), ("外科", 2));
        assert_eq!((by_department.surplus_before, by_department.surplus_after), (500, 850));
        assert_eq!(by_department.reason, "多种原因");
        let by_group = compared(store, first, regroup, DifferenceBy::Group);
        assert_eq!(by_group.iter().map(|d| d.cases).sum::<i64>(), 2);

        store.publish(regroup, 9).unwrap();
        assert_eq!(current(store).iter().map(|case| case.3).collect::<Vec<_>>(), [regroup, regroup]);
        let in_force: Vec<i64> = store.packs_in_force().unwrap().iter().map(|pack| pack.id).collect();
        assert_eq!(in_force, [new]);
        assert_eq!(compared(store, first, regroup, DifferenceBy::Case), by_case);
        assert_eq!(store.compute_run(regroup).unwrap().state, ComputeState::Published);
    });
}

#[test]
fn a_case_computed_during_a_regrouping_keeps_its_newer_data() {
    on_both(|t| {
        let store = &t.store;
        let (old, new) = (pack(store, "sha256:old", 0, 400_000), pack(store, "sha256:new", 0, 400_000));
        let first = begin(store, ComputeCause::Sync, &[old]);
        let cases = |run| {
            ["E1", "E2"].map(|key| case(key, 202503, Some(result(run, old, "G1", 1_000_000, 0)))).to_vec()
        };
        store.save_computed(first, &cases(first), ("", "E2"), 100).unwrap();
        let regroup = begin(store, ComputeCause::Regroup, &[new]);
        let results = [1, 2].map(|number| (number, result(regroup, new, "G1", 5, 5)));
        store.save_regrouped(regroup, &results).unwrap();
        let later = begin(store, ComputeCause::Sync, &[old]);
        store.save_computed(later, &cases(later)[1..], ("E1", "E2"), 100).unwrap();
        store.end_compute(regroup, ComputeState::Done, 8).unwrap();
        store.publish(regroup, 9).unwrap();
        assert_eq!(current(store).iter().map(|case| case.3).collect::<Vec<_>>(), [regroup, later]);
        let waiting = store.case_inputs("", store.latest_change().unwrap(), 10).unwrap();
        assert_eq!(waiting.iter().map(|c| c.encounter_key.as_str()).collect::<Vec<_>>(), ["E2"]);
    });
}

#[test]
fn findings_and_scores_of_runs_stand_side_by_side() {
    on_both(|t| {
        let finding = |run: i64, amount: Option<i64>| CaseFinding {
            case: 1,
            run,
            engine: "audit".into(),
            rule: "dup-1".into(),
            rules: "sha256:r".into(),
            severity: "E".into(),
            line_key: "F1".into(),
            amount,
            quantity: Some(10_000),
            evidence: "同日重复收费".into(),
        };
        let score = |run: i64| CaseScore {
            case: 1,
            run,
            kind: "front_page".into(),
            score: 960_000,
            rules: "sha256:r".into(),
        };
        t.store.save_findings(&[score(1)], &[finding(1, Some(500)), finding(1, None)]).unwrap();
        t.store.save_findings(&[score(2)], &[]).unwrap();
        assert_eq!(t.store.findings(1, 1).unwrap(), [finding(1, Some(500)), finding(1, None)]);
        assert!(t.store.findings(1, 2).unwrap().is_empty());
        assert_eq!(t.store.scores(1).unwrap(), [score(2), score(1)]);
        // A run that scores a case twice keeps nothing of the batch.
        assert!(t.store.save_findings(&[score(2)], &[finding(2, None)]).is_err());
        assert!(t.store.findings(1, 2).unwrap().is_empty());
    });
}

#[test]
fn months_that_a_case_leaves_and_enters_are_touched() {
    on_both(|t| {
        let store = &t.store;
        let id = pack(store, "sha256:p", 0, 400_000);
        let months = || store.reader().unwrap().months().unwrap();
        let save = |month: i64, with_result: bool| {
            let run = begin(store, ComputeCause::Sync, &[id]);
            let result = with_result.then(|| result(run, id, "G1", 1, 1));
            store.save_computed(run, &[case("E1", month, result)], ("", "E1"), 100).unwrap();
        };
        save(0, true);
        assert_eq!(months(), [MonthVersion { month: 0, version: 1 }]);
        save(202503, true);
        let both = [MonthVersion { month: 0, version: 2 }, MonthVersion { month: 202503, version: 2 }];
        assert_eq!(months(), both);
        save(0, false);
        let versions: Vec<(i64, i64)> = months().iter().map(|m| (m.month, m.version)).collect();
        assert_eq!(versions, [(-2, 3), (0, 2), (202503, 3)]);
        assert!(current(store).is_empty());
    });
}

#[test]
fn two_editors_of_a_parameter_the_second_is_told() {
    on_both(|t| {
        let set = |version: i64, value: &str| {
            t.store.set_parameter(&Parameter {
                name: "overlap".into(),
                version,
                value: value.into(),
                changed_at: 1,
                changed_by: "甲".into(),
                note: String::new(),
            })
        };
        set(1, "10m").unwrap();
        set(2, "20m").unwrap();
        assert!(matches!(set(2, "30m"), Err(StoreError::Changed(_))));
        assert_eq!(t.store.parameter("overlap").unwrap().unwrap().value, "20m");
        assert_eq!(t.store.parameter_history("overlap").unwrap().len(), 2);
    });
}

// covers: PER-1.04
#[test]
fn a_backup_taken_while_others_write_restores_everything() {
    on_both(|t| {
        let table = table("bed");
        let put = |n: i64| {
            let key = format!("B{n:04}");
            let row = collected(table, 1, &[("key", key.as_str().into())]);
            t.store.collect(table, &[row], &origin(1), &|_, _| Ok(())).unwrap();
        };
        (0..200).for_each(put);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup");
        std::thread::scope(|scope| {
            scope.spawn(|| (200..260).for_each(put));
            t.store.backup(&file, &mut |_, _| true).unwrap();
        });
        assert!(t.store.backup(&file, &mut |_, _| true).is_err(), "a backup never overwrites");
        (260..300).for_each(put);
        if t.address.starts_with("postgres") {
            Store::restore(&t.address, &file).unwrap();
        } else {
            let elsewhere = folder.path().join("restored.db");
            Store::restore(elsewhere.to_str().unwrap(), &file).unwrap();
            let back = Store::open(elsewhere.to_str().unwrap()).unwrap();
            let rows = support::live(&back, "bed").len();
            assert!((200..=260).contains(&rows), "{rows}");
            return;
        }
        let rows = support::live(&Store::open(&t.address).unwrap(), "bed").len();
        assert!((200..=260).contains(&rows), "{rows}");
    });
}

#[test]
fn what_is_no_backup_is_refused_and_nothing_is_lost() {
    let t = sqlite();
    let row = collected(table("bed"), 1, &[("key", "B1".into())]);
    t.store.collect(table("bed"), &[row], &origin(1), &|_, _| Ok(())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage");
    std::fs::write(&garbage, "no database at all".repeat(100)).unwrap();
    let empty = folder.path().join("empty.db");
    rusqlite::Connection::open(&empty).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    let truncated = folder.path().join("truncated.db");
    t.store.backup(&truncated, &mut |_, _| true).unwrap();
    let bytes = std::fs::read(&truncated).unwrap();
    std::fs::write(&truncated, &bytes[..bytes.len() / 2]).unwrap();
    for bad in [&garbage, &empty, &truncated, &folder.path().join("missing")] {
        assert!(Store::restore(&t.address, bad).is_err(), "{}", bad.display());
        assert_eq!(support::live(&t.store, "bed").len(), 1);
    }
    assert!(matches!(Store::open(garbage.to_str().unwrap()), Err(StoreError::Corrupt(_))));
    let stopped = folder.path().join("stopped");
    assert!(matches!(t.store.backup(&stopped, &mut |_, _| false), Ok(_) | Err(StoreError::Cancelled)));
}

#[test]
fn a_column_that_is_new_to_an_older_database_is_added() {
    on_both(|t| {
        let row = collected(table("bed"), 1, &[("key", "B1".into()), ("ward", "一病区".into())]);
        t.store.collect(table("bed"), &[row], &origin(1), &|_, _| Ok(())).unwrap();
        // As a program made it that did not know wards yet.
        let older = "ALTER TABLE bed DROP COLUMN ward; UPDATE schema_version SET canonical = 0";
        if t.address.starts_with("postgres") {
            postgres::Client::connect(&t.address, postgres::NoTls).unwrap().batch_execute(older).unwrap();
        } else {
            rusqlite::Connection::open(&t.address).unwrap().execute_batch(older).unwrap();
        }
        let store = Store::open(&t.address).unwrap();
        let rows = support::live(&store, "bed");
        assert_eq!((rows.len(), rows[0][0].str(), rows[0][2].is_null()), (1, "B1", true));
    });
}

#[test]
fn a_pack_of_half_a_year_leaves_the_rest_to_the_old_one() {
    on_both(|t| {
        let whole = pack(&t.store, "sha256:whole", 1000, 1364);
        let half = pack(&t.store, "sha256:half", 1180, 1364);
        t.store.put_in_force(&[whole], 1).unwrap();
        t.store.put_in_force(&[half], 2).unwrap();
        let ids = || t.store.packs_in_force().unwrap().iter().map(|pack| pack.id).collect::<Vec<_>>();
        assert_eq!(ids(), [whole, half]);
        let corrected = pack(&t.store, "sha256:corrected", 1000, 1364);
        t.store.put_in_force(&[corrected], 3).unwrap();
        assert_eq!(ids(), [corrected]);
    });
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let t = sqlite();
    let db = rusqlite::Connection::open(&t.address).unwrap();
    db.execute_batch("UPDATE schema_version SET version = 999").unwrap();
    assert!(matches!(Store::open(&t.address), Err(StoreError::NewerSchema { found: 999, .. })));
}
