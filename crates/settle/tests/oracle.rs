//! `price` against a plain implementation written from `docs/policy-pack.md`, in exact fractions.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod packs;
mod plain_reference;

use model::{Case, Coded, Fen, Sex, parse_moment};
use packs::{Pack, d, jining_scoring, national_scoring, sample, segment};
use plain_reference::{Plain, Reference};
use policy::PriceKind;
use proptest::prelude::*;
use settle::{Ask, Pricer};
use std::sync::Arc;

fn check(pricer: &Pricer, case: &Case, group: usize, ask: Ask) -> Result<(), TestCaseError> {
    let policy = pricer.policy();
    let plain = Reference { policy, case, group: &policy.groups[group], ask }.run();
    let priced = pricer.price(case, group, &ask);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let got = Plain {
        ratio: priced.ratio,
        band: text(priced.band_label(policy)),
        segment: text(priced.segment_name(policy)),
        factor: priced.factor,
        hospital: priced.coefficients.hospital,
        group: priced.coefficients.group,
        bonus: priced.coefficients.bonus,
        auxiliary: priced.coefficients.auxiliary,
        earned: priced.earned_points,
        price_kind: priced.price_kind().map(str::to_owned),
        payment: priced.payment,
        surplus: priced.surplus,
        confirmed: priced.confirmed,
    };
    prop_assert_eq!(got, plain, "{} {:?}", policy.groups[group].code, case);
    // Whatever is missing says why, and nothing else does.
    prop_assert_eq!(priced.ratio.is_none(), priced.ratio_missing.is_some());
    prop_assert_eq!(priced.payment.is_none(), priced.payment_missing.is_some());
    prop_assert_eq!(priced.surplus.is_none(), priced.surplus_missing.is_some());
    if let (Some(exact), Some(shown)) = (priced.exact_ratio(), priced.ratio) {
        let digits = policy.scoring.rounding.ratio;
        let half_up = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        prop_assert_eq!(exact.round_dp_with_strategy(digits, half_up), shown);
    }
    Ok(())
}

fn costs() -> impl Strategy<Value = Option<Fen>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(Fen(0))),
        8 => (0i64..2_000_000).prop_map(|fen| Some(Fen(fen))),
        4 => (0i64..400).prop_map(|hundreds| Some(Fen(hundreds * 5_000))),
        1 => (0i64..9_000_000_000).prop_map(|fen| Some(Fen(fen))),
        1 => (1i64..1000).prop_map(|fen| Some(Fen(-fen))),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let codes = [
        "I10.x00",
        "E11.900",
        "E11.201+N08.3*",
        "J96.000",
        "N18.900",
        "K76.000",
        "C78.000",
        "C34.900",
        "D65",
        "I50.0",
        "B24",
        "G81",
        "K27",
        "odd",
        "A41.9",
        "J18.903",
    ];
    let dx = proptest::sample::select(codes.to_vec());
    let operations = proptest::sample::select(vec!["92.2000", "92.2001x001", "47.0100", "99.2500"]);
    let moments = |texts: &[&'static str]| {
        proptest::option::weighted(0.9, proptest::sample::select(texts.to_vec()))
            .prop_map(|text| text.and_then(parse_moment))
    };
    let who = (
        proptest::sample::select(vec!["H1", "H2", "H3", "H4", "X", ""]),
        proptest::sample::select(vec!["1", "2", "3", "9"]),
        proptest::sample::select(vec!["310", "320", "340", "390", "510", "999", ""]),
        moments(&["2025-02-27T08:00", "2025-03-01", "2025-03-05T23:59"]),
        moments(&["2025-03-01T08:00", "2025-03-07", "2025-06-30", "2025-11-02", "2026-02-01"]),
    );
    let patient = (
        proptest::option::of(0u32..110),
        proptest::option::weighted(0.2, 0u32..400),
        proptest::option::weighted(0.3, 0u32..60),
        proptest::sample::select(vec!["1", "5", ""]),
        proptest::option::of(prop_oneof![Just(Sex::Male), Just(Sex::Female)]),
        dx.clone(),
        proptest::collection::vec(dx, 0..20),
        proptest::collection::vec(operations, 0..3),
    );
    (who, patient, (costs(), costs(), costs(), costs(), costs(), costs(), costs())).prop_map(
        |(who, patient, costs)| Case {
            id: "p".into(),
            hospital: who.0.into(),
            hospital_level: who.1.into(),
            insurance_type: who.2.into(),
            admitted: who.3,
            discharged: who.4,
            age_years: patient.0,
            age_days: patient.1,
            icu_days: patient.2,
            discharge_way: patient.3.into(),
            sex: patient.4,
            principal_diagnosis: Coded::diagnosis(patient.5),
            other_diagnoses: patient.6.iter().map(|code| Coded::diagnosis(code)).collect(),
            procedures: patient.7.iter().map(|code| Coded::procedure(code)).collect(),
            total_cost: costs.0,
            insurer_cost: costs.1,
            in_scope_cost: costs.2,
            pooled_fund: costs.3,
            self_pay: costs.4,
            drug_cost: costs.5,
            treatment_cost: costs.6,
            ..Case::default()
        },
    )
}

