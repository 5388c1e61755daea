//! `[[measure]]`

use super::Loading;
use super::file::File;
use crate::aggregate::{Aggregate, Function};
use crate::layer::Population;
use crate::schema::{CASE, Place};
use crate::{Direction, Format, Kind, Measure, Style};
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: Spanned<String>,
    name: String,
    short: Option<String>,
    format: Spanned<String>,
    unit: Option<String>,
    decimals: Option<u8>,
    fact: Option<Spanned<String>>,
    numerator: Spanned<AggregateText>,
    denominator: Option<Spanned<AggregateText>>,
    #[serde(default)]
    direction: Direction,
    definition: Spanned<String>,
    evidence: Spanned<String>,
    #[serde(default = "first")]
    version: u32,
}

/// Exactly one of the functions, over one column, or for `sum` over several with signs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregateText {
    count: Option<String>,
    distinct: Option<String>,
    sum: Option<Columns>,
    min: Option<String>,
    max: Option<String>,
    #[serde(default, rename = "where")]
    conditions: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Columns {
    One(String),
    Several(Vec<String>),
}

fn first() -> u32 {
    1
}

impl Loading<'_> {
    pub(super) fn measures(&self, files: &[File<'_>], populations: &[Population]) -> Vec<Arc<Measure>> {
        let mut measures: Vec<Arc<Measure>> = Vec::new();
        for file in files {
            for (at, text) in self.items::<Text>(file, "measure") {
                self.check_id(file, &text.id, measures.iter().any(|m| m.id == *text.id.get_ref()));
                measures.extend(self.measure(file, at, text, populations).map(Arc::new));
            }
        }
        measures
    }

    fn measure(&self, file: &File<'_>, at: usize, text: Text, populations: &[Population]) -> Option<Measure> {
        for (what, said) in [("definition", &text.definition), ("evidence", &text.evidence)] {
            if said.get_ref().trim().is_empty() {
                self.problem(file, said.span().start, format!("{what} 不能为空"));
            }
        }
        let wanted = text.fact.as_ref().map_or(CASE, |fact| fact.get_ref());
        let Some(fact) = self.schema.fact(wanted) else {
            let at = text.fact.as_ref().map_or(at, |fact| fact.span().start);
            self.problem(file, at, format!("没有事实表 {wanted}"));
            return None;
        };
        let numerator = self.aggregate(file, fact.name, &text.numerator, populations);
        let denominator = text.denominator.as_ref().map(|d| self.aggregate(file, fact.name, d, populations));
        let style = Style::ALL.iter().find(|entry| entry.1 == text.format.get_ref());
        let Some((style, ..)) = style else {
            let choices = Style::ALL.map(|entry| entry.1).join("、");
            self.problem(file, text.format.span().start, format!("format 不在可选值内：{choices}"));
            return None;
        };
        let usual = Format::of(*style);
        let format = Format {
            style: *style,
            decimals: text.decimals.unwrap_or(usual.decimals),
            unit: text.unit.unwrap_or(usual.unit),
        };
        Some(Measure {
            id: text.id.into_inner(),
            short: text.short.unwrap_or_else(|| text.name.clone()),
            name: text.name,
            format,
            direction: text.direction,
            definition: text.definition.into_inner(),
            evidence: text.evidence.into_inner(),
            version: text.version,
            fact: fact.name,
            numerator: numerator?,
            denominator: match denominator {
                Some(read) => Some(read?),
                None => None,
            },
        })
    }

    fn aggregate(
        &self,
        file: &File<'_>,
        fact: &'static str,
        text: &Spanned<AggregateText>,
        populations: &[Population],
    ) -> Option<Aggregate> {
        let at = text.span().start;
        let text = text.get_ref();
        let filter = self.conditions(file, fact, &text.conditions, populations);
        let one = |function, column: &Option<String>| Some((function, vec![column.clone()?]));
        let several = text.sum.as_ref().map(|columns| match columns {
            Columns::One(column) => vec![column.clone()],
            Columns::Several(columns) => columns.clone(),
        });
        let asked = [
            one(Function::Count, &text.count),
            one(Function::Distinct, &text.distinct),
            several.map(|columns| (Function::Sum, columns)),
            one(Function::Min, &text.min),
            one(Function::Max, &text.max),
        ];
        let mut asked = asked.into_iter().flatten();
        let (Some((function, names)), None) = (asked.next(), asked.next()) else {
            self.problem(file, at, "count、distinct、sum、min、max 应写且只写一个");
            return None;
        };
        let columns: Vec<(bool, Place)> =
            names.iter().filter_map(|name| self.summand(file, at, fact, name)).collect();
        let kinds = columns.iter().map(|(_, place)| place.column.kind);
        if !matches!(function, Function::Count | Function::Distinct) {
            if kinds.clone().any(|kind| !kind.is_number()) {
                self.problem(file, at, "sum、min、max 的列应为数值列");
                return None;
            }
            if kinds.clone().any(|kind| Some(kind) != kinds.clone().next()) {
                self.problem(file, at, "相加减的列单位应相同");
                return None;
            }
        }
        (!columns.is_empty() && columns.len() == names.len()).then_some(Aggregate {
            function,
            columns,
            filter,
        })
    }

    /// A column with its sign.
    fn summand(&self, file: &File<'_>, at: usize, fact: &str, name: &str) -> Option<(bool, Place)> {
        let plain = name.trim_start_matches('-');
        match self.schema.place(fact, plain) {
            Some(place) if !place.of_case || fact == CASE || place.column.kind == Kind::Text => {
                Some((name.starts_with('-'), place))
            }
            // A case's money would be added once a row of the fact.
            Some(_) => {
                self.problem(file, at, format!("{plain} 是病例的列，不能在 {fact} 中汇总"));
                None
            }
            None => {
                self.problem(file, at, format!("{fact} 没有列 {plain}"));
                None
            }
        }
    }
}
