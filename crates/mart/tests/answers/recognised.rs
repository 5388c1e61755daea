//! What the facts recognise by names and codes is called on pages what packs/mart calls it.

use crate::insured_ward::insured;
use std::path::PathBuf;

#[test]
fn single_diseases_are_named_as_they_are_recognised() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/mart/recognition.toml");
    let pack: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let word = |rule: &toml::Value, key: &str| rule[key].as_str().unwrap().to_owned();
    let mut recognised: Vec<(String, String)> = pack["single_disease"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (word(rule, "id"), word(rule, "name")))
        .collect();
    let dimension = insured().layer.dimension("single_disease").unwrap();
    let mut named = dimension.values().to_vec();
    recognised.sort();
    named.sort();
    assert_eq!(recognised, named);
}
