use super::*;
use proptest::prelude::*;

const TERMS: [(&str, &str); 22] = [
    ("I10.x00", "特发性（原发性）高血压"),
    ("I10.x00x002", "高血压"),
    ("I10.x00x023", "高血压病1级（高危）"),
    ("I10.x00x031", "高血压Ⅱ级"),
    ("I15.000", "肾血管性高血压"),
    ("K35.900", "急性阑尾炎"),
    ("K35.800", "急性阑尾炎，其他的和未特指的"),
    ("K59.000", "便秘"),
    ("R04.200", "咯血"),
    ("R23.000", "发绀"),
    ("I64.x00", "脑卒中，未特指为出血或梗死"),
    ("E11.201+N08.3*", "2型糖尿病性肾病"),
    ("E11.100", "2型糖尿病伴有酮症酸中毒"),
    ("N39.000", "泌尿道感染"),
    ("J18.900", "肺炎"),
    ("J18.900x001", "重症肺炎"),
    ("85.7000", "乳房全部重建术"),
    ("C53.900", "宫颈恶性肿瘤"),
    ("D56.100", "β型地中海贫血"),
    ("B20.000", "HIV病造成的分枝杆菌感染"),
    ("H01.000", "女性粘连"),
    ("Z00.000", "重"),
];

fn codes<'i>(hits: &Hits<'i>) -> Vec<&'i str> {
    hits.rows.iter().map(|hit| hit.code).collect()
}

#[test]
fn every_way_of_typing_finds_and_says_how() {
    let index = Index::new(TERMS);
    for (typed, code, kind, place) in [
        ("K35.900", "K35.900", MatchKind::Code, Place::Exact),
        ("k35900", "K35.900", MatchKind::Code, Place::Exact),
        ("Ｋ３５．９", "K35.900", MatchKind::Code, Place::Prefix),
        ("K35 .900", "K35.900", MatchKind::Code, Place::Exact),
        ("n08.3", "E11.201+N08.3*", MatchKind::Code, Place::Exact),
        ("85.7", "85.7000", MatchKind::Code, Place::Prefix),
        ("高血压", "I10.x00x002", MatchKind::Name, Place::Exact),
        ("阑尾", "K35.900", MatchKind::Name, Place::Inside),
        ("（原发性）", "I10.x00", MatchKind::Name, Place::Inside),
        ("gxy", "I10.x00x002", MatchKind::Initials, Place::Exact),
        ("ＧＸＹ", "I10.x00x002", MatchKind::Initials, Place::Exact),
        ("gaoxueya", "I10.x00x002", MatchKind::Pinyin, Place::Exact),
        ("gao xue ya", "I10.x00x002", MatchKind::Pinyin, Place::Inside),
        ("高xy", "I10.x00x002", MatchKind::Mixed, Place::Exact),
        ("gaoxy", "I10.x00x002", MatchKind::Mixed, Place::Exact),
        ("gaoxuey", "I10.x00x002", MatchKind::Mixed, Place::Exact),
        ("gaoxu", "I10.x00x002", MatchKind::Pinyin, Place::Prefix),
        ("gxyb1j", "I10.x00x023", MatchKind::Initials, Place::Prefix),
        ("高血压ii", "I10.x00x031", MatchKind::Name, Place::Prefix),
        ("bm", "K59.000", MatchKind::Initials, Place::Exact),
        ("kaxue", "R04.200", MatchKind::Pinyin, Place::Exact),
        ("fg", "R23.000", MatchKind::Initials, Place::Exact),
        ("ncz", "I64.x00", MatchKind::Initials, Place::Prefix),
        ("nczh", "I64.x00", MatchKind::Initials, Place::Prefix),
        ("tnb  tz", "E11.100", MatchKind::Initials, Place::Inside),
        ("酮症　2型", "E11.100", MatchKind::Name, Place::Inside),
        ("zzfy", "J18.900x001", MatchKind::Initials, Place::Exact),
        ("rfqbcj", "85.7000", MatchKind::Initials, Place::Prefix),
        ("chongjian", "85.7000", MatchKind::Pinyin, Place::Inside),
        ("gjexzl", "C53.900", MatchKind::Initials, Place::Exact),
        ("bxdzh", "D56.100", MatchKind::Initials, Place::Prefix),
        ("hiv", "B20.000", MatchKind::Name, Place::Prefix),
        ("nvxing", "H01.000", MatchKind::Pinyin, Place::Prefix),
        ("nuxing", "H01.000", MatchKind::Pinyin, Place::Prefix),
        ("c", "Z00.000", MatchKind::Initials, Place::Exact),
        ("chong", "Z00.000", MatchKind::Pinyin, Place::Exact),
        ("zhong", "Z00.000", MatchKind::Pinyin, Place::Exact),
    ] {
        let hits = index.search(typed, 30, None);
        let hit =
            hits.rows.iter().find(|hit| hit.code == code).unwrap_or_else(|| panic!("{typed}: {hits:?}"));
        assert_eq!((hit.kind, hit.place), (kind, place), "{typed}");
    }
}

#[test]
fn what_does_not_match_is_not_found() {
    let index = Index::new(TERMS);
    for typed in ["", "  ，", "高压", "gya", "35.9", "血高", "gxyy", "高血压 阑尾", "xyz", "zhongjian"]
    {
        assert_eq!(index.search(typed, 10, None), Hits::default(), "{typed}");
    }
    assert_eq!(Index::default().search("a", 10, None), Hits::default());
}

