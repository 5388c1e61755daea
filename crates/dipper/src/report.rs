//! 报告: what commands print about rows of a table.

use model::WrongRow;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

/// Rows shown of each kind; the counts are always complete.
pub(crate) const SHOWN: usize = 20;

/// Writes to standard output; a reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// A refused row: line, column, what is wrong and the remedy.
pub(crate) fn row_message(row: &WrongRow) -> String {
    row.to_string()
}

/// A title with the number of rows and the first `shown` of them; nothing when there is no row.
pub(crate) fn section(
    text: &mut String,
    title: &str,
    shown: usize,
    rows: impl ExactSizeIterator<Item = String>,
) -> std::fmt::Result {
    let count = rows.len();
    if count == 0 {
        return Ok(());
    }
    writeln!(text, "{title} {count}：")?;
    for row in rows.take(shown) {
        writeln!(text, "  {row}")?;
    }
    if count > shown {
        writeln!(text, "  …… 另有 {} 条", count - shown)?;
    }
    Ok(())
}
