//! The plainest case that a catalogue row asks for.

use model::{Case, Code, Coded, Fen, Sex};
use policy::{ClassRule, DiagnosisPattern, Group, OperationClass, Policy, Span};
use rust_decimal::Decimal;
use rustc_hash::{FxHashMap, FxHashSet};

/// Draws, for any row of a pack, a case that the row's own conditions describe.
#[derive(Debug)]
pub struct Exemplars<'p> {
    policy: &'p Policy,
    /// Diagnosis prefixes that rows with a code of their own claim.
    claimed: FxHashSet<&'p str>,
    /// For each class an operation that no catalogue row names.
    by_class: FxHashMap<OperationClass, Code>,
    by_level: FxHashMap<u8, Code>,
}

impl<'p> Exemplars<'p> {
    /// Looks through the pack once.
    pub fn new(policy: &'p Policy) -> Exemplars<'p> {
        let mut claimed = FxHashSet::default();
        let mut named: FxHashSet<&str> = FxHashSet::default();
        for group in &policy.groups {
            for pattern in &group.diagnosis {
                if let DiagnosisPattern::Prefix(code) = pattern {
                    claimed.insert(code.as_str());
                }
            }
            named.extend(
                group.main_operation.iter().chain(&group.related_operation).flatten().map(Code::as_str),
            );
        }
        let (mut by_class, mut by_level) = (FxHashMap::default(), FxHashMap::default());
        for row in policy.operations.rows() {
            // Two more digits make a code that the row's prefix describes and the catalogue does not name.
            let unnamed = |digits: u32| {
                Some(Code::procedure(&format!("{}{digits}", row.code))).filter(|code| {
                    let same = policy.operations.get(code).is_some_and(|found| found.code == row.code);
                    same && !named.iter().any(|name| code.starts_with(name))
                })
            };
            let Some(code) = [97, 98, 9897, 9798].into_iter().find_map(unnamed) else { continue };
            by_class.entry(row.class).or_insert_with(|| code.clone());
            if let Some(level) = row.level {
                by_level.entry(level).or_insert(code);
            }
        }
        Exemplars { policy, claimed, by_class, by_level }
    }

    /// A case for a group; `None` when the row's conditions cannot be drawn (an operation class without operations).
    pub fn case(&self, group: usize) -> Option<Case> {
        let row = self.policy.groups.get(group)?;
        let mut case = Case { id: row.code.as_str().into(), ..Case::default() };
        case.principal_diagnosis = Coded::diagnosis(&self.principal(row)?);
        for any_of in &row.other_diagnosis {
            case.other_diagnoses.push(Coded::diagnosis(&self.diagnosis(any_of.first()?)));
        }
        for any_of in row.main_operation.iter().chain(&row.related_operation) {
            case.procedures.push(Coded::procedure(any_of.first()?));
        }
        match row.class_rule {
            Some(ClassRule::Class(OperationClass::Conservative)) | None => {}
            Some(ClassRule::Class(class)) => {
                case.procedures.push(Coded::procedure(self.by_class.get(&class)?))
            }
            Some(ClassRule::Levels(level, _)) => {
                case.procedures.push(Coded::procedure(self.by_level.get(&level)?))
            }
        }
        case.sex = Some(row.patient.sex.unwrap_or(Sex::Female));
        case.age_years = Some(row.patient.age_years.map_or(46, inside));
        case.age_days = row.patient.age_days.map(inside);
        if let Some(days) = case.age_days {
            case.age_years = Some(days / 365);
        }
        case.birth_weight_g = row.patient.birth_weight_g.map(inside);
        let from = self.policy.identity.effective_from;
        let days = row.patient.stay_days.map_or(6, inside);
        let first = from.at(8, 0, 0, 0);
        case.admitted = Some(first);
        case.discharged = Some(first.saturating_add(jiff::Span::new().try_days(i64::from(days)).ok()?));
        case.settled = case.discharged;
        case.discharge_way = "1".into();
        case.total_cost = row.reference_cost.and_then(Fen::from_yuan).or(Some(Fen(1_000_000)));
        Some(case)
    }

    /// A principal diagnosis that this row looks up and, when it can be helped, no more specific row does.
    fn principal(&self, row: &Group) -> Option<String> {
        let prefixes = row.diagnosis.iter().filter_map(|pattern| match pattern {
            DiagnosisPattern::Prefix(code) => Some(code.as_str()),
            _ => None,
        });
        let mut first = None;
        for prefix in prefixes {
            for candidate in extensions(prefix) {
                let more_specific = (prefix.len() + 1..=candidate.len())
                    .any(|len| candidate.get(..len).is_some_and(|part| self.claimed.contains(part)));
                if !more_specific {
                    return Some(candidate);
                }
                first.get_or_insert(candidate);
            }
        }
        first.or_else(|| row.diagnosis.first().map(|pattern| self.diagnosis(pattern)))
    }

    fn diagnosis(&self, pattern: &DiagnosisPattern) -> String {
        match pattern {
            DiagnosisPattern::Prefix(code) => extensions(code).remove(0),
            DiagnosisPattern::Range(lo, _) => {
                let free =
                    (0..100).map(|n| format!("{}{n:02}", lo.prefix(1))).filter(|code| pattern.fits(code));
                let mut unclaimed = free.filter(|code| !self.claimed.contains(code.as_str()));
                extensions(&unclaimed.next().unwrap_or_else(|| lo.to_string())).remove(0)
            }
            DiagnosisPattern::Any => "Z99.900".to_owned(),
        }
    }
}

/// Full codes under a prefix: `K35.9` → `K35.900`, `K35` → `K35.900` … `K35.000`, `K` → `K99.900` ….
fn extensions(prefix: &str) -> Vec<String> {
    let four = |category: &str| -> Vec<String> {
        ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0", "x"]
            .iter()
            .map(|d| format!("{category}.{d}00"))
            .collect()
    };
    match prefix.len() {
        1 => (0..100).rev().flat_map(|n| four(&format!("{prefix}{n:02}"))).collect(),
        2 => (0..10).rev().flat_map(|n| four(&format!("{prefix}{n}"))).collect(),
        3 => four(prefix),
        5 => vec![format!("{prefix}00")],
        _ => vec![prefix.to_owned()],
    }
}

/// A whole number in a range.
fn inside(span: Span) -> u32 {
    let bound = span.lo.or(span.hi).unwrap_or(Decimal::ZERO);
    rust_decimal::prelude::ToPrimitive::to_u32(&bound.ceil()).unwrap_or_default()
}
