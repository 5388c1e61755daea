//! The run over one stay: which rules its items meet, which of those can be broken at all, and the judgement of these.
//!
//! The work grows with the stay's lines and the rules that name its items, not with the number of rules. Charges are grouped by
//! item first: most rules are settled by the item's sums alone.

use crate::engine::Engine;
use crate::index::{ItemTable, NONE, Place};
use crate::judge::{self, Case, Details, Hit};
use crate::ledger::Ledger;
use crate::netting::{self, Charge, Work};
use crate::rule::{Cap, Kind};
use crate::stay::Encounter;
use crate::{UNIT, judge::fits};

/// Buffers of the run; none is cleared whole, so that a stay costs what it touches.
#[derive(Debug, Default)]
pub(crate) struct Run {
    charges: Vec<Charge>,
    /// By item of the table: its place in `items`, or [`NONE`].
    item_at: Vec<u32>,
    items: Vec<ItemCharges>,
    /// Charges by item.
    by_item: Vec<u32>,
    /// By rule.
    tally: Vec<Tally>,
    /// Rules that any item stands in.
    touched: Vec<u32>,
    hits: Vec<Hit>,
    /// Answers to the engine's conditions.
    answers: Vec<Answer>,
    /// By code of pairs: its first link, or [`NONE`].
    code_link: Vec<u32>,
    links: Vec<Link>,
    /// The stay's codes of pairs.
    codes: Vec<u32>,
    /// Rules that a pair of the stay's codes stands in.
    paired: Vec<u32>,
    /// By rule on the stay as a whole.
    sums: Vec<judge::Sums>,
}

/// The charges of one item.
#[derive(Clone, Copy, Debug)]
struct ItemCharges {
    item: u32,
    count: u32,
    /// Where they begin in [`Run::by_item`].
    start: u32,
    quantity: i64,
}

/// An item of the stay that is known by a code of pairs; mostly the only one.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Place in [`Run::items`].
    item: u32,
    next: u32,
}

/// What the stay's items come to under a rule: mostly too little to break it.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    charges: u32,
    quantity: i64,
    /// Parts with a charge, the eighth standing for all further ones.
    parts: u8,
    /// Places counted.
    places: u8,
    /// Where its hits are written, or [`NONE`].
    at: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    NotAsked,
    Fits,
    Broken,
    Missing(&'static str),
}

impl Run {
    /// Judges lines that stand by (time, order).
    pub(crate) fn judge(
        &mut self,
        engine: &Engine,
        table: &ItemTable,
        lines: &[Work],
        encounter: &Encounter,
        details: &dyn Details,
        ledger: &mut Ledger,
    ) {
        ledger.clear();
        netting::net(lines, &mut self.charges, &mut ledger.unmatched);
        self.group_by_item(table);
        let charges = std::mem::take(&mut self.charges);
        let case = Case { encounter, charges: &charges, last: lines.last().map(|line| line.time), details };
        self.ask(engine, table, &case, ledger);
        self.count(engine, table);
        self.judge_touched(engine, table, &case, ledger);
        self.judge_pairs(engine, table, &case, ledger);
        judge::suspect(engine, table, &case, &mut self.sums, ledger);
        self.charges = charges;
        for item in &self.items {
            self.item_at[item.item as usize] = NONE;
        }
        ledger.sort();
    }

    fn group_by_item(&mut self, table: &ItemTable) {
        if self.item_at.len() < table.len() {
            self.item_at.resize(table.len(), NONE);
        }
        self.items.clear();
        for charge in &self.charges {
            // An item that the table does not hold stands in no rule.
            let Some(at) = self.item_at.get_mut(charge.item as usize) else { continue };
            if *at == NONE {
                if !table.names(charge.item) {
                    continue;
                }
                *at = self.items.len() as u32;
                self.items.push(ItemCharges { item: charge.item, count: 0, start: 0, quantity: 0 });
            }
            let item = &mut self.items[*at as usize];
            item.count += 1;
            item.quantity = item.quantity.saturating_add(charge.quantity);
        }
        let mut start = 0;
        for item in &mut self.items {
            item.start = start;
            start += item.count;
            item.count = 0;
        }
        self.by_item.resize(start as usize, 0);
        for (at, charge) in (0..).zip(&self.charges) {
            let place = self.item_at.get(charge.item as usize);
            if let Some(item) = place.and_then(|place| self.items.get_mut(*place as usize)) {
                self.by_item[(item.start + item.count) as usize] = at;
                item.count += 1;
            }
        }
    }

