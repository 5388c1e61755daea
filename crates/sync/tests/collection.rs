//! Collection from a source that behaves as hospital systems do: late, twice, void, gone, broken.

mod support;

use proptest::prelude::*;
use store::{RunBy, RunFilter, RunState, SyncRun};
use support::{NOW, Place, mapping, request};
use sync::{Request, SyncError};

fn counts(run: &SyncRun) -> [i64; 6] {
    [run.read, run.inserted, run.updated, run.unchanged, run.rejected, run.tombstoned]
}

// covers: SYS-1.03, SYS-1.04, INT-1.01
#[test]
fn new_changed_late_and_void_rows_arrive_once() {
    let place = Place::new();
    place.set_clock(60);
    for n in 0..7 {
        place.line(&format!("F{n}"), "E1", "1.50", false, n);
    }
    let first = place.collect(&["charge_line"]);
    assert_eq!(counts(&first[0]), [7, 7, 0, 0, 0, 0]);
    assert_eq!(first[0].to_watermark, Some(NOW + 3600));

    // Within the overlap: read again, one changed, one committed late, one void.
    place.set_clock(70);
    place.line("F1", "E1", "2.50", false, 65);
    place.line("F9", "E1", "9.00", false, 55);
    place.line("F2", "E1", "1.50", true, 66);
    let second = place.collect(&["charge_line"]);
    assert_eq!(counts(&second[0]), [3, 1, 2, 0, 0, 0]);
    let amounts: Vec<i64> = place.live("charge_line").iter().map(|row| row[13].int().unwrap()).collect();
    assert_eq!(amounts, [150, 250, 150, 150, 150, 150, 900]);

    // Nothing new: what the overlap reads again changes nothing.
    let third = place.collect(&["charge_line"]);
    assert_eq!(third[0].inserted + third[0].updated, 0);
    let totals = place.store.run_counts(&RunFilter::default(), RunBy::Task).unwrap();
    assert_eq!((totals[0].runs, totals[0].inserted, totals[0].updated), (3, 8, 2));
}

#[test]
fn a_row_that_cannot_be_read_is_kept_with_its_reason() {
    let place = Place::new();
    place.set_clock(60);
    place.line("F1", "E1", "1.50", false, 1);
    place.line("F2", "E1", "一百", false, 2);
    place.line("F3", "", "1.00", false, 3);
    let run = &place.collect(&["charge_line"])[0];
    assert_eq!(run.state, RunState::Done);
    assert_eq!(counts(run), [3, 1, 0, 0, 2, 0]);
    let rejects = place.store.rejects(run.id, 10).unwrap();
    assert_eq!((rejects[0].key.as_str(), rejects[0].field.as_str()), ("F2", "金额"));
    assert!(rejects[0].reason.contains("一百") && !rejects[0].remedy.is_empty(), "{:?}", rejects[0]);
    assert_eq!(rejects[1].key, "F3");
}

#[test]
fn rows_that_vanish_are_deleted_and_a_mass_of_them_is_held_for_a_person() {
    let place = Place::new();
    for n in 0..100 {
        place.bed(&format!("B{n:03}"));
    }
    place.collect(&["bed"]);
    place.his.execute("DELETE FROM beds WHERE 编号 IN ('B003', 'B004')", []).unwrap();
    assert_eq!(place.collect(&["bed"])[0].tombstoned, 2);
    assert_eq!(place.live("bed").len(), 98);

    place.his.execute("DELETE FROM beds WHERE 编号 > 'B049'", []).unwrap();
    let held = &place.collect(&["bed"])[0];
    assert_eq!((held.state, held.tombstoned), (RunState::Held, 0));
    assert!(held.message.contains("50"), "{}", held.message);
    assert_eq!(place.live("bed").len(), 98);
    // The timer leaves it alone until a person has decided.
    let timer = Request { cause: "timer", ..request() };
    assert!(place.collect_with(&["bed"], &timer).is_empty());
    let accept = Request { accept_deletions: true, ..request() };
    assert_eq!(place.collect_with(&["bed"], &accept)[0].tombstoned, 50);
    assert_eq!(place.live("bed").len(), 48);
    assert_eq!(place.collect_with(&["bed"], &timer).len(), 1);
}

#[test]
fn a_view_that_returns_nothing_deletes_nothing() {
    let place = Place::new();
    place.bed("B1");
    place.collect(&["bed"]);
    place.his.execute("DELETE FROM beds", []).unwrap();
    assert_eq!(place.collect(&["bed"])[0].state, RunState::Held);
    assert_eq!(place.live("bed").len(), 1);
}

#[test]
fn a_view_that_disappears_or_changes_is_an_error_in_the_log_and_heals() {
    let place = Place::new();
    place.set_clock(60);
    place.line("F1", "E1", "1.00", false, 1);
    place.collect(&["charge_line"]);
    place.line("F2", "E1", "2.00", false, 59);
    for (break_it, mend_it) in [
        ("ALTER TABLE lines RENAME TO gone", "ALTER TABLE gone RENAME TO lines"),
        ("ALTER TABLE lines RENAME COLUMN 金额 TO 费用", "ALTER TABLE lines RENAME COLUMN 费用 TO 金额"),
    ] {
        place.his.execute_batch(break_it).unwrap();
        let before = place.store.task_state("his/charge_line").unwrap();
        let run = &place.collect(&["charge_line"])[0];
        assert_eq!(run.state, RunState::Failed);
        assert!(!run.message.is_empty() && run.message.contains('请'), "{}", run.message);
        let after = place.store.task_state("his/charge_line").unwrap();
        assert_eq!(after.watermark, before.watermark);
        assert_eq!(place.live("charge_line").len(), 1);
        place.his.execute_batch(mend_it).unwrap();
    }
    let run = &place.collect(&["charge_line"])[0];
    assert_eq!((run.state, run.inserted), (RunState::Done, 1));
    assert_eq!(place.store.task_state("his/charge_line").unwrap().failures, 0);
}

