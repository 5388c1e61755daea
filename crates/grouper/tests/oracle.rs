//! The grouper against a plain reading of the procedure: no index, no interning, strings only.

#![allow(clippy::expect_used, clippy::panic, reason = "an oracle may stop the test")]

mod support;

use grouper::{Grouper, Scratch};
use model::{Case, Coded};
use policy::{BareRows, ClassRule, DiagnosisPattern, Group, KeyLength, OperationClass, Policy, TieBreak};
use proptest::prelude::*;
use support::{case, grouper};

/// One catalogue row that fits, as the oracle sees it.
struct Fit {
    row: usize,
    terms: usize,
    used: Vec<String>,
    class: OperationClass,
}

fn class_of(policy: &Policy, operation: &str) -> OperationClass {
    match policy.operations.get(operation).map(|row| row.class) {
        Some(OperationClass::Interventional) => OperationClass::Surgical,
        Some(class) => class,
        None => OperationClass::Conservative,
    }
}

fn keys(principal: &str, lengths: &[KeyLength]) -> Vec<String> {
    let key = |length: &KeyLength| match length {
        KeyLength::Chars(len) => principal.get(..*len).map(str::to_owned),
        KeyLength::Full => Some(principal.to_owned()),
    };
    lengths.iter().filter_map(key).collect()
}

fn fit(policy: &Policy, row: usize, group: &Group, operations: &[String], bare: BareRows) -> Option<Fit> {
    let highest = operations.iter().map(|o| class_of(policy, o)).max().unwrap_or_default();
    let mut used = Vec::new();
    let mut terms = 0;
    for any_of in group.main_operation.iter().chain(&group.related_operation) {
        let hits: Vec<&String> = operations
            .iter()
            .filter(|o| any_of.iter().any(|w| policy.grouping.operation_match.takes(w, o)))
            .collect();
        if hits.is_empty() {
            return None;
        }
        terms += 1;
        used.extend(hits.into_iter().cloned());
    }
    used.sort();
    used.dedup();
    let class = match group.class_rule {
        Some(ClassRule::Class(class)) if class != highest => return None,
        Some(ClassRule::Class(class)) => class,
        Some(ClassRule::Levels(..)) => return None,
        None if terms == 0 && bare == BareRows::Conservative && highest != OperationClass::Conservative => {
            return None;
        }
        None => used.iter().map(|o| class_of(policy, o)).max().unwrap_or_default(),
    };
    Some(Fit { row, terms, used, class })
}

fn stage_winner(policy: &Policy, at: usize, case: &Case, operations: &[String]) -> Option<Fit> {
    let stage = &policy.grouping.stages[at];
    let principal = case.principal_diagnosis.code.as_str();
    let rows = |accept: &dyn Fn(&DiagnosisPattern) -> bool| -> Vec<Fit> {
        let inside = policy.groups.iter().enumerate().filter(|(_, g)| stage.sets.contains(&g.set));
        let inside = inside.filter(|(_, g)| g.diagnosis.iter().any(accept));
        inside.filter_map(|(row, g)| fit(policy, row, g, operations, stage.bare_rows)).collect()
    };
    let mut fits: Vec<Fit> = Vec::new();
    for key in keys(principal, &stage.key_lengths) {
        fits.extend(rows(
            &|pattern| matches!(pattern, DiagnosisPattern::Prefix(code) if code.as_str() == key),
        ));
        if stage.first_length && !fits.is_empty() {
            break;
        }
    }
    if stage.ranges && (fits.is_empty() || !stage.first_length) {
        fits.extend(rows(&|pattern| {
            !matches!(pattern, DiagnosisPattern::Prefix(_)) && pattern.fits(principal)
        }));
    }
    for key in &stage.tie_break {
        let best = |score: &dyn Fn(&Fit) -> rust_decimal::Decimal, fits: &mut Vec<Fit>| {
            if let Some(most) = fits.iter().map(score).max() {
                fits.retain(|fit| score(fit) == most);
            }
        };
        let points = |fit: &Fit| policy.groups[fit.row].points;
        match key {
            TieBreak::MostTerms => best(&|fit| fit.terms.into(), &mut fits),
            TieBreak::MostMatched => best(&|fit| fit.used.len().into(), &mut fits),
            TieBreak::HighestPoints => best(&points, &mut fits),
            TieBreak::LowestPoints => best(&|fit| -points(fit), &mut fits),
            TieBreak::ClosestCost => {
                let total = case.total_cost.expect("oracle cases have a cost").yuan();
                best(
                    &|fit| -(policy.groups[fit.row].reference_cost.expect("rows have one") - total).abs(),
                    &mut fits,
                );
            }
            other => panic!("the oracle does not know {other:?}"),
        }
    }
    fits.into_iter().min_by_key(|fit| fit.row)
}

fn oracle(policy: &Policy, case: &Case) -> Option<String> {
    let mut operations: Vec<String> = case.procedures.iter().map(|p| p.code.to_string()).collect();
    operations.sort();
    operations.dedup();
    for choice in &policy.grouping.choose {
        if let Some(fit) = stage_winner(policy, choice.stage, case, &operations)
            && choice.class.is_none_or(|class| class == fit.class)
        {
            return Some(policy.groups[fit.row].code.clone());
        }
    }
    None
}

const DIAGNOSES: [&str; 6] = ["K35.9", "K35.0", "K80.2", "I20.0", "J18.9", "P07.1"];
const PROCEDURES: [&str; 9] =
    ["47.0100", "47.0100x001", "47.0900", "51.2300", "51.4100", "36.0601", "45.1600", "96.0400", "00.9999"];
