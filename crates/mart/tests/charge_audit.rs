//! The audit of all stays says of each what the engine says of it alone, and a check of one rule counts the same findings.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod support;

use audit::{Engine, Grounds, Line, Rule, Scratch, price, read_rules};
use mart::{
    AuditContext, AuditProgress, AuditScope, Cell, ChargeColumns, Mart, MartError, NO_REFUND, Stay,
    UNKNOWN_LINE,
};
use std::collections::BTreeMap;
use support::{Ward, no_progress};

/// Rules by the hospital's codes and by national ones.
fn rules() -> Vec<Rule> {
    let rules = r#"[{"id":"f","kind":"freq","items":["N1*","I2*"],"max":1,"window":"calendar_day"},
        {"id":"h","kind":"freq","items":["N3*"],"max":1,"window":"sliding_hours:30","valid_from":"2024-12-20"},
        {"id":"p","kind":"dup_main_sub","main":["N4*"],"sub":["I1*"],"window":"sliding_days:2"},
        {"id":"q","kind":"dup_main_sub","main":["N5"],"sub":["I6","N7","N8"],"window":"encounter"},
        {"id":"c","kind":"corr_single","a":["N9*"],"b":["I5*"],"window":"calendar_day"},
        {"id":"d","kind":"dept","items":["N2*"],"allow":["K1","K2"]},
        {"id":"g","kind":"diagnosis","items":["I3*"],"allow":["K35"]},
        {"id":"o","kind":"operation","items":["I4*"],"allow":["51"]},
        {"id":"l","kind":"hosp_level","items":["I5"],"min":3},
        {"id":"s","kind":"sex","items":["I6"],"allow":["1"]},
        {"id":"y","kind":"freq","items":["I0","I1","I2"],"max_expr":"los_days","window":"encounter"},
        {"id":"z","kind":"discount","items":["I1*"],"ratio":"0.5","window":"calendar_day"},
        {"id":"e","kind":"long_stay","days":3},
        {"id":"u","kind":"low_admission","items":["I*"],"share":0.3,"max_days":9},
        {"id":"v","kind":"idle_bed","items":["N1*"],"days":2},
        {"id":"w","kind":"readmission","days":31,"same":0,"planned":"counted"}]"#;
    read_rules(rules).unwrap()
}

fn fill(ward: &mut Ward, mart: &Mart, stays: usize) {
    for _ in 0..stays {
        ward.admit(8, 25);
    }
    ward.flush();
    ward.compute();
    mart.refresh(&ward.store, &mut no_progress()).unwrap();
}

fn columns_of(mart: &Mart) -> ChargeColumns {
    let mut columns = ChargeColumns::default();
    columns.refresh(mart, &mut no_progress()).unwrap();
    columns
}

const NOW: i64 = 20_200 * support::DAY;

/// A stay of the columns as a document.
fn alone(columns: &ChargeColumns, context: &AuditContext, stay: Stay<'_>) -> audit::Stay {
    let line = |at: usize| {
        let (price, amount) = price(stay.quantity[at], stay.amount[at]);
        let item = columns.items().key(stay.item[at]);
        Line {
            item: item.into(),
            time: i64::from(stay.time[at]),
            order: at as u32,
            quantity: stay.quantity[at],
            price,
            amount,
            // The ward's items cost their number in yuan; of two of them nobody knows.
            full_price: item[1..].parse::<i64>().ok().filter(|n| *n < support::ITEMS as i64).map(|n| n * 100),
            department: columns.departments().key(stay.department[at]).into(),
            refund_of: match stay.refund_of[at] {
                NO_REFUND => None,
                UNKNOWN_LINE => Some(u32::MAX),
                place => Some(place),
            },
        }
    };
    audit::Stay { encounter: context.encounter(stay.number, NOW), lines: (0..stay.len()).map(line).collect() }
}

