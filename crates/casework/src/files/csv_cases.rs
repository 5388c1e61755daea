//! CSV case files.

use super::column_map::{ColumnMap, FIELDS};
use crate::CaseFileError;
use crate::record::{CaseError, Fields, fill};
use model::Case;
use std::collections::BTreeMap;

/// Where the fields of a case stand in a CSV row.
#[derive(Debug)]
pub(crate) struct CsvLayout {
    delimiter: u8,
    list_separator: char,
    width: usize,
    fields: BTreeMap<&'static str, Field>,
}

#[derive(Debug, Default)]
struct Field {
    columns: Vec<usize>,
    constant: Option<String>,
    values: BTreeMap<String, String>,
    only_when: Option<(usize, String)>,
}

impl CsvLayout {
    /// Binds a column map to the header line of a file; without a map the header uses the contract's names.
    pub(crate) fn new(header: &str, map: Option<ColumnMap>) -> Result<CsvLayout, CaseFileError> {
        let delimiter = match map.as_ref().and_then(|map| map.delimiter) {
            Some(delimiter) => u8::try_from(delimiter)
                .map_err(|_| CaseFileError::Shape(format!("列对照的分隔符“{delimiter}”不是单字节字符")))?,
            None if header.contains('\t') && !header.contains(',') => b'\t',
            None => b',',
        };
        let header: Vec<String> = split(header, delimiter)
            .map_err(|error| CaseFileError::Shape(format!("表头无法读取：{error}")))?
            .iter()
            .map(|cell| cell.trim().to_owned())
            .collect();
        let map = map.unwrap_or_else(|| ColumnMap::of_contract(&header));
        let place = |name: &String| match header.iter().position(|column| column == name) {
            Some(at) => Ok(at),
            None => {
                let header = header.join("、");
                Err(CaseFileError::Shape(format!("表头中没有列“{name}”；表头为：{header}")))
            }
        };
        let mut layout = CsvLayout {
            delimiter,
            list_separator: map.list_separator.unwrap_or('|'),
            width: header.len(),
            fields: BTreeMap::new(),
        };
        for (name, _) in FIELDS {
            let columns = map.columns.get(name).map_or(&[][..], |columns| columns.names());
            let field = Field {
                columns: columns.iter().map(place).collect::<Result<_, _>>()?,
                constant: map.constants.get(name).cloned(),
                values: map.values.get(name).cloned().unwrap_or_default(),
                only_when: match map.only_when.get(name) {
                    Some(only) => Some((place(&only.column)?, only.is.clone())),
                    None => None,
                },
            };
            layout.fields.insert(name, field);
        }
        for needed in ["id", "principal_diagnosis"] {
            if layout.fields.get(needed).is_none_or(|field| field.columns.is_empty()) {
                return Err(CaseFileError::Shape(format!(
                    "表头中没有“{}”（{needed}）列：请改列名，或指定列对照（--map）",
                    super::chinese_field(needed)
                )));
            }
        }
        Ok(layout)
    }

    /// Reads one line into `case`.
    pub(crate) fn read(&self, line: &str, case: &mut Case) -> Result<(), CaseError> {
        let record = split(line, self.delimiter).map_err(|error| CaseError::new("", error.to_string()))?;
        if record.len() != self.width {
            let message = format!(
                "应有 {} 列，实有 {} 列：请检查引号、分隔符或单元格内的换行",
                self.width,
                record.len()
            );
            return Err(CaseError::new("", message));
        }
        fill(case, &Row { layout: self, record: &record })
    }
}

/// One line as cells. Cells with line breaks are not supported: one case is one line.
fn split(line: &str, delimiter: u8) -> Result<csv::StringRecord, csv::Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .buffer_capacity(line.len().max(64))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record)?;
    Ok(record)
}

struct Row<'a> {
    layout: &'a CsvLayout,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn cell(&self, field: &Field, column: usize) -> Option<&str> {
        if let Some((at, is)) = &field.only_when
            && self.record.get(*at).map(str::trim) != Some(is.as_str())
        {
            return None;
        }
        self.record.get(column)
    }
}

impl Fields for Row<'_> {
    fn text(&self, name: &'static str) -> Option<&str> {
        let field = self.layout.fields.get(name)?;
        let written = field.columns.first().and_then(|column| self.cell(field, *column));
        let text = written.or(field.constant.as_deref())?;
        // The map belongs to the layout, which outlives the row.
        field.values.get(text.trim()).map_or(Some(text), |value| Some(value.as_str()))
    }

    fn list(&self, name: &'static str, each: &mut dyn FnMut(&str)) {
        let Some(field) = self.layout.fields.get(name) else { return };
        for column in &field.columns {
            let cell = self.cell(field, *column).unwrap_or_default();
            cell.split(self.layout.list_separator).for_each(&mut *each);
        }
    }
}
