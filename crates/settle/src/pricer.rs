//! 测算: one case in one group → 基准率, 得分, 分值费用, 结余. All look-ups are compiled once per pack.
//!
//! Formulas come from the pack (`scoring.toml`, `settlement.toml`; see `docs/policy-pack.md`):
//! 基准率 = cost ÷ Π denominator factors; 得分 = 标准分 × (a·基准率 + b) × Π coefficients; 分值费用 = Π factors − minus.
//! The ratio enters as the exact quotient: 得分 is rounded once, from its exact value.

use crate::auxiliary_choice::{AuxiliaryChoice, AuxiliaryTable, Chosen};
use crate::bed_days::{self, BedDayPayment};
use crate::coefficient_table::{CoefficientTable, Coefficients, TakenRows};
use crate::exact::{Exact, half_up};
use crate::factor_list::{BONUS, FactorList, GROUP, HOSPITAL};
use crate::fixed_quota::QuotaTable;
use crate::missing::Missing;
use crate::price_table::{Held, PriceTable, UNKNOWN_POOL};
use crate::priced::{AppliedCoefficients, Ask, PaidBy, Priced};
use crate::scoring_plan::{RatioValue, ScoringPlan, SegmentPlan, scheme_of};
use jiff::civil::Date;
use model::{Case, Fen, Ratio};
use policy::{Cost, DateBasis, Factor, Flag, Kind, Minus, Pays, Policy, PriceKind, Source};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// A pack compiled for pricing.
#[derive(Clone, Debug)]
pub struct Pricer {
    pub(crate) policy: Arc<Policy>,
    plans: Vec<GroupPlan>,
    hospital_levels: FxHashMap<String, String>,
    insurance: FxHashMap<String, InsurancePlan>,
    ways: FxHashMap<String, Pays>,
    coefficients: CoefficientTable,
    prices: PriceTable,
    scoring: ScoringPlan,
    denominator: FactorList,
    payment: FactorList,
    floor: Option<Exact>,
    auxiliary: AuxiliaryTable,
    quotas: QuotaTable,
}

/// What is known of a group before any case.
#[derive(Clone, Debug)]
struct GroupPlan {
    points: Exact,
    points_shown: Decimal,
    reference_cost: Option<Decimal>,
    /// 参照费用 by level: level, yuan, where it stands.
    reference_costs: Vec<(String, Exact, Source)>,
    kind: Kind,
    scheme: u16,
    coefficient_rows: Option<u32>,
    quota_rows: Option<u32>,
    is_quota: bool,
    auxiliary: Option<u32>,
    confirmed: bool,
}

#[derive(Clone, Copy, Debug)]
struct InsurancePlan {
    pool: usize,
    dip: bool,
    fund_ratio: Option<Exact>,
    source: Source,
}

/// Everything looked up for one case in one group.
pub(crate) struct Inputs<'a> {
    pub(crate) case: &'a Case,
    plan: &'a GroupPlan,
    /// Numerator of 基准率; a trial cost when the interval of costs is looked for.
    pub(crate) ratio_cost: Option<Fen>,
    /// What the surplus is measured against.
    pub(crate) surplus_cost: Option<Fen>,
    prices: &'a PriceTable,
    insurance: Option<InsurancePlan>,
    pub(crate) level: &'a str,
    day: Option<Date>,
    pub(crate) price: Result<&'a Held, Missing>,
    coefficients: Cow<'a, Coefficients>,
    auxiliary: Chosen,
}

