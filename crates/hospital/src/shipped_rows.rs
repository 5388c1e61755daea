//! Rows of a shipped CSV by column name.

/// A table in memory.
pub(crate) struct Rows {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    pub(crate) fn read(text: &str) -> Rows {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let own = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
        let header = reader.headers().map(own).unwrap_or_default();
        // The files are part of the program: a test reads every row of them.
        let rows = reader.records().filter_map(Result::ok).map(|record| own(&record)).collect();
        Rows { header, rows }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|row| Row { header: &self.header, row })
    }
}

/// One row.
pub(crate) struct Row<'a> {
    header: &'a [String],
    row: &'a [String],
}

impl<'a> Row<'a> {
    /// A field's text; empty when there is no such column.
    pub(crate) fn text(&self, column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| self.row.get(at)).map_or("", String::as_str)
    }

    /// A whole number; 0 when blank.
    pub(crate) fn number(&self, column: &str) -> i64 {
        self.text(column).parse().unwrap_or_default()
    }
}
