//! The fit recovers planted parameters from synthetic returns, with odd cases mixed in, and never guesses from few.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod packs;

use model::{Case, Fen};
use packs::{Pack, d, jining_scoring, national_scoring, segment};
use policy::{Cost, Kind, Policy};
use rust_decimal::Decimal;
use settle::fit::{self, CoefficientUse, Divisor, FitReport, FittedStratum, ReturnedCase, Verdict};
use settle::{Ask, Pricer};
use std::sync::Arc;

/// A small deterministic generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// Returns as an insurer with this policy would send them: `odd` per cent are settled by hand.
fn returns(policy: &Policy, count: usize, odd: u64, ratios: &[(u64, u64)], seed: u64) -> Vec<ReturnedCase> {
    let pricer = Pricer::new(Arc::new(policy.clone()));
    let mut dice = Dice(seed);
    let mut cases = Vec::new();
    while cases.len() < count {
        let group = dice.roll(policy.groups.len() as u64) as usize;
        let insurance = ["310", "390"][dice.roll(2) as usize];
        let mut case = Case { insurance_type: insurance.into(), ..packs::case("1.00") };
        let base = pricer.price(&case, group, &Ask::default()).base_cost.unwrap();
        // A ratio in thousandths within one of the ranges.
        let (lo, hi) = ratios[dice.roll(ratios.len() as u64) as usize];
        let ratio = Decimal::new((lo + dice.roll(hi - lo)) as i64, 3);
        let cost = Fen::from_yuan(base * ratio).unwrap() + Fen(dice.roll(900) as i64);
        // The other costs follow no rule that the ratio could be mistaken for.
        let mut other = || Some(Fen(cost.0 * (60 + dice.roll(80) as i64) / 100));
        (case.total_cost, case.insurer_cost, case.in_scope_cost, case.pooled_fund) =
            (other(), other(), other(), other());
        match policy.scoring.numerator {
            Cost::Total => case.total_cost = Some(cost),
            Cost::Insurer => case.insurer_cost = Some(cost),
            Cost::InScope => case.in_scope_cost = Some(cost),
            Cost::PooledFund => case.pooled_fund = Some(cost),
        }
        let priced = pricer.price(&case, group, &Ask::default());
        let mut settled = priced.earned_points.unwrap();
        let by_hand = dice.roll(100) < odd;
        if by_hand {
            settled = settle::half_up(settled * Decimal::new(400 + dice.roll(2000) as i64, 3), 4);
        }
        cases.push(ReturnedCase {
            group: Some(policy.groups[group].code.clone()),
            kind: Some(policy.groups[group].kind),
            standard_points: priced.standard_points,
            settled_points: settled,
            total_cost: case.total_cost,
            insurer_cost: case.insurer_cost,
            in_scope_cost: case.in_scope_cost,
            pooled_fund: case.pooled_fund,
            payable: priced.payment.filter(|_| !by_hand),
            insurance_type: insurance.to_owned(),
            hospital_level: "3".to_owned(),
            ..ReturnedCase::default()
        });
    }
    cases
}

/// Forty groups of both kinds whose reference cost is 11.8 yuan a point.
fn catalogue() -> String {
    let mut text = "code,name,set,kind,diagnosis,points,reference_cost\n".to_owned();
    for at in 0..40u32 {
        let points = Decimal::new(1_200_000 + 7_654_321 * i64::from(at % 17) + 991 * i64::from(at), 4);
        text += &format!("G{at},g,core,core,A,{points},{}\n", (points * d("11.8")).round_dp(2));
    }
    text
}

fn pack(scoring: &str, hospital: &str) -> Pack {
    Pack::new()
        .with("catalogue.csv", &catalogue())
        .with("scoring.toml", scoring)
        .with("coefficients.csv", &format!("coefficient,value\nhospital,{hospital}\n"))
        .with("prices.csv", "pool,kind,price\n职工,last_year,9.86\n居民,last_year,8.74\n职工,monthly,9.912\n居民,monthly,8.792\n")
        .with("settlement.toml", "[payment]\nfactors=['earned_points','price']\nsurplus_against='total_cost'\nprice_order=['monthly']")
}

