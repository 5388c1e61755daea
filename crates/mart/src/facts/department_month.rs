//! 在科月事实: one row a visit of a department and month that it touches. 治疗人次 of any days are the visits that touch them.

use crate::fact::{Fact, FactColumn, day, lookup, text, whole};

/// 在科月
pub(crate) const DEPARTMENT_MONTH: Fact = Fact {
    name: "department_month_fact",
    chinese: "在科月",
    columns: COLUMNS,
    parts: &[
        // In house, a visit is known to last until the last night in a bed or the last charge.
        (
            "seen",
            "SELECT number, MAX(day) AS day FROM (SELECT number, MAX(CAST(charged_at AS DATE)) AS day FROM charge_fact \
                WHERE number IN (SELECT number FROM stage_case) GROUP BY number \
             UNION ALL SELECT c.number, MAX(b.day) FROM stage_bed_day b \
                JOIN stage_case c ON c.encounter_key = b.encounter_key GROUP BY c.number) GROUP BY number",
        ),
        (
            "visit",
            "SELECT s.number, s.month, s.visit_key, s.department_key, ARG_MIN(s.doctor_key, s.position) AS doctor_key, \
                CAST(MIN(s.entered_at) AS DATE) AS from_day, \
                GREATEST(CAST(MIN(s.entered_at) AS DATE), COALESCE(\
                    CASE WHEN COUNT(*) = COUNT(s.left_at) THEN CAST(MAX(s.left_at) AS DATE) END, \
                    CAST(ANY_VALUE(e.discharged_at) AS DATE), ANY_VALUE(seen.day), CAST(MIN(s.entered_at) AS DATE))) AS to_day \
             FROM department_stay_fact s JOIN stage_case c ON c.number = s.number AND c.month = s.month \
                JOIN stage_encounter e ON e.key = c.encounter_key LEFT JOIN seen ON seen.number = s.number \
             GROUP BY s.number, s.month, s.visit_key, s.department_key",
        ),
        (
            "part",
            "SELECT *, UNNEST(GENERATE_SERIES(CAST(DATE_TRUNC('month', from_day) AS TIMESTAMP), \
                CAST(to_day AS TIMESTAMP), INTERVAL 1 MONTH)) AS first FROM visit",
        ),
    ],
    from: "part v",
    lookups: &[
        lookup("dep", "department", "v.department_key", "fact.department_key"),
        lookup("par", "department", "dep.parent_key", "dep.parent_key"),
        lookup("doc", "staff", "v.doctor_key", "fact.doctor_key"),
    ],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "v.number"),
    whole("month", "出院月份", "v.month"),
    text("visit_key", "在科次", "v.visit_key"),
    day("present_from", "当月在科起", "GREATEST(v.from_day, CAST(v.first AS DATE))"),
    day("present_to", "当月在科止", "LEAST(v.to_day, LAST_DAY(v.first))"),
    whole("present_year", "在科年份", "YEAR(v.first)"),
    whole("present_quarter", "在科季度", "year_quarter(v.first)"),
    whole("present_month", "在科月份", "year_month(v.first)"),
    text("department_key", "科室", "v.department_key"),
    text("department_name", "科室名称", "dep.name"),
    text("department_category", "科室类别", "dep.category"),
    text("department_parent_key", "科室的上级", "dep.parent_key"),
    text("department_parent_name", "科室的上级名称", "par.name"),
    text("doctor_key", "主管医师", "v.doctor_key"),
    text("doctor_name", "主管医师姓名", "doc.name"),
];
