//! 辅助目录 choice: which level of each subtype a case falls into, and the coefficient that results.
//!
//! Source: DIP 3.0 技术规范（征求意见稿）第五章第二节; the highest trigger coefficient wins unless the pack multiplies.

use crate::diagnosis_index::{DiagnosisIndex, is_marked, no_categories};
use crate::exact::Exact;
use model::{Case, Code, Ratio, Sex};
use policy::{CodeMap, Condition, DiagnosisPattern, Flag, Group, Policy, Span};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashMap;
use std::cell::OnceCell;

/// A level of a subtype: indices into [`policy::Auxiliary::types`] and its levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuxiliaryChoice {
    /// Subtype.
    pub kind: u16,
    /// Level.
    pub level: u16,
}

/// What a case gets from the auxiliary catalogues.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) coefficient: Ratio,
    /// The same number, ready for products.
    pub(crate) exact: Exact,
    pub(crate) choice: Option<AuxiliaryChoice>,
    pub(crate) confirmed: bool,
}

impl Chosen {
    pub(crate) const NONE: Chosen =
        Chosen { coefficient: Decimal::ONE, exact: Exact::ONE, choice: None, confirmed: true };
}

/// Whether a group takes auxiliary coefficients: its kind is listed and no flag forbids it.
pub(crate) fn takes_auxiliary(policy: &Policy, group: &Group) -> bool {
    let forbidden = [Flag::NoAuxiliary, Flag::Tcm, Flag::BedDay];
    policy.auxiliary.kinds.contains(&group.kind) && !forbidden.into_iter().any(|flag| group.has(flag))
}

/// All subtypes of a pack, compiled.
#[derive(Clone, Debug)]
pub(crate) struct AuxiliaryTable {
    types: Vec<Type>,
    multiplies: bool,
    /// 类目 that some condition on other diagnoses names.
    named: Vec<bool>,
    /// Coefficients by plan, each a list of (type, coefficient of each level).
    plans: Vec<Plan>,
    /// 临床版 → 医保版: conditions are written in 医保版 codes.
    code_map: CodeMap,
}

type Plan = Vec<(u16, Vec<Option<(Ratio, bool)>>)>;

#[derive(Clone, Debug)]
struct Type {
    weights: Option<Weights>,
    levels: Vec<Vec<Test>>,
}

/// Charlson weights: classes count once with their highest weight.
#[derive(Clone, Debug)]
struct Weights {
    index: DiagnosisIndex,
    /// Class and weight of each pattern.
    of_pattern: Vec<(usize, u32)>,
    classes: usize,
}

/// A range over whole numbers.
#[derive(Clone, Copy, Debug)]
struct Whole {
    lo: u32,
    hi: u32,
}

impl Whole {
    fn of(span: &Span) -> Whole {
        // Beyond u32 lies no age and no stay: an unreachable bound makes an empty or an open range.
        let lo = span.lo.map_or(Some(0), |lo| lo.ceil().max(Decimal::ZERO).to_u32());
        let hi = span.hi.map_or(Some(u32::MAX), |hi| hi.floor().min(Decimal::from(u32::MAX)).to_u32());
        match (lo, hi) {
            (Some(lo), Some(hi)) => Whole { lo, hi },
            _ => Whole { lo: 1, hi: 0 },
        }
    }

    fn holds(self, value: u32) -> bool {
        self.lo <= value && value <= self.hi
    }
}

/// A condition made ready for quick tests.
#[derive(Clone, Debug)]
enum Test {
    AgeYears(Whole),
    AgeDays(Whole),
    IcuDays(Whole),
    StayDays(Whole),
    Cci(Whole),
    CostRatio(Span),
    DrugShare(Span),
    TreatmentShare(Span),
    Died(bool),
    Sex(Sex),
    Other(Box<OtherDiagnosis>),
    Principal(Vec<DiagnosisPattern>),
    Operation(Vec<Code>),
}

#[derive(Clone, Debug)]
struct OtherDiagnosis {
    index: DiagnosisIndex,
    other_category: bool,
    /// Principal prefixes that cancel each pattern; empty without exclusions.
    excluded_by: Vec<Vec<Code>>,
}

