//! What was found in one stay, in flat buffers that are used again for the next.

use crate::finding::{Alert, Finding, Suspicion, Verdict};
use crate::judge::Hit;

/// A line that breaks a rule: a [`Finding`] whose involved lines lie in the [`Ledger`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position of the rule in the engine's list.
    pub rule: u32,
    /// Place of the line in the stay by (time, order).
    pub line: u32,
    /// 超出数量 in [`crate::UNIT`]; 0 where only the price is too high.
    pub excess_quantity: i64,
    /// 违规金额, 分.
    pub excess: i64,
    because: (u32, u32),
}

/// All that was found in one stay; lines are named by their place by (time, order).
#[derive(Debug, Default)]
pub struct Ledger {
    /// By rule, then by line.
    pub entries: Vec<Entry>,
    /// 疑点 of the stay, by rule.
    pub suspicions: Vec<Suspicion>,
    /// Refunds that took nothing back.
    pub unmatched: Vec<u32>,
    because: Vec<u32>,
    pub(crate) missing: Vec<(u32, &'static str)>,
    /// For [`crate::judge`]: charges that passed and how much of each.
    pub(crate) passed: Vec<(Hit, i64)>,
}

impl Ledger {
    /// 涉及明细 of a finding, by time.
    pub fn because_of(&self, entry: &Entry) -> &[u32] {
        &self.because[entry.because.0 as usize..entry.because.1 as usize]
    }

    /// Rules that could not be judged, and what is missing: position of the rule, rising.
    pub fn missing(&self) -> impl Iterator<Item = (u32, &'static str)> {
        self.missing.iter().copied()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.suspicions.clear();
        self.unmatched.clear();
        self.because.clear();
        self.missing.clear();
    }

    pub(crate) fn add(
        &mut self,
        rule: u32,
        line: u32,
        excess_quantity: i64,
        excess: i64,
        because_of: impl IntoIterator<Item = u32>,
    ) {
        let from = self.because.len() as u32;
        self.because.extend(because_of);
        let because = (from, self.because.len() as u32);
        self.entries.push(Entry { rule, line, excess_quantity, excess, because });
    }

    pub(crate) fn sort(&mut self) {
        self.entries.sort_unstable_by_key(|entry| (entry.rule, entry.line));
        self.missing.sort_unstable();
        self.missing.dedup();
    }

    /// As a value of its own, lines by their place by (time, order).
    pub fn verdict(&self) -> Verdict {
        self.verdict_of(|place| place)
    }

    /// As a value of its own; `line` gives the position in the stay's list of a place by time.
    pub(crate) fn verdict_of(&self, line: impl Fn(u32) -> u32) -> Verdict {
        let findings = self.entries.iter().map(|entry| Finding {
            rule: entry.rule,
            line: line(entry.line),
            excess_quantity: entry.excess_quantity,
            excess: entry.excess,
            because_of: self.because_of(entry).iter().map(|at| line(*at)).collect(),
        });
        let missing = self.missing.iter().map(|(rule, what)| Alert::Missing(*rule, what));
        let unmatched = self.unmatched.iter().map(|at| Alert::UnmatchedRefund(line(*at)));
        Verdict {
            findings: findings.collect(),
            suspicions: self.suspicions.clone(),
            alerts: missing.chain(unmatched).collect(),
        }
    }
}
