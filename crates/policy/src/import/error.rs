//! Why an import cannot even begin. Problems of single rows are [`model::WrongRow`]s instead.

use terms::TableError;

/// An import that cannot begin; the messages are shown to users.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Columns that the map names and the files lack, one message a line.
    #[error("文件与列对应（import.toml）不符：\n{0}")]
    Columns(String),
    /// A statistics file was given and the map does not say how it reads.
    #[error("给了统计文件，但列对应中没有 [statistics]：请补写，或去掉统计文件")]
    NoStatisticsMap,
    /// The table could not be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The canonical text could not be written.
    #[error("目录写不成 CSV：{0}")]
    Write(#[from] csv::Error),
}