#[test]
fn a_task_that_keeps_failing_pauses_itself() {
    let place = Place::new();
    place.his.execute_batch("DROP TABLE lines").unwrap();
    let timer = Request { cause: "timer", ..request() };
    for _ in 0..5 {
        assert_eq!(place.collect_with(&["charge_line"], &timer).len(), 1);
    }
    assert!(place.store.task_state("his/charge_line").unwrap().paused);
    assert!(place.collect_with(&["charge_line"], &timer).is_empty());
    place.store.pause_task("his/charge_line", false).unwrap();
    assert_eq!(place.collect_with(&["charge_line"], &timer).len(), 1);
}

#[test]
fn a_source_whose_clock_is_set_back_loses_nothing() {
    let place = Place::new();
    place.set_clock(120);
    place.line("F1", "E1", "1.00", false, 100);
    place.collect(&["charge_line"]);
    place.set_clock(30);
    place.line("F2", "E1", "2.00", false, 29);
    let back = &place.collect(&["charge_line"])[0];
    assert!(back.message.contains("回拨"), "{}", back.message);
    place.set_clock(31);
    place.collect(&["charge_line"]);
    assert_eq!(place.live("charge_line").len(), 2);
}

#[test]
fn a_source_that_returns_the_same_page_for_ever_ends_in_an_error() {
    let mut place = Place::new();
    place.mapping = mapping(
        r#"
id = "paged"
name = "分页"
version = "1"
batch = 2
[[task]]
table = "bed"
mode = "full"
sql = "SELECT * FROM beds WHERE :after_key IS NOT NULL LIMIT :limit"
page = { column = "编号" }
key = ["编号"]
[task.columns]
number = "床号"
department_key = { const = "K001" }
"#,
    );
    for n in 0..5 {
        place.bed(&format!("B{n}"));
    }
    let run = &place.collect(&[])[0];
    assert_eq!(run.state, RunState::Failed);
    assert!(run.message.contains("页"), "{}", run.message);
}

#[test]
fn a_cancelled_run_goes_on_where_it_stopped() {
    let place = Place::new();
    place.set_clock(600);
    for n in 0..60 {
        place.line(&format!("F{n:02}"), "E1", "1.00", false, n * 5);
    }
    let open = || place.open();
    let mut batches = 0;
    let cancelled = sync::collect_source(
        &place.store,
        &open,
        &place.mapping,
        &["charge_line".to_owned()],
        &request(),
        &mut |_: &str, _: u64, _: u64| {
            batches += 1;
            batches < 10
        },
    );
    assert!(matches!(cancelled, Err(SyncError::Cancelled)));
    let kept = place.live("charge_line").len();
    assert_eq!(kept, 30);
    let rest = &place.collect(&["charge_line"])[0];
    assert_eq!(place.live("charge_line").len(), 60);
    assert!(rest.read < 60, "{} rows read again", rest.read);
}

#[test]
fn two_collections_at_a_time_are_refused() {
    let place = Place::new();
    let lock = place.store.lock_collection().unwrap();
    assert!(place.store.lock_collection().is_err());
    drop(lock);
    assert!(place.store.lock_collection().is_ok());
}

/// One thing that happens in the HIS, or a collection in between.
#[derive(Clone, Debug)]
enum Event {
    Write { key: u8, stay: u8, amount: u8, void: bool },
    Collect { batches: usize },
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let write = (0_u8..12, 0_u8..3, 0_u8..5, proptest::bool::weighted(0.2))
        .prop_map(|(key, stay, amount, void)| Event::Write { key, stay, amount, void });
    let collect = (0_usize..6).prop_map(|batches| Event::Collect { batches });
    proptest::collection::vec(prop_oneof![4 => write, 1 => collect], 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// However collections lie between the changes and wherever they are interrupted, the store ends equal to one that
    /// collected everything at the end.
    #[test]
    fn interruptions_and_repetitions_end_in_the_same_store(events in events()) {
        let place = Place::new();
        let mut minutes = 0;
        for event in &events {
            minutes += 1;
            place.set_clock(minutes);
            match event {
                Event::Write { key, stay, amount, void } => {
                    place.line(&format!("F{key}"), &format!("E{stay}"), &format!("{amount}.00"), *void, minutes);
                }
                Event::Collect { batches } => {
                    let mut left = *batches;
                    let _ = sync::collect_source(
                        &place.store,
                        &|| place.open(),
                        &place.mapping,
                        &["charge_line".to_owned()],
                        &request(),
                        &mut |_: &str, _: u64, _: u64| {
                            left = left.saturating_sub(1);
                            left > 0
                        },
                    );
                }
            }
        }
        place.set_clock(minutes + 1);
        place.collect(&["charge_line"]);
        let fresh = store::Store::open(place.folder.path().join("fresh.db").to_str().unwrap()).unwrap();
        let all = sync::collect_source(
            &fresh,
            &|| place.open(),
            &place.mapping,
            &["charge_line".to_owned()],
            &request(),
            &mut |_: &str, _: u64, _: u64| true,
        );
        prop_assert!(all.is_ok());
        prop_assert_eq!(place.live("charge_line"), support::live(&fresh, "charge_line"));
    }
}
