//! 分析库: facts for reports in DuckDB and sorted charge columns for the audit engine, both derived from the store.
//!
//! [`Mart::refresh`] follows the months that changed, of each the cases that did, in one transaction that also keeps the month's
//! version; a killed process therefore leaves whole months only. The mart can be deleted at any time: it is built again from the
//! store.

mod answer;
mod build;
mod case_stage;
mod charges;
mod code_usage;
mod dictionaries;
mod dimension;
mod error;
mod export;
mod fact;
mod facts;
mod load;
mod macros;
mod mart;
mod multiply;
mod query;
mod readmission;
mod recognition;
mod refresh;
mod schema;
mod stage;

pub use charges::{
    AuditContext, AuditFindings, AuditProgress, AuditScope, ChargeColumns, CheckDifference, CheckSample,
    CheckedDepartment, ColumnsReport, Dictionary, FoundLine, NO_REFUND, RuleCheck, Stay, UNKNOWN_LINE,
    charge_snapshot,
};
pub use dimension::{CALENDAR, DIMENSIONS};
pub use error::MartError;
pub use fact::{Fact, FactColumn, Holds};
pub use facts::FACTS;
pub use mart::Mart;
pub use query::{Answer, Cell};
pub use refresh::RefreshReport;
pub use schema::schema;
