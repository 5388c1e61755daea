//! 缺什么: why a number of a case could not be computed. Nothing is ever a silent zero.

use policy::{Cost, PriceKind};

/// What was missing. Shown to users through [`Missing::chinese`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The group index lies outside the catalogue.
    Group,
    /// The case has no such cost.
    Cost(Cost),
    /// The cost is below zero.
    NegativeCost(Cost),
    /// The group has no reference cost.
    ReferenceCost,
    /// The group has no reference cost at the hospital's level.
    ReferenceCostOfLevel,
    /// No date of the pack's basis, and no undated price holds.
    Day,
    /// The insurance type is not in the pack, and no price is for all pools.
    InsuranceType,
    /// No price of the kind (`None`: of any kind asked for) holds for the pool on the day.
    Price(Option<PriceKind>),
    /// A factor of the denominator is zero.
    ZeroDenominator,
    /// The insurance type has no reimbursement ratio.
    FundRatio,
    /// The case has no 自费自付, which the formula subtracts.
    SelfPay,
    /// A fixed quota group without an amount for this level and insurance type.
    Quota,
    /// The settlement way is not in the pack.
    SettlementWay,
    /// The settlement way pays by item: no DIP payment.
    PaidByItem,
    /// The insurance type is not paid by DIP.
    NotDip,
    /// The stay has no dates, so bed days cannot be counted.
    StayDays,
    /// Some day of the stay has no bed-day rate.
    BedDayRate,
    /// 得分 is missing, so the payment is.
    EarnedPoints,
    /// The payment is missing, so the surplus is.
    Payment,
    /// A number outgrew 28 digits.
    OutOfRange,
}

impl Missing {
    /// As in the JSON contract's `reason`.
    pub fn name(self) -> &'static str {
        match self {
            Missing::Group => "group_missing",
            Missing::Cost(_) => "cost_missing",
            Missing::NegativeCost(_) => "negative_cost",
            Missing::ReferenceCost => "reference_cost_missing",
            Missing::ReferenceCostOfLevel => "reference_cost_of_level_missing",
            Missing::Day => "date_missing",
            Missing::InsuranceType => "insurance_type_unknown",
            Missing::Price(_) => "price_missing",
            Missing::ZeroDenominator => "zero_denominator",
            Missing::FundRatio => "fund_ratio_missing",
            Missing::SelfPay => "self_pay_missing",
            Missing::Quota => "quota_missing",
            Missing::SettlementWay => "settlement_way_unknown",
            Missing::PaidByItem => "paid_by_item",
            Missing::NotDip => "not_dip",
            Missing::StayDays => "stay_days_missing",
            Missing::BedDayRate => "bed_day_rate_missing",
            Missing::EarnedPoints => "earned_points_missing",
            Missing::Payment => "payment_missing",
            Missing::OutOfRange => "out_of_range",
        }
    }

    /// By its word in the JSON contract; of costs and prices the first, for the word does not say which.
    pub fn named(name: &str) -> Option<Missing> {
        const ALL: [Missing; 20] = [
            Missing::Group,
            Missing::Cost(Cost::Insurer),
            Missing::NegativeCost(Cost::Insurer),
            Missing::ReferenceCost,
            Missing::ReferenceCostOfLevel,
            Missing::Day,
            Missing::InsuranceType,
            Missing::Price(None),
            Missing::ZeroDenominator,
            Missing::FundRatio,
            Missing::SelfPay,
            Missing::Quota,
            Missing::SettlementWay,
            Missing::PaidByItem,
            Missing::NotDip,
            Missing::StayDays,
            Missing::BedDayRate,
            Missing::EarnedPoints,
            Missing::Payment,
            Missing::OutOfRange,
        ];
        ALL.into_iter().find(|missing| missing.name() == name)
    }

    /// A sentence that says what is missing and what to do about it.
    pub fn chinese(self) -> &'static str {
        match self {
            Missing::Group => "病种不在目录中，请重新入组",
            Missing::Cost(Cost::Total) => "病例缺少总费用，请补录后重算",
            Missing::Cost(Cost::Insurer) => "病例缺少医保费用，请补录后重算",
            Missing::Cost(Cost::InScope) => "病例缺少政策范围内费用，请补录后重算",
            Missing::Cost(Cost::PooledFund) => "病例缺少统筹记账金额，请补录后重算",
            Missing::NegativeCost(_) => "费用为负数，请核对退费",
            Missing::ReferenceCost => "病种没有参照费用，请在 catalogue.csv 补充",
            Missing::ReferenceCostOfLevel => {
                "病种没有该医院等级的参照费用，请在 reference_costs.csv 补充或核对医院等级"
            }
            Missing::Day => "病例缺少出院（结算）日期，无法选择分值价钱",
            Missing::InsuranceType => "险种为空（自费）或不在政策包中，无法确定基金池，请核对险种",
            Missing::Price(None) => "该日期、该基金池没有可用的分值价钱，请在 prices.csv 补充",
            Missing::Price(Some(PriceKind::LastYear)) => {
                "该日期、该基金池没有上年分值价钱，请在 prices.csv 补充"
            }
            Missing::Price(Some(PriceKind::Estimated)) => {
                "该日期、该基金池没有测算分值价钱，请在 prices.csv 补充"
            }
            Missing::Price(Some(PriceKind::Monthly)) => {
                "该日期、该基金池没有月度预结价钱，请在 prices.csv 补充"
            }
            Missing::Price(Some(PriceKind::Final)) => {
                "该日期、该基金池没有年度清算价钱，请在 prices.csv 补充"
            }
            Missing::ZeroDenominator => "基准率的分母为 0，请核对标准分、参照费用与系数",
            Missing::FundRatio => "险种没有报销比例，请在 insurance_types.csv 补充",
            Missing::SelfPay => "病例缺少个人自费自付金额，请补录后重算",
            Missing::Quota => "项目定额病种没有该等级、该险种的定额，请在 fixed_quota.csv 补充",
            Missing::SettlementWay => "结算方式不在政策包中，请核对 settlement_ways.csv",
            Missing::PaidByItem => "结算方式为按项目，不按分值结算",
            Missing::NotDip => "该险种不按DIP结算",
            Missing::StayDays => "缺少入院或出院时间，无法计算床日",
            Missing::BedDayRate => "有住院日没有床日标准，请在 bed_days.csv 补充",
            Missing::EarnedPoints => "没有得分，无法计算分值费用",
            Missing::Payment => "没有分值费用，无法计算结余",
            Missing::OutOfRange => "数值超出可计算的范围，请核对费用与参数",
        }
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.chinese())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_leads_back_to_its_kind() {
        for word in ["group_missing", "cost_missing", "price_missing", "not_dip", "out_of_range"] {
            assert_eq!(Missing::named(word).map(Missing::name), Some(word));
        }
        assert_eq!(Missing::named(""), None);
    }
}
