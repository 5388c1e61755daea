//! The tables as rule documents: what a hospital would write.

use super::tables::{Most, Pairs};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A code charged with a modifier is an item of its own that is mapped to the code, as 三目对照 maps the hospital's items.
pub(crate) fn modified(code: &str) -> String {
    format!("{code}-59")
}

/// One rule a pair; with indicator 1 either code's modifier lets it pass.
pub(crate) fn of_pairs(pairs: &Pairs) -> String {
    let mut text = String::new();
    for (main, sub, indicator) in &pairs.active {
        let except = match indicator {
            '1' => format!(r#","except_if":["{}","{}"]"#, modified(main), modified(sub)),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            r#"{{"id":"ptp:{main}:{sub}","kind":"dup_main_sub","main":["{main}"],"sub":["{sub}"],"window":"calendar_day"{except}}}"#
        );
    }
    text
}

/// Rules for each column 1 code and indicator, of so many column 2 codes; modifiers are left out.
pub(crate) fn of_columns(pairs: &Pairs, subs: usize) -> String {
    let mut groups: BTreeMap<(&str, char), Vec<&str>> = BTreeMap::new();
    for (main, sub, indicator) in &pairs.active {
        groups.entry((main, *indicator)).or_default().push(sub);
    }
    let mut text = String::new();
    for ((main, indicator), all) in groups {
        for (part, subs) in all.chunks(subs).enumerate() {
            let subs = subs.join("\",\"");
            let _ = writeln!(
                text,
                r#"{{"id":"{main}:{indicator}:{part}","kind":"dup_main_sub","main":["{main}"],"sub":["{subs}"],"window":"calendar_day"}}"#
            );
        }
    }
    text
}

pub(crate) fn of_most(most: &BTreeMap<String, Most>) -> String {
    let mut text = String::new();
    for (code, Most { units, per }) in most {
        let window = if *per == '1' { "line" } else { "calendar_day" };
        let _ = writeln!(
            text,
            r#"{{"id":"mue:{code}","kind":"freq","items":["{code}"],"max":{units},"window":"{window}"}}"#
        );
    }
    text
}

/// Add-on codes whose primaries are listed; of others the contractor decides.
pub(crate) fn of_add_ons(add_ons: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (code, primaries) in add_ons.iter().filter(|(_, primaries)| listed(primaries)) {
        let primaries = primaries.join("\",\"");
        let _ = writeln!(
            text,
            r#"{{"id":"aoc:{code}","kind":"corr_single","a":["{code}"],"b":["{primaries}"],"window":"calendar_day"}}"#
        );
    }
    text
}

pub(crate) fn listed(primaries: &[String]) -> bool {
    primaries.iter().all(|code| code != "CCCCC")
}
