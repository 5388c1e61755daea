//! 诊断事实: one row a diagnosis of any origin.

use crate::fact::{Fact, FactColumn, flag, text, whole};

/// 诊断
pub(crate) const DIAGNOSIS: Fact = Fact {
    name: "diagnosis_fact",
    chinese: "诊断",
    columns: COLUMNS,
    parts: &[],
    from: "(SELECT *, RANK() OVER (PARTITION BY encounter_key, kind ORDER BY \
            CASE origin WHEN 'coded' THEN 1 WHEN 'insurer' THEN 2 WHEN 'clinical' THEN 3 ELSE 4 END) = 1 AS counted \
        FROM stage_diagnosis) d JOIN stage_case c ON c.encounter_key = d.encounter_key",
    lookups: &[],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("diagnosis_key", "诊断号", "d.key"),
    text("origin", "来源", "d.origin"),
    // Of the best origin there is for the encounter: the coder's, else the insurer's, else clinical, else of admission.
    flag("counted", "计入统计", "d.counted"),
    text("kind", "诊断类别", "d.kind"),
    whole("sequence", "序号", "d.sequence"),
    flag("principal", "主要诊断", "COALESCE(d.principal, FALSE)"),
    text("code", "诊断编码", "d.code"),
    text("name", "诊断名称", "d.name"),
    text("category", "诊断类目", "diagnosis_category(d.code)"),
    text("chapter", "诊断章", "icd_chapter(diagnosis_category(d.code))"),
    text("admission_condition", "入院病情", "d.admission_condition"),
    text("pathology_number", "病理号", "d.pathology_number"),
];
