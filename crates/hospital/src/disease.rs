//! 病种 as the hospital sees them: who has them, with which codes, how long they stay and what they cost.

use crate::code_range::CodeRange;
use crate::cost_share::CostShare;
use crate::department::Departments;
use crate::exemplar::Exemplars;
use crate::random::Random;
use crate::shipped;
use grouper::{Grouper, Scratch};
use model::{Case, Code, Coded, Fen, Sex};
use policy::{ClassRule, Flag, Group, OperationClass, Policy, Span};
use rust_decimal::prelude::ToPrimitive;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// An operation as it will stand in the record.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) class: OperationClass,
    pub(crate) level: u8,
}

/// Codes of one way to be in the group, checked with the grouper.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) principal: (String, String),
    pub(crate) others: Vec<(String, String)>,
    pub(crate) operations: Vec<Operation>,
}

/// One group of the pack.
#[derive(Debug)]
pub(crate) struct Disease {
    /// Index in [`Policy::groups`].
    pub(crate) group: usize,
    /// Running sum of the weights up to and with this one.
    pub(crate) weight_sum: u64,
    pub(crate) variants: Vec<Variant>,
    pub(crate) share: CostShare,
    /// 参照费用, 分.
    pub(crate) mean_cost: i64,
    pub(crate) mean_days: f64,
    pub(crate) stay_days: (i64, i64),
    pub(crate) woman: Option<bool>,
    /// Ages in years.
    pub(crate) ages: (i64, i64),
    /// Newborns: ages in days.
    pub(crate) age_days: Option<(i64, i64)>,
    pub(crate) day_surgery: bool,
    pub(crate) surgical: bool,
}

/// Every group that can be drawn, and the diagnoses patients bring along.
#[derive(Debug)]
pub(crate) struct Diseases {
    pub(crate) list: Vec<Disease>,
    pub(crate) comorbidities: Vec<Comorbidity>,
    conflicts: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Comorbidity {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) weight: u64,
    pub(crate) min_age: i64,
    pub(crate) woman: Option<bool>,
}

struct PatientRule {
    range: CodeRange,
    woman: Option<bool>,
    ages: (i64, i64),
}

impl Diseases {
    pub(crate) fn new(policy: &Arc<Policy>, seed: u64) -> Diseases {
        let exemplars = Exemplars::new(policy);
        let search = Search::new(policy);
        let rules = patient_rules();
        let mut scratch = Scratch::default();
        let mut list = Vec::new();
        let mut weight_sum = 0;
        for (at, group) in policy.groups.iter().enumerate() {
            let Some(exemplar) = exemplars.case(at) else { continue };
            let random = &mut Random::of(seed, 5, at as u64);
            let mut variants = search.variants(group, &exemplar, random);
            variants.retain(|variant| search.reaches(at, &exemplar, variant, &mut scratch));
            variants.truncate(5);
            let Some(first) = variants.first() else { continue };
            weight_sum += u64::from(group.cases.unwrap_or(10)).max(1);
            let disease = describe(at, group, first, weight_sum, &rules);
            list.push(Disease { variants, ..disease });
        }
        let comorbidities = shipped::comorbidities()
            .iter()
            .map(|row| Comorbidity {
                code: row.text("code").to_owned(),
                name: row.text("name").to_owned(),
                weight: u64::try_from(row.number("weight")).unwrap_or_default(),
                min_age: row.number("min_age"),
                woman: read_sex(row.text("sex")),
            })
            .collect();
        let conflicts = shipped::comorbidity_conflicts()
            .iter()
            .map(|row| (row.text("one").to_owned(), row.text("other").to_owned()))
            .collect();
        Diseases { list, comorbidities, conflicts }
    }

