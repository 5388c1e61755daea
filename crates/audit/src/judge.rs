//! One rule over the charges of a stay that stand in it.

mod attribute;
mod correspondence;
mod discount;
mod duplicate;
mod of_stay;
mod quantity;

use crate::ledger::Ledger;
use crate::netting::Charge;
use crate::rule::{Kind, Rule};
use crate::stay::{Encounter, days};

pub(crate) use attribute::fits;
pub(crate) use of_stay::{Sums, suspect};

/// A charge that stands in a part of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) rule: u32,
    /// Position among the charges, which stand by time.
    pub(crate) charge: u32,
    pub(crate) part: u16,
}

/// What few rules ask of a line.
pub(crate) trait Details {
    /// 开单科室; empty: not known.
    fn department(&self, line: u32) -> &str;
    /// 标准价, 分.
    fn full_price(&self, line: u32) -> Option<i64>;
}

/// The stay under judgement; lines are named by their place by (time, order).
pub(crate) struct Case<'a> {
    pub(crate) encounter: &'a Encounter,
    /// By time.
    pub(crate) charges: &'a [Charge],
    /// Time of the last line.
    pub(crate) last: Option<i64>,
    pub(crate) details: &'a dyn Details,
}

impl Case<'_> {
    fn charge(&self, hit: &Hit) -> &Charge {
        &self.charges[hit.charge as usize]
    }

    fn time(&self, hit: &Hit) -> i64 {
        self.charge(hit).time
    }

    fn days(&self) -> Option<i64> {
        days(self.encounter, self.last)
    }

    fn lines<'h>(&self, hits: impl IntoIterator<Item = &'h Hit>) -> impl Iterator<Item = u32> {
        hits.into_iter().map(|hit| self.charge(hit).line)
    }
}

/// The hits of a part, by time; `hits` are by part.
fn part(hits: &[Hit], part: u16) -> &[Hit] {
    let from = hits.partition_point(|hit| hit.part < part);
    let to = hits.partition_point(|hit| hit.part <= part);
    &hits[from..to]
}

/// Whether a kind wants its hits by part and then by time; the others want them by time and then by part.
pub(crate) fn by_part(kind: &Kind) -> bool {
    matches!(kind, Kind::Contains { .. } | Kind::Requires { .. } | Kind::Ratio { .. })
}

/// Adds what `rule` finds; `hits` are all charges that stand in it, at least one, in the order of [`by_part`].
pub(crate) fn judge(rule: &Rule, hits: &[Hit], case: &Case<'_>, ledger: &mut Ledger) {
    match &rule.kind {
        Kind::Allow { allow, .. } => attribute::department(allow, hits, case, ledger),
        // Asked of the stay, not of its lines: [`fits`], [`suspect`].
        Kind::Level { .. }
        | Kind::Age { .. }
        | Kind::Readmission { .. }
        | Kind::LongStay { .. }
        | Kind::LowAdmission { .. }
        | Kind::IdleBed { .. } => {}
        Kind::Quantity { times, max, window } => quantity::most(*times, *max, *window, hits, case, ledger),
        Kind::CourseDays { max } => quantity::course_days(*max, hits, case, ledger),
        Kind::Amount { max, window } => quantity::amount(*max, *window, hits, case, ledger),
        Kind::Contains { window } => duplicate::contains(*window, hits, case, ledger),
        Kind::Mutual { window, keep } => duplicate::mutual(*window, *keep, hits, case, ledger),
        Kind::Requires { window } => {
            correspondence::requires(rule.parts.len() as u16, *window, hits, case, ledger);
        }
        Kind::Together { window } => {
            correspondence::together(rule.parts.len() as u16, *window, hits, case, ledger);
        }
        Kind::Ratio { k, window } => correspondence::ratio(*k, *window, hits, case, ledger),
        Kind::Discount { ratio, window } => discount::discount(*ratio, *window, hits, case, ledger),
    }
}

impl Ledger {
    /// All of a charge is too much.
    fn whole(&mut self, hit: &Hit, case: &Case<'_>, because_of: impl IntoIterator<Item = u32>) {
        self.units(hit, case, case.charge(hit).quantity, because_of);
    }

    /// So much of a charge is too much.
    fn units(
        &mut self,
        hit: &Hit,
        case: &Case<'_>,
        excess_quantity: i64,
        because_of: impl IntoIterator<Item = u32>,
    ) {
        let charge = case.charge(hit);
        self.add(hit.rule, charge.line, excess_quantity, charge.cost(excess_quantity), because_of);
    }

    fn lacks(&mut self, rule: u32, what: &'static str) {
        self.missing.push((rule, what));
    }
}