impl Pricer {
    /// Compiles a pack.
    pub fn new(policy: Arc<Policy>) -> Pricer {
        let (coefficients, coefficient_rows) = CoefficientTable::new(&policy);
        let (quotas, quota_rows) = QuotaTable::new(&policy);
        let (auxiliary, auxiliary_plans) = AuxiliaryTable::new(&policy);
        let (prices, pools) = PriceTable::new(&policy);
        let mut by_level: FxHashMap<&str, Vec<(String, Exact, Source)>> = FxHashMap::default();
        for row in &policy.reference_costs {
            let costs = by_level.entry(&row.group).or_default();
            costs.push((row.hospital_level.clone(), Exact::of(row.cost), row.source));
        }
        let plan = |at: usize, group: &policy::Group| GroupPlan {
            points: Exact::of(group.points),
            points_shown: half_up(group.points, policy.scoring.rounding.points),
            reference_cost: group.reference_cost.map(|cost| cost.normalize()),
            reference_costs: by_level.get(group.code.as_str()).cloned().unwrap_or_default(),
            kind: group.kind,
            scheme: scheme_of(&policy, group),
            coefficient_rows: coefficient_rows.get(at).copied().flatten(),
            quota_rows: quota_rows.get(at).copied().flatten(),
            is_quota: group.has(Flag::FixedQuota),
            auxiliary: auxiliary_plans.get(at).copied().flatten(),
            confirmed: group.source.confirmed(),
        };
        let insurance = policy.insurance_types.iter().map(|row| {
            let plan = InsurancePlan {
                pool: pools.get(&row.pool).copied().unwrap_or(UNKNOWN_POOL),
                dip: row.dip,
                fund_ratio: row.reimbursement_ratio.map(Exact::of),
                source: row.source,
            };
            (row.code.clone(), plan)
        });
        let hospitals = policy.hospitals.iter().map(|row| (row.code.clone(), row.level.clone()));
        Pricer {
            plans: policy.groups.iter().enumerate().map(|(at, group)| plan(at, group)).collect(),
            hospital_levels: hospitals.collect(),
            insurance: insurance.collect(),
            ways: policy.settlement_ways.iter().map(|way| (way.code.clone(), way.pays)).collect(),
            coefficients,
            prices,
            scoring: ScoringPlan::new(&policy),
            denominator: FactorList::new(policy.scoring.denominator.iter().copied()),
            payment: FactorList::new(policy.settlement.factors.iter().copied()),
            floor: policy.settlement.floor.map(Exact::of),
            auxiliary,
            quotas,
            policy,
        }
    }

    /// The pack.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Prices a case in the group at an index of [`Policy::groups`]. Whatever cannot be computed says why.
    pub fn price(&self, case: &Case, group: usize, ask: &Ask) -> Priced {
        match self.inputs(case, group, ask) {
            Some(inputs) => self.price_inputs(&inputs, group),
            None => Priced::unknown_group(group),
        }
    }

    pub(crate) fn price_inputs(&self, inputs: &Inputs<'_>, group: usize) -> Priced {
        let mut priced = inputs.start(group);
        self.score(inputs, &mut priced);
        self.pay(inputs, &mut priced);
        priced
    }

    /// 床日费用 of a stay whose settlement way pays by bed day: days × rates over the ranges of `bed_days.csv`.
    pub fn bed_day_payment(&self, case: &Case) -> Result<BedDayPayment, Missing> {
        bed_days::payment(&self.policy, case, self.level(case))
    }

    /// The hospital's level: the case's own, else that of `hospitals.csv`.
    pub(crate) fn level<'a>(&'a self, case: &'a Case) -> &'a str {
        if !case.hospital_level.is_empty() {
            return &case.hospital_level;
        }
        self.hospital_levels.get(case.hospital.as_str()).map_or("", String::as_str)
    }

    /// The day prices are taken at: the case's 试算 date, else its date of the pack's basis, else the asked day.
    fn day(&self, case: &Case, ask: &Ask) -> Option<Date> {
        let moment = match self.policy.identity.date_basis {
            DateBasis::Discharge => case.discharged,
            DateBasis::Settlement => case.settled,
        };
        case.policy_date.or_else(|| moment.map(|moment| moment.date())).or(ask.day)
    }

    pub(crate) fn inputs<'a>(&'a self, case: &'a Case, group: usize, ask: &Ask) -> Option<Inputs<'a>> {
        let plan = self.plans.get(group)?;
        let insurance = self.insurance.get(case.insurance_type.as_str()).copied();
        let level = self.level(case);
        let day = self.day(case, ask);
        let pool = insurance.map_or(UNKNOWN_POOL, |insurance| insurance.pool);
        let auxiliary =
            plan.auxiliary.map_or(Chosen::NONE, |at| self.auxiliary.choose(at, case, plan.reference_cost));
        Some(Inputs {
            case,
            plan,
            ratio_cost: cost_of(case, self.policy.scoring.numerator),
            surplus_cost: cost_of(case, self.policy.settlement.surplus_against),
            prices: &self.prices,
            insurance,
            level,
            day,
            price: self.prices.choose(pool, day, ask.price_kind),
            coefficients: self.coefficients.of(plan.coefficient_rows, plan.kind, case, level),
            auxiliary,
        })
    }

    /// Auxiliary levels a case matches in a group, with their coefficients.
    pub(crate) fn auxiliary_matches(
        &self,
        inputs: &Inputs<'_>,
        group: usize,
    ) -> Vec<(AuxiliaryChoice, Option<Ratio>)> {
        let plan = self.plans.get(group).and_then(|plan| Some((plan.auxiliary?, plan.reference_cost)));
        plan.map_or(Vec::new(), |(plan, cost)| self.auxiliary.matches(plan, inputs.case, cost))
    }

