//! 查询: what was typed, word by word, and how a word fits a name.

use super::fold::fold;
use super::{Glyph, MatchKind, letter_bit};

/// Longer input is cut: nobody types it, and it bounds the work.
const MOST_WORDS: usize = 8;
const LONGEST_WORD: usize = 64;

/// The words typed; every one must match.
pub(super) struct Query {
    pub(super) words: Vec<Word>,
    /// The whole query as one code, when blanks split what may be a code (`K35 .900`).
    pub(super) spaced_code: Option<Vec<u8>>,
}

impl Query {
    pub(super) fn parse(text: &str, alphabet: &[Glyph]) -> Query {
        let pieces =
            text.split_whitespace().map(|piece| fold(piece).take(LONGEST_WORD).collect::<Vec<char>>());
        let mut words: Vec<Word> = pieces
            .filter(|piece| !piece.is_empty())
            .take(MOST_WORDS)
            .map(|piece| Word::new(piece, alphabet))
            .collect();
        let spaced_code = (words.len() > 1)
            .then(|| words.iter().map(|word| word.code.clone()).collect::<Option<Vec<_>>>())
            .flatten()
            .map(|parts| parts.concat());
        // The longest first: it fails soonest.
        words.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
        words.dedup_by(|a, b| a.text == b.text);
        Query { words, spaced_code }
    }
}

/// One word typed.
pub(super) struct Word {
    text: Vec<char>,
    /// The word as a code key: only when all ASCII.
    pub(super) code: Option<Vec<u8>>,
    /// The bit of the first letter; 0 when it is none.
    pub(super) letter: u32,
    /// For each glyph whether the word can begin there.
    begins: Vec<bool>,
}

/// Where and how a word fits a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// 0 the whole name, 1 its beginning, 2 inside.
    pub(super) tier: u8,
    pub(super) kind: MatchKind,
}

/// How the characters of a name were met, as bits.
#[derive(Clone, Copy)]
struct Means(u8);

impl Means {
    const NONE: Means = Means(0);
    const TEXT: Means = Means(1);
    const INITIAL: Means = Means(2);
    const SYLLABLE: Means = Means(4);

    fn and(self, more: Means) -> Means {
        Means(self.0 | more.0)
    }

    fn kind(self) -> MatchKind {
        match self.0 {
            0 | 1 => MatchKind::Name,
            2 => MatchKind::Initials,
            4 => MatchKind::Pinyin,
            _ => MatchKind::Mixed,
        }
    }
}

impl Word {
    fn new(text: Vec<char>, alphabet: &[Glyph]) -> Word {
        let first = text.first().copied().unwrap_or_default();
        let begins = alphabet.iter().map(|glyph| glyph.begins(first)).collect();
        let code = text.iter().map(|c| u8::try_from(*c).ok().filter(u8::is_ascii)).collect();
        Word { text, code, letter: letter_bit(first), begins }
    }

    /// The best fit in a name, if any.
    pub(super) fn fit(&self, name: &[u32], alphabet: &[Glyph]) -> Option<Fit> {
        let can_begin = |glyph: &u32| self.begins.get(*glyph as usize) == Some(&true);
        if name.first().is_some_and(can_begin) {
            // A glyph takes at least one typed character.
            let whole = if self.text.len() >= name.len() {
                self.walk(name, &self.text, alphabet, true)
            } else {
                None
            };
            if let Some(means) = whole {
                return Some(Fit { tier: 0, kind: means.kind() });
            }
            if let Some(means) = self.walk(name, &self.text, alphabet, false) {
                return Some(Fit { tier: 1, kind: means.kind() });
            }
        }
        for at in 1..name.len() {
            let rest = name.get(at..).unwrap_or_default();
            if rest.first().is_some_and(can_begin)
                && let Some(means) = self.walk(rest, &self.text, alphabet, false)
            {
                return Some(Fit { tier: 2, kind: means.kind() });
            }
        }
        None
    }

    /// Whether the typed characters fit the glyphs from the first on: each glyph by itself, by a whole syllable, by
    /// an initial (`z` or `zh`), and the last one also by the beginning of a syllable.
    fn walk(&self, name: &[u32], typed: &[char], alphabet: &[Glyph], to_the_end: bool) -> Option<Means> {
        let Some(first) = typed.first() else {
            return (!to_the_end || name.is_empty()).then_some(Means::NONE);
        };
        let (glyph, rest) = name.split_first()?;
        let glyph = alphabet.get(*glyph as usize)?;
        let go_on = |taken: usize, means: Means| {
            let typed = typed.get(taken..)?;
            self.walk(rest, typed, alphabet, to_the_end).map(|more| more.and(means))
        };
        if glyph.character == *first {
            // Digits stand the same in text and in pinyin: they decide nothing.
            let means = if first.is_ascii_digit() { Means::NONE } else { Means::TEXT };
            if let Some(means) = go_on(1, means) {
                return Some(means);
            }
        }
        for syllable in &glyph.readings {
            let same = syllable.bytes().zip(typed).take_while(|(b, c)| char::from(*b) == **c).count();
            if same == 0 {
                continue;
            }
            let whole = same == syllable.len();
            let double = same > 1 && matches!(syllable.get(..2), Some("zh" | "ch" | "sh"));
            let means = if same == 1 { Means::INITIAL } else { Means::SYLLABLE };
            let begun = !whole && same == typed.len() && same > 1 && !to_the_end;
            let begun_as = if double && same == 2 { Means::INITIAL } else { Means::SYLLABLE };
            let found = whole
                .then(|| go_on(same, means))
                .flatten()
                .or_else(|| begun.then_some(begun_as))
                .or_else(|| if whole && same == 1 { None } else { go_on(1, Means::INITIAL) })
                .or_else(|| double.then(|| go_on(2, Means::INITIAL)).flatten());
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
