//! Reading pack files so that every problem is found in one pass, each with its line: what readers share, and TOML.

use crate::evidence::{Register, Source};
pub(crate) use crate::sheet::{Row, Sheet};
use crate::span::Span;
use jiff::civil::Date;
use model::Problems;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::str::FromStr;
use toml::de::{DeTable, DeValue};

/// What all readers of one pack share.
pub(crate) struct Context {
    pub(crate) problems: RefCell<Problems>,
    pub(crate) register: RefCell<Register>,
    /// Evidence by CSV file, then for the whole pack under "".
    pub(crate) defaults: RefCell<FxHashMap<String, String>>,
}

impl Context {
    pub(crate) fn new() -> Context {
        Context {
            problems: RefCell::new(Problems::default()),
            register: RefCell::new(Register::new()),
            defaults: RefCell::new(FxHashMap::default()),
        }
    }

    pub(crate) fn problem(&self, file: &str, line: usize, message: impl Into<String>) {
        self.problems.borrow_mut().add(file, line, message);
    }

    /// The source of a parameter: its own evidence, else the file's, else the pack's; none is a problem.
    pub(crate) fn source(&self, file: &str, line: usize, own: &str) -> Source {
        let defaults = self.defaults.borrow();
        let evidence = match own {
            "" => defaults.get(file).or_else(|| defaults.get("")).map_or("", String::as_str),
            own => own,
        };
        if evidence.is_empty() {
            self.problem(file, line, "缺少依据：请填写 evidence（文件与条款）或 UNCONFIRMED");
        }
        let mut register = self.register.borrow_mut();
        Source { file: register.file(file), line: line as u32, evidence: register.evidence(evidence) }
    }
}

pub(crate) fn unknown_word<T>(text: &str, choices: &[(&str, T)]) -> String {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).filter(|name| !name.is_empty()).collect();
    format!("“{text}”不在可选值内：{}", names.join("、"))
}

/// A TOML table of the pack; unknown keys are reported by [`Section::finish`].
pub(crate) struct Section<'a> {
    context: &'a Context,
    file: &'a str,
    text: &'a str,
    table: Option<&'a DeTable<'a>>,
    line: usize,
    evidence: String,
    used: RefCell<Vec<&'static str>>,
}

/// Parses a TOML file, reporting every syntax error.
pub(crate) fn parse_toml<'a>(context: &Context, file: &str, text: &'a str) -> DeTable<'a> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(0, |span| line_at(text, span.start));
        context.problem(file, line, format!("TOML 语法错误：{}", error.message()));
    }
    table.into_inner()
}

