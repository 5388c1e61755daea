//! 费用列: the charge lines in memory, column by column, for the audit engine.

mod columns;
mod dictionary;
mod fill;
mod lines;
mod snapshot;

pub use columns::{ChargeColumns, NO_REFUND, Stay, UNKNOWN_LINE};
pub use dictionary::Dictionary;
pub use fill::ColumnsReport;
