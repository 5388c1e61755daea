//! What was found beside what the pack says now.

use super::points::Divisor;
use super::price_vote::PriceVote;
use super::reading::{CoefficientUse, FittedStratum};
use super::returned_case::Stratum;
use super::search::Hypothesis;
use policy::{Asked, CoefficientKind, Cost, Factor, Group, PointsCoefficient, Policy, PriceKind, Segment};
use rust_decimal::Decimal;

/// Outcome of one comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 一致
    Agrees,
    /// 不一致
    Differs,
    /// 样本不足 or not comparable.
    Unknown,
}

impl Verdict {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Verdict::Agrees => "一致",
            Verdict::Differs => "不一致",
            Verdict::Unknown => "无法判断",
        }
    }
}

/// One parameter, found and present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What is compared, in Chinese.
    pub what: String,
    /// As the returns show it; `—` when they do not.
    pub found: String,
    /// As the pack has it; `—` when it has no single value.
    pub present: String,
    /// Outcome.
    pub verdict: Verdict,
}

const NOTHING: &str = "—";

/// A relative difference below this counts as equal: finer than any parameter is written.
const CLOSE: Decimal = Decimal::from_parts(2, 0, 0, false, 4);

fn close(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() <= CLOSE * a.abs().max(b.abs()).max(Decimal::ONE)
}

fn row(what: String, found: Option<Decimal>, present: Option<Decimal>) -> Comparison {
    let text =
        |value: Option<Decimal>| value.map_or(NOTHING.to_owned(), |v| v.round_dp(6).normalize().to_string());
    let verdict = match (found, present) {
        (Some(a), Some(b)) if close(a, b) => Verdict::Agrees,
        (Some(_), Some(_)) => Verdict::Differs,
        _ => Verdict::Unknown,
    };
    Comparison { what, found: text(found), present: text(present), verdict }
}

/// Numerator and divisor of the ratio.
pub(crate) fn ratio(
    policy: &Policy,
    found: &Hypothesis,
    auxiliary: bool,
    ambiguous: bool,
) -> Vec<Comparison> {
    let numerator = policy.scoring.numerator;
    let equal = |same: bool| match (ambiguous, same) {
        (true, _) => Verdict::Unknown,
        (false, true) => Verdict::Agrees,
        (false, false) => Verdict::Differs,
    };
    let present = divisor_of(policy);
    let mut rows = vec![
        Comparison {
            what: "基准率分子".to_owned(),
            found: found.numerator.chinese().to_owned(),
            present: numerator.chinese().to_owned(),
            verdict: equal(numerator == found.numerator),
        },
        Comparison {
            what: "基准率分母所随".to_owned(),
            found: found.divisor.chinese().to_owned(),
            present: present.map_or(NOTHING, Divisor::chinese).to_owned(),
            verdict: equal(present == Some(found.divisor)),
        },
    ];
    if auxiliary {
        let divides = divides_by_auxiliary(policy);
        let text = |divides: bool| if divides { "在分母中" } else { "不在分母中" }.to_owned();
        rows.push(Comparison {
            what: "辅助目录系数".to_owned(),
            found: text(found.auxiliary_divides),
            present: text(divides),
            verdict: equal(divides == found.auxiliary_divides),
        });
    }
    rows
}

fn divides_by_auxiliary(policy: &Policy) -> bool {
    policy.scoring.denominator.contains(&Factor::AuxiliaryCoefficient)
}

/// The pack's own reading of the ratio, where the fit tries it.
pub(crate) fn present_reading(policy: &Policy, auxiliary: bool) -> Option<Hypothesis> {
    Some(Hypothesis {
        numerator: policy.scoring.numerator,
        divisor: divisor_of(policy)?,
        auxiliary_divides: auxiliary && divides_by_auxiliary(policy),
    })
}

/// Which of the divisors the pack's denominator holds.
pub(crate) fn divisor_of(policy: &Policy) -> Option<Divisor> {
    policy.scoring.denominator.iter().find_map(|factor| match factor {
        Factor::StandardPoints => Some(Divisor::StandardPoints),
        Factor::ReferenceCost => Some(Divisor::ReferenceCost),
        Factor::ReferenceCostOfLevel => Some(Divisor::ReferenceCostOfLevel),
        _ => None,
    })
}

