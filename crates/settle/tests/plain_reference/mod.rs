//! The plain implementation of `docs/policy-pack.md`: slow, without a shortcut, in exact fractions.

mod fraction;

use fraction::Fraction;
use model::{Case, Fen};
use policy::{
    Asked, CoefficientKind, Condition, Cost, Factor, Flag, Minus, PointsCoefficient, Policy, PriceKind,
};
use rust_decimal::Decimal;
use settle::Ask;
use std::cmp::Ordering;

/// What the plain implementation finds; `None`: not computable.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plain {
    pub(crate) ratio: Option<Decimal>,
    pub(crate) band: Option<String>,
    pub(crate) segment: Option<String>,
    pub(crate) factor: Option<Decimal>,
    pub(crate) hospital: Decimal,
    pub(crate) group: Decimal,
    pub(crate) bonus: Decimal,
    pub(crate) auxiliary: Decimal,
    pub(crate) earned: Option<Decimal>,
    pub(crate) price_kind: Option<String>,
    pub(crate) payment: Option<Fen>,
    pub(crate) surplus: Option<Fen>,
    pub(crate) confirmed: bool,
}

pub(crate) struct Reference<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) case: &'a Case,
    pub(crate) group: &'a policy::Group,
    pub(crate) ask: Ask,
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
        let map = &self.policy.code_map;
        let principal = map.diagnosis(&case.principal_diagnosis.code);
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
                    if case.other_diagnoses.iter().any(|o| map.diagnosis(&o.code).starts_with(code.as_str()))
                    {
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
                case.other_diagnoses.iter().map(|other| map.diagnosis(&other.code)).any(|other| {
                    patterns.iter().enumerate().any(|(at, pattern)| {
                        let cancelled = tables.get(at).is_some_and(|table| {
                            exclusions.iter().any(|(code, excluded)| {
                                !table.is_empty() && excluded == table && principal.starts_with(code.as_str())
                            })
                        });
                        let same = other.prefix(3) == principal.prefix(3);
                        pattern.fits(other) && !cancelled && !(*other_category && same)
                    })
                })
            }
            Condition::PrincipalDiagnosis(patterns) => patterns.iter().any(|pattern| pattern.fits(principal)),
            Condition::Operation(codes) => {
                let procedures = case.procedures.iter().map(|p| map.procedure(&p.code));
                procedures.into_iter().any(|p| codes.iter().any(|code| p.starts_with(code.as_str())))
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

    pub(crate) fn run(&self) -> Plain {
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
