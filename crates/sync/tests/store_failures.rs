//! The store's own troubles: taken by somebody else, or gone in the middle.

mod support;

use std::time::Duration;
use store::{RunState, Store, StoreError};
use support::{Place, request};
use sync::SyncError;

#[test]
fn a_store_that_is_taken_for_a_while_is_waited_for() {
    let place = Place::new();
    place.bed("B1");
    let other = rusqlite::Connection::open(place.folder.path().join("store.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(700));
            other.execute_batch("COMMIT").unwrap();
        });
        assert_eq!(place.collect(&["bed"])[0].state, RunState::Done);
    });
    assert_eq!(place.live("bed").len(), 1);
}

#[test]
fn a_store_that_stays_taken_is_an_error_and_nothing_is_lost() {
    let place = Place::new();
    place.bed("B1");
    let other = rusqlite::Connection::open(place.folder.path().join("store.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = sync::collect_source(
        &place.store,
        &|| place.open(),
        &place.mapping,
        &["bed".to_owned()],
        &request(),
        &mut |_: &str, _: u64, _: u64| true,
    );
    let error = refused.unwrap_err();
    assert!(matches!(error, SyncError::Store(StoreError::Locked)), "{error}");
    assert!(error.to_string().contains("占用"));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(place.collect(&["bed"])[0].inserted, 1);
}

#[test]
fn a_database_that_breaks_the_connection_is_gone_on_with() {
    let Ok(server) = std::env::var("DIPPER_TEST_POSTGRES") else {
        assert!(std::env::var("CI").is_err(), "CI 没有设置 DIPPER_TEST_POSTGRES");
        eprintln!("skipped: no PostgreSQL (make test starts one)");
        return;
    };
    let name = format!("dipper_test_break_{}", std::process::id());
    let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let address = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let place = Place::new();
    place.set_clock(600);
    for n in 0..60 {
        place.line(&format!("F{n:02}"), "E1", "1.00", false, n * 5);
    }
    let store = Store::open(&address).unwrap();
    let only = ["charge_line".to_owned()];
    let mut batches = 0;
    let broken = sync::collect_source(
        &store,
        &|| place.open(),
        &place.mapping,
        &only,
        &request(),
        &mut |_: &str, _: u64, _: u64| {
            batches += 1;
            if batches == 8 {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
                client.query(sql, &[&name]).unwrap();
            }
            true
        },
    );
    let broken = broken.unwrap();
    assert_eq!(broken[0].state, RunState::Failed);
    assert!(broken[0].message.contains("连接中断"), "{}", broken[0].message);
    assert_eq!(
        support::live(&store, "charge_line").len(),
        24,
        "what was committed stays, nothing else is there"
    );
    let again = sync::collect_source(
        &store,
        &|| place.open(),
        &place.mapping,
        &only,
        &request(),
        &mut |_: &str, _: u64, _: u64| true,
    );
    assert_eq!(again.unwrap()[0].state, RunState::Done);
    assert_eq!(support::live(&store, "charge_line").len(), 60);
    let states: Vec<RunState> = store.runs(None, 10).unwrap().iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Done, RunState::Failed]);
    drop(store);
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}
