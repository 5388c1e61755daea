//! Canonical types shared by every crate: codes, money, points and the case to be grouped.
//!
//! Values only: nothing here reads a file, a clock or a database.

pub mod canonical;
mod case;
mod changes;
mod code;
mod money;
mod problem;
mod viewer;

pub use case::{Case, Coded, Sex, parse_moment};
pub use changes::{Change, Changes, WrongRow, compare};
pub use code::Code;
pub use money::{Fen, MoneyError, parse_decimal};
pub use problem::{Problem, Problems};
pub use viewer::{DataScope, Permission, Viewer};

/// 分值: points are exact decimals, never binary floating point.
pub type Points = rust_decimal::Decimal;
/// A ratio, factor or coefficient (基准率, 系数): an exact decimal without unit.
pub type Ratio = rust_decimal::Decimal;
