//! 列对照: where one canonical column comes from.

use super::code_map::{CodeMap, Unmapped};
use super::template::Template;
use model::canonical::Value;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldFrom {
    /// A source column.
    Column(String),
    /// The same for every row.
    Const(Value),
    /// Put together.
    Template(Template),
}

/// One canonical column.
#[derive(Clone, Debug)]
pub struct FieldMap {
    /// Position in the table.
    pub position: usize,
    /// Where its value comes from.
    pub from: FieldFrom,
    /// Through a code map.
    pub codes: Option<Arc<CodeMap>>,
    /// For values that the code map does not have.
    pub unmapped: Unmapped,
    /// `strftime` of a date or time.
    pub format: Option<String>,
    /// Texts that mean "not recorded", besides the task's.
    pub empty: Vec<String>,
    /// When not recorded.
    pub default: Option<Value>,
    /// Rounds to the decimals kept instead of refusing the row.
    pub round: bool,
}