    fn charges_of(&self, item: &ItemCharges) -> &[u32] {
        &self.by_item[item.start as usize..(item.start + item.count) as usize]
    }

    /// Rules that ask the stay once.
    fn ask(&mut self, engine: &Engine, table: &ItemTable, case: &Case<'_>, ledger: &mut Ledger) {
        let conditions = &engine.index().conditions;
        self.answers.clear();
        self.answers.resize(conditions.len(), Answer::NotAsked);
        for item in &self.items {
            for ask in table.asks.of(item.item) {
                let answer = &mut self.answers[ask.condition as usize];
                if *answer == Answer::NotAsked {
                    *answer = match fits(&conditions[ask.condition as usize], case.encounter) {
                        (Some(true), _) => Answer::Fits,
                        (Some(false), _) => Answer::Broken,
                        (None, what) => Answer::Missing(what),
                    };
                }
                if *answer == Answer::Fits {
                    continue;
                }
                let of_item = &self.by_item[item.start as usize..(item.start + item.count) as usize];
                let charges = of_item.iter().map(|at| &case.charges[*at as usize]);
                for charge in charges.filter(|charge| engine.applies(ask.rule, charge.time)) {
                    match *answer {
                        Answer::Missing(what) => ledger.missing.push((ask.rule, what)),
                        _ => ledger.add(
                            ask.rule,
                            charge.line,
                            charge.quantity,
                            charge.cost(charge.quantity),
                            [],
                        ),
                    }
                }
            }
        }
    }

    /// Sums of the stay's items under the rules that they stand in.
    fn count(&mut self, engine: &Engine, table: &ItemTable) {
        if self.tally.len() < engine.rules().len() {
            self.tally.resize(engine.rules().len(), Tally::default());
        }
        self.touched.clear();
        for item in &self.items {
            for Place { rule, part } in table.places.of(item.item) {
                let tally = &mut self.tally[*rule as usize];
                if tally.places == 0 {
                    self.touched.push(*rule);
                }
                tally.places = tally.places.saturating_add(1);
                tally.charges += item.count;
                tally.quantity = tally.quantity.saturating_add(item.quantity);
                tally.parts |= 1 << (*part).min(7);
            }
        }
    }

    fn judge_touched(&mut self, engine: &Engine, table: &ItemTable, case: &Case<'_>, ledger: &mut Ledger) {
        let mut end = 0;
        for rule in &self.touched {
            let tally = &mut self.tally[*rule as usize];
            tally.at = NONE;
            if tally.may_break(&engine.rules()[*rule as usize].kind) {
                tally.at = end;
                end += tally.charges;
            }
        }
        if end > 0 {
            self.hits.resize(end as usize, Hit::default());
            // From now on `charges` counts the hits that are written.
            self.touched.iter().for_each(|rule| self.tally[*rule as usize].charges = 0);
            for item in &self.items {
                for Place { rule, part } in table.places.of(item.item) {
                    let tally = &mut self.tally[*rule as usize];
                    if tally.at == NONE {
                        continue;
                    }
                    let from = item.start as usize;
                    for charge in &self.by_item[from..from + item.count as usize] {
                        if engine.applies(*rule, case.charges[*charge as usize].time) {
                            self.hits[(tally.at + tally.charges) as usize] =
                                Hit { rule: *rule, charge: *charge, part: *part };
                            tally.charges += 1;
                        }
                    }
                }
            }
            for rule in &self.touched {
                let tally = self.tally[*rule as usize];
                if tally.at != NONE && tally.charges > 0 {
                    let hits = &mut self.hits[tally.at as usize..(tally.at + tally.charges) as usize];
                    judge_rule(engine, *rule, hits, tally.places > 1, case, ledger);
                }
            }
        }
        self.touched.iter().for_each(|rule| self.tally[*rule as usize] = Tally::default());
    }

