//! 列对照: how a foreign table's columns become the fields of a case. Data, not code.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A column map (`packs/mappings/<system>/cases.toml`).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnMap {
    /// What the map is for, for people.
    #[serde(default)]
    pub(crate) name: String,
    /// Separator of a file that is not comma-separated.
    #[serde(default)]
    pub(crate) delimiter: Option<char>,
    /// Separator of several codes in one cell; `|` unless given.
    #[serde(default)]
    pub(crate) list_separator: Option<char>,
    /// Field → column, or columns for lists.
    pub(crate) columns: BTreeMap<String, Columns>,
    /// Field → the value every case has.
    #[serde(default)]
    pub(crate) constants: BTreeMap<String, String>,
    /// Field → (source value → value of the contract); other values pass unchanged.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    /// Field → column and the value it must have, else the field is blank (`COD_IDADE` 4: age in years).
    #[serde(default)]
    pub(crate) only_when: BTreeMap<String, OnlyWhen>,
}

/// One column or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Columns {
    /// One.
    One(String),
    /// Several, for lists.
    Several(Vec<String>),
}

impl Columns {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Columns::One(name) => std::slice::from_ref(name),
            Columns::Several(names) => names,
        }
    }
}

/// A condition on another column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnlyWhen {
    pub(crate) column: String,
    pub(crate) is: String,
}

/// Fields of a case that a map may fill, in the order of the contract.
pub(crate) const FIELDS: [&str; 24] = [
    "id",
    "principal_diagnosis",
    "other_diagnoses",
    "procedures",
    "sex",
    "age_years",
    "age_days",
    "birth_weight_g",
    "icu_days",
    "admitted",
    "discharged",
    "settled",
    "discharge_way",
    "insurance_type",
    "settlement_way",
    "hospital_level",
    "hospital",
    "total_cost",
    "insurer_cost",
    "in_scope_cost",
    "pooled_fund",
    "self_pay",
    "drug_cost",
    "treatment_cost",
];

impl ColumnMap {
    /// Reads and checks a map.
    pub(crate) fn read(path: &Path) -> anyhow::Result<ColumnMap> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("读不了列对照文件 {}", path.display()))?;
        let map: ColumnMap =
            toml::from_str(&text).with_context(|| format!("列对照文件 {} 有误", path.display()))?;
        let fields = map
            .columns
            .keys()
            .chain(map.constants.keys())
            .chain(map.values.keys())
            .chain(map.only_when.keys());
        for field in fields {
            if !FIELDS.contains(&field.as_str()) {
                bail!(
                    "列对照 {}（{}）中的“{field}”不是病例字段：可用 {}",
                    map.name,
                    path.display(),
                    FIELDS.join("、")
                );
            }
        }
        Ok(map)
    }

    /// The map of a table whose header already uses the contract's names.
    pub(crate) fn of_contract(header: &[String]) -> ColumnMap {
        let known = header.iter().filter(|name| FIELDS.contains(&name.as_str()));
        ColumnMap {
            columns: known.map(|name| (name.clone(), Columns::One(name.clone()))).collect(),
            ..ColumnMap::default()
        }
    }
}
