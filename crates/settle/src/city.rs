//! City-side formulas: how points, prices and settlements are made. Pure functions, each with its source.
//!
//! Sources: 「S3」 国家医疗保障按病种分值付费 3.0 版技术规范（征求意见稿）; 「NC」 南充市 DIP 分析工具;
//! 「ART」 恒健知行《医院运营病种盈亏分析》. Decimals are exact; `None` means a zero denominator. The caller rounds.

mod auxiliary_coefficient;
mod case_account;
mod composite_clustering;
mod indicators;
mod monthly_advance;
mod point_price;
mod related_operation;
mod relative_weight;
mod sharing;
mod time_weight;
mod year_end;

pub use auxiliary_coefficient::{auxiliary_coefficient, highest_coefficient};
pub use case_account::{CaseAccount, case_account};
pub use composite_clustering::{CompositeCluster, CoreCombination, cluster, property_name};
pub use indicators::{
    case_mix_index, coefficient_of_variation, cost_index, mean_profit, profit_rate_percent, time_index,
    visits_per_head,
};
pub use monthly_advance::{MonthlyAdvance, MonthlyTerms, monthly_advance};
pub use point_price::{payment_ratio, settlement_price, year_start_price};
pub use related_operation::{RelatedOperation, related_operation};
pub use relative_weight::{
    drug_weight, material_weight, mean_cost_of_groups, weight_by_benchmark_group, weight_by_mean_cost,
    weight_by_standard_quota,
};
pub use sharing::{SharedPart, SharedSettlement, share};
pub use time_weight::{NATIONAL_YEAR_WEIGHTS, weighted_mean};
pub use year_end::{PoolCase, liquidation_payment, year_end_settlement};
