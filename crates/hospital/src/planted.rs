//! 答案: defects put into the data on purpose, and where they are.

use compact_str::CompactString;

/// One planted defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// Charge rules by their kind (`freq`, `dup_main_sub` …); front page and coding by the quality engine's kind (`required`,
    /// `icd_merge` …); differences between HIS and insurer: `only_his`, `only_insurer`, `amount_differs`, `code_differs`.
    pub kind: CompactString,
    /// The audit rule that it breaks as a JSON document, or in words what is wrong.
    pub rule: String,
    /// The stay.
    pub encounter_key: String,
    /// Canonical table of the rows.
    pub table: &'static str,
    /// Keys of the rows that are wrong.
    pub row_keys: Vec<String>,
    /// Amount too much, 分; 0 when no money is concerned.
    pub amount: i64,
    /// Quantity too much, ten-thousandths; 0 when none is concerned.
    pub quantity: i64,
    /// In Chinese, for people.
    pub note: String,
}
