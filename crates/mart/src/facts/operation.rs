//! 手术操作事实: one row an operation or procedure of any origin.

use crate::fact::{Fact, FactColumn, flag, moment, text, whole};

/// 手术操作
pub(crate) const OPERATION: Fact = Fact {
    name: "operation_fact",
    chinese: "手术操作",
    columns: COLUMNS,
    parts: &[],
    from: "stage_operation o JOIN stage_case c ON c.encounter_key = o.encounter_key",
    lookups: &[],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("operation_key", "手术操作号", "o.key"),
    text("origin", "来源", "o.origin"),
    whole("sequence", "序号", "o.sequence"),
    flag("principal", "主要手术操作", "COALESCE(o.principal, FALSE)"),
    text("code", "手术操作编码", "o.code"),
    text("name", "手术操作名称", "o.name"),
    whole("level", "手术级别", "operation_level(o.level)"),
    moment("started_at", "手术开始时间", "o.started_at"),
    moment("ended_at", "手术结束时间", "o.ended_at"),
    whole("minutes", "手术分钟数", "DATE_DIFF('minute', o.started_at, o.ended_at)"),
    flag("elective", "择期手术", "COALESCE(o.elective, FALSE)"),
    text("incision_healing", "切口愈合等级", "o.incision_healing"),
    text("anaesthesia", "麻醉方式", "o.anaesthesia"),
    text("surgeon_key", "术者", "o.surgeon_key"),
    text("assistant1_key", "Ⅰ助", "o.assistant1_key"),
    text("assistant2_key", "Ⅱ助", "o.assistant2_key"),
    text("anaesthetist_key", "麻醉医师", "o.anaesthetist_key"),
];
