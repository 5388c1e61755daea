//! Codes and names that ship with the program: what the demonstration's 编码目录 are made of.

use crate::charge_item::{ChargeItem, PriceList};
use crate::shipped;
use crate::shipped_rows::Rows;
use std::collections::BTreeMap;

/// 疾病诊断: code and name, by code.
pub fn diagnosis_terms() -> Vec<(String, String)> {
    terms(&[shipped::diagnoses(), shipped::comorbidities()])
}

/// 手术操作: code and name, by code.
pub fn operation_terms() -> Vec<(String, String)> {
    terms(&[shipped::operations()])
}

/// 收费项目, with 医保目录编码.
pub fn charge_items() -> Vec<ChargeItem> {
    PriceList::new().items
}

/// The first row of a code names it.
fn terms(files: &[Rows]) -> Vec<(String, String)> {
    let mut terms = BTreeMap::new();
    for row in files.iter().flat_map(Rows::iter) {
        terms.entry(row.text("code").to_owned()).or_insert_with(|| row.text("name").to_owned());
    }
    terms.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_term_has_a_code_and_a_name() {
        for (terms, some) in [(diagnosis_terms(), "E11.900"), (operation_terms(), "47.0100")] {
            assert!(terms.len() > 1000);
            assert!(terms.iter().all(|(code, name)| !code.is_empty() && !name.is_empty()));
            assert!(terms.iter().any(|(code, _)| code == some), "{some}");
        }
        assert!(charge_items().iter().all(|item| !item.insurer_code.is_empty()));
    }
}
