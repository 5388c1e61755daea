//! The decision procedure on small catalogues: one behaviour a test.

mod support;

use grouper::{Outcome, SchemeOptions};
use model::{Coded, Sex};
use support::{CLASSIC, case, group, grouper};

const HEAD: &str = "code,name,set,kind,diagnosis,other_diagnosis,main_operation,related_operation,operation_class,sex,age_days,birth_weight_g,points,reference_cost\n";
const OPERATIONS: &str =
    "36,interventional\n45.1,diagnostic\n47,surgical,3\n51,surgical,2\n96,therapeutic\n99,therapeutic\n";

fn csv(rows: &[&str]) -> String {
    format!("{HEAD}{}\n", rows.join("\n"))
}

const CORE: [&str; 8] = [
    "A,a,core,core,K35.9,,,,,,,,300,4000",
    "B,b,core,core,K35.9,,47.0100,,,,,,700,9000",
    "C,c,core,core,K35.9,,47.0100/47.0900,51.2300,,,,,1200,15000",
    "D,d,core,core,I20.0,,36.0601,,,,,,3000,40000",
    "Z1,z1,composite,composite,K35,,,,surgical,,,,900,",
    "Z2,z2,composite,composite,K35,,,,conservative,,,,250,",
    "Z3,z3,composite,composite,A00-T99,,,,surgical,,,,500,",
    "Z4,z4,composite,composite,K,,,,diagnostic,,,,400,",
];

#[test]
fn the_order_of_types_and_keys_is_the_packs() {
    let grouper = grouper(&csv(&CORE), CLASSIC, OPERATIONS, &[]);
    for (principal, operations, expected) in [
        ("K35.900", &[][..], "A"),
        ("K35.900", &["47.0100"], "B"),
        ("K35.900", &["51.2300", "47.0900"], "C"),
        ("K35.900", &["51.9999"], "Z1"),
        ("K35.900", &["45.1600"], "Z4"),
        ("K35.000", &[], "Z2"),
        ("I20.000", &["36.0601"], "D"),
        ("J18.900", &["47.0100"], "Z3"),
        ("J18.900", &[], "no_row"),
        ("K35.900", &["96.0400"], "no_row"),
        ("K35.900", &["00.9999"], "A"),
        ("J18.900", &["00.9999"], "operation_class_unknown"),
    ] {
        assert_eq!(group(&grouper, &case(principal, operations)), expected, "{principal} {operations:?}");
    }
}

#[test]
fn refusals_before_the_stages_have_their_reasons() {
    let more = [
        ("settlement_ways.csv", "code,name,pays\n2,按项目,item\n1,按分值,dip\n"),
        ("diagnoses.csv", "code,name\nK35.900,急性阑尾炎\nI20.000,不稳定性心绞痛\n"),
    ];
    let grouper = grouper(&csv(&CORE), CLASSIC, OPERATIONS, &more);
    let good = case("K35.900", &[]);
    assert_eq!(group(&grouper, &good), "A");
    let mut by_item = good.clone();
    by_item.settlement_way = "2".into();
    assert_eq!(group(&grouper, &by_item), "not_dip");
    let mut elsewhere = good.clone();
    elsewhere.insurance_type = "410".into();
    assert_eq!(group(&grouper, &elsewhere), "not_dip");
    let mut late = good.clone();
    late.discharged = model::parse_moment("2026-01-01T00:00");
    assert_eq!(group(&grouper, &late), "out_of_version");
    late.policy_date = Some(jiff::civil::date(2025, 12, 31));
    assert_eq!(group(&grouper, &late), "A");
    let mut in_house = good.clone();
    in_house.discharged = None;
    assert_eq!(group(&grouper, &in_house), "date_missing");
    assert_eq!(group(&grouper, &case("K35.901", &[])), "diagnosis_unknown");
    assert_eq!(group(&grouper, &case("", &[])), "missing_principal");
}

#[test]
fn patient_conditions_and_other_diagnoses_decide() {
    let rows = [
        "W1,w1,core,core,P07.1,,,,,,0..28,1000..1499,5000,",
        "W2,w2,core,core,P07.1,,,,,,0..28,1500..2499,3000,",
        "M,m,core,core,N40.x,,,,,1,,,400,",
        "T,t,core,core,Z51.1,C00-C97+@tb,,,,,,,800,",
    ];
    let grouper = grouper(
        &csv(&rows),
        &CLASSIC
            .split("[[stage]]\nid = \"composite\"")
            .next()
            .unwrap()
            .replace("\"composite:surgical\", \"composite:therapeutic\",\n  \"composite:diagnostic\", ", "")
            .replace(", \"composite:conservative\"", ""),
        OPERATIONS,
        &[("lists/tb.csv", "code\nA15\nA16\n")],
    );
    let mut newborn = case("P07.100", &[]);
    assert_eq!(group(&grouper, &newborn), "patient_data_missing");
    (newborn.age_days, newborn.birth_weight_g) = (Some(3), Some(1499));
    assert_eq!(group(&grouper, &newborn), "W1");
    newborn.birth_weight_g = Some(1500);
    assert_eq!(group(&grouper, &newborn), "W2");
    newborn.age_days = Some(29);
    assert_eq!(group(&grouper, &newborn), "no_row");
    let mut man = case("N40.x00", &[]);
    assert_eq!(group(&grouper, &man), "patient_data_missing");
    man.sex = Some(Sex::Male);
    assert_eq!(group(&grouper, &man), "M");
    let mut tumour = case("Z51.100", &[]);
    tumour.other_diagnoses = vec![Coded::diagnosis("C34.100")];
    assert_eq!(group(&grouper, &tumour), "no_row");
    tumour.other_diagnoses.push(Coded::diagnosis("a15.000"));
    assert_eq!(group(&grouper, &tumour), "T");
}

