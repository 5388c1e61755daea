//! 测算过程: every step of a price with its numbers and their sources; `pricing_sentence.rs` puts them into words.

use crate::auxiliary_choice::AuxiliaryChoice;
use crate::bed_days::BedDayPart;
use crate::coefficient_table::TakenRows;
use crate::exact::Exact;
use crate::missing::Missing;
use crate::priced::{Ask, PaidBy, Priced};
use crate::pricer::{Inputs, Pricer};
use model::{Case, Fen, Ratio};
use policy::{Factor, Minus, PointsCoefficient, Policy, PriceKind, Source};
use rust_decimal::Decimal;

/// One step of the calculation. Its texts are made on demand, from the pack it was priced with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is worked out, and the numbers it is worked out from.
    pub working: Working,
    /// The result, money in yuan; `None` when it could not be computed.
    pub result: Option<Decimal>,
    /// Where its parameters stand; empty for plain arithmetic.
    pub sources: Vec<Source>,
    /// Every parameter of the step is confirmed.
    pub confirmed: bool,
}

/// What a step works out, and from which numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Working {
    /// The group is not in the catalogue: nothing can be worked out.
    NoGroup,
    /// 标准分
    StandardPoints {
        /// Index into [`Policy::groups`].
        group: usize,
    },
    /// 医院系数 or 病种系数, as the pack has it.
    Coefficient(Factor),
    /// 加成系数
    Bonus {
        /// Indices into [`policy::Coefficients::rows`].
        rows: Vec<usize>,
    },
    /// 辅助目录系数
    Auxiliary {
        /// Every level that matched, with its coefficient.
        matched: Vec<(AuxiliaryChoice, Ratio)>,
    },
    /// 基准率
    Ratio {
        /// The cost above the line.
        cost: Option<Fen>,
        /// The factors below it.
        denominator: Vec<Term>,
        /// 展示区间: index into the pack's band labels.
        band: Option<u8>,
        /// Why there is no ratio.
        missing: Option<Missing>,
    },
    /// 分段系数
    SegmentFactor {
        /// Scheme and segment index.
        segment: (u16, u16),
        /// 基准率
        ratio: Option<Ratio>,
        /// 医院系数, where the segment adds it.
        hospital: Option<Term>,
    },
    /// 得分
    Points {
        /// Scheme and segment index.
        segment: (u16, u16),
        /// 标准分
        standard_points: Term,
        /// 分段系数
        factor: Option<Ratio>,
        /// The segment's coefficients.
        coefficients: Vec<Term>,
    },
    /// 分值费用, which could not be worked out.
    NoPayment(Missing),
    /// 分值费用 of a fixed quota group.
    FixedQuota,
    /// 分值费用 by bed day.
    BedDays(Vec<BedDayPart>),
    /// 分值费用 by points.
    Payment {
        /// The factors.
        factors: Vec<Term>,
        /// What the patient paid himself, where the pack subtracts it.
        self_pay: Option<Fen>,
        /// 总费用 and 统筹记账, where the pack subtracts their difference.
        patient_paid: Option<(Fen, Fen)>,
    },
    /// 结余
    Surplus {
        /// 分值费用
        payment: Option<Fen>,
        /// The cost it is measured against.
        cost: Option<Fen>,
        /// Why there is no surplus.
        missing: Option<Missing>,
    },
}

/// A factor of a formula with its value; `None` when the value is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What it is.
    pub factor: Factor,
    /// Its exact value.
    pub value: Option<Decimal>,
}

impl Pricer {
    /// The steps that lead to [`Pricer::price`]'s numbers, in order; exactly its numbers.
    pub fn explain(&self, case: &Case, group: usize, ask: &Ask) -> Vec<Step> {
        let (Some(inputs), Some(of_group)) = (self.inputs(case, group, ask), self.policy.groups.get(group))
        else {
            let (working, sources) = (Working::NoGroup, Vec::new());
            return vec![Step { working, result: None, sources, confirmed: false }];
        };
        let priced = self.price_inputs(&inputs, group);
        let explainer = Explainer {
            pricer: self,
            policy: &self.policy,
            rows: self.coefficient_rows(&inputs),
            matched: self.matched_levels(&inputs, of_group, &priced),
            inputs,
            priced,
            group: of_group,
        };
        explainer.steps()
    }

