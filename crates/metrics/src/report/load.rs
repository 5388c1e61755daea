//! 装载: files to reports. A file with `[[module]]` names the parts of the menu; every other file is one report.

use super::check::Check;
use super::{
    CaseField, CaseTable, Chart, ChartKind, ColumnGroup, DefaultPeriod, MADE, Module, NumberTable, Report,
    Reports, Span, Tab, Table,
};
use crate::{Basis, Comparison, Dimension, Layer};
use model::{Permission, Problems};
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

/// The row dimension of the view, in charts.
const ROW: &str = "row";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModulesText {
    module: Vec<Module>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportText {
    id: Spanned<String>,
    title: Spanned<String>,
    module: Spanned<String>,
    requirements: Vec<Spanned<String>>,
    permission: Spanned<String>,
    #[serde(default)]
    about: String,
    #[serde(default)]
    filters: Vec<Spanned<String>>,
    #[serde(default)]
    period: DefaultPeriod,
    basis: Option<Spanned<String>>,
    #[serde(default)]
    kpis: Vec<Spanned<String>>,
    tab: Vec<Spanned<TabText>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TabText {
    #[serde(default)]
    title: String,
    #[serde(default)]
    only: Vec<Spanned<String>>,
    #[serde(default)]
    views: Vec<ViewText>,
    #[serde(default)]
    chart: Vec<Spanned<ChartText>>,
    table: Option<Spanned<TableText>>,
    #[serde(default)]
    cases: Vec<Spanned<CaseFieldText>>,
}

/// The same page with other rows: 科室, 医生.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewText {
    title: String,
    by: Vec<Spanned<String>>,
    #[serde(default)]
    drill: Vec<Spanned<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    #[serde(default)]
    by: Vec<Spanned<String>>,
    across: Option<Spanned<String>>,
    #[serde(default)]
    drill: Vec<Spanned<String>>,
    order: Option<Spanned<String>>,
    #[serde(default)]
    least: Vec<i64>,
    #[serde(default)]
    span: Span,
    columns: Vec<Spanned<GroupText>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupText {
    #[serde(default)]
    title: String,
    measures: Vec<Spanned<String>>,
    #[serde(default)]
    compare: Vec<Spanned<String>>,
    #[serde(default)]
    share: bool,
    #[serde(default)]
    rank: bool,
    #[serde(default)]
    target: bool,
    #[serde(default)]
    against: bool,
    #[serde(default)]
    difference: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFieldText {
    column: Spanned<String>,
    title: Option<String>,
    #[serde(default)]
    unit: String,
    total: Option<Spanned<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartText {
    title: String,
    kind: ChartKind,
    by: Spanned<String>,
    split: Option<Spanned<String>>,
    measures: Vec<Spanned<String>>,
    #[serde(default)]
    second: Vec<Spanned<String>>,
    #[serde(default)]
    single: bool,
    top: Option<usize>,
    #[serde(default)]
    ascending: bool,
    #[serde(default)]
    others: bool,
    #[serde(default)]
    year_before: bool,
    #[serde(default)]
    span: Span,
}

impl Reports {
    /// Reads definitions, `(file name, text)` each. Errors name every problem with its file and line.
    pub fn load(files: &[(&str, &str)], layer: &Layer) -> Result<Reports, Problems> {
        let mut problems = Problems::default();
        let mut reports = Reports::default();
        for (name, text) in files.iter().filter(|(_, text)| text.contains("[[module]]")) {
            match toml::from_str::<ModulesText>(text) {
                Ok(read) => reports.modules.extend(read.module),
                Err(error) => syntax(&mut problems, name, text, &error),
            }
        }
        for (name, text) in files.iter().filter(|(_, text)| !text.contains("[[module]]")) {
            match toml::from_str::<ReportText>(text) {
                Ok(read) => {
                    let basis = Basis::default();
                    let mut check = Check { file: name, text, layer, basis, problems: &mut problems };
                    let report = check.report(read, &reports);
                    reports.reports.extend(report);
                }
                Err(error) => syntax(&mut problems, name, text, &error),
            }
        }
        if !problems.0.is_empty() {
            problems.0.sort();
            return Err(problems);
        }
        let place = |report: &Report| reports.modules.iter().position(|module| module.id == report.module);
        let mut all = std::mem::take(&mut reports.reports);
        all.sort_by_cached_key(|report| {
            (place(report), report.requirements.first().cloned(), report.id.clone())
        });
        reports.reports = all;
        Ok(reports)
    }
}

fn syntax(problems: &mut Problems, file: &str, text: &str, error: &toml::de::Error) {
    let line = error.span().map_or(0, |span| super::check::line_of(text, span.start));
    problems.add(file, line, crate::load::in_chinese(error.message()));
}

impl Check<'_> {
    fn report(&mut self, text: ReportText, known: &Reports) -> Option<Report> {
        let id = text.id.get_ref();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            self.problem(text.id.span().start, format!("id “{id}”只能用小写字母、数字和连字符"));
        }
        if known.reports.iter().any(|report| report.id == *id) {
            self.problem(text.id.span().start, format!("id “{id}”重复"));
        }
        if known.reports.iter().any(|report| report.title == *text.title.get_ref()) {
            self.problem(text.title.span().start, format!("报表名称“{}”重复", text.title.get_ref()));
        }
        if known.module(text.module.get_ref()).is_none() {
            self.problem(text.module.span().start, format!("没有报表模块 {}", text.module.get_ref()));
        }
        for requirement in &text.requirements {
            self.requirement(requirement);
        }
        if text.requirements.is_empty() && text.module.get_ref() != super::own::MODULE {
            self.problem(text.id.span().start, "requirements 至少写一个需求编号");
        }
        let permission = Permission::ALL.iter().find(|entry| entry.1 == text.permission.get_ref());
        if permission.is_none() {
            self.problem(text.permission.span().start, format!("没有权限 {}", text.permission.get_ref()));
        }
        let basis = match &text.basis {
            None => Basis::default(),
            Some(name) => Basis::named(name.get_ref()).unwrap_or_else(|| {
                self.problem(name.span().start, format!("没有时间口径 {}", name.get_ref()));
                Basis::default()
            }),
        };
        self.basis = basis;
        let filters = self.dimensions(&text.filters);
        for (dimension, written) in filters.iter().zip(&text.filters) {
            if dimension.fact() != crate::CASE {
                self.problem(
                    written.span().start,
                    format!("“{}”不是病例的维度，不能用于筛选", dimension.name),
                );
            }
        }
        let kpis = self.measures(&text.kpis);
        if text.tab.is_empty() {
            self.problem(text.id.span().start, "至少要有一个 [[tab]]");
        }
        let mut tabs = Vec::new();
        for tab in text.tab {
            tabs.extend(self.tabs(tab));
        }
        if tabs.len() > 1 {
            let mut titles: Vec<&str> = tabs.iter().map(|tab| tab.title.as_str()).collect();
            titles.sort_unstable();
            titles.dedup();
            if titles.len() < tabs.len() || titles.contains(&"") {
                self.problem(text.id.span().start, "多个页签时各页签要有不同的 title");
            }
        }
        Some(Report {
            permission: permission?.0,
            id: text.id.into_inner(),
            title: text.title.into_inner(),
            module: text.module.into_inner(),
            requirements: text.requirements.into_iter().map(Spanned::into_inner).collect(),
            about: text.about,
            filters,
            period: text.period,
            basis,
            kpis,
            tabs,
        })
    }

    /// The page, or one for each of its views.
    fn tabs(&mut self, text: Spanned<TabText>) -> Vec<Tab> {
        let at = text.span().start;
        let text = text.into_inner();
        self.populations(&text.only);
        if text.views.is_empty() {
            return self.tab(at, &text, None).into_iter().collect();
        }
        let views = text.views.clone();
        views.iter().filter_map(|view| self.tab(at, &text, Some(view))).collect()
    }

    fn tab(&mut self, at: usize, text: &TabText, view: Option<&ViewText>) -> Option<Tab> {
        let table = match (&text.table, text.cases.is_empty()) {
            (Some(table), true) => Table::Numbers(self.table(table, view)?),
            (None, false) => Table::Cases(CaseTable { columns: self.case_fields(&text.cases) }),
            _ => {
                self.problem(at, "[tab.table] 与 [[tab.cases]] 应写且只写一种");
                return None;
            }
        };
        let row = match &table {
            Table::Numbers(table) => table.by.last().cloned(),
            Table::Cases(_) => None,
        };
        let charts = text.chart.iter().filter_map(|chart| self.chart(chart, row.as_ref())).collect();
        Some(Tab {
            title: view.map_or_else(|| text.title.clone(), |view| format!("{}{}", text.title, view.title)),
            only: text.only.iter().map(|only| only.get_ref().clone()).collect(),
            charts,
            table,
        })
    }

    fn table(&mut self, text: &Spanned<TableText>, view: Option<&ViewText>) -> Option<NumberTable> {
        let at = text.span().start;
        let text = text.get_ref();
        if view.is_some() != text.by.is_empty() {
            self.problem(at, "by 写在 views 或 table 中，二者只取其一");
            return None;
        }
        let by = self.dimensions(view.map_or(&text.by, |view| &view.by));
        let drill = self.dimensions(view.map_or(&text.drill, |view| &view.drill));
        let across = text.across.as_ref().and_then(|id| self.dimension(id));
        let groups: Vec<ColumnGroup> = text.columns.iter().map(|group| self.group(group)).collect();
        let table = NumberTable {
            by,
            across,
            groups,
            order: text.order.as_ref().map(|order| {
                let key = order.get_ref();
                (key.trim_start_matches('-').to_owned(), key.starts_with('-'))
            }),
            least: text.least.clone(),
            drill,
            span: text.span,
        };
        let measures = table.measures();
        if measures.is_empty() || table.by.is_empty() {
            self.problem(at, "表格至少要有一个指标和一个维度");
            return None;
        }
        for dimension in table.by.iter().chain(&table.drill).chain(&table.across) {
            self.fits(at, dimension, &measures);
        }
        let compares = |with| table.groups.iter().any(|group| group.compare.contains(&with));
        if compares(Comparison::PeriodBefore) && table.by.iter().any(|dimension| dimension.calendar.is_some())
        {
            self.problem(at, "行是时间的表格不能写环比（period）");
        }
        if table.across.is_some()
            && table
                .groups
                .iter()
                .any(|g| !g.compare.is_empty() || g.target || g.share || g.rank || g.against)
        {
            self.problem(at, "横向展开（across）的表格不能同时写比较、占比、名次或指标");
        }
        Some(table)
    }

    fn group(&mut self, text: &Spanned<GroupText>) -> ColumnGroup {
        let at = text.span().start;
        let text = text.get_ref();
        let measures = self.measures(&text.measures);
        if !text.difference.is_empty() && measures.len() != 2 {
            self.problem(at, "difference 需要恰好两个指标");
        }
        let mut compare = Vec::new();
        for one in &text.compare {
            match one.get_ref().as_str() {
                "year" => compare.push(Comparison::YearBefore),
                "period" => compare.push(Comparison::PeriodBefore),
                other => self.problem(one.span().start, format!("比较“{other}”不在可选值内：year、period")),
            }
        }
        if text.share {
            for measure in measures.iter().filter(|measure| !measure.is_additive()) {
                self.problem(at, format!("“{}”不能相加，没有占比", measure.name));
            }
        }
        ColumnGroup {
            title: text.title.clone(),
            measures,
            compare,
            share: text.share,
            rank: text.rank,
            target: text.target,
            against: text.against,
            difference: text.difference.clone(),
        }
    }

    fn case_fields(&mut self, fields: &[Spanned<CaseFieldText>]) -> Vec<CaseField> {
        let mut read = Vec::new();
        for field in fields {
            let field = field.get_ref();
            let column = field.column.get_ref();
            let made = MADE.iter().find(|(key, _)| key == column).map(|(_, title)| *title);
            let Some(usual) = made.or_else(|| Some(self.layer.case_column(column)?.chinese)) else {
                self.problem(field.column.span().start, format!("病例没有列 {column}"));
                continue;
            };
            if let Some(total) = &field.total {
                self.measure(total);
            }
            read.push(CaseField {
                column: column.clone(),
                title: field.title.clone().unwrap_or_else(|| usual.to_owned()),
                unit: field.unit.clone(),
                total: field.total.as_ref().map_or_else(String::new, |total| total.get_ref().clone()),
            });
        }
        read
    }

    fn chart(&mut self, text: &Spanned<ChartText>, row: Option<&Arc<Dimension>>) -> Option<Chart> {
        let at = text.span().start;
        let text = text.get_ref();
        let by = match text.by.get_ref().as_str() {
            ROW => row.cloned(),
            _ => self.dimension(&text.by),
        };
        let Some(by) = by else {
            self.problem(text.by.span().start, "图的分类维度有误");
            return None;
        };
        let split = text.split.as_ref().and_then(|id| self.dimension(id));
        let measures = self.measures(&text.measures);
        let second = self.measures(&text.second);
        if measures.is_empty() || (split.is_some() && measures.len() + second.len() > 1) {
            self.problem(at, "图至少要有一个指标；有 split 时只能有一个");
        }
        let parts = matches!(text.kind, ChartKind::Pie | ChartKind::Treemap);
        if parts && (measures.len() != 1 || split.is_some() || measures.iter().any(|m| !m.is_additive())) {
            self.problem(at, "饼图、矩形树图要有且只有一个可相加的指标");
        }
        if text.kind == ChartKind::Heat && split.is_none() {
            self.problem(at, "热力图要写 split");
        }
        if text.kind == ChartKind::Scatter && (measures.len() != 2 || split.is_some()) {
            self.problem(at, "散点图要有且只有两个指标");
        }
        let all: Vec<_> = measures.iter().chain(&second).cloned().collect();
        for dimension in std::iter::once(&by).chain(&split) {
            self.fits(at, dimension, &all);
        }
        Some(Chart {
            title: text.title.clone(),
            kind: text.kind,
            by,
            split,
            measures,
            second,
            single: text.single,
            top: text.top,
            ascending: text.ascending,
            others: text.others,
            year_before: text.year_before,
            span: text.span,
        })
    }
}
