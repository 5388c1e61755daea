//! 医嘱: what was ordered, beside the charges that came of it.

use crate::charge_line::order_key;
use crate::{Hospital, draft_row::Shapes};
use model::canonical::Row;

/// An order of a stay.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) item: u16,
    pub(crate) long_term: bool,
    pub(crate) group: u32,
    pub(crate) dose: String,
    pub(crate) frequency: &'static str,
    pub(crate) route: &'static str,
    pub(crate) begin_at: i64,
    /// `None`: still given.
    pub(crate) stop_at: Option<i64>,
}

/// Rows of `medical_order`; an order's number is its position plus one.
pub(crate) fn rows(
    hospital: &Hospital,
    shapes: &Shapes,
    encounter: &str,
    orders: &[Order],
    department: u16,
    doctor: u16,
) -> Vec<Row> {
    let department = hospital.departments.get(department).code.as_str();
    let doctor = hospital.staff.get(doctor).code.as_str();
    (1..)
        .zip(orders)
        .map(|(number, order)| {
            let item = hospital.items.get(order.item);
            let state = match (order.long_term, order.stop_at) {
                (true, None) => "active",
                (true, Some(_)) => "stopped",
                (false, _) => "executed",
            };
            shapes
                .row("medical_order", &order_key(encounter, number))
                .set("encounter_key", encounter)
                .set("group_number", format!("{}", order.group).as_str())
                .flag("long_term", order.long_term)
                .set("item_key", item.code.as_str())
                .set("name", item.name.as_str())
                .set("dose", order.dose.as_str())
                .set("frequency", order.frequency)
                .set("route", order.route)
                .set("begin_at", order.begin_at)
                .set("stop_at", order.stop_at)
                .set("department_key", department)
                .set("doctor_key", doctor)
                .set("state", state)
                .done()
        })
        .collect()
}
