//! The doctor finds what is planted, and nothing in a healthy source.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::doctor::{Check, DoctorOptions, Finding, Severity, examine, examine_source};
use support::{Place, TestTable, Type};

const NOW: i64 = 20_200 * 86_400;

fn pack() -> connect::Mapping {
    let text = "[[task]]\ntable = 'encounter'\nmode = 'watermark'\nwatermark = 't'\nkey = ['no', '-', 'visit']\n\
         sql = 'SELECT * FROM v_encounter WHERE t > :from AND t <= :to ORDER BY t'\n[task.columns]\n\
         patient_key = 'patient'\ninpatient_number = 'no'\nstate = { column = 'state', codes = 'state' }\n\
         admitted_at = 'admitted'\ndischarge_ward = 'ward'\n\
         [[task]]\ntable = 'charge_line'\nmode = 'watermark'\nwatermark = 't'\nkey = ['line']\n\
         sql = 'SELECT * FROM v_charge WHERE t > :from AND t <= :to ORDER BY t'\n[task.columns]\n\
         encounter_key = { template = ['no', '-', 'visit'] }\nrefund_of = 'refund'\ncharged_at = 'at'\nitem_key = 'item'\n\
         item_name = 'name'\nquantity = 'n'\namount = 'sum'\n\
         level = { column = 'level', codes = 'level', unmapped = 'keep' }\n";
    let level = "source,canonical\n甲,1\n";
    support::mapping(text, &[("state", "source,canonical\n在院,in_house\n"), ("level", level)])
}

