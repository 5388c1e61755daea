//! 全院审核: rules over the charge columns, all cores.

use super::columns::{ChargeColumns, Stay};
use super::context::AuditContext;
use crate::MartError;
use audit::{Engine, Entry, ItemTable, Ledger, LineColumns, Scratch, Suspicion};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Lines that a thread takes at a time.
const PART: u64 = 100_000;

/// How far a run is, and the wish to stop it; shared with the thread that watches.
#[derive(Debug, Default)]
pub struct AuditProgress {
    lines: AtomicU64,
    cancelled: AtomicBool,
}

impl AuditProgress {
    /// Lines done so far.
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::Relaxed)
    }

    /// Stops the run; it ends with [`MartError::Cancelled`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn done(&self, lines: u64) -> Result<(), MartError> {
        self.lines.fetch_add(lines, Ordering::Relaxed);
        if self.cancelled.load(Ordering::Relaxed) { Err(MartError::Cancelled) } else { Ok(()) }
    }
}

/// Which stays a run takes, and when.
#[derive(Clone, Copy)]
pub struct AuditScope<'s> {
    /// The moment of the audit, seconds since 1970-01-01 of the hospital's clock: decides the days of patients in house.
    pub now: i64,
    /// Whether a stay is judged: the viewer's scope and the period.
    pub keep: &'s (dyn Fn(&Stay<'_>) -> bool + Sync),
}

impl AuditScope<'_> {
    /// Every stay.
    pub fn all(now: i64) -> AuditScope<'static> {
        AuditScope { now, keep: &|_| true }
    }
}

/// 违规 of many stays.
#[derive(Debug, Default)]
pub struct AuditFindings {
    parts: Vec<Part>,
    /// 疑点 of stays as a whole, by place of the stay ([`ChargeColumns::stay`]) and then by rule.
    pub suspicions: Vec<(u32, Suspicion)>,
    /// Stays in which a rule could not be judged: position of the rule, and what is missing.
    pub missing: BTreeMap<(u32, &'static str), u64>,
    /// Refunds that took nothing back.
    pub unmatched_refunds: u64,
}

/// One finding of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundLine<'f> {
    /// Place of the stay: [`ChargeColumns::stay`].
    pub stay: u32,
    /// Position of the rule in the engine's list.
    pub rule: u32,
    /// Place of the line in the stay.
    pub line: u32,
    /// 超出数量, ten-thousandths.
    pub excess_quantity: i64,
    /// 违规金额, 分.
    pub excess: i64,
    /// 涉及明细: places in the stay, by time.
    pub because_of: &'f [u32],
}

#[derive(Debug, Default)]
struct Part {
    stays: Vec<u32>,
    entries: Vec<Entry>,
    /// Ends of the involved lines of each finding.
    ends: Vec<u32>,
    because: Vec<u32>,
    suspicions: Vec<(u32, Suspicion)>,
    missing: BTreeMap<(u32, &'static str), u64>,
    unmatched: u64,
}

impl AuditFindings {
    /// Number of lines found, suspicions not among them.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.entries.len()).sum()
    }

    /// Whether no line was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// By stay, then by rule, then by line.
    pub fn iter(&self) -> impl Iterator<Item = FoundLine<'_>> {
        self.parts.iter().flat_map(|part| {
            part.entries.iter().enumerate().map(|(at, entry)| {
                let from = if at == 0 { 0 } else { part.ends[at - 1] as usize };
                FoundLine {
                    stay: part.stays[at],
                    rule: entry.rule,
                    line: entry.line,
                    excess_quantity: entry.excess_quantity,
                    excess: entry.excess,
                    because_of: &part.because[from..part.ends[at] as usize],
                }
            })
        })
    }
}

impl Part {
    fn take(&mut self, stay: u32, ledger: &Ledger) {
        for entry in &ledger.entries {
            self.because.extend_from_slice(ledger.because_of(entry));
            self.ends.push(self.because.len() as u32);
            self.stays.push(stay);
            self.entries.push(*entry);
        }
        self.suspicions.extend(ledger.suspicions.iter().map(|suspicion| (stay, *suspicion)));
        for missing in ledger.missing() {
            *self.missing.entry(missing).or_default() += 1;
        }
        self.unmatched += ledger.unmatched.len() as u64;
    }
}

