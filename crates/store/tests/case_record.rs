//! A case's record and its charges: the same on both databases, and nothing of others' cases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::canonical::Value;
use model::{DataScope, Permission, Viewer};
use std::collections::BTreeSet;
use store::{
    CaseFinding, CaseScore, ChargeFilter, ChargeLine, ChargesBy, ComputeCause, ComputeRun, ComputeState,
    ComputedCase, Store, StoredPack, StoredResult,
};
use support::{collected, on_both, origin, table};

const DAY: i64 = 86_400;
/// The day of admission.
const FIRST: i64 = 20_000;

fn put(store: &Store, name: &str, set: &[(&str, Value)]) {
    let of = table(name);
    store.collect(of, &[collected(of, 1, set)], &origin(1), &|_, _| Ok(())).unwrap();
}

fn void(store: &Store, name: &str, set: &[(&str, Value)]) {
    let of = table(name);
    let mut row = collected(of, 2, set);
    row.deleted = true;
    store.collect(of, &[row], &origin(2), &|_, _| Ok(())).unwrap();
}

fn viewer(scope: DataScope, permissions: &[Permission]) -> Viewer {
    Viewer { scope, permissions: permissions.iter().copied().collect(), ..Viewer::default() }
}

fn everyone() -> Viewer {
    viewer(DataScope::Hospital, &[])
}

fn departments(keys: &[&str]) -> DataScope {
    DataScope::Departments(keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>())
}

/// E1 was discharged from K2 (case 1), E2 lies in K3 after K1 (case 2), E3 was voided after it had been computed (case 3).
fn fill(store: &Store) {
    for (key, name) in [("K1", "内科"), ("K2", "外科"), ("K3", "重症医学科")] {
        put(store, "department", &[("key", key.into()), ("name", name.into())]);
    }
    for (key, name) in [("S1", "主诊甲"), ("S2", "住院乙"), ("S3", "别人丙")] {
        put(store, "staff", &[("key", key.into()), ("name", name.into())]);
    }
    put(
        store,
        "patient",
        &[
            ("key", "P1".into()),
            ("name", "张三丰".into()),
            ("id_number", "440106199001011234".into()),
            ("phone", "13800001234".into()),
            ("address", "样例路 1 号".into()),
        ],
    );
    let encounter = |key: &str, more: &[(&str, Value)]| {
        let mut set: Vec<(&str, Value)> = vec![
            ("key", key.into()),
            ("patient_key", "P1".into()),
            ("inpatient_number", "ZY1".into()),
            ("state", "settled".into()),
            ("admitted_at", (FIRST * DAY).into()),
            ("admission_department_key", "K1".into()),
            ("attending_key", "S1".into()),
            ("resident_key", "S2".into()),
        ];
        set.extend(more.iter().cloned());
        put(store, "encounter", &set);
    };
    encounter(
        "E1",
        &[("discharged_at", ((FIRST + 6) * DAY).into()), ("discharge_department_key", "K2".into())],
    );
    encounter("E2", &[("state", "in_house".into())]);
    encounter("E3", &[("discharge_department_key", "K2".into())]);
    for (key, of, sequence, department, left) in [
        ("T2", "E2", 2, "K3", Value::Null),
        ("T1", "E2", 1, "K1", Value::Int((FIRST + 1) * DAY)),
        ("T3", "E1", 1, "K2", Value::Int((FIRST + 6) * DAY)),
    ] {
        put(
            store,
            "department_stay",
            &[
                ("key", key.into()),
                ("encounter_key", of.into()),
                ("sequence", sequence.into()),
                ("department_key", department.into()),
                ("doctor_key", "S3".into()),
                ("entered_at", ((FIRST + sequence - 1) * DAY).into()),
                ("left_at", left),
            ],
        );
    }
    let diagnosis = |key: &str, origin: &str, sequence: i64, principal: i64, code: &str| {
        put(
            store,
            "diagnosis",
            &[
                ("key", key.into()),
                ("encounter_key", "E1".into()),
                ("origin", origin.into()),
                ("kind", "western".into()),
                ("sequence", sequence.into()),
                ("principal", principal.into()),
                ("code", code.into()),
            ],
        );
    };
    diagnosis("Z3", "insurer", 1, 1, "K35.900");
    diagnosis("Z1", "coded", 1, 0, "I10.x00");
    diagnosis("Z2", "coded", 2, 1, "K35.900");
    diagnosis("Z4", "admission", 1, 1, "R10.400");
    diagnosis("Z5", "clinical", 1, 1, "K35.800");
    diagnosis("Z6", "clinical", 2, 0, "E11.900");
    void(store, "diagnosis", &[("key", "Z6".into()), ("encounter_key", "E1".into())]);
    put(
        store,
        "settlement",
        &[
            ("key", "J1".into()),
            ("encounter_key", "E1".into()),
            ("insured_number", "ID12345678".into()),
            ("kind", "final".into()),
            ("total", 900.into()),
        ],
    );
    for revision in [2, 10] {
        let key = format!("F{revision}");
        put(
            store,
            "front_page",
            &[("key", key.as_str().into()), ("encounter_key", "E1".into()), ("revision", revision.into())],
        );
    }
    charges(store);
    compute(store);
    void(store, "encounter", &[("key", "E3".into())]);
}

