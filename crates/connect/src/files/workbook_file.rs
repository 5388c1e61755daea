//! XLSX and XLS, read whole by `terms::table` (they are small by their format).

use super::{Done, FoundFile, disk_error};
use crate::error::ConnectError;
use crate::mapping::FileQuery;
use crate::source::RowReader;
use crate::text_row::RowBuffer;
use std::io::Read;
use terms::table::{Format, Hint, MAX_BYTES, read_table};

/// Told from the first bytes, never from the name.
pub(super) fn is_one(file: &FoundFile) -> Result<bool, ConnectError> {
    let mut head = Vec::new();
    std::fs::File::open(&file.path)
        .and_then(|open| open.take(4).read_to_end(&mut head))
        .map_err(|error| disk_error(&file.path, &error))?;
    Ok(head == b"PK\x03\x04" || head == [0xd0, 0xcf, 0x11, 0xe0])
}

pub(super) fn read(
    file: &FoundFile,
    query: &FileQuery,
    reader: &mut dyn RowReader,
) -> Result<Done, ConnectError> {
    let refused = |reason| ConnectError::Table { file: file.name.clone(), reason };
    let size = std::fs::metadata(&file.path).map_err(|error| disk_error(&file.path, &error))?.len() as usize;
    if size > MAX_BYTES {
        let (megabytes, limit) = (size >> 20, MAX_BYTES >> 20);
        return Err(refused(terms::TableError::TooLarge { megabytes, limit }));
    }
    let bytes = std::fs::read(&file.path).map_err(|error| disk_error(&file.path, &error))?;
    let hint = Hint {
        format: Some(Format::Workbook),
        sheet: query.sheet.clone(),
        header_line: query.header_line,
        ..Hint::default()
    };
    let table = read_table(&bytes, &hint).map_err(refused)?;
    reader.columns(table.header())?;
    let mut buffer = RowBuffer::default();
    let mut rows = 0;
    for row in table.rows() {
        rows += 1;
        buffer.clear();
        row.cells().for_each(|cell| buffer.push(cell));
        if reader.row(&buffer.row(row.line() as u64, &file.name)).is_break() {
            return Ok(Done { rows, stopped: true });
        }
    }
    buffer.clear();
    for wrong in &table.wrong {
        rows += 1;
        let fault = format!("{}：{}", wrong.column, wrong.message);
        let fault = if wrong.column.is_empty() { &wrong.message } else { &fault };
        let row = buffer.row(wrong.line as u64, &file.name);
        if reader.row(&row.with_fault(Some(fault))).is_break() {
            return Ok(Done { rows, stopped: true });
        }
    }
    Ok(Done { rows, stopped: false })
}