/// A thread's judge of stays.
pub(super) struct Judge<'a> {
    columns: &'a ChargeColumns,
    context: &'a AuditContext,
    engine: &'a Engine,
    table: ItemTable,
    /// By item: whether any rule names it.
    named: Vec<bool>,
    full_prices: Vec<i64>,
    scope: AuditScope<'a>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        columns: &'a ChargeColumns,
        context: &'a AuditContext,
        engine: &'a Engine,
        scope: AuditScope<'a>,
    ) -> Judge<'a> {
        let items = columns.items().keys();
        let table = engine.table(items.iter().map(String::as_str));
        let named = (0..items.len() as u32).map(|item| table.names(item)).collect();
        Judge { columns, context, engine, table, named, full_prices: context.full_prices(columns), scope }
    }

    pub(super) fn is_named(&self, item: u32) -> bool {
        self.named.get(item as usize).copied().unwrap_or(false)
    }

    /// The stay's findings; `None` when it is out of scope, or no rule names any of its items and none asks the stay as a whole.
    pub(super) fn stay<'s>(&self, at: usize, scratch: &'s mut Scratch) -> Option<(Stay<'a>, &'s Ledger)> {
        let stay = self.columns.stay(at)?;
        let asked = self.engine.asks_stays() || stay.item.iter().any(|item| self.is_named(*item));
        if !(self.scope.keep)(&stay) || !asked {
            return None;
        }
        let lines = LineColumns {
            time: stay.time,
            item: stay.item,
            quantity: stay.quantity,
            amount: stay.amount,
            refund_of: stay.refund_of,
            department: stay.department,
            departments: self.columns.departments().keys(),
            full_prices: &self.full_prices,
        };
        let encounter = self.context.encounter(stay.number, self.scope.now);
        Some((stay, self.engine.judge_columns(&self.table, &encounter, &lines, scratch)))
    }

    /// Each part of the stays on its own, on all cores; results in order of the stays.
    pub(super) fn parts<T: Send>(
        &self,
        progress: &AuditProgress,
        run: impl Fn(Range<usize>, &mut Scratch) -> T + Sync,
    ) -> Result<Vec<T>, MartError> {
        let starts = &self.columns.starts;
        let mut parts = Vec::new();
        let mut from = 0;
        while from < self.columns.stay_count() {
            let until = starts[from] + PART;
            let to =
                starts.partition_point(|start| *start < until).clamp(from + 1, self.columns.stay_count());
            parts.push(from..to);
            from = to;
        }
        parts
            .into_par_iter()
            .map_init(Scratch::default, |scratch, part| {
                let lines = starts[part.end] - starts[part.start];
                let result = run(part, scratch);
                progress.done(lines).map(|()| result)
            })
            .collect()
    }
}

impl ChargeColumns {
    /// Judges all stays of the scope on all cores. Lines that no stay of the context knows are judged by what is there.
    ///
    /// # Errors
    /// [`MartError::Cancelled`].
    pub fn audit(
        &self,
        context: &AuditContext,
        engine: &Engine,
        scope: AuditScope<'_>,
        progress: &AuditProgress,
    ) -> Result<AuditFindings, MartError> {
        let judge = Judge::new(self, context, engine, scope);
        let mut parts = judge.parts(progress, |stays, scratch| {
            let mut part = Part::default();
            for at in stays {
                if let Some((_, ledger)) = judge.stay(at, scratch) {
                    part.take(at as u32, ledger);
                }
            }
            part
        })?;
        let mut found = AuditFindings::default();
        for part in &mut parts {
            found.suspicions.append(&mut part.suspicions);
            found.unmatched_refunds += part.unmatched;
            for (missing, stays) in &part.missing {
                *found.missing.entry(*missing).or_default() += stays;
            }
        }
        found.parts = parts;
        Ok(found)
    }
}
