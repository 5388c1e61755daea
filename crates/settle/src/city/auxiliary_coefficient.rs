//! 辅助目录 coefficients as the city makes them.

use model::Ratio;
use rust_decimal::Decimal;

/// `m_j / M`: mean cost of the subtype over that of the group, yuan. Source: 「S3」第五章第二节.
pub fn auxiliary_coefficient(subtype_mean: Decimal, group_mean: Decimal) -> Option<Ratio> {
    subtype_mean.checked_div(group_mean)
}

/// Of several matching subtypes the highest coefficient wins; the first among equals. Source: 「S3」第五章第二节.
pub fn highest_coefficient<T>(matched: impl IntoIterator<Item = (T, Ratio)>) -> Option<(T, Ratio)> {
    matched.into_iter().fold(None, |best, one| match best {
        Some(best) if one.1 <= best.1 => Some(best),
        _ => Some(one),
    })
}