/// L1 is taken back whole by L2, L3 in part by L4; L5 is of another case.
fn charges(store: &Store) {
    let item = |key: &str, name: &str, class: &str| {
        put(
            store,
            "charge_item",
            &[
                ("key", key.into()),
                ("name", name.into()),
                ("fee_class", class.into()),
                ("unit", "次".into()),
                ("insurer_code", format!("C{key}").as_str().into()),
            ],
        );
    };
    item("I1", "阑尾切除术", "operation");
    item("I2", "复方氯化钠_注射液100%", "western_drug");
    let line = |key: &str, of: &str, item: &str, day: i64, quantity: i64, amount: i64, back: &str| {
        put(
            store,
            "charge_line",
            &[
                ("key", key.into()),
                ("encounter_key", of.into()),
                ("item_key", item.into()),
                ("charged_at", ((FIRST + day) * DAY + 60).into()),
                ("quantity", (quantity * 10_000).into()),
                ("price", 3_000_000.into()),
                ("amount", amount.into()),
                ("in_scope", (amount / 2).into()),
                ("refund_of", if back.is_empty() { Value::Null } else { back.into() }),
                ("ordering_department_key", if item == "I1" { "K1" } else { "K2" }.into()),
                ("performing_department_key", "K9".into()),
                ("ordering_doctor_key", "S1".into()),
            ],
        );
    };
    line("L1", "E1", "I1", 1, 1, 300, "");
    line("L2", "E1", "I1", 2, -1, -300, "L1");
    line("L3", "E1", "I2", 2, 3, 900, "");
    line("L4", "E1", "I2", 3, -1, -300, "L3");
    line("L6", "E1", "I1", 3, 1, 300, "");
    line("L5", "E2", "I1", 1, 1, 300, "");
    line("L7", "E1", "I1", 1, 1, 300, "");
    void(store, "charge_line", &[("key", "L7".into()), ("encounter_key", "E1".into())]);
}

/// Two runs over all three cases; the first is the current one. The second's pack is not in force.
fn compute(store: &Store) {
    let pack = |hash: &str, name: &str| {
        let pack = StoredPack {
            id: 0,
            hash: hash.into(),
            name: name.into(),
            pack: name.into(),
            effective_from: 0,
            effective_to: 90_000,
            files: vec![],
            in_force_since: None,
        };
        store.add_pack(&pack, &[("G1".into(), "阑尾炎".into(), "core".into())], 1).unwrap()
    };
    let begin = |cause, pack: i64, started_at| {
        let run = ComputeRun {
            id: 0,
            cause,
            state: ComputeState::Running,
            packs: vec![pack],
            scope_from: None,
            scope_to: None,
            started_at,
            ended_at: None,
            total: 3,
            done: 0,
            cursor: 0,
        };
        store.begin_compute(&run).unwrap()
    };
    let result = |run, pack, surplus| StoredResult {
        run,
        pack,
        group_code: "G1".into(),
        kind: "core".into(),
        surplus: Some(surplus),
        ..StoredResult::default()
    };
    let (old, new) = (pack("sha256:old", "样例2024"), pack("sha256:new", "样例2025"));
    let first = begin(ComputeCause::Sync, old, 7);
    let computed = |key: &str, month| ComputedCase {
        encounter_key: key.into(),
        month,
        discharge_day: None,
        input: format!("input of {key}"),
        result: Some(result(first, old, 5)),
    };
    let cases = [computed("E1", 202410), computed("E2", 0), computed("E3", 202410)];
    let up_to = store.latest_change().unwrap();
    store.save_computed(first, &cases, ("", "E3"), up_to).unwrap();
    let second = begin(ComputeCause::Regroup, new, 9);
    store.save_regrouped(second, &[(1, result(second, new, -5))]).unwrap();
    let finding = |run, rule: &str| CaseFinding {
        case: 1,
        run,
        engine: "audit".into(),
        rule: rule.into(),
        rules: "sha256:rules".into(),
        severity: "warning".into(),
        ..CaseFinding::default()
    };
    let score =
        CaseScore { case: 1, run: first, kind: "front_page".into(), score: 960_000, rules: "r".into() };
    store.save_findings(&[score], &[finding(first, "a"), finding(second, "b")]).unwrap();
}

