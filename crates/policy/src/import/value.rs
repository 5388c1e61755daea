//! A cell of the city's file as a canonical value.

use super::code_cell::{self, Separators};
use super::column_map::FieldSource;

/// A canonical value, and what is doubtful about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) doubt: Option<String>,
}

impl Value {
    fn plain(text: String) -> Value {
        Value { text, doubt: None }
    }
}

/// Reads a cell that is not blank; `Err` is what is wrong and the remedy.
pub(crate) fn read(
    source: &FieldSource,
    cell: &str,
    is_nothing: impl Fn(&str) -> bool,
) -> Result<Value, String> {
    let codes = |separators: &Separators, one, example| {
        let codes = code_cell::canonical(cell, separators, is_nothing, one).map_err(|part| {
            format!("“{}”不是编码：请写成 {example} 的样子，或核对列对应中的分隔符", shorten(&part))
        })?;
        let doubt = codes.repeated.map(|code| format!("同一格中 {code} 等编码重复，只取一次：请核对原文件"));
        Ok(Value { text: codes.text, doubt })
    };
    match source.field {
        // Diagnoses know no `+` of several: it belongs to dagger/asterisk pairs.
        "diagnosis" => {
            let alternatives = Separators { all: String::new(), any: source.separators.any.clone() };
            codes(&alternatives, code_cell::diagnosis, "K35.9")
        }
        "other_diagnosis" => codes(&source.separators, code_cell::diagnosis, "C77.0"),
        "main_operation" | "related_operation" => codes(&source.separators, code_cell::procedure, "47.0100"),
        "points" | "reference_cost" | "mean_days" | "cv" => amount(cell).map(Value::plain),
        "cases" => match cell.parse::<u32>() {
            Ok(cases) => Ok(Value::plain(cases.to_string())),
            Err(_) => Err(format!("“{}”不是病例数：请只填非负整数", shorten(cell))),
        },
        _ if cell.starts_with('=') => {
            Err(format!("“{}”以等号开头，像 Excel 公式：请粘贴为数值或改成普通文字", shorten(cell)))
        }
        field => {
            let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            let runs = matches!(field, "code" | "name" | "category") && text.starts_with(['+', '-', '@']);
            let doubt =
                runs.then(|| format!("“{}”像 Excel 公式：请核对原文，导出时会加单引号", shorten(&text)));
            Ok(Value { text, doubt })
        }
    }
}

fn amount(cell: &str) -> Result<String, String> {
    match model::parse_decimal(cell) {
        None => Err(format!("“{}”不是数字：请只填数字，不加千分位和单位", shorten(cell))),
        Some(value) if value.is_sign_negative() && !value.is_zero() => {
            Err(format!("“{value}”是负数：请核对原文件，改为不小于 0 的数"))
        }
        Some(value) => Ok(value.to_string()),
    }
}

/// Takes back what our CSV exports do to cells that a spreadsheet would run: `'=1+1` → `=1+1`.
pub(crate) fn unescaped(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

/// Quotes at most 40 characters of bad input.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
