//! 记录: one row of a file read against a layout.

use crate::layout::{Field, FieldKind, Layout, Role, VALID_FROM, VALID_TO};
use crate::table::Row;
use compact_str::CompactString;
use model::{Code, WrongRow};

/// 记录: one row of a catalogue, values in the order of its layout's fields.
#[derive(Clone, Debug)]
pub struct Record {
    /// Key fields in layout order, joined; what rows are compared and sorted by.
    pub(crate) key: CompactString,
    values: Box<[CompactString]>,
    /// Field position and original spelling of codes that were written differently.
    written: Vec<(usize, CompactString)>,
    /// Where the row came from; two records are equal wherever they stood.
    line: usize,
}

impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        (&self.key, &self.values, &self.written) == (&other.key, &other.values, &other.written)
    }
}

impl Eq for Record {}

impl Record {
    /// Value of a field by its position in the layout; empty when there is none.
    pub fn value(&self, position: usize) -> &str {
        self.values.get(position).map_or("", CompactString::as_str)
    }

    /// Value of a field by id; empty when there is none.
    pub fn get(&self, layout: &Layout, id: &str) -> &str {
        layout.position(id).map_or("", |position| self.value(position))
    }

    /// 原写法: the code as the file spelt it, where that differs from the normalised code.
    pub fn written(&self, position: usize) -> Option<&str> {
        self.written.iter().find(|(at, _)| *at == position).map(|(_, text)| text.as_str())
    }

    /// 行号 in the file the row was read from.
    pub fn line(&self) -> usize {
        self.line
    }

    /// `I10.x00 高血压`; of a map `I10.x00→I10.x00 高血压`.
    pub fn label(&self, layout: &Layout) -> String {
        let codes: Vec<&str> = layout.keys().map(|(at, _)| self.value(at)).collect();
        let name = [self.get(layout, "name"), self.get(layout, "clinical_name")];
        let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        format!("{} {name}", codes.join("→")).trim_end().to_owned()
    }

    pub(crate) fn values(&self) -> &[CompactString] {
        &self.values
    }

    pub(crate) fn spellings(&self) -> &[(usize, CompactString)] {
        &self.written
    }

    /// Whether the row is in force on a day, first and last day included. Rows without dates always are.
    pub fn in_force(&self, layout: &Layout, on: jiff::civil::Date) -> bool {
        covers(self.get(layout, VALID_FROM), self.get(layout, VALID_TO), &on.to_string())
    }
}

/// Whether a day lies in a period, all as ISO days, which compare as text.
pub(crate) fn covers(from: &str, to: &str, day: &str) -> bool {
    from <= day && (to.is_empty() || day <= to)
}

/// Separates the parts of a key; sorts below every character codes hold.
pub(crate) const KEY_BREAK: char = '\u{1f}';

/// A refused row, with its key when that could be read.
pub(crate) struct Refused {
    pub(crate) wrong: WrongRow,
    pub(crate) key: Option<CompactString>,
}

