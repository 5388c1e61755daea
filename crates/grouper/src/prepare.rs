//! What the stages need of a case, worked out once: mapped codes, operation classes, exclusions.

use crate::index::{Index, KnownOperation};
use model::{Case, Code};
use policy::{ExclusionRule, MainOperation, OperationClass, Policy};
use std::borrow::Cow;

/// Operations of a case, as bits in record order without repeats. Records allow 40; from the 128th on they share a bit.
pub(crate) type OperationSet = u128;

/// One operation hit by a catalogue pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatternHit {
    pub(crate) pattern: u32,
    pub(crate) operation: OperationSet,
    pub(crate) exact: bool,
}

/// A case seen with the pack's eyes. Buffers are reused from case to case.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// Principal diagnosis after the code map.
    pub(crate) principal: Code,
    /// Catalogue codes hit by the case's operations.
    pub(crate) hits: Vec<PatternHit>,
    /// Operations that may fill a 主要操作.
    pub(crate) eligible_main: OperationSet,
    /// The first operation, for tie-breaks.
    pub(crate) first: OperationSet,
    /// Operations by the class they count as, lowest class first.
    by_class: [OperationSet; 5],
    /// Distinct operations that are left after exclusion.
    pub(crate) all: OperationSet,
    /// Class of the case.
    pub(crate) class: OperationClass,
    /// Highest level among its operations.
    pub(crate) level: u8,
    /// Some operation has no row in the operation table.
    pub(crate) class_unknown: bool,
    /// An exclusion rule made the whole case conservative.
    pub(crate) forced_conservative: bool,
}

/// Bit of the operation at a place in the record.
pub(crate) fn bit(at: usize) -> OperationSet {
    1 << at.min(127)
}

impl Prepared {
    pub(crate) fn fill(&mut self, policy: &Policy, index: &Index, case: &Case, principal: &Code) {
        *self = Prepared {
            principal: policy.code_map.diagnosis(principal).clone(),
            hits: take_empty(&mut self.hits),
            ..Prepared::default()
        };
        let rules = &policy.grouping;
        let mut listed = 0;
        let (mut first_class, mut highest) = (None, OperationClass::Conservative);
        let mut main_decided = false;
        for (at, operation) in case.procedures.iter().enumerate() {
            let code = policy.code_map.procedure(&operation.code);
            let repeated =
                case.procedures.iter().take(at).any(|p| policy.code_map.procedure(&p.code) == code);
            if code.is_empty() || repeated {
                continue;
            }
            let known = known_operation(policy, index, code);
            let rule = known
                .exclusion
                .and_then(|at| rules.excluded_operations.get(at as usize))
                .map(|(_, rule)| rule);
            if matches!(rule, Some(ExclusionRule::Drop)) {
                continue;
            }
            let bit = bit(at);
            listed += 1;
            let conservative_as_main = match rule {
                Some(ExclusionRule::Conservative) => true,
                Some(ExclusionRule::Limited(scope)) => {
                    !scope.iter().any(|pattern| pattern.fits(&self.principal))
                }
                _ => false,
            };
            let not_main = matches!(rule, Some(ExclusionRule::NotMain));
            if !not_main {
                if !main_decided && conservative_as_main {
                    self.forced_conservative = true;
                }
                let may = match rules.main_operation {
                    MainOperation::Any => true,
                    MainOperation::First => listed == 1,
                    MainOperation::FirstEligible => !main_decided,
                };
                if may && !conservative_as_main {
                    self.eligible_main |= bit;
                }
                main_decided = true;
            }
            self.all |= bit;
            if self.first == 0 {
                self.first = bit;
            }
            self.hits.extend(known.patterns.iter().map(|(pattern, exact)| PatternHit {
                pattern: *pattern,
                operation: bit,
                exact: *exact,
            }));
            let class = self.class_of(policy, &known, bit);
            first_class = first_class.or(class);
            highest = highest.max(class.unwrap_or(OperationClass::Conservative));
            self.level = self.level.max(known.level);
        }
        self.class =
            if rules.highest_class { highest } else { first_class.unwrap_or(OperationClass::Conservative) };
        if self.forced_conservative {
            self.class = OperationClass::Conservative;
            self.hits.clear();
            (self.by_class, self.eligible_main, self.level) = ([0; 5], 0, 0);
        }
    }

    fn class_of(
        &mut self,
        policy: &Policy,
        known: &KnownOperation,
        bit: OperationSet,
    ) -> Option<OperationClass> {
        let Some(class) = known.class else {
            self.class_unknown = true;
            return None;
        };
        let minor = (1..=policy.grouping.conservative_up_to_level).contains(&known.level);
        let class = match counted_class(policy, class) {
            OperationClass::Surgical if minor => OperationClass::Conservative,
            class => class,
        };
        self.by_class[class as usize] |= bit;
        Some(class)
    }

    /// Operations that count as 手术 (介入 too when the pack says so).
    pub(crate) fn surgical(&self) -> OperationSet {
        self.by_class[OperationClass::Surgical as usize]
    }

    /// Highest class among some of the operations.
    pub(crate) fn class_among(&self, operations: OperationSet) -> OperationClass {
        let classes = OperationClass::NAMES.iter().rev().map(|(_, class)| *class);
        let mut held = classes.filter(|class| self.by_class[*class as usize] & operations != 0);
        held.next().unwrap_or_default()
    }
}

/// 介入 counts as 手术 where the pack says so.
pub(crate) fn counted_class(policy: &Policy, class: OperationClass) -> OperationClass {
    match class {
        OperationClass::Interventional if policy.grouping.surgical_includes_interventional => {
            OperationClass::Surgical
        }
        class => class,
    }
}

pub(crate) fn known_operation<'a>(policy: &Policy, index: &'a Index, code: &str) -> Cow<'a, KnownOperation> {
    match index.known(code) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(index.describe(policy, code)),
    }
}

fn take_empty(hits: &mut Vec<PatternHit>) -> Vec<PatternHit> {
    let mut hits = std::mem::take(hits);
    hits.clear();
    hits
}
