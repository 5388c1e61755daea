//! The decision procedure: validate, prepare, run the stages, choose.

use crate::index::{self, GroupId, Index, IndexRow};
use crate::prepare::{OperationSet, Prepared, counted_class, known_operation};
use crate::reason::Ungrouped;
use crate::select;
use model::{Case, Coded};
use policy::{BareRows, ClassRule, Group, MainOperation, OperationClass, Pays, Policy, Span, Unknown};
use rust_decimal::Decimal;
use std::sync::Arc;

/// 分组器 of one policy pack.
#[derive(Debug)]
pub struct Grouper {
    pub(crate) policy: Arc<Policy>,
    pub(crate) index: Index,
}

/// Buffers reused from case to case, so that grouping allocates nothing. One a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) prepared: Prepared,
    pub(crate) hits: Vec<Hit>,
    found: Vec<Option<Option<Hit>>>,
}

/// A catalogue row whose conditions the case fulfils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) group: GroupId,
    /// `+` terms fulfilled.
    pub(crate) terms: u32,
    /// Operations used.
    pub(crate) matched: OperationSet,
    /// No extension or prefix was needed.
    pub(crate) exact: bool,
    /// Characters of the diagnosis key; 0 for ranges.
    pub(crate) key_length: u8,
    /// Class of the row for this case.
    pub(crate) class: OperationClass,
}

/// Why a row under the case's diagnosis is no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The 主要操作 is not in the record, or not eligible as main.
    MainOperation,
    /// A 相关操作 is not in the record.
    RelatedOperation,
    /// The case's class or level is another.
    Class,
    /// A row without operation, but the case has operations that count.
    NotBare,
    /// Other diagnoses do not fulfil the condition.
    OtherDiagnosis,
    /// Sex, age, weight or stay does not fit.
    Patient,
    /// Sex, age, weight or stay is not recorded.
    PatientDataMissing,
}

/// What happens while a case is grouped; the hot path listens to nothing.
pub(crate) trait Listener {
    fn looked_up(&mut self, _stage: usize, _key: &str, _rows: usize) {}
    fn hit(&mut self, _stage: usize, _hit: &Hit) {}
    fn refused(&mut self, _stage: usize, _group: GroupId, _why: Refused) {}
    fn stage_result(&mut self, _stage: usize, _hit: Option<&Hit>) {}
}

/// Listens to nothing.
pub(crate) struct Quiet;
impl Listener for Quiet {}

/// Result of grouping one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// The case's group.
    Group {
        /// Index into [`Policy::groups`].
        group: usize,
        /// Index into the pack's stages.
        stage: usize,
        /// Operations used, as bits in record order.
        matched: u128,
    },
    /// No group, and why.
    Ungrouped(Ungrouped),
}

impl Grouping {
    /// The group's index, if any.
    pub fn group(self) -> Option<usize> {
        match self {
            Grouping::Group { group, .. } => Some(group),
            Grouping::Ungrouped(_) => None,
        }
    }
}

impl Grouper {
    /// Compiles a pack.
    pub fn new(policy: Arc<Policy>) -> Grouper {
        let index = Index::new(&policy);
        Grouper { policy, index }
    }

    /// The pack.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Groups one case. Allocates nothing once the scratch buffers have grown.
    pub fn group(&self, case: &Case, scratch: &mut Scratch) -> Grouping {
        match self.admit(case, &case.principal_diagnosis) {
            Err(reason) => Grouping::Ungrouped(reason),
            Ok(()) => {
                scratch.prepared.fill(&self.policy, &self.index, case, &case.principal_diagnosis.code);
                self.search(case, scratch, &mut Quiet)
            }
        }
    }

