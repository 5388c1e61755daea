//! 违规预警: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::{DataScope, Viewer};
use store::{
    AuditedCase, FindingState, FindingStep, NewFinding, Store, StoreError, WarnedPatients, WarningFilter,
    WarningsBy,
};
use support::{collected, on_both, origin, table};

fn found(rule: &str, line: &str, amount: i64) -> NewFinding {
    NewFinding {
        rule: rule.into(),
        rule_version: 1,
        kind: "freq".into(),
        level: "warning".into(),
        line_key: line.into(),
        because_of: vec!["l0".into(), "l'1".into()],
        item_key: "F1".into(),
        charged_at: 5 * 86_400,
        quantity: 10_000,
        amount,
        content: "多收了\t一次\\".into(),
        ..NewFinding::default()
    }
}

fn case(number: i64, department: &str, findings: Vec<NewFinding>) -> AuditedCase {
    AuditedCase {
        number,
        department_key: department.into(),
        attending_key: format!("D{number}"),
        resident_key: "D9".into(),
        discharge_day: Some(100 + number),
        settled_day: (number == 1).then_some(200),
        findings,
        ..AuditedCase::default()
    }
}

fn of(scope: DataScope) -> Viewer {
    Viewer { scope, ..Viewer::default() }
}

fn step(state: FindingState) -> FindingStep {
    FindingStep { state, reason: "患者病情需要".into(), login: "d".into(), name: "丁".into(), at: 40 }
}

fn rule(store: &Store) {
    let by = store::RuleEditor { login: "a", name: "甲", at: 1 };
    store.add_shipped_rules(&[("R1".into(), "{}".into()), ("R2".into(), "{}".into())], "", by).unwrap();
}

#[test]
fn a_new_audit_keeps_what_people_did() {
    on_both(|test| {
        let store = &test.store;
        rule(store);
        let all = of(DataScope::Hospital);
        let first = case(1, "K1", vec![found("R1", "l2", 300), found("R2", "l3", 50)]);
        store.save_audited(&[first], 1, (7, 1), 30).unwrap();
        assert_eq!((store.audit_cursor(1).unwrap(), store.audit_cursor(2).unwrap()), ((7, 1), (0, 0)));
        let known = store.case_audit_findings(&all, 1).unwrap();
        assert_eq!(
            known.iter().map(|f| f.found.clone()).collect::<Vec<_>>(),
            [found("R1", "l2", 300), found("R2", "l3", 50)]
        );
        let id = known[0].id;
        store.step_findings(&[(id, FindingState::Open)], &step(FindingState::Ignored)).unwrap();
        let again = store.step_findings(&[(id, FindingState::Open)], &step(FindingState::Confirmed));
        assert!(matches!(again, Err(StoreError::Changed(_))), "somebody was quicker");

        // The amount changed, the other is not found any more.
        store.save_audited(&[case(1, "K2", vec![found("R1", "l2", 200)])], 1, (8, 1), 50).unwrap();
        let known = store.case_audit_findings(&all, 1).unwrap();
        assert_eq!(
            (known[0].id, known[0].state, known[0].found.amount, known[0].found_at),
            (id, FindingState::Ignored, 200, 30)
        );
        assert_eq!(known[1].gone, Some((50, false)), "its charge is gone, not its rule");
        assert_eq!(store.finding_steps(id).unwrap(), [step(FindingState::Ignored)]);
        // It comes back as what it was.
        store.save_audited(&[case(1, "K2", vec![found("R2", "l3", 50)])], 1, (9, 1), 60).unwrap();
        let known = store.case_audit_findings(&all, 1).unwrap();
        assert_eq!(
            known.iter().map(|f| (f.found.rule.as_str(), f.gone.is_some())).collect::<Vec<_>>(),
            [("R2", false), ("R1", true)]
        );
        assert_eq!(known[1].state, FindingState::Ignored);
        // A void case has no warnings, and its audit is gone.
        store
            .save_audited(&[AuditedCase { number: 1, void: true, ..AuditedCase::default() }], 1, (10, 1), 70)
            .unwrap();
        assert!(store.audited_case(1).unwrap().is_none());
    });
}

