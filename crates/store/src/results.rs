//! 分组结果: what the engines found for a case in a run; results of different runs side by side.

use model::canonical::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A grouping and pricing result as kept. Ratios, points, coefficients and prices are in millionths, money in 分.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredResult {
    /// The compute run that made it.
    pub run: i64,
    /// The pack that made it.
    pub pack: i64,
    /// 试算: the pack is not in force on the case's date.
    pub trial: bool,
    /// 病种编码; empty when ungrouped.
    pub group_code: String,
    /// core, composite, primary or ungrouped.
    pub kind: String,
    /// 标准分
    pub standard_points: Option<i64>,
    /// 基准率
    pub benchmark_ratio: Option<i64>,
    /// 展示区间 label.
    pub band: String,
    /// 计分分段 name.
    pub segment: String,
    /// 分段系数
    pub factor: Option<i64>,
    /// 医院系数
    pub hospital_coefficient: Option<i64>,
    /// 病种系数
    pub group_coefficient: Option<i64>,
    /// 加成系数
    pub bonus_coefficient: Option<i64>,
    /// 辅助目录系数
    pub auxiliary_coefficient: Option<i64>,
    /// 得分
    pub earned_points: Option<i64>,
    /// What the payment was made from.
    pub price_kind: String,
    /// 分值价钱, yuan a point.
    pub point_price: Option<i64>,
    /// Numerator of 基准率.
    pub ratio_cost: Option<i64>,
    /// Denominator of 基准率 (基准费用), 分; results of before it was kept have none.
    pub base_cost: Option<i64>,
    /// 分值费用
    pub payment: Option<i64>,
    /// 结余
    pub surplus: Option<i64>,
    /// 特例单议
    pub review: bool,
    /// No parameter used is UNCONFIRMED.
    pub confirmed: bool,
    /// Why it is ungrouped or not priced; empty when nothing is missing.
    pub reason: String,
}

/// Columns of `case_result`, in the order of [`StoredResult::values`].
pub(crate) const COLUMNS: [&str; 25] = [
    "case_number",
    "run",
    "pack",
    "trial",
    "group_code",
    "kind",
    "standard_points",
    "benchmark_ratio",
    "band",
    "segment",
    "factor",
    "hospital_coefficient",
    "group_coefficient",
    "bonus_coefficient",
    "auxiliary_coefficient",
    "earned_points",
    "price_kind",
    "point_price",
    "ratio_cost",
    "payment",
    "surplus",
    "review",
    "confirmed",
    "reason",
    "base_cost",
];

impl StoredResult {
    pub(crate) fn values(&self, case_number: i64) -> [Value; 25] {
        [
            case_number.into(),
            self.run.into(),
            self.pack.into(),
            i64::from(self.trial).into(),
            self.group_code.as_str().into(),
            self.kind.as_str().into(),
            self.standard_points.into(),
            self.benchmark_ratio.into(),
            self.band.as_str().into(),
            self.segment.as_str().into(),
            self.factor.into(),
            self.hospital_coefficient.into(),
            self.group_coefficient.into(),
            self.bonus_coefficient.into(),
            self.auxiliary_coefficient.into(),
            self.earned_points.into(),
            self.price_kind.as_str().into(),
            self.point_price.into(),
            self.ratio_cost.into(),
            self.payment.into(),
            self.surplus.into(),
            i64::from(self.review).into(),
            i64::from(self.confirmed).into(),
            self.reason.as_str().into(),
            self.base_cost.into(),
        ]
    }

    /// From the columns after `case_number`.
    pub(crate) fn read(row: &[Value]) -> StoredResult {
        let text = |at: usize| row[at].str().to_owned();
        let flag = |at: usize| row[at].int() == Some(1);
        StoredResult {
            run: row[0].int().unwrap_or_default(),
            pack: row[1].int().unwrap_or_default(),
            trial: flag(2),
            group_code: text(3),
            kind: text(4),
            standard_points: row[5].int(),
            benchmark_ratio: row[6].int(),
            band: text(7),
            segment: text(8),
            factor: row[9].int(),
            hospital_coefficient: row[10].int(),
            group_coefficient: row[11].int(),
            bonus_coefficient: row[12].int(),
            auxiliary_coefficient: row[13].int(),
            earned_points: row[14].int(),
            price_kind: text(15),
            point_price: row[16].int(),
            ratio_cost: row[17].int(),
            payment: row[18].int(),
            surplus: row[19].int(),
            review: flag(20),
            confirmed: flag(21),
            reason: text(22),
            base_cost: row[23].int(),
        }
    }

    /// A decimal in millionths, 四舍五入; `None` when it does not fit.
    pub fn millionths(number: Decimal) -> Option<i64> {
        let rounded = number.round_dp_with_strategy(6, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        rounded.checked_mul(Decimal::from(1_000_000))?.to_i64()
    }
}
