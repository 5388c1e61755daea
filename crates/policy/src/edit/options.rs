//! 可选值: what the fields of a form may be chosen from, as the pack itself lists them.

use super::form::FormRef;
use super::view::Form;
use crate::PackFiles;
use crate::tables::FieldKind;
use rustc_hash::FxHashSet;

/// Codes and names that other tables of the pack have.
#[derive(Clone, Debug, Default)]
pub struct Options {
    hospitals: Vec<(String, String)>,
    levels: Vec<(String, String)>,
    insurance_types: Vec<(String, String)>,
    pools: Vec<(String, String)>,
    settlement_ways: Vec<(String, String)>,
    groups: FxHashSet<String>,
}

impl Options {
    /// As the pack lists them.
    pub fn of(files: &PackFiles) -> Options {
        let pairs = |form: &str, code: &str, name: &str| -> Vec<(String, String)> {
            let Some(form) = FormRef::find(form).map(|of| Form::read(files, of)) else { return Vec::new() };
            let cell = |record, column| form.cell(record, column).to_owned();
            form.records.iter().map(|record| (cell(record, code), cell(record, name))).collect()
        };
        let distinct = |pairs: Vec<(String, String)>| {
            let mut values: Vec<(String, String)> =
                pairs.into_iter().filter(|(code, _)| !code.is_empty()).collect();
            values.sort();
            values.dedup();
            values
        };
        let levels = pairs("hospitals", "level", "level").into_iter();
        let words = |level: &str| match level {
            "1" => "一级".to_owned(),
            "2" => "二级".to_owned(),
            "3" => "三级".to_owned(),
            other => other.to_owned(),
        };
        let groups = FormRef::find("catalogue").map(|of| Form::read(files, of));
        let groups = groups.iter().flat_map(|form| form.records.iter().map(|r| form.cell(r, "code")));
        Options {
            hospitals: pairs("hospitals", "code", "name"),
            levels: distinct(levels.map(|(level, _)| (level.clone(), words(&level))).collect()),
            insurance_types: pairs("insurance_types", "code", "name"),
            pools: distinct(pairs("insurance_types", "pool", "pool")),
            settlement_ways: pairs("settlement_ways", "code", "name"),
            groups: groups.map(str::to_owned).collect(),
        }
    }

    /// Words and titles that a field may be chosen from; empty where it is typed.
    pub fn choices(&self, kind: FieldKind) -> Vec<(String, String)> {
        let owned = |words: &[(&str, &str)]| {
            words.iter().map(|(word, title)| ((*word).to_owned(), (*title).to_owned())).collect()
        };
        match kind {
            FieldKind::Choice(words) | FieldKind::Choices(words) | FieldKind::Order(words) => owned(words),
            FieldKind::Flag => owned(&[("true", "是"), ("false", "否")]),
            other => self.listed(other).map(|(_, listed)| listed.to_vec()).unwrap_or_default(),
        }
    }

    fn listed(&self, kind: FieldKind) -> Option<(&'static str, &[(String, String)])> {
        match kind {
            FieldKind::Hospital => Some(("医院与床位数", &self.hospitals)),
            FieldKind::HospitalLevel => Some(("医院与床位数", &self.levels)),
            FieldKind::InsuranceType => Some(("险种管理", &self.insurance_types)),
            FieldKind::Pool => Some(("险种管理", &self.pools)),
            FieldKind::SettlementWay => Some(("结算方式", &self.settlement_ways)),
            _ => None,
        }
    }

    /// What is wrong with a reference to another table.
    pub(super) fn unknown(&self, kind: FieldKind, value: &str) -> Option<String> {
        if kind == FieldKind::Group {
            let known = value == "*" || self.groups.contains(value);
            return (!known).then(|| format!("目录中没有病种“{value}”：请核对病种编码"));
        }
        let (form, listed) = self.listed(kind)?;
        let known = listed.is_empty() || listed.iter().any(|(code, _)| code == value);
        (!known).then(|| {
            let codes: Vec<&str> = listed.iter().map(|(code, _)| code.as_str()).collect();
            format!("没有“{value}”：现有 {}；要用新的请先在“{form}”中添加", codes.join("、"))
        })
    }
}
