//! What can be wrong with a whole case file; a bad line is no error but an error line.

/// Why a file of cases could not be worked through; shown to users.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// The header line or the column map does not fit.
    #[error("{0}")]
    Shape(String),
    /// The workbook cannot be read.
    #[error(transparent)]
    Table(#[from] terms::table::TableError),
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The reading thread ended by a defect of the program.
    #[error("读取线程异常终止")]
    Reader,
    /// Stopped on request.
    #[error("已取消")]
    Cancelled,
}
