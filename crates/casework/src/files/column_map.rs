//! 列对照: how a foreign table's columns become the fields of a case. Data, not code.

use crate::CaseFileError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A column map (`packs/mappings/<system>/cases.toml`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    /// What the map is for, for people.
    #[serde(default)]
    pub(super) name: String,
    /// Separator of a file that is not comma-separated.
    #[serde(default)]
    pub(super) delimiter: Option<char>,
    /// Separator of several codes in one cell; `|` unless given.
    #[serde(default)]
    pub(super) list_separator: Option<char>,
    /// Field → column, or columns for lists.
    pub(super) columns: BTreeMap<String, Columns>,
    /// Field → the value every case has.
    #[serde(default)]
    pub(super) constants: BTreeMap<String, String>,
    /// Field → (source value → value of the contract); other values pass unchanged.
    #[serde(default)]
    pub(super) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Field → column and the value it must have, else the field is blank (`COD_IDADE` 4: age in years).
    #[serde(default)]
    pub(super) only_when: BTreeMap<String, OnlyWhen>,
}

/// One column or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Columns {
    /// One.
    One(String),
    /// Several, for lists.
    Several(Vec<String>),
}

impl Columns {
    pub(super) fn names(&self) -> &[String] {
        match self {
            Columns::One(name) => std::slice::from_ref(name),
            Columns::Several(names) => names,
        }
    }
}

/// A condition on another column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnlyWhen {
    pub(super) column: String,
    pub(super) is: String,
}

/// Fields of a case that a map may fill, in the order of the contract, each with its Chinese name.
pub const FIELDS: [(&str, &str); 24] = [
    ("id", "病例号"),
    ("principal_diagnosis", "主要诊断编码"),
    ("other_diagnoses", "其他诊断编码"),
    ("procedures", "手术操作编码"),
    ("sex", "性别"),
    ("age_years", "年龄（岁）"),
    ("age_days", "日龄"),
    ("birth_weight_g", "出生体重（克）"),
    ("icu_days", "重症监护天数"),
    ("admitted", "入院时间"),
    ("discharged", "出院时间"),
    ("settled", "结算时间"),
    ("discharge_way", "离院方式"),
    ("insurance_type", "险种"),
    ("settlement_way", "结算方式"),
    ("hospital_level", "医院等级"),
    ("hospital", "医院编码"),
    ("total_cost", "总费用"),
    ("insurer_cost", "医保费用"),
    ("in_scope_cost", "范围内费用"),
    ("pooled_fund", "统筹记账"),
    ("self_pay", "个人支付"),
    ("drug_cost", "药品费"),
    ("treatment_cost", "治疗费"),
];

/// The Chinese name of a field; its own when it has none.
pub(crate) fn chinese_field(name: &'static str) -> &'static str {
    FIELDS.iter().find(|field| field.0 == name).map_or(name, |field| field.1)
}

impl ColumnMap {
    /// Reads and checks a map; `name` is its file, for messages.
    pub fn parse(text: &str, name: &str) -> Result<ColumnMap, CaseFileError> {
        let map: ColumnMap = toml::from_str(text)
            .map_err(|error| CaseFileError::Shape(format!("列对照文件 {name} 有误：{error}")))?;
        let fields = map
            .columns
            .keys()
            .chain(map.constants.keys())
            .chain(map.values.keys())
            .chain(map.only_when.keys());
        for field in fields {
            if !FIELDS.iter().any(|known| known.0 == field) {
                return Err(CaseFileError::Shape(format!(
                    "列对照 {}（{name}）中的“{field}”不是病例字段：可用 {}",
                    map.name,
                    FIELDS.map(|known| known.0).join("、")
                )));
            }
        }
        Ok(map)
    }

    /// The map of a table whose header already uses the contract's names or their Chinese ones.
    pub(super) fn of_contract(header: &[String]) -> ColumnMap {
        let column = |(name, chinese): (&str, &str)| {
            let found = header.iter().find(|column| *column == name || *column == chinese)?;
            Some((name.to_owned(), Columns::One(found.clone())))
        };
        ColumnMap { columns: FIELDS.into_iter().filter_map(column).collect(), ..ColumnMap::default() }
    }
}
