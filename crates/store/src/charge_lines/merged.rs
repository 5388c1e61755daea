//! 费用明细的合并: lines of a case by item, class, department or day.

use super::fee_class::{class_sql, resolved_class};
use super::{ChargeFilter, FROM};
use crate::case_record::names_of;
use crate::{Store, StoreError, case_scope};
use model::Viewer;
use model::canonical::{FEE_CLASSES, Value};

const SECONDS_A_DAY: i64 = 86_400;

/// What charge lines are merged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargesBy {
    /// 项目
    Item,
    /// 首页费用分类
    FeeClass,
    /// 开单科室
    OrderingDepartment,
    /// 执行科室
    PerformingDepartment,
    /// 日期
    Day,
}

/// Merged lines. Quantities and prices are ten-thousandths, money is 分.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeSum {
    /// Item, class or department key; for days the number of days since 1970-01-01.
    pub key: String,
    /// Name of the item, the department; empty for classes and days.
    pub name: String,
    /// 规格 of an item.
    pub specification: String,
    /// 单位 of an item.
    pub unit: String,
    /// 首页费用分类 of an item.
    pub fee_class: String,
    /// 条数
    pub lines: i64,
    /// 数量 of an item, refunds taken off.
    pub quantity: i64,
    /// Lowest and highest 单价 of an item.
    pub price: Option<(i64, i64)>,
    /// 金额, refunds taken off.
    pub amount: i64,
    /// 符合政策范围金额
    pub in_scope: i64,
    /// 全自费金额
    pub own_pay: i64,
    /// 退费金额, not above zero.
    pub refunded: i64,
}

impl Store {
    /// Lines of a case merged: items and departments by amount, the largest first; classes in the front page's order; days in
    /// order. `None` when the viewer has no such case. Pages of the filter do not count.
    pub fn charge_summary(
        &self,
        viewer: &Viewer,
        number: i64,
        by: ChargesBy,
        filter: &ChargeFilter,
    ) -> Result<Option<Vec<ChargeSum>>, StoreError> {
        let mut reader = self.reader()?;
        let db = reader.db()?;
        let Some(case) = case_scope::find(db, viewer, number)? else { return Ok(None) };
        let (conditions, parameters) = filter.sql(&case.encounter_key);
        let rows = db.all(&format!("{} WHERE {conditions} {}", by.select(), by.grouped()), &parameters)?;
        let mut sums: Vec<ChargeSum> = rows.iter().map(|row| sum(row)).collect();
        match by {
            ChargesBy::OrderingDepartment | ChargesBy::PerformingDepartment => {
                let keys: Vec<Value> = sums.iter().map(|sum| Value::from(sum.key.as_str())).collect();
                let names = names_of(db, "department", &keys)?;
                for sum in &mut sums {
                    sum.name = names.get(&sum.key).unwrap_or(&sum.key).clone();
                }
            }
            ChargesBy::FeeClass => {
                sums.sort_by_key(|sum| FEE_CLASSES.iter().position(|class| class.code == sum.key));
            }
            ChargesBy::Item | ChargesBy::Day => {}
        }
        Ok(Some(sums))
    }
}

impl ChargesBy {
    /// What is grouped by, as text.
    fn key(self) -> String {
        match self {
            ChargesBy::Item => "l.item_key".to_owned(),
            ChargesBy::FeeClass => class_sql(),
            ChargesBy::OrderingDepartment => "COALESCE(l.ordering_department_key, '')".to_owned(),
            ChargesBy::PerformingDepartment => "COALESCE(l.performing_department_key, '')".to_owned(),
            // Times lie after 1970: the quotient is the day.
            ChargesBy::Day => format!("l.charged_at / {SECONDS_A_DAY}"),
        }
    }

    pub(super) fn select(self) -> String {
        let item = match self {
            ChargesBy::Item => {
                "MAX(COALESCE(l.item_name, i.name)), MAX(i.specification), MAX(i.unit), MAX(l.fee_class), MAX(i.fee_class)"
            }
            _ => "'', '', '', '', ''",
        };
        let total = |column: &str| format!("CAST(SUM(COALESCE({column}, 0)) AS BIGINT)");
        format!(
            "SELECT CAST({} AS TEXT), {item}, COUNT(*), {}, MIN(l.price), MAX(l.price), {}, {}, {}, \
             CAST(SUM(CASE WHEN l.amount < 0 THEN l.amount ELSE 0 END) AS BIGINT) {FROM}",
            self.key(),
            total("l.quantity"),
            total("l.amount"),
            total("l.in_scope"),
            total("l.own_pay"),
        )
    }

    pub(super) fn grouped(self) -> String {
        let order = if self == ChargesBy::Day { "MIN(l.charged_at)" } else { "SUM(l.amount) DESC, 1" };
        format!("GROUP BY {} ORDER BY {order}", self.key())
    }
}

fn sum(row: &[Value]) -> ChargeSum {
    let text = |at: usize| row[at].str().to_owned();
    let number = |at: usize| row[at].int().unwrap_or_default();
    ChargeSum {
        key: text(0),
        name: text(1),
        specification: text(2),
        unit: text(3),
        fee_class: resolved_class(row[4].str(), row[5].str()).to_owned(),
        lines: number(6),
        quantity: number(7),
        price: row[8].int().zip(row[9].int()),
        amount: number(10),
        in_scope: number(11),
        own_pay: number(12),
        refunded: number(13),
    }
}