fn asks() -> impl Strategy<Value = Ask> {
    let kinds = PriceKind::NAMES.map(|(_, kind)| kind).to_vec();
    let kind = proptest::option::weighted(0.2, proptest::sample::select(kinds));
    let day = proptest::option::weighted(0.5, Just(jiff::civil::date(2025, 3, 15)));
    (kind, day).prop_map(|(price_kind, day)| Ask { price_kind, day })
}

const CATALOGUE: &str = "code,name,set,kind,diagnosis,points,reference_cost,flags,evidence\n\
    G1,g,core,core,A,1021.4000,9876.54,,\nG2,g,core,composite,B,333.3333,,,\nG3,g,core,primary,C,50,10000,,\n\
    KBBZ,g,core,composite,D,100,10000,,\nG5,g,core,core,E,0,0,,\nG6,g,core,core,F,77.7777,8888.8888,tcm,UNCONFIRMED\n\
    G7,g,core,core,G,120.5,8000,fixed_quota,\n";
const COEFFICIENTS: &str = "coefficient,name,hospital,hospital_level,group,kind,insurance_type,value,evidence\n\
    hospital,,,,,primary,,1,\nhospital,,H1,,,,,1.0537,\nhospital,,H2,3,,,,0.9871,UNCONFIRMED\nhospital,,,2,,,,0.9,\n\
    hospital,,,2,G1,,,0.93,\nhospital,,,,G1,,390,0.94,UNCONFIRMED\nhospital,,H1,,G2,composite,310,1.11,\n\
    group,,,,G1,,,1.0213,\ngroup,,,,,composite,,0.97,\ngroup,,H1,,G1,,,1.3,\n\
    bonus,a,H1,,,,,0.0213,\nbonus,a,,,G1,,,0.0171,\nbonus,b,,,,core,,0.015,UNCONFIRMED\nbonus,b,H2,3,,,390,-0.02,\n\
    bonus,c,,,G3,,,0.5,\nassessment,,H1,,,,,0.9,\n";

fn rich(scoring: &str, settlement: &str) -> Pricer {
    let policy = Pack::new()
        .with("catalogue.csv", CATALOGUE)
        .with("coefficients.csv", COEFFICIENTS)
        .with("scoring.toml", scoring)
        .with("settlement.toml", settlement)
        .with("prices.csv", "pool,kind,price,from,to,evidence\n职工,last_year,9.8613,,,\n,last_year,8.7412,2025-01-01,2025-12-31,UNCONFIRMED\n\
            职工,estimated,9.95,2025-01-01,2025-06-30,\n居民,final,8.8888,2025-03-01,2025-03-31,\n,monthly,9.1,2025-06-01,2025-06-30,\n")
        .with("insurance_types.csv", "code,name,pool,dip,reimbursement_ratio,evidence\n310,a,职工,1,0.85,\n390,b,居民,1,0.7,UNCONFIRMED\n\
            320,c,职工,1,,\n510,d,生育,0,1,\n")
        .with("reference_costs.csv", "group,hospital_level,cost\nG1,3,9999.99\nG1,2,8888.01\nG2,3,7000.5\n")
        .with("fixed_quota.csv", "group,hospital_level,insurance_type,amount,evidence\nG7,,,5000,\nG7,3,,5500.55,UNCONFIRMED\nG7,,390,4400,\n")
        .with("lists/mcc.csv", "code,rule\nJ96,t1\nN18,t2\nD65,\n")
        .with("lists/mcc_exclusion.csv", "code,rule\nJ18,t1\nA,t2\n")
        .with("auxiliary.toml", "kinds=['core','composite']\n\
            [[type]]\nid='age'\n[[type.level]]\nid='old'\nage_years='65.5..'\n[[type.level]]\nid='young'\nage_years='..6'\n\
            [[type]]\nid='mcc'\n[[type.level]]\nid='mcc'\nother_diagnosis='@mcc'\nexclusions='@mcc_exclusion'\n\
            [[type.level]]\nid='far'\nother_diagnosis='I00-I99/C'\nother_category=true\nsex='2'\n\
            [[type]]\nid='cost'\n[[type.level]]\nid='dear'\ncost_ratio='1.5..'\ndrug_share='0.25..0.75'\n[[type.level]]\nid='ray'\noperation='92.20'\n")
        .with("auxiliary.csv", "group,type,level,coefficient,evidence\n*,age,old,1.0413,\nG1,age,old,0.95,\n*,mcc,mcc,1.1,UNCONFIRMED\n\
            *,mcc,far,1.0613,\nG2,cost,dear,1.7,\n*,cost,ray,1.2,\n")
        .load();
    Pricer::new(Arc::new(policy))
}