#[test]
fn warnings_add_up_within_what_a_viewer_may_see() {
    on_both(|test| {
        let store = &test.store;
        rule(store);
        let departments = table("department");
        let named = collected(departments, 1, &[("key", "K1".into()), ("name", "外科".into())]);
        store.collect(departments, &[named], &origin(1), &|_, _| Ok(())).unwrap();
        let shadow = NewFinding { shadow: true, ..found("R9", "l9", 1) };
        let house =
            AuditedCase { in_house: true, discharge_day: None, ..case(3, "K1", vec![found("R1", "h", 7)]) };
        let cases = [
            case(1, "K1", vec![found("R1", "l2", 300), found("R2", "l3", 50), shadow]),
            case(2, "K2", vec![NewFinding { level: "blocking".into(), ..found("R1", "m2", 100) }]),
            house,
        ];
        store.save_audited(&cases, 1, (7, 3), 30 * 86_400).unwrap();
        let all = of(DataScope::Hospital);
        let everything = WarningFilter::default();
        let sums = store.warning_sums(&all, &everything, WarningsBy::Department).unwrap();
        let short: Vec<_> = sums
            .iter()
            .map(|sum| (sum.key.as_str(), sum.name.as_str(), sum.count.warnings, sum.count.amount))
            .collect();
        assert_eq!(
            short,
            [("K1", "外科", 2, 350), ("K2", "", 1, 100)],
            "试运行 warns nobody, 在院 is asked for by itself"
        );
        let rules = store.warning_sums(&all, &everything, WarningsBy::Rule).unwrap();
        let counted: i64 = rules.iter().map(|sum| sum.count.warnings).sum();
        assert_eq!(counted, store.warning_count(&all, &everything).unwrap().warnings);
        let with = |change: &dyn Fn(&mut WarningFilter)| {
            let mut filter = WarningFilter::default();
            change(&mut filter);
            store.warning_count(&all, &filter).unwrap().amount
        };
        let before = store.warning_count(&all, &everything).unwrap();
        let seen = store.case_audit_findings(&all, 2).unwrap();
        store.step_findings(&[(seen[0].id, FindingState::Open)], &step(FindingState::Confirmed)).unwrap();
        let after = store.warning_count(&all, &everything).unwrap();
        assert_eq!(
            (before.open - after.open, after.confirmed - before.confirmed),
            (1, 1),
            "nothing stale is kept"
        );
        assert_eq!(with(&|f| f.patients = WarnedPatients::InHouse), 7);
        assert_eq!(with(&|f| f.patients = WarnedPatients::Settled), 350);
        assert_eq!(with(&|f| (f.from, f.to) = (Some(102), Some(102))), 100);
        assert_eq!(with(&|f| (f.patients, f.from, f.to) = (WarnedPatients::InHouse, Some(30), Some(30))), 7);
        assert_eq!(with(&|f| f.department = "K2".into()), 100);
        assert_eq!(with(&|f| f.doctor = "D1".into()), 350);
        assert_eq!(with(&|f| f.level = "blocking".into()), 100);
        assert_eq!(with(&|f| f.kinds = vec!["sex".into(), "freq".into()]), 450);
        assert_eq!(with(&|f| f.kinds = vec!["sex".into()]), 0);
        let head = of(DataScope::Departments(["K2".to_owned()].into()));
        assert_eq!(store.warning_count(&head, &everything).unwrap().amount, 100);
        assert_eq!(store.audited_numbers(&head).unwrap(), Some([2].into()));
        assert_eq!(store.audited_numbers(&all).unwrap(), None, "no list where everything may be seen");
        assert_eq!(
            store.warning_count(&of(DataScope::Doctor("D1".into())), &everything).unwrap().amount,
            350
        );
        assert_eq!(store.warning_count(&of(DataScope::Nothing), &everything).unwrap().warnings, 0);
        let id = store.case_audit_findings(&all, 1).unwrap()[0].id;
        assert!(
            store.audit_finding(&head, id).unwrap().is_none()
                && store.audit_finding(&all, id).unwrap().is_some()
        );
    });
}

#[test]
fn a_warning_of_the_stay_has_no_line_and_is_known_again() {
    on_both(|test| {
        let store = &test.store;
        rule(store);
        let all = of(DataScope::Hospital);
        let stay = |content: &str| NewFinding {
            rule: "R2".into(),
            rule_version: 1,
            kind: "readmission".into(),
            level: "hint".into(),
            charged_at: 7 * 86_400,
            content: content.into(),
            ..NewFinding::default()
        };
        store
            .save_audited(&[case(1, "K1", vec![found("R1", "l2", 300), stay("第 5 天")])], 1, (7, 1), 30)
            .unwrap();
        let known = store.case_audit_findings(&all, 1).unwrap();
        assert_eq!((known.len(), &known[1].found), (2, &stay("第 5 天")));
        store.step_findings(&[(known[1].id, FindingState::Open)], &step(FindingState::Confirmed)).unwrap();
        store.save_audited(&[case(1, "K1", vec![stay("第 6 天")])], 1, (8, 1), 50).unwrap();
        let again = store.audit_finding(&all, known[1].id).unwrap().unwrap();
        assert_eq!((again.found, again.state, again.gone), (stay("第 6 天"), FindingState::Confirmed, None));
        store.save_audited(&[case(1, "K1", vec![])], 1, (9, 1), 60).unwrap();
        assert_eq!(store.audit_finding(&all, known[1].id).unwrap().unwrap().gone, Some((60, false)));
    });
}
