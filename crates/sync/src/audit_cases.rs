//! 审核: the cases that changed since their last audit, and all of them when the rules did.

use crate::audit_rules::RuleSet;
use crate::{CaseRules, SyncError, case_text};
use audit::{
    Alert, Encounter, Finding, Line, Previous, PreviousStay, Scratch, Stay, Suspicion, suspicion_sentence,
};
use model::canonical::seconds_of;
use model::{Case, Sex};
use rayon::prelude::*;
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};
use store::{AuditInput, AuditedCase, Moment, NewFinding, Progress, Store};

/// Cases a batch: kept whole or not at all.
const BATCH: i64 = 1000;
const SECONDS_A_DAY: i64 = 86_400;
/// Ten-thousandths of 元 in a 分.
const PRICE_PARTS: i64 = 100;

/// Audits every case that changed since it was audited by the rules in force. Interrupted anywhere, the next call goes on with
/// what is left. The caller holds the lock of the collection. Returns how many it audited.
pub fn audit_changed(
    store: &Store,
    rules: &CaseRules,
    now: Moment,
    progress: &mut dyn Progress,
) -> Result<u64, SyncError> {
    let mut done = 0_u64;
    let mut set = RuleSet::in_force(store)?;
    if set.stamp == 0 {
        return Ok(0);
    }
    let mut cursor = store.audit_cursor(set.stamp)?;
    let mut total = done.saturating_add(count(store.count_audit_inputs(cursor)?));
    loop {
        // Other rules meanwhile: begin anew with those.
        if store.audit_stamps()?.in_force != set.stamp {
            set = RuleSet::in_force(store)?;
            cursor = store.audit_cursor(set.stamp)?;
            total = done.saturating_add(count(store.count_audit_inputs(cursor)?));
        }
        let mut inputs = store.audit_inputs(cursor, BATCH, &|item| set.names_item(item))?;
        let Some(last) = inputs.last().map(|case| (case.changed, case.number)) else { break };
        if set.engine.asks_stays() {
            let mut previous = store.previous_cases(cursor, last)?;
            inputs.iter_mut().for_each(|case| case.previous = Some(previous.remove(&case.number)));
        }
        let audited: Vec<AuditedCase> = inputs
            .par_iter()
            .map_init(Scratch::default, |scratch, input| audit_case(&set, input, rules, now, scratch))
            .collect::<Result<_, SyncError>>()?;
        store.save_audited(&audited, set.stamp, last, now)?;
        cursor = last;
        done += inputs.len() as u64;
        if !progress.report("审核", done, total) {
            return Err(SyncError::Cancelled);
        }
    }
    Ok(done)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

fn audit_case(
    set: &RuleSet,
    input: &AuditInput,
    rules: &CaseRules,
    now: Moment,
    scratch: &mut Scratch,
) -> Result<AuditedCase, SyncError> {
    if input.month < 0 {
        return Ok(AuditedCase { number: input.number, void: true, ..AuditedCase::default() });
    }
    let mut case = Case::default();
    case_text::read(&input.input, &mut case)?;
    let mut stay = audit_stay(set, input, &case, rules, now);
    stay.encounter.previous = previous_stay(input)?;
    let verdict = set.engine.judge(&stay, scratch);
    let day = |at: Option<jiff::civil::DateTime>| at.map(|at| seconds_of(at).div_euclid(SECONDS_A_DAY));
    Ok(AuditedCase {
        number: input.number,
        void: false,
        department_key: input.department_key.clone(),
        attending_key: input.attending_key.clone(),
        resident_key: input.resident_key.clone(),
        in_house: input.month == 0,
        discharge_day: day(case.discharged),
        settled_day: day(case.settled),
        unjudged: unjudged(set, input, &verdict.alerts),
        findings: verdict
            .findings
            .iter()
            .map(|finding| new_finding(set, input, &stay, finding))
            .chain(verdict.suspicions.iter().map(|suspicion| new_suspicion(set, &stay, suspicion)))
            .collect(),
    })
}

/// 上次住院 for the rules.
fn previous_stay(input: &AuditInput) -> Result<Previous, SyncError> {
    let before = match &input.previous {
        None => return Ok(Previous::NotKnown),
        Some(None) => return Ok(Previous::None),
        Some(Some(before)) => before,
    };
    let Some(discharged) = before.discharged_at else { return Ok(Previous::NotKnown) };
    let mut case = Case::default();
    case_text::read(&before.input, &mut case)?;
    Ok(Previous::Stay(PreviousStay {
        discharged,
        principal_diagnosis: case.principal_diagnosis.written,
        readmission_planned: before.readmission_planned,
    }))
}

/// A stored case as a stay for the rules.
pub fn audit_stay_of(
    set: &RuleSet,
    input: &AuditInput,
    rules: &CaseRules,
    now: Moment,
) -> Result<Stay, SyncError> {
    let mut case = Case::default();
    case_text::read(&input.input, &mut case)?;
    Ok(audit_stay(set, input, &case, rules, now))
}

/// A case as a stay for the rules, its lines by the hospital's item codes in their order; its previous stay is not asked for.
pub fn audit_stay(set: &RuleSet, input: &AuditInput, case: &Case, rules: &CaseRules, now: Moment) -> Stay {
    let place: HashMap<&str, u32> =
        input.lines.iter().enumerate().map(|(at, line)| (line.key.as_str(), at as u32)).collect();
    let lines = input.lines.iter().enumerate().map(|(at, line)| {
        let (price, amount) = audit::price(line.quantity, line.amount);
        Line {
            item: line.item_key.as_str().into(),
            time: line.charged_at,
            order: at as u32,
            quantity: line.quantity,
            price,
            amount,
            full_price: set
                .names
                .item(&line.item_key)
                .and_then(|item| item.price)
                .map(|price| price / PRICE_PARTS),
            department: line.department_key.as_str().into(),
            refund_of: match line.refund_of.as_str() {
                "" => None,
                // An unknown line: a refund that finds nothing.
                key => Some(place.get(key).copied().unwrap_or(u32::MAX)),
            },
        }
    });
    let codes = [&case.principal_diagnosis].into_iter().chain(&case.other_diagnoses);
    let encounter = Encounter {
        sex: match case.sex {
            Some(Sex::Male) => "1".into(),
            Some(Sex::Female) => "2".into(),
            None => "".into(),
        },
        age: case.age_years.map(Decimal::from),
        insurance: case.insurance_type.clone(),
        medical_type: input.medical_type.as_str().into(),
        visit: "inpatient".into(),
        hospital_level: rules.hospital_level.parse().ok(),
        department: input.department_key.as_str().into(),
        admitted: case.admitted.map(seconds_of),
        discharged: case.discharged.map(seconds_of),
        as_of: Some(now),
        diagnoses: codes.map(|code| code.written.clone()).filter(|code| !code.is_empty()).collect(),
        operations: case.procedures.iter().map(|code| code.written.clone()).collect(),
        principal_diagnosis: case.principal_diagnosis.written.clone(),
        previous: Previous::NotKnown,
    };
    Stay { encounter, lines: lines.collect() }
}

fn new_finding(set: &RuleSet, input: &AuditInput, stay: &Stay, finding: &Finding) -> NewFinding {
    let rule = &set.rules[finding.rule as usize];
    let line = &input.lines[finding.line as usize];
    NewFinding {
        rule: rule.id.clone(),
        rule_version: rule.version,
        kind: rule.kind.clone(),
        level: rule.level.clone(),
        shadow: rule.shadow,
        line_key: line.key.clone(),
        because_of: finding.because_of.iter().map(|at| input.lines[*at as usize].key.clone()).collect(),
        item_key: line.item_key.clone(),
        charged_at: line.charged_at,
        quantity: finding.excess_quantity,
        amount: finding.excess,
        content: set.said(stay, finding),
    }
}

/// 疑点: a warning of the stay, without a line; its time is the discharge, in house the admission.
fn new_suspicion(set: &RuleSet, stay: &Stay, suspicion: &Suspicion) -> NewFinding {
    let rule = &set.rules[suspicion.rule as usize];
    NewFinding {
        rule: rule.id.clone(),
        rule_version: rule.version,
        kind: rule.kind.clone(),
        level: rule.level.clone(),
        shadow: rule.shadow,
        charged_at: stay.encounter.discharged.or(stay.encounter.admitted).unwrap_or_default(),
        content: suspicion_sentence(&rule.written, suspicion, &set.naming(rule)),
        ..NewFinding::default()
    }
}

/// What could not be judged, each once.
fn unjudged(set: &RuleSet, input: &AuditInput, alerts: &[Alert]) -> Vec<String> {
    let said: BTreeSet<String> = alerts
        .iter()
        .map(|alert| match alert {
            Alert::UnmatchedRefund(at) => {
                format!("退费明细 {} 找不到可冲销的收费，未计入", input.lines[*at as usize].key)
            }
            Alert::Missing(rule, what) => {
                format!("规则 {}：缺少{what}，未判断", set.rules[*rule as usize].id)
            }
        })
        .collect();
    said.into_iter().collect()
}
