//! Rules compiled into integer tables: from a code to the rules that name it, and from an item to all of them.

use crate::codes::CodeMap;
use crate::lists::Lists;
use crate::rule::{Attribute, Kind, Pattern, Rule};
use compact_str::CompactString;
use rustc_hash::FxHashMap;

/// No number.
pub(crate) const NONE: u32 = u32::MAX;

/// 主从 rules of up to so many pairs of codes are found by their pairs, so that a million of them cost what the stay's items
/// meet, not what they could.
const PAIRS: usize = 64;

/// Where an item stands in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) rule: u32,
    pub(crate) part: u16,
}

/// A rule that asks the stay once, whatever its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ask {
    /// Place in [`Index::conditions`].
    pub(crate) condition: u32,
    pub(crate) rule: u32,
}

/// A sub that a main contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    /// Number of the sub among the codes of pairs.
    pub(crate) sub: u32,
    pub(crate) rule: u32,
}

/// A code of a rule that is found by its pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub(crate) part: u16,
    pub(crate) code: u32,
}

/// All rules by the codes that they name. Patterns are numbered: whole codes and beginnings.
#[derive(Debug, Default)]
pub(crate) struct Index {
    whole: FxHashMap<CompactString, u32>,
    begins: FxHashMap<CompactString, u32>,
    /// Lengths of the codes in `begins`.
    lengths: Vec<usize>,
    /// By pattern.
    places: Lists<Place>,
    /// By pattern.
    asks: Lists<Ask>,
    /// By pattern: its number among the codes of pairs, or [`NONE`].
    pair_code: Vec<u32>,
    /// Number of codes of pairs.
    pub(crate) codes: u32,
    /// By code of a main.
    pub(crate) pairs: Lists<Pair>,
    /// By rule.
    pub(crate) members: Lists<Member>,
    /// What rules ask of a stay, each once.
    pub(crate) conditions: Vec<Kind>,
    /// Rules on the stay as a whole.
    pub(crate) of_stay: Vec<u32>,
    /// By pattern: places in `of_stay`.
    counted: Lists<u32>,
}

/// Rules by item: the index resolved for a list of items. Items are named by their place in the list.
#[derive(Debug, Default)]
pub struct ItemTable {
    pub(crate) places: Lists<Place>,
    pub(crate) asks: Lists<Ask>,
    /// Codes of pairs that the item is known by.
    pub(crate) codes: Lists<u32>,
    /// Rules on the stay as a whole that name the item: places in [`Index::of_stay`].
    pub(crate) counted: Lists<u32>,
}

impl ItemTable {
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.asks.clear();
        self.codes.clear();
        self.counted.clear();
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it holds no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether any rule on lines names the item.
    pub fn names(&self, item: u32) -> bool {
        !self.places.of(item).is_empty() || !self.asks.of(item).is_empty() || !self.codes.of(item).is_empty()
    }
}

impl Index {
    pub(crate) fn new(rules: &[Rule]) -> Index {
        let mut index = Index::default();
        let mut known_conditions: FxHashMap<String, u32> = FxHashMap::default();
        let (mut places, mut asks, mut pairs, mut members) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut counted = Vec::new();
        for (rule, at) in rules.iter().zip(0_u32..) {
            if rule.kind.of_stay() {
                let place = index.of_stay.len() as u32;
                index.of_stay.push(at);
                counted.extend(rule.parts.iter().flatten().map(|pattern| (index.pattern(pattern), place)));
            } else if of_the_stay(&rule.kind) {
                let next = index.conditions.len() as u32;
                let condition = *known_conditions.entry(format!("{:?}", rule.kind)).or_insert(next);
                if condition == next {
                    index.conditions.push(rule.kind.clone());
                }
                for pattern in rule.parts.iter().flatten() {
                    asks.push((index.pattern(pattern), Ask { condition, rule: at }));
                }
            } else if by_pairs(rule) {
                let codes: Vec<Vec<u32>> = rule.parts.iter().map(|part| index.codes_of(part)).collect();
                for main in &codes[0] {
                    pairs.extend(codes[1].iter().map(|sub| (*main, Pair { sub: *sub, rule: at })));
                }
                for (codes, part) in codes.iter().zip(0_u16..) {
                    members.extend(codes.iter().map(|code| (at, Member { part, code: *code })));
                }
            } else {
                for (items, part) in rule.parts.iter().zip(0_u16..) {
                    for pattern in items {
                        places.push((index.pattern(pattern), Place { rule: at, part }));
                    }
                }
            }
        }
        let patterns = index.pair_code.len();
        index.places = Lists::of_pairs(patterns, places);
        index.asks = Lists::of_pairs(patterns, asks);
        index.counted = Lists::of_pairs(patterns, counted);
        index.pairs = Lists::of_pairs(index.codes as usize, pairs);
        if !members.is_empty() {
            index.members = Lists::of_pairs(rules.len(), members);
        }
        index.lengths = index.begins.keys().map(|code| code.len()).collect();
        index.lengths.sort_unstable();
        index.lengths.dedup();
        index
    }

    fn pattern(&mut self, pattern: &Pattern) -> u32 {
        let index = if pattern.prefix { &mut self.begins } else { &mut self.whole };
        if let Some(known) = index.get(&pattern.code) {
            return *known;
        }
        let number = self.pair_code.len() as u32;
        index.insert(pattern.code.clone(), number);
        self.pair_code.push(NONE);
        number
    }

    fn codes_of(&mut self, part: &[Pattern]) -> Vec<u32> {
        let mut codes = Vec::with_capacity(part.len());
        for pattern in part {
            let at = self.pattern(pattern) as usize;
            if self.pair_code[at] == NONE {
                self.pair_code[at] = self.codes;
                self.codes += 1;
            }
            codes.push(self.pair_code[at]);
        }
        codes
    }

    /// Appends an item with all rules that name one of its codes.
    pub(crate) fn add_item(&self, item: &str, codes: &CodeMap, table: &mut ItemTable) {
        let mut patterns: [u32; 8] = [NONE; 8];
        let mut more = Vec::new();
        let mut count = 0;
        for code in codes.all(item) {
            let beginnings = self.lengths.iter().filter_map(|length| self.begins.get(code.get(..*length)?));
            for pattern in self.whole.get(code).into_iter().chain(beginnings) {
                match patterns.get_mut(count) {
                    Some(slot) => *slot = *pattern,
                    None => more.push(*pattern),
                }
                count += 1;
            }
        }
        let all = || patterns.iter().take(count).chain(&more).copied();
        table.places.push(all().flat_map(|pattern| self.places.of(pattern).iter().copied()));
        table.asks.push(all().flat_map(|pattern| self.asks.of(pattern).iter().copied()));
        table.counted.push(all().flat_map(|pattern| self.counted.of(pattern).iter().copied()));
        table.codes.push(all().map(|pattern| self.pair_code[pattern as usize]).filter(|code| *code != NONE));
    }
}

/// Whether a rule asks the stay only: the same answer for all its lines.
fn of_the_stay(kind: &Kind) -> bool {
    match kind {
        Kind::Allow { of, .. } => *of != Attribute::Department,
        Kind::Level { .. } | Kind::Age { .. } => true,
        _ => false,
    }
}

/// Whether a rule is found by its pairs of codes.
fn by_pairs(rule: &Rule) -> bool {
    matches!(rule.kind, Kind::Contains { .. })
        && rule.parts.iter().flatten().all(|pattern| !pattern.prefix)
        && rule.parts[0].len() * rule.parts[1].len() <= PAIRS
}
