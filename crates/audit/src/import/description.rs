//! The description: which columns of which table mean what (`packs/mappings/liangku/rules.toml`).

use serde::Deserialize;
use std::collections::BTreeMap;

/// How tables become rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportDescription {
    pub(super) source: Vec<Source>,
}

/// One table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    /// Rules are named after it: `LK1-DS-0001`.
    pub(super) id: String,
    pub(super) batch: String,
    pub(super) document: String,
    pub(super) file: String,
    /// A table of codes by name, when the rows have names only.
    pub(super) codes: Option<String>,
    pub(super) kind: String,
    pub(super) title: String,
    /// Column of the name; not of pairs.
    #[serde(default)]
    pub(super) name: String,
    /// Column of the code; not of pairs.
    #[serde(default)]
    pub(super) code: String,
    pub(super) main: Option<Item>,
    pub(super) sub: Option<Item>,
    pub(super) form: Form,
    /// Column of the evidence's words.
    pub(super) clause: Option<String>,
    /// Column whose equal values make one rule of many rows.
    pub(super) group: Option<String>,
    pub(super) cases: Vec<Case>,
    #[serde(default)]
    pub(super) doubts: Vec<Doubt>,
}

/// Columns of an item.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) code: String,
}

/// How codes look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    /// 药品: 20 or 23 capital letters and digits that begin with X (西药) or Z (中成药).
    Drug,
    /// 医疗服务项目: 15 digits.
    Service,
}

impl Form {
    pub(super) fn fits(self, code: &str) -> bool {
        match self {
            Form::Drug => {
                matches!(code.len(), 20 | 23)
                    && code.starts_with(['X', 'Z'])
                    && code.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            }
            Form::Service => code.len() == 15 && code.bytes().all(|c| c.is_ascii_digit()),
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Form::Drug => "20 或 23 位大写字母与数字，以 X 或 Z 开头",
            Form::Service => "15 位数字",
        }
    }
}

/// What rows of a kind say; without a column every row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) column: Option<String>,
    pub(super) is: Option<String>,
    pub(super) contains: Option<String>,
    /// Members of the rule.
    #[serde(default)]
    pub(super) set: BTreeMap<String, toml::Value>,
    /// Members that are numbers in columns.
    #[serde(default)]
    pub(super) numbers: BTreeMap<String, String>,
    /// Column of the days of a sliding window.
    pub(super) window_days: Option<String>,
}

/// Rows to be looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Doubt {
    pub(super) column: String,
    pub(super) contains: String,
    pub(super) why: String,
}

impl ImportDescription {
    /// Reads a description (TOML).
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn read(text: &str) -> Result<ImportDescription, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}
