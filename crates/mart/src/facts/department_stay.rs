//! 在科事实: one row a stay in a department, with the fees that the department ordered meanwhile.

use crate::fact::{Fact, FactColumn, day, fen, flag, lookup, moment, text, whole};

/// 在科记录
pub(crate) const DEPARTMENT_STAY: Fact = Fact {
    name: "department_stay_fact",
    chinese: "在科记录",
    columns: COLUMNS,
    parts: &[
        (
            "stay",
            "SELECT s.*, c.number, c.month, v.position, \
                LAG(s.department_key) OVER w AS department_before, \
                LEAD(s.department_key) OVER w AS department_after, \
                LEAD(s.key) OVER w AS key_after \
             FROM stage_department_stay s JOIN stage_case c ON c.encounter_key = s.encounter_key \
                JOIN department_visit v ON v.key = s.key \
             WINDOW w AS (PARTITION BY s.encounter_key ORDER BY v.position)",
        ),
        // 在科次: adjacent stays in the same department are one visit of it.
        (
            "numbered",
            "SELECT *, SUM(CASE WHEN department_before IS DISTINCT FROM department_key THEN 1 ELSE 0 END) \
                OVER (PARTITION BY number ORDER BY position ROWS UNBOUNDED PRECEDING) AS visit FROM stay",
        ),
        (
            "visits",
            "SELECT number, visit, MAX(visit) OVER (PARTITION BY number) AS last_visit FROM numbered GROUP BY number, visit",
        ),
        (
            "fee",
            "SELECT f.number, f.department_stay, COUNT(*) AS lines, SUM(f.amount) AS total, \
                SUM(f.amount) FILTER (WHERE is_drug(f.fee_class)) AS drug, \
                SUM(f.amount) FILTER (WHERE is_consumable(f.fee_class)) AS consumable, \
                SUM(f.in_scope) AS in_scope, SUM(f.own_pay) AS own_pay \
             FROM charge_fact f JOIN stage_case c ON c.number = f.number AND c.month = f.month \
             WHERE f.department_stay IS NOT NULL GROUP BY f.number, f.department_stay",
        ),
    ],
    from: "numbered v JOIN visits w ON w.number = v.number AND w.visit = v.visit \
        LEFT JOIN fee f ON f.number = v.number AND f.department_stay = v.position",
    lookups: &[
        lookup("dep", "department", "v.department_key", "fact.department_key"),
        lookup("par", "department", "dep.parent_key", "dep.parent_key"),
        lookup("doc", "staff", "v.doctor_key", "fact.doctor_key"),
    ],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "v.number"),
    whole("month", "出院月份", "v.month"),
    text("department_stay_key", "在科记录号", "v.key"),
    whole("position", "在科次序", "v.position"),
    whole("sequence", "来源序号", "v.sequence"),
    text("department_key", "科室", "v.department_key"),
    text("department_name", "科室名称", "dep.name"),
    text("department_category", "科室类别", "dep.category"),
    text("department_parent_key", "科室的上级", "dep.parent_key"),
    text("department_parent_name", "科室的上级名称", "par.name"),
    text("ward", "病区", "v.ward"),
    text("bed", "床号", "v.bed"),
    text("doctor_key", "主管医师", "v.doctor_key"),
    text("doctor_name", "主管医师姓名", "doc.name"),
    moment("entered_at", "入科时间", "v.entered_at"),
    day("entered_day", "入科日期", "v.entered_at"),
    whole("entered_year", "入科年份", "YEAR(v.entered_at)"),
    whole("entered_quarter", "入科季度", "year_quarter(v.entered_at)"),
    whole("entered_month", "入科月份", "year_month(v.entered_at)"),
    moment("left_at", "出科时间", "v.left_at"),
    day("left_day", "出科日期", "v.left_at"),
    whole("left_year", "出科年份", "YEAR(v.left_at)"),
    whole("left_quarter", "出科季度", "year_quarter(v.left_at)"),
    whole("left_month", "出科月份", "year_month(v.left_at)"),
    text("leave_way", "出科方式", "v.leave_way"),
    whole("minutes", "在科分钟数", "DATE_DIFF('minute', v.entered_at, v.left_at)"),
    whole("days", "在科天数", "DATE_DIFF('day', v.entered_at, v.left_at)"),
    // Adjacent stays in the same department (a change of bed) are no transfer.
    flag("transferred_in", "他科转入", "COALESCE(v.department_before <> v.department_key, FALSE)"),
    flag("transferred_out", "转往他科", "COALESCE(v.department_after <> v.department_key, FALSE)"),
    text("from_department_key", "转出科室", "NULLIF(v.department_before, v.department_key)"),
    text("to_department_key", "转入科室", "NULLIF(v.department_after, v.department_key)"),
    flag("is_last", "最后科室", "v.key_after IS NULL"),
    text("visit_key", "在科次", "CAST(v.number AS VARCHAR) || '-' || CAST(v.visit AS VARCHAR)"),
    flag("starts_visit", "在科次之首", "v.department_before IS DISTINCT FROM v.department_key"),
    // The last visit ends in a discharge or lasts; every other one in a transfer.
    flag("visit_transferred_in", "在科次由转入", "v.visit > 1"),
    flag("visit_transferred_out", "在科次转出", "v.visit < w.last_visit"),
    whole("charge_lines", "在科费用明细数", "COALESCE(f.lines, 0)"),
    fen("total_fee", "在科费用", "COALESCE(f.total, 0)"),
    fen("drug_fee", "在科药品费", "COALESCE(f.drug, 0)"),
    fen("consumable_fee", "在科耗材费", "COALESCE(f.consumable, 0)"),
    fen("in_scope", "在科政策范围金额", "COALESCE(f.in_scope, 0)"),
    fen("own_pay", "在科全自费金额", "COALESCE(f.own_pay, 0)"),
];
