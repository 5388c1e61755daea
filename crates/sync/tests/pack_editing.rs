//! A draft from the first edit to the published pack, on a small hospital.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use hospital::{Hospital, Options};
use jiff::civil::{Date, date};
use model::canonical::{TABLES, Table};
use model::{DataScope, Viewer};
use policy::edit::{Change, Edit, EditError, Form, FormRef};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use store::{
    Before, CollectedRow, Comparison, ComputeState, DifferenceBy, DraftState, Origin, Store, StoreError,
    Trial,
};
use sync::{CaseRules, PackSet, SyncError, pack_dir};

const TODAY: Date = date(2025, 6, 30);

struct Place {
    store: Store,
    now: i64,
    rules: CaseRules,
    pack: i64,
    _folder: tempfile::TempDir,
}

fn going(_: &str, _: u64, _: u64) -> bool {
    true
}

/// A store whose discharges are computed with the sample city's pack of 2025: made once, copied for each test.
static MADE: LazyLock<(tempfile::TempDir, i64, i64)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    let policy = Arc::new(pack_dir::load(Path::new("sample/2025")).unwrap());
    let hospital = Hospital::new(&policy, Options::small(TODAY, 40)).unwrap();
    let now = hospital.now();
    let stays: Vec<_> = hospital.stays().collect();
    for table in TABLES.iter().filter(|table| table.name != "charge_line") {
        let mut rows = hospital.dictionary(table.name);
        rows.extend(stays.iter().flat_map(|stay| stay.rows(table.name).iter().cloned()));
        collect(&store, table, rows, 1, now);
    }
    let pack = sync::add_pack(&store, &pack_dir::read(Path::new("sample/2025")).unwrap(), now).unwrap();
    store.put_in_force(&[pack], now).unwrap();
    compute(&store, &CaseRules::default(), now);
    (folder, now, pack)
});

