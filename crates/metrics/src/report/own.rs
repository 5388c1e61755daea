//! 自定义报表: a report that a user put together of parts, in the text of a file of packs/reports, under the same checks.

use super::{Report, Reports};
use crate::Layer;
use model::Problems;
use serde::{Deserialize, Serialize};

/// Id of the module that users' own reports stand in.
pub const MODULE: &str = "own";
/// Id of a report in its text; its number takes the place when it is shown.
const ID: &str = "own";
/// How the text is called in problems.
const FILE: &str = "自定义报表";
/// Longest title, characters.
const LONGEST: usize = 60;

/// The parts of a report with one page, one table and its charts, as a form offers them. Written and read as TOML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    id: String,
    /// 名称
    pub title: String,
    module: String,
    requirements: Vec<String>,
    /// What whoever opens it must be allowed.
    pub permission: String,
    /// One sentence for the reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Dimensions offered as filters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// `month` or `year`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub period: String,
    /// `discharge`, `settlement`, `admission`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis: String,
    /// 指标卡
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kpis: Vec<String>,
    tab: Vec<TabParts>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TabParts {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    only: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chart: Vec<ChartParts>,
    table: TableParts,
}

/// A chart of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartParts {
    /// 名称
    pub title: String,
    /// `bar`, `line` …
    pub kind: String,
    /// Dimension of the categories, or `row`.
    pub by: String,
    /// A series each.
    pub measures: Vec<String>,
    /// How many categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableParts {
    by: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    drill: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    order: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    least: Vec<i64>,
    columns: Vec<ColumnParts>,
}

/// Columns of the form: measures with what stands beside each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnParts {
    /// The measures.
    pub measures: Vec<String>,
    /// `year` 同比, `period` 环比.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compare: Vec<String>,
    /// 占比
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub share: bool,
    /// 名次
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rank: bool,
    /// 目标 and difference to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub target: bool,
}

/// Rows, columns and cases of the one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// 病例范围: populations that hold.
    pub only: Vec<String>,
    /// Charts.
    pub charts: Vec<ChartParts>,
    /// Dimensions of the rows.
    pub by: Vec<String>,
    /// Dimensions of the levels below.
    pub drill: Vec<String>,
    /// Key of a column, `-` for greatest first; may be empty.
    pub order: String,
    /// 最少例数 to choose from.
    pub least: Vec<i64>,
    /// Columns.
    pub columns: Vec<ColumnParts>,
}

impl Parts {
    /// Empty parts of a report that whoever may open `permission` sees.
    pub fn new(title: &str, permission: &str) -> Parts {
        Parts {
            id: ID.to_owned(),
            title: title.to_owned(),
            module: MODULE.to_owned(),
            permission: permission.to_owned(),
            ..Parts::default()
        }
    }

    /// Sets rows, columns and charts.
    pub fn set(&mut self, content: Content) {
        let Content { only, charts, by, drill, order, least, columns } = content;
        self.tab =
            vec![TabParts { only, chart: charts, table: TableParts { by, drill, order, least, columns } }];
    }

    /// Rows, columns and charts.
    pub fn content(&self) -> Content {
        let tab = self.tab.first().cloned().unwrap_or_default();
        let table = tab.table;
        Content {
            only: tab.only,
            charts: tab.chart,
            by: table.by,
            drill: table.drill,
            order: table.order,
            least: table.least,
            columns: table.columns,
        }
    }

    /// As the text of a report file.
    pub fn text(&self) -> Result<String, Problems> {
        toml::Table::try_from(self).map(|table| written(&table)).map_err(|error| problem(error.to_string()))
    }

    /// The parts of a text; `None` when the form does not have what it says (several pages, lists of cases …).
    pub fn of(text: &str) -> Option<Parts> {
        toml::from_str::<Parts>(text).ok().filter(|parts| parts.tab.len() == 1)
    }
}

fn problem(message: impl Into<String>) -> Problems {
    let mut problems = Problems::default();
    problems.add(FILE, 0, message);
    problems
}

