//! The scale test: three million published edits, and the engine's answer to them held against a plain reading.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where its data are not as they should be"
)]

#[path = "ncci/claims.rs"]
mod claims;
#[path = "ncci/oracle.rs"]
mod oracle;
#[path = "ncci/rules.rs"]
mod rules;
#[path = "ncci/tables.rs"]
mod tables;

use audit::{CodeMap, Encounter, Engine, LineColumns, Scratch, Stay, UNIT, read_rules};
use oracle::{Found, Oracle};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tables::{Most, Pairs};

/// All tables of a setting.
pub(crate) struct Tables {
    pub(crate) pairs: Pairs,
    pub(crate) most: BTreeMap<String, Most>,
    pub(crate) add_ons: BTreeMap<String, Vec<String>>,
}

fn tables(pairs: &str, most: &str) -> Option<Tables> {
    let folder = tables::folder()?;
    Some(Tables {
        pairs: tables::pairs(&folder.join(pairs)),
        most: tables::most(&folder.join(most)),
        add_ons: tables::add_ons(&folder.join("aoc_2024q3.csv.gz")),
    })
}

fn outpatient() -> Option<Tables> {
    tables("ptp_outpatient_2024q3_all.csv.xz", "mue_outpatient_2024q3.csv.gz")
}

fn practitioner() -> Option<Tables> {
    tables("ptp_practitioner_2024q3_active.csv.xz", "mue_practitioner_2024q3.csv.gz")
}

/// Active pairs with indicator 0 and 1, deleted pairs, codes with a most per line and per day, add-on codes and their pairs.
fn counts(tables: &Tables) -> [usize; 7] {
    let of = |indicator: char| tables.pairs.active.iter().filter(|pair| pair.2 == indicator).count();
    let lines = tables.most.values().filter(|most| most.per == '1').count();
    let primaries = tables.add_ons.values().map(Vec::len).sum();
    [
        of('0'),
        of('1'),
        tables.pairs.deleted,
        lines,
        tables.most.len() - lines,
        tables.add_ons.len(),
        primaries,
    ]
}

#[test]
fn the_tables_come_in_whole() {
    if let Some(tables) = outpatient() {
        assert_eq!(counts(&tables), [46_741, 1_289_116, 1_775_818 - 1_335_857, 42, 14_586, 668, 7_465]);
        let pairs: BTreeSet<_> = tables.pairs.active.iter().map(|pair| (&pair.0, &pair.1)).collect();
        assert_eq!(pairs.len(), 1_335_857, "each pair stands once");
        assert!(!pairs.iter().any(|(main, sub)| pairs.contains(&(*sub, *main))), "and in one direction");
    }
    if let Some(tables) = practitioner() {
        assert_eq!(counts(&tables), [508_947, 1_160_873, 0, 41, 14_636, 668, 7_465]);
    }
}

#[test]
fn random_outpatient_claims_agree_with_a_plain_reading() {
    outpatient().into_iter().for_each(|tables| agree(tables, 1));
}

#[test]
fn random_practitioner_claims_agree_with_a_plain_reading() {
    practitioner().into_iter().for_each(|tables| agree(tables, 2));
}

