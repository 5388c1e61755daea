//! 疑点: what a stay as a whole looks like. Nothing of it is too much; somebody should look at it.

use super::Case;
use crate::UNIT;
use crate::engine::Engine;
use crate::finding::{Grounds, Suspicion};
use crate::index::ItemTable;
use crate::ledger::Ledger;
use crate::rule::Kind;
use crate::stay::Previous;
use crate::window::day;

/// What the stay's charges come to under one rule.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    /// Cost of the rule's items, 分.
    cost: i64,
    /// Days of the stay on which others were charged.
    other_days: i64,
    last: Option<i64>,
}

/// What was seen, `None` when it is nothing; or what is missing.
type Seen = Result<Option<Grounds>, &'static str>;

/// Adds what the rules on the stay as a whole suspect; `sums` is room for what its charges come to.
pub(crate) fn suspect(
    engine: &Engine,
    table: &ItemTable,
    case: &Case<'_>,
    sums: &mut Vec<Sums>,
    ledger: &mut Ledger,
) {
    let rules = &engine.index().of_stay;
    if rules.is_empty() {
        return;
    }
    sums.clear();
    sums.resize(rules.len(), Sums::default());
    let total = if engine.asks_all_lines() { add_up(table, case, sums) } else { 0 };
    // The rule's time is the discharge, in house the audit.
    let until = case.encounter.discharged.or(case.encounter.as_of).or(case.last);
    for (rule, sums) in rules.iter().zip(sums) {
        if until.is_some_and(|until| !engine.applies(*rule, until)) {
            continue;
        }
        match seen(&engine.rules()[*rule as usize].kind, case, sums, total) {
            Ok(Some(grounds)) => ledger.suspicions.push(Suspicion { rule: *rule, grounds }),
            Ok(None) => {}
            Err(what) => ledger.lacks(*rule, what),
        }
    }
}

/// Sums by rule, and the cost of all.
fn add_up(table: &ItemTable, case: &Case<'_>, sums: &mut [Sums]) -> i64 {
    let days = days_over(case);
    let mut total = 0_i64;
    for charge in case.charges {
        let cost = charge.cost(charge.quantity);
        total = total.saturating_add(cost);
        let today = day(charge.time);
        let counted = table.counted.of(charge.item);
        for (sums, place) in sums.iter_mut().zip(0..) {
            if counted.contains(&place) {
                sums.cost = sums.cost.saturating_add(cost);
            } else if sums.last != Some(today) && days.as_ref().is_some_and(|days| days.contains(&today)) {
                sums.other_days += 1;
                sums.last = Some(today);
            }
        }
    }
    total
}

/// Days of the stay that are over: that of admission to that before the discharge, in house before the audit.
fn days_over(case: &Case<'_>) -> Option<std::ops::Range<i64>> {
    let until = case.encounter.discharged.or(case.encounter.as_of)?;
    Some(day(case.encounter.admitted?)..day(until))
}

fn seen(kind: &Kind, case: &Case<'_>, sums: &Sums, total: i64) -> Seen {
    match kind {
        Kind::Readmission { days, same, planned } => readmitted(*days, *same, *planned, case),
        Kind::LongStay { days } => {
            let stayed = case.days().ok_or("入院时间")?;
            Ok((stayed > *days).then_some(Grounds::Stayed(stayed)))
        }
        Kind::LowAdmission { days: most, share, cost: limit } => {
            // Of a patient in house all may still come.
            if case.encounter.discharged.is_none() || !case.encounter.operations.is_empty() {
                return Ok(None);
            }
            let days = case.days().ok_or("入院时间")?;
            if days > *most {
                return Ok(None);
            }
            if total <= 0 {
                return Err("费用明细");
            }
            let enough = i128::from(sums.cost) * i128::from(UNIT) >= i128::from(*share) * i128::from(total);
            let low = enough && limit.is_none_or(|limit| total <= limit);
            Ok(low.then_some(Grounds::Examined { days, cost: sums.cost, total }))
        }
        Kind::IdleBed { days: least } => {
            let over = days_over(case).ok_or("入院时间")?;
            let days = over.end - over.start;
            if days < *least {
                return Ok(None);
            }
            // Without any line it is the bill that is missing.
            if case.charges.is_empty() {
                return Err("费用明细");
            }
            let idle = days - sums.other_days;
            Ok((idle >= *least).then_some(Grounds::Idle { idle, days }))
        }
        _ => Ok(None),
    }
}

fn readmitted(days: i64, same: usize, planned: bool, case: &Case<'_>) -> Seen {
    let encounter = case.encounter;
    let previous = match &encounter.previous {
        Previous::NotKnown => return Err("上次住院"),
        Previous::None => return Ok(None),
        Previous::Stay(previous) => previous,
    };
    let since = day(encounter.admitted.ok_or("入院时间")?) - day(previous.discharged);
    if !(0..=days).contains(&since) || previous.readmission_planned && !planned {
        return Ok(None);
    }
    if same > 0 {
        if encounter.principal_diagnosis.is_empty() || previous.principal_diagnosis.is_empty() {
            return Err("主要诊断");
        }
        let begins = |code: &str| code.chars().take(same).collect::<String>();
        if begins(&encounter.principal_diagnosis) != begins(&previous.principal_diagnosis) {
            return Ok(None);
        }
    }
    Ok(Some(Grounds::Readmitted(since)))
}
