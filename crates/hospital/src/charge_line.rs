//! 费用明细: one charge, kept small because there are many; its canonical row is made on demand.

use crate::Hospital;
use model::canonical::{Row, Value};

/// One charge of a stay. Numbers are exact: price × quantity is the amount to the 分.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeLine {
    /// Running number, unique in the hospital; see [`ChargeLine::key`].
    pub number: u64,
    /// The line that a refund takes back; 0: not a refund.
    pub refund_of: u64,
    /// Number of the order in its stay; 0: none.
    pub order: u32,
    /// 费用发生时间, seconds since 1970-01-01.
    pub at: i64,
    /// Position in [`Hospital::charge_items`].
    pub item: u16,
    /// 数量, ten-thousandths; negative in refunds.
    pub quantity: i64,
    /// 单价, ten-thousandths of a yuan.
    pub price: i64,
    /// 金额, 分.
    pub amount: i64,
    /// 全自费金额, 分.
    pub own_pay: i64,
    /// 先行自付, 分.
    pub first_self_pay: i64,
    /// 开单科室: position in [`Hospital::departments`].
    pub ordering_department: u16,
    /// 开单医师: position in [`Hospital::staff`].
    pub ordering_doctor: u16,
    /// 执行科室
    pub performing_department: u16,
}

impl ChargeLine {
    /// Natural key of a line number: `F000000100001`.
    pub fn key(number: u64) -> String {
        format!("F{number:012}")
    }

    /// 符合政策范围金额, 分.
    pub fn in_scope(&self) -> i64 {
        self.amount - self.own_pay - self.first_self_pay
    }

    /// The row of `charge_line`, in the table's order of columns.
    pub fn row(&self, hospital: &Hospital, encounter_key: &str) -> Row {
        let item = hospital.items.get(self.item);
        let department = |at: u16| Value::from(hospital.departments.get(at).code.as_str());
        let text = |text: &str| Value::from(text);
        let key =
            |number: u64| if number == 0 { Value::Null } else { Value::from(Self::key(number).as_str()) };
        let order = if self.order == 0 {
            Value::Null
        } else {
            Value::from(order_key(encounter_key, self.order).as_str())
        };
        vec![
            key(self.number),
            text(encounter_key),
            key(self.refund_of),
            order,
            Value::Int(self.at),
            text(&item.code),
            text(&item.name),
            text(&item.insurer_code),
            text(&item.fee_class),
            text(&item.insurer_class),
            text(&item.level),
            Value::Int(self.quantity),
            Value::Int(self.price),
            Value::Int(self.amount),
            Value::Int(self.in_scope()),
            Value::Int(self.own_pay),
            department(self.ordering_department),
            text(&hospital.staff.get(self.ordering_doctor).code),
            department(self.performing_department),
        ]
    }
}

/// Key of an order of a stay.
pub(crate) fn order_key(encounter_key: &str, order: u32) -> String {
    format!("{encounter_key}-Y{order:04}")
}

#[cfg(test)]
mod tests {
    use model::canonical::Table;

    #[test]
    fn the_row_follows_the_tables_order() {
        let names: Vec<&str> = Table::named("charge_line")
            .map(|t| t.columns.iter().map(|c| c.name).collect())
            .unwrap_or_default();
        let written = "key encounter_key refund_of order_key charged_at item_key item_name insurer_code fee_class \
            insurer_class level quantity price amount in_scope own_pay ordering_department_key ordering_doctor_key \
            performing_department_key";
        assert_eq!(names.join(" "), written);
    }
}
