//! 导出文件: tables handed to people, as CSV that a spreadsheet opens without running anything.

use anyhow::bail;
use std::path::Path;
use terms::Table;

/// Whether a path asks for CSV; anything but `.csv` and `.xlsx` is refused.
pub(crate) fn is_csv(path: &Path) -> anyhow::Result<bool> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(true),
        Some("xlsx") => Ok(false),
        _ => bail!("{}：请写成 .xlsx 或 .csv 结尾的文件名", path.display()),
    }
}

/// CSV for Excel: UTF-8 with byte order mark, CR LF, and no cell that runs as a formula.
pub(crate) fn csv(table: &Table) -> anyhow::Result<Vec<u8>> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(table.header())?;
    for row in table.rows() {
        writer.write_record(row.cells().map(harmless))?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// A cell that Excel would run gets a single quote in front, which `import` takes off again. Numbers are harmless.
fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && model::parse_decimal(cell).is_none();
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for (cell, out) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("@malignant", "'@malignant"),
            ("-0.05", "-0.05"),
            ("-", "'-"),
            ("K35.9", "K35.9"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), out);
        }
    }
}
