//! 测算过程 in words: the texts of a step, made from its numbers when somebody reads them.

use crate::auxiliary_choice::AuxiliaryChoice;
use crate::exact::half_up;
use crate::explain::{Step, Term, Working};
use crate::missing::Missing;
use crate::priced::{band_label, segment_at};
use model::Ratio;
use policy::{Factor, Policy, Segment, Source};
use rust_decimal::Decimal;
use std::fmt::Display;

const NOTHING: &str = "—";

impl Step {
    /// 名称: 基准率, 得分 …
    pub fn name(&self) -> &'static str {
        match &self.working {
            Working::NoGroup => "病种",
            Working::StandardPoints { .. } => Factor::StandardPoints.chinese(),
            Working::Coefficient(factor) => factor.chinese(),
            Working::Bonus { .. } => Factor::BonusCoefficient.chinese(),
            Working::Auxiliary { .. } => Factor::AuxiliaryCoefficient.chinese(),
            Working::Ratio { .. } => "基准率",
            Working::SegmentFactor { .. } => "分段系数",
            Working::Points { .. } => Factor::EarnedPoints.chinese(),
            Working::NoPayment(_) | Working::FixedQuota | Working::BedDays(_) | Working::Payment { .. } => {
                "分值费用"
            }
            Working::Surplus { .. } => "结余",
        }
    }

    /// The formula with the numbers put in; empty for a number read from the pack.
    pub fn formula(&self, policy: &Policy) -> String {
        match &self.working {
            Working::Bonus { rows } => bonuses(policy, rows),
            Working::Auxiliary { matched } => levels(policy, matched).0,
            Working::Ratio { cost, denominator, .. } => {
                let (numerator, denominator) = (policy.scoring.numerator, product(policy, denominator));
                format!("{} {} ÷（{denominator}）", numerator.chinese(), text(*cost))
            }
            Working::SegmentFactor { segment, ratio, hospital } => {
                let of_segment = segment_at(policy, *segment).map(|segment| line(segment, *ratio));
                let mut formula = of_segment.unwrap_or_default();
                if let Some(hospital) = hospital {
                    formula += &format!(" + {}", term(policy, hospital));
                }
                formula
            }
            Working::Points { standard_points, factor, coefficients, .. } => {
                let points = term(policy, standard_points);
                let mut formula = format!("{points} × 分段系数 {}", text(*factor));
                for coefficient in coefficients {
                    formula += &format!(" × {}", term(policy, coefficient));
                }
                formula
            }
            Working::BedDays(parts) => {
                let part = |part: &crate::BedDayPart| {
                    format!("{} 天 × {}", part.last_day - part.first_day + 1, shown(part.rate, 2))
                };
                parts.iter().map(part).collect::<Vec<_>>().join(" + ")
            }
            Working::Payment { factors, self_pay, patient_paid } => {
                let mut formula = product(policy, factors);
                if let Some(paid) = self_pay {
                    formula += &format!(" − 个人自费自付 {paid}");
                }
                if let Some((total, fund)) = patient_paid {
                    formula += &format!(" −（总费用 {total} − 统筹记账 {fund}）");
                }
                match policy.settlement.floor {
                    Some(floor) => format!("max({formula}, {})", floor.normalize()),
                    None => formula,
                }
            }
            Working::Surplus { payment, cost, .. } => {
                let against = policy.settlement.surplus_against.chinese();
                format!("分值费用 {} − {against} {}", text(*payment), text(*cost))
            }
            Working::NoGroup
            | Working::StandardPoints { .. }
            | Working::Coefficient(_)
            | Working::NoPayment(_)
            | Working::FixedQuota => String::new(),
        }
    }

    /// The result, `—` when it could not be computed.
    pub fn result_text(&self, policy: &Policy) -> String {
        let digits = policy.scoring.rounding.coefficient;
        match &self.working {
            Working::Coefficient(_) | Working::Bonus { .. } | Working::Auxiliary { .. } => {
                text(self.result.map(|value| shown(value, digits)))
            }
            _ => text(self.result),
        }
    }

    /// Where its parameters stand (`scoring.toml:3`), joined by `、`; empty for plain arithmetic.
    pub fn place(&self, policy: &Policy) -> String {
        self.each_once(|source| policy.place(source)).join("、")
    }

    /// What its parameters rest on, joined by `；`.
    pub fn evidence(&self, policy: &Policy) -> String {
        self.each_once(|source| policy.evidence_of(source)).join("；")
    }

    fn each_once<T: PartialEq>(&self, of: impl Fn(Source) -> T) -> Vec<T> {
        let mut texts = Vec::new();
        for source in &self.sources {
            let text = of(*source);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts
    }

    /// The step as a sentence.
    pub fn sentence(&self, policy: &Policy) -> String {
        let (name, formula, result) = (self.name(), self.formula(policy), self.result_text(policy));
        match &self.working {
            Working::NoGroup => format!("{}。", Missing::Group),
            Working::StandardPoints { group } => {
                let group = policy.groups.get(*group);
                let (code, named) =
                    group.map_or(("", ""), |group| (group.code.as_str(), group.name.as_str()));
                format!("病种 {code} {named} 的{name}为 {result}。")
            }
            Working::Coefficient(_) => format!("{name}为 {result}。"),
            Working::Bonus { .. } => format!("{name} = {formula} = {result}。"),
            Working::Auxiliary { matched } => match (formula.as_str(), levels(policy, matched).1) {
                ("", reason) => format!("{name}为 {result}{reason}。"),
                (formula, reason) => format!("{name} = {formula} = {result}{reason}。"),
            },
            Working::Ratio { missing, .. } if self.result.is_none() => {
                format!("无法计算{name}：{}。", missing.unwrap_or(Missing::OutOfRange))
            }
            Working::Ratio { band, .. } => {
                let band = match band.map_or("", |band| band_label(policy, band)) {
                    "" => String::new(),
                    band => format!("，落在 {band}"),
                };
                format!("{name} = {formula} = {result}{band}。")
            }
            Working::SegmentFactor { segment, .. } => match segment_at(policy, *segment) {
                Some(segment) => segment_sentence(segment, &formula, &result),
                None => String::new(),
            },
            Working::Points { segment, .. } => {
                // The shown factor is rounded; the points are not made from it.
                let sloped = segment_at(policy, *segment).is_some_and(|segment| !segment.a.is_zero());
                let exact = sloped && !policy.scoring.rounded_ratio;
                let note = if exact { "（按未舍入的基准率计算）" } else { "" };
                format!("{name} = {formula} = {result}{note}。")
            }
            Working::NoPayment(missing) => format!("无法计算{name}：{missing}。"),
            Working::FixedQuota => format!("项目定额病种，按定额 {result} 元支付。"),
            Working::BedDays(_) => format!("按床日支付：{formula} = {result} 元。"),
            Working::Payment { .. } => format!("{name} = {formula} = {result} 元。"),
            Working::Surplus { missing, .. } => match self.result {
                None => format!("无法计算{name}：{}。", missing.unwrap_or(Missing::Payment)),
                Some(surplus) if surplus < Decimal::ZERO => {
                    format!("{name} = {formula} = {result} 元，亏损 {} 元。", -surplus)
                }
                Some(_) => format!("{name} = {formula} = {result} 元。"),
            },
        }
    }
}

