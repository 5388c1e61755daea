//! A definition file: its tables as serde types, each with where it stands.

use super::Loading;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Tables a file may hold.
const TABLES: [&str; 3] = ["population", "dimension", "measure"];

pub(super) struct File<'a> {
    pub(super) name: &'a str,
    text: &'a str,
    table: DeTable<'a>,
}

impl File<'_> {
    /// 1-based line of a byte offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

impl Loading<'_> {
    /// Syntax errors and tables that nobody reads are problems.
    pub(super) fn parse<'a>(&self, name: &'a str, text: &'a str) -> File<'a> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let file = File { name, text, table: table.into_inner() };
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            self.problem(&file, at, format!("TOML 语法错误：{}", error.message()));
        }
        for key in file.table.keys() {
            if !TABLES.contains(&key.get_ref().as_ref()) {
                let wanted = TABLES.map(|table| format!("[[{table}]]")).join("、");
                self.problem(&file, key.span().start, format!("不认识 {}；可写 {wanted}", key.get_ref()));
            }
        }
        file
    }

    /// The tables `[[name]]` of a file, each with its place; those that cannot be read are problems.
    pub(super) fn items<T: DeserializeOwned>(&self, file: &File<'_>, name: &str) -> Vec<(usize, T)> {
        let Some(value) = file.table.get(name) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.problem(file, value.span().start, format!("{name} 应为表列 [[{name}]]"));
            return Vec::new();
        };
        let mut read = Vec::new();
        for item in items.iter() {
            match T::deserialize(ValueDeserializer::from(item.clone())) {
                Ok(value) => read.push((item.span().start, value)),
                Err(error) => {
                    let at = error.span().unwrap_or(item.span()).start;
                    self.problem(file, at, in_chinese(error.message()));
                }
            }
        }
        read
    }

    /// Reports ids that are used twice or are none.
    pub(super) fn check_id(&self, file: &File<'_>, id: &Spanned<String>, taken: bool) {
        let (at, id) = (id.span().start, id.get_ref());
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            self.problem(file, at, format!("id “{id}”只能用小写字母、数字和下划线"));
        } else if taken {
            self.problem(file, at, format!("id “{id}”重复"));
        }
    }
}

/// The reader's own messages are English; the usual ones are said in Chinese.
pub(crate) fn in_chinese(message: &str) -> String {
    let quoted = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("missing field") {
        format!("缺少 {quoted}")
    } else if message.starts_with("unknown field") {
        format!("不认识的参数 {quoted}")
    } else if message.starts_with("unknown variant") {
        let choices: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        format!("“{quoted}”不在可选值内：{}", choices.join("、"))
    } else {
        format!("内容错误：{message}")
    }
}
