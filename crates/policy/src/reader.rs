//! Reading pack files so that every problem is found in one pass, each with its line.

use crate::evidence::{Register, Source};
use crate::problem::Problems;
use crate::span::Span;
use jiff::civil::Date;
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

/// A CSV file of the pack, header checked, cells trimmed.
pub(crate) struct Sheet {
    columns: FxHashMap<String, usize>,
    pub(crate) rows: Vec<(usize, csv::StringRecord)>,
}

/// One row of a [`Sheet`], with where to report its problems.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    context: &'a Context,
    file: &'a str,
    sheet: &'a Sheet,
    pub(crate) line: usize,
    record: &'a csv::StringRecord,
}

impl Sheet {
    /// `known` columns may stand in any order; `needed` ones must be there. Problems go to the context.
    pub(crate) fn read(
        context: &Context,
        file: &str,
        bytes: &[u8],
        known: &[&str],
        needed: &[&str],
    ) -> Sheet {
        let mut sheet = Sheet { columns: FxHashMap::default(), rows: Vec::new() };
        let Ok(text) = std::str::from_utf8(bytes) else {
            context.problem(file, line_of_bad_utf8(bytes), "不是 UTF-8 文本：请另存为 UTF-8 编码");
            return sheet;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        match reader.headers() {
            Ok(header) => {
                for (at, name) in header.iter().enumerate() {
                    if !known.contains(&name) {
                        context.problem(
                            file,
                            1,
                            format!("不认识的列“{name}”：可用的列为 {}", known.join("、")),
                        );
                    }
                    if sheet.columns.insert(name.to_owned(), at).is_some() {
                        context.problem(file, 1, format!("列“{name}”重复"));
                    }
                }
            }
            Err(error) => context.problem(file, 1, format!("无法读取表头：{error}")),
        }
        for name in needed {
            if !sheet.columns.contains_key(*name) {
                context.problem(file, 1, format!("缺少列“{name}”"));
            }
        }
        let width = sheet.columns.len();
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, |p| p.line() as usize);
                    if record.len() != width {
                        context.problem(file, line, format!("应有 {width} 列，实有 {} 列", record.len()));
                    } else {
                        sheet.rows.push((line, record));
                    }
                }
                Err(error) => {
                    let line = error.position().map_or(0, |p| p.line() as usize);
                    context.problem(file, line, format!("无法读取此行：{error}"));
                }
            }
        }
        sheet
    }

    pub(crate) fn rows<'a>(&'a self, context: &'a Context, file: &'a str) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().map(move |(line, record)| Row { context, file, sheet: self, line: *line, record })
    }
}

impl<'a> Row<'a> {
    /// The cell's text, empty when blank or when the file has no such column.
    pub(crate) fn text(&self, column: &str) -> &'a str {
        self.sheet.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or("")
    }

    pub(crate) fn problem(&self, column: &str, message: impl AsRef<str>) {
        self.context.problem(self.file, self.line, format!("列“{column}”：{}", message.as_ref()));
    }

    pub(crate) fn needed(&self, column: &str) -> &'a str {
        let text = self.text(column);
        if text.is_empty() {
            self.problem(column, "不能为空");
        }
        text
    }

    pub(crate) fn decimal(&self, column: &str) -> Option<Decimal> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let value = model::parse_decimal(text);
        if value.is_none() {
            self.problem(column, format!("“{text}”不是数字"));
        }
        value
    }

    /// A decimal ≥ 0.
    pub(crate) fn amount(&self, column: &str) -> Option<Decimal> {
        let value = self.decimal(column)?;
        if value.is_sign_negative() && !value.is_zero() {
            self.problem(column, format!("“{value}”不能为负"));
            return None;
        }
        Some(value)
    }

    pub(crate) fn needed_amount(&self, column: &str) -> Decimal {
        self.needed(column);
        self.amount(column).unwrap_or_default()
    }

    pub(crate) fn whole(&self, column: &str) -> Option<u32> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(column, format!("“{text}”不是非负整数"));
        }
        value
    }

    pub(crate) fn span(&self, column: &str) -> Option<Span> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let span = Span::parse(text);
        if span.is_none() {
            self.problem(column, format!("“{text}”不是范围：写成 0..28、65..、..6 或一个数"));
        }
        span
    }

    pub(crate) fn date(&self, column: &str) -> Option<Date> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let date = Date::from_str(text).ok();
        if date.is_none() {
            self.problem(column, format!("“{text}”不是日期：写成 2025-01-31"));
        }
        date
    }

    /// One of a closed set of words.
    pub(crate) fn choice<T: Copy>(&self, column: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            self.problem(column, unknown_word(text, choices));
        }
        found
    }

    pub(crate) fn source(&self) -> Source {
        self.context.source(self.file, self.line, self.text("evidence"))
    }
}

fn unknown_word<T>(text: &str, choices: &[(&str, T)]) -> String {
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

fn line_of_bad_utf8(bytes: &[u8]) -> usize {
    let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    bytes.iter().take(valid).filter(|b| **b == b'\n').count() + 1
}
