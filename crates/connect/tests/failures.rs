//! What goes wrong at the other end is said, and nothing is concluded from it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::{ConnectError, Mapping, ReadOptions, RowSink, Span, read_task};
use mysql::prelude::Queryable;
use std::ops::ControlFlow;
use support::{Collected, Place, TestTable, Type};

fn table() -> TestTable {
    TestTable {
        name: "v_dept",
        columns: &[("code", Type::Text), ("name", Type::Text), ("sort", Type::Whole)],
        rows: vec![
            vec![Some("1"), Some("内科"), Some("1")],
            vec![Some("2"), Some("'; DROP TABLE v_dept; --"), Some("2")],
            vec![Some("3"), Some("外科"), Some("3")],
        ],
    }
}

fn databases() -> Vec<Place> {
    let mut places = vec![support::sqlite(&[table()])];
    places.extend(support::postgres(&[table()]));
    places.extend(support::mariadb(&[table()]));
    places
}

fn mapping(sql: &str, more: &str) -> Mapping {
    let text = format!(
        "[[task]]\ntable = 'department'\nmode = 'full'\nsql = \"\"\"{sql}\"\"\"\nkey = ['code']\n{more}\n\
         [task.columns]\nname = 'name'\n"
    );
    support::mapping(&text, &[])
}

fn read(place: &Place, mapping: &Mapping) -> Result<Collected, ConnectError> {
    support::read(place.open().as_mut(), &mapping.tasks[0]).map(|(collected, _)| collected)
}

// covers: SYS-1.04, INT-1.01
#[test]
fn a_view_that_is_not_there_is_named() {
    let mapping = mapping("SELECT * FROM v_gone", "");
    for place in databases() {
        let error = read(&place, &mapping).err().unwrap();
        assert!(matches!(error, ConnectError::NoView { .. }), "{}: {error:?}", place.label);
        assert!(error.to_string().contains("v_gone") && !error.is_retryable(), "{error}");
    }
}

#[test]
fn a_column_that_the_sql_names_and_the_view_lost() {
    let mapping = mapping("SELECT code, name, absent FROM v_dept", "");
    for place in databases() {
        let error = read(&place, &mapping).err().unwrap();
        assert!(matches!(error, ConnectError::NoColumn { .. }), "{}: {error:?}", place.label);
        assert!(error.to_string().contains("absent"), "{error}");
    }
}

#[test]
fn a_renamed_column_is_noticed_even_when_there_are_no_rows() {
    let mapping = mapping("SELECT code, name AS nam FROM v_dept WHERE 1 = 0", "");
    let mut places = databases();
    places.push(support::csv(
        &[TestTable { name: "v_dept", columns: &[("code", Type::Text), ("nam", Type::Text)], rows: vec![] }],
        "csv",
        |text| text.as_bytes().to_vec(),
    ));
    for place in &places {
        let mapping = if place.label == "csv" { file_mapping("v_dept.csv") } else { mapping.clone() };
        let error = read(place, &mapping).err().unwrap();
        assert_eq!(
            error.to_string(),
            "任务 department 对照的列不在结果中：name（最接近的是 nam）；现有列为 code、nam；请与厂商核对列名是否改动，或修改对照包",
            "{}",
            place.label
        );
    }
}

fn file_mapping(file: &str) -> Mapping {
    let text = format!(
        "[[task]]\ntable = 'department'\nmode = 'full'\nfile = '{file}'\nkey = ['code']\n[task.columns]\nname = 'name'\n"
    );
    support::mapping(&text, &[])
}

#[test]
fn a_view_may_change_between_two_reads_of_one_connection() {
    let place = support::sqlite(&[table()]);
    let mapping = mapping("SELECT * FROM v_dept", "");
    let mut source = place.open();
    assert_eq!(support::read(source.as_mut(), &mapping.tasks[0]).unwrap().0.rows.len(), 3);
    let db = rusqlite::Connection::open(&place.config.address).unwrap();
    db.execute_batch("ALTER TABLE v_dept RENAME COLUMN name TO title").unwrap();
    let error = support::read(source.as_mut(), &mapping.tasks[0]).err().unwrap();
    assert!(matches!(error, ConnectError::MissingColumns { .. }), "{error}");
    db.execute_batch("DROP TABLE v_dept").unwrap();
    let error = support::read(source.as_mut(), &mapping.tasks[0]).err().unwrap();
    assert!(matches!(error, ConnectError::NoView { .. }), "{error}");
}

