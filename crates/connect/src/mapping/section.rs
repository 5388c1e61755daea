//! Reading a pack's TOML so that every problem is found in one pass, each with its line.

use crate::period::Period;
use model::Problem;
use std::cell::RefCell;
use toml::de::{DeTable, DeValue};

/// Collects the problems of a pack.
#[derive(Default)]
pub(super) struct Context {
    pub(super) problems: RefCell<Vec<Problem>>,
}

impl Context {
    pub(super) fn problem(&self, file: &str, line: usize, message: impl Into<String>) {
        let problem = Problem { file: file.to_owned(), line, message: message.into() };
        self.problems.borrow_mut().push(problem);
    }
}

/// A table of a file; keys that nobody asked for are reported by [`Section::finish`].
pub(super) struct Section<'a> {
    context: &'a Context,
    file: &'a str,
    text: &'a str,
    table: &'a DeTable<'a>,
    line: usize,
    used: RefCell<Vec<&'static str>>,
}

/// Parses a file, reporting every syntax error.
pub(super) fn parse_toml<'a>(context: &Context, file: &str, text: &'a str) -> DeTable<'a> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(0, |span| line_at(text, span.start));
        context.problem(file, line, format!("TOML 语法错误：{}", error.message()));
    }
    table.into_inner()
}

impl<'a> Section<'a> {
    pub(super) fn root(
        context: &'a Context,
        file: &'a str,
        text: &'a str,
        table: &'a DeTable<'a>,
    ) -> Section<'a> {
        Section { context, file, text, table, line: 1, used: RefCell::default() }
    }

    fn inner(&self, table: &'a DeTable<'a>, line: usize) -> Section<'a> {
        Section {
            context: self.context,
            file: self.file,
            text: self.text,
            table,
            line,
            used: RefCell::default(),
        }
    }

    /// The line that the table starts at.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The line of a key; the table's when it is not there.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.line, |value| line_at(self.text, value.span().start))
    }

    pub(super) fn problem(&self, line: usize, message: impl Into<String>) {
        self.context.problem(self.file, line, message);
    }

    fn get(&self, key: &'static str) -> Option<(&'a DeValue<'a>, usize)> {
        self.used.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some((value.get_ref(), line_at(self.text, value.span().start)))
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Whether a key that is data is there.
    pub(super) fn has_column(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// A text; blank counts as not there.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let (value, line) = self.get(key)?;
        let Some(text) = plain_text(value) else {
            self.problem(line, format!("{key} 应为文字"));
            return None;
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn needed(&self, key: &'static str) -> String {
        let text = self.text(key);
        if text.is_none() {
            self.problem(self.line_of(key), format!("缺少 {key}"));
        }
        text.unwrap_or_default()
    }

    pub(super) fn whole(&self, key: &'static str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(key)?;
        let value = text.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let (low, high) = range.into_inner();
            self.problem(self.line_of(key), format!("{key} 的值“{text}”应是 {low} 至 {high} 的整数"));
        }
        value
    }

    pub(super) fn period(&self, key: &'static str) -> Option<Period> {
        let text = self.text(key)?;
        let period = Period::parse(&text);
        if period.is_none() {
            self.problem(self.line_of(key), format!("{key} 的值“{text}”不是时长：写成 30s、10m、2h 或 3d"));
        }
        period
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((_, line)) => {
                self.problem(line, format!("{key} 应为 true 或 false"));
                false
            }
        }
    }

    pub(super) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.problem(self.line_of(key), format!("{key} 的值“{text}”不在可选值内：{}", names.join("、")));
        }
        found
    }

    /// A list of texts; `None` when it is not there.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let (value, line) = self.get(key)?;
        let Some(items) = value.as_array() else {
            self.problem(line, format!("{key} 应为列表，如 [\"…\", \"…\"]"));
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match plain_text(item.get_ref()) {
                Some(text) => texts.push(text),
                None => {
                    self.problem(line_at(self.text, item.span().start), format!("{key} 的每一项应为文字"))
                }
            }
        }
        Some(texts)
    }

    pub(super) fn child(&self, key: &'static str) -> Option<Section<'a>> {
        let (value, line) = self.get(key)?;
        match value {
            DeValue::Table(table) => Some(self.inner(table, line)),
            _ => {
                self.problem(line, format!("{key} 应为表，如 {key} = {{ … }}"));
                None
            }
        }
    }

    /// `[[key]]`.
    pub(super) fn children(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some((value, line)) = self.get(key) else { return Vec::new() };
        let items = value.as_array().map(|items| items.iter().collect::<Vec<_>>()).unwrap_or_default();
        let mut sections = Vec::new();
        for item in &items {
            let line = line_at(self.text, item.span().start);
            match item.get_ref() {
                DeValue::Table(table) => sections.push(self.inner(table, line)),
                _ => self.problem(line, format!("{key} 应为表列 [[{key}]]")),
            }
        }
        if items.is_empty() {
            self.problem(line, format!("{key} 应为表列 [[{key}]]"));
        }
        sections
    }

    /// Keys that are data: each with its line and its value, short as a text or long as a table.
    pub(super) fn entries(&self) -> Vec<(&'a str, usize, Entry<'a>)> {
        let mut entries = Vec::new();
        for (key, value) in self.table {
            let line = line_at(self.text, key.span().start);
            let entry = match value.get_ref() {
                DeValue::Table(table) => Entry::Table(self.inner(table, line)),
                other => match plain_text(other) {
                    Some(text) => Entry::Text(text),
                    None => {
                        self.problem(line, format!("{} 应为源列名或表", key.get_ref()));
                        continue;
                    }
                },
            };
            entries.push((key.get_ref().as_ref(), line, entry));
        }
        entries
    }

    /// Reports keys that nobody asked for: a misspelt parameter must not be silently ignored.
    pub(super) fn finish(&self) {
        let used = self.used.borrow();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if !used.contains(&name) {
                let near = crate::nearest_name::nearest_name(name, used.iter().copied());
                let near = near.map(|near| format!("，是不是 {near}？")).unwrap_or_default();
                self.problem(line_at(self.text, key.span().start), format!("不认识的参数 {name}{near}"));
            }
        }
    }
}

/// A key's value.
pub(super) enum Entry<'a> {
    Text(String),
    Table(Section<'a>),
}

fn plain_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// 1-based line of a byte offset.
fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
