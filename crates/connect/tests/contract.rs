//! The same rows through every adapter give the same canonical rows, byte for byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::{Mapping, MappingFiles, Source};
use model::canonical::{Table, Value};
use support::{Place, TestTable, Type};

fn tables() -> Vec<TestTable> {
    use Type::{Decimal, Moment, Text, Whole};
    vec![
        TestTable {
            name: "v_dip_dept",
            columns: &[("科室代码", Text), ("科室名称", Text), ("停用标志", Whole)],
            rows: vec![
                vec![Some("0101"), Some("心内科"), Some("0")],
                vec![Some("0102"), Some("普外科（一）"), Some("1")],
                vec![Some("0103"), Some("o'); DROP TABLE v_dip_dept; --"), None],
                vec![Some("0104"), Some("𠮷田\"科\",二"), Some("0")],
            ],
        },
        TestTable {
            name: "v_dip_encounter",
            columns: &[
                ("住院号", Text),
                ("住院次数", Whole),
                ("患者ID", Text),
                ("状态", Text),
                ("入院时间", Moment),
                ("出院时间", Moment),
                ("作废标志", Text),
                ("更新时间", Moment),
            ],
            rows: vec![
                vec![
                    Some("ZY001"),
                    Some("1"),
                    Some("P1"),
                    Some("结算"),
                    Some("2025-03-01 08:00:00"),
                    Some("2025-03-07 10:30:00"),
                    Some("0"),
                    Some("2025-03-08 00:00:00"),
                ],
                vec![
                    Some("ZY001"),
                    Some("2"),
                    Some("P1"),
                    Some("在院"),
                    Some("2025-06-01 23:59:59"),
                    Some("1900-01-01 00:00:00"),
                    None,
                    Some("2025-06-01 23:59:59"),
                ],
                vec![
                    Some("ZY002"),
                    Some("1"),
                    Some("P2"),
                    None,
                    None,
                    None,
                    Some("Y"),
                    Some("2025-06-02 00:00:01"),
                ],
                vec![
                    Some("ZY003"),
                    Some("1"),
                    Some("P3"),
                    Some("观察"),
                    Some("2025-06-01 23:59:59"),
                    None,
                    None,
                    Some("2025-06-02 00:00:02"),
                ],
                vec![
                    None,
                    Some("1"),
                    Some("P3"),
                    Some("在院"),
                    Some("2025-06-01 23:59:59"),
                    None,
                    None,
                    Some("2025-06-02 00:00:02"),
                ],
            ],
        },
        TestTable {
            name: "v_dip_charge",
            columns: &[
                ("明细流水号", Whole),
                ("住院号", Text),
                ("住院次数", Whole),
                ("原明细流水号", Whole),
                ("费用时间", Moment),
                ("项目代码", Text),
                ("数量", Type::Float),
                ("单价", Decimal),
                ("金额", Decimal),
                ("更新时间", Moment),
            ],
            rows: vec![
                vec![
                    Some("1001"),
                    Some("ZY001"),
                    Some("1"),
                    None,
                    Some("2025-03-01 09:00:00"),
                    Some("110200001"),
                    Some("0.3"),
                    Some("12.3456"),
                    Some("3.7"),
                    Some("2025-03-01 09:00:01"),
                ],
                vec![
                    Some("1002"),
                    Some("ZY001"),
                    Some("1"),
                    Some("1001"),
                    Some("2025-03-02 09:00:00"),
                    Some("110200001"),
                    Some("-0.3"),
                    Some("12.3456"),
                    Some("-3.7"),
                    Some("2025-03-02 09:00:01"),
                ],
            ],
        },
        TestTable {
            name: "v_dip_diagnosis",
            columns: &[
                ("住院号", Text),
                ("住院次数", Whole),
                ("诊断序号", Whole),
                ("诊断类型", Text),
                ("诊断编码", Text),
                ("诊断名称", Text),
                ("在院标志", Text),
            ],
            rows: vec![
                vec![
                    Some("ZY001"),
                    Some("2"),
                    Some("1"),
                    Some("西医"),
                    Some("I10.x00"),
                    Some("高血压\n3级"),
                    Some("1"),
                ],
                vec![Some("ZY001"), Some("2"), Some("2"), Some("其他"), Some("-"), Some("NULL"), Some("1")],
            ],
        },
    ]
}

