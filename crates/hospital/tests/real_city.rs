//! With a real city's catalogue and statistics (1.87 million cases) the drawn hospital follows the real one.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

mod sample_pack;

use hospital::{Hospital, Options};
use jiff::civil::date;
use model::canonical::Table;
use policy::Policy;
use policy::import::{self, ColumnMap};
use std::collections::HashMap;
use std::sync::Arc;
use terms::table::{Table as Sheet, read_table};

/// 20,000 discharges; groups with at least this many of them are compared one by one.
const ENOUGH: f64 = 100.0;

/// What the city published of a group.
struct Published {
    mean: f64,
    cv: f64,
    days: f64,
    cases: f64,
}

#[test]
fn means_spread_days_and_case_mix_are_the_real_ones() {
    let shared = |file: &str| {
        let path = sample_pack::workspace().join("../shared/data/dip_pingdingshan_2025").join(file);
        std::fs::read(path).ok()
    };
    let (Some(catalogue), Some(statistics)) = (shared("catalogue.csv"), shared("group_statistics.csv"))
    else {
        println!("skipped: no shared data (dip_pingdingshan_2025)");
        return;
    };
    let policy = city(&catalogue, &statistics);
    let published = published(&read_table(&statistics, &Default::default()).expect("statistics"));

    let options = Options {
        defects_per_mille: 0,
        cost_spread_per_mille: 0,
        in_house: 0,
        ..Options::small(date(2026, 11, 27), 20_000)
    };
    let hospital = Hospital::new(&policy, options).expect("hospital");
    let state = Table::named("encounter").unwrap().position("state").unwrap();
    let mut drawn: HashMap<usize, Vec<(f64, f64)>> = HashMap::new();
    for stay in hospital.stays().filter(|stay| stay.rows("encounter")[0][state].str() != "voided") {
        drawn.entry(stay.group).or_default().push((stay.total as f64 / 100.0, stay.days as f64));
    }

    let total: usize = drawn.values().map(Vec::len).sum();
    let all_cases: f64 = policy.groups.iter().filter_map(|g| published.get(&g.code)).map(|p| p.cases).sum();
    let (mut compared, mut worst) = (0, [0.0_f64; 3]);
    let (mut cost, mut real_cost, mut days, mut real_days, mut missing) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, group) in policy.groups.iter().enumerate() {
        let Some(real) = published.get(&group.code) else { continue };
        let cases = drawn.get(&at).map_or(&[][..], Vec::as_slice);
        let n = cases.len() as f64;
        let expected = real.cases / all_cases * total as f64;
        cost += cases.iter().map(|case| case.0).sum::<f64>();
        days += cases.iter().map(|case| case.1).sum::<f64>();
        real_cost += real.mean * expected;
        real_days += real.days * expected;
        if expected > 3.0 && n == 0.0 {
            missing += expected;
        }
        if n < ENOUGH {
            continue;
        }
        compared += 1;
        let mean = cases.iter().map(|case| case.0).sum::<f64>() / n;
        let spread = (cases.iter().map(|case| (case.0 - mean).powi(2)).sum::<f64>() / n).sqrt() / mean;
        let stay = cases.iter().map(|case| case.1).sum::<f64>() / n;
        let off = [mean / real.mean - 1.0, stay / real.days - 1.0, spread - real.cv];
        println!(
            "{:24} n {n:4} (expected {expected:6.1})  mean {mean:9.2} / {:9.2}  days {stay:5.2} / {:5.2}  cv {spread:.3} / {:.3}",
            group.code, real.mean, real.days, real.cv
        );
        // Four standard errors of the draw, and what the making of bills and whole days may shift.
        assert!(off[0].abs() < 4.0 * real.cv / n.sqrt() + 0.03, "{} mean {mean} / {}", group.code, real.mean);
        assert!(off[1].abs() < 4.0 * 0.6 / n.sqrt() + 0.05, "{} days {stay} / {}", group.code, real.days);
        assert!(off[2].abs() < 4.0 * real.cv / n.sqrt() + 0.05, "{} cv {spread} / {}", group.code, real.cv);
        // Readmissions for the same disease make the draw a little less even than chance alone.
        assert!((n - expected).abs() < 5.5 * expected.sqrt() + 4.0, "{} {n} cases / {expected}", group.code);
        for (worst, off) in worst.iter_mut().zip(off) {
            *worst = worst.max(off.abs());
        }
    }
    println!(
        "{compared} groups compared, furthest off: mean {:.3}, days {:.3}, cv {:.3}",
        worst[0], worst[1], worst[2]
    );
    println!(
        "all: cost {:.4}, days {:.4} of the real; groups never reached {missing:.0} of {total}",
        cost / real_cost,
        days / real_days
    );
    assert!(compared >= 20, "{compared} groups with enough cases");
    assert!((cost / real_cost - 1.0).abs() < 0.03, "mean cost {}", cost / real_cost);
    assert!((days / real_days - 1.0).abs() < 0.04, "mean days {}", days / real_days);
    assert!(missing < total as f64 * 0.02, "{missing} cases belong to groups that no drawn case reaches");
}

fn city(catalogue: &[u8], statistics: &[u8]) -> Arc<Policy> {
    let files = sample_pack::pack_files(&sample_pack::workspace().join("fixtures/imports/pingdingshan"));
    let map = ColumnMap::read("import.toml", files.get("import.toml").expect("import.toml"));
    let map = map.unwrap_or_else(|problems| panic!("{problems}"));
    let table = read_table(catalogue, &map.hint).expect("catalogue");
    let statistics = read_table(statistics, &Default::default()).expect("statistics");
    let imported = import::import(&map, &table, Some(&statistics)).expect("bound");
    let plan = import::plan(&files, imported);
    assert!(plan.may_apply(), "{}", plan.problems);
    Arc::new(plan.policy.expect("policy"))
}

fn published(sheet: &Sheet) -> HashMap<String, Published> {
    let column = |name: &str| sheet.header().iter().position(|header| header == name).expect("column");
    let (code, mean, cv) = (column("DIP_CODE"), column("DIP_AVG_FEE"), column("CV"));
    let (days, cases) = (column("AVG_IPT_DAYS"), column("BILL_COUNT"));
    let number = |text: &str| text.parse().unwrap_or(0.0);
    sheet
        .rows()
        .map(|row| {
            let of = Published {
                mean: number(row.get(mean)),
                cv: number(row.get(cv)),
                days: number(row.get(days)),
                cases: number(row.get(cases)),
            };
            (row.get(code).to_owned(), of)
        })
        .collect()
}
