//! What can go wrong with the store, said with a remedy.

/// Errors of the store. The messages are shown to users; none holds a row's contents or a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is neither a file nor a PostgreSQL URL.
    #[error("数据库地址“{0}”无法识别；请写 SQLite 文件路径或 postgres://用户:口令@主机:端口/库名")]
    Address(String),
    /// The database cannot be opened.
    #[error("打不开数据库 {0}：{1}；请检查路径、权限与网络")]
    Open(String, String),
    /// Another process holds the lock too long.
    #[error("数据库正被其他程序占用，等待超时；请关闭占用它的程序后重试")]
    Locked,
    /// Another process or thread collects or computes.
    #[error("另一个采集或计算正在进行；请等它结束，或先取消它")]
    Collecting,
    /// No room left.
    #[error("磁盘空间不足，本次写入已全部撤销；请清理磁盘后重试")]
    Full,
    /// The file is damaged or no database.
    #[error("数据库文件损坏或不是数据库：{0}；请用 dipper restore 从备份恢复")]
    Corrupt(String),
    /// The connection broke.
    #[error("与数据库的连接中断：{0}；未提交的内容已撤销，恢复连接后可继续")]
    ConnectionLost(String),
    /// A newer program wrote this database.
    #[error("数据库由更新的程序建立（结构版本 {found}，本程序 {known}）；请升级程序")]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Latest version this program knows.
        known: i64,
    },
    /// A row that the caller should have made differently.
    #[error("内部数据不符合表结构：{0}")]
    Shape(String),
    /// Not found.
    #[error("没有找到{0}")]
    Missing(String),
    /// Somebody changed it in between.
    #[error("{0}已被他人修改；请刷新后再改")]
    Changed(String),
    /// A rule of users and roles forbids it; the sentence says which and what to do.
    #[error("{0}")]
    Refused(String),
    /// Stopped on request.
    #[error("已取消")]
    Cancelled,
    /// A file beside the database.
    #[error("{0}：{1}")]
    File(String, #[source] std::io::Error),
    /// A tool that is not there or failed.
    #[error("{0}")]
    Tool(String),
    /// Anything else that the database said.
    #[error("数据库错误：{0}")]
    Database(String),
    /// The caller's own error while reading rows.
    #[error(transparent)]
    Caller(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Wraps an error of the code that reads rows.
    pub fn caller(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::Caller(error.into())
    }

    /// Whether trying again later can help.
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::Locked | StoreError::Full | StoreError::ConnectionLost(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
            OperationInterrupted,
        };
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => StoreError::Locked,
            Some(DiskFull) => StoreError::Full,
            Some(DatabaseCorrupt | NotADatabase) => StoreError::Corrupt(text),
            Some(CannotOpen) => StoreError::Open("SQLite 文件".into(), text),
            Some(OperationInterrupted) => StoreError::Cancelled,
            _ => StoreError::Database(text),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> StoreError {
        use postgres::error::SqlState;
        let Some(db) = error.as_db_error() else {
            return StoreError::ConnectionLost(error.to_string());
        };
        // The detail of a constraint error quotes the row: only code and message go on.
        let text = format!("{} {}", db.code().code(), db.message());
        match db.code() {
            code if *code == SqlState::DISK_FULL => StoreError::Full,
            code if *code == SqlState::LOCK_NOT_AVAILABLE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
                StoreError::Locked
            }
            code if *code == SqlState::ADMIN_SHUTDOWN || *code == SqlState::CRASH_SHUTDOWN => {
                StoreError::ConnectionLost(text)
            }
            _ => StoreError::Database(text),
        }
    }
}
