//! 病例工作簿: a sheet as the CSV that the case reader reads.

use crate::CaseFileError;
use model::WrongRow;
use terms::table::{Hint, read_table};

/// The first sheet of a workbook (XLSX, XLS) as CSV text, a row a line and on the line that it has in the sheet. Line breaks
/// in cells become blanks. Rows that cannot be trusted (error cells, ragged) are told beside.
pub fn lines_of_workbook(bytes: &[u8]) -> Result<(Vec<u8>, Vec<WrongRow>), CaseFileError> {
    let table = read_table(bytes, &Hint::default())?;
    let mut text = Vec::new();
    write(&mut text, table.header().iter().map(String::as_str));
    let mut line = 1;
    for row in table.rows() {
        line += 1;
        // Blank and refused rows keep their place, so that a message names the sheet's own row.
        text.resize(text.len() + row.line().saturating_sub(line), b'\n');
        line = line.max(row.line());
        write(&mut text, row.cells());
    }
    Ok((text, table.wrong))
}

fn write<'c>(text: &mut Vec<u8>, cells: impl Iterator<Item = &'c str>) {
    // Writing into memory cannot fail.
    let _ = csv::Writer::from_writer(text).write_record(cells.map(|cell| cell.replace(['\r', '\n'], " ")));
}