/// Six segments, everything in the denominator, several coefficients in 得分.
fn six(more: &str, bonus: &str, auxiliary: &str) -> String {
    format!(
        "[ratio]\nnumerator='insurer_cost'\ndenominator=['standard_points','price.last_year','hospital_coefficient',\
         'group_coefficient','bonus_coefficient','auxiliary_coefficient']\n{more}\n\
         [points]\ncoefficients=['hospital','bonus','auxiliary']\nbonus='{bonus}'\nauxiliary='{auxiliary}'\n\
         [[scheme]]\nid='default'\n{}{}{}{}{}{}[bands]\nbounds=['0','0.4','0.75','1','1.2','2']\nupper_inclusive=true\n",
        segment("一", "[0,0.4)", "1", "0", ""),
        segment("二", "[0.4,0.75]", "0.5", "0.25", "evidence='UNCONFIRMED'"),
        segment("三", "(0.75,1.00003)", "0", "1", "coefficients=['group']"),
        segment("四", "[1.00003,1.2)", "0", "1", ""),
        segment("五", "[1.2,2]", "0.3333", "0.6", "add_hospital=true"),
        segment("六", "(2,)", "1", "-1", "review='特例单议'\ncoefficients=[]"),
    )
}

fn settlement(factors: &str, more: &str) -> String {
    format!("[payment]\nfactors={factors}\n{more}\n")
}

fn pricers() -> Vec<Pricer> {
    let points = settlement("['earned_points','price']", "surplus_against='insurer_cost'");
    let full = settlement(
        "['earned_points','price','hospital_coefficient','group_coefficient','bonus_coefficient','hospital_coefficient','fund_ratio']",
        "minus='patient_paid'\nfloor='0'\nsurplus_against='pooled_fund'",
    );
    let less_self = settlement(
        "['earned_points','price.last_year','auxiliary_coefficient']",
        "minus='self_pay'\nfloor='100.005'\nevidence='UNCONFIRMED'",
    );
    vec![
        rich(&national_scoring("total_cost", "['reference_cost_of_level']"), &points),
        rich(&jining_scoring(), &full),
        rich(&six("", "add", "max"), &full),
        rich(&six("rounded=true", "multiply", "product"), &less_self),
        rich(&national_scoring("in_scope_cost", "['reference_cost','price','price.final']"), &less_self),
        Pricer::new(Arc::new(sample())),
    ]
}

#[test]
fn price_equals_the_plain_reference() {
    let pricers = pricers();
    let config = ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(case in cases(), ask in asks(), which in 0..pricers.len(), group in 0usize..10_000)| {
        let pricer = &pricers[which];
        check(pricer, &case, group % pricer.policy().groups.len(), ask)?;
    });
}

/// Costs right at, one 分 below and one 分 above every bound of every segment.
#[test]
fn bounds_belong_where_the_pack_puts_them() {
    for pricer in pricers() {
        let policy = pricer.policy().clone();
        for group in 0..policy.groups.len().min(40) {
            let base = pricer.price(&packs::case("1.00"), group, &Ask::default()).base_cost;
            let bounds = policy.scoring.schemes.iter().flat_map(|s| &s.segments).map(|s| s.lo);
            for bound in bounds.chain(policy.scoring.bands.bounds.iter().copied()) {
                let Some(at) = base.and_then(|base| Fen::from_yuan(base * bound)) else { continue };
                for fen in -1..=1 {
                    let cost = packs::case(&Fen((at.0 + fen).max(0)).to_string());
                    check(&pricer, &cost, group, Ask::default()).unwrap();
                }
            }
        }
    }
}

#[test]
fn ties_are_rounded_from_the_exact_quotient() {
    // 4567.85 ÷ 8 = 570.98125: through a ratio of 28 digits it would come out as 570.9812.
    let policy = Pack::new()
        .with("catalogue.csv", "code,name,set,kind,diagnosis,points\nG,g,core,core,A,1021.4")
        .with("prices.csv", "pool,kind,price\n,last_year,8")
        .with(
            "scoring.toml",
            &format!(
                "[ratio]\nnumerator='total_cost'\ndenominator=['standard_points','price.last_year']\n[[scheme]]\nid='default'\n{}",
                segment("按实", "[0,)", "1", "0", "")
            ),
        )
        .load();
    let priced = Pricer::new(Arc::new(policy)).price(&packs::case("4567.85"), 0, &Ask::default());
    assert_eq!(priced.earned_points, Some(d("570.9813")));
}
