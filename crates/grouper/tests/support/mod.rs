//! Small packs in memory for the grouper's tests.
#![allow(dead_code, reason = "each test binary uses a part")]

use grouper::{Grouper, Grouping, Scratch};
use model::{Case, Coded};
use policy::{PackFiles, Policy};
use std::sync::Arc;

/// A pack around a catalogue and `grouper.toml`; operations as `code,class[,level]` lines.
pub(crate) fn policy(catalogue: &str, grouper: &str, operations: &str, more: &[(&str, &str)]) -> Policy {
    let text = |text: &str| text.as_bytes().to_vec();
    let padded = |line: &str| format!("{line}{}\n", ",".repeat(2 - line.matches(',').count()));
    let operations: String = operations.lines().map(padded).collect();
    let mut files = PackFiles::new([
        ("pack.toml".to_owned(), text(PACK)),
        ("catalogue.csv".to_owned(), text(catalogue)),
        ("operations.csv".to_owned(), text(&format!("code,class,level\n{operations}"))),
        ("grouper.toml".to_owned(), text(grouper)),
        ("scoring.toml".to_owned(), text(SCORING)),
        ("prices.csv".to_owned(), text("kind,price\nestimated,10\n")),
        ("settlement.toml".to_owned(), text("[payment]\nfactors = [\"earned_points\", \"price\"]\n")),
        ("insurance_types.csv".to_owned(), text("code,name,pool,dip\n310,职工,职工,1\n410,异地,异地,0\n")),
    ]);
    for (name, content) in more {
        files.put(name, text(content));
    }
    Policy::load(&files).unwrap_or_else(|problems| panic!("{problems}"))
}

const PACK: &str = r#"
id = "t"
name = "测试"
region = "测试"
year = 2025
version = "1"
status = "official"
effective_from = "2025-01-01"
effective_to = "2025-12-31"
evidence = "测试"
"#;

const SCORING: &str = r#"
[ratio]
numerator = "total_cost"
denominator = ["standard_points", "price"]
[[scheme]]
id = "default"
[[scheme.segment]]
name = "全部"
lo_inclusive = true
b = "1"
"#;

/// The classic procedure with core and composite rows.
pub(crate) const CLASSIC: &str = r#"
choose = ["core:surgical", "core:therapeutic", "core:diagnostic", "composite:surgical", "composite:therapeutic",
  "composite:diagnostic", "core:conservative", "composite:conservative"]
[operations]
surgical_includes_interventional = true
[[stage]]
id = "core"
name = "核心病种"
sets = ["core"]
key_lengths = [5]
tie_break = ["most_terms", "most_matched", "closest_cost"]
[[stage]]
id = "composite"
name = "综合病种"
sets = ["composite"]
key_lengths = [3, 2, 1]
ranges = true
"#;

/// A grouper over a mini pack.
pub(crate) fn grouper(catalogue: &str, rules: &str, operations: &str, more: &[(&str, &str)]) -> Grouper {
    Grouper::new(Arc::new(policy(catalogue, rules, operations, more)))
}

/// A case discharged in the pack's year.
pub(crate) fn case(principal: &str, procedures: &[&str]) -> Case {
    Case {
        id: "t".into(),
        principal_diagnosis: Coded::diagnosis(principal),
        procedures: procedures.iter().map(|code| Coded::procedure(code)).collect(),
        admitted: model::parse_moment("2025-03-01T08:00"),
        discharged: model::parse_moment("2025-03-07T10:00"),
        insurance_type: "310".into(),
        ..Case::default()
    }
}

/// The group's code, or the reason's name.
pub(crate) fn group(grouper: &Grouper, case: &Case) -> String {
    let quick = grouper.group(case, &mut Scratch::default());
    assert_eq!(quick, grouper.explain(case).grouping, "explaining must not change the answer");
    match quick {
        Grouping::Group { group, .. } => grouper.policy().groups[group].code.clone(),
        Grouping::Ungrouped(reason) => reason.name().to_owned(),
    }
}
