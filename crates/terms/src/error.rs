//! 错误: why a file or a plan is refused whole. The messages are shown to users.

/// Why a table cannot be read, mapped or applied. Problems of single rows are [`model::WrongRow`]s instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// No byte, or only blank lines.
    #[error("文件是空的：请确认导出成功，第一行应为列名")]
    Empty,
    /// Larger than [`crate::table::MAX_BYTES`] or, unpacked, than 1 GiB of text.
    #[error("文件太大（{megabytes} MB，上限 {limit} MB）：请拆成几个文件分别导入")]
    TooLarge {
        /// Size found, MB.
        megabytes: usize,
        /// Largest size accepted, MB.
        limit: usize,
    },
    /// An HTML page named `.xls`, as many HIS export.
    #[error("这是网页格式的表（扩展名虽为 xls）：请用 Excel 打开后另存为 xlsx 再导入")]
    Html,
    /// A workbook that asks for a password.
    #[error("工作簿有打开密码：请在 Excel 中取消密码后再导入")]
    Encrypted,
    /// Damaged, or a format we do not read.
    #[error("工作簿无法打开（{reason}）：文件可能损坏或格式不符，请用 Excel 打开后另存为 xlsx 再导入")]
    Workbook {
        /// What the reader said.
        reason: String,
    },
    /// The sheet asked for is not in the workbook.
    #[error("工作簿中没有名为“{asked}”的工作表：现有 {available}")]
    NoSheet {
        /// The sheet asked for.
        asked: String,
        /// The sheets there are.
        available: String,
    },
    /// The header line asked for lies behind the end.
    #[error("第 {line} 行没有列名：请核对表头所在的行号")]
    NoHeader {
        /// Line asked for.
        line: usize,
    },
    /// A column the import needs is not in the file.
    #[error("文件中没有“{column}”列：现有列为 {available}；请改正列名或调整列对应")]
    NoColumn {
        /// The column asked for.
        column: String,
        /// The columns there are.
        available: String,
    },
    /// A column the import needs is there twice.
    #[error("“{column}”列出现了 {times} 次：请在文件中改名或删去多余的列")]
    DuplicateColumn {
        /// The column asked for.
        column: String,
        /// How often it is there.
        times: usize,
    },
    /// A field without which no row can be taken has no column.
    #[error("没有指定“{field}”取自哪一列：请补全列对应，或使用导入模板")]
    UnmappedField {
        /// The field's Chinese title.
        field: String,
    },
    /// The column map names a field the catalogue does not have.
    #[error("“{catalogue}”没有字段“{field}”：可用字段为 {available}")]
    UnknownField {
        /// The catalogue's title.
        catalogue: String,
        /// The field asked for.
        field: String,
        /// The fields there are.
        available: String,
    },
    /// The table changed between plan and apply.
    #[error("“{catalogue}”在比对之后已被修改（编码 {code}）：请重新比对后再导入")]
    StalePlan {
        /// The catalogue's title.
        catalogue: String,
        /// First code that is not as planned.
        code: String,
    },
    /// A text that cannot be written so that it reads back the same.
    #[error("{what}")]
    Unwritable {
        /// What cannot be written and why.
        what: String,
    },
    /// A catalogue's own file has wrong rows.
    #[error("目录文件有 {rows} 行出错，请改正后再用：{problems}")]
    WrongRows {
        /// How many.
        rows: usize,
        /// The first of them, a line each.
        problems: String,
    },
}