/// The small pack, its files under the names that the places have.
fn pack() -> Mapping {
    let folder = support::fixtures().join("small");
    let files = MappingFiles::read_folder(&folder).unwrap();
    let text = std::str::from_utf8(files.get("mapping.toml").unwrap()).unwrap();
    let mut text = text.replace("file = \"科室.csv\"", "file = \"v_dip_dept.csv\"");
    for view in ["encounter", "charge", "diagnosis"] {
        let table = if view == "charge" { "charge_line" } else { view };
        text = text.replace(
            &format!("table = \"{table}\"\n"),
            &format!("table = \"{table}\"\nfile = \"v_dip_{view}.csv\"\n"),
        );
        text = text.replace(
            &format!("table = \"{table}\"  "),
            &format!("file = \"v_dip_{view}.csv\"\ntable = \"{table}\"  "),
        );
    }
    let mut all = vec![("mapping.toml".to_owned(), text.into_bytes())];
    for name in files.names().filter(|name| name.starts_with("codes/")) {
        all.push((name.to_owned(), files.get(name).unwrap().to_vec()));
    }
    Mapping::load(&MappingFiles::new(all)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Every row and refusal of a source as text, sorted.
fn everything(source: &mut dyn Source) -> Vec<String> {
    let mapping = pack();
    let mut out = Vec::new();
    for task in &mapping.tasks {
        let (collected, report) = support::read(source, task).unwrap_or_else(|error| panic!("{error}"));
        assert!(report.complete);
        out.extend(collected.rows.iter().map(|row| format!("{} {row:?}", task.name)));
        let refused = collected.rejected.iter();
        out.extend(
            refused.map(|r| format!("{} {:?} {:?} {:?} {}", task.name, r.key, r.field, r.cause, r.reason)),
        );
        out.extend(report.unmapped.iter().map(|value| format!("{} {value:?}", task.name)));
    }
    out.sort();
    out
}

// covers: SYS-1.03, INT-1.01, INT-1.02
#[test]
fn every_adapter_yields_the_same_canonical_rows() {
    let mut reference = support::sqlite(&tables()).open();
    let expected = everything(reference.as_mut());
    let mut places: Vec<Place> = vec![
        support::csv(&tables(), "csv", |text| text.as_bytes().to_vec()),
        support::csv(&tables(), "csv with CRLF and BOM", |text| {
            // Line ends inside of cells stay.
            let crlf = text.replace("高血压\n3级", "高血压\u{1}3级").replace('\n', "\r\n");
            format!("\u{feff}{}", crlf.replace('\u{1}', "\n")).into_bytes()
        }),
        support::csv(&tables(), "csv in GB18030", |text| encoding_rs::GB18030.encode(text).0.into_owned()),
        support::csv(&tables(), "csv in UTF-16", |text| {
            let mut bytes = vec![0xff, 0xfe];
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            bytes
        }),
        support::xlsx(&tables()),
    ];
    places.extend(support::postgres(&tables()));
    places.extend(support::mariadb(&tables()));
    for place in &places {
        let found = everything(place.open().as_mut());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{}", place.label);
        }
        assert_eq!(found.len(), expected.len(), "{}", place.label);
    }
}

#[test]
fn the_rows_are_what_a_person_would_write() {
    let mut source = support::sqlite(&tables()).open();
    let mapping = pack();
    let (encounters, _) = support::read(source.as_mut(), mapping.task("encounter").unwrap()).unwrap();
    let table = Table::named("encounter").unwrap();
    let shown = |row: usize, column: &str| {
        let at = table.position(column).unwrap();
        encounters.rows[row].row[at].show(table.columns[at].kind).to_string()
    };
    assert_eq!(shown(0, "key"), "ZY001-1");
    assert_eq!(shown(0, "state"), "settled");
    assert_eq!(shown(0, "discharged_at"), "2025-03-07 10:30:00");
    // 1900 means "not yet".
    assert_eq!(shown(1, "discharged_at"), "");
    assert!(encounters.rows[2].deleted && encounters.rows[2].key() == "ZY002-1");
    assert_eq!(encounters.rejected.len(), 2);
    let state = &encounters.rejected[0];
    assert_eq!((state.key.as_deref(), state.field), (Some("ZY003-1"), Some("state")));
    assert!(state.to_string().contains("“观察”不在代码对照 codes/encounter_state.csv 中"), "{state}");
    assert!(encounters.rejected[1].to_string().contains("主键由 住院号、住院次数 组成"));

    let (charges, _) = support::read(source.as_mut(), mapping.task("charge_line").unwrap()).unwrap();
    let table = Table::named("charge_line").unwrap();
    let value = |row: usize, column: &str| charges.rows[row].row[table.position(column).unwrap()].clone();
    assert_eq!(value(0, "quantity"), Value::Int(3000));
    assert_eq!(value(0, "price"), Value::Int(123_456));
    assert_eq!(value(1, "amount"), Value::Int(-370));
    assert_eq!(value(1, "refund_of"), Value::from("1001"));
}

#[test]
fn a_window_takes_in_its_end_and_not_its_start() {
    let mapping = pack();
    let task = mapping.task("charge_line").unwrap();
    let at = |text| Value::read(model::canonical::Kind::Moment, text).unwrap().int().unwrap();
    let (first, second) = (at("2025-03-01 09:00:01"), at("2025-03-02 09:00:01"));
    let mut places = vec![support::sqlite(&tables())];
    places.extend(support::postgres(&tables()));
    places.extend(support::mariadb(&tables()));
    for place in &places {
        let mut source = place.open();
        let mut keys = |from, to| {
            let span = connect::Span { from, to };
            let (collected, _) = support::read_span(source.as_mut(), task, span).unwrap();
            collected.rows.iter().map(|row| row.key().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(keys(first - 1, second), ["1001", "1002"], "{}", place.label);
        assert_eq!(keys(first, second), ["1002"], "{}", place.label);
        assert_eq!(keys(first - 1, first), ["1001"], "{}", place.label);
        assert!(keys(second, second + 99).is_empty(), "{}", place.label);
    }
}

#[test]
fn every_source_tells_its_clock() {
    let mut places = vec![support::sqlite(&[]), support::csv(&[], "csv", |t| t.as_bytes().to_vec())];
    places.extend(support::postgres(&[]));
    places.extend(support::mariadb(&[]));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    for place in &places {
        let clock = place.open().now().unwrap();
        assert!((clock - now - 8 * 3600).abs() < 60, "{}: {clock}", place.label);
    }
}

#[test]
fn a_clock_of_the_hospital_is_read_where_it_says() {
    for mut place in
        [Some(support::sqlite(&[])), support::postgres(&[]), support::mariadb(&[])].into_iter().flatten()
    {
        place.config.clock_sql = Some("SELECT '2025-03-01 08:00:00'".to_owned());
        assert_eq!(place.open().now().unwrap(), 20_148 * 86_400 + 8 * 3600, "{}", place.label);
        place.config.clock_sql = Some("SELECT 'x'".to_owned());
        assert!(place.open().now().is_err(), "{}", place.label);
    }
}