    /// 主从 rules that are found by their pairs of codes.
    fn judge_pairs(&mut self, engine: &Engine, table: &ItemTable, case: &Case<'_>, ledger: &mut Ledger) {
        let index = engine.index();
        if index.codes == 0 {
            return;
        }
        self.code_link.resize(index.codes as usize, NONE);
        self.codes.clear();
        self.links.clear();
        self.paired.clear();
        for at in 0..self.items.len() {
            for code in table.codes.of(self.items[at].item) {
                let first = &mut self.code_link[*code as usize];
                if *first == NONE {
                    self.codes.push(*code);
                }
                self.links.push(Link { item: at as u32, next: *first });
                *first = self.links.len() as u32 - 1;
            }
        }
        for main in &self.codes {
            let pairs = index.pairs.of(*main);
            // The shorter list is walked, the longer one asked.
            if pairs.len() <= 8 * self.codes.len() {
                let there = pairs.iter().filter(|pair| self.code_link[pair.sub as usize] != NONE);
                self.paired.extend(there.map(|pair| pair.rule));
            } else {
                for sub in &self.codes {
                    let from = pairs.partition_point(|pair| pair.sub < *sub);
                    let same = pairs[from..].iter().take_while(|pair| pair.sub == *sub);
                    self.paired.extend(same.map(|pair| pair.rule));
                }
            }
        }
        self.paired.sort_unstable();
        self.paired.dedup();
        let paired = std::mem::take(&mut self.paired);
        let mut hits = std::mem::take(&mut self.hits);
        for rule in &paired {
            hits.clear();
            for member in index.members.of(*rule) {
                let mut link = self.code_link[member.code as usize];
                while let Some(Link { item, next }) = self.links.get(link as usize).copied() {
                    let charges = self.charges_of(&self.items[item as usize]).iter();
                    let valid =
                        charges.filter(|charge| engine.applies(*rule, case.charges[**charge as usize].time));
                    hits.extend(valid.map(|charge| Hit { rule: *rule, charge: *charge, part: member.part }));
                    link = next;
                }
            }
            // An item that two codes of one part name stands there once.
            hits.sort_unstable_by_key(|hit| (hit.part, hit.charge));
            hits.dedup();
            if !hits.is_empty() {
                judge_rule(engine, *rule, &mut hits, false, case, ledger);
            }
        }
        self.hits = hits;
        self.paired = paired;
        self.codes.iter().for_each(|code| self.code_link[*code as usize] = NONE);
    }
}

fn judge_rule(
    engine: &Engine,
    rule: u32,
    hits: &mut [Hit],
    several: bool,
    case: &Case<'_>,
    ledger: &mut Ledger,
) {
    let rule = &engine.rules()[rule as usize];
    if several {
        if judge::by_part(&rule.kind) {
            hits.sort_unstable_by_key(|hit| (hit.part, hit.charge));
        } else {
            hits.sort_unstable_by_key(|hit| (hit.charge, hit.part));
        }
    }
    judge::judge(rule, hits, case, ledger);
}

impl Tally {
    /// Whether such sums can break a rule at all.
    fn may_break(&self, kind: &Kind) -> bool {
        let has = |part: u8| self.parts & 1 << part != 0;
        match kind {
            Kind::Quantity { times: true, max: Cap::Fixed(max), .. } => i64::from(self.charges) * UNIT > *max,
            Kind::Quantity { max: Cap::Fixed(max), .. } => self.quantity > *max,
            Kind::CourseDays { max } => i64::from(self.charges) > *max,
            Kind::Contains { .. } => has(0) && has(1),
            Kind::Mutual { .. } => self.parts.count_ones() > 1 || has(7),
            Kind::Requires { .. } | Kind::Ratio { .. } => has(0),
            Kind::Discount { .. } => self.charges > 1,
            _ => true,
        }
    }
}