#[test]
fn a_column_that_is_there_twice_is_not_guessed() {
    let mapping = mapping("SELECT a.code, b.name, a.name FROM v_dept a JOIN v_dept b ON a.code = b.code", "");
    for place in databases() {
        let error = read(&place, &mapping).err().unwrap();
        assert!(matches!(error, ConnectError::RepeatedColumn { .. }), "{}: {error}", place.label);
    }
}

#[test]
fn pages_are_turned_until_the_last() {
    let sql = "SELECT * FROM v_dept WHERE sort > :after_key ORDER BY sort LIMIT :limit";
    let mapping = mapping(sql, "page = { column = 'sort', start = '0' }\nbatch = 2");
    for place in databases() {
        let collected = read(&place, &mapping).unwrap_or_else(|error| panic!("{}: {error}", place.label));
        assert_eq!(collected.rows.len(), 3, "{}", place.label);
        assert_eq!(collected.pages, ["2"], "{}", place.label);
        let mut rest = Collected::default();
        let options = ReadOptions { after_key: Some("2".to_owned()), ..ReadOptions::default() };
        let report = read_task(place.open().as_mut(), &mapping.tasks[0], &options, &mut rest).unwrap();
        assert_eq!((rest.rows.len(), report.complete), (1, false), "{}", place.label);
    }
}

#[test]
fn a_source_that_returns_the_same_page_for_ever_is_stopped() {
    let sql = "SELECT * FROM v_dept WHERE sort > 0 OR sort > :after_key ORDER BY sort LIMIT :limit";
    let stuck = mapping(sql, "page = { column = 'sort', start = '0' }\nbatch = 2");
    for place in databases() {
        let error = read(&place, &stuck).err().unwrap();
        assert!(matches!(error, ConnectError::SamePage { page: 2, .. }), "{}: {error}", place.label);
    }
    // Two pages in turn.
    let sql = "SELECT * FROM v_dept WHERE (:after_key = '2' AND sort IN (1, 3)) OR (:after_key <> '2' AND sort IN (1, 2)) \
               ORDER BY sort LIMIT :limit";
    let turning = mapping(sql, "page = { column = 'sort', start = '0' }\nbatch = 2");
    let error = read(&support::sqlite(&[table()]), &turning).err().unwrap();
    assert!(matches!(error, ConnectError::SamePage { page: 3, .. }), "{error}");
}

#[test]
fn what_looks_like_sql_stays_data() {
    let sql = "SELECT * FROM v_dept WHERE name > :after_key ORDER BY name LIMIT :limit";
    for place in databases() {
        let hostile = mapping(
            sql,
            "page = { column = 'name', start = \"' OR 1=1; DROP TABLE v_dept; --\" }\nbatch = 1",
        );
        let collected = read(&place, &hostile).unwrap_or_else(|error| panic!("{}: {error}", place.label));
        assert!(!collected.rows.is_empty(), "{}", place.label);
        let all = read(&place, &mapping("SELECT * FROM v_dept", "")).unwrap();
        assert_eq!(all.rows.len(), 3, "{}", place.label);
        assert!(all.rows.iter().any(|row| row.row[1].str() == "'; DROP TABLE v_dept; --"));
    }
}

#[test]
fn sources_are_only_read() {
    let places = databases();
    for place in &places {
        let sql = match place.label {
            "sqlite" => continue,
            // A writing statement inside of a reading one.
            "postgres" => "WITH gone AS (DELETE FROM v_dept RETURNING *) SELECT * FROM gone",
            _ => "SELECT * FROM v_dept FOR UPDATE",
        };
        let result = read(place, &mapping(sql, ""));
        if place.label == "postgres" {
            assert!(result.is_err(), "{}", place.label);
        }
        assert_eq!(read(place, &mapping("SELECT * FROM v_dept", "")).unwrap().rows.len(), 3);
    }
}

