//! 行对照: the one path from a source's text to a canonical row.

mod fault;
mod found_columns;

use crate::error::ConnectError;
use crate::mapping::{CodeMap, FieldFrom, FieldMap, Mode, Task, Unmapped};
use crate::rejection::{Cause, Rejection};
use crate::text_row::TextRow;
use fault::{Fault, remedy};
use found_columns::Found;
use model::canonical::{Column, Kind, Row, Value, ValueError, seconds_of};
use rust_decimal::{Decimal, RoundingStrategy};
use rustc_hash::FxHashMap;

/// A row ready for the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRow {
    /// All columns of the table in its order; the first is the key. Columns that are not mapped are `Null`.
    pub row: Row,
    /// Last change by the source's clock, seconds.
    pub updated_at: Option<i64>,
    /// 作废: only the key is sure to be there.
    pub deleted: bool,
}

impl MappedRow {
    /// The row's key.
    pub fn key(&self) -> &str {
        self.row.first().map_or("", Value::str)
    }
}

/// A source value without a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmappedValue {
    /// Canonical column.
    pub column: &'static str,
    /// Name of the code map.
    pub codes: String,
    /// As written.
    pub value: String,
    /// Rows that have it.
    pub count: u64,
}

/// Distinct unmapped values that are remembered, all columns together.
const MOST_UNMAPPED: usize = 1000;
/// Longest source cell kept with a refused row, characters.
const LONGEST_RAW: usize = 200;

/// Maps the rows of one result, whose columns it was compiled for.
pub struct RowMapper<'m> {
    task: &'m Task,
    fields: Vec<Field<'m>>,
    key: Vec<Piece<'m>>,
    watermark: Option<usize>,
    watermark_format: Option<&'m str>,
    void: Option<(usize, &'m [String])>,
    page: Option<usize>,
    /// Mapped source columns, for refused rows: position, name, private.
    raw: Vec<(usize, String, bool)>,
    scratch: String,
    unmapped: FxHashMap<(usize, String), u64>,
}

struct Field<'m> {
    column: &'static Column,
    map: &'m FieldMap,
    from: From<'m>,
}