fn six(numerator: &str) -> String {
    format!(
        "[ratio]\nnumerator='{numerator}'\ndenominator=['standard_points','price.last_year','hospital_coefficient']\n\
         [points]\ncoefficients=['hospital']\n[[scheme]]\nid='default'\n{}{}{}{}{}{}[bands]\nbounds=['0']\n",
        segment("一", "[0,0.4)", "1", "0", ""),
        segment("二", "[0.4,0.75)", "1", "0.25", ""),
        segment("三", "[0.75,1.5]", "0", "1", ""),
        segment("四", "(1.5,2]", "0", "1.1", ""),
        segment("五", "(2,5]", "1", "-1", ""),
        segment("六", "(5,)", "0.5", "1.6", ""),
    )
}

const ALL: [(u64, u64); 6] = [(20, 399), (401, 748), (752, 1000), (1000, 1990), (2001, 4990), (5001, 8000)];

fn stratum<'r>(report: &'r FitReport, pool: &str) -> &'r FittedStratum {
    report.strata.iter().find(|s| s.stratum.pool == pool).unwrap()
}

/// Breakpoints, a, b and use of the coefficient, as text.
fn segments(stratum: &FittedStratum) -> Vec<(String, String, String, CoefficientUse)> {
    let text = |value: Decimal| value.normalize().to_string();
    let of = |s: &settle::fit::FittedSegment| {
        (text(s.lo.unwrap_or_default()), text(s.a), text(s.b), s.coefficient)
    };
    stratum.segments.iter().map(of).collect()
}

fn no_difference(report: &FitReport) {
    for row in &report.comparisons {
        assert_ne!(row.verdict, Verdict::Differs, "{row:?}\n{report:#?}");
    }
}

fn expect(
    report: &FitReport,
    pool: &str,
    scale: &str,
    coefficient: &str,
    wanted: &[(&str, &str, &str, CoefficientUse)],
) {
    let stratum = stratum(report, pool);
    let near = (stratum.scale.unwrap() - d(scale)).abs() < Decimal::new(1, 3);
    assert!(near, "scale {:?} of {pool}, planted {scale}: {stratum:#?}", stratum.scale);
    assert_eq!(stratum.coefficient, Some(d(coefficient)), "{stratum:#?}");
    let wanted: Vec<_> =
        wanted.iter().map(|(lo, a, b, c)| (lo.to_string(), a.to_string(), b.to_string(), *c)).collect();
    assert_eq!(segments(stratum), wanted, "{stratum:#?}");
    for segment in stratum.segments.iter() {
        assert!(segment.largest_residual <= d("0.01"), "{segment:?}");
    }
}

use CoefficientUse::{Multiplied, None as Plain};

#[test]
fn national_parameters_are_recovered() {
    let policy =
        pack(&national_scoring("total_cost", "['standard_points','price.last_year']"), "1.05").load();
    for odd in [0, 5] {
        let report = fit::fit(&policy, &returns(&policy, 1500, odd, &ALL, 7 + odd));
        assert_eq!(
            (report.hypotheses[0].numerator, report.hypotheses[0].divisor),
            (Cost::Total, Divisor::StandardPoints)
        );
        assert!(!report.ambiguous);
        for (pool, scale) in [("职工", "9.86"), ("居民", "8.74")] {
            let wanted =
                [("0", "1", "0", Multiplied), ("0.5", "0", "1", Multiplied), ("2", "1", "-1", Multiplied)];
            expect(&report, pool, scale, "1.05", &wanted);
        }
        let prices: Vec<_> = report.prices.iter().map(|p| (p.stratum.pool.as_str(), p.price)).collect();
        assert_eq!(prices, [("居民", Some(d("8.792"))), ("职工", Some(d("9.912")))]);
        no_difference(&report);
        assert!(report.hypotheses[0].explained * 100 >= report.cases * (95 - odd as usize));
    }
}

