//! What can go wrong with the mart, said with a remedy.

use store::StoreError;

/// Errors of the mart. The messages are shown to users; none holds a row's contents.
#[derive(Debug, thiserror::Error)]
pub enum MartError {
    /// Another process has the file open.
    #[error("分析库正被其他程序占用；请关闭占用它的程序（或另一个正在运行的 dipper）后重试")]
    Locked,
    /// No room left.
    #[error("磁盘空间不足，本次刷新已全部撤销，分析库仍是刷新前的内容；请清理磁盘后重试")]
    Full,
    /// The memory limit was reached.
    #[error("内存不足，本次操作已撤销；请关闭其他程序或增加内存后重试")]
    Memory,
    /// The file or its folder may not be written.
    #[error("没有读写分析库的权限：{0}；请检查文件夹权限")]
    Permission(String),
    /// The file is damaged; the next refresh rebuilds it.
    #[error("分析库文件损坏：{0}；下次刷新时会自动重建，数据仓不受影响")]
    Broken(String),
    /// Closed after a failed write and not opened again yet.
    #[error("分析库在写入失败后尚未重新打开；请清理磁盘，下次刷新时会自动打开")]
    Closed,
    /// Stopped on request.
    #[error("已取消；已完成的月份保留，下次刷新从其余月份继续")]
    Cancelled,
    /// The store could not be read.
    #[error(transparent)]
    Store(StoreError),
    /// A file beside the mart.
    #[error("{0}：{1}；请检查路径、权限与磁盘空间")]
    File(String, #[source] std::io::Error),
    /// A snapshot of the charge columns cannot be used; it is built again.
    #[error("费用列快照不能使用：{0}；将自动重建")]
    Snapshot(&'static str),
    /// Anything else that DuckDB said.
    #[error("分析库错误：{0}")]
    Query(String),
}

impl MartError {
    /// Whether trying again later can help.
    pub fn is_passing(&self) -> bool {
        match self {
            MartError::Locked | MartError::Full | MartError::Memory | MartError::Closed => true,
            MartError::Store(error) => error.is_passing(),
            _ => false,
        }
    }
}

impl From<StoreError> for MartError {
    fn from(error: StoreError) -> MartError {
        match error {
            StoreError::Cancelled => MartError::Cancelled,
            // Our own, from the code that takes the store's rows.
            StoreError::Caller(error) => match error.downcast::<MartError>() {
                Ok(own) => *own,
                Err(other) => MartError::Store(StoreError::Caller(other)),
            },
            other => MartError::Store(other),
        }
    }
}

/// Signs in a text and the error that they mean.
type Told = (&'static [&'static str], fn(String) -> MartError);

/// DuckDB tells its errors apart by their text only. The first line that fits decides: an error that invalidated the
/// database quotes its cause, so the causes come before the damage.
const TOLD_BY: &[Told] = &[
    (&["conflicting lock", "could not set lock", "used by another process"], |_| MartError::Locked),
    (
        &["no space left", "disk quota", "file too large", "could not write all", "max_temp_directory_size"],
        |_| MartError::Full,
    ),
    (&["permission denied", "read-only file system"], MartError::Permission),
    (&["out of memory", "failed to allocate", "could not allocate"], |_| MartError::Memory),
    (&["interrupt"], |_| MartError::Cancelled),
    (
        &[
            "not a valid duckdb database",
            "corrupt",
            "checksum",
            "serialization error",
            "deserialize",
            "could not read",
            "read a database file with version",
            "invalidated",
            "internal error",
            "wal file",
            "replaying",
        ],
        MartError::Broken,
    ),
];

impl From<duckdb::Error> for MartError {
    fn from(error: duckdb::Error) -> MartError {
        let text = error.to_string();
        let lower = text.to_lowercase();
        let told = TOLD_BY.iter().find(|(signs, _)| signs.iter().any(|sign| lower.contains(sign)));
        match told {
            Some((_, made)) => made(text),
            None => MartError::Query(text),
        }
    }
}