    /// The rows of `coefficients.csv` that a case's coefficients come from.
    pub(crate) fn coefficient_rows(&self, inputs: &Inputs<'_>) -> TakenRows {
        let plan = inputs.plan;
        self.coefficients.rows(plan.coefficient_rows, plan.kind, inputs.case, inputs.level)
    }

    /// The fixed quota row of a case: index into [`Policy::fixed_quotas`].
    pub(crate) fn quota_row(&self, inputs: &Inputs<'_>) -> Option<usize> {
        self.quotas.find(&self.policy, inputs.plan.quota_rows, inputs.level, &inputs.case.insurance_type)
    }

    /// 基准率, band, segment and 得分.
    fn score(&self, inputs: &Inputs<'_>, priced: &mut Priced) {
        priced.ratio_cost = inputs.ratio_cost;
        let ratio = match self.ratio(inputs, priced) {
            Ok(ratio) => Some(ratio),
            Err(missing) => {
                priced.ratio_missing = Some(missing);
                None
            }
        };
        if let Some(ratio) = &ratio {
            priced.band = self.scoring.band(ratio);
        }
        let Some((at, segment)) = self.scoring.segment(inputs.plan.scheme, ratio.as_ref()) else {
            priced.payment_missing = Some(priced.ratio_missing.unwrap_or(Missing::OutOfRange));
            return;
        };
        priced.segment = Some((inputs.plan.scheme, at));
        priced.review = segment.review;
        priced.confirmed &= segment.confirmed;
        if let Err(missing) = self.points(inputs, segment, ratio.as_ref(), priced) {
            priced.payment_missing = Some(missing);
        }
    }

    fn ratio(&self, inputs: &Inputs<'_>, priced: &mut Priced) -> Result<RatioValue, Missing> {
        let scoring = &self.policy.scoring;
        let cost = inputs.ratio_cost.ok_or(Missing::Cost(scoring.numerator))?;
        if cost < Fen::ZERO {
            return Err(Missing::NegativeCost(scoring.numerator));
        }
        let mut confirmed = scoring.source.confirmed();
        let base = inputs.product(&self.denominator, None, &mut confirmed)?;
        priced.base_cost = base.decimal();
        if !base.is_positive() {
            return Err(Missing::ZeroDenominator);
        }
        priced.confirmed &= confirmed;
        let (cost, digits) = (Exact::yuan(cost), scoring.rounding.ratio);
        let shown = cost.quotient_mantissa(base, digits).ok_or(Missing::OutOfRange)?;
        priced.ratio = Exact::new(shown, digits).rounded(digits);
        Ok(RatioValue { cost, base, shown, digits, rounded: scoring.rounded_ratio })
    }

    /// Segment factor and 得分.
    fn points(
        &self,
        inputs: &Inputs<'_>,
        segment: &SegmentPlan,
        ratio: Option<&RatioValue>,
        priced: &mut Priced,
    ) -> Result<(), Missing> {
        let rounding = &self.policy.scoring.rounding;
        let mut intercept = segment.b;
        if segment.add_hospital {
            intercept = intercept.plus(inputs.coefficients.product(HOSPITAL)).ok_or(Missing::OutOfRange)?;
            priced.confirmed &= inputs.coefficients.unconfirmed & HOSPITAL == 0;
        }
        let coefficients = inputs.product(&segment.coefficients, None, &mut priced.confirmed)?;
        let whole = times(inputs.plan.points, coefficients)?;
        let (factor, earned) = match ratio {
            Some(ratio) if !segment.a.is_zero() && !ratio.rounded => {
                let part = times(segment.a, ratio.cost)?;
                let factor = times(intercept, ratio.base)?.plus(part);
                let factor = factor.and_then(|n| n.quotient(ratio.base, rounding.factor));
                // Their parameters already counted, in the denominator or the coefficients.
                let above = inputs.product(&segment.above, None, &mut true)?;
                let below = inputs.product(&segment.below, None, &mut true)?;
                let slope = times(part, above)?;
                let earned = times(times(whole, intercept)?, below)?.plus(slope);
                (factor, earned.and_then(|n| n.quotient(below, rounding.points)))
            }
            ratio => {
                let shown = ratio.map_or(Exact::new(0, 0), |ratio| Exact::new(ratio.shown, ratio.digits));
                let factor = match segment.a.is_zero() {
                    true => intercept,
                    false => times(segment.a, shown)?.plus(intercept).ok_or(Missing::OutOfRange)?,
                };
                (factor.rounded(rounding.factor), times(whole, factor)?.rounded(rounding.points))
            }
        };
        priced.factor = Some(factor.ok_or(Missing::OutOfRange)?);
        priced.earned_points = Some(earned.ok_or(Missing::OutOfRange)?);
        Ok(())
    }