/// The only price of a pool and kind; `None` when there are several.
fn only_price(policy: &Policy, pool: &str, kind: Option<PriceKind>) -> Option<Decimal> {
    let kinds: Vec<PriceKind> = match kind {
        Some(kind) => vec![kind],
        None => policy.settlement.price_order.clone(),
    };
    for kind in kinds {
        let rows = policy.prices.iter().filter(|row| row.kind == kind);
        let mut values: Vec<Decimal> =
            rows.filter(|row| row.pool.is_empty() || row.pool == pool).map(|row| row.price).collect();
        values.sort();
        values.dedup();
        match values.as_slice() {
            [] => {}
            [one] => return Some(*one),
            _ => return None,
        }
    }
    None
}

/// A group no row names, of the stratum's kind: its coefficients are the general ones.
fn sample_group<'p>(policy: &'p Policy, stratum: &Stratum) -> Option<&'p Group> {
    let named = |group: &Group| policy.coefficients.rows.iter().any(|row| row.group == group.code);
    let wanted = |group: &&Group| stratum.kind.is_none_or(|kind| group.kind == kind);
    policy.groups.iter().filter(wanted).find(|group| !named(group))
}

fn coefficient(policy: &Policy, stratum: &Stratum, which: PointsCoefficient) -> Option<Decimal> {
    let insurance = policy.insurance_types.iter().find(|row| row.pool == stratum.pool);
    // Without a hospital in the returns the only one of its level is meant, else the level alone decides.
    let mut of_level = policy.hospitals.iter().filter(|row| row.level == stratum.hospital_level);
    let hospital = match (stratum.hospital.as_str(), of_level.next(), of_level.next()) {
        ("", Some(only), None) => only.code.as_str(),
        (hospital, ..) => hospital,
    };
    let asked = Asked {
        hospital,
        hospital_level: &stratum.hospital_level,
        insurance_type: insurance.map_or("", |row| row.code.as_str()),
        group: sample_group(policy, stratum),
    };
    let find = |kind| Some(policy.coefficients.find(kind, &asked).map_or(Decimal::ONE, |row| row.value));
    match which {
        PointsCoefficient::Hospital => find(CoefficientKind::Hospital),
        PointsCoefficient::Group => find(CoefficientKind::Group),
        PointsCoefficient::Bonus => {
            let rows = policy.coefficients.bonuses(&asked);
            Some(match policy.scoring.bonus_multiplies {
                true => rows.iter().map(|row| Decimal::ONE + row.value).product(),
                false => Decimal::ONE + rows.iter().map(|row| row.value).sum::<Decimal>(),
            })
        }
        // Differs from case to case: most have none.
        PointsCoefficient::Auxiliary => Some(Decimal::ONE),
    }
}

/// What the pack divides by besides the divisor; `None` without a single value.
pub(crate) fn present_scale(policy: &Policy, stratum: &Stratum, divisor: Divisor) -> Option<Decimal> {
    if divisor_of(policy) != Some(divisor) {
        return None;
    }
    let mut scale = Decimal::ONE;
    for factor in &policy.scoring.denominator {
        scale *= match factor {
            Factor::StandardPoints | Factor::ReferenceCost | Factor::ReferenceCostOfLevel => Decimal::ONE,
            Factor::Price => only_price(policy, &stratum.pool, None)?,
            Factor::PriceOf(kind) => only_price(policy, &stratum.pool, Some(*kind))?,
            Factor::HospitalCoefficient => coefficient(policy, stratum, PointsCoefficient::Hospital)?,
            Factor::GroupCoefficient => coefficient(policy, stratum, PointsCoefficient::Group)?,
            Factor::BonusCoefficient => coefficient(policy, stratum, PointsCoefficient::Bonus)?,
            Factor::AuxiliaryCoefficient => Decimal::ONE,
            Factor::EarnedPoints | Factor::FundRatio => return None,
        };
    }
    Some(scale)
}

