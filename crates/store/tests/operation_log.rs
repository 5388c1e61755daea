//! The operation log: complete, in order, and nobody changes it unseen. The same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{LogBy, LogEntry, LogFilter, LogKind, Store};
use support::{TestStore, on_both};

const DAY: i64 = 86_400;

fn entry(at: i64, login: &str, kind: LogKind, success: bool) -> LogEntry {
    LogEntry {
        at,
        login: login.into(),
        user_name: format!("{login}某"),
        kind,
        action: "导出".into(),
        object: "病例_1 100%".into(),
        success,
        request: "r1".into(),
        ..LogEntry::default()
    }
}

/// Some entries on two days.
fn filled(store: &Store) -> Vec<LogEntry> {
    let entries = [
        entry(10, "1001", LogKind::Login, false),
        entry(20, "1001", LogKind::Login, true),
        entry(30, "1002", LogKind::Export, true),
        entry(DAY, "1001", LogKind::Export, true),
    ];
    entries.into_iter().map(|entry| LogEntry { id: store.log_operation(&entry).unwrap(), ..entry }).collect()
}

/// Somebody at the database itself.
fn tamper(t: &TestStore, sql: &str) {
    if t.address.starts_with("postgres") {
        postgres::Client::connect(&t.address, postgres::NoTls).unwrap().batch_execute(sql).unwrap();
    } else {
        rusqlite::Connection::open(&t.address).unwrap().execute_batch(sql).unwrap();
    }
}

// covers: SYS-1.06
#[test]
fn entries_come_back_newest_first_filtered_and_paged() {
    on_both(|t| {
        let written = filled(&t.store);
        let ids: Vec<i64> = written.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [1, 2, 3, 4]);
        let ask = |filter: LogFilter| {
            let (entries, total) = t.store.operations(&filter).unwrap();
            (entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), total)
        };
        let all = LogFilter::default;
        let (mut entries, total) = t.store.operations(&all()).unwrap();
        entries.reverse();
        assert_eq!((entries, total), (written, 4));
        assert_eq!(ask(LogFilter { offset: 1, limit: 2, ..all() }), (vec![3, 2], 4));
        assert_eq!(ask(LogFilter { from: Some(20), to: Some(DAY), ..all() }), (vec![3, 2], 2));
        assert_eq!(ask(LogFilter { login: Some("1002".into()), ..all() }), (vec![3], 1));
        assert_eq!(ask(LogFilter { kind: Some(LogKind::Export), ..all() }), (vec![4, 3], 2));
        assert_eq!(ask(LogFilter { success: Some(false), ..all() }), (vec![1], 1));
        assert_eq!(ask(LogFilter { text: Some(" 1002某 ".into()), ..all() }).0, [3]);
        // What looks like a pattern is text.
        assert_eq!(ask(LogFilter { text: Some("例_1 100%".into()), ..all() }).1, 4);
        assert_eq!(ask(LogFilter { text: Some("例_ 1%".into()), ..all() }).1, 0);
    });
}

// covers: SYS-1.06
#[test]
fn statistics_count_what_the_list_shows() {
    on_both(|t| {
        filled(&t.store);
        let count = |filter: &LogFilter, by| {
            let counts = t.store.operation_counts(filter, by).unwrap();
            counts.into_iter().map(|c| (c.key, c.name, c.count, c.failed, c.last_at)).collect::<Vec<_>>()
        };
        let all = LogFilter::default();
        let line =
            |key: &str, name: &str, n, failed, last| (key.to_owned(), name.to_owned(), n, failed, last);
        assert_eq!(count(&all, LogBy::Day), [line("0", "", 3, 1, 30), line("1", "", 1, 0, DAY)]);
        assert_eq!(count(&all, LogBy::Kind), [line("export", "", 2, 0, DAY), line("login", "", 2, 1, 20)]);
        let users = [line("1001", "1001某", 3, 1, DAY), line("1002", "1002某", 1, 0, 30)];
        assert_eq!(count(&all, LogBy::User), users);
        let exports = LogFilter { kind: Some(LogKind::Export), ..all };
        assert_eq!(count(&exports, LogBy::User).iter().map(|line| line.2).sum::<i64>(), 2);
    });
}

#[test]
fn writers_at_the_same_moment_make_one_chain() {
    on_both(|t| {
        // A second process has its own store.
        let other = Store::open(&t.address).unwrap();
        std::thread::scope(|scope| {
            for store in [&t.store, &other, &t.store, &other] {
                scope.spawn(|| {
                    for n in 0..15 {
                        store.log_operation(&entry(n, "1001", LogKind::Read, true)).unwrap();
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(t.store.verify_log().unwrap(), None, "checked while others write");
                }
            });
        });
        assert_eq!(
            (t.store.operations(&LogFilter::default()).unwrap().1, t.store.verify_log().unwrap()),
            (60, None)
        );
    });
}

#[test]
fn every_tampering_shows_at_its_place() {
    let cases = [
        ("UPDATE operation_log SET detail = '无' WHERE id = 2", 2),
        ("UPDATE operation_log SET success = 1 WHERE id = 1", 1),
        ("DELETE FROM operation_log WHERE id = 3", 3),
        ("DELETE FROM operation_log WHERE id >= 3", 3),
        ("DELETE FROM operation_log WHERE id = 1", 2),
        ("DELETE FROM operation_log", 1),
        ("UPDATE operation_log SET hash = NULL", 1),
        ("UPDATE operation_log SET hash = NULL WHERE id < 3", 3),
        ("UPDATE operation_log SET hash = '' WHERE id = 4", 4),
        ("INSERT INTO operation_log (id, at, login, action, object) VALUES (5, 9, 'x', 'x', 'x')", 5),
    ];
    on_both(|t| {
        assert_eq!(t.store.verify_log().unwrap(), None, "nothing was written yet");
    });
    for (sql, first) in cases {
        on_both(|t| {
            filled(&t.store);
            tamper(t, sql);
            assert_eq!(t.store.verify_log().unwrap(), Some(first), "{sql}");
        });
    }
}

#[test]
fn entries_of_the_first_schema_stay_before_the_chain() {
    on_both(|t| {
        tamper(
            t,
            "INSERT INTO operation_log (id, at, login, action, object) VALUES (1, 5, '1000', '登录', '系统');
             UPDATE operation_log_head SET id = 1",
        );
        assert_eq!(t.store.verify_log().unwrap(), None);
        filled(&t.store);
        let (entries, total) = t.store.operations(&LogFilter::default()).unwrap();
        assert_eq!(
            (entries[4].id, entries[4].success, entries[4].kind, total),
            (1, true, LogKind::System, 5)
        );
        assert_eq!(t.store.verify_log().unwrap(), None);
    });
}