fn encounters(rows: &[[&'static str; 7]]) -> TestTable {
    use Type::{Moment, Text, Whole};
    TestTable {
        name: "v_encounter",
        columns: &[
            ("no", Text),
            ("visit", Whole),
            ("patient", Text),
            ("state", Text),
            ("admitted", Text),
            ("ward", Text),
            ("t", Moment),
        ],
        rows: rows.iter().map(cells).collect(),
    }
}

fn charges(rows: &[[&'static str; 11]]) -> TestTable {
    use Type::{Moment, Text, Whole};
    TestTable {
        name: "v_charge",
        columns: &[
            ("line", Text),
            ("no", Text),
            ("visit", Whole),
            ("refund", Text),
            ("at", Text),
            ("item", Text),
            ("name", Text),
            ("n", Text),
            ("sum", Text),
            ("level", Text),
            ("t", Moment),
        ],
        rows: rows.iter().map(cells).collect(),
    }
}

fn cells<const N: usize>(row: &[&'static str; N]) -> Vec<Option<&'static str>> {
    row.iter().map(|cell| Some(*cell).filter(|cell| !cell.is_empty())).collect()
}

fn healthy() -> Vec<TestTable> {
    vec![
        encounters(&[
            ["A", "1", "P", "在院", "2025-01-01 08:00:00", "一区", "2025-01-01 08:00:00"],
            ["A", "2", "P", "在院", "2025-02-01 08:00:00", "一区", "2025-02-01 08:00:00"],
        ]),
        charges(&[
            ["1", "A", "1", "", "2025-01-01 09:00:00", "X", "血常规", "1", "20", "甲", "2025-01-01 09:00:00"],
            [
                "2",
                "A",
                "1",
                "1",
                "2025-01-01 10:00:00",
                "X",
                "血常规",
                "-1",
                "-20",
                "甲",
                "2025-01-01 10:00:00",
            ],
            ["3", "A", "2", "", "2025-02-01 10:00:00", "X", "血常规", "1", "20", "甲", "2025-02-01 10:00:00"],
        ]),
    ]
}

fn options(most_rows: Option<u64>) -> DoctorOptions {
    DoctorOptions { now: NOW, most_rows, history: -2_208_988_800 }
}

fn run(mut place: Place, options: DoctorOptions) -> Vec<Finding> {
    place.config.clock_sql = Some("SELECT '2025-04-22 00:00:10'".to_owned());
    examine_source(place.open().as_mut(), &pack(), &options, &mut |_, _| ())
}

fn found<'f>(findings: &'f [Finding], task: &str, check: Check) -> &'f Finding {
    let hit = findings.iter().find(|f| f.task == task && f.check == check && f.severity != Severity::Info);
    hit.unwrap_or_else(|| panic!("no {check:?} of {task} in {findings:#?}"))
}

#[test]
fn a_healthy_source_has_no_complaint() {
    let mut places = vec![support::sqlite(&healthy())];
    places.extend(support::postgres(&healthy()));
    places.extend(support::mariadb(&healthy()));
    for place in places {
        let label = place.label;
        let findings = run(place, options(None));
        let bad: Vec<&Finding> = findings.iter().filter(|f| f.severity != Severity::Info).collect();
        assert!(bad.is_empty(), "{label} {bad:#?}");
        let rows = findings.iter().find(|f| f.check == Check::Rows && f.task == "charge_line").unwrap();
        assert_eq!(rows.count, 3, "{label}");
    }
}

#[test]
fn what_is_wrong_is_found() {
    let mut tables = healthy();
    tables[0] = encounters(&[
        // The same row twice, the same key with other content, a future change, a state without mapping.
        ["A", "1", "P", "在院", "2025-01-01 08:00:00", "", "2025-01-01 08:00:00"],
        ["A", "1", "P", "在院", "2025-01-01 08:00:00", "", "2025-01-01 08:00:00"],
        ["A", "1", "P", "在院", "2025-01-02 08:00:00", "", "2025-01-01 08:00:00"],
        ["B", "1", "P", "观察", "2025-01-02 08:00:00", "", "2025-01-01 08:00:01"],
        ["C", "1", "P", "在院", "去年", "", "2025-01-01 08:00:02"],
        ["D", "1", "P", "在院", "", "", "2025-01-01 08:00:03"],
        ["", "1", "P", "在院", "", "", "2025-01-01 08:00:03"],
    ]);
    tables[1] = charges(&[
        [
            "1",
            "A",
            "1",
            "",
            "2025-01-01 09:00:00",
            "X",
            "鍐呬竴绉戝尰鐢",
            "1",
            "20",
            "甲",
            "2025-01-01 09:00:00",
        ],
        ["2", "A", "1", "99", "2025-01-01 10:00:00", "X", "血常规", "-1", "-20", "丁", "2025-01-01 10:00:00"],
        ["3", "Z", "9", "", "2025-02-01 10:00:00", "X", "血常规", "-1", "-20", "甲", "2025-02-01 10:00:00"],
    ]);
    let findings = run(support::sqlite(&tables), options(None));
    let same = found(&findings, "encounter", Check::Multiplied);
    assert_eq!((same.severity, same.count, same.example.as_str()), (Severity::Error, 1, "A-1"));
    let key = found(&findings, "encounter", Check::Key);
    assert_eq!(key.count, 1);
    assert!(findings.iter().any(|f| f.check == Check::Key && f.example.contains("主键由 no、visit 组成")));
    let codes = found(&findings, "encounter", Check::Codes);
    assert_eq!((codes.severity, codes.example.as_str(), codes.count), (Severity::Error, "观察", 1));
    let values = found(&findings, "encounter", Check::Values);
    assert!(values.example.contains("“去年”不是时间"), "{values}");
    assert!(
        findings.iter().any(
            |f| f.check == Check::Nulls && f.message.contains("“出院病区”（discharge_ward）全部没有内容")
        )
    );
    assert!(
        findings.iter().any(|f| f.check == Check::Nulls
            && f.severity == Severity::Error
            && f.example.contains("入院时间"))
    );
    let codes = found(&findings, "charge_line", Check::Codes);
    assert_eq!((codes.severity, codes.example.as_str()), (Severity::Warning, "丁"));
    assert_eq!(found(&findings, "charge_line", Check::Orphans).example, "Z-9");
    assert_eq!(found(&findings, "charge_line", Check::Charset).count, 1);
    let refunds: Vec<&str> =
        findings.iter().filter(|f| f.check == Check::Refunds).map(|f| f.example.as_str()).collect();
    assert_eq!(refunds, ["99", "3"]);
    // Errors first.
    assert!(findings.is_sorted_by_key(|finding| finding.severity));
}

#[test]
fn change_times_that_are_the_querys_own_are_noticed() {
    let mut tables = healthy();
    tables[0] = encounters(&[]);
    tables[1] = charges(&[]);
    let place = support::sqlite(&tables);
    let db = rusqlite::Connection::open(&place.config.address).unwrap();
    db.execute_batch(
        "DROP TABLE v_encounter; CREATE TABLE e (no, patient);
         INSERT INTO e VALUES ('A', 'P'), ('B', 'P');
         CREATE VIEW v_encounter AS SELECT no, 1 AS visit, patient, '在院' AS state, '2025-01-01' AS admitted,
         '一区' AS ward, '2025-04-22 00:00:05' AS t FROM e",
    )
    .unwrap();
    let findings = run(place, options(None));
    let watermark = found(&findings, "encounter", Check::Watermark);
    assert!(watermark.message.contains("当前时间"), "{watermark}");
    assert_eq!(found(&findings, "charge_line", Check::Rows).count, 0);
}

#[test]
fn sql_that_ignores_its_window_is_noticed() {
    let place = support::sqlite(&healthy());
    let db = rusqlite::Connection::open(&place.config.address).unwrap();
    db.execute_batch("UPDATE v_charge SET t = '2099-01-01 00:00:00' WHERE line = '3'").unwrap();
    let findings = run(place, options(None));
    assert!(findings.iter().all(|f| f.task != "charge_line" || f.check != Check::Watermark || f.count != 2));
    // A window that ends now leaves the future row out; a query without window would not.
    let text = "[[task]]\ntable = 'department'\nmode = 'watermark'\nwatermark = 't'\nkey = ['line']\n\
         sql = \"SELECT line, name, t FROM v_charge WHERE t > :from OR t <= :to\"\n[task.columns]\nname = 'name'\n";
    let mapping = support::mapping(text, &[]);
    let place = support::sqlite(&healthy());
    let findings = examine_source(place.open().as_mut(), &mapping, &options(None), &mut |_, _| ());
    let watermark = findings.iter().find(|f| f.message.contains("没有真正按 :from、:to 筛选"));
    assert!(watermark.is_some(), "{findings:#?}");
}

#[test]
fn a_limit_is_kept_and_said() {
    let findings = run(support::sqlite(&healthy()), options(Some(1)));
    let rows = findings.iter().find(|f| f.check == Check::Rows && f.task == "charge_line").unwrap();
    assert!(rows.count == 1 && rows.message.contains("只读了一部分"), "{rows}");
    assert!(
        findings.iter().any(|f| f.check == Check::Orphans && f.message.contains("没有读全")),
        "{findings:#?}"
    );
}

#[test]
fn what_cannot_be_reached_or_found_is_a_finding() {
    let config = support::config("id = 'x'\nkind = 'sqlite'\naddress = 'no/such.db'");
    let findings = examine(&config, &pack(), &options(None), &mut |_, _| ());
    assert_eq!((findings.len(), findings[0].check), (1, Check::Reachable));
    let findings = run(support::sqlite(&healthy()[..1]), options(None));
    assert!(found(&findings, "charge_line", Check::View).message.contains("v_charge"));
    let mut place = support::sqlite(&healthy());
    place.config.clock_sql = Some("SELECT '2025-04-22 08:00:00'".to_owned());
    let findings = examine_source(place.open().as_mut(), &pack(), &options(None), &mut |_, _| ());
    assert!(found(&findings, "", Check::Clock).message.contains("utc_offset"));
}