/// All tables at once on a few thousand stays; of the pairs those of every fifth column 1 code, each a rule of its own: a million
/// documents take 20 s to read in this build.
fn agree(mut tables: Tables, seed: u64) {
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    tables.pairs.active.retain(|pair| {
        let next = columns.len() + seed as usize;
        columns.entry(pair.0.clone()).or_insert(next).is_multiple_of(5)
    });
    let tables = &tables;
    let text =
        [rules::of_pairs(&tables.pairs), rules::of_most(&tables.most), rules::of_add_ons(&tables.add_ons)];
    let rules = read_rules(&text.concat()).expect("rules");
    drop(text);
    let codes = tables.pairs.active.iter().flat_map(|(main, sub, _)| [main.as_str(), sub.as_str()]);
    let codes: BTreeSet<&str> = codes.collect();
    let local: Vec<String> = codes.iter().map(|code| rules::modified(code)).collect();
    let map = CodeMap::new(local.iter().map(String::as_str).zip(codes));
    let engine = Engine::with_codes(rules, map);
    let oracle = Oracle::new(tables);
    let mut claims = claims::Claims::new(tables, seed);
    let mut scratch = Scratch::default();
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for stay in 0..4_000 {
        let lines = claims.draw();
        let wanted = oracle.judge(&lines);
        let stay_of_lines = Stay { lines, ..Stay::default() };
        let verdict = engine.judge(&stay_of_lines, &mut scratch);
        let found: BTreeSet<Found> = verdict
            .findings
            .iter()
            .map(|finding| {
                let rule = engine.rules()[finding.rule as usize].id.clone();
                (rule, finding.line, finding.excess_quantity, finding.excess, finding.because_of.clone())
            })
            .collect();
        assert_eq!(found.len(), verdict.findings.len(), "a line stands once under a rule");
        assert_eq!(found, wanted, "stay {stay}: {:#?}", stay_of_lines.lines);
        for (rule, ..) in &found {
            *met.entry(rule[..3].to_owned()).or_default() += 1;
        }
    }
    // The claims are such that every table is met often.
    assert!(met.len() == 3 && met.values().all(|count| *count > 2_000), "{met:?}");
}

#[test]
fn every_outpatient_pair_is_found_once() {
    outpatient().iter().for_each(|tables| once(&tables.pairs, 64, 1));
}

#[test]
fn every_practitioner_pair_is_found_once() {
    practitioner().iter().for_each(|tables| once(&tables.pairs, 64, 1));
}

/// Rules of up to a thousand codes take the engine's other way, which is slower on a rule set where a code stands in thousands of
/// rules: one pair of fifty here; all were run once, in three minutes a setting.
#[test]
fn pairs_are_found_once_by_rules_of_whole_columns() {
    outpatient().iter().for_each(|tables| once(&tables.pairs, usize::MAX, 50));
}

/// Each pair, or one of so many, as a claim of two lines: once as it stands and once with the lines on two days.
fn once(pairs: &Pairs, subs: usize, each: usize) {
    let engine = Engine::new(read_rules(&rules::of_columns(pairs, subs)).expect("rules"));
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut codes: Vec<&str> = Vec::new();
    for code in pairs.active.iter().flat_map(|(main, sub, _)| [main.as_str(), sub.as_str()]) {
        numbers.entry(code).or_insert_with(|| {
            codes.push(code);
            codes.len() as u32 - 1
        });
    }
    let table = engine.table(codes.iter().copied());
    let (mut scratch, encounter) = (Scratch::default(), Encounter::default());
    for (main, sub, indicator) in pairs.active.iter().step_by(each) {
        let item = [numbers[sub.as_str()], numbers[main.as_str()]];
        let mut columns = LineColumns {
            time: &[3_600, 86_399],
            item: &item,
            quantity: &[3 * UNIT / 2, UNIT],
            amount: &[303, 5_000],
            refund_of: &[u32::MAX; 2],
            department: &[0; 2],
            departments: &[],
            full_prices: &[],
        };
        let ledger = engine.judge_columns(&table, &encounter, &columns, &mut scratch);
        let [found] = &ledger.entries[..] else { panic!("{main} {sub}: {:?}", ledger.entries) };
        let id: Vec<&str> = engine.rules()[found.rule as usize].id.split(':').collect();
        assert_eq!(id[..2], [main.as_str(), &indicator.to_string()], "{main} {sub}");
        assert_eq!((found.line, found.excess_quantity, found.excess), (0, 3 * UNIT / 2, 303));
        assert_eq!(ledger.because_of(found), [1]);
        columns.time = &[3_600, 86_400];
        let apart = engine.judge_columns(&table, &encounter, &columns, &mut scratch);
        assert!(apart.entries.is_empty(), "{main} {sub} on two days");
    }
}
