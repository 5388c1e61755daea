//! 目录文件: a catalogue as uploaded, with the map that reads it.

use super::{ColumnMap, ImportError};
use crate::PackFiles;
use terms::Table;
use terms::table::{Hint, read_table};

/// Reads an uploaded catalogue. Exports of ours and the filled-in template need no map; any other file is read by the
/// pack's `import.toml`.
pub fn read_catalogue(files: &PackFiles, bytes: &[u8]) -> Result<(ColumnMap, Table), ImportError> {
    let plain = read_table(bytes, &Hint::default());
    let own = plain.as_ref().ok().map(|table| ColumnMap::own(table.header()));
    if let (Ok(table), Some(Ok(map))) = (&plain, &own) {
        return Ok((map.clone(), table.clone()));
    }
    let Some(map) = files.get("import.toml") else {
        plain?;
        return Err(ImportError::NoMap(own.and_then(Result::err).unwrap_or_default()));
    };
    let map = ColumnMap::read("import.toml", map).map_err(ImportError::Map)?;
    let table = read_table(bytes, &map.hint)?;
    Ok((map, table))
}
