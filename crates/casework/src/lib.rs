//! 病例试算: one case through grouper and pricer with every reason, and files of cases to lines of results.
//!
//! [`Explanation`] is what a page or a trace shows of a case; [`Stream`] reads JSON lines or CSV of any size and writes the
//! contract of the command line. Pure: readers and writers are the caller's.

mod engine;
mod error;
mod explanation;
mod files;
mod line_writer;
mod output;
mod record;
mod stream;
mod summary;

pub use engine::Engine;
pub use error::CaseFileError;
pub use explanation::{CandidateRow, ExplainedStep, Explanation, Part, Scheme};
pub use files::{ColumnMap, Encoding, FIELDS, lines_of_workbook, read_line};
pub use line_writer::Wanted;
pub use output::Format;
pub use record::{CaseError, Fields, fill};
pub use stream::Stream;
pub use summary::Summary;