    /// The auxiliary levels that matched and have a coefficient.
    fn matched_levels(&self, inputs: &Inputs<'_>, group: &policy::Group, priced: &Priced) -> Vec<Level> {
        if priced.coefficients.auxiliary_choice.is_none() {
            return Vec::new();
        }
        let auxiliary = &self.policy.auxiliary;
        let level = |(choice, value): (AuxiliaryChoice, Option<Ratio>)| {
            let kind = auxiliary.types.get(usize::from(choice.kind))?;
            let level = kind.levels.get(usize::from(choice.level))?;
            let source = auxiliary.coefficient(&kind.id, &level.id, &group.code)?.source;
            Some(Level { choice, value: value?, source })
        };
        self.auxiliary_matches(inputs, priced.group).into_iter().filter_map(level).collect()
    }
}

/// An auxiliary level that matched.
#[derive(Clone, Copy)]
struct Level {
    choice: AuxiliaryChoice,
    value: Ratio,
    source: Source,
}

struct Explainer<'a> {
    pricer: &'a Pricer,
    policy: &'a Policy,
    inputs: Inputs<'a>,
    priced: Priced,
    group: &'a policy::Group,
    rows: TakenRows,
    matched: Vec<Level>,
}

impl Explainer<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(10);
        steps.push(self.standard_points());
        steps.extend(COEFFICIENTS.into_iter().filter_map(|factor| self.coefficient(factor)));
        steps.push(self.ratio());
        steps.extend(self.segment_factor());
        steps.extend(self.points());
        steps.push(self.payment());
        steps.push(self.surplus());
        steps
    }

    /// A factor with its value.
    fn term(&self, factor: Factor) -> Term {
        let earned = self.priced.earned_points.map(Exact::as_written);
        let value = self.inputs.factor(factor, earned, &mut true);
        Term { factor, value: value.ok().and_then(Exact::decimal) }
    }

    /// Adds the rows a factor was taken from.
    fn add_sources(&self, factor: Factor, sources: &mut Vec<Source>) {
        let row = |at: &usize| self.policy.coefficients.rows.get(*at).map(|row| row.source);
        match factor {
            Factor::StandardPoints | Factor::ReferenceCost => sources.push(self.group.source),
            Factor::EarnedPoints => {}
            Factor::ReferenceCostOfLevel => {
                sources.extend(self.inputs.reference_cost_of_level().map(|(_, source)| source));
            }
            Factor::Price => self.add_price_sources(None, sources),
            Factor::PriceOf(kind) => self.add_price_sources(Some(kind), sources),
            Factor::HospitalCoefficient => sources.extend(self.rows.hospital.iter().filter_map(row)),
            Factor::GroupCoefficient => sources.extend(self.rows.group.iter().filter_map(row)),
            Factor::BonusCoefficient => sources.extend(self.rows.bonuses.iter().filter_map(row)),
            Factor::AuxiliaryCoefficient => {
                // The level that won, or all of them where the pack multiplies.
                let all = self.policy.scoring.auxiliary_multiplies;
                let chosen = self.priced.coefficients.auxiliary_choice;
                let counts = |level: &&Level| all || Some(level.choice) == chosen;
                sources.extend(self.matched.iter().filter(counts).map(|level| level.source));
            }
            Factor::FundRatio => sources.extend(self.inputs.insurance_source()),
        }
    }

    fn add_price_sources(&self, kind: Option<PriceKind>, sources: &mut Vec<Source>) {
        let held = match kind {
            None => self.inputs.price,
            Some(kind) => self.inputs.price_of(kind),
        };
        let Ok(held) = held else { return };
        sources.extend(self.policy.prices.get(held.row).map(|row| row.source));
        sources.extend(self.inputs.insurance_source().filter(|_| held.of_pool));
    }

    /// Terms of some factors; their sources are added to `sources`.
    fn terms(&self, factors: impl Iterator<Item = Factor>, sources: &mut Vec<Source>) -> Vec<Term> {
        let term = |factor| {
            self.add_sources(factor, sources);
            self.term(factor)
        };
        factors.map(term).collect()
    }

    fn standard_points(&self) -> Step {
        let working = Working::StandardPoints { group: self.priced.group };
        step(working, Some(self.priced.standard_points), vec![self.group.source])
    }

    /// A coefficient that is written in the pack.
    fn coefficient(&self, factor: Factor) -> Option<Step> {
        let mut sources = Vec::new();
        self.add_sources(factor, &mut sources);
        let value = self.term(factor).value.filter(|_| !sources.is_empty())?;
        let working = match factor {
            Factor::BonusCoefficient => Working::Bonus { rows: self.rows.bonuses.clone() },
            Factor::AuxiliaryCoefficient => {
                let matched = self.matched.iter().map(|level| (level.choice, level.value)).collect();
                Working::Auxiliary { matched }
            }
            _ => Working::Coefficient(factor),
        };
        Some(step(working, Some(value), sources))
    }

    fn ratio(&self) -> Step {
        let scoring = &self.policy.scoring;
        let mut sources = vec![scoring.source];
        let working = Working::Ratio {
            cost: self.priced.ratio_cost,
            denominator: self.terms(scoring.denominator.iter().copied(), &mut sources),
            band: self.priced.band,
            missing: self.priced.ratio_missing,
        };
        step(working, self.priced.ratio, sources)
    }

    fn segment_factor(&self) -> Option<Step> {
        let (at, segment) = (self.priced.segment?, self.priced.segment_of(self.policy)?);
        let mut sources = vec![segment.source];
        let hospital = segment.add_hospital.then(|| {
            self.add_sources(Factor::HospitalCoefficient, &mut sources);
            self.term(Factor::HospitalCoefficient)
        });
        let working = Working::SegmentFactor { segment: at, ratio: self.priced.ratio, hospital };
        Some(step(working, self.priced.factor, sources))
    }

    fn points(&self) -> Option<Step> {
        let (at, segment) = (self.priced.segment?, self.priced.segment_of(self.policy)?);
        let mut sources = vec![self.group.source, segment.source];
        let coefficients = segment.coefficients.iter().map(|coefficient| match coefficient {
            PointsCoefficient::Hospital => Factor::HospitalCoefficient,
            PointsCoefficient::Group => Factor::GroupCoefficient,
            PointsCoefficient::Bonus => Factor::BonusCoefficient,
            PointsCoefficient::Auxiliary => Factor::AuxiliaryCoefficient,
        });
        let working = Working::Points {
            segment: at,
            standard_points: self.term(Factor::StandardPoints),
            factor: self.priced.factor,
            coefficients: self.terms(coefficients, &mut sources),
        };
        Some(step(working, self.priced.earned_points, sources))
    }

    fn payment(&self) -> Step {
        let mut sources = Vec::new();
        let working = match (self.priced.payment, self.priced.payment_missing, self.priced.paid_by) {
            (None, Some(missing), _) => {
                sources.push(self.policy.settlement.source);
                Working::NoPayment(missing)
            }
            (.., Some(PaidBy::FixedQuota)) => {
                let row = self.pricer.quota_row(&self.inputs).and_then(|at| self.policy.fixed_quotas.get(at));
                sources.extend(row.map(|row| row.source));
                Working::FixedQuota
            }
            (.., Some(PaidBy::BedDay)) => self.bed_days(&mut sources),
            _ => self.points_payment(&mut sources),
        };
        step(working, self.priced.payment.map(Fen::yuan), sources)
    }

    fn bed_days(&self, sources: &mut Vec<Source>) -> Working {
        let payment = self.pricer.bed_day_payment(self.inputs.case);
        let parts = payment.map(|payment| payment.parts).unwrap_or_default();
        let row = |part: &BedDayPart| self.policy.bed_days.get(part.row).map(|row| row.source);
        sources.extend(parts.iter().filter_map(row));
        Working::BedDays(parts)
    }

    fn points_payment(&self, sources: &mut Vec<Source>) -> Working {
        let settlement = &self.policy.settlement;
        sources.push(settlement.source);
        let mut factors = self.terms(settlement.factors.iter().copied(), sources);
        if let Some(PaidBy::Points(kind)) = self.priced.paid_by {
            for term in factors.iter_mut().filter(|term| term.factor == Factor::Price) {
                term.factor = Factor::PriceOf(kind);
            }
        }
        let case = self.inputs.case;
        Working::Payment {
            factors,
            self_pay: case.self_pay.filter(|_| settlement.minus == Minus::SelfPay),
            patient_paid: case
                .total_cost
                .zip(case.pooled_fund)
                .filter(|_| settlement.minus == Minus::PatientPaid),
        }
    }

    fn surplus(&self) -> Step {
        let working = Working::Surplus {
            payment: self.priced.payment,
            cost: self.inputs.surplus_cost,
            missing: self.priced.surplus_missing,
        };
        step(working, self.priced.surplus.map(Fen::yuan), Vec::new())
    }
}

/// The coefficients a price may rest on, in the order they are told.
const COEFFICIENTS: [Factor; 4] = [
    Factor::HospitalCoefficient,
    Factor::GroupCoefficient,
    Factor::BonusCoefficient,
    Factor::AuxiliaryCoefficient,
];

fn step(working: Working, result: Option<Decimal>, sources: Vec<Source>) -> Step {
    let confirmed = sources.iter().all(|source| source.confirmed());
    Step { working, result, sources, confirmed }
}
