//! 入组与计价的依据: a stored case, or one that somebody made up, with every step to its numbers.

use crate::{CompiledPack, PackShelf, SyncError, case_text};
use casework::{Explanation, Scheme};
use grouper::SchemeOptions;
use jiff::civil::Date;
use model::Case;
use model::canonical::moment_of;
use settle::{Ask, CostBands};
use std::sync::Arc;
use store::{Moment, Store, StoredResult};

/// A case as the engines saw it and everything that they made of it.
pub struct ExplainedCase {
    /// The pack that computed it.
    pub pack: Arc<CompiledPack>,
    /// 试算: the pack is not in force on the case's date.
    pub trial: bool,
    /// The case, with the hospital and the date that it was judged by.
    pub case: Case,
    /// Group, price, steps and candidates.
    pub explanation: Explanation,
    /// The result as it would be kept; of no run.
    pub result: StoredResult,
    /// 费用区间 of the display bands; `None` when they cannot be worked out.
    pub bands: Option<CostBands>,
}

impl ExplainedCase {
    /// 入组方案, the group as it stands first. `siblings`: also of diagnoses that are not in the record.
    pub fn schemes(&self, siblings: bool) -> Vec<Scheme> {
        self.pack.engine().schemes(&self.case, SchemeOptions { other_diagnoses: true, siblings })
    }

    /// Whether a kept result says the same; its run does not count.
    pub fn agrees_with(&self, kept: &StoredResult) -> bool {
        self.result == StoredResult { run: 0, ..kept.clone() }
    }
}

impl CompiledPack {
    /// Explains a case by this pack. A hospital or level that the case names is kept.
    fn explain(self: Arc<CompiledPack>, mut case: Case, trial: bool) -> ExplainedCase {
        let (hospital, level) = self.hospital();
        if case.hospital.is_empty() {
            case.hospital = hospital.into();
        }
        if case.hospital_level.is_empty() {
            case.hospital_level = level.into();
        }
        let explanation = self.engine().explain(&case);
        let group = explanation.grouping.group();
        let bands =
            group.and_then(|group| self.engine().pricer.cost_bands(&case, group, &Ask::default()).ok());
        let result = self.result(explanation.grouping, explanation.priced.as_ref(), trial);
        ExplainedCase { pack: self, trial, case, explanation, result, bands }
    }
}

/// The case as the engines saw it last, from what is kept of it ([`store::CaseRecord::input`]).
pub fn stored_case(input: &str) -> Result<Case, SyncError> {
    let mut case = Case::default();
    case_text::read(input, &mut case)?;
    Ok(case)
}

impl PackShelf {
    /// Explains a kept result with the pack that made it. `input` is the case as it is now: an older result was made of what
    /// was recorded then, and [`ExplainedCase::agrees_with`] tells when that was something else. In-house patients are
    /// judged by the day of the result's run.
    pub fn explain_stored(
        &self,
        store: &Store,
        input: &str,
        kept: &StoredResult,
        run_started_at: Moment,
    ) -> Result<ExplainedCase, SyncError> {
        let pack = self.pack(store, kept.pack)?;
        let day = moment_of(run_started_at).map_or(Date::ZERO, |at| at.date());
        let mut case = stored_case(input)?;
        let distance = pack.distance(&case, day);
        let trial = pack.date(&mut case, distance);
        Ok(pack.explain(case, trial))
    }

    /// 入组测算: explains a case that somebody gives. It is judged by its own date, else `today`, with the pack in force then or
    /// the one chosen. Nothing is kept.
    pub fn what_if(
        &self,
        store: &Store,
        mut case: Case,
        chosen: Option<i64>,
        today: Date,
    ) -> Result<ExplainedCase, SyncError> {
        let (pack, trial) = match chosen {
            Some(id) => {
                let pack = self.pack(store, id)?;
                let distance = pack.distance(&case, today);
                let trial = pack.date(&mut case, distance);
                (pack, trial)
            }
            None => {
                let packs = self.in_force(store)?;
                let (pack, trial) = packs.choose(&mut case, today);
                (pack.clone(), trial)
            }
        };
        Ok(pack.explain(case, trial))
    }
}
