//! 收费审核: charge lines of one stay and rules in, findings out. A finding names the line, what of it is too much, and the
//! lines that caused it.
//!
//! Rules are documents ([`read_rules`]), compiled once into an index from item to rules ([`Engine`]); the work on a stay grows
//! with its lines and the rules that name its items, not with the number of rules. Pure: no I/O, no clock.
//!
//! What the words of a rule mean exactly (days, windows, refunds, who is the excess) stands at the items that carry it out:
//! [`Window`], [`Kind`], [`Engine::judge`]; how they are said to people in `sentence`.

mod attribute_values;
mod codes;
mod document;
mod engine;
mod finding;
mod import;
mod index;
mod judge;
mod ledger;
mod lists;
mod national;
mod netting;
mod pack;
mod rule;
mod run;
mod sentence;
mod stay;
mod window;

pub use attribute_values::values_of;
pub use codes::CodeMap;
pub use document::{Document, StayDocument, StayError, read_stay, stay_of};
pub use engine::{Engine, LineColumns, Scratch, price};
pub use finding::{Alert, Finding, Grounds, Suspicion, Verdict};
pub use import::{ImportDescription, ImportNote, ImportedRules, NoteKind, import_rules};
pub use index::ItemTable;
pub use ledger::{Entry, Ledger};
pub use national::{
    Conclusion, NationalFinding, NationalRequest, NationalStay, is_national, national_result, read_national,
};
pub use pack::{PackError, RuleFiles, RulePack};
pub use rule::{
    Attribute, Cap, Evidence, Keep, Kind, Level, Nature, Pattern, Rule, RuleError, Scene, Stage, UNCONFIRMED,
    read_rules, read_rules_of,
};
pub use sentence::{
    DocumentNames, Naming, TimelineRow, finding_sentence, rule_sentence, suspicion_sentence, timeline, within,
};
pub use stay::{Encounter, Line, Previous, PreviousStay, Stay};
pub use window::Window;

/// Quantities count ten-thousandths: half a day is 5 000.
pub const UNIT: i64 = 10_000;