enum From<'m> {
    Column(usize),
    Const(&'m Value),
    Template(Vec<Piece<'m>>),
}

enum Piece<'m> {
    Column(usize),
    Fixed(&'m str),
}

impl<'m> RowMapper<'m> {
    /// Checks that every mapped column is in the result, once.
    pub fn compile(task: &'m Task, columns: &[String]) -> Result<RowMapper<'m>, ConnectError> {
        let found = Found { task, columns, missing: std::cell::RefCell::default() };
        let mut fields = Vec::with_capacity(task.fields.len());
        for map in &task.fields {
            let Some(column) = task.table.columns.get(map.position) else { continue };
            let from = match &map.from {
                FieldFrom::Column(name) => From::Column(found.at(name)?),
                FieldFrom::Const(value) => From::Const(value),
                FieldFrom::Template(template) => From::Template(found.pieces(template)?),
            };
            fields.push(Field { column, map, from });
        }
        let key = found.pieces(&task.key)?;
        let (watermark, watermark_format) = match &task.mode {
            Mode::Watermark { column, format, .. } => (Some(found.at(column)?), format.as_deref()),
            _ => (None, None),
        };
        let void = match &task.void {
            Some(void) => Some((found.at(&void.column)?, void.values.as_slice())),
            None => None,
        };
        let page = match &task.page {
            Some(page) => Some(found.at(&page.column)?),
            None => None,
        };
        found.finish()?;
        let mut mapper = RowMapper {
            task,
            fields,
            key,
            watermark,
            watermark_format,
            void,
            page,
            raw: Vec::new(),
            scratch: String::new(),
            unmapped: FxHashMap::default(),
        };
        mapper.raw = mapper.raw_columns(columns);
        Ok(mapper)
    }

    /// One row. Allocates the row and its long texts, nothing else.
    pub fn map(&mut self, source: &TextRow<'_>) -> Result<MappedRow, Box<Rejection>> {
        if let Some(fault) = source.fault {
            let remedy = "请在源文件中改正这一行后重新导入";
            return Err(self.reject(source, None, Cause::Malformed, fault.to_owned(), remedy));
        }
        let key = self.key(source)?;
        let deleted = self.void.is_some_and(|(at, values)| {
            source.get(at).is_some_and(|text| values.iter().any(|value| value.trim() == text.trim()))
        });
        let updated_at = self.updated_at(source, &key)?;
        let mut row = Row::with_capacity(self.task.table.columns.len());
        row.push(key);
        let fields = std::mem::take(&mut self.fields);
        let mut refused = None;
        for (at, field) in fields.iter().enumerate() {
            while row.len() < field.map.position {
                row.push(Value::Null);
            }
            let value = match self.field(field, at, source) {
                Ok(value) if value.is_null() && field.column.required && !deleted => {
                    refused = Some((at, Cause::Missing, "没有内容，但这一项必填".to_owned()));
                    break;
                }
                Ok(value) => value,
                // Of a deletion only the key is needed.
                Err(_) if deleted => Value::Null,
                Err(fault) => {
                    refused = Some((at, fault.cause(), fault.reason(field, source)));
                    break;
                }
            };
            row.push(value);
        }
        self.fields = fields;
        if let Some((at, cause, reason)) = refused {
            let key = row.first().map(|key| key.str().to_owned());
            let mut rejection = self.reject(source, Some(at), cause, reason, remedy(cause));
            rejection.key = key;
            return Err(rejection);
        }
        row.resize(self.task.table.columns.len(), Value::Null);
        Ok(MappedRow { row, updated_at, deleted })
    }

    /// Position of the column that pages go by.
    pub(crate) fn page_column(&self) -> Option<usize> {
        self.page
    }

    /// Source values without a mapping so far, the most frequent first.
    pub fn unmapped(&self) -> Vec<UnmappedValue> {
        let mut values: Vec<UnmappedValue> = self
            .unmapped
            .iter()
            .filter_map(|((at, value), count)| {
                let field = self.fields.get(*at)?;
                let codes = field.map.codes.as_ref().map_or_else(String::new, |map| map.name.clone());
                Some(UnmappedValue { column: field.column.name, codes, value: value.clone(), count: *count })
            })
            .collect();
        values.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| (a.column, &a.value).cmp(&(b.column, &b.value)))
        });
        values
    }

    fn key(&mut self, source: &TextRow<'_>) -> Result<Value, Box<Rejection>> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let written = write_template(&mut scratch, &self.key, source, &self.task.empty);
        let value = if written { Value::read(Kind::Text, &scratch) } else { Ok(Value::Null) };
        self.scratch = scratch;
        let damaged =
            self.key.iter().any(|piece| matches!(piece, Piece::Column(at) if source.is_damaged(*at)));
        match value {
            Ok(value) if !value.is_null() && !damaged => Ok(value),
            _ => {
                let columns = self.task.key.columns().collect::<Vec<_>>().join("、");
                let reason = format!("主键由 {columns} 组成，其中有空缺或损坏");
                let remedy = "请厂商在视图中补全这些列，或修改对照包的 key";
                Err(self.reject(source, None, Cause::NoKey, reason, remedy))
            }
        }
    }

    fn updated_at(&mut self, source: &TextRow<'_>, key: &Value) -> Result<Option<i64>, Box<Rejection>> {
        let Some(at) = self.watermark else { return Ok(None) };
        let text = source.get(at).unwrap_or_default();
        let read = match self.watermark_format {
            Some(format) => parse_format(format, text.trim()).ok(),
            None => Value::read(Kind::Moment, text).ok().and_then(|value| value.int()),
        };
        if let Some(seconds) = read {
            return Ok(Some(seconds));
        }
        let reason = format!("更新时间“{}”为空或不是时间", shorten(text, 40));
        let remedy = "请厂商保证每行都有更新时间，或改用 window、full";
        let mut rejection = self.reject(source, None, Cause::NoWatermark, reason, remedy);
        rejection.key = Some(key.str().to_owned());
        Err(rejection)
    }

    #[inline]
    fn field(&mut self, field: &Field<'m>, at: usize, source: &TextRow<'_>) -> Result<Value, Fault> {
        let value = match &field.from {
            From::Const(value) => return Ok((*value).clone()),
            From::Column(column) => {
                if source.is_damaged(*column) {
                    return Err(Fault::Damaged);
                }
                let text = source.get(*column).unwrap_or_default();
                self.read(field, at, text)?
            }
            From::Template(pieces) => {
                if pieces.iter().any(|piece| matches!(piece, Piece::Column(at) if source.is_damaged(*at))) {
                    return Err(Fault::Damaged);
                }
                let mut scratch = std::mem::take(&mut self.scratch);
                let written = write_template(&mut scratch, pieces, source, &self.task.empty);
                let value = if written { self.read(field, at, &scratch) } else { Ok(Value::Null) };
                self.scratch = scratch;
                value?
            }
        };
        match (&field.map.default, value.is_null()) {
            (Some(default), true) => Ok(default.clone()),
            _ => Ok(value),
        }
    }

    #[inline]
    fn read(&mut self, field: &Field<'m>, at: usize, text: &str) -> Result<Value, Fault> {
        let text = text.trim();
        if text.is_empty() || is_empty_mark(text, &self.task.empty) || is_empty_mark(text, &field.map.empty) {
            return Ok(Value::Null);
        }
        let kind = field.column.kind;
        if let Some(codes) = &field.map.codes {
            return match mapped(codes, text) {
                Some(kept) => Value::read(kind, kept).map_err(Fault::Read),
                None => {
                    self.count_unmapped(at, text);
                    match field.map.unmapped {
                        Unmapped::Reject => Err(Fault::Unmapped),
                        Unmapped::Null => Ok(Value::Null),
                        Unmapped::Keep => Value::read(kind, text).map_err(Fault::Read),
                    }
                }
            };
        }
        if let Some(format) = &field.map.format {
            let seconds = parse_format(format, text).map_err(|_| Fault::Format)?;
            return Ok(Value::Int(if kind == Kind::Day { seconds.div_euclid(86_400) } else { seconds }));
        }
        match Value::read(kind, text) {
            Err(ValueError::TooPrecise(..)) if field.map.round => rounded(kind, text),
            other => other.map_err(Fault::Read),
        }
    }

    fn count_unmapped(&mut self, at: usize, text: &str) {
        let full = self.unmapped.len() >= MOST_UNMAPPED;
        let key = (at, shorten(text, 100));
        match self.unmapped.get_mut(&key) {
            Some(count) => *count += 1,
            None if full => {}
            None => {
                self.unmapped.insert(key, 1);
            }
        }
    }

    fn reject(
        &self,
        source: &TextRow<'_>,
        field: Option<usize>,
        cause: Cause,
        reason: String,
        remedy: &str,
    ) -> Box<Rejection> {
        let column = field.and_then(|at| self.fields.get(at)).map(|field| field.column);
        let raw = if source.fault.is_some() { Vec::new() } else { self.raw_row(source) };
        Box::new(Rejection {
            place: source.place.to_owned(),
            number: source.number,
            key: None,
            field: column.map(|column| column.name),
            field_name: column.map_or_else(String::new, |column| column.chinese.to_owned()),
            cause,
            reason,
            remedy: remedy.to_owned(),
            raw,
        })
    }

    fn raw_row(&self, source: &TextRow<'_>) -> Vec<(String, Option<String>)> {
        let cell = |(at, name, private): &(usize, String, bool)| {
            let text = source.get(*at).map(|text| match private {
                true if !text.trim().is_empty() => "***".to_owned(),
                _ => shorten(text, LONGEST_RAW),
            });
            (name.clone(), text)
        };
        self.raw.iter().map(cell).collect()
    }

    /// Every source column that is used, once; private when any canonical column it fills is.
    fn raw_columns(&self, columns: &[String]) -> Vec<(usize, String, bool)> {
        let mut used: FxHashMap<usize, bool> = FxHashMap::default();
        let pieces = |pieces: &[Piece<'_>]| -> Vec<usize> {
            pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Column(at) => Some(*at),
                    Piece::Fixed(_) => None,
                })
                .collect()
        };
        let key = pieces(&self.key);
        let others = self.watermark.into_iter().chain(self.void.map(|(at, _)| at)).chain(key);
        others.for_each(|at| *used.entry(at).or_default() |= false);
        for field in &self.fields {
            let from = match &field.from {
                From::Column(at) => vec![*at],
                From::Template(parts) => pieces(parts),
                From::Const(_) => Vec::new(),
            };
            from.into_iter().for_each(|at| *used.entry(at).or_default() |= field.column.private.is_some());
        }
        let mut raw: Vec<(usize, String, bool)> = used
            .into_iter()
            .map(|(at, private)| (at, columns.get(at).cloned().unwrap_or_default(), private))
            .collect();
        raw.sort();
        raw
    }
}