/// Scale, coefficient and segments of one stratum. Differences count only where most cases lie on common lines.
pub(crate) fn stratum(policy: &Policy, fitted: &FittedStratum, divisor: Divisor) -> Vec<Comparison> {
    let mut rows = all_of_stratum(policy, fitted, divisor);
    for row in rows.iter_mut().filter(|row| row.verdict == Verdict::Differs && !fitted.reliable()) {
        row.verdict = Verdict::Unknown;
    }
    rows
}

fn all_of_stratum(policy: &Policy, fitted: &FittedStratum, divisor: Divisor) -> Vec<Comparison> {
    let name = fitted.stratum.chinese();
    let mut rows = Vec::new();
    let scale = fitted.scale.filter(|_| !fitted.scale_from_pack);
    rows.push(row(format!("{name}：分母系数"), scale, present_scale(policy, &fitted.stratum, divisor)));
    let Some(scheme) = policy.scoring.schemes.first() else { return rows };
    let normal = scheme.segments.iter().find(|segment| segment.holds(Decimal::ONE));
    let product = |segment: &Segment| {
        segment.coefficients.iter().try_fold(Decimal::ONE, |product, which| {
            Some(product * coefficient(policy, &fitted.stratum, *which)?)
        })
    };
    let present = normal.filter(|segment| segment.a.is_zero()).and_then(|segment| {
        let added = match segment.add_hospital {
            true => coefficient(policy, &fitted.stratum, PointsCoefficient::Hospital)?,
            false => Decimal::ZERO,
        };
        Some((segment.b + added) * product(segment)?)
    });
    rows.push(row(format!("{name}：正常倍率系数"), fitted.coefficient, present));
    let effective = |segment: &Segment| {
        let times = product(segment)?;
        let added = match segment.add_hospital {
            true => coefficient(policy, &fitted.stratum, PointsCoefficient::Hospital)?,
            false => Decimal::ZERO,
        };
        Some((segment.a * times, (segment.b + added) * times))
    };
    // Neighbours that give the same points look like one segment in the data.
    let mut merged: Vec<(&Segment, Option<(Decimal, Decimal)>)> = Vec::new();
    for segment in &scheme.segments {
        let line = effective(segment);
        if merged.last().is_none_or(|(_, last)| line.is_none() || *last != line) {
            merged.push((segment, line));
        }
    }
    let found_line = |segment: &super::FittedSegment| {
        let c = fitted.coefficient.unwrap_or(Decimal::ONE);
        match segment.coefficient {
            CoefficientUse::Multiplied => (segment.a * c, segment.b * c),
            CoefficientUse::None => (segment.a, segment.b),
            CoefficientUse::Added => (segment.a, segment.b + c),
        }
    };
    for (segment, line) in &merged {
        let wanted = |f: &&super::FittedSegment| match (line, f.lo) {
            (Some(line), lo) => {
                let (a, b) = found_line(f);
                close(a, line.0)
                    && close(b, line.1)
                    && lo.unwrap_or_default() < segment.hi.unwrap_or(Decimal::MAX)
                    && lo.unwrap_or_default() >= segment.lo - Decimal::new(2, 1)
            }
            (None, lo) => lo.unwrap_or_default() == segment.lo,
        };
        let at_start = |f: &&super::FittedSegment| close(f.lo.unwrap_or_default(), segment.lo);
        let found = fitted.segments.iter().find(wanted).or_else(|| fitted.segments.iter().find(at_start));
        let found = found.filter(|f| f.enough);
        let hi = segment.hi.map_or("以上".to_owned(), |hi| format!("~{hi}"));
        let what = format!("{name}：分段 {}{hi}（{}）", segment.lo, segment.name);
        let write = |a: Decimal, b: Decimal| {
            format!("{}×R + {}", a.round_dp(4).normalize(), b.round_dp(4).normalize())
        };
        let verdict = match (found, line) {
            (Some(f), Some(line)) => {
                let (a, b) = found_line(f);
                let inside = f.lo_bracket.is_none_or(|(lo, hi)| lo <= segment.lo && segment.lo <= hi)
                    || close(f.lo.unwrap_or_default(), segment.lo);
                let same = close(a, line.0) && close(b, line.1) && inside;
                if same { Verdict::Agrees } else { Verdict::Differs }
            }
            _ => Verdict::Unknown,
        };
        rows.push(Comparison {
            what,
            found: found.map_or(NOTHING.to_owned(), |f| {
                let (a, b) = found_line(f);
                format!("自 {} 起 {}", f.lo.unwrap_or_default(), write(a, b))
            }),
            present: line
                .map_or(NOTHING.to_owned(), |(a, b)| format!("自 {} 起 {}", segment.lo, write(a, b))),
            verdict,
        });
    }
    let met = |f: &&super::FittedSegment| {
        let (a, b) = found_line(f);
        f.enough && !merged.iter().any(|(_, line)| line.is_some_and(|l| close(l.0, a) && close(l.1, b)))
    };
    for extra in fitted.segments.iter().filter(met) {
        let (a, b) = found_line(extra);
        rows.push(Comparison {
            what: format!("{name}：政策包没有的分段"),
            found: format!(
                "自 {} 起 {}×R + {}",
                extra.lo.unwrap_or_default(),
                a.round_dp(4).normalize(),
                b.round_dp(4).normalize()
            ),
            present: NOTHING.to_owned(),
            verdict: Verdict::Differs,
        });
    }
    rows
}