#[test]
fn a_slow_view_is_stopped_in_time() {
    for mut place in databases() {
        let sql = match place.label {
            "sqlite" => {
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) \
                 SELECT max(i) AS code, 'x' AS name FROM n"
            }
            "postgres" => "SELECT 'a' AS code, 'x' AS name FROM (SELECT pg_sleep(60)) AS wait",
            _ => "SELECT 'a' AS code, SLEEP(60) AS name",
        };
        place.config.statement_timeout = connect::Period(1);
        let start = std::time::Instant::now();
        let error = read(&place, &mapping(sql, "")).err().unwrap();
        assert!(matches!(error, ConnectError::Timeout { seconds: 1, .. }), "{}: {error:?}", place.label);
        assert!(error.is_retryable() && start.elapsed().as_secs() < 20, "{}", place.label);
    }
}

/// Ends the server's side of the connection while rows are read.
struct Cutter<'c> {
    rows: u64,
    cut: Box<dyn FnMut() + 'c>,
}

impl RowSink for Cutter<'_> {
    fn row(&mut self, _: connect::MappedRow) -> ControlFlow<()> {
        self.rows += 1;
        if self.rows == 1 {
            (self.cut)();
        }
        ControlFlow::Continue(())
    }

    fn rejected(&mut self, _: connect::Rejection) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[test]
fn a_lost_connection_is_an_error_and_not_an_end() {
    let tables: Vec<String> = (0..13).map(|n| format!("v_dept t{n}")).collect();
    let many = format!("SELECT t0.code, t1.name FROM {}", tables.join(", "));
    let cases = [support::postgres(&[table()]), support::mariadb(&[table()])];
    for place in cases.into_iter().flatten() {
        let url = std::env::var(if place.label == "postgres" {
            "DIPPER_TEST_POSTGRES"
        } else {
            "DIPPER_TEST_MARIADB"
        });
        let (url, database) = (url.unwrap(), place.config.database.clone().unwrap());
        let label = place.label;
        let cut = Box::new(move || {
            if label == "postgres" {
                let mut admin = postgres::Client::connect(&url, postgres::NoTls).unwrap();
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 \
                           AND application_name = 'dipper'";
                admin.execute(sql, &[&database]).unwrap();
            } else {
                let mut admin = mysql::Conn::new(mysql::Opts::from_url(&url).unwrap()).unwrap();
                let sql = "SELECT id FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID() \
                           AND command <> 'Sleep'";
                let ids: Vec<u64> = admin.exec(sql, (&database,)).unwrap();
                for id in ids {
                    admin.query_drop(format!("KILL {id}")).unwrap();
                }
            }
        });
        let mapping = mapping(&many, "");
        let mut source = place.open();
        let mut cutter = Cutter { rows: 0, cut };
        let result = read_task(source.as_mut(), &mapping.tasks[0], &ReadOptions::default(), &mut cutter);
        match result {
            Err(error) => {
                assert!(matches!(error, ConnectError::Lost { .. }), "{label}: {error:?}");
                assert!(error.is_retryable(), "{label}");
            }
            Ok(report) => panic!("{label}: read {} rows to the end", report.rows),
        }
    }
}

#[test]
fn a_sink_that_has_enough_ends_the_read() {
    struct One(u64);
    impl RowSink for One {
        fn row(&mut self, _: connect::MappedRow) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Break(())
        }
        fn rejected(&mut self, _: connect::Rejection) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }
    for place in databases() {
        let mut source = place.open();
        let mapping = mapping("SELECT a.code, a.name FROM v_dept a, v_dept b, v_dept c", "");
        let mut one = One(0);
        let report =
            read_task(source.as_mut(), &mapping.tasks[0], &ReadOptions::default(), &mut one).unwrap();
        assert_eq!((one.0, report.complete), (1, false), "{}", place.label);
        // The connection is still good.
        assert_eq!(
            support::read(source.as_mut(), &mapping.tasks[0]).unwrap().0.rows.len(),
            27,
            "{}",
            place.label
        );
    }
}

