//! 费用列: the charge lines in memory, column by column, for the audit engine.

mod audit_run;
mod check;
mod columns;
mod context;
mod dictionary;
mod fill;
mod lines;
mod snapshot;

pub use audit_run::{AuditFindings, AuditProgress, AuditScope, FoundLine};
pub use check::{CheckDifference, CheckSample, CheckedDepartment, RuleCheck};
pub use columns::{ChargeColumns, NO_REFUND, Stay, UNKNOWN_LINE};
pub use context::AuditContext;
pub use dictionary::Dictionary;
pub use fill::ColumnsReport;
pub use snapshot::charge_snapshot;
