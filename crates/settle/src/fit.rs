//! 拟合: which parameters explain the insurer's returned settlements (4160 and its like).
//!
//! Every returned case is a point: x = cost ÷ (标准分 or 参照费用), y = settled points ÷ standard points. Under any pack
//! y is piecewise linear in x, so the fit looks for lines, orders them by x and reads the pack's parameters off them.
//! What the data cannot show is said to be unknown; nothing is guessed from fewer than [`ENOUGH`] cases.

mod compare;
mod line;
mod points;
mod price_vote;
mod reading;
mod returned_case;
mod runs;
mod search;
mod simplest;

pub use compare::{Comparison, Verdict};
pub use points::Divisor;
pub use price_vote::{PaymentFormula, PriceVote};
pub use reading::{CoefficientUse, FittedSegment, FittedStratum};
pub use returned_case::{ReturnedCase, Stratum};
pub use search::{FitReport, HypothesisScore, fit};

/// Fewest cases a segment or a price is read from.
pub const ENOUGH: usize = 8;