const OPERATIONS: &str = "36,interventional\n45,diagnostic\n47,surgical\n51,surgical\n96,therapeutic\n";

fn rules(matching: &str, bare: &str, collect: &str, tie: &str) -> String {
    let head = support::CLASSIC.replace("[operations]", &format!("[operations]\nmatch = \"{matching}\""));
    head.replace(
        "key_lengths = [5]",
        &format!("key_lengths = [5, 3]\nbare_rows = \"{bare}\"\ncollect = \"{collect}\""),
    )
    .replace(
        "tie_break = [\"most_terms\", \"most_matched\", \"closest_cost\"]",
        &format!("tie_break = [{tie}]"),
    )
}

prop_compose! {
    fn core_row()(
        dx in 0..DIAGNOSES.len(), whole in any::<bool>(),
        main in proptest::collection::vec(0..PROCEDURES.len(), 0..3),
        related in proptest::option::of(0..PROCEDURES.len()),
        points in 1u32..6, cost in 1u32..6,
    ) -> String {
        let key = if whole { DIAGNOSES[dx] } else { &DIAGNOSES[dx][..3] };
        let mains = main.iter().map(|at| PROCEDURES[*at]).collect::<Vec<_>>().join("/");
        let other = related.filter(|_| !main.is_empty()).map_or("", |at| PROCEDURES[at]);
        format!("core,core,{key},{mains},{other},,{points},{cost}000")
    }
}

prop_compose! {
    fn composite_row()(dx in 0..DIAGNOSES.len(), len in 1usize..4, range in any::<bool>(),
        class in 0..4usize, points in 1u32..6) -> String {
        let class = ["conservative", "diagnostic", "therapeutic", "surgical"][class];
        let key = if range { "A00-K99" } else { &DIAGNOSES[dx][..len] };
        format!("composite,composite,{key},,,{class},{points},1000")
    }
}

fn build(core: &[String], composite: &[String], rules: &str) -> Grouper {
    let mut csv = String::from(
        "code,name,set,kind,diagnosis,main_operation,related_operation,operation_class,points,reference_cost\n",
    );
    for (at, row) in core.iter().chain(composite).enumerate() {
        csv.push_str(&format!("G{at},g{at},{row}\n"));
    }
    grouper(&csv, rules, OPERATIONS, &[])
}

prop_compose! {
    fn any_case()(dx in 0..DIAGNOSES.len(), procedures in proptest::collection::vec(0..PROCEDURES.len(), 0..5),
        cost in 1u32..8) -> Case {
        let operations: Vec<&str> = procedures.iter().map(|at| PROCEDURES[*at]).collect();
        Case { total_cost: Some(model::Fen(i64::from(cost) * 70_000)), ..case(&format!("{}00", DIAGNOSES[dx]), &operations) }
    }
}

fn code(grouper: &Grouper, case: &Case) -> Option<String> {
    let group = grouper.group(case, &mut Scratch::default()).group()?;
    Some(grouper.policy().groups[group].code.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn groups_as_a_plain_reading_does(
        core in proptest::collection::vec(core_row(), 1..14),
        composite in proptest::collection::vec(composite_row(), 1..8),
        cases in proptest::collection::vec(any_case(), 1..12),
        matching in 0..3usize, collect in any::<bool>(), always in any::<bool>(), tie in 0..4usize,
    ) {
        let ties = ["\"most_terms\", \"most_matched\", \"closest_cost\"", "\"most_matched\", \"highest_points\"",
            "\"closest_cost\"", "\"lowest_points\""];
        let rules = rules(["exact", "extension", "prefix"][matching], if always { "always" } else { "conservative" },
            if collect { "first_length" } else { "all_lengths" }, ties[tie]);
        let grouper = build(&core, &composite, &rules);
        for case in &cases {
            prop_assert_eq!(code(&grouper, case), oracle(grouper.policy(), case), "{:?}", case);
            prop_assert_eq!(grouper.explain(case).grouping, grouper.group(case, &mut Scratch::default()));
        }
    }

    #[test]
    fn the_order_of_secondary_codes_never_matters(
        core in proptest::collection::vec(core_row(), 1..14),
        case in any_case(), seed in any::<u64>(),
    ) {
        let grouper = build(&core, &["composite,composite,K,,,surgical,1,1000".to_owned()], support::CLASSIC);
        let mut shuffled = case.clone();
        shuffled.other_diagnoses = ["I10.x00", "E11.900", "C34.100"].map(Coded::diagnosis).to_vec();
        let mut plain = shuffled.clone();
        plain.other_diagnoses.reverse();
        // A deterministic shuffle of everything but the first operation.
        let len = shuffled.procedures.len();
        for at in 1..len {
            shuffled.procedures.swap(at, 1 + (seed as usize).wrapping_mul(31).wrapping_add(at * 7) % (len - 1));
        }
        prop_assert_eq!(code(&grouper, &shuffled), code(&grouper, &plain));
    }

    #[test]
    fn a_scratch_carries_nothing_from_case_to_case(
        core in proptest::collection::vec(core_row(), 1..14),
        cases in proptest::collection::vec(any_case(), 1..20),
    ) {
        let grouper = build(&core, &["composite,composite,K,,,surgical,1,1000".to_owned()], support::CLASSIC);
        let mut scratch = Scratch::default();
        for case in cases.iter().chain(cases.iter().rev()) {
            prop_assert_eq!(grouper.group(case, &mut scratch), grouper.group(case, &mut Scratch::default()));
        }
    }
}
