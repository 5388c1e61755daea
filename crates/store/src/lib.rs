//! 数据仓: the system of record. The only crate with SQL of our own tables.
//!
//! SQLite in one file by default, PostgreSQL by one line of configuration: one schema, one SQL text, the same tests on both.
//! Blocking calls; a server runs them on its blocking threads.

mod address;
mod audit_calls;
mod audit_findings;
mod audit_inputs;
mod audit_rules;
mod audit_warnings;
mod backup;
mod bulk;
mod case_names;
mod case_record;
mod case_scope;
mod cases;
mod catalogues;
mod charge_lines;
mod collect;
mod collection_lock;
mod comparison;
mod compute;
mod connection;
mod dictionaries;
mod dictionary_overrides;
mod error;
mod findings;
mod live_keys;
mod named_row;
mod operation_log;
mod pack_drafts;
mod pack_history;
mod packs;
mod privacy;
mod progress;
mod read;
mod records;
mod report_definitions;
mod results;
mod roles;
mod schema;
mod sessions;
mod sync_log;
mod sync_statistics;
mod targets;
mod user_settings;
mod users;

pub use address::Address;
pub use audit_calls::{AuditCall, CallAnswer, CallFinding, CallSum};
pub use audit_findings::{AuditFinding, AuditedCase, FindingState, FindingStep, NewFinding};
pub use audit_inputs::{AuditCursor, AuditInput, AuditLine, ChargeItem, PreviousCase};
pub use audit_rules::{AuditRule, RuleEditor, RuleStamps, RuleState, RuleVersion};
pub use audit_warnings::{WarnedPatients, Warning, WarningCount, WarningFilter, WarningSum, WarningsBy};
pub use backup::BackupReport;
pub use case_record::{CaseRecord, CaseRunResult};
pub use cases::CaseInputs;
pub use catalogues::{CatalogueChange, CatalogueContent, CatalogueVersion};
pub use charge_lines::{ChargeFilter, ChargeLine, ChargePage, ChargeSum, ChargesBy, RefundedLine};
pub use collect::{CollectedRow, Counts, InTransaction, Origin};
pub use collection_lock::CollectionLock;
pub use comparison::{Before, Comparison, Difference, DifferenceBy};
pub use compute::{ComputeCause, ComputeRun, ComputeState, ComputedCase};
pub use dictionaries::{DictionaryRow, MANUAL};
pub use dictionary_overrides::Override;
pub use error::StoreError;
pub use findings::{CaseFinding, CaseScore};
pub use live_keys::LiveRows;
pub use named_row::NamedRow;
pub use operation_log::{LogBy, LogCount, LogEntry, LogFilter, LogKind};
pub use pack_drafts::{DraftChange, DraftEdit, DraftState, PackChange, PackDraft, Trial};
pub use pack_history::{PackEntry, PackEvent, PackEventKind};
pub use packs::StoredPack;
pub use progress::Progress;
pub use read::{CaseRow, MonthVersion, Of, Reader, Scan};
pub use records::Parameter;
pub use report_definitions::{DefinitionKind, ReportDefinition};
pub use results::StoredResult;
pub use roles::{Role, RoleScope, separation_conflict};
pub use sessions::Session;
pub use sync_log::{Reject, RunState, SyncRun, TaskState};
pub use sync_statistics::{RejectCount, RunBy, RunFilter, RunTotals};
pub use targets::Target;
pub use users::{LoginFailures, User};

use connection::Connection;
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds since 1970-01-01 00:00 of the hospital's wall clock (`model::canonical::seconds_of`).
pub type Moment = i64;

/// The store. Clones share its connections.
#[derive(Clone)]
pub struct Store {
    address: Arc<Address>,
    idle: Arc<Mutex<Vec<Connection>>>,
    warning_counts: Arc<audit_warnings::KeptCounts>,
    short_writes: Arc<Mutex<()>>,
}

/// Connections kept for the next call.
const KEPT: usize = 8;

impl Store {
    /// Opens the database at an [`Address`], makes it when it is a missing file, and brings its tables to this version.
    pub fn open(address: &str) -> Result<Store, StoreError> {
        let address = Address::parse(address)?;
        if let Address::Sqlite(path) = &address
            && let Some(folder) = path.parent()
        {
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Open(address.to_string(), error.to_string()))?;
        }
        let store = Store {
            address: Arc::new(address),
            idle: Arc::default(),
            warning_counts: Arc::default(),
            short_writes: Arc::default(),
        };
        store.with(|db| schema::migrate(db).map(|_| ()))?;
        Ok(store)
    }

    /// Where it is; shows no password.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Lends a connection. After an error it is thrown away, so a broken one is never used again.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut db = self.take()?;
        let done = work(&mut db)?;
        self.give_back(db);
        Ok(done)
    }

    /// A short transaction of which many come at once. They queue here: SQLite would have them sleep and ask again.
    pub(crate) fn short_write<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|db| {
            let queue =
                db.is_sqlite().then(|| self.short_writes.lock().unwrap_or_else(PoisonError::into_inner));
            let done = db.transaction(work);
            drop(queue);
            done
        })
    }

    pub(crate) fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Connection::open(&self.address), Ok)
    }

    pub(crate) fn give_back(&self, db: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(db);
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.address)
    }
}