/// Reads one row. `columns` and `defaults` run along the layout's fields.
pub(crate) fn read(
    layout: &Layout,
    columns: &[Option<usize>],
    defaults: &[&str],
    row: Row<'_>,
) -> Result<Record, Box<Refused>> {
    let mut problems: Vec<(&Field, String)> = Vec::new();
    let mut values = Vec::with_capacity(layout.fields.len());
    let mut written = Vec::new();
    let mut key = CompactString::default();
    let mut key_known = true;
    for (at, field) in layout.fields.iter().enumerate() {
        let cell = columns.get(at).copied().flatten().map_or("", |column| row.get(column));
        let cell = if cell.is_empty() { defaults.get(at).copied().unwrap_or_default() } else { cell };
        let in_key = field.role != Role::Content;
        let value = if cell.is_empty() && !field.required {
            CompactString::default()
        } else {
            match field.read(cell) {
                Ok(value) => value,
                Err(message) => {
                    key_known &= !in_key;
                    problems.push((field, message));
                    CompactString::default()
                }
            }
        };
        if matches!(field.kind, FieldKind::Diagnosis | FieldKind::Procedure | FieldKind::PlainCode)
            && !value.is_empty()
            && value != cell
        {
            written.push((at, cell.into()));
        }
        if in_key {
            if !key.is_empty() {
                key.push(KEY_BREAK);
            }
            key.push_str(&value);
        }
        values.push(value);
    }
    let record = Record { key, values: values.into_boxed_slice(), written, line: row.line() };
    let (from, to) = (record.get(layout, VALID_FROM), record.get(layout, VALID_TO));
    if !to.is_empty() && to < from {
        let field = layout.fields.iter().find(|field| field.id == VALID_TO);
        let message = format!("失效日期 {to} 早于生效日期 {from}：请改正其中一个");
        problems.extend(field.map(|field| (field, message)));
    }
    let mut problems = problems.into_iter();
    let Some((first, mut message)) = problems.next() else { return Ok(record) };
    for (field, more) in problems {
        message.push_str(&format!("；{}：{more}", field.title));
    }
    let wrong = WrongRow { line: row.line(), column: first.title.to_owned(), message };
    Err(Box::new(Refused { wrong, key: key_known.then_some(record.key) }))
}

impl Field {
    /// The value a catalogue keeps for a cell, codes normalised; or what is wrong with it and the remedy.
    pub fn read(&self, cell: &str) -> Result<CompactString, String> {
        read_value(self, cell)
    }
}

fn read_value(field: &Field, cell: &str) -> Result<CompactString, String> {
    if cell.is_empty() {
        return Err(format!("没有填写：请补填{}", field.title));
    }
    // No database keeps a zero byte.
    if cell.contains('\0') {
        return Err("含有不可见的控制字符：请在原文件中删去这一格后重新填写".to_owned());
    }
    match field.kind {
        FieldKind::Text => Ok(cell.into()),
        FieldKind::Diagnosis => {
            let code = Code::diagnosis(cell);
            let [a, b, c, ..] = code.as_bytes() else { return Err(not_a_code(cell, "K35.900")) };
            let right = a.is_ascii_uppercase() && b.is_ascii_digit() && c.is_ascii_alphanumeric();
            if right && plain(&code) { Ok(code.as_str().into()) } else { Err(not_a_code(cell, "K35.900")) }
        }
        FieldKind::Procedure => {
            let code = Code::procedure(cell);
            let right = matches!(code.as_bytes(), [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit());
            if right && plain(&code) { Ok(code.as_str().into()) } else { Err(not_a_code(cell, "47.0100")) }
        }
        FieldKind::PlainCode => {
            let code: CompactString =
                cell.chars().map(half_width).filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            if code.is_empty() { Err(format!("没有填写：请补填{}", field.title)) } else { Ok(code) }
        }
        FieldKind::Date => match model::parse_moment(cell) {
            Some(moment) => Ok(moment.date().to_string().into()),
            None => Err(format!("“{}”不是日期：请写成 2025-03-01", shorten(cell))),
        },
        FieldKind::Decimal => match model::parse_decimal(cell) {
            Some(number) => Ok(number.to_string().into()),
            None => Err(format!("“{}”不是数字：请只填数字，不加千分位和单位", shorten(cell))),
        },
        FieldKind::Choice(words) => match words.iter().find(|word| **word == cell) {
            Some(word) => Ok((*word).into()),
            None => Err(format!("“{}”不在可选值中：请填 {}", shorten(cell), words.join("、"))),
        },
    }
}

/// Whether a normalised ICD code holds only what codes hold.
fn plain(code: &Code) -> bool {
    code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '*' | '/' | '-'))
}

fn not_a_code(cell: &str, example: &str) -> String {
    format!("“{}”不是有效编码：请写成 {example} 的样子", shorten(cell))
}

pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
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
