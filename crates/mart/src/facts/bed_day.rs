//! 床日事实: one row a patient a night in a bed.

use crate::fact::{Fact, FactColumn, day, lookup, text, whole};

/// 床日
pub(crate) const BED_DAY: Fact = Fact {
    name: "bed_day_fact",
    chinese: "床日",
    columns: COLUMNS,
    parts: &[],
    from: "stage_bed_day b JOIN stage_case c ON c.encounter_key = b.encounter_key",
    lookups: &[
        lookup("dep", "department", "b.department_key", "fact.department_key"),
        lookup("par", "department", "dep.parent_key", "dep.parent_key"),
    ],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("bed_day_key", "床日号", "b.key"),
    day("occupied_day", "占床日期", "b.day"),
    whole("occupied_year", "占床年份", "YEAR(b.day)"),
    whole("occupied_quarter", "占床季度", "year_quarter(b.day)"),
    whole("occupied_month", "占床月份", "year_month(b.day)"),
    text("department_key", "科室", "b.department_key"),
    text("department_name", "科室名称", "dep.name"),
    text("department_category", "科室类别", "dep.category"),
    text("department_parent_key", "科室的上级", "dep.parent_key"),
    text("department_parent_name", "科室的上级名称", "par.name"),
    text("ward", "病区", "b.ward"),
    text("bed", "床号", "b.bed"),
];