    /// A group by its share of the cases.
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let total = self.list.last().map_or(1, |disease| disease.weight_sum);
        let ticket = u64::try_from(random.between(0, i64::try_from(total).unwrap_or(i64::MAX) - 1));
        let ticket = ticket.unwrap_or_default();
        self.list
            .partition_point(|disease| disease.weight_sum <= ticket)
            .min(self.list.len().saturating_sub(1))
    }

    /// Bed days by department, in no particular unit.
    pub(crate) fn loads(&self, departments: &Departments) -> Vec<f64> {
        let mut loads = vec![0.0; departments.list.len()];
        let mut before = 0;
        for disease in &self.list {
            let weight = (disease.weight_sum - before) as f64;
            before = disease.weight_sum;
            for variant in &disease.variants {
                let days = weight * disease.mean_days / disease.variants.len() as f64;
                // As patients are drawn: of wide spans nearly half are children.
                let children = if disease.ages.0 < 5 && disease.ages.1 > 60 { 0.45 } else { 0.0 };
                let middle = disease.ages.0.midpoint(disease.ages.1);
                for (age, part) in [(8, children), (middle, 1.0 - children)] {
                    let at = departments.of(disease, &variant.principal.0, age);
                    if let Some(load) = loads.get_mut(usize::from(at)) {
                        *load += days * part;
                    }
                }
            }
        }
        loads
    }

    /// Whether coding rules object to both in one record.
    pub(crate) fn conflict(&self, one: &str, other: &str) -> bool {
        let hits = |a: &str, b: &str| {
            self.conflicts.iter().any(|(x, y)| a.starts_with(x.as_str()) && b.starts_with(y.as_str()))
        };
        one.get(..3) == other.get(..3) || hits(one, other) || hits(other, one)
    }
}

fn describe(at: usize, group: &Group, first: &Variant, weight_sum: u64, rules: &[PatientRule]) -> Disease {
    let code = first.principal.0.as_str();
    let rule = rules.iter().find(|rule| rule.range.holds(code));
    let rule_ages = rule.map_or((18, 90), |rule| rule.ages);
    let number = |decimal: rust_decimal::Decimal| decimal.to_f64().unwrap_or_default();
    let bounds = |span: Span, widest: (i64, i64)| {
        let lo = span.lo.and_then(|lo| lo.ceil().to_i64()).unwrap_or(widest.0);
        let hi = span.hi.and_then(|hi| hi.floor().to_i64()).unwrap_or(widest.1.max(lo));
        (lo, hi.max(lo))
    };
    let newborn = rule_ages == (0, 0);
    let age_days = group.patient.age_days.map(|span| bounds(span, (0, 28))).or(newborn.then_some((0, 20)));
    let class = first.operations.iter().map(|operation| operation.class).max().unwrap_or_default();
    let day_surgery = group.has(Flag::DaySurgery);
    let mean_days = group.mean_days.map_or(7.0, number).max(1.0);
    Disease {
        group: at,
        weight_sum,
        variants: Vec::new(),
        share: CostShare::new(group.cv.map_or(0.45, number)),
        mean_cost: group.reference_cost.and_then(Fen::from_yuan).map_or(1_000_000, |fen| fen.0).max(10_000),
        mean_days,
        stay_days: group.patient.stay_days.map_or((1, 400), |span| bounds(span, (1, 400))),
        woman: group.patient.sex.map(|sex| sex == Sex::Female).or(rule.and_then(|rule| rule.woman)),
        ages: group.patient.age_years.map_or(rule_ages, |span| bounds(span, rule_ages)),
        age_days,
        day_surgery,
        surgical: matches!(class, OperationClass::Surgical | OperationClass::Interventional),
    }
}

fn patient_rules() -> Vec<PatientRule> {
    let rows = shipped::patient_rules();
    let rule = |row: crate::shipped_rows::Row<'_>| PatientRule {
        range: CodeRange::parse(row.text("diagnosis")),
        woman: read_sex(row.text("sex")),
        ages: (row.number("from_years"), row.number("to_years")),
    };
    rows.iter().map(rule).collect()
}

fn read_sex(text: &str) -> Option<bool> {
    match text {
        "2" => Some(true),
        "1" => Some(false),
        _ => None,
    }
}

/// Finds real codes for a group and proves them with the grouper.
struct Search<'p> {
    policy: &'p Policy,
    grouper: Grouper,
    /// Sorted by code.
    diagnoses: Vec<(String, String)>,
    names: FxHashMap<String, String>,
    operations: FxHashMap<String, (String, String)>,
    by_class: Vec<(OperationClass, String, String)>,
}

