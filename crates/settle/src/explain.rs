//! 测算过程: every step of a price with its numbers, its source and a sentence.

use crate::exact::{Exact, half_up};
use crate::missing::Missing;
use crate::priced::{Ask, PaidBy, Priced};
use crate::pricer::{Inputs, Pricer};
use model::{Case, Fen};
use policy::{Asked, CoefficientKind, Factor, Minus, PointsCoefficient, Policy, PriceKind, Source};
use rust_decimal::Decimal;

/// One step of the calculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// 名称: 基准率, 得分 …
    pub name: String,
    /// The formula with the numbers put in; empty for a number read from the pack.
    pub formula: String,
    /// The result, `—` when it could not be computed.
    pub result: String,
    /// Where its parameter stands (`scoring.toml:3`), several joined by `、`; empty for plain arithmetic.
    pub place: String,
    /// What the parameter rests on.
    pub evidence: String,
    /// Every parameter of the step is confirmed.
    pub confirmed: bool,
    /// The step as a sentence.
    pub sentence: String,
}

const NOTHING: &str = "—";

impl Pricer {
    /// The steps that lead to [`Pricer::price`]'s numbers, in order; exactly its numbers.
    pub fn explain(&self, case: &Case, group: usize, ask: &Ask) -> Vec<Step> {
        let priced = self.price(case, group, ask);
        let (Some(inputs), Some(of_group)) = (self.inputs(case, group, ask), self.policy.groups.get(group))
        else {
            return vec![missing_step("病种", Missing::Group)];
        };
        let explainer = Explainer { pricer: self, policy: &self.policy, inputs, priced, group: of_group };
        explainer.steps()
    }
}

struct Explainer<'a> {
    pricer: &'a Pricer,
    policy: &'a Policy,
    inputs: Inputs<'a>,
    priced: Priced,
    group: &'a policy::Group,
}