/// A report file's text as that of an own report: module and id are the users' own, requirements fall away.
pub fn adopt(text: &str) -> Result<String, Problems> {
    let mut table: toml::Table =
        toml::from_str(text).map_err(|error| problem(crate::load::in_chinese(error.message())))?;
    let values =
        [("id", ID.into()), ("module", MODULE.into()), ("requirements", toml::Value::Array(Vec::new()))];
    for (key, value) in values {
        table.insert(key.to_owned(), value);
    }
    Ok(written(&table))
}

/// The text with another title.
pub fn rename(text: &str, title: &str) -> Result<String, Problems> {
    let mut table: toml::Table = toml::from_str(text).map_err(|error| problem(error.message().to_owned()))?;
    table.insert("title".to_owned(), title.into());
    Ok(written(&table))
}

/// A table as TOML: values first, then its tables under their headings.
fn written(table: &toml::Table) -> String {
    let mut text = String::new();
    write(table, "", &mut text);
    text
}

fn write(table: &toml::Table, prefix: &str, text: &mut String) {
    use toml::Value::{Array, Table};
    let of_tables = |value: &toml::Value| match value {
        Table(_) => true,
        Array(items) => items.first().is_some_and(toml::Value::is_table),
        _ => false,
    };
    // The order that people write them in; a map's own is by name.
    const FIRST: [&str; 4] = ["id", "title", "module", "requirements"];
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let mut values: Vec<(&String, &toml::Value)> =
        table.iter().filter(|(_, value)| !of_tables(value)).collect();
    values.sort_by_key(|(key, _)| place(key));
    for (key, value) in values {
        text.push_str(&format!("{} = {}\n", quoted_key(key), inline(value)));
    }
    for (key, value) in table.iter().filter(|(_, value)| of_tables(value)) {
        let path = if prefix.is_empty() { quoted_key(key) } else { format!("{prefix}.{}", quoted_key(key)) };
        match value {
            Table(inner) => {
                text.push_str(&format!("\n[{path}]\n"));
                write(inner, &path, text);
            }
            Array(items) => {
                for inner in items.iter().filter_map(toml::Value::as_table) {
                    text.push_str(&format!("\n[[{path}]]\n"));
                    write(inner, &path, text);
                }
            }
            _ => {}
        }
    }
}

fn inline(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => quoted(text),
        toml::Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        toml::Value::Table(inner) => {
            let parts = inner.iter().map(|(key, value)| format!("{} = {}", quoted_key(key), inline(value)));
            format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => format!("{number:?}"),
        toml::Value::Boolean(flag) => flag.to_string(),
        // Offset dates have no place in a definition; as text the checks refuse them.
        toml::Value::Datetime(date) => quoted(&format!("{date:?}")),
    }
}

fn quoted_key(key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { key.to_owned() } else { quoted(key) }
}

/// A basic string: nothing in it can end it or begin a line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// The report of a text, under its number; the same checks as for the files of packs/reports.
pub fn report(text: &str, number: i64, layer: &Layer) -> Result<Report, Problems> {
    let module = format!("[[module]]\nid = \"{MODULE}\"\ntitle = \"{FILE}\"\n");
    // The module's file is told by its first words, so a text that says them is none.
    if text.contains("[[module]]") {
        return Err(problem("一个文件只能是一张报表"));
    }
    let mut report = Reports::load(&[("modules.toml", &module), (FILE, text)], layer)?
        .reports
        .pop()
        .ok_or_else(|| problem("没有报表"))?;
    let title = report.title.trim();
    if title.is_empty() || title.chars().count() > LONGEST || title.chars().any(char::is_control) {
        return Err(problem(format!("名称应为 1 至 {LONGEST} 个字")));
    }
    report.id = format!("{ID}-{number}");
    Ok(report)
}

/// The number of an own report's id.
pub fn number(id: &str) -> Option<i64> {
    id.strip_prefix(ID)?.strip_prefix('-')?.parse().ok()
}
