//! Why an import cannot even begin. Problems of single rows are [`model::WrongRow`]s instead.

use model::Problems;
use terms::TableError;

/// An import that cannot begin; the messages are shown to users.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Columns that the map names and the files lack, one message a line.
    #[error("文件与列对应（import.toml）不符：\n{0}")]
    Columns(String),
    /// Not our own header, and no map in the pack; what is missing or not ours.
    #[error(
        "列名不是本系统的格式（{0}），政策包中也没有 import.toml（列对应）：请按导入模板填写，或在政策包中写列对应"
    )]
    NoMap(String),
    /// The pack's map itself is wrong.
    #[error("列对应有 {} 个问题：\n{}", .0.0.len(), .0)]
    Map(Problems),
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
