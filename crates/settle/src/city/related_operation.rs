//! 相关手术操作 threshold: is a group with one more operation worth its own row?

use model::Ratio;
use rust_decimal::Decimal;

/// The outcome of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RelatedOperation {
    /// Rise of the mean cost, percent.
    pub increase_percent: Ratio,
    /// The rise reaches the threshold: a group of its own.
    pub separate_group: bool,
}

/// A related operation makes its own group when it adds at least `threshold_percent` (10) to the mean cost of the group
/// without it; costs in yuan. Source: 「S3」第三章第一节, 表 3-3. `None` when the cost without it is zero.
pub fn related_operation(
    mean_without: Decimal,
    mean_with: Decimal,
    threshold_percent: Decimal,
) -> Option<RelatedOperation> {
    let rise = mean_with.checked_sub(mean_without)?.checked_mul(Decimal::ONE_HUNDRED)?;
    let increase_percent = rise.checked_div(mean_without)?;
    Some(RelatedOperation {
        increase_percent,
        separate_group: rise >= threshold_percent.checked_mul(mean_without)?,
    })
}
