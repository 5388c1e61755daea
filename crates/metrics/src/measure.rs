//! 指标: a number about a set of rows, with everything a reader must know to argue about it.

use crate::aggregate::{Aggregate, Function};
use crate::schema::CASE;
use crate::{Format, Kind};
use rust_decimal::Decimal;

/// Whether more is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// 越高越好
    Up,
    /// 越低越好
    Down,
    /// Neither.
    #[default]
    None,
}

/// 指标
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Measure {
    /// Its name in packs, addresses and code.
    pub id: String,
    /// 名称
    pub name: String,
    /// 简称, for narrow heads and legends.
    pub short: String,
    /// How it is written.
    pub format: Format,
    /// Whether more is better.
    pub direction: Direction,
    /// 口径: what it counts, in words a reader can check.
    pub definition: String,
    /// 依据: document and clause, or `UNCONFIRMED` with what is open.
    pub evidence: String,
    /// Version of the definition; rises when the number it gives changes.
    pub version: u32,
    pub(crate) fact: &'static str,
    pub(crate) numerator: Aggregate,
    pub(crate) denominator: Option<Aggregate>,
}

impl Measure {
    /// Whether a document backs the definition.
    pub fn confirmed(&self) -> bool {
        !self.evidence.contains("UNCONFIRMED")
    }

    /// The fact whose rows it counts.
    pub fn fact(&self) -> &'static str {
        self.fact
    }

    /// Whether the whole is the sum of its parts: counts and sums are, ratios, extremes and different persons are not.
    pub fn is_additive(&self) -> bool {
        self.denominator.is_none() && matches!(self.numerator.function, Function::Count | Function::Sum)
    }

    /// Whether it counts rows that all are cases: then opening the number gives exactly as many.
    pub fn counts_cases(&self) -> bool {
        self.fact == CASE && self.denominator.is_none() && self.numerator.function == Function::Count
    }

    /// The value made of numerator and denominator; no value without a denominator, or with one of zero.
    pub(crate) fn value(&self, numerator: Option<Decimal>, denominator: Option<Decimal>) -> Option<Decimal> {
        match self.denominator {
            None => numerator,
            Some(_) => numerator?.checked_div(denominator.filter(|d| !d.is_zero())?),
        }
    }

    /// What the numerator is made of.
    pub fn kind(&self) -> Kind {
        self.numerator.kind()
    }
}
