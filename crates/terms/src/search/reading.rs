//! 读音: how a medical name is read aloud, word by word, so that pinyin and initials come out right.

use compact_str::CompactString;
use pinyin::ToPinyin;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// The dictionary of this crate; a hospital's own words could be parsed beside it.
static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::parse(include_str!("../../data/readings.txt")));

/// Readings of one character: one, or several where the text does not decide. Empty for what has no sound.
pub(super) type Readings = Vec<CompactString>;

/// Reads a text, one entry a character.
pub(super) fn read(text: &[char]) -> Vec<Readings> {
    let mut readings = Vec::with_capacity(text.len());
    while let Some((first, _)) = text.get(readings.len()..).and_then(<[char]>::split_first) {
        let rest = text.get(readings.len()..).unwrap_or_default();
        match DICTIONARY.word_at(*first, rest) {
            Some(word) => readings.extend(word.syllables.iter().map(|s| spellings([s.as_str()]))),
            None => readings.push(of_character(*first)),
        }
    }
    readings
}

fn of_character(c: char) -> Readings {
    match DICTIONARY.characters.get(&c) {
        Some(syllables) => spellings(syllables.iter().map(CompactString::as_str)),
        None => spellings(c.to_pinyin().map(pinyin::Pinyin::plain)),
    }
}

/// ü is typed `v` or, as in passports, `u`: both are readings.
fn spellings<'s>(syllables: impl IntoIterator<Item = &'s str>) -> Readings {
    let mut readings = Readings::new();
    for syllable in syllables {
        let with_v: CompactString = syllable.chars().map(|c| if c == 'ü' { 'v' } else { c }).collect();
        let with_u: CompactString = with_v.chars().map(|c| if c == 'v' { 'u' } else { c }).collect();
        for reading in [with_v, with_u] {
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

#[derive(Default)]
struct Dictionary {
    /// Words by first character, longest first.
    words: FxHashMap<char, Vec<Word>>,
    characters: FxHashMap<char, Vec<CompactString>>,
}

struct Word {
    text: Vec<char>,
    syllables: Vec<CompactString>,
}

impl Dictionary {
    fn parse(source: &str) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let text: Vec<char> = parts.next().unwrap_or_default().chars().collect();
            let syllables: Vec<CompactString> = parts.map(CompactString::from).collect();
            match text.as_slice() {
                [] => {}
                [single] => drop(dictionary.characters.insert(*single, syllables)),
                [first, ..] => dictionary.words.entry(*first).or_default().push(Word { text, syllables }),
            }
        }
        for words in dictionary.words.values_mut() {
            words.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
        }
        dictionary
    }

    fn word_at(&self, first: char, rest: &[char]) -> Option<&Word> {
        self.words.get(&first)?.iter().find(|word| rest.starts_with(&word.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinyin(text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        read(&chars).iter().map(|readings| readings[0].as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn heteronyms_are_read_as_doctors_say_them() {
        for (text, said) in [
            ("血", "xue"),
            ("重症肺炎", "zhong zheng fei yan"),
            ("乳房重建术", "ru fang chong jian shu"),
            ("结节", "jie jie"),
            ("肠梗阻", "chang geng zu"),
            ("股骨骨折", "gu gu gu zhe"),
            ("便秘", "bian mi"),
            ("大咯血", "da ka xue"),
            ("发绀", "fa gan"),
            ("头颅外伤", "tou lu wai shang"),
            ("动脉", "dong mai"),
            ("骨的恶性肿瘤", "gu de e xing zhong liu"),
            ("长期透析", "chang qi tou xi"),
            ("生长激素", "sheng zhang ji su"),
            ("负增长", "fu zeng zhang"),
            ("畸形", "ji xing"),
            ("恶心", "e xin"),
            ("厌恶", "yan wu"),
            ("呕吐", "ou tu"),
            ("脑卒中", "nao cu zhong"),
            ("表皮剥脱", "biao pi bo tuo"),
            ("骨髓炎", "gu sui yan"),
            ("膀胱", "pang guang"),
            ("肺栓塞", "fei shuan se"),
            ("肠粘连", "chang zhan lian"),
            ("粘膜", "nian mo"),
            ("颈椎", "jing zhui"),
            ("肋骨", "lei gu"),
            ("牙龈炎", "ya yin yan"),
            ("内分泌失调", "nei fen mi shi tiao"),
            ("屈光参差", "qu guang cen ci"),
            ("氧化还原酶", "yang hua huan yuan mei"),
            ("心率", "xin lv"),
            ("女性", "nv xing"),
            ("疟疾", "nve ji"),
        ] {
            assert_eq!(pinyin(text), said, "{text}");
        }
    }

    #[test]
    fn what_no_word_decides_keeps_every_reading() {
        assert_eq!(read(&['重']), [["zhong", "chong"]]);
        assert_eq!(read(&['绿']), [["lv", "lu"]]);
        assert_eq!(read(&['a', '2']), [Readings::new(), Readings::new()]);
    }

    #[test]
    fn every_dictionary_line_is_whole() {
        let source = include_str!("../../data/readings.txt");
        let mut seen = std::collections::HashSet::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let parts: Vec<&str> = line.split(' ').collect();
            let length = parts[0].chars().count();
            assert!(seen.insert(parts[0]), "{line}");
            assert!(parts.len() == length + 1 || (length == 1 && parts.len() > 1), "{line}");
            assert!(
                parts[1..].iter().all(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase())),
                "{line}"
            );
        }
        assert!(seen.len() > 200);
    }

    #[test]
    fn no_word_hides_a_longer_one_behind_it() {
        // 塞 is `se` in 栓塞 but `sai` in a name; the word, not the character before it, decides.
        assert_eq!(pinyin("塞扎里病"), "sai zha li bing");
        assert_eq!(pinyin("中重度"), "zhong zhong du");
        assert_eq!(pinyin("极长链"), "ji chang lian");
    }
}