/// What the conditions ask of a case, worked out at most once.
struct Facts<'a> {
    case: &'a Case,
    code_map: &'a CodeMap,
    reference_cost: Option<Decimal>,
    stay_days: OnceCell<Option<u32>>,
    /// Codes of the other diagnoses whose 类目 some condition names: the first `count` of `few`, or all of `many`.
    few: [&'a str; FEW],
    count: usize,
    many: Vec<&'a str>,
}

/// Other diagnoses that need no allocation; Chinese front pages hold up to 40, most far fewer.
const FEW: usize = 16;

impl<'a> Facts<'a> {
    fn new(case: &'a Case, reference_cost: Option<Decimal>, table: &'a AuxiliaryTable) -> Facts<'a> {
        let mut facts = Facts {
            case,
            code_map: &table.code_map,
            reference_cost,
            stay_days: OnceCell::new(),
            few: [""; FEW],
            count: 0,
            many: Vec::new(),
        };
        for other in &case.other_diagnoses {
            let code = table.code_map.diagnosis(&other.code).as_str();
            if !is_marked(&table.named, code) {
                continue;
            }
            match facts.few.get_mut(facts.count) {
                Some(slot) => *slot = code,
                None if facts.many.is_empty() => facts.many.extend(facts.few.iter().copied().chain([code])),
                None => facts.many.push(code),
            }
            facts.count += 1;
        }
        facts
    }

    fn others(&self) -> &[&'a str] {
        if self.many.is_empty() { self.few.get(..self.count).unwrap_or_default() } else { &self.many }
    }
}

impl AuxiliaryTable {
    /// Compiles the subtypes; the second value is the plan of each group, `None` where no coefficient can apply.
    pub(crate) fn new(policy: &Policy) -> (AuxiliaryTable, Vec<Option<u32>>) {
        let types: Vec<Type> = policy.auxiliary.types.iter().map(compile_type).collect();
        let mut named = no_categories();
        for subtype in &types {
            if let Some(weights) = &subtype.weights {
                weights.index.mark(&mut named);
            }
            for test in subtype.levels.iter().flatten() {
                if let Test::Other(other) = test {
                    other.index.mark(&mut named);
                }
            }
        }
        let multiplies = policy.scoring.auxiliary_multiplies;
        let code_map = policy.code_map.clone();
        let mut table = AuxiliaryTable { types, multiplies, named, plans: Vec::new(), code_map };
        let mut own: FxHashMap<&str, Option<u32>> = FxHashMap::default();
        for row in policy.auxiliary.rows() {
            own.insert(row.group.as_str(), None);
        }
        let plan_of = |table: &mut AuxiliaryTable, code: &str| {
            let plan = plan(policy, code);
            if plan.is_empty() {
                return None;
            }
            let at = table.plans.iter().position(|known| *known == plan).unwrap_or_else(|| {
                table.plans.push(plan);
                table.plans.len() - 1
            });
            u32::try_from(at).ok()
        };
        let general = plan_of(&mut table, "*");
        let of_group = policy.groups.iter().map(|group| {
            if !takes_auxiliary(policy, group) {
                None
            } else if own.contains_key(group.code.as_str()) {
                plan_of(&mut table, &group.code)
            } else {
                general
            }
        });
        let of_group = of_group.collect();
        (table, of_group)
    }

    /// The coefficient of a case under a group's plan; nothing matched means 1.
    pub(crate) fn choose(&self, plan: u32, case: &Case, reference_cost: Option<Decimal>) -> Chosen {
        let facts = Facts::new(case, reference_cost, self);
        let mut chosen = Chosen::NONE;
        for (kind, coefficients) in self.plans.get(plan as usize).into_iter().flatten() {
            let Some(subtype) = self.types.get(usize::from(*kind)) else { continue };
            let Some(level) = subtype.level(&facts) else { continue };
            let Some((value, confirmed)) = coefficients.get(level).copied().flatten() else { continue };
            let choice = AuxiliaryChoice { kind: *kind, level: level as u16 };
            if self.multiplies {
                chosen.coefficient *= value;
                chosen.choice = chosen.choice.or(Some(choice));
                chosen.confirmed &= confirmed;
            } else if chosen.choice.is_none() || value > chosen.coefficient {
                chosen = Chosen { coefficient: value, choice: Some(choice), confirmed, ..chosen };
            }
        }
        chosen.exact = Exact::as_written(chosen.coefficient);
        chosen
    }