#[test]
fn jining_parameters_are_recovered() {
    let text = catalogue() + "KBBZ,g,core,composite,B,100,1180\n";
    let policy = pack(&jining_scoring(), "0.9").with("catalogue.csv", &text).load();
    for odd in [0, 5] {
        let report = fit::fit(&policy, &returns(&policy, 2000, odd, &ALL, 11 + odd));
        let best = &report.hypotheses[0];
        assert_eq!((best.numerator, best.divisor), (Cost::Total, Divisor::ReferenceCost));
        let of = |kind, pool: &str| {
            let wanted = |s: &&FittedStratum| s.stratum.kind == Some(kind) && s.stratum.pool == pool;
            report.strata.iter().find(wanted).unwrap()
        };
        for pool in ["职工", "居民"] {
            let core = of(Kind::Core, pool);
            assert!((core.scale.unwrap() - Decimal::ONE).abs() < d("0.0005"), "{core:#?}");
            assert_eq!(core.coefficient, Some(d("0.9")));
            let text = |s: &str| s.to_owned();
            let wanted = [
                (text("0"), text("1"), text("0"), Plain),
                (text("0.5"), text("0"), text("1"), Multiplied),
                (text("2"), text("1"), text("-1.1"), Plain),
                (text("5"), text("0"), text("1"), Multiplied),
            ];
            let mut found = segments(core);
            // −2 + H and −1.1 are the same number at H = 0.9; either reading is right.
            for segment in &mut found {
                if segment.3 == CoefficientUse::Added {
                    assert_eq!(segment.2, "-2");
                    (segment.2, segment.3) = (text("-1.1"), Plain);
                }
            }
            assert_eq!(found, wanted, "{core:#?}");
        }
        for row in report.comparisons.iter().filter(|row| row.what.contains("核心")) {
            assert_ne!(row.verdict, Verdict::Differs, "{row:?}");
        }
    }
}

#[test]
fn six_segments_two_pools_and_a_coefficient_are_recovered() {
    let policy = pack(&six("in_scope_cost"), "1.05").load();
    for odd in [0, 5] {
        let report = fit::fit(&policy, &returns(&policy, 3000, odd, &ALL, 3 + odd));
        assert_eq!(
            (report.hypotheses[0].numerator, report.hypotheses[0].divisor),
            (Cost::InScope, Divisor::StandardPoints)
        );
        for (pool, scale) in [("职工", "10.353"), ("居民", "9.177")] {
            let wanted = [
                ("0", "1", "0", Multiplied),
                ("0.4", "1", "0.25", Multiplied),
                ("0.75", "0", "1", Multiplied),
                ("1.5", "0", "1.1", Multiplied),
                ("2", "1", "-1", Multiplied),
                ("5", "0.5", "1.6", Multiplied),
            ];
            expect(&report, pool, scale, "1.05", &wanted);
        }
        no_difference(&report);
    }
}

#[test]
fn a_pack_with_other_parameters_is_told_apart() {
    let planted = pack(&six("total_cost"), "1.05").load();
    let cases = returns(&planted, 2000, 5, &ALL, 5);
    let mine = pack(&national_scoring("in_scope_cost", "['standard_points','price.last_year']"), "1")
        .with("prices.csv", "pool,kind,price\n,last_year,10\n")
        .load();
    let report = fit::fit(&mine, &cases);
    let differs = |part: &str| {
        report.comparisons.iter().any(|row| row.what.contains(part) && row.verdict == Verdict::Differs)
    };
    for part in ["分子", "分母系数", "正常倍率系数", "分段", "分值价钱"] {
        assert!(differs(part), "{part}: {:#?}", report.comparisons);
    }
}

#[test]
fn few_cases_are_called_few() {
    let policy =
        pack(&national_scoring("total_cost", "['standard_points','price.last_year']"), "1.05").load();
    // Five cases in all: nothing is read.
    let report = fit::fit(&policy, &returns(&policy, 5, 0, &ALL, 1));
    for stratum in &report.strata {
        assert!(stratum.segments.is_empty() && stratum.scale.is_none() && stratum.coefficient.is_none());
        assert!(stratum.notes.iter().any(|note| note.contains("样本不足")));
    }
    assert!(report.prices.iter().all(|price| price.price.is_none()));
    assert!(
        report.comparisons.iter().all(|row| row.verdict != Verdict::Differs),
        "{:#?}",
        report.comparisons
    );

    // Plenty of normal cases, hardly a low one: the coefficient is read, the denominator is not.
    let mut cases = returns(&policy, 300, 0, &[(600, 1900)], 2);
    cases.extend(returns(&policy, 6, 0, &[(100, 450)], 3));
    let report = fit::fit(&policy, &cases);
    for pool in ["职工", "居民"] {
        let stratum = stratum(&report, pool);
        assert_eq!(stratum.coefficient, Some(d("1.05")));
        assert!(stratum.scale.is_none() || stratum.scale_from_pack, "{stratum:#?}");
        assert!(stratum.notes.iter().any(|note| note.contains("低倍率")), "{:?}", stratum.notes);
    }
    assert!(report.ambiguous, "normal cases alone cannot show the numerator");
}

