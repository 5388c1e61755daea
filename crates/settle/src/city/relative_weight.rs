//! 病种分值 RW, three methods, and the drug and material weights.

use model::Ratio;
use rust_decimal::Decimal;

/// 平均费用法: `RW = m_i / M × 1000`; costs in yuan. Source: 「S3」第五章第一节.
pub fn weight_by_mean_cost(group_mean: Decimal, city_mean: Decimal) -> Option<Ratio> {
    group_mean.checked_mul(Decimal::ONE_THOUSAND)?.checked_div(city_mean)
}

/// 基准病种法: `RW = m_i / M_benchmark × 1000`; costs in yuan. Source: 「S3」第五章第一节.
pub fn weight_by_benchmark_group(group_mean: Decimal, benchmark_mean: Decimal) -> Option<Ratio> {
    weight_by_mean_cost(group_mean, benchmark_mean)
}

/// 标准定额法: `RW = m_i / quota`; both in yuan. Source: 「S3」第五章第一节.
pub fn weight_by_standard_quota(group_mean: Decimal, quota: Decimal) -> Option<Ratio> {
    group_mean.checked_div(quota)
}

/// 药品分值 `dRW = dm_i / dM` (monitoring only); drug costs in yuan. Source: 「S3」第五章第一节.
pub fn drug_weight(group_drug_mean: Decimal, city_drug_mean: Decimal) -> Option<Ratio> {
    group_drug_mean.checked_div(city_drug_mean)
}

/// 耗材分值 `cRW = cm_i / cM` (monitoring only); material costs in yuan. Source: 「S3」第五章第一节.
pub fn material_weight(group_material_mean: Decimal, city_material_mean: Decimal) -> Option<Ratio> {
    group_material_mean.checked_div(city_material_mean)
}

/// City mean of group means: `Σ m_i·n_i / Σ n_i`, yuan. Source: 「S3」第五章第一节 (M, dM, cM).
pub fn mean_cost_of_groups(groups: &[(Decimal, u64)]) -> Option<Decimal> {
    let mut total = Decimal::ZERO;
    for (mean, cases) in groups {
        total = total.checked_add(mean.checked_mul(Decimal::from(*cases))?)?;
    }
    total.checked_div(Decimal::from(groups.iter().map(|(_, cases)| cases).sum::<u64>()))
}
