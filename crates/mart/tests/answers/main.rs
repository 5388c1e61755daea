//! The semantic layer over a ward: its numbers are those of plain SQL over the store, open into exactly their cases, and are
//! never those of somebody else's patients.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they fail")]

mod charged;
mod drill;
mod furnish;
mod injection;
mod insured_ward;
mod on_postgres;
mod oracle;
mod postgres_facts;
mod recognised;
mod scope;
mod sums;
#[path = "../support/mod.rs"]
mod support;
mod wide;
