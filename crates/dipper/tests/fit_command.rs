//! `dipper policy fit`: parameters planted in returned cases are found again.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use casework::Engine;
use settle::Ask;
use std::fmt::Write;
use std::path::Path;
use support::{dipper, errors, root, scratch};

/// The insurer's answer for drawn cases, as our own engine computes it under a pack: the layout of 4160.
fn returns(pack: &Path, cases: usize) -> String {
    let engine = Engine::new(dipper::pack_dir::load(pack).expect("pack"));
    let mut scratch = grouper::Scratch::default();
    let mut csv = String::from(
        "diag_grp,dise_sco,act_setl_sco,total_payamt,inscp_amt,payb_setl_amt,insutype,hospital_level\n",
    );
    for case in hospital::CaseMix::new(engine.policy(), 11).take(cases) {
        let Some(group) = engine.grouper.group(&case, &mut scratch).group() else { continue };
        let priced = engine.pricer.price(&case, group, &Ask::default());
        if let (Some(points), Some(payment), Some(total)) =
            (priced.earned_points, priced.payment, case.total_cost)
        {
            writeln!(
                csv,
                "{},{},{points},{total},{total},{payment},{},{}",
                engine.policy().groups[group].code,
                priced.standard_points,
                case.insurance_type,
                case.hospital_level
            )
            .expect("text");
        }
    }
    csv
}

#[test]
fn what_the_returns_prove_is_said_beside_the_pack() {
    let dir = scratch("fit");
    let pack = root().join("fixtures/packs/national-1.0");
    let mut csv = returns(&pack, 4000);
    csv.push_str("X,abc,1,1,1,1,310,3\n");
    let file = dir.join("returned.csv");
    std::fs::write(&file, &csv).expect("written");
    let (pack, file) = (pack.to_str().expect("path"), file.to_str().expect("path"));
    let run = dipper(&["policy", "fit", "--pack", pack, "--in", file], b"");
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{}", errors(&run));
    assert!(text.contains("未能读取 1 行") && text.contains("standard_points：“abc”不是数字"), "{text}");
    assert!(text.contains("[一致]"), "{text}");
    assert!(!text.contains("[不一致]"), "{text}");
    assert!(text.contains("自 0.5 起") && text.contains("自 2 起"), "the national breakpoints: {text}");
}

#[test]
fn a_file_without_the_columns_is_refused_with_the_way_out() {
    let dir = scratch("fit-columns");
    let file = dir.join("other.csv");
    std::fs::write(&file, "病种分值,结算分值,费用\n100,100,1000\n").expect("written");
    let file = file.to_str().expect("path");
    let run = dipper(&["policy", "fit", "--pack", "sample/2025", "--in", file], b"");
    assert_eq!(run.status.code(), Some(2));
    assert!(errors(&run).contains("没有“dise_sco”列") && errors(&run).contains("--map"), "{}", errors(&run));
    let map = dir.join("map.toml");
    let toml =
        "[columns]\nstandard_points = \"病种分值\"\nsettled_points = \"结算分值\"\ntotal_cost = \"费用\"\n";
    std::fs::write(&map, toml).expect("written");
    let run = dipper(
        &["policy", "fit", "--pack", "sample/2025", "--in", file, "--map", map.to_str().expect("path")],
        b"",
    );
    assert!(run.status.success(), "{}", errors(&run));
    assert!(String::from_utf8_lossy(&run.stdout).contains("返回病例 1 例"));
}
