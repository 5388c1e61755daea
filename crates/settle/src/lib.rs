//! Points to money: 基准率, 得分, 分值费用, 结余, estimates and the fit of a pack to the insurer's returns.
//!
//! Pure: values in, values out. Money is integer 分, points and ratios are exact decimals. Every formula is the pack's
//! own (`docs/policy-pack.md`) or names its source; `docs/manual/结算测算.md` explains the numbers to their readers.

mod auxiliary_choice;
mod bed_days;
pub mod city;
mod coefficient_table;
mod cost_bands;
mod diagnosis_index;
mod exact;
mod explain;
mod factor_list;
pub mod fit;
mod fixed_quota;
mod missing;
mod pooled_fund_estimate;
mod price_table;
mod priced;
mod pricer;
mod pricing_sentence;
mod scheme_marks;
mod scoring_plan;

pub use auxiliary_choice::AuxiliaryChoice;
pub use bed_days::{BedDayPart, BedDayPayment};
pub use cost_bands::{CostBand, CostBands, CostRange};
pub use exact::half_up;
pub use explain::{Step, Term, Working};
pub use missing::Missing;
pub use pooled_fund_estimate::{
    EstimateError, EstimateLine, EstimateTerms, PooledFundEstimate, estimate_pooled_fund,
};
pub use priced::{AppliedCoefficients, Ask, PaidBy, Priced};
pub use pricer::Pricer;
pub use scheme_marks::{SchemeMarks, mark_schemes};
