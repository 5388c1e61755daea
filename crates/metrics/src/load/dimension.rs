//! `[[dimension]]`

use super::Loading;
use super::file::File;
use crate::dimension::{Calendar, Elsewhere, Sort};
use crate::schema::{CASE, Column, Fact};
use crate::{Dimension, Kind};
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: Spanned<String>,
    name: String,
    fact: Option<Spanned<String>>,
    /// Column of the values, whatever the basis.
    column: Option<Spanned<String>>,
    /// Or, for dimensions of time, one a basis.
    calendar: Option<Calendar>,
    discharge: Option<Spanned<String>>,
    settlement: Option<Spanned<String>>,
    admission: Option<Spanned<String>>,
    label: Option<Spanned<String>>,
    parent: Option<Spanned<String>>,
    #[serde(default)]
    values: Vec<(String, String)>,
    #[serde(default)]
    sort: Sort,
    unknown: Option<String>,
    /// Columns in other facts: `fact = "column"`, or `fact = ["column", "label"]`.
    #[serde(default)]
    elsewhere: std::collections::BTreeMap<String, Spanned<ElsewhereText>>,
    /// `table.column`
    dictionary: Option<Spanned<String>>,
    #[serde(default)]
    from_home: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ElsewhereText {
    Column(String),
    Labelled([String; 2]),
}

impl Loading<'_> {
    pub(super) fn dimensions(&self, files: &[File<'_>]) -> Vec<Arc<Dimension>> {
        let mut dimensions: Vec<Arc<Dimension>> = Vec::new();
        let mut parents = Vec::new();
        for file in files {
            for (at, text) in self.items::<Text>(file, "dimension") {
                self.check_id(file, &text.id, dimensions.iter().any(|d| d.id == *text.id.get_ref()));
                parents.extend(text.parent.clone().map(|parent| (file, parent)));
                dimensions.extend(self.dimension(file, at, text).map(Arc::new));
            }
        }
        for (file, parent) in parents {
            if !dimensions.iter().any(|dimension| dimension.id == *parent.get_ref()) {
                self.problem(file, parent.span().start, format!("没有维度 {}", parent.get_ref()));
            }
        }
        dimensions
    }

    fn dimension(&self, file: &File<'_>, at: usize, text: Text) -> Option<Dimension> {
        let wanted = text.fact.as_ref().map_or(CASE, |fact| fact.get_ref());
        let Some(fact) = self.schema.fact(wanted) else {
            let at = text.fact.as_ref().map_or(at, |fact| fact.span().start);
            self.problem(file, at, format!("没有事实表 {wanted}"));
            return None;
        };
        let by_basis = [&text.discharge, &text.settlement, &text.admission];
        let timed = by_basis.iter().any(|column| column.is_some());
        if timed != text.calendar.is_some() || timed == text.column.is_some() {
            let wanted = "请写 column，或写 calendar 与 discharge、settlement、admission";
            self.problem(file, at, wanted);
            return None;
        }
        let columns = match &text.column {
            Some(column) => [self.column(file, fact, column); 3],
            None => by_basis.map(|column| self.column(file, fact, column.as_ref()?)),
        };
        for (column, written) in columns.iter().zip(by_basis) {
            let wanted = if text.calendar == Some(Calendar::Day) { Kind::Day } else { Kind::Whole };
            if let (Some(column), Some(written)) = (column, written)
                && column.kind != wanted
            {
                self.problem(file, written.span().start, format!("{} 不是日历列", column.name));
            }
        }
        let label = text.label.as_ref().and_then(|label| self.column(file, fact, label));
        let elsewhere = text.elsewhere.iter().filter_map(|(fact, there)| self.elsewhere(file, fact, there));
        Some(Dimension {
            elsewhere: elsewhere.collect(),
            dictionary: text.dictionary.as_ref().and_then(|name| self.dictionary(file, name)),
            from_home: text.from_home,
            id: text.id.into_inner(),
            name: text.name,
            parent: text.parent.map(Spanned::into_inner),
            calendar: text.calendar,
            unknown: text.unknown.unwrap_or_else(|| "未记录".to_owned()),
            fact: fact.name,
            columns,
            label,
            values: text.values,
            sort: text.sort,
        })
    }

    fn elsewhere(&self, file: &File<'_>, fact: &str, text: &Spanned<ElsewhereText>) -> Option<Elsewhere> {
        let at = text.span();
        let Some(fact) = self.schema.fact(fact) else {
            self.problem(file, at.start, format!("没有事实表 {fact}"));
            return None;
        };
        let named = |name: &String| self.column(file, fact, &Spanned::new(at.clone(), name.clone()));
        let (column, label) = match text.get_ref() {
            ElsewhereText::Column(column) => (named(column)?, None),
            ElsewhereText::Labelled([column, label]) => (named(column)?, Some(named(label)?)),
        };
        Some(Elsewhere { fact: fact.name, column, label })
    }

    fn dictionary(&self, file: &File<'_>, name: &Spanned<String>) -> Option<(&'static str, Column)> {
        let (table, column) = name.get_ref().split_once('.').unwrap_or_default();
        let found = self.schema.dictionary(table).and_then(|table| Some((table.name, table.column(column)?)));
        if found.is_none() {
            self.problem(file, name.span().start, format!("没有字典列 {}", name.get_ref()));
        }
        found
    }

    fn column(&self, file: &File<'_>, fact: &Fact, name: &Spanned<String>) -> Option<Column> {
        let found = fact.column(name.get_ref());
        if found.is_none() {
            self.problem(file, name.span().start, format!("{} 没有列 {}", fact.name, name.get_ref()));
        }
        found
    }
}