    /// The checks before any stage runs, in the order of [`Ungrouped::ALL`].
    pub(crate) fn admit(&self, case: &Case, principal: &Coded) -> Result<(), Ungrouped> {
        let policy = &*self.policy;
        if principal.code.is_empty() {
            return Err(Ungrouped::MissingPrincipal);
        }
        if !self.is_dip(case) {
            return Err(Ungrouped::NotDip);
        }
        let date = policy.date_of(case).ok_or(Ungrouped::DateMissing)?;
        if date < policy.identity.effective_from || date > policy.identity.effective_to {
            return Err(Ungrouped::OutOfVersion);
        }
        let code = policy.code_map.diagnosis(&principal.code);
        let known = |diagnoses: &rustc_hash::FxHashMap<model::Code, String>| {
            diagnoses.contains_key(code) || diagnoses.contains_key(code.dagger())
        };
        let rules = &policy.grouping;
        if rules.unknown_diagnosis == Unknown::Ungrouped
            && policy.diagnoses.as_ref().is_some_and(|d| !known(d))
        {
            return Err(Ungrouped::DiagnosisUnknown);
        }
        if self.index.excluded_diagnoses.find(code).is_some() {
            return Err(Ungrouped::DiagnosisExcluded);
        }
        if rules.unknown_operation == Unknown::Ungrouped {
            for operation in &case.procedures {
                let code = policy.code_map.procedure(&operation.code);
                if !code.is_empty() && known_operation(policy, &self.index, code).class.is_none() {
                    return Err(Ungrouped::OperationUnknown);
                }
            }
        }
        Ok(())
    }

    fn is_dip(&self, case: &Case) -> bool {
        let coded = !case.settlement_way.is_empty();
        let ways = self.policy.settlement_ways.iter().filter(|_| coded);
        let way = ways.into_iter().find(|way| way.code == case.settlement_way.as_str());
        let insurance = self.policy.insurance_types.iter().find(|t| t.code == case.insurance_type.as_str());
        way.is_none_or(|way| matches!(way.pays, Pays::Dip)) && insurance.is_none_or(|insurance| insurance.dip)
    }

    /// Runs the stages over a prepared case and chooses.
    pub(crate) fn search(
        &self,
        case: &Case,
        scratch: &mut Scratch,
        listener: &mut impl Listener,
    ) -> Grouping {
        let rules = &self.policy.grouping;
        scratch.found.clear();
        scratch.found.resize(rules.stages.len(), None);
        let mut data_missing = false;
        if rules.choose.is_empty() {
            for stage in 0..rules.stages.len() {
                if let Some(hit) = self.stage(stage, case, scratch, listener, &mut data_missing) {
                    return group(stage, &hit);
                }
            }
        }
        for choice in &rules.choose {
            let Some(hit) = self.stage(choice.stage, case, scratch, listener, &mut data_missing) else {
                continue;
            };
            if choice.class.is_some_and(|class| {
                counted_class(&self.policy, class) != counted_class(&self.policy, hit.class)
            }) {
                continue;
            }
            if choice.unmatched_surgery
                && self.others_match_all_surgery(choice.stage, case, scratch, listener, &mut data_missing)
            {
                continue;
            }
            return group(choice.stage, &hit);
        }
        Grouping::Ungrouped(if data_missing {
            Ungrouped::PatientDataMissing
        } else if scratch.prepared.class_unknown {
            Ungrouped::OperationClassUnknown
        } else {
            Ungrouped::NoRow
        })
    }

    /// Whether some other stage's row leaves no surgical operation unmatched.
    fn others_match_all_surgery(
        &self,
        this: usize,
        case: &Case,
        scratch: &mut Scratch,
        listener: &mut impl Listener,
        data_missing: &mut bool,
    ) -> bool {
        let surgical = scratch.prepared.surgical();
        let mut others =
            self.policy.grouping.choose.iter().map(|choice| choice.stage).filter(|stage| *stage != this);
        surgical == 0
            || others.any(|stage| {
                let hit = self.stage(stage, case, scratch, listener, data_missing);
                hit.is_some_and(|hit| surgical & !hit.matched == 0)
            })
    }

