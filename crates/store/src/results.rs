//! 分组结果: what the engines found for a case in a run; results of different runs side by side.

use crate::{Store, StoreError};
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
pub(crate) const COLUMNS: [&str; 24] = [
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
];

impl StoredResult {
    pub(crate) fn values(&self, case_number: i64) -> [Value; 24] {
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
        }
    }

    /// A decimal in millionths, 四舍五入; `None` when it does not fit.
    pub fn millionths(number: Decimal) -> Option<i64> {
        let rounded = number.round_dp_with_strategy(6, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        rounded.checked_mul(Decimal::from(1_000_000))?.to_i64()
    }
}

/// What two runs are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceBy {
    /// 科室 of the discharge.
    Department,
    /// 病种 of the earlier run.
    Group,
    /// 病例
    Case,
}

/// One line of the comparison of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Department, group or encounter key.
    pub key: String,
    /// Its name: department's, group's, or for a case `before → after` group codes.
    pub name: String,
    /// Cases that both runs computed.
    pub cases: i64,
    /// Of those, cases in another group than before.
    pub regrouped: i64,
    /// 得分 before, millionths.
    pub points_before: i64,
    /// 得分 after, millionths.
    pub points_after: i64,
    /// 分值费用 before, 分.
    pub payment_before: i64,
    /// 分值费用 after, 分.
    pub payment_after: i64,
    /// 结余 before, 分.
    pub surplus_before: i64,
    /// 结余 after, 分.
    pub surplus_after: i64,
    /// What made the difference: 病种变化, 分值变化, 系数变化, 价钱变化, 区间变化 …, most telling first.
    pub reason: String,
}

/// Why a case's result differs, most telling first. The same text for a department counts only when all its cases share it.
const REASON: &str = "CASE \
     WHEN COALESCE(a.group_code, '') = '' AND COALESCE(b.group_code, '') <> '' THEN '由未入组变为入组' \
     WHEN COALESCE(a.group_code, '') <> '' AND COALESCE(b.group_code, '') = '' THEN '由入组变为未入组' \
     WHEN COALESCE(a.group_code, '') <> COALESCE(b.group_code, '') THEN '病种变化' \
     WHEN COALESCE(a.standard_points, -1) <> COALESCE(b.standard_points, -1) THEN '病种分值变化' \
     WHEN COALESCE(a.segment, '') <> COALESCE(b.segment, '') THEN '计分分段变化' \
     WHEN COALESCE(a.hospital_coefficient, -1) <> COALESCE(b.hospital_coefficient, -1) THEN '医院系数变化' \
     WHEN COALESCE(a.group_coefficient, -1) <> COALESCE(b.group_coefficient, -1) THEN '病种系数变化' \
     WHEN COALESCE(a.bonus_coefficient, -1) <> COALESCE(b.bonus_coefficient, -1) THEN '加成系数变化' \
     WHEN COALESCE(a.auxiliary_coefficient, -1) <> COALESCE(b.auxiliary_coefficient, -1) THEN '辅助目录系数变化' \
     WHEN COALESCE(a.point_price, -1) <> COALESCE(b.point_price, -1) THEN '分值价钱变化' \
     WHEN COALESCE(a.payment, 0) <> COALESCE(b.payment, 0) THEN '其他参数变化' \
     ELSE '无变化' END";

impl Store {
    /// Compares two compute runs over the cases that both computed. Departments and groups come all, in key order; of the
    /// cases only those that differ, the largest change of 结余 first, at most `limit`.
    pub fn compare_runs(
        &self,
        before: i64,
        after: i64,
        by: DifferenceBy,
        limit: i64,
    ) -> Result<Vec<Difference>, StoreError> {
        self.compare("a.run = $2", &[after.into(), before.into(), limit.into()], by)
    }

    /// The same between the results that are current now, whichever runs made them, and a run.
    pub fn compare_with_current(
        &self,
        after: i64,
        by: DifferenceBy,
        limit: i64,
    ) -> Result<Vec<Difference>, StoreError> {
        self.compare("a.run = c.run AND c.run <> $2", &[after.into(), after.into(), limit.into()], by)
    }

    /// `before` picks the earlier results `a`; parameters: the later run, one for `before`, the limit.
    fn compare(
        &self,
        before: &str,
        parameters: &[Value],
        by: DifferenceBy,
    ) -> Result<Vec<Difference>, StoreError> {
        let sum = |side: &str, column: &str| format!("CAST(SUM(COALESCE({side}.{column}, 0)) AS BIGINT)");
        let sums = [
            sum("a", "earned_points"),
            sum("b", "earned_points"),
            sum("a", "payment"),
            sum("b", "payment"),
            sum("a", "surplus"),
            sum("b", "surplus"),
        ]
        .join(", ");
        let (key, name) = match by {
            DifferenceBy::Department => {
                ("COALESCE(e.discharge_department_key, '')", "COALESCE(MAX(d.name), '')")
            }
            DifferenceBy::Group => ("COALESCE(a.group_code, '')", "COALESCE(MAX(g.name), '')"),
            DifferenceBy::Case => (
                "c.encounter_key",
                "MAX(COALESCE(a.group_code, '未入组') || ' → ' || COALESCE(b.group_code, '未入组'))",
            ),
        };
        let changed = "COALESCE(a.group_code, '') <> COALESCE(b.group_code, '')";
        let (having, order) = match by {
            DifferenceBy::Case => (
                format!("HAVING MIN({REASON}) <> '无变化'"),
                "ABS(SUM(COALESCE(b.surplus, 0)) - SUM(COALESCE(a.surplus, 0))) DESC, 1",
            ),
            _ => (String::new(), "1"),
        };
        let sql = format!(
            "SELECT {key}, {name}, COUNT(*), CAST(SUM(CASE WHEN {changed} THEN 1 ELSE 0 END) AS BIGINT), {sums}, \
             CASE WHEN MIN({REASON}) = MAX({REASON}) THEN MIN({REASON}) ELSE '多种原因' END \
             FROM case_result b JOIN inpatient_case c ON c.number = b.case_number \
             JOIN case_result a ON a.case_number = c.number AND {before} \
             LEFT JOIN encounter e ON e.key = c.encounter_key \
             LEFT JOIN department d ON d.key = e.discharge_department_key \
             LEFT JOIN policy_group g ON g.pack = a.pack AND g.code = a.group_code \
             WHERE b.run = $1 GROUP BY {key} {having} ORDER BY {order} LIMIT $3"
        );
        let rows = self.with(|db| db.all(&sql, parameters))?;
        Ok(rows
            .iter()
            .map(|row| {
                let number = |at: usize| row[at].int().unwrap_or_default();
                Difference {
                    key: row[0].str().to_owned(),
                    name: row[1].str().to_owned(),
                    cases: number(2),
                    regrouped: number(3),
                    points_before: number(4),
                    points_after: number(5),
                    payment_before: number(6),
                    payment_after: number(7),
                    surplus_before: number(8),
                    surplus_after: number(9),
                    reason: row[10].str().to_owned(),
                }
            })
            .collect())
    }
}
