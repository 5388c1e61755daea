//! The HIS is built on every target, collected through `packs/mappings/demo-his`, and what arrives is what was drawn.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use connect::SourceConfig;
use his::{Change, CsvFolder, Live, MariadbHis, PostgresHis, SqliteHis, build};
use hospital::{ChargeLine, Hospital, Options};
use jiff::civil::date;
use model::canonical::{TABLES, Table, Value};
use support::{Collected, collect, config, scratch_mariadb, scratch_postgres};

fn small() -> Hospital {
    Hospital::new(&support::sample(), Options::small(date(2026, 11, 27), 240)).expect("hospital")
}

fn drawn(hospital: &Hospital) -> Collected {
    let mut rows = Collected::new();
    for table in TABLES {
        let own = rows.entry(table.name).or_default();
        own.extend(hospital.dictionary(table.name).into_iter().map(|row| (row[0].str().to_owned(), row)));
    }
    for stay in hospital.stays() {
        for table in TABLES {
            let own = rows.entry(table.name).or_default();
            own.extend(stay.rows(table.name).iter().map(|row| (row[0].str().to_owned(), row.clone())));
        }
        let lines = rows.entry("charge_line").or_default();
        lines.extend(stay.charge_rows(hospital).map(|row| (row[0].str().to_owned(), row)));
    }
    rows
}

/// Everything arrives, nothing is refused, every value is the drawn one.
fn arrives(config: &SourceConfig, password: Option<&str>, hospital: &Hospital) {
    let collected = collect(config, password, hospital.now() + 86_400);
    let expected = drawn(hospital);
    for table in TABLES {
        let (got, wanted) = (&collected[table.name], &expected[table.name]);
        assert_eq!(got.len(), wanted.len(), "{} rows of {}", config.id, table.name);
        for (key, row) in wanted {
            let other = got.get(key).unwrap_or_else(|| panic!("{} has no {key}", table.name));
            for ((column, one), other) in table.columns.iter().zip(row).zip(other) {
                assert_eq!(one, other, "{} {}.{} of {key}", config.id, table.name, column.name);
            }
        }
    }
}

#[test]
fn from_a_sqlite_file() {
    let hospital = small();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("his.db");
    let built = build(&hospital, &mut SqliteHis::create(&path).unwrap(), |_| ()).expect("built");
    assert_eq!(built.stays, 252);
    assert_eq!(built.planted, hospital.stays().flat_map(|stay| stay.planted).collect::<Vec<_>>());
    arrives(&config("sqlite", path.to_str().unwrap(), ""), None, &hospital);
}

#[test]
fn from_csv_exports_in_utf8_and_gbk() {
    let hospital = small();
    for (charset, gbk) in [("utf-8", false), ("gbk", true)] {
        let folder = tempfile::tempdir().unwrap();
        let mut target = if gbk { CsvFolder::gbk(folder.path()) } else { CsvFolder::utf8(folder.path()) };
        build(&hospital, &mut target, |_| ()).expect("built");
        let more = format!("charset = '{charset}'");
        arrives(&config("files", folder.path().to_str().unwrap(), &more), None, &hospital);
    }
}

#[test]
fn from_postgresql() {
    let Some(scratch) = scratch_postgres() else { return };
    let hospital = small();
    build(&hospital, &mut PostgresHis::connect(&scratch.url).unwrap(), |_| ()).expect("built");
    arrives(&scratch.config, Some(&scratch.password), &hospital);
    let mut live = PostgresHis::connect(&scratch.url).unwrap();
    changes_arrive(&scratch.config, Some(&scratch.password), &hospital, &mut live);
}

#[test]
fn from_mariadb() {
    let Some(scratch) = scratch_mariadb() else { return };
    let hospital = small();
    build(&hospital, &mut MariadbHis::connect(&scratch.url).unwrap(), |_| ()).expect("built");
    arrives(&scratch.config, Some(&scratch.password), &hospital);
    let mut live = MariadbHis::connect(&scratch.url).unwrap();
    changes_arrive(&scratch.config, Some(&scratch.password), &hospital, &mut live);
}

#[test]
fn changes_are_seen_by_the_next_collection() {
    let hospital = small();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("his.db");
    build(&hospital, &mut SqliteHis::create(&path).unwrap(), |_| ()).expect("built");
    let mut live = SqliteHis::open(&path).unwrap();
    changes_arrive(&config("sqlite", path.to_str().unwrap(), ""), None, &hospital, &mut live);
}

fn at(table: &str, column: &str) -> usize {
    Table::named(table).unwrap().position(column).unwrap()
}

fn changes_arrive(config: &SourceConfig, password: Option<&str>, hospital: &Hospital, live: &mut dyn Live) {
    let now = hospital.now() + 3_600;
    let state = at("encounter", "state");
    let in_house = |stay: &hospital::Stay| stay.rows("encounter")[0][state].str() == "in_house";
    let stay = hospital.stays().filter(|stay| stay.days > 2 && in_house(stay)).last().unwrap();
    let line = stay.lines.iter().find(|line| line.amount > 0).unwrap();
    let line_key = ChargeLine::key(line.number);
    let item = hospital.charge_items()[usize::from(line.item)].code.clone();
    let key_of = |table: &str, row: usize| stay.rows(table)[row][0].str().to_owned();
    let (diagnosis, second) = (key_of("diagnosis", 0), key_of("diagnosis", 1));
    let order = key_of("medical_order", 0);
    let mut apply =
        |change: Change| change.apply(&mut *live, now).unwrap_or_else(|e| panic!("{change:?}: {e}"));
    let encounter = stay.key.clone();
    let late = apply(Change::LateCharge { encounter, item, units: 2, price: 123_400, at: now - 60 });
    let refund = apply(Change::Refund { line: line_key.clone(), at: now - 30 });
    apply(Change::Recode { diagnosis: diagnosis.clone(), code: "I10.x00".into(), name: "高血压".into() });
    apply(Change::Void { table: "diagnosis".into(), key: second.clone() });
    let delete = Change::Delete { table: "medical_order".into(), key: order.clone() };
    apply(delete.clone());
    apply(Change::Discharge { encounter: stay.key.clone(), at: now - 10, way: "1".into() });
    assert!(delete.apply(&mut *live, now).is_err(), "twice deleted");

    let collected = collect(config, password, now);
    let value = |table: &str, key: &str, column: &str| -> Value {
        collected[table].get(key).map_or(Value::Null, |row| row[at(table, column)].clone())
    };
    assert_eq!(value("charge_line", &late, "amount"), Value::Int(2_468));
    assert_eq!(value("charge_line", &late, "encounter_key").str(), stay.key);
    assert_eq!(value("charge_line", &refund, "amount"), Value::Int(-line.amount));
    assert_eq!(value("charge_line", &refund, "quantity"), Value::Int(-line.quantity));
    assert_eq!(value("charge_line", &refund, "refund_of").str(), line_key);
    assert_eq!(value("diagnosis", &diagnosis, "code").str(), "I10.x00");
    assert!(!collected["diagnosis"].contains_key(&second));
    assert!(!collected["medical_order"].contains_key(&order));
    assert_eq!(value("encounter", &stay.key, "discharged_at"), Value::Int(now - 10));
    assert_eq!(value("encounter", &stay.key, "state").str(), "discharged");
}