#[test]
fn all_stays_at_once_and_each_alone_are_judged_alike() {
    let folder = tempfile::tempdir().unwrap();
    let mut ward = Ward::open(&folder.path().join("store.db"), 11);
    let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
    fill(&mut ward, &mart, 40);
    let mut context = AuditContext::load(&mart).unwrap();
    for _ in 0..2 {
        // Later stays and changes come into what was read before.
        for _ in 0..6 {
            ward.change();
        }
        fill(&mut ward, &mart, 5);
        context.refresh(&mart).unwrap();
        let columns = columns_of(&mart);
        let engine = Engine::with_codes(rules(), context.codes());
        let found =
            columns.audit(&context, &engine, AuditScope::all(NOW), &AuditProgress::default()).unwrap();
        let mut scratch = Scratch::default();
        let mut of_each = Vec::new();
        let mut of_stays = Vec::new();
        let mut missing = BTreeMap::new();
        for (stay, at) in columns.iter().zip(0_u32..) {
            let verdict = engine.judge(&alone(&columns, &context, stay), &mut scratch);
            for alert in verdict.alerts {
                if let audit::Alert::Missing(rule, what) = alert {
                    *missing.entry((rule, what)).or_insert(0) += 1;
                }
            }
            of_stays.extend(verdict.suspicions.iter().map(|suspicion| (at, *suspicion)));
            for finding in verdict.findings {
                of_each.push((
                    at,
                    finding.rule,
                    finding.line,
                    finding.excess_quantity,
                    finding.excess,
                    finding.because_of,
                ));
            }
        }
        let at_once: Vec<_> = found
            .iter()
            .map(|one| {
                (one.stay, one.rule, one.line, one.excess_quantity, one.excess, one.because_of.to_vec())
            })
            .collect();
        assert_eq!(at_once, of_each);
        assert_eq!(found.missing, missing);
        assert_eq!(found.suspicions, of_stays);
        for rule in [12, 14, 15] {
            assert!(of_stays.iter().any(|(_, suspicion)| suspicion.rule == rule), "{rule}: {of_stays:?}");
        }
        // Readmissions are those that the mart's own column counts.
        let sql =
            "SELECT number, days_since_discharge FROM case_fact WHERE days_since_discharge BETWEEN 0 AND 31";
        let of_mart: BTreeMap<i64, i64> = mart
            .query(sql, &[])
            .unwrap()
            .rows
            .iter()
            .map(|row| match row[..] {
                [Cell::Whole(number), Cell::Whole(days)] => (number, days),
                _ => panic!("{row:?}"),
            })
            .collect();
        let of_rule = of_stays.iter().filter_map(|(at, suspicion)| match suspicion.grounds {
            Grounds::Readmitted(days) => Some((columns.stay(*at as usize)?.number, days)),
            _ => None,
        });
        let charged = |number: &i64| columns.iter().any(|stay| stay.number == *number);
        assert_eq!(
            of_rule.collect::<BTreeMap<_, _>>(),
            of_mart.into_iter().filter(|(number, _)| charged(number)).collect::<BTreeMap<_, _>>()
        );
        let mut rules: Vec<u32> = of_each.iter().map(|one| one.1).collect();
        rules.sort_unstable();
        rules.dedup();
        assert!(rules.len() >= 8, "few rules find anything: {rules:?}");
        assert!(missing.contains_key(&(8, "医院级别")));

        // The same patients and items, read anew.
        let fresh = AuditContext::load(&mart).unwrap();
        for stay in columns.iter() {
            let both = [&context, &fresh].map(|context| format!("{:?}", context.encounter(stay.number, NOW)));
            assert_eq!(both[0], both[1]);
        }
    }
}