    /// 分值费用 and 结余.
    fn pay(&self, inputs: &Inputs<'_>, priced: &mut Priced) {
        match self.payment(inputs, priced) {
            Ok((amount, confirmed)) => {
                priced.payment = Some(amount);
                priced.payment_missing = None;
                priced.confirmed &= confirmed;
            }
            Err(missing) => {
                priced.payment_missing = match (missing, priced.payment_missing) {
                    (Missing::EarnedPoints, Some(earlier)) => Some(earlier),
                    _ => Some(missing),
                };
            }
        }
        let against = self.policy.settlement.surplus_against;
        match (priced.payment, inputs.surplus_cost) {
            (Some(payment), Some(cost)) => priced.surplus = Some(payment - cost),
            (None, _) => priced.surplus_missing = Some(Missing::Payment),
            (_, None) => priced.surplus_missing = Some(Missing::Cost(against)),
        }
    }

    fn payment(&self, inputs: &Inputs<'_>, priced: &mut Priced) -> Result<(Fen, bool), Missing> {
        if inputs.insurance.is_some_and(|insurance| !insurance.dip) {
            return Err(Missing::NotDip);
        }
        let quota = || self.policy.fixed_quotas.get(self.quota_row(inputs)?);
        let mut pay_quota = |row: &policy::FixedQuota| {
            priced.paid_by = Some(PaidBy::FixedQuota);
            let amount = Fen::from_yuan(row.amount).ok_or(Missing::OutOfRange)?;
            Ok((amount, row.source.confirmed()))
        };
        match self.pays(inputs.case)? {
            Pays::Item => Err(Missing::PaidByItem),
            Pays::Quota => pay_quota(quota().ok_or(Missing::Quota)?),
            Pays::BedDay => {
                priced.paid_by = Some(PaidBy::BedDay);
                let payment = bed_days::payment(&self.policy, inputs.case, inputs.level)?;
                Ok((payment.amount, payment.confirmed))
            }
            Pays::Dip => match quota() {
                Some(row) => pay_quota(row),
                None if inputs.plan.is_quota => Err(Missing::Quota),
                None => self.points_payment(inputs, priced),
            },
        }
    }

    /// 分值费用 = Π factors − minus, not below the floor, rounded to 分.
    fn points_payment(&self, inputs: &Inputs<'_>, priced: &mut Priced) -> Result<(Fen, bool), Missing> {
        let settlement = &self.policy.settlement;
        if let Ok(held) = inputs.price {
            priced.paid_by = Some(PaidBy::Points(held.kind));
            priced.price = Some(held.shown);
        }
        let earned = Exact::as_written(priced.earned_points.ok_or(Missing::EarnedPoints)?);
        let mut confirmed = settlement.source.confirmed();
        let mut amount = inputs.product(&self.payment, Some(earned), &mut confirmed)?;
        let minus = match settlement.minus {
            Minus::Nothing => None,
            Minus::SelfPay => Some(inputs.case.self_pay.ok_or(Missing::SelfPay)?),
            Minus::PatientPaid => {
                let total = inputs.case.total_cost.ok_or(Missing::Cost(Cost::Total))?;
                Some(total - inputs.case.pooled_fund.ok_or(Missing::Cost(Cost::PooledFund))?)
            }
        };
        if let Some(minus) = minus {
            amount = amount.plus(Exact::yuan(minus).negative()).ok_or(Missing::OutOfRange)?;
        }
        if let Some(floor) = self.floor
            && amount.compare(floor).is_lt()
        {
            amount = floor;
        }
        Ok((amount.fen().ok_or(Missing::OutOfRange)?, confirmed))
    }

    /// What the case's settlement way pays by. An empty way, or a pack without ways, means DIP.
    pub(crate) fn pays(&self, case: &Case) -> Result<Pays, Missing> {
        if case.settlement_way.is_empty() || self.ways.is_empty() {
            return Ok(Pays::Dip);
        }
        self.ways.get(case.settlement_way.as_str()).copied().ok_or(Missing::SettlementWay)
    }
}

