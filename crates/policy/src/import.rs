//! 分值库导入: the catalogue a city publishes, turned into the pack's own by a column map (`import.toml`).
//!
//! Tables in, canonical `catalogue.csv` text and a report out. Nothing about one city is in this code: which column
//! means what, how its cells separate codes and which words decide a row's kind all stand in the map.

mod catalogue_file;
mod cells;
mod check;
mod code_cell;
mod column_map;
mod convert;
mod error;
mod plan;
mod rule;
mod statistics;
mod template;
mod value;

pub use catalogue_file::read_catalogue;
pub use column_map::{ColumnMap, StatisticsMap};
pub use error::ImportError;
pub use plan::{Plan, plan};

pub(crate) use column_map::read as read_map;

use convert::Converter;
use model::WrongRow;
use terms::Table;

/// What became of a city's file, before it is compared with anything.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Canonical `catalogue.csv` of the good rows, in file order.
    pub catalogue: String,
    /// 行号 in the city's file of each row written.
    pub lines: Vec<usize>,
    /// 出错: rows that were refused.
    pub wrong: Vec<WrongRow>,
    /// Codes of refused rows, as far as they could be read: their groups are not 删除.
    pub wrong_codes: Vec<String>,
    /// 提示: rows that were taken but do not agree with themselves.
    pub warnings: Vec<WrongRow>,
    /// Rows left out because a rule says so.
    pub skipped: usize,
    /// Findings about the files as wholes.
    pub notes: Vec<String>,
}

/// Turns a city's table into a canonical catalogue. `statistics` is the optional second file, joined by code.
pub fn import(map: &ColumnMap, table: &Table, statistics: Option<&Table>) -> Result<Imported, ImportError> {
    Converter::new(map, table, statistics)?.run()
}