impl<'a> Section<'a> {
    pub(crate) fn root(
        context: &'a Context,
        file: &'a str,
        text: &'a str,
        table: &'a DeTable<'a>,
    ) -> Section<'a> {
        Section::new(context, file, text, Some(table), 1, "")
    }

    fn new(
        context: &'a Context,
        file: &'a str,
        text: &'a str,
        table: Option<&'a DeTable<'a>>,
        line: usize,
        inherited: &str,
    ) -> Section<'a> {
        let own = table.and_then(|t| t.get("evidence")).and_then(|v| v.get_ref().as_str());
        let evidence = own.unwrap_or(inherited).to_owned();
        Section { context, file, text, table, line, evidence, used: RefCell::new(vec!["evidence"]) }
    }

    fn get(&self, key: &'static str) -> Option<(&'a DeValue<'a>, usize)> {
        self.used.borrow_mut().push(key);
        let value = self.table?.get(key)?;
        Some((value.get_ref(), line_at(self.text, value.span().start)))
    }

    pub(crate) fn problem(&self, line: usize, message: impl Into<String>) {
        self.context.problem(self.file, line, message);
    }

    /// Whether the table stands in the file at all.
    pub(crate) fn exists(&self) -> bool {
        self.table.is_some()
    }

    /// The line the table starts at.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    pub(crate) fn source(&self) -> Source {
        self.context.source(self.file, self.line, &self.evidence)
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<String> {
        let (value, line) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(text.trim().to_owned()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            _ => {
                self.problem(line, format!("{key} 应为文字"));
                None
            }
        }
    }

    pub(crate) fn needed(&self, key: &'static str) -> String {
        let text = self.text(key).unwrap_or_default();
        if text.is_empty() {
            self.problem(self.line, format!("缺少 {key}"));
        }
        text
    }

    /// An exact decimal; bare TOML numbers are read from their text, never through binary floats.
    pub(crate) fn decimal(&self, key: &'static str) -> Option<Decimal> {
        let text = self.text(key)?;
        let value = model::parse_decimal(&text);
        if value.is_none() {
            let line = self.get(key).map_or(self.line, |(_, line)| line);
            self.problem(line, format!("{key} 的值“{text}”不是数字"));
        }
        value
    }

    pub(crate) fn whole(&self, key: &'static str) -> Option<u32> {
        let text = self.text(key)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(self.line, format!("{key} 的值“{text}”不是非负整数"));
        }
        value
    }

    pub(crate) fn span(&self, key: &'static str) -> Option<Span> {
        let text = self.text(key)?;
        let span = Span::parse(&text);
        if span.is_none() {
            self.problem(self.line, format!("{key} 的值“{text}”不是范围：写成 0..28、65..、..6 或一个数"));
        }
        span
    }

    pub(crate) fn date(&self, key: &'static str) -> Option<Date> {
        let text = match self.get(key)? {
            (DeValue::Datetime(moment), _) => moment.to_string(),
            _ => self.text(key)?,
        };
        let date = Date::from_str(&text).ok();
        if date.is_none() {
            self.problem(self.line, format!("{key} 的值“{text}”不是日期：写成 2025-01-31"));
        }
        date
    }

    pub(crate) fn text_exists(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn flag(&self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((_, line)) => {
                self.problem(line, format!("{key} 应为 true 或 false"));
                false
            }
        }
    }

    pub(crate) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let line = self.get(key).map_or(self.line, |(_, line)| line);
            self.problem(line, format!("{key}：{}", unknown_word(&text, choices)));
        }
        found
    }

    /// A list of words with the line of each; absent is empty.
    pub(crate) fn texts(&self, key: &'static str) -> Option<Vec<(String, usize)>> {
        let (value, line) = self.get(key)?;
        let Some(items) = value.as_array() else {
            self.problem(line, format!("{key} 应为列表"));
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            let line = line_at(self.text, item.span().start);
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.trim().to_owned(), line)),
                DeValue::Integer(number) => texts.push((number.as_str().to_owned(), line)),
                DeValue::Float(number) => texts.push((number.as_str().to_owned(), line)),
                _ => self.problem(line, format!("{key} 的每一项应为文字")),
            }
        }
        Some(texts)
    }

    /// Words of a parameter that may be written as one text or as a list of texts.
    pub(crate) fn one_or_more(&self, key: &'static str) -> Vec<String> {
        match self.get(key) {
            Some((DeValue::Array(_), _)) => {
                self.texts(key).unwrap_or_default().into_iter().map(|(text, _)| text).collect()
            }
            _ => self.text(key).into_iter().collect(),
        }
    }

    /// Whether a parameter that may be written short, as one text, is written long, as a table.
    pub(crate) fn holds_table(&self, key: &'static str) -> bool {
        matches!(self.get(key), Some((DeValue::Table(_), _)))
    }

    /// A list of words of a closed set.
    pub(crate) fn choices<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let texts = self.texts(key)?;
        let mut values = Vec::new();
        for (text, line) in texts {
            match choices.iter().find(|(name, _)| *name == text) {
                Some((_, value)) => values.push(*value),
                None => self.problem(line, format!("{key}：{}", unknown_word(&text, choices))),
            }
        }
        Some(values)
    }

    /// A sub-table; a missing one reads as empty.
    pub(crate) fn child(&self, key: &'static str) -> Section<'a> {
        match self.get(key) {
            Some((DeValue::Table(table), line)) => {
                Section::new(self.context, self.file, self.text, Some(table), line, &self.evidence)
            }
            other => {
                if let Some((_, line)) = other {
                    self.problem(line, format!("{key} 应为表 [{key}]"));
                }
                Section::new(self.context, self.file, self.text, None, self.line, &self.evidence)
            }
        }
    }

    /// An array of tables; missing is empty.
    pub(crate) fn children(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some((value, line)) = self.get(key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.problem(line, format!("{key} 应为表列 [[{key}]]"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in items.iter() {
            let line = line_at(self.text, item.span().start);
            match item.get_ref() {
                DeValue::Table(table) => {
                    sections.push(Section::new(
                        self.context,
                        self.file,
                        self.text,
                        Some(table),
                        line,
                        &self.evidence,
                    ));
                }
                _ => self.problem(line, format!("{key} 应为表列 [[{key}]]")),
            }
        }
        sections
    }

    /// All keys with their texts, for tables whose keys are data (`[file_evidence]`).
    pub(crate) fn entries(&self) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        for (key, value) in self.table.into_iter().flatten() {
            match value.get_ref().as_str() {
                Some(text) => entries.push((key.get_ref().to_string(), text.to_owned())),
                None => self
                    .problem(line_at(self.text, value.span().start), format!("{} 应为文字", key.get_ref())),
            }
        }
        entries
    }

    /// Reports keys that nothing asked for: a misspelt parameter must not be silently ignored.
    pub(crate) fn finish(&self) {
        let used = self.used.borrow();
        for (key, _) in self.table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if !used.contains(&name) {
                self.problem(line_at(self.text, key.span().start), format!("不认识的参数 {name}"));
            }
        }
    }
}

/// 1-based line of a byte offset.
fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}
