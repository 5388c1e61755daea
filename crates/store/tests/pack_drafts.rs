//! Drafts, trials, publication and comparison: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::{DataScope, Viewer};
use std::collections::BTreeSet;
use store::{
    Before, Comparison, ComputeCause, ComputeRun, ComputeState, ComputedCase, DifferenceBy, DraftChange,
    DraftEdit, DraftState, PackEventKind, Store, StoreError, StoredPack, StoredResult, Trial,
};
use support::{collected, on_both, origin, table};

fn files(price: &str) -> Vec<(String, String)> {
    vec![
        ("pack.toml".into(), "id = \"x\" # 'quoted'\n".into()),
        ("prices.csv".into(), format!("kind,price\nfinal,{price}\n")),
    ]
}

fn change(before: &str, after: &str) -> DraftChange {
    DraftChange {
        file: "prices.csv".into(),
        field: "价钱".into(),
        before: before.into(),
        after: after.into(),
    }
}

fn save(
    store: &Store,
    (draft, seen): (i64, i64),
    files: &[(String, String)],
    changes: &[DraftChange],
    undo: &str,
    by: (&str, i64),
) -> Result<i64, StoreError> {
    store.save_draft(&DraftEdit { draft, seen, files, changes, undo, base: None }, by)
}

fn pack(store: &Store, hash: &str) -> i64 {
    let pack = StoredPack {
        id: 0,
        hash: hash.into(),
        name: "样例".into(),
        pack: "sample".into(),
        effective_from: 0,
        effective_to: 400_000,
        files: files("9"),
        in_force_since: None,
    };
    store.add_pack(&pack, &[("G1".into(), "阑尾炎".into(), "core".into())], 1).unwrap()
}

