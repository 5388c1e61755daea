//! 更新时间: when a row was last touched by the server's clock.

use hospital::{Hospital, Stay};
use model::canonical::{Row, Table, Value};

/// Milestones of a stay that its rows follow.
pub(crate) struct Milestones {
    admitted: i64,
    left: Option<i64>,
    settled: Option<i64>,
    coded: Option<i64>,
    now: i64,
}

impl Milestones {
    pub(crate) fn of(hospital: &Hospital, stay: &Stay) -> Milestones {
        let last = |table: &str, column: &str| {
            let rows = stay.rows(table);
            let at = Table::named(table).and_then(|table| table.position(column));
            rows.last().and_then(|row| row.get(at?)).and_then(Value::int)
        };
        Milestones {
            admitted: last("encounter", "admitted_at").unwrap_or_default(),
            left: last("encounter", "discharged_at"),
            settled: last("settlement", "settled_at"),
            coded: last("front_page", "quality_day").map(|day| day * 86_400 + 17 * 3_600),
            now: hospital.now(),
        }
    }

    /// A row's last change, up to ten minutes after what it tells of.
    pub(crate) fn updated(&self, table: &str, row: &Row) -> i64 {
        let int = |at: usize| row.get(at).and_then(Value::int);
        let coded = matches!(row.get(2).map(Value::str), Some("coded" | "insurer"));
        let event = match table {
            "patient" => Some(self.admitted),
            "encounter" => self.settled.or(self.left),
            "department_stay" => int(8).or(int(7)),
            "diagnosis" | "operation" if coded => self.coded,
            "diagnosis" if row.get(2).map(Value::str) == Some("admission") => Some(self.admitted),
            "diagnosis" | "operation" => self.left,
            "charge_line" => int(4),
            "medical_order" => int(10).or(int(9)),
            "bed_day" => int(2).map(|day| (day + 1) * 86_400),
            "icu_stay" => int(4).or(int(3)),
            "settlement" => int(7),
            "settlement_fund" => self.settled,
            "front_page" => self.coded.or(self.left),
            "settlement_list" => int(5).or(self.coded),
            _ => None,
        };
        let key = row.first().map_or("", Value::str);
        let jitter = key.bytes().fold(7_i64, |n, b| (n * 31 + i64::from(b)) % 600);
        (event.unwrap_or(self.admitted) + jitter).min(self.now)
    }
}

#[cfg(test)]
mod tests {
    use model::canonical::Table;

    #[test]
    fn positions_are_those_of_the_tables() {
        for (table, at, column) in [
            ("department_stay", 7, "entered_at"),
            ("department_stay", 8, "left_at"),
            ("diagnosis", 2, "origin"),
            ("operation", 2, "origin"),
            ("charge_line", 4, "charged_at"),
            ("medical_order", 9, "begin_at"),
            ("medical_order", 10, "stop_at"),
            ("bed_day", 2, "day"),
            ("icu_stay", 3, "entered_at"),
            ("icu_stay", 4, "left_at"),
            ("settlement", 7, "settled_at"),
            ("settlement_list", 5, "uploaded_at"),
        ] {
            assert_eq!(Table::named(table).and_then(|t| t.position(column)), Some(at), "{table}.{column}");
        }
    }
}
