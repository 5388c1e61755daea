//! Case files: JSON lines, CSV and workbooks, UTF-8 or GBK, one case a line, bad lines named and passed over.

mod column_map;
mod csv_cases;
mod encoding;
mod json_case;
mod lines;
mod workbook;

pub(crate) use column_map::chinese_field;
pub use column_map::{ColumnMap, FIELDS};
pub(crate) use csv_cases::CsvLayout;
pub use encoding::Encoding;
pub(crate) use encoding::decode;
pub(crate) use json_case::read as read_json;
pub(crate) use lines::{Line, Lines};
pub use workbook::lines_of_workbook;

/// One JSON line, any bytes, as a case; `None` when it is not one. For fuzzing.
pub fn read_line(line: &[u8]) -> Option<model::Case> {
    let text = decode(line, Encoding::Auto.decide(line))?;
    let mut case = model::Case::default();
    read_json(&text, &mut case).ok().map(|()| case)
}
