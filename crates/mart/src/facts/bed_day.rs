//! 床日事实: one row a patient a night in a bed.

use crate::fact::{Fact, FactColumn, day, text, whole};

/// 床日
pub(crate) const BED_DAY: Fact = Fact {
    name: "bed_day_fact",
    chinese: "床日",
    columns: COLUMNS,
    parts: &[],
    from: "stage_bed_day b JOIN stage_case c ON c.encounter_key = b.encounter_key",
    lookups: &[],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("bed_day_key", "床日号", "b.key"),
    day("day", "日期", "b.day"),
    text("department_key", "科室", "b.department_key"),
    text("ward", "病区", "b.ward"),
    text("bed", "床号", "b.bed"),
];
