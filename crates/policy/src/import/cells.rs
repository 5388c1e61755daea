//! One canonical row in the making.

use crate::group::COLUMNS;
use model::WrongRow;

/// Cells in the order of [`COLUMNS`], with what is wrong and what is doubtful about them (column and message).
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    texts: [String; COLUMNS.len()],
    pub(crate) problems: Vec<(String, String)>,
    pub(crate) doubts: Vec<(String, String)>,
}

impl Cells {
    pub(crate) fn get(&self, field: &str) -> &str {
        self.try_get(field).unwrap_or_default()
    }

    /// `None`: no canonical field is called that.
    pub(crate) fn try_get(&self, field: &str) -> Option<&str> {
        let at = COLUMNS.iter().position(|column| *column == field)?;
        self.texts.get(at).map(String::as_str)
    }

    pub(crate) fn put(&mut self, field: &str, value: String) {
        if let Some(at) = COLUMNS.iter().position(|column| *column == field) {
            self.texts[at] = value;
        }
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What decides which cases the row takes.
    pub(crate) fn conditions(&self) -> Vec<String> {
        const FIELDS: [&str; 11] = [
            "set",
            "diagnosis",
            "other_diagnosis",
            "main_operation",
            "related_operation",
            "operation_class",
            "sex",
            "age_years",
            "age_days",
            "birth_weight_g",
            "stay_days",
        ];
        FIELDS.iter().map(|field| self.get(field).to_owned()).collect()
    }

    /// All problems of the row as one entry of the report.
    pub(crate) fn wrong(&self, line: usize) -> Option<WrongRow> {
        let ((column, first), more) = self.problems.split_first()?;
        let more = more.iter().map(|(column, message)| format!("；{column}：{message}"));
        Some(WrongRow {
            line,
            column: column.clone(),
            message: more.fold(first.clone(), |text, m| text + &m),
        })
    }
}
