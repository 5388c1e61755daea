//! `price` against a plain implementation written from `docs/policy-pack.md`, in exact fractions.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod common;
#[path = "common/fraction.rs"]
mod fraction;

use common::{Pack, d, jining_scoring, national_scoring, sample, segment};
use fraction::Fraction;
use model::{Case, Coded, Fen, Sex, parse_moment};
use policy::{
    Asked, CoefficientKind, Condition, Cost, Factor, Flag, Minus, PointsCoefficient, Policy, PriceKind,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use settle::{Ask, Pricer};
use std::cmp::Ordering;
use std::sync::Arc;

/// What the plain implementation finds; `None`: not computable.
#[derive(Debug, Default, PartialEq)]
struct Plain {
    ratio: Option<Decimal>,
    band: Option<String>,
    segment: Option<String>,
    factor: Option<Decimal>,
    hospital: Decimal,
    group: Decimal,
    bonus: Decimal,
    auxiliary: Decimal,
    earned: Option<Decimal>,
    price_kind: Option<String>,
    payment: Option<Fen>,
    surplus: Option<Fen>,
    confirmed: bool,
}

struct Reference<'a> {
    policy: &'a Policy,
    case: &'a Case,
    group: &'a policy::Group,
    ask: Ask,
}

impl Reference<'_> {
    fn asked(&self) -> Asked<'_> {
        Asked {
            hospital: &self.case.hospital,
            hospital_level: &self.case.hospital_level,
            insurance_type: &self.case.insurance_type,
            group: Some(self.group),
        }
    }

    fn insurance(&self) -> Option<&policy::InsuranceType> {
        self.policy.insurance_types.iter().find(|row| row.code == self.case.insurance_type.as_str())
    }

    fn cost(&self, cost: Cost) -> Option<Fen> {
        match cost {
            Cost::Total => self.case.total_cost,
            Cost::Insurer => self.case.insurer_cost,
            Cost::InScope => self.case.in_scope_cost,
            Cost::PooledFund => self.case.pooled_fund,
        }
    }

    fn price(&self, kind: PriceKind) -> Option<&policy::Price> {
        let day = self.case.discharged.map(|m| m.date()).or(self.ask.day);
        let pool = self.insurance().map_or("\0", |row| row.pool.as_str());
        let held = || self.policy.prices.iter().filter(|p| p.kind == kind && p.holds(pool, day));
        held().find(|p| !p.pool.is_empty()).or_else(|| held().next())
    }

    fn payment_price(&self) -> Option<&policy::Price> {
        match self.ask.price_kind {
            Some(kind) => self.price(kind),
            None => self.policy.settlement.price_order.iter().find_map(|kind| self.price(*kind)),
        }
    }

    fn coefficient(&self, kind: CoefficientKind) -> (Decimal, bool) {
        let row = self.policy.coefficients.find(kind, &self.asked());
        row.map_or((Decimal::ONE, true), |row| (row.value, row.source.confirmed()))
    }

    fn bonus(&self) -> (Decimal, bool) {
        let rows = self.policy.coefficients.bonuses(&self.asked());
        let value = if self.policy.scoring.bonus_multiplies {
            rows.iter().map(|row| Decimal::ONE + row.value).product()
        } else {
            Decimal::ONE + rows.iter().map(|row| row.value).sum::<Decimal>()
        };
        (value, rows.iter().all(|row| row.source.confirmed()))
    }

    fn auxiliary(&self) -> (Decimal, bool) {
        let none = (Decimal::ONE, true);
        let barred = [Flag::NoAuxiliary, Flag::Tcm, Flag::BedDay].iter().any(|flag| self.group.has(*flag));
        if barred || !self.policy.auxiliary.kinds.contains(&self.group.kind) {
            return none;
        }
        let mut rows = Vec::new();
        for kind in &self.policy.auxiliary.types {
            let level = kind.levels.iter().find(|level| level.conditions.iter().all(|c| self.holds(kind, c)));
            let Some(level) = level else { continue };
            rows.extend(self.policy.auxiliary.coefficient(&kind.id, &level.id, &self.group.code));
        }
        if self.policy.scoring.auxiliary_multiplies {
            let value = rows.iter().map(|row| row.coefficient).product();
            return (value, rows.iter().all(|row| row.source.confirmed()));
        }
        let mut best: Option<&policy::AuxiliaryRow> = None;
        for row in rows {
            if best.is_none_or(|best| row.coefficient > best.coefficient) {
                best = Some(row);
            }
        }
        best.map_or(none, |row| (row.coefficient, row.source.confirmed()))
    }

    fn holds(&self, kind: &policy::AuxiliaryType, condition: &Condition) -> bool {
        let case = self.case;
        let share = |span: &policy::Span, n: Option<Fen>, by: Option<Decimal>| match (n, by) {
            (Some(n), Some(by)) if by > Decimal::ZERO => span.holds(n.yuan() / by),
            _ => false,
        };
        let total = case.total_cost.map(Fen::yuan);
        match condition {
            Condition::AgeYears(span) => case.age_years.is_some_and(|n| span.holds(n)),
            Condition::AgeDays(span) => case.age_days.is_some_and(|n| span.holds(n)),
            Condition::IcuDays(span) => case.icu_days.is_some_and(|n| span.holds(n)),
            Condition::StayDays(span) => case.stay_days().is_some_and(|n| span.holds(n)),
            Condition::Cci(span) => {
                let mut best = std::collections::BTreeMap::new();
                for (code, class, weight) in &kind.weights {
                    if case.other_diagnoses.iter().any(|o| o.code.starts_with(code.as_str())) {
                        let entry = best.entry(class).or_insert(0);
                        *entry = (*entry).max(*weight);
                    }
                }
                span.holds(best.values().sum::<u32>())
            }
            Condition::CostRatio(span) => share(span, case.total_cost, self.group.reference_cost),
            Condition::DrugShare(span) => share(span, case.drug_cost, total),
            Condition::TreatmentShare(span) => share(span, case.treatment_cost, total),
            Condition::Died(died) => case.died() == *died,
            Condition::Sex(sex) => case.sex == Some(*sex),
            Condition::OtherDiagnosis { patterns, other_category, exclusions, tables } => {
                let principal = &case.principal_diagnosis.code;
                case.other_diagnoses.iter().any(|other| {
                    patterns.iter().enumerate().any(|(at, pattern)| {
                        let cancelled = tables.get(at).is_some_and(|table| {
                            exclusions.iter().any(|(code, excluded)| {
                                !table.is_empty() && excluded == table && principal.starts_with(code.as_str())
                            })
                        });
                        let same = other.code.prefix(3) == principal.prefix(3);
                        pattern.fits(&other.code) && !cancelled && !(*other_category && same)
                    })
                })
            }
            Condition::Operation(codes) => {
                case.procedures.iter().any(|p| codes.iter().any(|code| p.code.starts_with(code.as_str())))
            }
        }
    }

    fn factor(&self, factor: Factor, earned: Option<Decimal>) -> Option<(Decimal, bool)> {
        let of_price = |price: Option<&policy::Price>| {
            let price = price?;
            let pool = price.pool.is_empty() || self.insurance().is_none_or(|row| row.source.confirmed());
            Some((price.price, price.source.confirmed() && pool))
        };
        match factor {
            Factor::StandardPoints => Some((self.group.points, self.group.source.confirmed())),
            Factor::EarnedPoints => Some((earned?, true)),
            Factor::ReferenceCost => Some((self.group.reference_cost?, self.group.source.confirmed())),
            Factor::ReferenceCostOfLevel => {
                let level = self.case.hospital_level.as_str();
                let of_group =
                    |r: &&policy::ReferenceCost| r.group == self.group.code && r.hospital_level == level;
                let row = self.policy.reference_costs.iter().find(of_group)?;
                Some((row.cost, row.source.confirmed()))
            }
            Factor::Price => of_price(self.payment_price()),
            Factor::PriceOf(kind) => of_price(self.price(kind)),
            Factor::HospitalCoefficient => Some(self.coefficient(CoefficientKind::Hospital)),
            Factor::GroupCoefficient => Some(self.coefficient(CoefficientKind::Group)),
            Factor::BonusCoefficient => Some(self.bonus()),
            Factor::AuxiliaryCoefficient => Some(self.auxiliary()),
            Factor::FundRatio => {
                Some((self.insurance()?.reimbursement_ratio?, self.insurance()?.source.confirmed()))
            }
        }
    }

    fn product(&self, factors: &[Factor], earned: Option<Decimal>) -> Option<(Fraction, bool)> {
        let mut product = (Fraction::of(Decimal::ONE), true);
        for factor in factors {
            let (value, confirmed) = self.factor(*factor, earned)?;
            product = (product.0.times(&Fraction::of(value)), product.1 && confirmed);
        }
        Some(product)
    }

    fn run(&self) -> Plain {
        let scoring = &self.policy.scoring;
        let rounding = scoring.rounding;
        let mut plain = Plain {
            hospital: self.coefficient(CoefficientKind::Hospital).0,
            group: self.coefficient(CoefficientKind::Group).0,
            bonus: self.bonus().0,
            auxiliary: self.auxiliary().0,
            confirmed: self.group.source.confirmed(),
            ..Plain::default()
        };
        let zero = Fraction::of(Decimal::ZERO);
        // 基准率
        let base = self.product(&scoring.denominator, None);
        let ratio = match (self.cost(scoring.numerator), base) {
            (Some(cost), Some((base, confirmed))) if cost >= Fen::ZERO && base.cmp(&zero).is_gt() => {
                plain.confirmed &= confirmed && scoring.source.confirmed();
                let exact = Fraction::of(cost.yuan()).over(&base);
                plain.ratio = Some(exact.rounded(rounding.ratio));
                Some(if scoring.rounded_ratio { Fraction::of(exact.rounded(rounding.ratio)) } else { exact })
            }
            _ => None,
        };
        if let Some(ratio) = &ratio
            && !scoring.bands.bounds.is_empty()
        {
            let above = |bound: &&Decimal| match ratio.cmp(&Fraction::of(**bound)) {
                Ordering::Greater => true,
                Ordering::Equal => !scoring.bands.upper_inclusive,
                Ordering::Less => false,
            };
            let at = scoring.bands.bounds.iter().skip(1).take_while(above).count();
            plain.band = Some(scoring.bands.labels[at].clone());
        }
        // 分段
        let by_code = scoring.schemes.iter().find(|s| s.groups.contains(&self.group.code));
        let by_flag = || scoring.schemes.iter().find(|s| s.flags.iter().any(|flag| self.group.has(*flag)));
        let scheme = by_code.or_else(by_flag).unwrap_or(&scoring.schemes[0]);
        let segment = match &ratio {
            Some(ratio) => scheme.segments.iter().find(|s| {
                let lo = ratio.cmp(&Fraction::of(s.lo));
                let below = s.hi.is_none_or(|hi| {
                    let hi = ratio.cmp(&Fraction::of(hi));
                    hi.is_lt() || (s.hi_inclusive && hi.is_eq())
                });
                (lo.is_gt() || (s.lo_inclusive && lo.is_eq())) && below
            }),
            None => match scheme.segments.as_slice() {
                [only] if only.a.is_zero() => Some(only),
                _ => None,
            },
        };
        if let Some(segment) = segment {
            plain.segment = Some(segment.name.clone());
            plain.confirmed &= segment.source.confirmed();
            let mut intercept = Fraction::of(segment.b);
            if segment.add_hospital {
                let (hospital, confirmed) = self.coefficient(CoefficientKind::Hospital);
                intercept = intercept.plus(&Fraction::of(hospital));
                plain.confirmed &= confirmed;
            }
            let slope = ratio.as_ref().map(|r| r.times(&Fraction::of(segment.a)));
            let factor = intercept.plus(&slope.unwrap_or(zero.clone()));
            plain.factor = Some(factor.rounded(rounding.factor));
            let mut earned = factor.times(&Fraction::of(self.group.points));
            for coefficient in &segment.coefficients {
                let (value, confirmed) = match coefficient {
                    PointsCoefficient::Hospital => self.coefficient(CoefficientKind::Hospital),
                    PointsCoefficient::Group => self.coefficient(CoefficientKind::Group),
                    PointsCoefficient::Bonus => self.bonus(),
                    PointsCoefficient::Auxiliary => self.auxiliary(),
                };
                earned = earned.times(&Fraction::of(value));
                plain.confirmed &= confirmed;
            }
            plain.earned = Some(earned.rounded(rounding.points));
        }
        self.pay(&mut plain);
        plain
    }

    fn pay(&self, plain: &mut Plain) {
        let settlement = &self.policy.settlement;
        if self.insurance().is_some_and(|row| !row.dip) {
            return;
        }
        let fits = |cell: &str, value: &str| cell.is_empty() || cell == value;
        let mut best: Option<(usize, &policy::FixedQuota)> = None;
        for row in self.policy.fixed_quotas.iter().filter(|row| row.group == self.group.code) {
            let cells = [&row.hospital_level, &row.insurance_type].iter().filter(|c| !c.is_empty()).count();
            if fits(&row.hospital_level, &self.case.hospital_level)
                && fits(&row.insurance_type, &self.case.insurance_type)
                && best.is_none_or(|(filled, _)| cells > filled)
            {
                best = Some((cells, row));
            }
        }
        if let Some((_, row)) = best {
            plain.payment = Fen::from_yuan(row.amount);
            plain.price_kind = Some("fixed_quota".into());
            plain.confirmed &= row.source.confirmed();
        } else if self.group.has(Flag::FixedQuota) {
            return;
        } else {
            plain.price_kind = self.payment_price().map(|price| price.kind.name().to_owned());
            let Some(earned) = plain.earned else { return };
            let Some((product, confirmed)) = self.product(&settlement.factors, Some(earned)) else { return };
            let minus = match settlement.minus {
                Minus::Nothing => Some(Decimal::ZERO),
                Minus::SelfPay => self.case.self_pay.map(Fen::yuan),
                Minus::PatientPaid => match (self.case.total_cost, self.case.pooled_fund) {
                    (Some(total), Some(fund)) => Some(total.yuan() - fund.yuan()),
                    _ => None,
                },
            };
            let Some(minus) = minus else { return };
            let mut amount = product.minus(&Fraction::of(minus));
            if let Some(floor) = settlement.floor
                && amount.cmp(&Fraction::of(floor)).is_lt()
            {
                amount = Fraction::of(floor);
            }
            plain.payment = Fen::from_yuan(amount.rounded(2));
            plain.confirmed &= confirmed && settlement.source.confirmed();
        }
        if let (Some(payment), Some(cost)) = (plain.payment, self.cost(settlement.surplus_against)) {
            plain.surplus = Some(payment - cost);
        }
    }
}

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
            let base = pricer.price(&common::case("1.00"), group, &Ask::default()).base_cost;
            let bounds = policy.scoring.schemes.iter().flat_map(|s| &s.segments).map(|s| s.lo);
            for bound in bounds.chain(policy.scoring.bands.bounds.iter().copied()) {
                let Some(at) = base.and_then(|base| Fen::from_yuan(base * bound)) else { continue };
                for fen in -1..=1 {
                    let cost = common::case(&Fen((at.0 + fen).max(0)).to_string());
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
    let priced = Pricer::new(Arc::new(policy)).price(&common::case("4567.85"), 0, &Ask::default());
    assert_eq!(priced.earned_points, Some(d("570.9813")));
}