/// Writes a template's value; `false` when one of its columns is not recorded.
fn write_template(out: &mut String, pieces: &[Piece<'_>], source: &TextRow<'_>, empty: &[String]) -> bool {
    out.clear();
    for piece in pieces {
        match piece {
            Piece::Fixed(text) => out.push_str(text),
            Piece::Column(at) => {
                let text = source.get(*at).unwrap_or_default().trim();
                if text.is_empty() || is_empty_mark(text, empty) {
                    return false;
                }
                out.push_str(text);
            }
        }
    }
    true
}

#[inline]
fn is_empty_mark(text: &str, marks: &[String]) -> bool {
    marks.iter().any(|mark| mark == text)
}

/// As written; codes that came as decimals (`1.0`, `1.00`) also as whole numbers.
fn mapped<'c>(codes: &'c CodeMap, text: &str) -> Option<&'c str> {
    codes.get(text).or_else(|| {
        let (whole, decimals) = text.split_once('.')?;
        decimals.bytes().all(|byte| byte == b'0').then(|| codes.get(whole)).flatten()
    })
}

fn rounded(kind: Kind, text: &str) -> Result<Value, Fault> {
    let places = if kind == Kind::Money { 2 } else { 4 };
    let number: Decimal =
        model::parse_decimal(text).ok_or_else(|| Fault::Read(ValueError::OutOfRange(shorten(text, 40))))?;
    let number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    Value::read(kind, &number.to_string()).map_err(Fault::Read)
}

/// A date or time in a pack's format, as seconds.
pub(crate) fn parse_format(format: &str, text: &str) -> Result<i64, jiff::Error> {
    let time = jiff::fmt::strtime::parse(format, text)?;
    let date = time.to_date()?;
    // A format without a time of day means midnight.
    let at = time.to_time().map_or_else(|_| date.at(0, 0, 0, 0), |time| date.to_datetime(time));
    Ok(seconds_of(at))
}

fn shorten(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
