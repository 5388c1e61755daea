//! Statistics of collection: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{Counts, Reject, RunBy, RunFilter, RunState, Store, SyncRun};
use support::{collected, on_both, origin, table};

const DAY: i64 = 86_400;

/// One run of a task: (name, began, rows inserted, rows rejected, how it ended).
fn run(store: &Store, name: &str, at: i64, inserted: u64, rejected: usize, state: RunState) -> i64 {
    let mut run = SyncRun {
        task: format!("his/{name}"),
        source: "his".into(),
        table: name.into(),
        cause: "timer".into(),
        mapping: "sha256:m".into(),
        started_at: at,
        ..SyncRun::default()
    };
    run.id = store.begin_run(&run).unwrap();
    let rejects: Vec<Reject> = (0..rejected)
        .map(|n| Reject {
            row_number: n as i64 + 1,
            key: format!("R{n}"),
            field: if n < 2 { "性别" } else { "" }.into(),
            reason: if n < 2 { "不在代码对照中" } else { "没有主键" }.into(),
            remedy: "改".into(),
            raw: "…".into(),
        })
        .collect();
    let counts = Counts { inserted, unchanged: 1, ..Counts::default() };
    let beds = table("bed");
    let row = collected(beds, at, &[("key", "B1".into())]);
    store
        .collect(beds, &[row], &origin(at), &|log, _| {
            log.log(&run, inserted + 1 + rejected as u64, counts, &rejects)
        })
        .unwrap();
    store.end_run(run.id, state, "", at + 5, 9).unwrap();
    run.id
}

// covers: SYS-1.04
#[test]
fn runs_are_found_and_counted_by_day_and_task() {
    on_both(|t| {
        let store = &t.store;
        let first = run(store, "bed", 10, 3, 0, RunState::Done);
        let second = run(store, "staff", 20, 0, 3, RunState::Failed);
        let third = run(store, "bed", DAY, 0, 0, RunState::Done);
        let all = RunFilter::default;
        let ask = |filter: RunFilter| {
            let (runs, total) = store.find_runs(&filter).unwrap();
            (runs.iter().map(|run| run.id).collect::<Vec<_>>(), total)
        };
        assert_eq!(ask(RunFilter { limit: 2, offset: 1, ..all() }), (vec![second, first], 3));
        assert_eq!(ask(RunFilter { from: Some(20), to: Some(DAY), ..all() }), (vec![second], 1));
        assert_eq!(ask(RunFilter { task: Some("his/bed".into()), ..all() }), (vec![third, first], 2));
        assert_eq!(ask(RunFilter { source: Some("lis".into()), ..all() }).1, 0);
        assert_eq!(ask(RunFilter { state: Some(RunState::Failed), ..all() }).0, [second]);
        assert_eq!(ask(RunFilter { eventful: true, ..all() }), (vec![second, first], 2));

        let days = store.run_counts(&all(), RunBy::Day).unwrap();
        let short: Vec<_> =
            days.iter().map(|d| (d.key.as_str(), d.runs, d.failed, d.read, d.rejected)).collect();
        assert_eq!(short, [("0", 2, 1, 8, 3), ("1", 1, 0, 1, 0)]);
        let tasks = store.run_counts(&all(), RunBy::Task).unwrap();
        let short: Vec<_> = tasks
            .iter()
            .map(|d| (d.key.as_str(), d.table.as_str(), d.inserted, d.unchanged, d.seconds))
            .collect();
        assert_eq!(short, [("his/bed", "bed", 3, 2, 10), ("his/staff", "staff", 0, 1, 5)]);
        assert_eq!(tasks[0].last_at, DAY);
    });
}

// covers: SYS-1.04
#[test]
fn rejected_rows_are_counted_by_reason_and_paged() {
    on_both(|t| {
        let id = run(&t.store, "staff", 20, 0, 3, RunState::Done);
        let reasons = t.store.reject_counts(id).unwrap();
        let short: Vec<_> = reasons.iter().map(|r| (r.field.as_str(), r.reason.as_str(), r.rows)).collect();
        assert_eq!(short, [("性别", "不在代码对照中", 2), ("", "没有主键", 1)]);
        let (rows, total) = t.store.find_rejects(id, Some("不在代码对照中"), (1, 5)).unwrap();
        assert_eq!((rows[0].key.as_str(), rows.len(), total), ("R1", 1, 2));
        assert_eq!(t.store.find_rejects(id, None, (0, 2)).unwrap().1, 3);
    });
}
