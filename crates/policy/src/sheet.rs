//! CSV files of a pack: every problem with its line.

use crate::evidence::Source;
use crate::reader::{Context, unknown_word};
use crate::span::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::str::FromStr;

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

    /// A key: not blank, and no earlier row has it. `seen` holds the lines of the keys so far.
    pub(crate) fn needed_once(&self, column: &str, seen: &mut FxHashMap<String, usize>) -> &'a str {
        let text = self.needed(column);
        if let Some(line) = seen.insert(text.to_owned(), self.line).filter(|_| !text.is_empty()) {
            self.problem(column, format!("编码 {text} 与第 {line} 行重复"));
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

    /// As [`Row::choice`]; a blank cell is a problem too.
    pub(crate) fn needed_choice<T: Copy>(&self, column: &str, choices: &[(&str, T)]) -> Option<T> {
        self.needed(column);
        self.choice(column, choices)
    }

    pub(crate) fn source(&self) -> Source {
        self.context.source(self.file, self.line, self.text("evidence"))
    }
}

fn line_of_bad_utf8(bytes: &[u8]) -> usize {
    let valid = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
    bytes.iter().take(valid).filter(|b| **b == b'\n').count() + 1
}