#[test]
fn wrong_addresses_and_passwords_are_told_apart_and_never_shown() {
    let nowhere = support::config(
        "id = 'x'\nkind = 'postgres'\naddress = '127.0.0.1:1'\nuser = 'u'\ndatabase = 'd'\npassword_env = 'P'\nconnect_timeout = '2s'",
    );
    let error = connect::open_with(&nowhere, &|_| Some("s3cret".to_owned())).err().unwrap();
    assert!(matches!(error, ConnectError::Connect { .. }) && error.is_retryable(), "{error:?}");
    assert!(!format!("{error} {error:?} {nowhere:?}").contains("s3cret"));
    assert!(matches!(connect::open_with(&nowhere, &|_| None).err().unwrap(), ConnectError::Secret { .. }));
    for place in [support::postgres(&[]), support::mariadb(&[])].into_iter().flatten() {
        let error = connect::open_with(&place.config, &|_| Some("wr0ng".to_owned())).err().unwrap();
        assert!(matches!(error, ConnectError::Login { .. }), "{}: {error:?}", place.label);
        assert!(!format!("{error} {error:?}").contains("wr0ng") && !error.is_retryable());
        let mut config = place.config.clone();
        config.database = Some("no_such_database".to_owned());
        let error = connect::open_with(&config, &|_| place.password.clone()).err().unwrap();
        assert!(error.to_string().contains("no_such_database"), "{}: {error}", place.label);
    }
    for (text, words) in [
        ("id = 'x'\nkind = 'sqlite'\naddress = 'no/such.db'", "没有文件 no/such.db"),
        ("id = 'x'\nkind = 'files'\naddress = 'no/such'", "没有文件夹 no/such"),
    ] {
        let error = connect::open(&support::config(text)).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_file_that_is_no_database_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    std::fs::write(&path, "科室,名称\n".repeat(1000)).unwrap();
    let error = connect::open(&support::sqlite_at(&path)).err().unwrap().to_string();
    assert!(error.contains("不是 SQLite 数据库"), "{error}");
}

#[test]
fn gbk_in_a_sqlite_file_is_read() {
    let place = support::sqlite(&[table()]);
    let db = rusqlite::Connection::open(&place.config.address).unwrap();
    db.execute_batch("INSERT INTO v_dept VALUES ('4', CAST(x'c4dad2bbbfc6' AS TEXT), 4)").unwrap();
    let mapping = mapping("SELECT * FROM v_dept WHERE sort > 3", "");
    assert_eq!(read(&place, &mapping).unwrap().rows[0].row[1].str(), "内一科");
    let mut strict = place.config.clone();
    strict.charset = connect::Charset::Utf8;
    let mut source = connect::open(&strict).unwrap();
    let (collected, _) = support::read(source.as_mut(), &mapping.tasks[0]).unwrap();
    assert!(collected.rejected[0].reason.contains("文字已损坏"), "{}", collected.rejected[0]);
}

#[test]
fn gbk_in_columns_declared_latin1_is_read() {
    let Some(mut place) = support::mariadb(&[table()]) else { return };
    let url = std::env::var("DIPPER_TEST_MARIADB").unwrap();
    let mut db = mysql::Conn::new(mysql::Opts::from_url(&url).unwrap()).unwrap();
    let database = place.config.database.clone().unwrap();
    db.query_drop(format!(
        "CREATE TABLE {database}.v_old (code varchar(9), name varchar(99)) CHARACTER SET latin1"
    ))
    .unwrap();
    db.query_drop(format!("INSERT INTO {database}.v_old VALUES ('1', x'c4dad2bbbfc6')")).unwrap();
    place.config.charset = connect::Charset::Gbk;
    assert_eq!(read(&place, &mapping("SELECT * FROM v_old", "")).unwrap().rows[0].row[1].str(), "内一科");
}

#[test]
fn rows_a_second_are_capped() {
    let mut place = support::sqlite(&[table()]);
    place.config.rows_per_second = 20;
    place.config.night = None;
    let mapping = mapping("SELECT a.code, a.name FROM v_dept a, v_dept b", "");
    let start = std::time::Instant::now();
    assert_eq!(read(&place, &mapping).unwrap().rows.len(), 9);
    assert!(start.elapsed().as_millis() >= 400, "{:?}", start.elapsed());
}

#[test]
fn a_task_without_a_query_for_the_source_says_so() {
    let place = support::csv(&[table()], "csv", |text| text.as_bytes().to_vec());
    let error = read(&place, &mapping("SELECT 1", "")).err().unwrap().to_string();
    assert!(error.contains("任务 department 没有 file"), "{error}");
    let error = read(&support::sqlite(&[table()]), &file_mapping("a.csv")).err().unwrap().to_string();
    assert!(error.contains("任务 department 没有 sql"), "{error}");
    let span = Span { from: 0, to: 0 };
    assert!(support::read_span(place.open().as_mut(), &file_mapping("nothing.csv").tasks[0], span).is_err());
}
