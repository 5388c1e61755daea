//! One rule over the charges of a stay that stand in it.

mod attribute;
mod correspondence;
mod discount;
mod duplicate;
mod quantity;

use crate::finding::{Alert, Finding, Verdict};
use crate::netting::Charge;
use crate::rule::{Kind, Rule};
use crate::stay::{Stay, cost};

/// A charge that stands in a part of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) rule: u32,
    /// Position among the charges, which stand by time.
    pub(crate) charge: u32,
    pub(crate) part: u16,
}

/// The stay under judgement.
pub(crate) struct Case<'a> {
    pub(crate) stay: &'a Stay,
    pub(crate) charges: &'a [Charge],
}

impl Case<'_> {
    fn charge(&self, hit: &Hit) -> Charge {
        self.charges[hit.charge as usize]
    }

    fn time(&self, hit: &Hit) -> i64 {
        self.charge(hit).time
    }

    /// The hits of a part, by time.
    fn part(&self, hits: &[Hit], part: u16) -> Vec<Hit> {
        hits.iter().filter(|hit| hit.part == part).copied().collect()
    }

    fn lines<'h>(&self, hits: impl IntoIterator<Item = &'h Hit>) -> Vec<u32> {
        hits.into_iter().map(|hit| self.charge(hit).line).collect()
    }
}

/// Adds what `rule` finds; `hits` are all charges that stand in it, by time.
pub(crate) fn judge(rule: &Rule, hits: &[Hit], case: &Case<'_>, verdict: &mut Verdict) {
    match &rule.kind {
        Kind::Allow { of, allow } => attribute::allow(*of, allow, hits, case, verdict),
        Kind::Level { min, max } => attribute::level(*min, *max, hits, case, verdict),
        Kind::Age { min, max } => attribute::age(*min, *max, hits, case, verdict),
        Kind::Quantity { times, max, window } => quantity::most(*times, *max, *window, hits, case, verdict),
        Kind::CourseDays { max } => quantity::course_days(*max, hits, case, verdict),
        Kind::Amount { max, window } => quantity::amount(*max, *window, hits, case, verdict),
        Kind::Contains { window } => duplicate::contains(*window, hits, case, verdict),
        Kind::Mutual { window, keep } => duplicate::mutual(*window, *keep, hits, case, verdict),
        Kind::Requires { window } => {
            correspondence::requires(rule.parts.len() as u16, *window, hits, case, verdict);
        }
        Kind::Together { window } => {
            correspondence::together(rule.parts.len() as u16, *window, hits, case, verdict);
        }
        Kind::Ratio { k, window } => correspondence::ratio(*k, *window, hits, case, verdict),
        Kind::Discount { ratio, window } => discount::discount(*ratio, *window, hits, case, verdict),
    }
}

impl Verdict {
    /// All of a charge is too much.
    fn whole(&mut self, hit: &Hit, case: &Case<'_>, because_of: Vec<u32>) {
        self.units(hit, case, case.charge(hit).quantity, because_of);
    }

    /// So much of a charge is too much.
    fn units(&mut self, hit: &Hit, case: &Case<'_>, excess_quantity: i64, because_of: Vec<u32>) {
        let charge = case.charge(hit);
        let excess = cost(excess_quantity, charge.price);
        self.findings.push(Finding {
            rule: hit.rule,
            line: charge.line,
            excess_quantity,
            excess,
            because_of,
        });
    }

    fn missing(&mut self, rule: u32, what: &'static str) {
        self.alerts.push(Alert::Missing(rule, what));
    }
}
