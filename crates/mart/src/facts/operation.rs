//! 手术操作事实: one row an operation or procedure of any origin.

use crate::fact::{Fact, FactColumn, day, flag, lookup, moment, text, whole};

/// 手术操作
pub(crate) const OPERATION: Fact = Fact {
    name: "operation_fact",
    chinese: "手术操作",
    columns: COLUMNS,
    parts: &[],
    from: "(SELECT *, DENSE_RANK() OVER (PARTITION BY encounter_key ORDER BY \
            CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 ELSE 3 END) = 1 AS counted \
        FROM stage_operation) o JOIN stage_case c ON c.encounter_key = o.encounter_key \
        JOIN stage_encounter e ON e.key = o.encounter_key",
    lookups: &[
        lookup("sur", "staff", "o.surgeon_key", "fact.surgeon_key"),
        lookup("ana", "staff", "o.anaesthetist_key", "fact.anaesthetist_key"),
    ],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("operation_key", "手术操作号", "o.key"),
    text("origin", "来源", "o.origin"),
    // Of the best origin there is for the encounter, as in the case: the coder's, else the insurer's, else clinical.
    flag("counted", "计入统计", "o.counted"),
    whole("sequence", "序号", "o.sequence"),
    flag("principal", "主要手术操作", "COALESCE(o.principal, FALSE)"),
    text("code", "手术操作编码", "o.code"),
    text("name", "手术操作名称", "o.name"),
    text("category", "手术操作亚目", "LEFT(o.code, 5)"),
    text("chapter", "手术操作章", "operation_chapter(o.code)"),
    whole("level", "手术级别", "operation_level(o.level)"),
    flag("surgery", "手术", "operation_level(o.level) IS NOT NULL"),
    flag(
        "minimally_invasive",
        "微创",
        "COALESCE(is_minimally_invasive(o.name) AND operation_level(o.level) IS NOT NULL, FALSE)",
    ),
    moment("started_at", "手术开始时间", "o.started_at"),
    day("started_day", "手术日期", "o.started_at"),
    whole("started_year", "手术年份", "YEAR(o.started_at)"),
    whole("started_quarter", "手术季度", "year_quarter(o.started_at)"),
    whole("started_month", "手术月份", "year_month(o.started_at)"),
    whole("preoperative_days", "术前天数", "days_at_least(DATE_DIFF('day', e.admitted_at, o.started_at), 0)"),
    moment("ended_at", "手术结束时间", "o.ended_at"),
    whole("minutes", "手术分钟数", "DATE_DIFF('minute', o.started_at, o.ended_at)"),
    flag("elective", "择期手术", "COALESCE(o.elective, FALSE)"),
    text("incision_healing", "切口愈合等级", "o.incision_healing"),
    text("incision", "切口类别", "incision_class(o.incision_healing)"),
    text("healing", "切口愈合", "healing_grade(o.incision_healing)"),
    text("anaesthesia", "麻醉方式", "o.anaesthesia"),
    text("anaesthesia_type", "麻醉类型", "LEFT(o.anaesthesia, 2)"),
    text("surgeon_key", "术者", "o.surgeon_key"),
    text("surgeon_name", "术者姓名", "sur.name"),
    text("assistant1_key", "Ⅰ助", "o.assistant1_key"),
    text("assistant2_key", "Ⅱ助", "o.assistant2_key"),
    text("anaesthetist_key", "麻醉医师", "o.anaesthetist_key"),
    text("anaesthetist_name", "麻醉医师姓名", "ana.name"),
];
