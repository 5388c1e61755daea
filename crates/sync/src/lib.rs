//! 采集与重算: sources to the store, the store to results.
//!
//! Blocking and single-writer: whoever calls decides the thread. Everything commits in batches; whatever is interrupted goes
//! on where the last batch ended.

mod application;
mod audit_cases;
mod audit_rules;
mod case_builder;
mod case_rules;
mod case_text;
mod collect;
mod collection;
mod compiled_pack;
mod configuration;
mod error;
mod explain_case;
mod fields;
pub mod pack_dir;
mod pack_editing;
mod pack_set;
mod pack_shelf;
mod recompute;
pub mod schedule;
mod task_list;
pub mod terminology;
mod timetable;

pub use application::{Application, Network, Secret};
pub use audit_cases::{audit_changed, audit_stay, audit_stay_of};
pub use audit_rules::{HospitalNames, RuleNames, RuleSet, UsedRule};
pub use case_rules::{CaseRules, InsurerCost, RecordOrigin};
pub use collect::{Request, collect_task};
pub use collection::{Wish, collect_configured, collect_source, is_unreachable, load_mapping};
pub use compiled_pack::CompiledPack;
pub use configuration::{CaseConfiguration, CollectedSource, Configuration};
pub use error::SyncError;
pub use explain_case::{ExplainedCase, stored_case};
pub use pack_editing::{
    By, OpenDraft, begin_draft, begin_trial, edit_draft, files_of, finished_trial, hold_collection,
    open_draft, overtaken_by, policy_of, publish_trial, rebase_draft, undo_draft,
};
pub use pack_set::{PackSet, add_pack};
pub use pack_shelf::PackShelf;
pub use recompute::{RegroupScope, begin_regroup, compute_changed, continue_regroup};
pub use task_list::{SourceTasks, TaskStatus, find_task, task_list};
pub use terminology::Terminology;
pub use timetable::{Schedule, Timetable, schedule_of, set_schedule};
