//! 费用明细: the charges of one case, line by line or merged, for whoever may see the case.

mod fee_class;
mod filter;
mod merged;

pub use filter::ChargeFilter;
pub use merged::{ChargeSum, ChargesBy};

use crate::case_record::names_of;
use crate::case_scope;
use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use fee_class::resolved_class;
use model::Viewer;
use model::canonical::Value;
use std::collections::{BTreeSet, HashMap};

/// One charge line. Quantities and prices are ten-thousandths, money is 分.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeLine {
    /// Key of the line.
    pub key: String,
    /// 费用发生时间
    pub charged_at: Moment,
    /// 项目编码
    pub item_key: String,
    /// 项目名称
    pub item_name: String,
    /// 规格
    pub specification: String,
    /// 单位
    pub unit: String,
    /// 医保目录编码
    pub insurer_code: String,
    /// 首页费用分类: a code of [`FEE_CLASSES`](model::canonical::FEE_CLASSES).
    pub fee_class: String,
    /// 目录等级
    pub level: String,
    /// 数量
    pub quantity: i64,
    /// 单价
    pub price: Option<i64>,
    /// 金额
    pub amount: i64,
    /// 符合政策范围金额
    pub in_scope: Option<i64>,
    /// 全自费金额
    pub own_pay: Option<i64>,
    /// 开单科室
    pub ordering_department: String,
    /// 开单医师
    pub ordering_doctor: String,
    /// 执行科室
    pub performing_department: String,
    /// The line that this one takes back.
    pub refund_of: Option<RefundedLine>,
    /// What refunds have taken back of this line: quantity and amount, not above zero.
    pub refunded: Option<(i64, i64)>,
}

/// The original of a refund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundedLine {
    /// Key of the line.
    pub key: String,
    /// When it was charged; `None` when that line is not there.
    pub charged_at: Option<Moment>,
    /// 数量
    pub quantity: Option<i64>,
    /// 金额
    pub amount: Option<i64>,
}

/// A page of lines, with the count and sum of all that the filter lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargePage {
    /// Lines by time.
    pub lines: Vec<ChargeLine>,
    /// 条数 of all pages.
    pub count: i64,
    /// 金额 of all pages, 分.
    pub amount: i64,
}

impl Store {
    /// Lines of a case by time, a page of them. `None` when the viewer has no such case.
    pub fn charge_lines(
        &self,
        viewer: &Viewer,
        number: i64,
        filter: &ChargeFilter,
    ) -> Result<Option<ChargePage>, StoreError> {
        let mut reader = self.reader()?;
        let db = reader.db()?;
        let Some(case) = case_scope::find(db, viewer, number)? else { return Ok(None) };
        let (conditions, mut parameters) = filter.sql(&case.encounter_key);
        let totals = db.first(
            &format!("SELECT COUNT(*), CAST(COALESCE(SUM(l.amount), 0) AS BIGINT) {FROM} WHERE {conditions}"),
            &parameters,
        )?;
        let total = |at: usize| totals.as_ref().and_then(|row| row.get(at)?.int()).unwrap_or_default();
        let mut sql = format!(
            "SELECT {LINE} {FROM} LEFT JOIN charge_line o ON o.key = l.refund_of \
             WHERE {conditions} ORDER BY l.charged_at, l.key"
        );
        if filter.page_size > 0 {
            parameters.push(filter.page_size.into());
            parameters.push(filter.page_size.saturating_mul(filter.page.max(1) - 1).into());
            sql.push_str(&format!(" LIMIT ${} OFFSET ${}", parameters.len() - 1, parameters.len()));
        }
        let mut lines: Vec<ChargeLine> = db.all(&sql, &parameters)?.iter().map(|row| line(row)).collect();
        let refunded = refunded(db, &case.encounter_key)?;
        for line in &mut lines {
            line.refunded = refunded.get(&line.key).copied();
        }
        name_lines(db, &mut lines)?;
        Ok(Some(ChargePage { lines, count: total(0), amount: total(1) }))
    }
}

const FROM: &str = "FROM charge_line l LEFT JOIN charge_item i ON i.key = l.item_key";

const LINE: &str = "l.key, l.charged_at, l.item_key, COALESCE(l.item_name, i.name), i.specification, i.unit, \
     COALESCE(l.insurer_code, i.insurer_code), l.fee_class, i.fee_class, COALESCE(l.level, i.level), l.quantity, \
     l.price, l.amount, l.in_scope, l.own_pay, l.ordering_department_key, l.ordering_doctor_key, \
     l.performing_department_key, l.refund_of, o.charged_at, o.quantity, o.amount";