    /// The best row of a stage, worked out once a case.
    fn stage(
        &self,
        stage: usize,
        case: &Case,
        scratch: &mut Scratch,
        listener: &mut impl Listener,
        data_missing: &mut bool,
    ) -> Option<Hit> {
        if let Some(Some(known)) = scratch.found.get(stage) {
            return *known;
        }
        self.candidates(stage, case, &scratch.prepared, &mut scratch.hits, listener, data_missing);
        let hit = select::best(&self.policy, stage, case, &scratch.prepared, &scratch.hits).copied();
        listener.stage_result(stage, hit.as_ref());
        if let Some(slot) = scratch.found.get_mut(stage) {
            *slot = Some(hit);
        }
        hit
    }

    /// All rows of a stage that the case fulfils, into `hits`.
    pub(crate) fn candidates(
        &self,
        at: usize,
        case: &Case,
        prepared: &Prepared,
        hits: &mut Vec<Hit>,
        listener: &mut impl Listener,
        data_missing: &mut bool,
    ) {
        hits.clear();
        let (Some(stage), Some(rows)) = (self.policy.grouping.stages.get(at), self.index.stages.get(at))
        else {
            return;
        };
        let mut look = |row: &IndexRow, hits: &mut Vec<Hit>, listener: &mut _| {
            self.look_at(at, row, case, prepared, hits, listener, data_missing);
        };
        for length in &stage.key_lengths {
            let Some(key) = index::key(&prepared.principal, length) else { continue };
            let found = rows.rows(key);
            listener.looked_up(at, key, found.len());
            for row in found {
                look(row, hits, listener);
            }
            // A dagger/asterisk pair may be filed under its dagger code alone.
            if matches!(length, policy::KeyLength::Full) && key.contains('+') {
                for row in rows.rows(prepared.principal.dagger()) {
                    look(row, hits, listener);
                }
            }
            if stage.first_length && self.settle_bare(stage.bare_rows, hits) {
                return;
            }
        }
        if stage.ranges {
            for row in rows.ranges(&prepared.principal) {
                look(row, hits, listener);
            }
        }
        self.settle_bare(stage.bare_rows, hits);
    }

    /// `no_better`: rows without operation give way to any row with operations. True when candidates are left.
    fn settle_bare(&self, bare_rows: BareRows, hits: &mut Vec<Hit>) -> bool {
        if bare_rows == BareRows::NoBetter && hits.iter().any(|hit| hit.terms > 0) {
            hits.retain(|hit| hit.terms > 0);
        }
        !hits.is_empty()
    }

    #[allow(clippy::too_many_arguments)]
    fn look_at(
        &self,
        stage: usize,
        row: &IndexRow,
        case: &Case,
        prepared: &Prepared,
        hits: &mut Vec<Hit>,
        listener: &mut impl Listener,
        data_missing: &mut bool,
    ) {
        match self.test(stage, row, case, prepared) {
            Ok(hit) => {
                // A row with several diagnosis alternatives may be met twice.
                if !hits.iter().any(|other| other.group == hit.group) {
                    listener.hit(stage, &hit);
                    hits.push(hit);
                }
            }
            Err(why) => {
                *data_missing |= why == Refused::PatientDataMissing;
                listener.refused(stage, row.group, why);
            }
        }
    }

    /// Whether the case fulfils everything a row asks beyond the diagnosis key.
    fn test(&self, stage: usize, row: &IndexRow, case: &Case, prepared: &Prepared) -> Result<Hit, Refused> {
        let mut hit = Hit {
            group: row.group,
            terms: 0,
            matched: 0,
            exact: true,
            key_length: row.key_length,
            class: OperationClass::Conservative,
        };
        let coded = !row.main.is_empty() || !row.related.is_empty();
        if coded {
            self.test_operations(row, prepared, &mut hit)?;
        }
        // Rows without codes need the group itself; a coded row without conditions never touches it.
        if !coded || row.conditional {
            let group = self.policy.groups.get(row.group as usize).ok_or(Refused::Class)?;
            if !coded {
                self.test_class(stage, group, prepared, &mut hit)?;
            }
            if row.conditional {
                self.test_conditions(group, case)?;
            }
        }
        Ok(hit)
    }