impl<'p> Search<'p> {
    fn new(policy: &'p Arc<Policy>) -> Search<'p> {
        let diagnoses: Vec<(String, String)> = shipped::diagnoses()
            .iter()
            .map(|row| (row.text("code").to_owned(), row.text("name").to_owned()))
            .collect();
        let rows = shipped::operations();
        let operations: FxHashMap<_, _> = rows
            .iter()
            .map(|row| {
                (row.text("code").to_owned(), (row.text("name").to_owned(), row.text("chapters").to_owned()))
            })
            .collect();
        let by_class = rows
            .iter()
            .filter(|row| !row.text("chapters").is_empty())
            .filter_map(|row| {
                let class = policy.operations.get(row.text("code"))?.class;
                Some((class, row.text("code").to_owned(), row.text("chapters").to_owned()))
            })
            .collect();
        Search {
            policy,
            grouper: Grouper::new(Arc::clone(policy)),
            names: diagnoses.iter().cloned().collect(),
            diagnoses,
            operations,
            by_class,
        }
    }

    /// Ways to be in the group: real codes first, the plain exemplar last.
    fn variants(&self, group: &Group, exemplar: &Case, random: &mut Random) -> Vec<Variant> {
        let mut principals: Vec<String> = Vec::new();
        for pattern in &group.diagnosis {
            let mut fitting: Vec<&str> = self
                .diagnoses
                .iter()
                .map(|(code, _)| code.as_str())
                .filter(|code| pattern.fits(code))
                .collect();
            random.shuffle(&mut fitting);
            principals.extend(fitting.into_iter().take(8).map(str::to_owned));
        }
        random.shuffle(&mut principals);
        principals.truncate(10);
        principals.push(exemplar.principal_diagnosis.code.to_string());
        let mut found = Vec::new();
        for (turn, principal) in principals.iter().enumerate() {
            let others = exemplar.other_diagnoses.iter().map(|coded| {
                let code = coded.code.to_string();
                let name = self.names.get(&code).cloned().unwrap_or_else(|| code.clone());
                (code, name)
            });
            found.push(Variant {
                principal: (principal.clone(), self.diagnosis_name(principal, group)),
                others: others.collect(),
                operations: self.operations_for(group, exemplar, principal, turn, random),
            });
        }
        let plain = exemplar.procedures.iter().map(|coded| self.operation(&coded.code, group)).collect();
        if let Some(last) = found.last().cloned() {
            found.push(Variant { operations: plain, ..last });
        }
        found
    }

    fn diagnosis_name(&self, code: &str, group: &Group) -> String {
        let own = || group.name.split(['：', '，']).next().unwrap_or(&group.name).to_owned();
        self.names.get(code).cloned().unwrap_or_else(own)
    }

    fn operations_for(
        &self,
        group: &Group,
        exemplar: &Case,
        principal: &str,
        turn: usize,
        random: &mut Random,
    ) -> Vec<Operation> {
        let terms = group.main_operation.iter().chain(&group.related_operation);
        let mut chosen: Vec<Operation> = terms
            .filter_map(|any_of| any_of.get(turn % any_of.len().max(1)))
            .map(|code| self.operation(code, group))
            .collect();
        let wanted = match group.class_rule {
            Some(ClassRule::Class(class)) if class != OperationClass::Conservative => Some(class),
            _ => None,
        };
        let chapter = principal.chars().next().unwrap_or('Z');
        if let Some(class) = wanted {
            let fitting: Vec<_> = self
                .by_class
                .iter()
                .filter(|(of, _, chapters)| *of == class && chapters.contains(chapter))
                .collect();
            match random.pick(&fitting) {
                Some((_, code, _)) => chosen.push(self.operation(&Code::procedure(code), group)),
                None => {
                    chosen.extend(exemplar.procedures.iter().map(|coded| self.operation(&coded.code, group)))
                }
            }
        } else if group.class_rule.is_some() {
            chosen.extend(exemplar.procedures.iter().map(|coded| self.operation(&coded.code, group)));
        }
        chosen
    }

    fn operation(&self, code: &Code, group: &Group) -> Operation {
        let property = self.policy.operations.get(code);
        let listed =
            self.operations.get(code.as_str()).map(|(name, _)| name.clone()).filter(|n| !n.is_empty());
        let name = listed.or_else(|| group.name.split('：').next_back().map(str::to_owned));
        let class = property.map_or(OperationClass::Therapeutic, |property| property.class);
        Operation {
            code: code.to_string(),
            name: name.unwrap_or_default(),
            class,
            level: property.and_then(|property| property.level).unwrap_or(match class {
                OperationClass::Surgical | OperationClass::Interventional => 3,
                OperationClass::Therapeutic => 2,
                _ => 1,
            }),
        }
    }

    fn reaches(&self, group: usize, exemplar: &Case, variant: &Variant, scratch: &mut Scratch) -> bool {
        let mut case = exemplar.clone();
        case.principal_diagnosis = Coded::diagnosis(&variant.principal.0);
        case.procedures = variant.operations.iter().map(|op| Coded::procedure(&op.code)).collect();
        let dip = self.policy.insurance_types.iter().find(|insurance| insurance.dip);
        case.insurance_type = dip.map_or("", |insurance| insurance.code.as_str()).into();
        self.grouper.group(&case, scratch).group() == Some(group)
    }
}
