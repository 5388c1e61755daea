//! 指标: a number about a set of rows, with everything a reader must know to argue about it.

use crate::aggregate::{Aggregate, Function};
use crate::schema::CASE;
use crate::source::Source;
use crate::{Format, Kind};
use std::sync::Arc;

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
    pub(crate) formula: Formula,
}

/// How a value is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Formula {
    /// numerator × times ÷ denominator. Boxed: aggregates are large beside a difference.
    Ratio { numerator: Box<Aggregate>, times: Option<Box<Aggregate>>, denominator: Option<Box<Aggregate>> },
    /// One measure less another.
    Difference(Arc<Measure>, Arc<Measure>),
}

impl Measure {
    /// Whether a document backs the definition.
    pub fn confirmed(&self) -> bool {
        !self.evidence.contains("UNCONFIRMED")
    }

    /// What the numerator is made of; of a difference that of the first measure.
    pub(crate) fn numerator(&self) -> &Aggregate {
        match &self.formula {
            Formula::Ratio { numerator, .. } => numerator,
            Formula::Difference(measure, _) => measure.numerator(),
        }
    }

    fn denominator(&self) -> Option<&Aggregate> {
        match &self.formula {
            Formula::Ratio { denominator, .. } => denominator.as_deref(),
            Formula::Difference(measure, _) => measure.denominator(),
        }
    }

    fn is_plain(&self) -> bool {
        matches!(&self.formula, Formula::Ratio { times: None, denominator: None, .. })
    }

    /// The rows that a number is opened with: those of its numerator, of a ratio those of its denominator, when they are cases'.
    pub(crate) fn opened(&self) -> Option<&Aggregate> {
        let of_cases = |aggregate: &&Aggregate| aggregate.source.of_cases;
        self.denominator().filter(of_cases).or_else(|| Some(self.numerator()).filter(of_cases))
    }

    /// Whether there are cases behind the number; open beds have none.
    pub fn opens_cases(&self) -> bool {
        self.opened().is_some()
    }

    /// The fact whose rows it counts.
    pub fn fact(&self) -> &'static str {
        self.source().fact
    }

    /// Whether its rows count on days of their own (transfers, nights in a bed), not on those of the case.
    pub fn has_own_days(&self) -> bool {
        self.source().time.is_some()
    }

    /// The sources of all its parts.
    pub(crate) fn sources(&self) -> Vec<Source> {
        match &self.formula {
            Formula::Ratio { numerator, times, denominator } => {
                let parts = [Some(numerator), times.as_ref(), denominator.as_ref()];
                parts.into_iter().flatten().map(|part| part.source).collect()
            }
            Formula::Difference(a, b) => [a.sources(), b.sources()].concat(),
        }
    }

    pub(crate) fn source(&self) -> Source {
        self.numerator().source
    }

    /// Whether the whole is the sum of its parts: counts and sums are, ratios, extremes and different persons are not.
    pub fn is_additive(&self) -> bool {
        match &self.formula {
            Formula::Difference(a, b) => a.is_additive() && b.is_additive(),
            Formula::Ratio { numerator, .. } => {
                // What lasts counts in every month that it touches.
                let once = numerator.source.time.is_none_or(|time| time.from == time.to);
                once && self.is_plain() && matches!(numerator.function, Function::Count | Function::Sum)
            }
        }
    }

    /// Whether it counts rows that all are cases: then opening the number gives exactly as many.
    pub fn counts_cases(&self) -> bool {
        self.fact() == CASE && self.is_plain() && self.numerator().function == Function::Count
    }

    /// What the numerator is made of.
    pub fn kind(&self) -> Kind {
        self.numerator().kind()
    }
}