fn line(row: &[Value]) -> ChargeLine {
    let text = |at: usize| row[at].str().to_owned();
    let number = |at: usize| row[at].int().unwrap_or_default();
    let refund_of = (!row[18].is_null()).then(|| RefundedLine {
        key: text(18),
        charged_at: row[19].int(),
        quantity: row[20].int(),
        amount: row[21].int(),
    });
    ChargeLine {
        key: text(0),
        charged_at: number(1),
        item_key: text(2),
        item_name: text(3),
        specification: text(4),
        unit: text(5),
        insurer_code: text(6),
        fee_class: resolved_class(row[7].str(), row[8].str()).to_owned(),
        level: text(9),
        quantity: number(10),
        price: row[11].int(),
        amount: number(12),
        in_scope: row[13].int(),
        own_pay: row[14].int(),
        ordering_department: text(15),
        ordering_doctor: text(16),
        performing_department: text(17),
        refund_of,
        refunded: None,
    }
}

const REFUNDED: &str = "SELECT refund_of, CAST(SUM(quantity) AS BIGINT), CAST(SUM(amount) AS BIGINT) FROM charge_line \
     WHERE encounter_key = $1 AND refund_of IS NOT NULL AND deleted_at IS NULL GROUP BY refund_of";

/// What has been taken back of each line of an encounter.
fn refunded(db: &mut Connection, encounter: &str) -> Result<HashMap<String, (i64, i64)>, StoreError> {
    let rows = db.all(REFUNDED, &[encounter.into()])?;
    let number = |value: &Value| value.int().unwrap_or_default();
    Ok(rows.iter().map(|row| (row[0].str().to_owned(), (number(&row[1]), number(&row[2])))).collect())
}

/// Puts names in the place of department and doctor keys.
fn name_lines(db: &mut Connection, lines: &mut [ChargeLine]) -> Result<(), StoreError> {
    let keys = |of: &dyn Fn(&ChargeLine) -> Vec<String>| -> Vec<Value> {
        let keys: BTreeSet<String> = lines.iter().flat_map(of).filter(|key| !key.is_empty()).collect();
        keys.iter().map(|key| Value::from(key.as_str())).collect()
    };
    let departments =
        keys(&|line| vec![line.ordering_department.clone(), line.performing_department.clone()]);
    let doctors = keys(&|line| vec![line.ordering_doctor.clone()]);
    let departments = names_of(db, "department", &departments)?;
    let doctors = names_of(db, "staff", &doctors)?;
    let name = |names: &HashMap<String, String>, key: &mut String| {
        if let Some(name) = names.get(key) {
            key.clone_from(name);
        }
    };
    for line in lines {
        name(&departments, &mut line.ordering_department);
        name(&departments, &mut line.performing_department);
        name(&doctors, &mut line.ordering_doctor);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a case are found by their encounter, in whatever way they are asked for.
    #[test]
    fn every_reading_is_a_search() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
        let filter = ChargeFilter {
            class: "surgical".into(),
            ordering_department: "K1".into(),
            performing_department: "K1".into(),
            items: vec!["I1".into(), "I2".into()],
            text: "x".into(),
            day: Some(1),
            refunds: true,
            ..ChargeFilter::default()
        };
        let (conditions, parameters) = filter.sql("E1");
        let mut statements = vec![
            format!("SELECT {LINE} {FROM} LEFT JOIN charge_line o ON o.key = l.refund_of WHERE {conditions}"),
            format!("SELECT COUNT(*) {FROM} WHERE {conditions}"),
        ];
        for by in [ChargesBy::Item, ChargesBy::FeeClass, ChargesBy::OrderingDepartment, ChargesBy::Day] {
            statements.push(format!("{} WHERE {conditions} {}", by.select(), by.grouped()));
        }
        statements.push(REFUNDED.to_owned());
        for sql in statements {
            let given = if sql == REFUNDED { &parameters[..1] } else { &parameters[..] };
            let plan = store.with(|db| db.all(&format!("EXPLAIN QUERY PLAN {sql}"), given)).unwrap();
            let steps: Vec<&str> = plan.iter().map(|row| row[3].str()).collect();
            assert!(steps.iter().any(|step| step.contains("charge_line_encounter_key")), "{sql}: {steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{sql}: {steps:?}");
        }
    }
}
