//! 表格: a CSV, TSV, XLSX or XLS file read from bytes into a header and rows of text.

mod number;
mod text;
mod workbook;

pub use crate::error::TableError;
use model::WrongRow;

/// Largest file accepted, bytes.
pub const MAX_BYTES: usize = 300 << 20;
/// Most text accepted after unpacking, bytes: cell ends are kept as `u32`.
const MAX_TEXT: usize = 1 << 30;

/// 文件格式. Without a hint it is told from the first bytes, never from the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma separated text.
    Csv,
    /// Tab separated text.
    Tsv,
    /// An Excel workbook, `.xlsx` or `.xls`.
    Workbook,
}

/// 文字编码 of CSV and TSV. Without a hint: BOM, then valid UTF-8, else GB18030 (of which GBK and GB2312 are parts).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8
    Utf8,
    /// GBK / GB18030
    Gb18030,
    /// UTF-16, little endian ("Unicode 文本" of Excel).
    Utf16,
}

/// What the caller knows about the file; the default knows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// 格式
    pub format: Option<Format>,
    /// 编码
    pub encoding: Option<Encoding>,
    /// 工作表 name; the first visible sheet otherwise.
    pub sheet: Option<String>,
    /// 表头行号, from 1, for files with a title above; the first line that is not blank otherwise.
    pub header_line: Option<usize>,
}

/// Reads a whole table. Blank rows are dropped; rows that cannot be trusted are in [`Table::wrong`], not in the rows.
pub fn read_table(bytes: &[u8], hint: &Hint) -> Result<Table, TableError> {
    if bytes.len() > MAX_BYTES {
        return Err(TableError::TooLarge { megabytes: bytes.len() >> 20, limit: MAX_BYTES >> 20 });
    }
    let format = hint.format.or_else(|| workbook::looks_like_one(bytes).then_some(Format::Workbook));
    match format {
        Some(Format::Workbook) => workbook::read(bytes, hint),
        Some(Format::Csv) => text::read(bytes, hint, Some(b',')),
        Some(Format::Tsv) => text::read(bytes, hint, Some(b'\t')),
        None => text::read(bytes, hint, None),
    }
}

/// A table of text. All cells lie in one buffer; a row costs `4 + 4 × columns` bytes beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    header: Vec<String>,
    text: String,
    /// End of each cell in `text`, row after row.
    ends: Vec<u32>,
    /// Source line of each row.
    lines: Vec<u32>,
    /// 出错: rows refused by the reader (ragged, damaged text, error cells), by line.
    pub wrong: Vec<WrongRow>,
}

impl Table {
    /// 列名, surrounding blanks removed; empty for a column without one.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Number of good rows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no good row.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The good rows in file order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> + '_ {
        (0..self.len()).map(|index| Row { table: self, index })
    }

    /// 列 by name; blanks, letter case and full-width forms do not count. Errors when it is missing or there twice.
    pub fn column(&self, name: &str) -> Result<usize, TableError> {
        let wanted = plain_name(name);
        let mut hits = self.header.iter().enumerate().filter(|(_, title)| plain_name(title) == wanted);
        let first = hits.next().filter(|_| !wanted.is_empty()).map(|(at, _)| at);
        let times = 1 + hits.count();
        match first {
            None => {
                let available = self.header.iter().filter(|t| !t.is_empty()).map(String::as_str);
                let available = available.collect::<Vec<_>>().join("、");
                Err(TableError::NoColumn { column: name.to_owned(), available })
            }
            Some(_) if times > 1 => Err(TableError::DuplicateColumn { column: name.to_owned(), times }),
            Some(at) => Ok(at),
        }
    }

    /// A table made in memory; rows are numbered from line 2. Short rows are filled up, long ones cut.
    pub fn from_rows<R: AsRef<[C]>, C: AsRef<str>>(
        header: &[&str],
        rows: impl IntoIterator<Item = R>,
    ) -> Table {
        let mut table = Table::with_header(header.iter().map(|title| (*title).to_owned()).collect());
        for (at, row) in rows.into_iter().enumerate() {
            let row = row.as_ref();
            table.push(at + 2, |column| row.get(column).map_or("", AsRef::as_ref));
        }
        table
    }

    /// The same rows with other cells; lines and refused rows stay. `cell` gets the row and the column from 0.
    pub fn rewritten<'t>(&'t self, cell: impl Fn(Row<'t>, usize) -> &'t str) -> Table {
        let mut table = Table::with_header(self.header.clone());
        table.wrong.clone_from(&self.wrong);
        for row in self.rows() {
            table.push(row.line(), |column| cell(row, column));
        }
        table
    }

    fn with_header(header: Vec<String>) -> Table {
        Table { header, ..Table::default() }
    }

    fn push<'c>(&mut self, line: usize, cell: impl Fn(usize) -> &'c str) {
        for column in 0..self.header.len() {
            self.text.push_str(trimmed(cell(column)));
            self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        }
        self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    }

    /// Refuses a row; `column` counts from 0, `None` means the whole row.
    fn refuse(&mut self, line: usize, column: Option<usize>, message: String) {
        let column = column.map_or_else(String::new, |at| match self.header.get(at) {
            Some(title) if !title.is_empty() => title.clone(),
            _ => format!("第 {} 列", at + 1),
        });
        self.wrong.push(WrongRow { line, column, message });
    }

    fn check_size(&self) -> Result<(), TableError> {
        if self.text.len() > MAX_TEXT {
            return Err(TableError::TooLarge { megabytes: self.text.len() >> 20, limit: MAX_TEXT >> 20 });
        }
        Ok(())
    }
}

/// One row of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'t> {
    table: &'t Table,
    index: usize,
}

impl<'t> Row<'t> {
    /// 行号 in the source file, from 1; for text files the line on which the row starts.
    pub fn line(&self) -> usize {
        self.table.lines.get(self.index).map_or(0, |line| *line as usize)
    }

    /// The cell in a column (from 0), surrounding blanks removed; empty when there is no such column.
    pub fn get(&self, column: usize) -> &'t str {
        let width = self.table.header.len();
        if column >= width {
            return "";
        }
        let at = self.index * width + column;
        let ends = &self.table.ends;
        let from = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
        let to = ends.get(at).map_or(from, |end| *end as usize);
        self.table.text.get(from..to).unwrap_or_default()
    }

    /// All cells, as many as the header has.
    pub fn cells(&self) -> impl Iterator<Item = &'t str> + 't {
        let row = *self;
        (0..row.table.header.len()).map(move |column| row.get(column))
    }
}

/// Blanks of any width, byte order marks and control characters around a cell.
fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}' || c == '\u{200b}')
}

/// A column name without what people vary: blanks, width, letter case.
fn plain_name(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{feff}')
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
