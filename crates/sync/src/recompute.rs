//! 重算: changed encounters through the engines, and a new pack over the discharges it applies to.

use crate::pack_set::day_number;
use crate::{CaseRules, PackSet, SyncError, case_builder, case_text};
use grouper::Scratch;
use jiff::civil::Date;
use model::Case;
use rayon::prelude::*;
use store::{
    ComputeCause, ComputeRun, ComputeState, ComputedCase, Moment, Parameter, Progress, Store, StoreError,
    StoredResult,
};

/// Encounters a batch: kept whole or not at all.
const BATCH: i64 = 4000;
/// Cases a batch of a regrouping; they are one line each.
const REGROUP_BATCH: i64 = 20_000;

/// Computes every encounter that changed since it was computed. Interrupted anywhere, the next call goes on with what is
/// left. Returns how many it computed.
pub fn compute_changed(
    store: &Store,
    packs: &PackSet,
    today: Date,
    now: Moment,
    progress: &mut dyn Progress,
) -> Result<u64, SyncError> {
    recompute_when_rules_changed(store, packs.rules(), now)?;
    let up_to = store.latest_change()?;
    let total = store.dirty_count()?;
    if total == 0 {
        return Ok(0);
    }
    let run = store.begin_compute(&ComputeRun {
        id: 0,
        cause: ComputeCause::Sync,
        state: ComputeState::Running,
        packs: packs.ids(),
        scope_from: None,
        scope_to: None,
        started_at: now,
        ended_at: None,
        total,
        done: 0,
        cursor: 0,
    })?;
    let (mut after, mut done) = (String::new(), 0_u64);
    loop {
        let inputs = store.case_inputs(&after, up_to, BATCH)?;
        let Some(last) = inputs.last().map(|case| case.encounter_key.clone()) else { break };
        let computed: Vec<ComputedCase> = inputs
            .par_iter()
            .map_init(Scratch::default, |scratch, inputs| {
                let mut case = case_builder::build(inputs, packs.rules())?;
                let input = case_text::write(&case);
                let mut result = packs.compute(&mut case, today, scratch);
                result.run = run;
                Some(ComputedCase {
                    encounter_key: inputs.encounter_key.clone(),
                    month: case.discharged.map_or(0, |at| i64::from(at.year()) * 100 + i64::from(at.month())),
                    discharge_day: case.discharged.map(|at| day_number(at.date())),
                    input,
                    result: Some(result),
                })
            })
            .zip(inputs.par_iter())
            .map(|(computed, inputs)| computed.unwrap_or_else(|| void(&inputs.encounter_key)))
            .collect();
        store.save_computed(run, &computed, (&after, &last), up_to)?;
        done += inputs.len() as u64;
        after = last;
        if !progress.report("分组计价", done, u64::try_from(total).unwrap_or_default()) {
            store.end_compute(run, ComputeState::Cancelled, now)?;
            return Err(SyncError::Cancelled);
        }
    }
    store.end_compute(run, ComputeState::Published, now)?;
    Ok(done)
}

/// Cases are made of the record by rules of the configuration: other rules, other cases, so all are made anew.
fn recompute_when_rules_changed(store: &Store, rules: &CaseRules, now: Moment) -> Result<(), SyncError> {
    let value = format!("{rules:?}");
    let before = store.parameter(RULES)?;
    if before.as_ref().is_some_and(|before| before.value == value) {
        return Ok(());
    }
    let version = before.as_ref().map_or(1, |before| before.version + 1);
    if before.is_some() {
        store.mark_all_dirty()?;
    }
    Ok(store.set_parameter(&Parameter {
        name: RULES.to_owned(),
        version,
        value,
        changed_at: now,
        changed_by: "配置文件".to_owned(),
        note: "取数规则变化，全部病例重算".to_owned(),
    })?)
}

/// The parameter that remembers the rules the cases were made by.
const RULES: &str = "case_rules";

/// A void encounter is no case any more; one that has not arrived never was one.
fn void(encounter_key: &str) -> ComputedCase {
    ComputedCase {
        encounter_key: encounter_key.to_owned(),
        month: 0,
        discharge_day: None,
        input: String::new(),
        result: None,
    }
}

/// What a regrouping computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegroupScope {
    /// First discharge day; `None`: from the first, in-house patients included when both are `None`.
    pub from: Option<Date>,
    /// Last discharge day.
    pub to: Option<Date>,
}

/// Begins a regrouping of the discharges in `scope` with `packs`; [`continue_regroup`] does the work.
pub fn begin_regroup(
    store: &Store,
    packs: &PackSet,
    scope: &RegroupScope,
    now: Moment,
) -> Result<i64, SyncError> {
    let (from, to) = (scope.from.map(day_number), scope.to.map(day_number));
    Ok(store.begin_compute(&ComputeRun {
        id: 0,
        cause: ComputeCause::Regroup,
        state: ComputeState::Running,
        packs: packs.ids(),
        scope_from: from,
        scope_to: to,
        started_at: now,
        ended_at: None,
        total: store.count_cases(from, to)?,
        done: 0,
        cursor: 0,
    })?)
}

/// Does what is left of a regrouping. The results stand beside the current ones; [`Store::publish`] makes them the current
/// ones. Interrupted anywhere, calling it again goes on after the last batch. Cancelled by the progress, it stays to be gone
/// on with.
pub fn continue_regroup(
    store: &Store,
    packs: &PackSet,
    run: i64,
    today: Date,
    now: Moment,
    progress: &mut dyn Progress,
) -> Result<(), SyncError> {
    let mut of = store.compute_run(run)?;
    let sorted = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids
    };
    if of.state != ComputeState::Running || sorted(of.packs.clone()) != sorted(packs.ids()) {
        return Err(SyncError::Store(StoreError::Changed(format!("计算批次 {run}"))));
    }
    loop {
        let cases = store.cases_after(of.cursor, of.scope_from, of.scope_to, REGROUP_BATCH)?;
        let Some((last, _)) = cases.last() else { break };
        of.cursor = *last;
        let results: Vec<(i64, StoredResult)> = cases
            .par_iter()
            .map_init(
                || (Scratch::default(), Case::default()),
                |(scratch, case), (number, input)| {
                    case_text::read(input, case)?;
                    let mut result = packs.compute(case, today, scratch);
                    result.run = run;
                    Ok((*number, result))
                },
            )
            .collect::<Result<_, SyncError>>()?;
        store.save_regrouped(run, &results)?;
        of.done += results.len() as i64;
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        if !progress.report("重新分组计价", count(of.done), count(of.total)) {
            return Err(SyncError::Cancelled);
        }
    }
    Ok(store.end_compute(run, ComputeState::Done, now)?)
}
