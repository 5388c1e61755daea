//! 维表: what keys of the facts mean, copied from the store's dictionaries, and the calendar.

use crate::fact::{FactColumn, Holds, create};
use crate::stage::holds;
use model::canonical::Table;

/// Dictionaries of the store that the mart keeps whole. Their columns are those of the canonical tables.
pub const DIMENSIONS: &[&str] = &["department", "staff", "charge_item", "bed"];

/// 日历, from 2000 to 2099: one row a day.
pub const CALENDAR: &[FactColumn] = &[
    FactColumn { name: "day", chinese: "日期", holds: Holds::Day, sql: "d" },
    FactColumn { name: "year", chinese: "年", holds: Holds::Whole, sql: "YEAR(d)" },
    FactColumn { name: "quarter", chinese: "季度", holds: Holds::Whole, sql: "year_quarter(d)" },
    FactColumn { name: "month", chinese: "月", holds: Holds::Whole, sql: "year_month(d)" },
    FactColumn { name: "week", chinese: "周", holds: Holds::Whole, sql: "YEARWEEK(d)" },
    FactColumn { name: "weekday", chinese: "星期", holds: Holds::Whole, sql: "ISODOW(d)" },
    FactColumn {
        name: "days_of_month", chinese: "当月天数", holds: Holds::Whole, sql: "DAY(LAST_DAY(d))"
    },
];

/// `CREATE OR REPLACE TABLE …` of a dictionary.
pub(crate) fn create_dictionary(table: &Table) -> String {
    let columns: Vec<FactColumn> = table
        .columns
        .iter()
        .map(|c| FactColumn { name: c.name, chinese: c.chinese, holds: holds(c.kind), sql: "" })
        .collect();
    create(table.name, &columns)
}

/// Makes the calendar.
pub(crate) fn create_calendar() -> String {
    let expressions: Vec<String> =
        CALENDAR.iter().map(|c| format!("CAST({} AS {})", c.sql, c.holds.sql())).collect();
    format!(
        "{}; INSERT INTO calendar SELECT {} FROM \
         (SELECT UNNEST(GENERATE_SERIES(DATE '2000-01-01', DATE '2099-12-31', INTERVAL 1 DAY)) AS d)",
        create("calendar", CALENDAR),
        expressions.join(", ")
    )
}
