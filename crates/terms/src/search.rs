//! 检索: terms by code, Chinese text, initials, pinyin or a mixture, ranked as coders expect.
//!
//! Names lie in one column of glyphs: a glyph is a character with its readings. A query scans the column once, with
//! a table that tells for each glyph whether the word can begin there; only the best rows are kept.

mod catalogue_search;
mod fold;
mod reading;
mod words;

pub use catalogue_search::{CatalogueSearch, RowFilter};

use crate::Catalogue;
use compact_str::CompactString;
use fold::fold;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use words::{Fit, Query};

/// How a row was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchKind {
    /// 编码
    Code,
    /// 名称: the text itself.
    Name,
    /// 首字母
    Initials,
    /// 全拼
    Pinyin,
    /// 混合: several of these.
    Mixed,
}

impl MatchKind {
    /// Chinese label.
    pub fn title(self) -> &'static str {
        match self {
            MatchKind::Code => "编码",
            MatchKind::Name => "名称",
            MatchKind::Initials => "首字母",
            MatchKind::Pinyin => "拼音",
            MatchKind::Mixed => "混合",
        }
    }
}

/// Where a row was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// 完全一致
    Exact,
    /// 开头
    Prefix,
    /// 中间
    Inside,
}

/// A row found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<'i> {
    /// Position of the term in the index.
    pub term: usize,
    /// 编码
    pub code: &'i str,
    /// 名称
    pub name: &'i str,
    /// How it was found.
    pub kind: MatchKind,
    /// Where it was met; with several words the worst place.
    pub place: Place,
}

/// The best rows and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits<'i> {
    /// 命中总数
    pub total: usize,
    /// The best rows, best first.
    pub rows: Vec<Hit<'i>>,
}

/// 使用次数 of the terms of one index, e.g. of a department or a coder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    counts: Vec<u32>,
}

/// A character with its readings.
struct Glyph {
    character: char,
    readings: reading::Readings,
}

impl Glyph {
    fn letters(&self) -> u32 {
        let first = self.readings.iter().filter_map(|reading| reading.chars().next());
        first.chain([self.character]).map(letter_bit).fold(0, |all, bit| all | bit)
    }

    fn begins(&self, typed: char) -> bool {
        self.character == typed || self.readings.iter().any(|reading| reading.starts_with(typed))
    }
}

/// The bit of a lower-case ASCII letter, 0 for any other character.
fn letter_bit(c: char) -> u32 {
    if c.is_ascii_lowercase() { 1 << (c as u32 - 'a' as u32) } else { 0 }
}

/// 检索索引. Immutable; a changed catalogue gets a new one.
#[derive(Default)]
pub struct Index {
    /// Codes as given, sorted.
    codes: Vec<CompactString>,
    names: Column<String>,
    /// Codes folded; a dagger/asterisk pair is followed by its second code once more.
    keys: Column<Vec<u8>>,
    /// Length of the whole folded code within its key.
    key_lengths: Vec<usize>,
    glyphs: Column<Vec<u32>>,
    /// Letters (bit 0 is `a`) with which a word can begin somewhere in the name: spares most scans.
    letters: Vec<u32>,
    alphabet: Vec<Glyph>,
}

impl Index {
    /// Indexes terms of code and name. A name may be empty; one code may come with several names.
    pub fn new<C: AsRef<str>, N: AsRef<str>>(terms: impl IntoIterator<Item = (C, N)>) -> Index {
        let mut terms: Vec<(C, N)> = terms.into_iter().collect();
        terms.sort_by(|a, b| (a.0.as_ref(), a.1.as_ref()).cmp(&(b.0.as_ref(), b.1.as_ref())));
        let mut index = Index::default();
        let mut known: FxHashMap<(char, reading::Readings), u32> = FxHashMap::default();
        for (code, name) in &terms {
            index.push_code(code.as_ref());
            index.names.data.push_str(name.as_ref());
            index.names.ends.push(index.names.data.len());
            let text: Vec<char> = fold(name.as_ref()).collect();
            let mut letters = 0;
            for (character, readings) in text.iter().zip(reading::read(&text)) {
                let next = index.alphabet.len() as u32;
                let glyph =
                    *known.entry((*character, readings)).or_insert_with_key(|(character, readings)| {
                        index.alphabet.push(Glyph { character: *character, readings: readings.clone() });
                        next
                    });
                index.glyphs.data.push(glyph);
                letters |= index.alphabet.get(glyph as usize).map_or(0, Glyph::letters);
            }
            index.letters.push(letters);
            index.glyphs.ends.push(index.glyphs.data.len());
        }
        index
    }