fn text(value: Option<impl Display>) -> String {
    value.map_or(NOTHING.to_owned(), |value| value.to_string())
}

/// A factor as a formula shows it: `医院系数 1.0600`.
fn term(policy: &Policy, term: &Term) -> String {
    let rounding = &policy.scoring.rounding;
    let digits = match term.factor {
        Factor::StandardPoints | Factor::EarnedPoints => rounding.points,
        Factor::ReferenceCost | Factor::ReferenceCostOfLevel => 2,
        Factor::Price | Factor::PriceOf(_) => rounding.price,
        _ => rounding.coefficient,
    };
    format!("{} {}", term.factor.chinese(), text(term.value.map(|value| shown(value, digits))))
}

fn product(policy: &Policy, terms: &[Term]) -> String {
    terms.iter().map(|one| term(policy, one)).collect::<Vec<_>>().join(" × ")
}

fn bonuses(policy: &Policy, rows: &[usize]) -> String {
    let rows = rows.iter().filter_map(|row| policy.coefficients.rows.get(*row));
    let parts = rows.map(|row| format!("{} {}", row.name, row.value.normalize()));
    match policy.scoring.bonus_multiplies {
        true => parts.map(|part| format!("(1 + {part})")).collect::<Vec<_>>().join(" × "),
        false => format!("1 + {}", parts.collect::<Vec<_>>().join(" + ")),
    }
}

/// Formula of the levels that matched; for a single one that needs no formula, what follows its coefficient.
fn levels(policy: &Policy, matched: &[(AuxiliaryChoice, Ratio)]) -> (String, String) {
    fn named(name: &str, id: &str) -> String {
        if name.is_empty() { id.to_owned() } else { name.to_owned() }
    }
    let part = |(choice, value): &(AuxiliaryChoice, Ratio)| {
        let kind = policy.auxiliary.types.get(usize::from(choice.kind));
        let level = kind.and_then(|kind| kind.levels.get(usize::from(choice.level)));
        let kind = kind.map_or(String::new(), |kind| named(&kind.name, &kind.id));
        let level = level.map_or(String::new(), |level| named(&level.name, &level.id));
        format!("{kind}·{level} {}", value.normalize())
    };
    let parts: Vec<String> = matched.iter().map(part).collect();
    match (policy.scoring.auxiliary_multiplies, parts.len()) {
        (true, _) => (parts.join(" × "), String::new()),
        (false, 1) => (String::new(), format!("（{}）", parts.concat())),
        (false, _) => (format!("最高（{}）", parts.join("、")), String::new()),
    }
}

/// a × 基准率 + b of a segment.
fn line(segment: &Segment, ratio: Option<Ratio>) -> String {
    let b = segment.b.normalize();
    match ratio.filter(|_| !segment.a.is_zero()) {
        None => b.to_string(),
        Some(ratio) => {
            let plus = if b.is_sign_negative() { format!("− {}", b.abs()) } else { format!("+ {b}") };
            format!("{} × {ratio} {plus}", segment.a.normalize())
        }
    }
}

fn segment_sentence(segment: &Segment, formula: &str, result: &str) -> String {
    let bounds = format!(
        "{}{}, {}{}",
        if segment.lo_inclusive { "[" } else { "(" },
        segment.lo.normalize(),
        segment.hi.map_or("∞".to_owned(), |hi| hi.normalize().to_string()),
        if segment.hi_inclusive { "]" } else { ")" }
    );
    let review = match segment.review.as_str() {
        "" => String::new(),
        review => format!("，须{review}"),
    };
    let plain = segment.a.is_zero() && !segment.add_hospital;
    let equals = if plain { format!("为 {result}") } else { format!(" = {formula} = {result}") };
    format!("按“{}”分段 {bounds} 计分，分段系数{equals}{review}。", segment.name)
}

/// At least `digits` decimals, all of them where the number has more: what stands in a formula must compute.
fn shown(value: Decimal, digits: u32) -> Decimal {
    let value = value.normalize();
    if value.scale() <= digits { half_up(value, digits) } else { value }
}
