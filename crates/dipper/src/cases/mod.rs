//! Case files: JSON lines and CSV, UTF-8 or GBK, one case a line, bad lines named and passed over.

mod column_map;
mod csv_cases;
mod encoding;
mod json_case;
mod lines;
mod record;

pub(crate) use column_map::ColumnMap;
pub(crate) use csv_cases::CsvLayout;
pub(crate) use encoding::{Encoding, decode};
pub(crate) use json_case::read as read_json;
pub(crate) use lines::{Line, Lines};
pub(crate) use record::CaseError;

/// One JSON line, any bytes, as a case; `None` when it is not one. For fuzzing.
pub fn read_line(line: &[u8]) -> Option<model::Case> {
    let text = decode(line, Encoding::Auto.decide(line))?;
    let mut case = model::Case::default();
    read_json(&text, &mut case).ok().map(|()| case)
}