// covers: DIP-1.02
#[test]
fn a_record_holds_everything_side_by_side() {
    on_both(|t| {
        fill(&t.store);
        let record = t.store.case_record(&everyone(), 1).unwrap().unwrap();
        assert_eq!((record.month, record.input.as_str()), (202410, "input of E1"));
        assert_eq!(record.department(&record.department_key), "外科");
        assert_eq!(record.staff(record.encounter.text("attending_key")), "主诊甲");
        assert_eq!(record.staff(record.department_stays[0].text("doctor_key")), "别人丙");
        assert_eq!(record.staff("S9"), "S9");
        let diagnoses: Vec<(&str, &str)> =
            record.diagnoses.iter().map(|row| (row.text("origin"), row.text("code"))).collect();
        assert_eq!(
            diagnoses,
            [
                ("admission", "R10.400"),
                ("clinical", "K35.800"),
                ("coded", "K35.900"),
                ("coded", "I10.x00"),
                ("insurer", "K35.900")
            ]
        );
        assert_eq!(record.front_page.as_ref().unwrap().key(), "F10");
        assert_eq!(record.settlements[0].shown("total"), "9.00");
        let results: Vec<_> = record
            .results
            .iter()
            .map(|r| {
                (r.current, r.pack_name.as_str(), r.group_name.as_str(), r.run_started_at, r.cause, r.state)
            })
            .collect();
        assert_eq!(
            results,
            [
                (true, "样例2024", "阑尾炎", 7, ComputeCause::Sync, ComputeState::Running),
                (false, "样例2025", "阑尾炎", 9, ComputeCause::Regroup, ComputeState::Running)
            ]
        );
        assert_eq!(record.current().unwrap().result.surplus, Some(5));
        let rules: Vec<&str> = record.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!((rules, record.scores[0].score), (vec!["b", "a"], 960_000));

        let in_house = t.store.case_record(&everyone(), 2).unwrap().unwrap();
        let places: Vec<&str> =
            in_house.department_stays.iter().map(|row| row.text("department_key")).collect();
        assert_eq!((in_house.department_key.as_str(), places), ("K3", vec!["K1", "K3"]));
        assert!(in_house.front_page.is_none() && in_house.diagnoses.is_empty());
    });
}

// covers: SYS-1.01
#[test]
fn names_are_for_those_who_may_and_numbers_for_nobody() {
    on_both(|t| {
        fill(&t.store);
        let masked = t.store.case_record(&everyone(), 1).unwrap().unwrap();
        let patient = masked.patient.as_ref().unwrap();
        assert_eq!((patient.text("name"), patient.text("id_number")), ("张**", "**************1234"));
        let may = viewer(DataScope::Hospital, &[Permission::Names]);
        let open = t.store.case_record(&may, 1).unwrap().unwrap();
        let patient = open.patient.as_ref().unwrap();
        assert_eq!((patient.text("name"), patient.text("phone")), ("张三丰", "*******1234"));
        assert_eq!(patient.text("address"), "***");
        assert_eq!(open.settlements[0].text("insured_number"), "******5678");
        assert!(!format!("{open:?}").contains("44010619900101"));
    });
}