/// The price of a pool beside every price of the pack for it.
pub(crate) fn price(policy: &Policy, vote: &PriceVote) -> Comparison {
    let pool = &vote.stratum.pool;
    let rows = policy.prices.iter().filter(|row| row.pool.is_empty() || row.pool == *pool);
    let coefficients = payment_coefficients(policy, &vote.stratum);
    let mut same = None;
    let mut all = Vec::new();
    for row in rows {
        let expected = coefficients.map(|times| row.price * times);
        let text = format!("{} {}", row.kind.chinese(), row.price);
        if !all.contains(&text) {
            all.push(text);
        }
        if let (Some(expected), Some(found)) = (expected, vote.price)
            && close(expected, found)
        {
            let times = coefficients.filter(|times| *times != Decimal::ONE);
            let times = times.map_or(String::new(), |times| format!(" × 系数 {}", times.normalize()));
            same = Some(format!("{} {}{times}", row.kind.chinese(), row.price));
        }
    }
    let verdict = match (&same, vote.price, coefficients) {
        (Some(_), ..) => Verdict::Agrees,
        (None, Some(_), Some(_)) => Verdict::Differs,
        _ => Verdict::Unknown,
    };
    Comparison {
        what: format!("{}：分值价钱（{}）", vote.stratum.chinese(), vote.formula.chinese()),
        found: vote.price.map_or(NOTHING.to_owned(), |price| price.normalize().to_string()),
        present: same.unwrap_or_else(|| if all.is_empty() { NOTHING.to_owned() } else { all.join("、") }),
        verdict,
    }
}

/// Coefficients the payment formula multiplies besides points and price, where they are the same for all cases.
fn payment_coefficients(policy: &Policy, stratum: &Stratum) -> Option<Decimal> {
    let mut product = Decimal::ONE;
    for factor in &policy.settlement.factors {
        product *= match factor {
            Factor::EarnedPoints | Factor::Price | Factor::PriceOf(_) => Decimal::ONE,
            Factor::FundRatio => {
                policy.insurance_types.iter().find(|row| row.pool == stratum.pool)?.reimbursement_ratio?
            }
            Factor::HospitalCoefficient => coefficient(policy, stratum, PointsCoefficient::Hospital)?,
            Factor::GroupCoefficient => coefficient(policy, stratum, PointsCoefficient::Group)?,
            Factor::BonusCoefficient => coefficient(policy, stratum, PointsCoefficient::Bonus)?,
            _ => return None,
        };
    }
    Some(product)
}

/// Numerators the returns can show.
pub(crate) const NUMERATORS: [Cost; 4] = [Cost::Total, Cost::Insurer, Cost::InScope, Cost::PooledFund];