#[test]
fn nothing_in_nothing_out() {
    let policy = pack(&national_scoring("total_cost", "['standard_points','price.last_year']"), "1").load();
    let report = fit::fit(&policy, &[]);
    assert!(report.strata.is_empty() && report.hypotheses.is_empty() && report.prices.is_empty());
    let broken =
        ReturnedCase { standard_points: Decimal::ZERO, settled_points: d("-1"), ..ReturnedCase::default() };
    assert!(fit::fit(&policy, &[broken.clone(), broken]).strata.is_empty());
}

/// Two decimals, as 4160 carries its points, over several draws.
#[test]
fn points_with_two_decimals_still_show_the_parameters() {
    let policy = pack(&six("in_scope_cost"), "1.05").load();
    for seed in 20..24 {
        let mut cases = returns(&policy, 3000, 5, &ALL, seed);
        for case in &mut cases {
            case.standard_points = settle::half_up(case.standard_points, 2);
            case.settled_points = settle::half_up(case.settled_points, 2);
        }
        let report = fit::fit(&policy, &cases);
        for (pool, scale) in [("职工", "10.353"), ("居民", "9.177")] {
            let stratum = stratum(&report, pool);
            assert!((stratum.scale.unwrap() - d(scale)).abs() < d("0.005"), "{seed} {stratum:#?}");
            assert_eq!(stratum.coefficient, Some(d("1.05")), "{seed}");
            assert_eq!(stratum.segments.len(), 6, "{seed} {stratum:#?}");
        }
        no_difference(&report);
    }
}

/// The shipped sample: auxiliary and group coefficients differ from case to case, prices are paid with coefficients.
#[test]
fn the_sample_pack_is_found_again() {
    let policy = packs::sample();
    let pricer = Pricer::new(Arc::new(policy.clone()));
    let mut dice = Dice(99);
    let mut cases = Vec::new();
    for _ in 0..8000 {
        let group = dice.roll(policy.groups.len() as u64) as usize;
        let insurance = ["310", "390"][dice.roll(2) as usize];
        let age = Some(dice.roll(95) as u32);
        let mut case = Case { insurance_type: insurance.into(), age_years: age, ..packs::case("1.00") };
        let base = pricer.price(&case, group, &Ask::default()).base_cost.unwrap();
        let (lo, hi) = ALL[dice.roll(6) as usize];
        let ratio = Decimal::new((lo + dice.roll(hi - lo)) as i64, 3);
        let cost = Fen::from_yuan(base * ratio).unwrap() + Fen(dice.roll(900) as i64);
        case.insurer_cost = Some(cost);
        case.total_cost = Some(Fen(cost.0 * (100 + dice.roll(40) as i64) / 100));
        let priced = pricer.price(&case, group, &Ask::default());
        cases.push(ReturnedCase {
            group: Some(policy.groups[group].code.clone()),
            kind: Some(policy.groups[group].kind),
            standard_points: priced.standard_points,
            settled_points: priced.earned_points.unwrap(),
            total_cost: case.total_cost,
            insurer_cost: case.insurer_cost,
            payable: priced.payment,
            insurance_type: insurance.to_owned(),
            hospital: "H1".to_owned(),
            hospital_level: "3".to_owned(),
            auxiliary: Some(priced.coefficients.auxiliary),
            ..ReturnedCase::default()
        });
    }
    let report = fit::fit(&policy, &cases);
    let best = &report.hypotheses[0];
    assert_eq!((best.numerator, best.auxiliary_divides), (policy.scoring.numerator, true));
    no_difference(&report);
    let agreed = report.comparisons.iter().filter(|row| row.verdict == Verdict::Agrees).count();
    assert!(agreed >= 30, "{:#?}", report.comparisons);

    // Without the coefficients the core groups show no common lines: the report says so instead of calling it a difference.
    for case in &mut cases {
        case.auxiliary = Some(Decimal::ONE);
        case.kind = None;
    }
    let blind = fit::fit(&policy, &cases);
    assert!(blind.strata.iter().all(|stratum| stratum.explained <= stratum.cases));
    for stratum in blind.strata.iter().filter(|stratum| !stratum.reliable()) {
        assert!(stratum.notes.iter().any(|note| note.contains("辅助目录")), "{:?}", stratum.notes);
    }
}