// covers: SYS-1.01
#[test]
fn others_cases_are_not_there() {
    on_both(|t| {
        fill(&t.store);
        let all = ChargeFilter::default();
        let sees = |scope: DataScope, number: i64| {
            let viewer = viewer(scope, &Permission::ALL.map(|entry| entry.0));
            let record = t.store.case_record(&viewer, number).unwrap().is_some();
            let lines = t.store.charge_lines(&viewer, number, &all).unwrap().is_some();
            let merged = t.store.charge_summary(&viewer, number, ChargesBy::Item, &all).unwrap().is_some();
            assert!(record == lines && lines == merged, "{viewer:?} {number}");
            record
        };
        let doctor = |key: &str| DataScope::Doctor(key.into());
        // The discharge's department, not the one of the admission; in house where the patient lies, not where he lay.
        assert!(sees(departments(&["K2"]), 1) && !sees(departments(&["K1", "K3"]), 1));
        assert!(sees(departments(&["K3"]), 2) && !sees(departments(&["K1", "K2"]), 2));
        assert!(sees(doctor("S1"), 1) && sees(doctor("S2"), 1));
        assert!(!sees(doctor("S3"), 1) && !sees(doctor(""), 1) && !sees(departments(&[]), 1));
        assert!(!sees(departments(&[""]), 1) && !sees(DataScope::Nothing, 1));
        // Void, and never there.
        assert!(
            !sees(DataScope::Hospital, 3) && !sees(DataScope::Hospital, 4) && !sees(DataScope::Hospital, -1)
        );
    });
}

// covers: SYS-1.01
#[test]
fn names_of_a_list_are_masked_and_found_only_by_those_who_may_read_them() {
    on_both(|t| {
        fill(&t.store);
        let names = |viewer: &Viewer| {
            let mut names: Vec<(i64, String)> =
                t.store.patient_names(viewer, &[1, 2, 3, 9]).unwrap().into_iter().collect();
            names.sort();
            names
        };
        assert_eq!(names(&everyone()), [(1, "张**".into()), (2, "张**".into())]);
        let head = viewer(departments(&["K2"]), &[Permission::Names]);
        assert_eq!(names(&head), [(1, "张三丰".into())]);
        assert!(t.store.patient_names(&head, &[]).unwrap().is_empty());

        let find = |viewer: &Viewer, name: &str| t.store.cases_of_name(viewer, name, 10).unwrap();
        let may = viewer(DataScope::Hospital, &[Permission::Names]);
        assert_eq!(find(&may, " 张三"), [1, 2]);
        assert_eq!((find(&head, "张"), find(&everyone(), "张")), (vec![1], vec![]));
        for nothing in ["", "%", "_三丰", "三丰", "张' OR '1'='1"] {
            assert!(find(&may, nothing).is_empty(), "{nothing}");
        }
        assert_eq!(t.store.cases_of_name(&may, "张", 1).unwrap(), [1]);
    });
}

fn keys(lines: &[ChargeLine]) -> Vec<&str> {
    lines.iter().map(|line| line.key.as_str()).collect()
}

#[test]
fn lines_come_filtered_in_pages_with_their_total() {
    on_both(|t| {
        fill(&t.store);
        let read = |filter: ChargeFilter| t.store.charge_lines(&everyone(), 1, &filter).unwrap().unwrap();
        let all = read(ChargeFilter::default());
        assert_eq!(keys(&all.lines), ["L1", "L2", "L3", "L4", "L6"]);
        assert_eq!((all.count, all.amount), (5, 900));
        let page = read(ChargeFilter { page: 2, page_size: 2, ..ChargeFilter::default() });
        assert_eq!((keys(&page.lines), page.count, page.amount), (vec!["L3", "L4"], 5, 900));
        assert!(read(ChargeFilter { page: 9, page_size: 2, ..ChargeFilter::default() }).lines.is_empty());

        let filtered = |filter: ChargeFilter| keys(&read(filter).lines).join(" ");
        let text = |text: &str| ChargeFilter { text: text.into(), ..ChargeFilter::default() };
        assert_eq!(filtered(text("切除")), "L1 L2 L6");
        assert_eq!(filtered(text("ci2")), "L3 L4");
        assert_eq!(filtered(text("i1")), "L1 L2 L6");
        assert_eq!(filtered(text("_注射液100%")), "L3 L4");
        for nothing in ["%", "x%", "切_术", "'; DROP TABLE charge_line; --", "I1' OR '1'='1", "!"] {
            let expected = if nothing == "%" { "L3 L4" } else { "" };
            assert_eq!(filtered(text(nothing)), expected, "{nothing}");
        }
        // 手术治疗费 contains 手术费.
        let class = |class: &str| ChargeFilter { class: class.into(), ..ChargeFilter::default() };
        assert_eq!(filtered(class("surgical")), "L1 L2 L6");
        assert_eq!(filtered(class("operation")), "L1 L2 L6");
        assert_eq!(filtered(class("anaesthesia")), "");
        let ordered = ChargeFilter { ordering_department: "K2".into(), ..ChargeFilter::default() };
        assert_eq!(filtered(ordered), "L3 L4");
        assert_eq!(filtered(ChargeFilter { day: Some(FIRST + 2), ..ChargeFilter::default() }), "L2 L3");
        assert_eq!(filtered(ChargeFilter { refunds: true, ..ChargeFilter::default() }), "L1 L2 L3 L4");
        assert_eq!(filtered(ChargeFilter { day: Some(i64::MAX), ..ChargeFilter::default() }), "");
    });
}