#[test]
fn exact_then_beginning_then_frequent_then_short() {
    let index = Index::new(TERMS);
    let plain = index.search("高血压", 10, None);
    assert_eq!(codes(&plain), ["I10.x00x002", "I10.x00x031", "I10.x00x023", "I15.000", "I10.x00"]);
    let usage = index.usage([("I10.x00x023", 5), ("I10.x00", 9), ("no such code", 3)]);
    let used = index.search("高血压", 10, Some(&usage));
    assert_eq!(codes(&used), ["I10.x00x002", "I10.x00x023", "I10.x00x031", "I10.x00", "I15.000"]);
    let few = index.search("高血压", 2, Some(&usage));
    assert_eq!((few.total, codes(&few)), (5, codes(&used)[..2].to_vec()));
    assert_eq!(index.search("高血压", 0, None).total, 5);
}

// --- properties ---

const CHARACTERS: [char; 14] =
    ['高', '血', '压', '重', '症', '长', '安', '西', '恶', '心', '绿', '阿', '2', 'b'];

fn terms() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::collection::vec(prop::sample::select(&CHARACTERS[..]), 1..7);
    let term = ("[A-C][0-2][0-2]\\.[0-1]", name.prop_map(String::from_iter));
    prop::collection::vec(term, 1..12)
}

/// All the ways a name's rest may be typed, by brute force: every spelling of every glyph, one after the other.
fn spelled(glyphs: &[(char, reading::Readings)], typed: &str) -> bool {
    let Some(((character, readings), rest)) = glyphs.split_first() else { return typed.is_empty() };
    let mut ways: Vec<String> = vec![character.to_string()];
    for syllable in readings {
        ways.push(syllable[..1].to_owned());
        ways.push(syllable.to_string());
        if ["zh", "ch", "sh"].iter().any(|double| syllable.starts_with(double)) {
            ways.push(syllable[..2].to_owned());
        }
    }
    typed.is_empty()
        || readings.iter().any(|syllable| syllable.starts_with(typed))
        || ways.iter().any(|way| typed.strip_prefix(way.as_str()).is_some_and(|left| spelled(rest, left)))
}

fn oracle(code: &str, name: &str, query: &str) -> bool {
    let text: Vec<char> = fold(name).collect();
    let glyphs: Vec<(char, reading::Readings)> = text.iter().copied().zip(reading::read(&text)).collect();
    let code: String = fold(code).collect();
    let mut words =
        query.split_whitespace().map(|word| fold(word).collect::<String>()).filter(|w| !w.is_empty());
    let all: Vec<String> = words.by_ref().collect();
    let joined = all.concat();
    let as_code = joined.is_ascii() && code.starts_with(&joined);
    !all.is_empty()
        && (as_code
            || all.iter().all(|word| {
                (word.is_ascii() && code.starts_with(word.as_str()))
                    || (0..glyphs.len()).any(|from| spelled(&glyphs[from..], word))
            }))
}

proptest! {
    #[test]
    fn the_index_finds_what_brute_force_finds(
        terms in terms(),
        query in prop_oneof![
            "[高血压重症长安西恶心绿阿2b ]{1,4}",
            "(g|ga|gao|x|xu|xue|y|ya|z|zh|zhong|c|ch|chong|chang|zheng|a|an|xi|xin|e|l|lv|lu|2|b| |血|重|长){1,4}",
            "[a-cA-C][0-2]{0,3}",
        ],
    ) {
        let index = Index::new(terms.iter().map(|(code, name)| (code, name)));
        let hits = index.search(&query, usize::MAX, None);
        let mut found: Vec<(String, String)> =
            hits.rows.iter().map(|hit| (hit.code.to_owned(), hit.name.to_owned())).collect();
        let mut expected: Vec<(String, String)> =
            terms.iter().filter(|(code, name)| oracle(code, name, &query)).cloned().collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(hits.total, expected.len());
        prop_assert_eq!(found, expected);
        // The best few are the first of all.
        let few = index.search(&query, 3, None);
        prop_assert_eq!(&few.rows[..], &hits.rows[..hits.rows.len().min(3)]);
    }

    #[test]
    fn every_term_is_found_by_all_its_own_spellings(terms in terms()) {
        let index = Index::new(terms.iter().map(|(code, name)| (code, name)));
        for (code, name) in &terms {
            let text: Vec<char> = fold(name).collect();
            let readings = reading::read(&text);
            let spell = |short: bool| -> String {
                text.iter().zip(&readings).map(|(c, readings)| match readings.first() {
                    None => c.to_string(),
                    Some(syllable) if short => syllable[..1].to_owned(),
                    Some(syllable) => syllable.to_string(),
                }).collect()
            };
            for typed in [code.clone(), name.clone(), spell(true), spell(false), code.to_lowercase()] {
                let hits = index.search(&typed, usize::MAX, None);
                let own = hits.rows.iter().find(|hit| hit.code == code && hit.name == name);
                prop_assert_eq!(own.map(|hit| hit.place), Some(Place::Exact), "{}", typed);
            }
        }
    }
}