    /// Indexes the rows of a catalogue in force on a day, by its fields `code` and `name`.
    pub fn of_catalogue(catalogue: &Catalogue, on: jiff::civil::Date) -> Index {
        let layout = catalogue.layout();
        let rows = catalogue.records().iter().filter(|record| record.in_force(layout, on));
        Index::new(rows.map(|record| (record.get(layout, "code"), record.get(layout, "name"))))
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// 使用次数 by code, for ranking. Codes that are not in the index are left out.
    pub fn usage<C: AsRef<str>>(&self, counts: impl IntoIterator<Item = (C, u32)>) -> Usage {
        let mut usage = Usage { counts: vec![0; self.len()] };
        for (code, count) in counts {
            let code = code.as_ref();
            let from = self.codes.partition_point(|known| known.as_str() < code);
            let same = self.codes.iter().skip(from).take_while(|known| known.as_str() == code);
            for slot in usage.counts.iter_mut().skip(from).take(same.count()) {
                *slot = slot.saturating_add(count);
            }
        }
        usage
    }

    /// The best `limit` rows. Every word typed must match; order: place (exact, beginning, inside), then 使用次数,
    /// then shorter names, then kind, then code. Nothing typed finds nothing.
    pub fn search(&self, query: &str, limit: usize, usage: Option<&Usage>) -> Hits<'_> {
        self.search_where(query, limit, usage, |_| true)
    }

    /// The same among the terms that `wanted` takes, by position.
    pub fn search_where(
        &self,
        query: &str,
        limit: usize,
        usage: Option<&Usage>,
        wanted: impl Fn(usize) -> bool,
    ) -> Hits<'_> {
        let query = Query::parse(query, &self.alphabet);
        let mut best: BinaryHeap<Rank> = BinaryHeap::with_capacity(limit.min(1000) + 1);
        let mut total = 0;
        for term in 0..self.len() {
            let Some(fit) = self.fit(term, &query).filter(|_| wanted(term)) else { continue };
            total += 1;
            let rank = Rank {
                tier: fit.tier,
                used: Reverse(usage.and_then(|u| u.counts.get(term).copied()).unwrap_or(0)),
                length: self.glyphs.range(term).len(),
                kind: fit.kind,
                term,
            };
            if best.len() < limit {
                best.push(rank);
            } else if let Some(mut worst) = best.peek_mut()
                && rank < *worst
            {
                *worst = rank;
            }
        }
        let rows = best.into_sorted_vec().into_iter().map(|rank| self.hit(rank)).collect();
        Hits { total, rows }
    }

    fn push_code(&mut self, code: &str) {
        self.codes.push(code.into());
        let mut buffer = [0; 4];
        let from = self.keys.data.len();
        for c in fold(code) {
            self.keys.data.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        self.key_lengths.push(self.keys.data.len() - from);
        for c in code.split_once('+').map(|(_, second)| fold(second)).into_iter().flatten() {
            self.keys.data.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
        self.keys.ends.push(self.keys.data.len());
    }

    /// How well a term fits all words.
    fn fit(&self, term: usize, query: &Query) -> Option<Fit> {
        let keys = self.keys.data.get(self.keys.range(term)).unwrap_or_default();
        let both = keys.split_at_checked(*self.key_lengths.get(term)?).unwrap_or((keys, &[]));
        let by_code = |typed: &[u8]| {
            let tier = |key: &[u8]| key.starts_with(typed).then(|| u8::from(key != typed));
            let tier = tier(both.0).into_iter().chain(tier(both.1)).min();
            tier.map(|tier| Fit { tier, kind: MatchKind::Code })
        };
        if let Some(fit) = query.spaced_code.as_deref().and_then(by_code) {
            return Some(fit);
        }
        let name = self.glyphs.data.get(self.glyphs.range(term)).unwrap_or_default();
        let letters = self.letters.get(term).copied().unwrap_or_default();
        let mut all: Option<Fit> = None;
        for word in &query.words {
            let code = word.code.as_deref().and_then(by_code);
            let fit = match code {
                Some(exact) if exact.tier == 0 => exact,
                _ => {
                    let may_begin = word.letter == 0 || word.letter & letters != 0;
                    let name = if may_begin { word.fit(name, &self.alphabet) } else { None };
                    code.into_iter().chain(name).min_by_key(|fit| fit.tier)?
                }
            };
            all = Some(match all {
                None => fit,
                Some(before) => Fit {
                    tier: before.tier.max(fit.tier),
                    kind: if before.kind == fit.kind { fit.kind } else { MatchKind::Mixed },
                },
            });
        }
        all
    }

    fn hit(&self, rank: Rank) -> Hit<'_> {
        Hit {
            term: rank.term,
            code: self.codes.get(rank.term).map_or("", CompactString::as_str),
            name: self.names.data.get(self.names.range(rank.term)).unwrap_or_default(),
            kind: rank.kind,
            place: match rank.tier {
                0 => Place::Exact,
                1 => Place::Prefix,
                _ => Place::Inside,
            },
        }
    }
}

/// Smaller is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    tier: u8,
    used: Reverse<u32>,
    length: usize,
    kind: MatchKind,
    term: usize,
}

/// One value a term, all in one buffer.
#[derive(Default)]
struct Column<D> {
    data: D,
    /// End of each value in `data`.
    ends: Vec<usize>,
}

impl<D> Column<D> {
    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        from..self.ends.get(at).copied().unwrap_or(from)
    }
}

#[cfg(test)]
mod tests;
