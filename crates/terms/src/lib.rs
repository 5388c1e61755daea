//! 编码目录: code sets of every edition, maps between editions, import with a dry run, and search as coders type.
//!
//! Pure: bytes and values in, values out. No file, clock or database; "today" is an argument.
//!
//! - [`table`] reads CSV, TSV, XLSX and XLS bytes; other crates use it for their own files too.
//! - [`Catalogue`] holds any code table; its [`Layout`] says which fields it has, [`layouts`] lists the known ones.
//! - [`CodeMap`] translates between 国家临床版 and 医保版.
//! - [`export`] writes tables for people: workbooks with explanations, CSV for spreadsheets.
//! - [`search::Index`] finds terms by code, Chinese, initials, pinyin or a mixture.

mod catalogue;
mod catalogue_text;
mod code_map;
mod columns;
mod cross_check;
mod edition;
mod error;
pub mod export;
mod layout;
pub mod layouts;
mod record;
pub mod search;
pub mod table;
mod template;

pub use catalogue::{Catalogue, Import, Mode, without_wrong};
pub use catalogue_text::{changes_text, unused_columns, with_spellings};
pub use code_map::CodeMap;
pub use columns::ColumnMap;
pub use cross_check::{CrossCheck, Finding, cross_check};
pub use edition::Edition;
pub use error::TableError;
pub use layout::{EDITION, Field, FieldKind, Layout, Role, VALID_FROM, VALID_TO};
pub use record::Record;
pub use table::Table;
