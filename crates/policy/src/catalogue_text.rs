//! The catalogue as its file spells it, for showing what changed in a row.

use crate::CATALOGUE_COLUMNS;
use std::collections::BTreeMap;
use terms::table::{Encoding, Format, Hint, read_table};
use terms::{Table, TableError};

/// A pack's CSV file as a table of text.
pub fn read(bytes: &[u8]) -> Result<Table, TableError> {
    let hint =
        Hint { format: Some(Format::Csv), encoding: Some(Encoding::Utf8), sheet: None, header_line: None };
    read_table(bytes, &hint)
}

/// Rows of a catalogue by group code, cells in the order of [`CATALOGUE_COLUMNS`].
pub struct CatalogueText(BTreeMap<String, Vec<String>>);

/// One cell that differs.
pub struct CellChange {
    /// Column of `catalogue.csv`.
    pub column: &'static str,
    /// As the earlier catalogue spells it.
    pub before: String,
    /// As the later catalogue spells it.
    pub after: String,
}

impl CatalogueText {
    /// An absent or unreadable catalogue reads as empty: what is wrong with it is the loader's to say.
    pub fn new(bytes: Option<&[u8]>) -> CatalogueText {
        let Some(table) = bytes.and_then(|bytes| read(bytes).ok()) else {
            return CatalogueText(BTreeMap::new());
        };
        let at: Vec<Option<usize>> = CATALOGUE_COLUMNS.iter().map(|name| table.column(name).ok()).collect();
        let cells = |row: terms::table::Row<'_>| -> Vec<String> {
            at.iter().map(|at| at.map_or("", |at| row.get(at)).to_owned()).collect()
        };
        let rows = table.rows().map(cells).filter_map(|cells| Some((cells.first()?.clone(), cells)));
        CatalogueText(rows.collect())
    }

    /// Cells of a group that the other catalogue spells differently; `1.0` and `1` are the same number.
    pub fn changes(&self, after: &CatalogueText, code: &str) -> Vec<CellChange> {
        let (Some(old), Some(new)) = (self.0.get(code), after.0.get(code)) else { return Vec::new() };
        let same = |a: &str, b: &str| {
            a == b || model::parse_decimal(a).zip(model::parse_decimal(b)).is_some_and(|(a, b)| a == b)
        };
        CATALOGUE_COLUMNS
            .iter()
            .zip(old.iter().zip(new))
            .filter(|(_, (before, after))| !same(before, after))
            .map(|(column, (before, after))| CellChange {
                column,
                before: before.clone(),
                after: after.clone(),
            })
            .collect()
    }
}