#[test]
fn a_refund_stands_with_its_original() {
    on_both(|t| {
        fill(&t.store);
        let lines = t.store.charge_lines(&everyone(), 1, &ChargeFilter::default()).unwrap().unwrap().lines;
        let of = |key: &str| lines.iter().find(|line| line.key == key).unwrap();
        assert_eq!((of("L1").refunded, of("L3").refunded), (Some((-10_000, -300)), Some((-10_000, -300))));
        let original = of("L4").refund_of.as_ref().unwrap();
        assert_eq!(
            (original.key.as_str(), original.quantity, original.amount),
            ("L3", Some(30_000), Some(900))
        );
        assert_eq!(original.charged_at, Some((FIRST + 2) * DAY + 60));
        assert!(of("L6").refund_of.is_none() && of("L6").refunded.is_none());
        let line = of("L1");
        assert_eq!((line.item_name.as_str(), line.unit.as_str()), ("阑尾切除术", "次"));
        assert_eq!((line.ordering_department.as_str(), line.ordering_doctor.as_str()), ("内科", "主诊甲"));
        assert_eq!((line.performing_department.as_str(), line.fee_class.as_str()), ("K9", "operation"));
    });
}

#[test]
fn merged_lines_add_up_to_the_total() {
    on_both(|t| {
        fill(&t.store);
        let all = ChargeFilter::default();
        let merged = |by| t.store.charge_summary(&everyone(), 1, by, &all).unwrap().unwrap();
        for by in [
            ChargesBy::Item,
            ChargesBy::FeeClass,
            ChargesBy::OrderingDepartment,
            ChargesBy::PerformingDepartment,
            ChargesBy::Day,
        ] {
            let sums = merged(by);
            let total: (i64, i64, i64) = sums
                .iter()
                .fold((0, 0, 0), |sum, row| (sum.0 + row.lines, sum.1 + row.amount, sum.2 + row.refunded));
            assert_eq!(total, (5, 900, -600), "{by:?}");
        }
        let items = merged(ChargesBy::Item);
        let item = &items[0];
        assert_eq!((item.key.as_str(), item.name.as_str()), ("I2", "复方氯化钠_注射液100%"));
        assert_eq!((item.quantity, item.amount, item.in_scope), (20_000, 600, 300));
        assert_eq!((item.price, item.fee_class.as_str()), (Some((3_000_000, 3_000_000)), "western_drug"));
        let named = |by| merged(by).into_iter().map(|sum| (sum.key, sum.name)).collect::<Vec<_>>();
        assert_eq!(
            named(ChargesBy::OrderingDepartment),
            [("K2".into(), "外科".into()), ("K1".into(), "内科".into())]
        );
        assert_eq!(named(ChargesBy::PerformingDepartment), [("K9".into(), "K9".into())]);
        let keys = |by| merged(by).into_iter().map(|sum| sum.key).collect::<Vec<_>>();
        assert_eq!(keys(ChargesBy::FeeClass), ["operation", "western_drug"]);
        assert_eq!(keys(ChargesBy::Day), [FIRST + 1, FIRST + 2, FIRST + 3].map(|day| day.to_string()));
    });
}