fn begin(store: &Store, cause: ComputeCause, pack: i64) -> i64 {
    let run = ComputeRun {
        id: 0,
        cause,
        state: ComputeState::Running,
        packs: vec![pack],
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

fn result(run: i64, pack: i64, price: i64, surplus: i64) -> StoredResult {
    StoredResult {
        run,
        pack,
        group_code: "G1".into(),
        kind: "core".into(),
        standard_points: Some(1_000_000),
        earned_points: Some(1_000_000),
        point_price: Some(price),
        payment: Some(surplus + 100),
        surplus: Some(surplus),
        confirmed: true,
        ..StoredResult::default()
    }
}

/// Two discharges of two departments (doctors S1 and S2), computed with a pack in force. Returns the pack.
fn hospital(store: &Store) -> i64 {
    let encounters = table("encounter");
    let rows: Vec<_> = [("E1", "K1", "S1"), ("E2", "K2", "S2")]
        .iter()
        .map(|(key, department, doctor)| {
            let set = [
                ("key", (*key).into()),
                ("discharge_department_key", (*department).into()),
                ("attending_key", (*doctor).into()),
            ];
            collected(encounters, 1, &set)
        })
        .collect();
    store.collect(encounters, &rows, &origin(1), &|_, _| Ok(())).unwrap();
    let old = pack(store, "sha256:old");
    store.put_in_force(&[old], 3).unwrap();
    let first = begin(store, ComputeCause::Sync, old);
    let case = |key: &str, surplus| ComputedCase {
        encounter_key: key.into(),
        month: 202503,
        discharge_day: Some(20_000),
        input: format!("input of {key}"),
        result: Some(result(first, old, 9_000_000, surplus)),
    };
    let up_to = store.latest_change().unwrap();
    store.save_computed(first, &[case("E1", 500), case("E2", -200)], ("", "E2"), up_to).unwrap();
    store.end_compute(first, ComputeState::Published, 5).unwrap();
    old
}

fn whole() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

#[test]
fn the_second_of_two_editors_is_told_by_whom_he_was_overtaken() {
    on_both(|t| {
        let store = &t.store;
        let id = store.create_draft("2025年调价", Some(1), &files("9"), "", ("zhang", 10)).unwrap();
        let (seen, text) = store.draft_files(id).unwrap();
        assert_eq!((seen.version, text == files("9"), seen.state), (1, true, DraftState::Open));
        let version =
            save(store, (id, 1), &files("9.5"), &[change("9", "9.5")], "back", ("li", 86_400)).unwrap();
        assert_eq!(version, 2);
        let error =
            save(store, (id, 1), &files("8"), &[change("9", "8")], "", ("zhang", 90_000)).unwrap_err();
        assert!(matches!(error, StoreError::Changed(_)));
        let told = error.to_string();
        assert!(told.contains("2025年调价") && told.contains("li 1970-01-02 00:00"), "{told}");
        let (now, text) = store.draft_files(id).unwrap();
        assert_eq!((now.version, now.changed_by.as_str(), text == files("9.5")), (2, "li", true));
        let changes = store.draft_changes(id).unwrap();
        assert_eq!(changes.len(), 1);
        assert_eq!(
            (changes[0].version, changes[0].login.as_str(), &changes[0].change),
            (2, "li", &change("9", "9.5"))
        );
        assert_eq!(store.draft_undo(id).unwrap().as_deref(), Some("back"));

        store.discard_draft(id, 2, ("wang", 100_000)).unwrap();
        let error = save(store, (id, 2), &files("8"), &[], "", ("zhang", 100_001)).unwrap_err();
        assert!(error.to_string().contains("已放弃"), "{error}");
        assert!(store.discard_draft(id, 2, ("wang", 100_000)).is_err());
        assert_eq!(store.draft_changes(id).unwrap().len(), 1);
        assert!(matches!(store.draft(99), Err(StoreError::Missing(_))));
        assert_eq!(store.drafts(10).unwrap().iter().map(|d| d.id).collect::<Vec<_>>(), [id]);
    });
}

#[test]
fn editors_at_the_same_moment_never_overwrite_each_other() {
    on_both(|t| {
        let store = &t.store;
        let id = store.create_draft("d", None, &files("0"), "", ("a", 1)).unwrap();
        let saved: Vec<bool> = std::thread::scope(|scope| {
            let editors: Vec<_> = (0..8)
                .map(|n| {
                    scope.spawn(move || {
                        let price = n.to_string();
                        save(store, (id, 1), &files(&price), &[change("0", &price)], "", ("x", 2)).is_ok()
                    })
                })
                .collect();
            editors.into_iter().map(|editor| editor.join().unwrap()).collect()
        });
        assert_eq!(saved.iter().filter(|saved| **saved).count(), 1);
        let winner = saved.iter().position(|saved| *saved).unwrap().to_string();
        assert_eq!(store.draft_files(id).unwrap().1, files(&winner));
        assert_eq!(store.draft_changes(id).unwrap().len(), 1);
    });
}

#[test]
fn a_trial_is_compared_by_whoever_may_see_it_and_published_once() {
    on_both(|t| {
        let store = &t.store;
        let old = hospital(store);
        let id = store.create_draft("d", Some(old), &files("9.5"), "", ("zhang", 10)).unwrap();
        let new = pack(store, "sha256:new");
        let run = begin(store, ComputeCause::Regroup, new);
        store.add_trial(&Trial { run, draft: id, version: 1, login: "zhang".into() }).unwrap();
        assert!(store.publish_draft(id, run, ("zhang", 20)).is_err());
        let results = [(1, result(run, new, 9_500_000, 600)), (2, result(run, new, 9_000_000, -200))];
        store.save_regrouped(run, &results).unwrap();
        store.end_compute(run, ComputeState::Done, 8).unwrap();

        let what = Comparison::with_current(run);
        let compare =
            |viewer: &Viewer, what: &Comparison, by| store.compare(viewer, what, by, (10, 0)).unwrap();
        let all = &compare(&whole(), &what, DifferenceBy::All)[0];
        assert_eq!((all.cases, all.changed, all.regrouped), (2, 1, 0));
        assert_eq!((all.surplus_before, all.surplus_after), (300, 400));
        let reasons = compare(&whole(), &what, DifferenceBy::Reason);
        let reasons: Vec<_> = reasons.iter().map(|d| (d.key.as_str(), d.cases)).collect();
        assert_eq!(reasons, [("分值价钱变化", 1), ("无变化", 1)]);
        let cases = compare(&whole(), &what, DifferenceBy::Case);
        assert_eq!(cases.iter().map(|d| (d.key.as_str(), d.number)).collect::<Vec<_>>(), [("E1", 1)]);
        assert_eq!(store.count_changed(&whole(), &what).unwrap(), 1);
        let narrowed = Comparison { department: Some("K2".into()), ..what.clone() };
        assert_eq!(compare(&whole(), &narrowed, DifferenceBy::All)[0].changed, 0);
        let narrowed =
            Comparison {
                reason: Some("分值价钱变化".into()), group: Some("G1".into()), ..what.clone()
            };
        assert_eq!(compare(&whole(), &narrowed, DifferenceBy::All)[0].cases, 1);

        let of = |scope| Viewer { scope, ..Viewer::default() };
        let own = of(DataScope::Departments(BTreeSet::from(["K2".to_owned()])));
        assert_eq!(compare(&own, &what, DifferenceBy::All)[0].cases, 1);
        assert_eq!(compare(&own, &what, DifferenceBy::Case), []);
        assert_eq!(compare(&of(DataScope::Doctor("S1".into())), &what, DifferenceBy::Case)[0].key, "E1");
        assert_eq!(compare(&Viewer::default(), &what, DifferenceBy::All), []);
        assert_eq!(store.count_changed(&Viewer::default(), &what).unwrap(), 0);

        store.publish_draft(id, run, ("zhang", 20)).unwrap();
        store.publish_draft(id, run, ("zhang", 21)).unwrap();
        let draft = store.draft(id).unwrap();
        assert_eq!((draft.state, draft.pack), (DraftState::Published, Some(new)));
        let in_force: Vec<i64> = store.packs_in_force().unwrap().iter().map(|pack| pack.id).collect();
        assert_eq!(in_force, [new]);
        let events = store.pack_events(10).unwrap();
        let told: Vec<_> = events.iter().map(|e| (e.pack, e.kind, e.login.as_str(), e.run)).collect();
        assert_eq!(
            told,
            [
                (new, PackEventKind::InForce, "zhang", Some(run)),
                (old, PackEventKind::SteppedBack, "zhang", Some(run)),
                (old, PackEventKind::InForce, "", None),
            ]
        );
        let entries = store.pack_entries().unwrap();
        let entries: Vec<_> = entries.iter().map(|e| (e.id, e.draft, e.current_cases, e.groups)).collect();
        assert_eq!(entries, [(new, Some(id), 2, 1), (old, None, 0, 1)]);

        // What was current before is still there, and found without naming its runs.
        let earlier = Comparison::between(Before::Earlier, run);
        assert_eq!(compare(&whole(), &earlier, DifferenceBy::All)[0].surplus_before, 300);
        assert_eq!(compare(&whole(), &what, DifferenceBy::All), []);
    });
}

#[test]
fn an_outdated_trial_is_not_published_and_a_discarded_one_leaves_nothing() {
    on_both(|t| {
        let store = &t.store;
        let old = hospital(store);
        let id = store.create_draft("d", Some(old), &files("9.5"), "", ("zhang", 10)).unwrap();
        let new = pack(store, "sha256:new");
        let run = begin(store, ComputeCause::Regroup, new);
        store.add_trial(&Trial { run, draft: id, version: 1, login: "zhang".into() }).unwrap();
        store.save_regrouped(run, &[(1, result(run, new, 1, 1))]).unwrap();
        store.end_compute(run, ComputeState::Done, 8).unwrap();
        save(store, (id, 1), &files("9.6"), &[change("9.5", "9.6")], "", ("li", 11)).unwrap();
        let error = store.publish_draft(id, run, ("zhang", 20)).unwrap_err();
        assert!(matches!(error, StoreError::Changed(_)), "{error}");
        assert_eq!(store.packs_in_force().unwrap()[0].id, old);
        assert_eq!(store.compute_run(run).unwrap().state, ComputeState::Done);

        store.discard_draft(id, 2, ("zhang", 21)).unwrap();
        assert_eq!(store.compute_run(run).unwrap().state, ComputeState::Cancelled);
        let what = Comparison::with_current(run);
        assert_eq!(store.compare(&whole(), &what, DifferenceBy::All, (10, 0)).unwrap(), []);
        assert!(store.publish(run, 30).is_err());
        // Results that are current are never dropped.
        let current = store.compute_runs(10).unwrap().last().unwrap().id;
        store.drop_trial(current, 40).unwrap();
        assert_eq!(store.compute_run(current).unwrap().state, ComputeState::Published);
    });
}
