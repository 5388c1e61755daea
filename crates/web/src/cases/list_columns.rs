//! 病例清单的列: what a list of cases can show, of the mart's case fact.

use crate::grid::{Cell, Column, Value};
use metrics::{Layer, Value as Fact};
use rust_decimal::Decimal;

/// How a column's values are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    /// By the labels of a dimension.
    Labelled(&'static str),
    Whole,
    Money,
    Places(u32),
    Moment,
    Day,
    /// Named by the store.
    Name,
    /// 病种类型, coloured.
    Kind,
    /// 是/否
    Flag,
}

/// A column of the list.
pub(super) struct ListColumn {
    /// Name in the fact; `name` and `insurer_cost` are made here.
    pub(super) key: &'static str,
    title: &'static str,
    unit: &'static str,
    shape: Shape,
    hidden: bool,
    /// Measure that sums it over the whole list; empty for none.
    pub(super) total: &'static str,
}

use Shape::{Day, Flag, Kind, Labelled, Moment, Money, Name, Places, Text, Whole};

/// Every column in its order.
pub(super) const COLUMNS: &[ListColumn] = &[
    shown("inpatient_number", "住院号", "", Text),
    shown("name", "姓名", "", Name),
    shown("sex", "性别", "", Labelled("sex")),
    shown("age_years", "年龄", "岁", Whole),
    shown("discharge_department_name", "出院科室", "", Text),
    hidden("admission_department_name", "入院科室", "", Text),
    hidden("bed", "床号", "", Text),
    shown("attending_name", "主诊医师", "", Text),
    hidden("admission_day", "入院日期", "", Day),
    shown("discharge_day", "出院日期", "", Day),
    hidden("settled_at", "结算时间", "", Moment),
    shown("stay_days", "住院天数", "天", Whole),
    shown("principal_code", "主要诊断编码", "", Text),
    shown("principal_name", "主要诊断", "", Text),
    hidden("operation_code", "主要手术编码", "", Text),
    hidden("operation_name", "主要手术操作", "", Text),
    shown("kind", "类型", "", Kind),
    shown("group_code", "病种编码", "", Text),
    shown("group_name", "病种名称", "", Text),
    summed("standard_points", "标准分", "分", Places(4), "standard_points"),
    shown("benchmark_ratio", "基准率", "", Places(4)),
    shown("band", "区间", "", Text),
    hidden("segment", "计分分段", "", Text),
    hidden("factor", "分段系数", "", Places(4)),
    summed("earned_points", "得分", "分", Places(4), "points"),
    hidden("point_price", "分值价钱", "元/分", Places(4)),
    hidden("price_kind", "付费依据", "", Labelled("price_kind")),
    summed("total_fee", "总费用", "元", Money, "total_cost"),
    summed("insurer_cost", "医保费用", "元", Money, "insurer_cost"),
    summed("payment", "分值费用", "元", Money, "revenue"),
    summed("surplus", "结余", "元", Money, "surplus"),
    hidden("pooled_fund", "统筹基金支出", "元", Money),
    hidden("fund_total", "基金支付总额", "元", Money),
    hidden("own_pay_fee", "全自费金额", "元", Money),
    hidden("drug_fee", "药品费", "元", Money),
    hidden("consumable_fee", "耗材费", "元", Money),
    hidden("insurance_type", "险种", "", Labelled("insurance_type")),
    hidden("record_number", "病案号", "", Text),
    hidden("visit_number", "住院次数", "次", Whole),
    hidden("discharge_way", "离院方式", "", Labelled("discharge_way")),
    shown("reason", "未入组或未测算原因", "", Labelled("reason")),
    hidden("review", "特例单议", "", Flag),
    hidden("confirmed", "参数已确认", "", Flag),
];

const fn shown(key: &'static str, title: &'static str, unit: &'static str, shape: Shape) -> ListColumn {
    ListColumn { key, title, unit, shape, hidden: false, total: "" }
}

const fn hidden(key: &'static str, title: &'static str, unit: &'static str, shape: Shape) -> ListColumn {
    ListColumn { key, title, unit, shape, hidden: true, total: "" }
}

const fn summed(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    shape: Shape,
    total: &'static str,
) -> ListColumn {
    ListColumn { key, title, unit, shape, hidden: false, total }
}

impl ListColumn {
    /// Whether the fact has it; the others are made of what it has.
    pub(super) fn of_fact(&self) -> bool {
        !matches!(self.key, "name" | "insurer_cost")
    }

    pub(super) fn column(&self) -> Column {
        let column = match self.shape {
            Whole | Money | Places(_) => Column::number(self.key, self.title, self.unit),
            _ => Column::text(self.key, self.title),
        };
        let column = if self.of_fact() { column.sortable() } else { column };
        if self.hidden { column.hidden() } else { column }
    }

    /// A value of the fact as a cell.
    pub(super) fn cell(&self, value: &Fact, layer: &Layer) -> Cell {
        let number = || value.number();
        match self.shape {
            _ if *value == Fact::Null => Cell::default(),
            Text | Name => Cell::text(value.to_string()),
            Labelled(dimension) => Cell::text(label(layer, dimension, value)),
            Kind => Cell::text(label(layer, "kind", value)).class(kind_class(&value.to_string())),
            Flag => Cell::text(if *value == Fact::Flag(true) { "是" } else { "否" }),
            Whole => number().map_or_else(Cell::default, |n| Value::Decimal(n, 0).into()),
            Money => number().map_or_else(Cell::default, |n| money(n).into()),
            Places(places) => number().map_or_else(Cell::default, |n| Value::Decimal(n, places).into()),
            Moment | Day => match value {
                Fact::Day(day) => Cell::day(crate::text::days(*day)),
                Fact::Moment(at) => Cell::moment(model::canonical::seconds_of(*at)),
                other => Cell::text(other.to_string()),
            },
        }
    }

    /// The cell of the row 合计.
    pub(super) fn total_cell(&self, total: Option<Decimal>) -> Cell {
        match (total, self.shape) {
            (Some(total), Money) => money(total).into(),
            (Some(total), Places(places)) => Value::Decimal(total, places).into(),
            _ => Cell::default(),
        }
    }
}

/// Yuan as money.
fn money(yuan: Decimal) -> Value {
    model::Fen::from_yuan(yuan).map_or(Value::Decimal(yuan, 2), |fen| Value::Money(fen.0))
}

fn label(layer: &Layer, dimension: &str, value: &Fact) -> String {
    layer.dimension(dimension).map_or_else(|_| value.to_string(), |d| d.label(value, &Fact::Null))
}

/// The colour of a 病种类型.
pub(crate) fn kind_class(kind: &str) -> &'static str {
    match kind {
        "core" => "tag tag-core",
        "composite" => "tag tag-composite",
        "primary" => "tag tag-primary",
        _ => "tag tag-none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_the_facts_and_every_total_a_measure() {
        let layer = crate::layer::shipped().unwrap();
        for column in COLUMNS {
            let there = layer.case_column(column.key).is_some();
            assert_eq!(there, column.of_fact(), "{}", column.key);
            assert!(column.total.is_empty() || layer.measure(column.total).is_ok(), "{}", column.key);
            if let Labelled(dimension) = column.shape {
                assert!(layer.dimension(dimension).is_ok(), "{dimension}");
            }
        }
    }
}
