//! `[[measure]]`

use super::Loading;
use super::file::File;
use crate::aggregate::{Aggregate, Function};
use crate::layer::Population;
use crate::measure::Formula;
use crate::schema::{CASE, Place};
use crate::source::{Source, Time};
use crate::{Direction, Fact, Format, Kind, Measure, Style};
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
    fact: Option<String>,
    time: Option<String>,
    numerator: Option<Spanned<AggregateText>>,
    /// What the numerator is multiplied by.
    times: Option<Spanned<AggregateText>>,
    denominator: Option<Spanned<AggregateText>>,
    /// Instead of a numerator: two measures that stand before, the first less the second.
    difference: Option<Spanned<[String; 2]>>,
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
    /// Another fact than the measure's, or other days.
    fact: Option<String>,
    time: Option<String>,
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
                let made = self.measure(file, at, text, populations, &measures);
                measures.extend(made.map(Arc::new));
            }
        }
        measures
    }

    fn measure(
        &self,
        file: &File<'_>,
        at: usize,
        mut text: Text,
        populations: &[Population],
        known: &[Arc<Measure>],
    ) -> Option<Measure> {
        for (what, said) in [("definition", &text.definition), ("evidence", &text.evidence)] {
            if said.get_ref().trim().is_empty() {
                self.problem(file, said.span().start, format!("{what} 不能为空"));
            }
        }
        let formula = self.formula(file, at, &mut text, populations, known);
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
            formula: formula?,
        })
    }

    fn formula(
        &self,
        file: &File<'_>,
        at: usize,
        text: &mut Text,
        populations: &[Population],
        known: &[Arc<Measure>],
    ) -> Option<Formula> {
        let usual = (text.fact.as_deref().unwrap_or(CASE), text.time.as_deref());
        let read = |part: &Option<Spanned<AggregateText>>| {
            part.as_ref().map(|part| self.aggregate(file, usual, part, populations).map(Box::new))
        };
        let (numerator, times, denominator) =
            (read(&text.numerator), read(&text.times), read(&text.denominator));
        match (&text.difference, numerator) {
            (None, Some(numerator)) => Some(Formula::Ratio {
                numerator: numerator?,
                times: times.map_or(Some(None), |read| read.map(Some))?,
                denominator: denominator.map_or(Some(None), |read| read.map(Some))?,
            }),
            (Some(pair), None) if times.is_none() && denominator.is_none() => {
                let find = |id: &String| {
                    let found = known.iter().find(|measure| measure.id == *id).cloned();
                    if found.is_none() {
                        self.problem(file, pair.span().start, format!("前面没有指标 {id}"));
                    }
                    found
                };
                let (a, b) = (find(&pair.get_ref()[0]), find(&pair.get_ref()[1]));
                Some(Formula::Difference(a?, b?))
            }
            _ => {
                self.problem(file, at, "请写 numerator，或只写 difference");
                None
            }
        }
    }

    fn source(&self, file: &File<'_>, at: usize, fact: &str, time: Option<&str>) -> Option<Source> {
        let Some(fact) = self.schema.fact(fact) else {
            self.problem(file, at, format!("没有事实表 {fact}"));
            return None;
        };
        let time = match time.map(|name| time_of(fact, name)) {
            Some(None) => {
                let name = time.unwrap_or_default();
                self.problem(
                    file,
                    at,
                    format!("{} 没有日期列 {name}_day 或 {name}_from、{name}_to", fact.name),
                );
                return None;
            }
            Some(found) => found,
            None => None,
        };
        let number = fact.column("number").map(|column| Place::new(fact.name == CASE, column));
        let Some(counter) = number.or_else(|| Some(time?.from)) else {
            self.problem(file, at, format!("{} 不属于病例，请写 time", fact.name));
            return None;
        };
        if !fact.of_cases() && fact.column("department_key").is_none() {
            self.problem(file, at, format!("{} 没有列 department_key，无法限定数据范围", fact.name));
            return None;
        }
        Some(Source { fact: fact.name, of_cases: fact.of_cases(), time, counter })
    }

    fn aggregate(
        &self,
        file: &File<'_>,
        (usual_fact, usual_time): (&str, Option<&str>),
        text: &Spanned<AggregateText>,
        populations: &[Population],
    ) -> Option<Aggregate> {
        let at = text.span().start;
        let text = text.get_ref();
        let time = text.time.as_deref().or(usual_time.filter(|_| text.fact.is_none()));
        let source = self.source(file, at, text.fact.as_deref().unwrap_or(usual_fact), time)?;
        let fact = source.fact;
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
            source,
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

/// A fact's own days by the beginning of their columns' names.
fn time_of(fact: &Fact, name: &str) -> Option<Time> {
    let column = |end: &str| {
        let found = fact.column(&format!("{name}_{end}"));
        found.map(|column| Place::new(fact.name == CASE, column))
    };
    let day = |end: &str| column(end).filter(|place| place.column.kind == Kind::Day);
    let (from, to) = day("day").map(|day| (day, day)).or_else(|| day("from").zip(day("to")))?;
    Some(Time { from, to, calendar: ["year", "quarter", "month", "day"].map(column) })
}
