//! 报表定义: what a report shows, as data. [`Reports::load`] reads the definitions over a [`Layer`](crate::Layer); whoever shows a report asks
//! the layer for its numbers, so that two reports cannot disagree.

mod check;
mod load;
pub mod own;

use crate::{Basis, Comparison, Dimension, Measure};
use model::Permission;
use std::sync::Arc;

/// All reports with the parts of the menu they stand in.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// Parts of the menu, in their order.
    pub modules: Vec<Module>,
    /// By module, then by requirement.
    pub reports: Vec<Report>,
}

/// 报表模块: a part of the menu.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Name in addresses.
    pub id: String,
    /// 名称
    pub title: String,
}

/// 报表
#[derive(Clone, Debug)]
pub struct Report {
    /// Name in addresses.
    pub id: String,
    /// 名称
    pub title: String,
    /// Id of its module.
    pub module: String,
    /// The numbered requirements that it fulfils.
    pub requirements: Vec<String>,
    /// What whoever opens it must be allowed.
    pub permission: Permission,
    /// One sentence for the reader; may be empty.
    pub about: String,
    /// Dimensions offered as filters.
    pub filters: Vec<Arc<Dimension>>,
    /// What it shows before anybody chose.
    pub period: DefaultPeriod,
    /// Which day of the case counts before anybody chose.
    pub basis: Basis,
    /// 指标卡
    pub kpis: Vec<Arc<Measure>>,
    /// Pages of the report; at least one.
    pub tabs: Vec<Tab>,
}

/// The period before anybody chose one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultPeriod {
    /// The last closed month.
    Month,
    /// The year so far.
    #[default]
    Year,
}

/// 页签: a page of a report.
#[derive(Clone, Debug)]
pub struct Tab {
    /// 名称; empty when the report has one page.
    pub title: String,
    /// 病例范围: named populations that hold on the whole page; `!` before one turns it round.
    pub only: Vec<String>,
    /// Charts over the table.
    pub charts: Vec<Chart>,
    /// The table.
    pub table: Table,
}

/// What rows the table has.
#[derive(Clone, Debug)]
pub enum Table {
    /// Numbers by dimensions.
    Numbers(NumberTable),
    /// A row a case.
    Cases(CaseTable),
}

/// Days that a chart or a table is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// Those chosen.
    #[default]
    Chosen,
    /// The whole year of what is chosen: a trend needs more than one month.
    Year,
}

/// A table of numbers.
#[derive(Clone, Debug)]
pub struct NumberTable {
    /// Dimensions of the rows.
    pub by: Vec<Arc<Dimension>>,
    /// Values of this dimension stand side by side, the measures under each.
    pub across: Option<Arc<Dimension>>,
    /// Columns.
    pub groups: Vec<ColumnGroup>,
    /// Key of a column, greatest first when `true`; else the dimensions' natural order.
    pub order: Option<(String, bool)>,
    /// 最少例数 offered, counted by the row's cases; the first is the default.
    pub least: Vec<i64>,
    /// Dimensions of the levels below; after the last the cases.
    pub drill: Vec<Arc<Dimension>>,
    /// Days.
    pub span: Span,
}

/// Columns that belong together.
#[derive(Clone, Debug)]
pub struct ColumnGroup {
    /// Over the columns; empty for none.
    pub title: String,
    /// The measures.
    pub measures: Vec<Arc<Measure>>,
    /// 同比, 环比 of each measure: then, difference, rate.
    pub compare: Vec<Comparison>,
    /// 占比 of each measure.
    pub share: bool,
    /// 名次 by each measure.
    pub rank: bool,
    /// 指标 and difference to it of each measure.
    pub target: bool,
    /// 与平均差额: to the value over everything that is asked for.
    pub against: bool,
    /// 差额 of the first measure and the second, under this title; empty for none.
    pub difference: String,
}

/// A table with a row a case.
#[derive(Clone, Debug)]
pub struct CaseTable {
    /// Its columns.
    pub columns: Vec<CaseField>,
}

/// A column of a table of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseField {
    /// Column of the case, or one of [`MADE`].
    pub column: String,
    /// Over the column.
    pub title: String,
    /// 元, 天; may be empty.
    pub unit: String,
    /// Measure that is its sum over all cases; empty for none.
    pub total: String,
}

/// Columns of a table of cases that are no column of the case: made of the case, or beside it.
pub const MADE: [(&str, &str); 3] = [("name", "姓名"), ("insurer_cost", "医保费用"), ("warnings", "预警数")];

/// What a chart looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    /// 柱
    Bar,
    /// 堆积柱
    Stack,
    /// 线
    Line,
    /// 饼
    Pie,
    /// 柱与线: measures of `second` are lines on the right axis.
    Combo,
    /// 排名: lying bars.
    Rank,
    /// 矩形树图: areas that make up the whole.
    Treemap,
    /// 热力图: shades of `by` × `split`.
    Heat,
    /// 象限散点: a point a category, the first measure across, the second up.
    Scatter,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// 名称
    pub title: String,
    /// What it looks like.
    pub kind: ChartKind,
    /// Dimension of the categories.
    pub by: Arc<Dimension>,
    /// A series (of a heat map a row) for each value of this dimension; then there is one measure.
    pub split: Option<Arc<Dimension>>,
    /// A series each.
    pub measures: Vec<Arc<Measure>>,
    /// Measures on the right axis, drawn as lines.
    pub second: Vec<Arc<Measure>>,
    /// Whether the legend first shows one series alone.
    pub single: bool,
    /// How many categories, greatest of the first measure first; all when there is none.
    pub top: Option<usize>,
    /// Smallest first: 亏损 Top20.
    pub ascending: bool,
    /// The rest as one category 其他.
    pub others: bool,
    /// 同期: a series of the year before for each measure.
    pub year_before: bool,
    /// Days.
    pub span: Span,
}

impl Reports {
    /// A report by its id.
    pub fn report(&self, id: &str) -> Option<&Report> {
        self.reports.iter().find(|report| report.id == id)
    }

    /// A module by its id.
    pub fn module(&self, id: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// Reports of a module.
    pub fn of_module<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Report> {
        self.reports.iter().filter(move |report| report.module == id)
    }
}

impl NumberTable {
    /// Every measure of its columns, each once.
    pub fn measures(&self) -> Vec<Arc<Measure>> {
        let mut all: Vec<Arc<Measure>> = Vec::new();
        for measure in self.groups.iter().flat_map(|group| &group.measures) {
            if !all.iter().any(|known| known.id == measure.id) {
                all.push(measure.clone());
            }
        }
        all
    }

    /// Dimensions of the rows of a level: 0 the table's own, then one of the drill path each.
    pub fn level(&self, level: usize) -> Option<Vec<Arc<Dimension>>> {
        match level {
            0 => Some(self.by.clone()),
            n => self.drill.get(n - 1).map(|dimension| vec![dimension.clone()]),
        }
    }
}