impl Explainer<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.standard_points()];
        steps.extend(self.coefficients());
        steps.push(self.ratio());
        steps.extend(self.segment());
        steps.extend(self.points());
        steps.push(self.payment());
        steps.push(self.surplus());
        steps
    }

    fn step(
        &self,
        name: &str,
        formula: String,
        result: String,
        sources: &[Source],
        sentence: String,
    ) -> Step {
        let mut places = Vec::new();
        let mut evidence: Vec<&str> = Vec::new();
        for source in sources {
            let place = self.policy.place(*source);
            if !places.contains(&place) {
                places.push(place);
            }
            let text = self.policy.evidence_of(*source);
            if !evidence.contains(&text) {
                evidence.push(text);
            }
        }
        Step {
            name: name.to_owned(),
            formula,
            result,
            place: places.join("、"),
            evidence: evidence.join("；"),
            confirmed: sources.iter().all(|source| source.confirmed()),
            sentence,
        }
    }

    fn standard_points(&self) -> Step {
        let points = self.priced.standard_points.to_string();
        let sentence = format!("病种 {} {} 的标准分为 {points}。", self.group.code, self.group.name);
        self.step("标准分", String::new(), points, &[self.group.source], sentence)
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            hospital: &self.inputs.case.hospital,
            hospital_level: self.inputs.level,
            insurance_type: &self.inputs.case.insurance_type,
            group: Some(self.group),
        }
    }

    /// Rows a factor was taken from.
    fn sources(&self, factor: Factor) -> Vec<Source> {
        let row = |kind| self.policy.coefficients.find(kind, &self.asked()).map(|row| row.source);
        match factor {
            Factor::StandardPoints | Factor::ReferenceCost => vec![self.group.source],
            Factor::EarnedPoints => Vec::new(),
            Factor::ReferenceCostOfLevel => {
                let of_group = |row: &&policy::ReferenceCost| {
                    row.group == self.group.code && row.hospital_level == self.inputs.level
                };
                self.policy.reference_costs.iter().find(of_group).map(|row| row.source).into_iter().collect()
            }
            Factor::Price => self.price_sources(None),
            Factor::PriceOf(kind) => self.price_sources(Some(kind)),
            Factor::HospitalCoefficient => row(CoefficientKind::Hospital).into_iter().collect(),
            Factor::GroupCoefficient => row(CoefficientKind::Group).into_iter().collect(),
            Factor::BonusCoefficient => {
                self.policy.coefficients.bonuses(&self.asked()).iter().map(|row| row.source).collect()
            }
            Factor::AuxiliaryCoefficient => self.auxiliary_sources(),
            Factor::FundRatio => self.insurance_source().into_iter().collect(),
        }
    }

    fn insurance_source(&self) -> Option<Source> {
        let code = self.inputs.case.insurance_type.as_str();
        self.policy.insurance_types.iter().find(|row| row.code == code).map(|row| row.source)
    }

    fn price_sources(&self, kind: Option<PriceKind>) -> Vec<Source> {
        let held = match kind {
            None => self.inputs.price,
            Some(kind) => self.inputs.price_of(kind),
        };
        let Ok(held) = held else { return Vec::new() };
        let row = self.policy.prices.get(held.row).map(|row| row.source);
        let pool = self.insurance_source().filter(|_| held.of_pool);
        row.into_iter().chain(pool).collect()
    }

    /// Rows of the levels that matched: the winner, or all of them where the pack multiplies.
    fn auxiliary_sources(&self) -> Vec<Source> {
        let all = self.policy.scoring.auxiliary_multiplies;
        let chosen = self.priced.coefficients.auxiliary_choice;
        let counts = |one: &(crate::AuxiliaryChoice, Option<Decimal>)| {
            one.1.is_some() && (all || Some(one.0) == chosen)
        };
        let matched = self.pricer.auxiliary_matches(&self.inputs, self.priced.group);
        let source = |(choice, _): (crate::AuxiliaryChoice, Option<Decimal>)| {
            let kind = self.policy.auxiliary.types.get(usize::from(choice.kind))?;
            let level = kind.levels.get(usize::from(choice.level))?;
            Some(self.policy.auxiliary.coefficient(&kind.id, &level.id, &self.group.code)?.source)
        };
        matched.into_iter().filter(counts).filter_map(source).collect()
    }

    /// A factor as a formula shows it: `医院系数 1.0600`.
    fn text(&self, factor: Factor) -> String {
        match self.inputs.factor(factor, self.priced.earned_points.map(Exact::as_written), &mut true) {
            Ok(value) => format!("{} {}", factor.chinese(), self.number(factor, value)),
            Err(_) => format!("{} {NOTHING}", factor.chinese()),
        }
    }

    fn number(&self, factor: Factor, value: Exact) -> String {
        let rounding = &self.policy.scoring.rounding;
        let digits = match factor {
            Factor::StandardPoints | Factor::EarnedPoints => rounding.points,
            Factor::ReferenceCost | Factor::ReferenceCostOfLevel => 2,
            Factor::Price | Factor::PriceOf(_) => rounding.price,
            _ => rounding.coefficient,
        };
        value.decimal().map_or(NOTHING.to_owned(), |value| shown(value, digits))
    }

    /// The coefficients that differ from 1 or are written in the pack, each once.
    fn coefficients(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for factor in [
            Factor::HospitalCoefficient,
            Factor::GroupCoefficient,
            Factor::BonusCoefficient,
            Factor::AuxiliaryCoefficient,
        ] {
            let sources = self.sources(factor);
            let value = self.inputs.factor(factor, None, &mut true).ok().and_then(Exact::decimal);
            let Some(value) = value.filter(|_| !sources.is_empty()) else { continue };
            let result = shown(value, self.policy.scoring.rounding.coefficient);
            let (formula, reason) = match factor {
                Factor::BonusCoefficient => (self.bonus_formula(), String::new()),
                Factor::AuxiliaryCoefficient => self.auxiliary_formula(),
                _ => (String::new(), String::new()),
            };
            let name = factor.chinese();
            let sentence = match formula.is_empty() {
                true => format!("{name}为 {result}{reason}。"),
                false => format!("{name} = {formula} = {result}{reason}。"),
            };
            steps.push(self.step(name, formula, result, &sources, sentence));
        }
        steps
    }

    fn bonus_formula(&self) -> String {
        let rows = self.policy.coefficients.bonuses(&self.asked());
        let part = |row: &&policy::CoefficientRow| format!("{} {}", row.name, row.value.normalize());
        let parts: Vec<String> = rows.iter().map(part).collect();
        match self.policy.scoring.bonus_multiplies {
            true => parts.iter().map(|part| format!("(1 + {part})")).collect::<Vec<_>>().join(" × "),
            false => format!("1 + {}", parts.join(" + ")),
        }
    }

    fn auxiliary_formula(&self) -> (String, String) {
        let name = |choice: crate::AuxiliaryChoice| {
            let kind = self.policy.auxiliary.types.get(usize::from(choice.kind));
            let level = kind.and_then(|kind| kind.levels.get(usize::from(choice.level)));
            let named = |name: &str, id: &str| if name.is_empty() { id.to_owned() } else { name.to_owned() };
            let kind = kind.map_or(String::new(), |kind| named(&kind.name, &kind.id));
            format!("{kind}·{}", level.map_or(String::new(), |level| named(&level.name, &level.id)))
        };
        let matched = self.pricer.auxiliary_matches(&self.inputs, self.priced.group);
        let parts: Vec<String> = matched
            .iter()
            .filter_map(|(choice, value)| Some(format!("{} {}", name(*choice), value.as_ref()?.normalize())))
            .collect();
        match (self.policy.scoring.auxiliary_multiplies, parts.len()) {
            (true, _) => (parts.join(" × "), String::new()),
            (false, 1) => (String::new(), format!("（{}）", parts.concat())),
            (false, _) => (format!("最高（{}）", parts.join("、")), String::new()),
        }
    }

    fn ratio(&self) -> Step {
        let scoring = &self.policy.scoring;
        let name = "基准率";
        let mut sources = vec![scoring.source];
        let mut parts = Vec::new();
        for factor in &scoring.denominator {
            parts.push(self.text(*factor));
            sources.extend(self.sources(*factor));
        }
        let cost = self.priced.ratio_cost.map_or(NOTHING.to_owned(), |cost| cost.to_string());
        let formula = format!("{} {cost} ÷（{}）", scoring.numerator.chinese(), parts.join(" × "));
        let Some(ratio) = self.priced.ratio else {
            let missing = self.priced.ratio_missing.unwrap_or(Missing::OutOfRange);
            return self.step(
                name,
                formula,
                NOTHING.to_owned(),
                &sources,
                format!("无法计算基准率：{missing}。"),
            );
        };
        let band = match self.priced.band_label(self.policy) {
            "" => String::new(),
            band => format!("，落在 {band}"),
        };
        let sentence = format!("{name} = {formula} = {ratio}{band}。");
        self.step(name, formula, ratio.to_string(), &sources, sentence)
    }

    fn segment(&self) -> Option<Step> {
        let segment = self.priced.segment_of(self.policy)?;
        let mut sources = vec![segment.source];
        let mut formula = match (segment.a.is_zero(), self.priced.ratio) {
            (true, _) | (false, None) => segment.b.normalize().to_string(),
            (false, Some(ratio)) => {
                let b = segment.b.normalize();
                let plus = if b.is_sign_negative() { format!("− {}", b.abs()) } else { format!("+ {b}") };
                format!("{} × {ratio} {plus}", segment.a.normalize())
            }
        };
        if segment.add_hospital {
            formula += &format!(" + {}", self.text(Factor::HospitalCoefficient));
            sources.extend(self.sources(Factor::HospitalCoefficient));
        }
        let bounds = format!(
            "{}{}, {}{}",
            if segment.lo_inclusive { "[" } else { "(" },
            segment.lo.normalize(),
            segment.hi.map_or("∞".to_owned(), |hi| hi.normalize().to_string()),
            if segment.hi_inclusive { "]" } else { ")" }
        );
        let result = self.priced.factor.map_or(NOTHING.to_owned(), |factor| factor.to_string());
        let review = match segment.review.as_str() {
            "" => String::new(),
            review => format!("，须{review}"),
        };
        let plain = segment.a.is_zero() && !segment.add_hospital;
        let equals = if plain { format!("为 {result}") } else { format!(" = {formula} = {result}") };
        let sentence = format!("按“{}”分段 {bounds} 计分，分段系数{equals}{review}。", segment.name);
        Some(self.step("分段系数", formula, result, &sources, sentence))
    }

    fn points(&self) -> Option<Step> {
        let segment = self.priced.segment_of(self.policy)?;
        let mut sources = vec![self.group.source, segment.source];
        let factor = self.priced.factor.map_or(NOTHING.to_owned(), |factor| factor.to_string());
        let mut formula = format!("{} × 分段系数 {factor}", self.text(Factor::StandardPoints));
        for coefficient in &segment.coefficients {
            let factor = match coefficient {
                PointsCoefficient::Hospital => Factor::HospitalCoefficient,
                PointsCoefficient::Group => Factor::GroupCoefficient,
                PointsCoefficient::Bonus => Factor::BonusCoefficient,
                PointsCoefficient::Auxiliary => Factor::AuxiliaryCoefficient,
            };
            formula += &format!(" × {}", self.text(factor));
            sources.extend(self.sources(factor));
        }
        let result = self.priced.earned_points.map_or(NOTHING.to_owned(), |points| points.to_string());
        // The shown factor is rounded; the points are not made from it.
        let note = if segment.a.is_zero() || self.policy.scoring.rounded_ratio {
            ""
        } else {
            "（按未舍入的基准率计算）"
        };
        let sentence = format!("得分 = {formula} = {result}{note}。");
        Some(self.step("得分", formula, result, &sources, sentence))
    }

    fn payment(&self) -> Step {
        let name = "分值费用";
        let amount = self.priced.payment.map_or(NOTHING.to_owned(), |amount| amount.to_string());
        if let (Some(missing), None) = (self.priced.payment_missing, self.priced.payment) {
            let sources = [self.policy.settlement.source];
            return self.step(
                name,
                String::new(),
                amount,
                &sources,
                format!("无法计算分值费用：{missing}。"),
            );
        }
        match self.priced.paid_by {
            Some(PaidBy::FixedQuota) => {
                let row = self.pricer.quota_row(&self.inputs).and_then(|at| self.policy.fixed_quotas.get(at));
                let sources: Vec<Source> = row.map(|row| row.source).into_iter().collect();
                self.step(
                    name,
                    String::new(),
                    amount.clone(),
                    &sources,
                    format!("项目定额病种，按定额 {amount} 元支付。"),
                )
            }
            Some(PaidBy::BedDay) => self.bed_days(amount),
            _ => self.points_payment(amount),
        }
    }

    fn bed_days(&self, amount: String) -> Step {
        let (mut parts, mut sources) = (Vec::new(), Vec::new());
        if let Ok(payment) = self.pricer.bed_day_payment(self.inputs.case) {
            for part in payment.parts {
                let days = part.last_day - part.first_day + 1;
                parts.push(format!("{days} 天 × {}", shown(part.rate, 2)));
                sources.extend(self.policy.bed_days.get(part.row).map(|row| row.source));
            }
        }
        let formula = parts.join(" + ");
        let sentence = format!("按床日支付：{formula} = {amount} 元。");
        self.step("分值费用", formula, amount, &sources, sentence)
    }

    fn points_payment(&self, amount: String) -> Step {
        let settlement = &self.policy.settlement;
        let mut sources = vec![settlement.source];
        let mut parts = Vec::new();
        for factor in &settlement.factors {
            let text = self.text(*factor);
            parts.push(match (factor, self.priced.paid_by) {
                (Factor::Price, Some(by)) => text.replacen(Factor::Price.chinese(), by.chinese(), 1),
                _ => text,
            });
            sources.extend(self.sources(*factor));
        }
        let mut formula = parts.join(" × ");
        let case = self.inputs.case;
        match (settlement.minus, case.self_pay, case.total_cost, case.pooled_fund) {
            (Minus::SelfPay, Some(paid), ..) => formula += &format!(" − 个人自费自付 {paid}"),
            (Minus::PatientPaid, _, Some(total), Some(fund)) => {
                formula += &format!(" −（总费用 {total} − 统筹记账 {fund}）");
            }
            _ => {}
        }
        if let Some(floor) = settlement.floor {
            formula = format!("max({formula}, {})", floor.normalize());
        }
        let sentence = format!("分值费用 = {formula} = {amount} 元。");
        self.step("分值费用", formula, amount, &sources, sentence)
    }

    fn surplus(&self) -> Step {
        let against = self.policy.settlement.surplus_against;
        let text = |amount: Option<Fen>| amount.map_or(NOTHING.to_owned(), |amount| amount.to_string());
        let formula = format!(
            "分值费用 {} − {} {}",
            text(self.priced.payment),
            against.chinese(),
            text(self.inputs.surplus_cost)
        );
        let result = text(self.priced.surplus);
        let sentence = match (self.priced.surplus, self.priced.surplus_missing) {
            (None, missing) => format!("无法计算结余：{}。", missing.unwrap_or(Missing::Payment)),
            (Some(surplus), _) if surplus < Fen::ZERO => {
                format!("结余 = {formula} = {result} 元，亏损 {} 元。", -surplus)
            }
            (Some(_), _) => format!("结余 = {formula} = {result} 元。"),
        };
        self.step("结余", formula, result, &[], sentence)
    }
}

fn missing_step(name: &str, missing: Missing) -> Step {
    Step {
        name: name.to_owned(),
        formula: String::new(),
        result: NOTHING.to_owned(),
        place: String::new(),
        evidence: String::new(),
        confirmed: false,
        sentence: format!("{missing}。"),
    }
}

/// At least `digits` decimals, all of them where the number has more: what stands in a formula must compute.
fn shown(value: Decimal, digits: u32) -> String {
    let value = value.normalize();
    if value.scale() <= digits { half_up(value, digits).to_string() } else { value.to_string() }
}
