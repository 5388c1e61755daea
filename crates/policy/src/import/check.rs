//! 交叉核对: a city's columns often say the same thing twice; where they disagree the row gets a warning.

use super::rule::{Test, read_tests};
use super::template::Template;
use crate::reader::Section;
use rust_decimal::Decimal;

/// One cross-check. Fields are canonical ones (`code`) or, by any other name, columns of the city's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) field: String,
    pub(crate) when: Vec<Test>,
    pub(crate) expected: Expected,
}

/// What the field should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// One of these texts.
    Text { any_of: Vec<Template>, ignore_case: bool },
    /// `of × times ÷ divided_by`, give or take.
    Number { of: String, times: Decimal, divided_by: Decimal, tolerance: Decimal },
}

impl Check {
    /// Names of all fields it reads.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let mut names = vec![self.field.as_str()];
        match &self.expected {
            Expected::Text { any_of, .. } => {
                names.extend(any_of.iter().flat_map(Template::fields).map(|field| field.name.as_str()));
            }
            Expected::Number { of, .. } => names.push(of),
        }
        names
    }

    /// The warning, if the row does not agree with itself. A blank number is not compared.
    pub(crate) fn disagreement(&self, value: &impl Fn(&str) -> String) -> Option<String> {
        let found = value(&self.field);
        match &self.expected {
            Expected::Text { any_of, ignore_case } => {
                let same = |text: &str| {
                    text == found || (*ignore_case && text.to_lowercase() == found.to_lowercase())
                };
                let texts: Vec<String> = any_of.iter().map(|template| template.fill(value)).collect();
                (!texts.iter().any(|text| same(text))).then(|| {
                    format!("{}：“{found}”，按其他列应为“{}”，请核对", self.name, texts.join("”或“"))
                })
            }
            Expected::Number { of, times, divided_by, tolerance } => {
                let (found, base) = (model::parse_decimal(&found)?, model::parse_decimal(&value(of))?);
                let expected = base.checked_mul(*times)?.checked_div(*divided_by)?;
                (found.checked_sub(expected)?.abs() > *tolerance).then(|| {
                    format!(
                        "{}：{found}，按其他列应为 {}，请核对",
                        self.name,
                        expected.round_dp(6).normalize()
                    )
                })
            }
        }
    }
}

pub(crate) fn read(section: &Section<'_>) -> Option<Check> {
    let (name, field) = (section.needed("name"), section.needed("field"));
    let when = read_tests(section);
    let expected = if section.text_exists("of") { number(section) } else { text(section) };
    section.finish();
    Some(Check { name, field, when, expected: expected? })
}

fn text(section: &Section<'_>) -> Option<Expected> {
    let mut any_of = Vec::new();
    for text in section.one_or_more("equals") {
        match Template::parse(&text) {
            Ok(template) => any_of.push(template),
            Err(message) => section.problem(section.line(), format!("equals 的“{text}”：{message}")),
        }
    }
    if any_of.is_empty() {
        section.problem(section.line(), "核对缺少 equals（应为的文字）或 of（按哪个字段折算）");
        return None;
    }
    Some(Expected::Text { any_of, ignore_case: section.flag("ignore_case") })
}

fn number(section: &Section<'_>) -> Option<Expected> {
    let factor = |key| section.decimal(key).unwrap_or(Decimal::ONE);
    let (times, divided_by) = (factor("times"), factor("divided_by"));
    if divided_by.is_zero() {
        section.problem(section.line(), "divided_by 不能为 0");
        return None;
    }
    let tolerance = section.decimal("tolerance").unwrap_or_default();
    Some(Expected::Number { of: section.needed("of"), times, divided_by, tolerance })
}