#[test]
fn a_check_counts_what_the_audit_finds_and_what_another_version_would() {
    let folder = tempfile::tempdir().unwrap();
    let mut ward = Ward::open(&folder.path().join("store.db"), 12);
    let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
    fill(&mut ward, &mart, 60);
    let context = AuditContext::load(&mart).unwrap();
    let columns = columns_of(&mart);
    let rule = |max: u32| {
        let text =
            format!(r#"[{{"id":"f","kind":"freq","items":["N1*","N2*"],"max":{max},"window":"encounter"}}]"#);
        read_rules(&text).unwrap().remove(0)
    };
    let scope = AuditScope::all(NOW);
    let progress = AuditProgress::default();
    let check = columns.check(&context, &rule(2), Some(&rule(4)), scope, 3, &progress).unwrap();
    assert_eq!(progress.lines(), columns.len() as u64);
    let engine = Engine::with_codes(vec![rule(2)], context.codes());
    let found = columns.audit(&context, &engine, scope, &AuditProgress::default()).unwrap();
    assert!(check.abnormal > 20 && check.abnormal == found.len() as u64);
    assert_eq!(check.excess, found.iter().map(|one| one.excess).sum::<i64>());
    assert_eq!(check.excess, check.departments.iter().map(|of| of.excess).sum::<i64>());
    assert_eq!(check.abnormal, check.departments.iter().map(|of| of.abnormal).sum::<u64>());
    let named = |stay: &Stay<'_>| {
        let stands = |at: &usize| {
            stay.quantity[*at] > 0 && columns.items().key(stay.item[*at]).starts_with(['I']) && {
                let code = &columns.items().key(stay.item[*at])[1..];
                (code.starts_with('1') || code.starts_with('2'))
                    && code.parse::<usize>().unwrap() < support::ITEMS
            }
        };
        (0..stay.len()).filter(stands).count() as u64
    };
    let with_any: Vec<u64> = columns.iter().map(|stay| named(&stay)).collect();
    assert_eq!(check.scanned, with_any.iter().sum::<u64>());
    assert!(check.patients <= 8 && check.patients < check.stays);
    assert_eq!(check.samples.len(), 3);
    assert!(check.samples.iter().all(|sample| !sample.line.is_empty() && sample.item.starts_with('I')));
    // Four are allowed instead of two: the third and fourth are found only now.
    let difference = check.difference.unwrap();
    assert!(difference.added > 0 && difference.removed == 0 && difference.added < check.abnormal);
    let back =
        columns.check(&context, &rule(4), Some(&rule(2)), scope, 0, &progress).unwrap().difference.unwrap();
    assert_eq!((back.removed, back.removed_excess), (difference.added, difference.added_excess));

    let one = columns.iter().next().unwrap().number;
    let only = AuditScope { now: NOW, keep: &|stay| stay.number == one };
    assert!(columns.check(&context, &rule(0), None, only, 0, &progress).unwrap().stays == 1);
    let stopped = AuditProgress::default();
    stopped.cancel();
    let error = columns.check(&context, &rule(2), None, scope, 3, &stopped).unwrap_err();
    assert!(matches!(error, MartError::Cancelled));
}

#[test]
fn a_check_of_a_rule_on_the_stay_counts_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut ward = Ward::open(&folder.path().join("store.db"), 13);
    let mart = Mart::open(folder.path().join("mart.duckdb")).unwrap();
    fill(&mut ward, &mart, 40);
    let context = AuditContext::load(&mart).unwrap();
    let columns = columns_of(&mart);
    let rule = |days: u32| {
        read_rules(&format!(r#"[{{"id":"l","kind":"long_stay","days":{days}}}]"#)).unwrap().remove(0)
    };
    let (scope, progress) = (AuditScope::all(NOW), AuditProgress::default());
    let stayed = |days: i64| {
        let of = |stay: Stay<'_>| {
            audit::Stay { lines: vec![], encounter: context.encounter(stay.number, NOW) }.days()
        };
        columns.iter().filter(|stay| of(*stay) > Some(days)).count() as u64
    };
    let check = columns.check(&context, &rule(8), Some(&rule(12)), scope, 3, &progress).unwrap();
    assert_eq!(
        (check.scanned, check.abnormal, check.stays),
        (columns.stay_count() as u64, stayed(8), stayed(8))
    );
    assert!(stayed(8) > stayed(12) && stayed(12) > 0);
    let difference = check.difference.unwrap();
    assert_eq!((difference.added, difference.removed), (stayed(8) - stayed(12), 0));
    assert_eq!((check.samples.len(), check.samples[0].line.as_str(), check.excess), (3, "", 0));
}