fn place() -> Place {
    let (made, now, pack) = &*MADE;
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(made.path()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    Place { store, now: *now, rules: CaseRules::default(), pack: *pack, _folder: folder }
}

fn collect(store: &Store, table: &'static Table, rows: Vec<model::canonical::Row>, version: i64, now: i64) {
    let rows: Vec<CollectedRow> =
        rows.into_iter().map(|row| CollectedRow { row, updated_at: version, deleted: false }).collect();
    store.collect(table, &rows, &Origin { source: "test", run: 0, now }, &|_, _| Ok(())).unwrap();
}

fn compute(store: &Store, rules: &CaseRules, now: i64) -> u64 {
    let set = PackSet::in_force(store, rules).unwrap();
    sync::compute_changed(store, &set, TODAY, now, &mut going).unwrap()
}

fn whole() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

/// A change of one cell of the first record that has a word.
fn cell(place: &Place, draft: i64, form: &str, word: &str, column: &str, value: &str) -> Change {
    let files = sync::open_draft(&place.store, draft).unwrap().files;
    let read = Form::read(&files, FormRef::find(form).unwrap());
    let record = read.records.iter().find(|record| record.cells.iter().any(|cell| cell == word)).unwrap();
    let mut cells = record.cells.clone();
    cells[read.position(column).unwrap()] = value.to_owned();
    let edit = Edit::Set { at: record.at, seen: record.cells.clone(), cells };
    Change::Form { form: form.to_owned(), edits: vec![edit] }
}

fn trial(place: &Place, draft: i64) -> Trial {
    let run = sync::begin_trial(&place.store, &place.rules, draft, ("zhang", place.now)).unwrap();
    carry_on(place, run);
    place.store.trial(run).unwrap().unwrap()
}

fn carry_on(place: &Place, run: i64) {
    let packs =
        PackSet::of(&place.store, &place.store.compute_run(run).unwrap().packs, &place.rules).unwrap();
    sync::continue_regroup(&place.store, &packs, run, TODAY, place.now, &mut going).unwrap();
}

fn publish(place: &Place, trial: &Trial) -> Result<u64, SyncError> {
    sync::publish_trial(&place.store, &place.rules, trial, TODAY, ("zhang", place.now + 9), &mut going)
}

// covers: DIP-1.03, DIP-1.04
#[test]
fn a_price_is_edited_tried_compared_and_published_and_the_old_results_stay() {
    let place = place();
    let store = &place.store;
    let draft = sync::begin_draft(store, place.pack, "调价", "", ("zhang", place.now)).unwrap();
    assert_eq!(sync::begin_draft(store, place.pack, "调价", "", ("li", place.now)).unwrap(), draft);
    assert_eq!(sync::open_draft(store, draft).unwrap().files.hash(), store.pack(place.pack).unwrap().hash);
    let change = cell(&place, draft, "hospital_coefficients", "H1", "value", "1.2");
    let changed =
        sync::edit_draft(store, draft, None, std::slice::from_ref(&change), ("zhang", place.now)).unwrap();
    assert_eq!(changed.len(), 1);
    // The same again is nothing.
    assert_eq!(sync::edit_draft(store, draft, None, &[change], ("zhang", place.now)).unwrap(), []);
    assert_eq!(store.draft(draft).unwrap().version, 2);

    let tried = trial(&place, draft);
    assert_eq!(store.packs_in_force().unwrap()[0].id, place.pack);
    let what = Comparison::with_current(tried.run);
    let all = &store.compare(&whole(), &what, DifferenceBy::All, (1, 0)).unwrap()[0];
    assert!(all.changed > 0 && all.regrouped == 0, "{all:?}");
    let reasons = store.compare(&whole(), &what, DifferenceBy::Reason, (10, 0)).unwrap();
    assert!(
        reasons.iter().all(|r| ["医院系数变化", "计分分段变化", "无变化"].contains(&r.key.as_str())),
        "{reasons:?}"
    );
    let of_now = sync::finished_trial(store, &store.draft(draft).unwrap()).unwrap();
    assert_eq!(of_now.as_ref(), Some(&tried));

    publish(&place, &tried).unwrap();
    publish(&place, &tried).unwrap();
    let done = store.draft(draft).unwrap();
    assert_eq!(done.state, DraftState::Published);
    let in_force = store.packs_in_force().unwrap();
    assert_eq!(in_force.iter().map(|pack| Some(pack.id)).collect::<Vec<_>>(), [done.pack]);
    assert_eq!(store.dirty_count().unwrap(), 0);
    let earlier = Comparison::between(Before::Earlier, tried.run);
    let again = &store.compare(&whole(), &earlier, DifferenceBy::All, (1, 0)).unwrap()[0];
    assert_eq!((again.changed, again.surplus_before), (all.changed, all.surplus_before));
    // A published draft is closed.
    let change = cell(&place, draft, "hospitals", "H1", "beds", "1");
    let error = sync::edit_draft(store, draft, None, &[change], ("li", place.now)).unwrap_err();
    assert!(error.to_string().contains("已发布"), "{error}");
}

#[test]
fn two_editors_keep_what_does_not_touch_and_are_told_what_does() {
    let place = place();
    let store = &place.store;
    let draft = sync::begin_draft(store, place.pack, "共同", "", ("zhang", place.now)).unwrap();
    let beds = cell(&place, draft, "hospitals", "H1", "beds", "1700");
    let same = cell(&place, draft, "hospitals", "H1", "beds", "1800");
    let name = cell(&place, draft, "hospitals", "H1", "name", "样例市第一人民医院");
    sync::edit_draft(store, draft, None, &[beds], ("zhang", place.now)).unwrap();
    sync::edit_draft(store, draft, None, &[name], ("li", place.now)).unwrap();
    let error = sync::edit_draft(store, draft, None, &[same], ("wang", place.now)).unwrap_err();
    let SyncError::Edit(EditError::Conflict(conflicts)) = error else { panic!("{error}") };
    assert_eq!((conflicts[0].current.as_deref(), conflicts[0].mine.as_str()), (Some("1700"), "1800"));
    let files = sync::open_draft(store, draft).unwrap().files;
    assert!(
        String::from_utf8_lossy(files.get("hospitals.csv").unwrap()).contains("H1,样例市第一人民医院,3,1700")
    );
    let who: Vec<String> =
        store.draft_changes(draft).unwrap().into_iter().map(|change| change.login).collect();
    assert_eq!(who, ["li", "zhang"]);

    // Twenty editors of twenty cells at once: nothing is lost.
    std::thread::scope(|scope| {
        for n in 0..4 {
            let change = cell(&place, draft, "hospitals", &format!("H{}", n + 1), "level", &n.to_string());
            scope.spawn(move || sync::edit_draft(store, draft, None, &[change], ("x", 1)).unwrap());
        }
    });
    let files = sync::open_draft(store, draft).unwrap().files;
    let hospitals = Form::read(&files, FormRef::find("hospitals").unwrap());
    let levels: Vec<&str> = hospitals.records.iter().map(|record| hospitals.cell(record, "level")).collect();
    assert_eq!(levels, ["0", "1", "2", "3"]);
}

#[test]
fn changes_are_taken_back_one_after_the_other() {
    let place = place();
    let store = &place.store;
    let draft = sync::begin_draft(store, place.pack, "撤销", "", ("zhang", place.now)).unwrap();
    let before = sync::open_draft(store, draft).unwrap().files;
    assert!(matches!(
        sync::undo_draft(store, draft, 1, ("zhang", 2)),
        Err(SyncError::Store(StoreError::Refused(_)))
    ));
    let change = cell(&place, draft, "hospitals", "H1", "beds", "1700");
    sync::edit_draft(store, draft, None, &[change], ("zhang", place.now)).unwrap();
    assert!(matches!(
        sync::undo_draft(store, draft, 1, ("zhang", 2)),
        Err(SyncError::Store(StoreError::Changed(_)))
    ));
    assert_eq!(sync::undo_draft(store, draft, 2, ("li", 2)).unwrap(), 1);
    assert_eq!(sync::open_draft(store, draft).unwrap().files, before);
    let last = &store.draft_changes(draft).unwrap()[0];
    assert_eq!(
        (last.change.before.as_str(), last.change.after.as_str(), last.login.as_str()),
        ("1700", "1680", "li")
    );
}

#[test]
fn a_draft_whose_base_was_replaced_takes_the_others_changes_in() {
    let place = place();
    let store = &place.store;
    let begin = |name: &str| sync::begin_draft(store, place.pack, name, "", ("zhang", place.now)).unwrap();
    let (mine, theirs, clash) = (begin("我的"), begin("他的"), begin("冲突"));
    let beds = |draft: i64, beds: &str| cell(&place, draft, "hospitals", "H1", "beds", beds);
    let price = cell(&place, mine, "estimated_prices", "职工", "price", "9.5");
    sync::edit_draft(store, mine, None, &[price], ("zhang", place.now)).unwrap();
    sync::edit_draft(store, theirs, None, &[beds(theirs, "1700")], ("li", place.now)).unwrap();
    sync::edit_draft(store, clash, None, &[beds(clash, "1800")], ("wang", place.now)).unwrap();
    assert_eq!(sync::overtaken_by(store, &store.draft(mine).unwrap()).unwrap(), None);
    publish(&place, &trial(&place, theirs)).unwrap();
    let by = sync::overtaken_by(store, &store.draft(mine).unwrap()).unwrap().unwrap();
    assert_eq!(Some(by.id), store.draft(theirs).unwrap().pack);
    sync::rebase_draft(store, mine, ("zhang", place.now)).unwrap();
    let merged = sync::open_draft(store, mine).unwrap();
    assert_eq!(merged.draft.base, Some(by.id));
    assert!(String::from_utf8_lossy(merged.files.get("hospitals.csv").unwrap()).contains(",1700"));
    assert!(String::from_utf8_lossy(merged.files.get("prices.csv").unwrap()).contains("职工,estimated,9.5,"));
    assert_eq!(sync::overtaken_by(store, &merged.draft).unwrap(), None);
    let error = sync::rebase_draft(store, clash, ("wang", place.now)).unwrap_err();
    assert!(error.to_string().contains("hospitals.csv"), "{error}");
}

#[test]
fn a_trial_stopped_in_the_middle_goes_on_and_publication_waits_for_a_collection() {
    let place = place();
    let store = &place.store;
    let draft = sync::begin_draft(store, place.pack, "中断", "", ("zhang", place.now)).unwrap();
    let change = cell(&place, draft, "estimated_prices", "职工", "price", "9.5");
    sync::edit_draft(store, draft, None, &[change], ("zhang", place.now)).unwrap();
    let run = sync::begin_trial(store, &place.rules, draft, ("zhang", place.now)).unwrap();
    let packs = PackSet::of(store, &store.compute_run(run).unwrap().packs, &place.rules).unwrap();
    let stopped =
        sync::continue_regroup(store, &packs, run, TODAY, place.now, &mut |_: &str, _: u64, _: u64| false);
    assert!(matches!(stopped, Err(SyncError::Cancelled)));
    assert_eq!(store.unfinished_regroups().unwrap().iter().map(|run| run.id).collect::<Vec<_>>(), [run]);
    assert_eq!(sync::finished_trial(store, &store.draft(draft).unwrap()).unwrap(), None);
    carry_on(&place, run);
    let tried = sync::finished_trial(store, &store.draft(draft).unwrap()).unwrap().unwrap();

    // A collection is at work: publication waits, and gives up when it is told to.
    let collecting = store.lock_collection().unwrap();
    let mut asked = 0;
    let refused = sync::publish_trial(
        store,
        &place.rules,
        &tried,
        TODAY,
        ("zhang", 1),
        &mut |phase: &str, _: u64, _: u64| {
            asked += 1;
            assert_eq!(phase, "等待正在进行的采集结束");
            asked < 2
        },
    );
    assert!(matches!(refused, Err(SyncError::Cancelled)));
    assert_eq!(store.compute_run(run).unwrap().state, ComputeState::Done);
    // What it brings is computed by the packs in force after the publication.
    store.mark_all_dirty().unwrap();
    let brought = compute(store, &place.rules, place.now);
    assert!(brought > 0);
    drop(collecting);
    assert_eq!(publish(&place, &tried).unwrap(), brought);
    let by_pack = store.pack_entries().unwrap();
    let stale = by_pack.iter().find(|entry| entry.id == place.pack).unwrap();
    assert_eq!((stale.current_cases, stale.in_force_since), (0, None));
}
