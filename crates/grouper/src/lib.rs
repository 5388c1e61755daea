//! 分组器: a case and a policy in, the group, all candidates and the reason out.
//!
//! The procedure itself (stages, matching, tie-breaks, type order) is the pack's (`grouper.toml`); this crate knows only
//! the mechanisms. Pure: no I/O, no clock; the same pack and case give the same answer on every run and thread.

mod explain;
mod grouping;
mod index;
mod prepare;
mod reason;
mod recommend;
mod select;
mod sentence;

pub use explain::{Candidate, Explanation, Outcome, Step};
pub use grouping::{Grouper, Grouping, Scratch};
pub use reason::Ungrouped;
pub use recommend::{SchemeOptions, SchemeRow};
