//! Every test pack: its cases through the binary against results worked out by hand.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{dipper, json_lines, root};

/// Folders below `fixtures/packs` that hold cases.
fn packs(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("fixtures/packs") {
        let path = entry.expect("entry").path();
        if path.join("cases.jsonl").exists() {
            found.push(path);
        } else if path.is_dir() && !path.join("pack.toml").exists() {
            packs(&path, found);
        }
    }
}

/// covers: DIP-1.02, DIP-1.04, DIP-4.06
#[test]
fn every_pack_gives_the_results_worked_out_by_hand() {
    let mut folders = Vec::new();
    packs(&root().join("fixtures/packs"), &mut folders);
    folders.sort();
    assert!(folders.len() >= 20, "{} packs with cases", folders.len());
    let mut cases = 0;
    for folder in &folders {
        let pack = folder.to_str().expect("path");
        let output =
            dipper(&["group", "--quiet", "--pack", pack, "--in", &format!("{pack}/cases.jsonl")], b"");
        let results = json_lines(&output);
        let expected = std::fs::read_to_string(folder.join("expected.jsonl")).expect("expected.jsonl");
        let expected: Vec<Value> =
            expected.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(results.len(), expected.len(), "{pack}");
        for (result, expected) in results.iter().zip(&expected) {
            for (member, value) in expected.as_object().expect("object") {
                // `note`: a word to the reader.
                if member != "note" {
                    assert_eq!(&result[member], value, "{pack}: {member} of {expected}\n got {result}");
                }
            }
        }
        cases += expected.len();
    }
    assert!(cases >= 300, "{cases} cases");
}

#[test]
fn shipped_packs_and_test_packs_pass_the_check() {
    let mut folders = Vec::new();
    packs(&root().join("fixtures/packs"), &mut folders);
    let mut arguments = vec!["policy".to_owned(), "check".to_owned()];
    arguments.extend(folders.iter().map(|folder| folder.to_str().expect("path").to_owned()));
    arguments.extend(
        ["sample/2023", "sample/2024", "sample/2025", "sample/2026", "zhongshan/2025"].map(str::to_owned),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = dipper(&arguments, b"");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// covers: DIP-1.02
#[test]
fn every_row_of_the_sample_city_can_be_reached() {
    let policy = dipper::pack_dir::load(Path::new("sample/2025")).expect("built-in pack");
    assert!(policy.groups.len() >= 300, "{} groups", policy.groups.len());
    let grouper = grouper::Grouper::new(std::sync::Arc::new(policy));
    let policy = grouper.policy();
    let exemplars = hospital::Exemplars::new(policy);
    let mut scratch = grouper::Scratch::default();
    let mut elsewhere = Vec::new();
    for (at, group) in policy.groups.iter().enumerate() {
        let case = exemplars.case(at).unwrap_or_else(|| panic!("no case can be drawn for {}", group.code));
        let found = grouper.group(&case, &mut scratch);
        if found.group() != Some(at) {
            let code = found.group().map_or("—", |found| policy.groups[found].code.as_str());
            elsewhere.push(format!("{} → {code}", group.code));
        }
    }
    // K35's every 亚目 has a core row, and Z00 is an excluded diagnosis: the plainest case of these rows goes elsewhere.
    let known =
        ["ZH-K35-1 → K35.8", "ZH-Z00-Z99-1 → —", "ZH-Z00-Z99-2 → —", "ZH-Z00-Z99-3 → —", "ZH-Z00-Z99-4 → —"];
    assert_eq!(elsewhere, known);
}
