//! 费用明细事实: one row a charge line. Lines come in pieces; each piece is staged and added.

use crate::fact::{Fact, FactColumn, day, decimal4, fen, moment, text, whole};

/// 费用明细. Names of items, departments and doctors are in the dimension tables.
pub(crate) const CHARGE: Fact = Fact {
    name: "charge_fact",
    chinese: "费用明细",
    columns: COLUMNS,
    parts: &[],
    // `department_visit` covers all time of a stay's departments without overlap, so a line meets at most one visit.
    from: "stage_charge_line l \
        JOIN stage_case c ON c.encounter_key = l.encounter_key \
        LEFT JOIN charge_item i ON i.key = l.item_key \
        LEFT JOIN department_visit v ON v.encounter_key = l.encounter_key \
            AND v.department_key = l.ordering_department_key \
            AND l.charged_at >= v.from_at AND l.charged_at < v.to_at",
    lookups: &[],
};

const COLUMNS: &[FactColumn] = &[
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("line_key", "明细号", "l.key"),
    text("refund_of", "退费原明细", "l.refund_of"),
    text("order_key", "医嘱号", "l.order_key"),
    moment("charged_at", "费用发生时间", "l.charged_at"),
    day("charged_day", "费用日期", "l.charged_at"),
    whole("charged_year", "费用年份", "YEAR(l.charged_at)"),
    whole("charged_quarter", "费用季度", "year_quarter(l.charged_at)"),
    whole("charged_month", "费用月份", "year_month(l.charged_at)"),
    text("item_key", "项目编码", "l.item_key"),
    text("insurer_code", "医保目录编码", "COALESCE(l.insurer_code, i.insurer_code)"),
    text("fee_class", "首页费用分类", "resolved_fee_class(l.fee_class, i.fee_class)"),
    text("fee_group", "费用大类", "fee_group(resolved_fee_class(l.fee_class, i.fee_class))"),
    text("insurer_class", "医保费用类别", "COALESCE(l.insurer_class, i.insurer_class)"),
    text("level", "目录等级", "COALESCE(l.level, i.level)"),
    decimal4("quantity", "数量", "l.quantity"),
    decimal4("price", "单价", "l.price"),
    fen("amount", "金额", "l.amount"),
    fen("in_scope", "符合政策范围金额", "l.in_scope"),
    fen("own_pay", "全自费金额", "l.own_pay"),
    text("ordering_department_key", "开单科室", "l.ordering_department_key"),
    text("ordering_doctor_key", "开单医师", "l.ordering_doctor_key"),
    text("performing_department_key", "执行科室", "l.performing_department_key"),
    whole("department_stay", "在科次序", "v.position"),
];