#[test]
fn exclusion_rules_move_restrict_or_disarm_the_main_operation() {
    let rows = [
        "A,a,core,core,K35.9,,,,,,,,300,",
        "B,b,core,core,K35.9,,47.0100,,,,,,700,",
        "E,e,core,core,K35.9,,51.2300,,,,,,900,",
    ];
    let rules = CLASSIC
        .split("[[stage]]\nid = \"composite\"")
        .next()
        .unwrap()
        .replace("\"composite:surgical\", \"composite:therapeutic\",\n  \"composite:diagnostic\", ", "")
        .replace(", \"composite:conservative\"", "")
        .replace("[operations]", "[operations]\nmain = \"first_eligible\"\nexcluded = \"@ex\"");
    let run = |list: &str, operations: &[&str]| {
        let grouper = grouper(&csv(&rows), &rules, OPERATIONS, &[("lists/ex.csv", list)]);
        group(&grouper, &case("K35.900", operations))
    };
    let head = "code,rule,scope\n";
    assert_eq!(
        run(&format!("{head}99.9999,drop,\n"), &["47.0100", "51.2300"]),
        "B",
        "the first is the main one"
    );
    assert_eq!(run(&format!("{head}47.0100,not_main,\n"), &["47.0100", "51.2300"]), "E", "the next moves up");
    assert_eq!(run(&format!("{head}47.0100,conservative,\n"), &["47.0100", "51.2300"]), "A");
    assert_eq!(run(&format!("{head}47.0100,limited,K35/K36\n"), &["47.0100"]), "B");
    assert_eq!(run(&format!("{head}47.0100,limited,K80\n"), &["47.0100"]), "A");
    assert_eq!(run(&format!("{head}47.0100,drop,\n"), &["47.0100"]), "A");
}

#[test]
fn clinical_codes_are_mapped_first() {
    let map = "kind,from,to\ndiagnosis,K35.9X9,K35.900\nprocedure,47.0199,47.0100\n";
    let grouper = grouper(&csv(&CORE), CLASSIC, OPERATIONS, &[("code_map.csv", map)]);
    assert_eq!(group(&grouper, &case("k35.9x9", &["470199"])), "B");
}

#[test]
fn a_trace_names_the_row_the_losers_and_why() {
    let grouper = grouper(&csv(&CORE), CLASSIC, OPERATIONS, &[]);
    let mut stay = case("k35900", &["47.0100", "51.2300"]);
    stay.total_cost = model::Fen::parse_yuan("9000").ok();
    let explanation = grouper.explain(&stay);
    let (steps, candidates) = (explanation.steps(), explanation.candidates());
    let policy = grouper.policy();
    let outcome =
        |code: &str| candidates.iter().find(|c| policy.groups[c.group].code == code).map(|c| c.outcome);
    assert_eq!(outcome("C"), Some(Outcome::Chosen));
    assert!(matches!(outcome("B"), Some(Outcome::Lost { by: Some(policy::TieBreak::MostTerms), .. })));
    assert_eq!(outcome("A"), Some(Outcome::Refused));
    let text: String = steps.iter().map(|step| step.text.as_str()).collect();
    for part in
        ["K35.900（原文 k35900）", "47.0100（手术，3 级）", "组合操作项最多者优先", "入组 C c（核心病种）"]
    {
        assert!(text.contains(part), "{part} not in {text}");
    }
    let last = steps.last().unwrap();
    assert_eq!((last.row.as_deref(), last.source.as_deref()), (Some("C"), Some("catalogue.csv:4")));
    let refused = candidates.iter().find(|c| policy.groups[c.group].code == "A").unwrap();
    assert_eq!(refused.text, "本行无手术操作，只收保守治疗病例，本例为“手术”。");
}

/// covers: DIP-4.02
#[test]
fn schemes_never_use_an_operation_that_is_not_documented() {
    let grouper = grouper(&csv(&CORE), CLASSIC, OPERATIONS, &[]);
    let mut stay = case("K35.900", &["47.0100"]);
    stay.other_diagnoses = vec![Coded::diagnosis("I20.000")];
    let codes = |options| {
        let schemes = grouper.schemes(&stay, options);
        let code = |s: &grouper::SchemeRow| grouper.policy().groups[s.group].code.clone();
        schemes
            .iter()
            .map(|s| (code(s), s.first_choice, s.principal_changed, s.undocumented))
            .collect::<Vec<_>>()
    };
    let plain = codes(SchemeOptions::default());
    assert_eq!(plain[0], ("B".to_owned(), true, false, false));
    assert!(plain.iter().all(|(code, ..)| code != "C" && code != "D"), "{plain:?}");
    let with_others = codes(SchemeOptions { other_diagnoses: true, siblings: false });
    assert!(with_others.iter().all(|(code, ..)| code != "D"), "36.0601 is not documented: {with_others:?}");
    stay.principal_diagnosis = Coded::diagnosis("K35.000");
    let siblings = grouper.schemes(&stay, SchemeOptions { other_diagnoses: false, siblings: true });
    assert!(siblings.iter().any(|s| s.undocumented && grouper.policy().groups[s.group].code == "B"));
}