    /// Every level that matched, with its coefficient where the group has one; for explanations.
    pub(crate) fn matches(
        &self,
        plan: u32,
        case: &Case,
        reference_cost: Option<Decimal>,
    ) -> Vec<(AuxiliaryChoice, Option<Ratio>)> {
        let facts = Facts::new(case, reference_cost, self);
        let plan = self.plans.get(plan as usize).into_iter().flatten();
        plan.filter_map(|(kind, coefficients)| {
            let level = self.types.get(usize::from(*kind))?.level(&facts)?;
            let value = coefficients.get(level).copied().flatten().map(|(value, _)| value);
            Some((AuxiliaryChoice { kind: *kind, level: level as u16 }, value))
        })
        .collect()
    }
}

/// The subtypes that have some coefficient for a group (`*`: for all).
fn plan(policy: &Policy, code: &str) -> Plan {
    let mut plan = Plan::new();
    for (at, kind) in policy.auxiliary.types.iter().enumerate() {
        let of_level = |level: &policy::Level| {
            let row = policy.auxiliary.coefficient(&kind.id, &level.id, code)?;
            Some((row.coefficient.normalize(), row.source.confirmed()))
        };
        let coefficients: Vec<_> = kind.levels.iter().map(of_level).collect();
        if coefficients.iter().any(Option::is_some) {
            plan.push((at as u16, coefficients));
        }
    }
    plan
}

fn compile_type(kind: &policy::AuxiliaryType) -> Type {
    let mut classes: Vec<&str> = Vec::new();
    let mut of_pattern = Vec::new();
    for (_, class, weight) in &kind.weights {
        let at = classes.iter().position(|known| known == class).unwrap_or_else(|| {
            classes.push(class);
            classes.len() - 1
        });
        of_pattern.push((at, *weight));
    }
    let patterns = kind.weights.iter().map(|(code, _, _)| DiagnosisPattern::Prefix(code.clone()));
    let weights = (!of_pattern.is_empty()).then(|| Weights {
        index: DiagnosisIndex::new(patterns.collect()),
        classes: classes.len(),
        of_pattern,
    });
    let levels = kind.levels.iter().map(|level| level.conditions.iter().map(compile_test).collect());
    let mut levels: Vec<Vec<Test>> = levels.collect();
    // All must hold, so the cheap ones may go first.
    for tests in &mut levels {
        tests.sort_by_key(|test| matches!(test, Test::Other(_) | Test::Operation(_) | Test::Cci(_)));
    }
    Type { weights, levels }
}

fn compile_test(condition: &Condition) -> Test {
    match condition {
        Condition::AgeYears(span) => Test::AgeYears(Whole::of(span)),
        Condition::AgeDays(span) => Test::AgeDays(Whole::of(span)),
        Condition::IcuDays(span) => Test::IcuDays(Whole::of(span)),
        Condition::StayDays(span) => Test::StayDays(Whole::of(span)),
        Condition::Cci(span) => Test::Cci(Whole::of(span)),
        Condition::CostRatio(span) => Test::CostRatio(*span),
        Condition::DrugShare(span) => Test::DrugShare(*span),
        Condition::TreatmentShare(span) => Test::TreatmentShare(*span),
        Condition::Died(died) => Test::Died(*died),
        Condition::Sex(sex) => Test::Sex(*sex),
        Condition::PrincipalDiagnosis(patterns) => Test::Principal(patterns.clone()),
        Condition::Operation(codes) => Test::Operation(codes.clone()),
        Condition::OtherDiagnosis { patterns, other_category, exclusions, tables } => {
            let of_table = |table: &String| {
                let rows = exclusions.iter().filter(|(_, excluded)| !table.is_empty() && excluded == table);
                rows.map(|(code, _)| code.clone()).collect()
            };
            Test::Other(Box::new(OtherDiagnosis {
                index: DiagnosisIndex::new(patterns.clone()),
                other_category: *other_category,
                excluded_by: tables.iter().map(of_table).collect(),
            }))
        }
    }
}

