//! 开放床位: beds of a department on a day, computed whenever it is asked for from the departments and the calendar.

use crate::fact::{FactColumn, day, text, whole};

/// What looks like a fact and is a view: it belongs to no case and takes no room.
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) chinese: &'static str,
    pub(crate) columns: &'static [FactColumn],
    from: &'static str,
}

/// 开放床位, of the days for which nights in beds are known.
pub(crate) const BED_CAPACITY: View = View {
    name: "bed_capacity_fact",
    chinese: "开放床位",
    columns: COLUMNS,
    from: "calendar k CROSS JOIN department d LEFT JOIN department p ON p.key = d.parent_key \
        WHERE d.open_beds > 0 AND k.day BETWEEN (SELECT MIN(occupied_day) FROM bed_day_fact) \
            AND (SELECT MAX(occupied_day) FROM bed_day_fact)",
};

const COLUMNS: &[FactColumn] = &[
    text("department_key", "科室", "d.key"),
    text("department_name", "科室名称", "d.name"),
    text("department_parent_key", "科室的上级", "d.parent_key"),
    text("department_parent_name", "科室的上级名称", "p.name"),
    text("department_category", "科室类别", "d.category"),
    day("open_day", "开放日期", "k.day"),
    whole("open_year", "开放年份", "k.year"),
    whole("open_quarter", "开放季度", "k.quarter"),
    whole("open_month", "开放月份", "k.month"),
    whole("open_beds", "开放床位数", "d.open_beds"),
];

impl View {
    /// `CREATE OR REPLACE VIEW …`
    pub(crate) fn create(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|c| format!("{} AS {}", c.sql, c.name)).collect();
        format!("CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}", self.name, columns.join(", "), self.from)
    }
}
