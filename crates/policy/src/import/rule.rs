//! 归类规则: what a row's set, kind, category, operation class and flags are, told from its columns.

use crate::group::{Flag, Kind};
use crate::operations::OperationClass;
use crate::reader::Section;

/// What is asked of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// One of these words.
    Is(Vec<String>),
    /// Starts with one of these.
    Prefix(Vec<String>),
    /// Ends with one of these.
    Suffix(Vec<String>),
    /// Contains one of these.
    Contains(Vec<String>),
    /// Is empty, or is not.
    Blank(bool),
}

/// A question about one source column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) column: String,
    pub(crate) question: Question,
    /// The answer must be no.
    pub(crate) not: bool,
}

impl Test {
    pub(crate) fn holds(&self, cell: &str) -> bool {
        let answer = match &self.question {
            Question::Is(words) => words.iter().any(|word| word == cell),
            Question::Prefix(words) => words.iter().any(|word| cell.starts_with(word.as_str())),
            Question::Suffix(words) => words.iter().any(|word| cell.ends_with(word.as_str())),
            Question::Contains(words) => words.iter().any(|word| cell.contains(word.as_str())),
            Question::Blank(blank) => cell.is_empty() == *blank,
        };
        answer != self.not
    }
}

/// Canonical fields that a rule may set.
pub(crate) const SETTABLE: [&str; 10] = [
    "set",
    "kind",
    "category",
    "operation_class",
    "sex",
    "age_years",
    "age_days",
    "birth_weight_g",
    "stay_days",
    "evidence",
];

/// One rule: when all tests hold, its values go into the fields that no earlier rule has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) when: Vec<Test>,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) flags: Vec<String>,
    /// Put behind the name, so that rows named by the same diagnosis differ.
    pub(crate) name_suffix: String,
    /// The row is no group: a total, a heading.
    pub(crate) skip: bool,
}

pub(crate) fn read(section: &Section<'_>) -> Rule {
    // Words of closed sets are checked here, where their line is known.
    section.choice("kind", &Kind::NAMES);
    section.choices("flags", &Flag::NAMES);
    let class = section.text("operation_class").unwrap_or_default();
    if !class.is_empty() && !class.starts_with("level:") {
        section.choice("operation_class", &OperationClass::NAMES);
    }
    for key in ["age_years", "age_days", "birth_weight_g", "stay_days"] {
        section.span(key);
    }
    let rule = Rule {
        when: read_tests(section),
        values: SETTABLE.iter().filter_map(|key| Some((*key, section.text(key)?))).collect(),
        flags: section.one_or_more("flags"),
        name_suffix: section.text("name_suffix").unwrap_or_default(),
        skip: section.flag("skip"),
    };
    if rule.values.is_empty() && rule.flags.is_empty() && rule.name_suffix.is_empty() && !rule.skip {
        section.problem(
            section.line(),
            "规则没有给出任何值：请写 set、kind、category、flags 等，或 skip = true",
        );
    }
    section.finish();
    rule
}

/// `when = [{ column = "…", suffix = ":SS" }]`.
pub(crate) fn read_tests(section: &Section<'_>) -> Vec<Test> {
    section.children("when").iter().filter_map(read_test).collect()
}

fn read_test(section: &Section<'_>) -> Option<Test> {
    type Make = fn(Vec<String>) -> Question;
    let kinds: [(&'static str, Make); 4] = [
        ("is", Question::Is),
        ("prefix", Question::Prefix),
        ("suffix", Question::Suffix),
        ("contains", Question::Contains),
    ];
    let mut questions: Vec<Question> = kinds
        .into_iter()
        .filter(|(key, _)| section.text_exists(key))
        .map(|(key, make)| make(section.one_or_more(key)))
        .collect();
    if section.text_exists("blank") {
        questions.push(Question::Blank(section.flag("blank")));
    }
    let (column, not) = (section.needed("column"), section.flag("not"));
    section.finish();
    let mut questions = questions.into_iter();
    match (questions.next(), questions.next()) {
        (Some(question), None) => Some(Test { column, question, not }),
        _ => {
            section.problem(section.line(), "每个条件须恰有 is、prefix、suffix、contains、blank 之一");
            None
        }
    }
}
