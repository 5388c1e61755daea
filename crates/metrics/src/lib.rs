//! 语义层: facts, dimensions and measures as data; typed queries compiled to portable SQL.
//!
//! [`Layer::load`] reads the definitions over the facts' [`Schema`]. [`Layer::compile`] makes statements, one a fact, of a
//! [`Query`] and the [`model::Viewer`] who asks; whoever has the facts runs them and gives the cells to [`Compiled::answer`],
//! which works out every measure exactly. Numbers that add up over months and departments need not be asked for each time: a year's
//! [`Totals`] serve every answer of that year ([`Wide`]). [`Layer::compile_cases`] lists the cases behind a number. Nothing here reads a file or a database.

mod aggregate;
mod answer;
mod case_list;
mod charged;
mod compare;
mod compile;
mod condition;
mod dimension;
mod error;
mod format;
mod layer;
mod load;
mod measure;
mod members;
mod period;
mod query;
mod ranking;
pub mod report;
mod schema;
mod scope;
mod select;
mod source;
mod sql;
mod target;
mod value;
mod wide;

pub use aggregate::Function;
pub use answer::{Answer, Row, Rows};
pub use case_list::{CasePage, CaseQuery, CaseRow, CompiledCases};
pub use charged::CHARGED_ITEM;
pub use compare::{Beside, Change, Changes};
pub use compile::{Compiled, Statement};
pub use condition::Test;
pub use dimension::{Calendar, Dimension};
pub use error::QueryError;
pub use format::{Format, NOTHING, Style};
pub use layer::{Layer, Population};
pub use measure::{Direction, Measure};
pub use period::{Basis, Comparison, Period};
pub use query::{AtLeast, Filter, Order, Patients, Query, Selection};
pub use ranking::RankChange;
pub use schema::{CASE, Column, Fact, Kind, Schema};
pub use target::{Goal, Standing, Target, Targets};
pub use value::Value;
pub use wide::{Totals, Wide};