impl Inputs<'_> {
    fn start(&self, group: usize) -> Priced {
        let coefficients = AppliedCoefficients {
            hospital: self.coefficients.hospital,
            group: self.coefficients.group,
            bonus: self.coefficients.bonus,
            auxiliary: self.auxiliary.coefficient,
            auxiliary_choice: self.auxiliary.choice,
        };
        let confirmed = self.plan.confirmed;
        Priced { standard_points: self.plan.points_shown, coefficients, confirmed, ..Priced::empty(group) }
    }

    /// The product of a list; clears `confirmed` when a parameter in it is not.
    #[inline]
    fn product(
        &self,
        factors: &FactorList,
        earned: Option<Exact>,
        confirmed: &mut bool,
    ) -> Result<Exact, Missing> {
        let mut product = self.coefficients.product(factors.coefficients);
        *confirmed &= self.coefficients.unconfirmed & factors.coefficients == 0;
        for factor in &factors.rest {
            product = times(product, self.factor(*factor, earned, confirmed)?)?;
        }
        Ok(product)
    }

    /// The value of one factor, exact; clears `confirmed` when it rests on an unconfirmed parameter.
    #[inline(always)]
    pub(crate) fn factor(
        &self,
        factor: Factor,
        earned: Option<Exact>,
        confirmed: &mut bool,
    ) -> Result<Exact, Missing> {
        let (value, sure) = match factor {
            Factor::StandardPoints => (self.plan.points, self.plan.confirmed),
            Factor::EarnedPoints => (earned.ok_or(Missing::EarnedPoints)?, true),
            Factor::ReferenceCost => {
                let cost = self.plan.reference_cost.ok_or(Missing::ReferenceCost)?;
                (Exact::of(cost), self.plan.confirmed)
            }
            Factor::ReferenceCostOfLevel => {
                let (cost, source) = self.reference_cost_of_level().ok_or(Missing::ReferenceCostOfLevel)?;
                (cost, source.confirmed())
            }
            Factor::Price => self.with_pool(self.price?),
            Factor::PriceOf(kind) => self.with_pool(self.price_of(kind)?),
            Factor::HospitalCoefficient => self.coefficient(HOSPITAL),
            Factor::GroupCoefficient => self.coefficient(GROUP),
            Factor::BonusCoefficient => self.coefficient(BONUS),
            Factor::AuxiliaryCoefficient => (self.auxiliary.exact, self.auxiliary.confirmed),
            Factor::FundRatio => {
                let insurance = self.insurance.ok_or(Missing::InsuranceType)?;
                (insurance.fund_ratio.ok_or(Missing::FundRatio)?, insurance.source.confirmed())
            }
        };
        *confirmed &= sure;
        Ok(value)
    }

    fn coefficient(&self, bit: u8) -> (Exact, bool) {
        (self.coefficients.product(bit), self.coefficients.unconfirmed & bit == 0)
    }

    /// 参照费用 of the group at the hospital's level, and where it stands.
    pub(crate) fn reference_cost_of_level(&self) -> Option<(Exact, Source)> {
        let of_level = self.plan.reference_costs.iter().find(|(level, ..)| level == self.level);
        of_level.map(|(_, cost, source)| (*cost, *source))
    }

    /// Where the case's insurance type stands.
    pub(crate) fn insurance_source(&self) -> Option<Source> {
        self.insurance.map(|insurance| insurance.source)
    }

    /// The price of one kind for the case's pool and day.
    pub(crate) fn price_of(&self, kind: PriceKind) -> Result<&Held, Missing> {
        let pool = self.insurance.map_or(UNKNOWN_POOL, |insurance| insurance.pool);
        self.prices.of(pool, self.day, kind)
    }

    /// A price of one pool also rests on the insurance type that named the pool.
    fn with_pool(&self, held: &Held) -> (Exact, bool) {
        let pool_confirmed =
            !held.of_pool || self.insurance.is_none_or(|insurance| insurance.source.confirmed());
        (held.price, held.confirmed && pool_confirmed)
    }
}

/// A cost of the case.
pub(crate) fn cost_of(case: &Case, cost: Cost) -> Option<Fen> {
    match cost {
        Cost::Total => case.total_cost,
        Cost::Insurer => case.insurer_cost,
        Cost::InScope => case.in_scope_cost,
        Cost::PooledFund => case.pooled_fund,
    }
}

#[inline]
fn times(a: Exact, b: Exact) -> Result<Exact, Missing> {
    a.times(b).ok_or(Missing::OutOfRange)
}