    fn test_operations(&self, row: &IndexRow, prepared: &Prepared, hit: &mut Hit) -> Result<(), Refused> {
        let rules = &self.policy.grouping;
        let mut main_used = 0;
        for term in self.index.terms(&row.main) {
            let used = fulfil(term, prepared, prepared.all, hit);
            if used == 0 {
                return Err(Refused::MainOperation);
            }
            main_used |= used;
        }
        if !row.main.is_empty() && main_used & prepared.eligible_main == 0 {
            return Err(Refused::MainOperation);
        }
        hit.matched |= match rules.main_operation {
            MainOperation::Any => main_used,
            // Alternatives elsewhere in the record do not count as used when the main one is given.
            _ if row.main.len() == 1 => main_used & prepared.eligible_main,
            _ => main_used,
        };
        let mut related = 0;
        for term in self.index.terms(&row.related) {
            let used = fulfil(term, prepared, prepared.all, hit);
            if used == 0 && rules.all_related {
                return Err(Refused::RelatedOperation);
            }
            related |= used;
        }
        if related == 0 && !row.related.is_empty() {
            return Err(Refused::RelatedOperation);
        }
        hit.matched |= related;
        hit.class = prepared.class_among(hit.matched);
        Ok(())
    }

    fn test_class(
        &self,
        stage: usize,
        group: &Group,
        prepared: &Prepared,
        hit: &mut Hit,
    ) -> Result<(), Refused> {
        match group.class_rule {
            Some(ClassRule::Class(class)) if counted_class(&self.policy, class) == prepared.class => {
                hit.class = class
            }
            Some(ClassRule::Levels(lo, hi)) if (lo..=hi).contains(&prepared.level) => {
                hit.class = prepared.class
            }
            Some(_) => return Err(Refused::Class),
            None => {
                let rule = self.policy.grouping.stages.get(stage).map(|stage| stage.bare_rows);
                let conservative = prepared.class == OperationClass::Conservative;
                if rule == Some(BareRows::Conservative) && !conservative {
                    return Err(Refused::NotBare);
                }
            }
        }
        Ok(())
    }

    fn test_conditions(&self, group: &Group, case: &Case) -> Result<(), Refused> {
        for any_of in &group.other_diagnosis {
            let fits = |other: &Coded| {
                let code = self.policy.code_map.diagnosis(&other.code);
                any_of.iter().any(|pattern| pattern.fits(code))
            };
            if !case.other_diagnoses.iter().any(fits) {
                return Err(Refused::OtherDiagnosis);
            }
        }
        let patient = &group.patient;
        if let Some(wanted) = patient.sex
            && case.sex.ok_or(Refused::PatientDataMissing)? != wanted
        {
            return Err(Refused::Patient);
        }
        // Age in days of whoever is a year or older is not recorded, and is beyond any newborn range.
        let age_days = case
            .age_days
            .or(case.age_years.filter(|years| *years > 0).map(|years| years.saturating_mul(365)));
        within(patient.age_years, case.age_years.or(case.age_days.map(|days| days / 365)))?;
        within(patient.age_days, age_days)?;
        within(patient.birth_weight_g, case.birth_weight_g)?;
        within(patient.stay_days, case.stay_days())
    }
}

/// Operations that fulfil one term; counts the term and whether the codes were the same.
fn fulfil(term: &[u32], prepared: &Prepared, allowed: OperationSet, hit: &mut Hit) -> OperationSet {
    let (mut used, mut exact) = (0, false);
    for pattern_hit in &prepared.hits {
        if pattern_hit.operation & allowed != 0 && term.contains(&pattern_hit.pattern) {
            used |= pattern_hit.operation;
            exact |= pattern_hit.exact;
        }
    }
    if used != 0 {
        hit.terms += 1;
        hit.exact &= exact;
    }
    used
}

fn within(span: Option<Span>, value: Option<u32>) -> Result<(), Refused> {
    let Some(span) = span else { return Ok(()) };
    let value = value.ok_or(Refused::PatientDataMissing)?;
    if span.holds(Decimal::from(value)) { Ok(()) } else { Err(Refused::Patient) }
}

fn group(stage: usize, hit: &Hit) -> Grouping {
    Grouping::Group { group: hit.group as usize, stage, matched: hit.matched }
}