impl Type {
    /// The first level whose conditions all hold.
    fn level(&self, facts: &Facts<'_>) -> Option<usize> {
        let mut cci = None;
        self.levels.iter().position(|tests| tests.iter().all(|test| self.holds(test, facts, &mut cci)))
    }

    fn holds(&self, test: &Test, facts: &Facts<'_>, cci: &mut Option<u32>) -> bool {
        let case = facts.case;
        let whole = |span: &Whole, value: Option<u32>| value.is_some_and(|value| span.holds(value));
        match test {
            Test::AgeYears(span) => whole(span, case.age_years),
            Test::AgeDays(span) => whole(span, case.age_days),
            Test::IcuDays(span) => whole(span, case.icu_days),
            Test::StayDays(span) => whole(span, facts.stay_days()),
            Test::Cci(span) => {
                let sum = || self.weights.as_ref().map_or(0, |weights| weights.sum(facts.others()));
                span.holds(*cci.get_or_insert_with(sum))
            }
            Test::CostRatio(span) => ratio_within(span, facts.total_cost(), facts.reference_cost),
            Test::DrugShare(span) => {
                ratio_within(span, case.drug_cost.map(model::Fen::yuan), facts.total_cost())
            }
            Test::TreatmentShare(span) => {
                ratio_within(span, case.treatment_cost.map(model::Fen::yuan), facts.total_cost())
            }
            Test::Died(died) => case.died() == *died,
            Test::Sex(sex) => case.sex == Some(*sex),
            Test::Other(other) => other.holds(facts.principal(), facts.others()),
            Test::Principal(patterns) => patterns.iter().any(|pattern| pattern.fits(facts.principal())),
            Test::Operation(codes) => {
                let listed =
                    |code: &Code| codes.iter().any(|listed| code.as_str().starts_with(listed.as_str()));
                case.procedures.iter().any(|procedure| listed(facts.code_map.procedure(&procedure.code)))
            }
        }
    }
}

impl Weights {
    /// 查尔森指数 of the other diagnoses.
    fn sum(&self, others: &[&str]) -> u32 {
        const CLASSES: usize = 32;
        let mut few = [0u32; CLASSES];
        let mut many = if self.classes > CLASSES { vec![0u32; self.classes] } else { Vec::new() };
        let best = if many.is_empty() { few.as_mut_slice() } else { many.as_mut_slice() };
        for other in others {
            for at in self.index.fitting(other) {
                if let Some((class, weight)) = self.of_pattern.get(at)
                    && let Some(best) = best.get_mut(*class)
                {
                    *best = (*best).max(*weight);
                }
            }
        }
        best.iter().sum()
    }
}

impl OtherDiagnosis {
    fn holds(&self, principal: &str, others: &[&str]) -> bool {
        fn category(code: &str) -> &str {
            code.get(..3).unwrap_or(code)
        }
        others.iter().any(|other| {
            if self.other_category && category(other) == category(principal) {
                return false;
            }
            let cancelled = |at: usize| {
                let codes = self.excluded_by.get(at).map(Vec::as_slice).unwrap_or_default();
                codes.iter().any(|code| principal.starts_with(code.as_str()))
            };
            self.index.fitting(other).any(|at| !cancelled(at))
        })
    }
}

impl Facts<'_> {
    fn stay_days(&self) -> Option<u32> {
        *self.stay_days.get_or_init(|| self.case.stay_days())
    }

    fn principal(&self) -> &Code {
        self.code_map.diagnosis(&self.case.principal_diagnosis.code)
    }

    fn total_cost(&self) -> Option<Decimal> {
        self.case.total_cost.map(model::Fen::yuan)
    }
}

/// Whether `numerator / denominator` lies in the span; false without either or with a denominator not above zero.
fn ratio_within(span: &Span, numerator: Option<Decimal>, denominator: Option<Decimal>) -> bool {
    let (Some(n), Some(d)) = (numerator, denominator) else { return false };
    let times = |bound: Decimal| bound.checked_mul(d);
    d > Decimal::ZERO
        && span.lo.is_none_or(|lo| times(lo).is_some_and(|least| n >= least))
        && span.hi.is_none_or(|hi| times(hi).is_some_and(|most| n <= most))
}
