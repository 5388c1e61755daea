//! 政策包修改: a pack edited as data. Every edit is checked, then the whole pack is loaded; an edit that cannot be kept
//! changes nothing. What is not edited stays byte for byte: comments, order, spelling, line ends.

mod apply;
mod check;
mod csv_edits;
mod csv_text;
mod error;
mod form;
mod forms_table;
mod locate;
mod options;
mod orphans;
mod patch;
mod splice;
mod toml_edits;
mod toml_text;
mod view;

pub use apply::{Change, Edit, Edited, FieldChange, apply};
pub use check::normalised;
pub use error::{Conflict, EditError, Refusal};
pub use form::{FormArea, FormDef, FormPlace, FormRef};
pub use options::Options;
pub use orphans::orphans;
pub use patch::{FilePatch, apply_patches, merge, patches};
pub use view::{Form, Record};
