//! Rules compiled into an index from item to rules, and the run over a stay.

use crate::finding::{Alert, Finding, Verdict};
use crate::judge::{self, Case, Hit};
use crate::netting::{self, Charge};
use crate::rule::{Pattern, Rule};
use crate::stay::Stay;
use compact_str::CompactString;
use jiff::civil::{Date, date};
use rustc_hash::FxHashMap;

/// Where an item stands in the rules.
#[derive(Clone, Copy, Debug)]
struct Place {
    rule: u32,
    part: u16,
}

/// A list of rules, ready to judge stays; shared by threads.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Rule>,
    /// Charge times a rule applies to, seconds, half-open.
    valid: Vec<(i64, i64)>,
    whole: FxHashMap<CompactString, Vec<Place>>,
    begins: FxHashMap<CompactString, Vec<Place>>,
    /// Lengths of the codes in `begins`.
    lengths: Vec<usize>,
}

/// Buffers of one thread.
#[derive(Debug, Default)]
pub struct Scratch {
    hits: Vec<Hit>,
}

impl Engine {
    /// Compiles the rules; findings name them by their place in this list.
    pub fn new(rules: Vec<Rule>) -> Engine {
        let mut whole: FxHashMap<CompactString, Vec<Place>> = FxHashMap::default();
        let mut begins: FxHashMap<CompactString, Vec<Place>> = FxHashMap::default();
        for (at, rule) in rules.iter().enumerate() {
            for (part, items) in rule.parts.iter().enumerate() {
                for Pattern { code, prefix } in items {
                    let index = if *prefix { &mut begins } else { &mut whole };
                    let place = Place { rule: at as u32, part: part as u16 };
                    index.entry(code.clone()).or_default().push(place);
                }
            }
        }
        let mut lengths: Vec<usize> = begins.keys().map(|code| code.len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let seconds = |day: Option<Date>, open: i64| day.map_or(open, |day| days_since_1970(day) * 86_400);
        let valid = rules
            .iter()
            .map(|rule| (seconds(rule.valid_from, i64::MIN), seconds(rule.valid_to, i64::MAX)))
            .collect();
        Engine { rules, valid, whole, begins, lengths }
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether any rule names an item.
    pub fn names_item(&self, item: &str) -> bool {
        let begins =
            |length: &usize| item.get(..*length).is_some_and(|begin| self.begins.contains_key(begin));
        self.whole.contains_key(item) || self.lengths.iter().any(begins)
    }

    /// Judges a stay. The order of its lines does not matter, and a charge with its refund is as if neither were there.
    pub fn judge(&self, stay: &Stay, scratch: &mut Scratch) -> Verdict {
        let (charges, unmatched) = netting::net(&stay.lines);
        let mut verdict = Verdict::default();
        self.find_hits(stay, &charges, &mut scratch.hits);
        let case = Case { stay, charges: &charges };
        for hits in scratch.hits.chunk_by(|a, b| a.rule == b.rule) {
            let at = hits[0].rule;
            judge::judge(&self.rules[at as usize], hits, &case, &mut verdict);
        }
        let time = |finding: &Finding| {
            let line = &stay.lines[finding.line as usize];
            (finding.rule, line.time, line.order, finding.line)
        };
        verdict.findings.sort_by_key(time);
        verdict.alerts.extend(unmatched.into_iter().map(Alert::UnmatchedRefund));
        verdict
    }

    /// Which charges stand where in which rules, by rule, then by time.
    fn find_hits(&self, stay: &Stay, charges: &[Charge], hits: &mut Vec<Hit>) {
        hits.clear();
        for (at, charge) in charges.iter().enumerate() {
            let item = stay.lines[charge.line as usize].item.as_str();
            let beginnings = self.lengths.iter().filter_map(|length| self.begins.get(item.get(..*length)?));
            for place in self.whole.get(item).into_iter().chain(beginnings).flatten() {
                let (from, to) = self.valid[place.rule as usize];
                if charge.time >= from && charge.time < to {
                    hits.push(Hit { rule: place.rule, charge: at as u32, part: place.part });
                }
            }
        }
        hits.sort_unstable();
        // An item that a rule names twice, whole and by its beginning, stands there once.
        hits.dedup();
    }
}

/// Days since 1970-01-01.
pub(crate) fn days_since_1970(day: Date) -> i64 {
    const EPOCH: Date = date(1970, 1, 1);
    EPOCH.until(day).map_or(0, |span| i64::from(span.get_days()))
}
