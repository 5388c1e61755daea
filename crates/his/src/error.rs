//! What can go wrong while the simulated HIS is built or changed.

/// Shown to whoever builds it.
#[derive(Debug, thiserror::Error)]
pub enum HisError {
    /// The shipped schema does not fit the canonical tables.
    #[error("模拟HIS的视图定义有误：{0}")]
    Layout(String),
    /// A table or row that is asked for does not exist.
    #[error("模拟HIS中没有 {0}")]
    NoTable(String),
    /// A change cannot be made.
    #[error("模拟HIS无法修改：{0}")]
    Change(String),
    /// SQLite.
    #[error("模拟HIS（SQLite）：{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL.
    #[error("模拟HIS（PostgreSQL）：{0}")]
    Postgres(#[from] postgres::Error),
    /// MariaDB.
    #[error("模拟HIS（MariaDB）：{0}")]
    Mariadb(#[from] mysql::Error),
    /// Files.
    #[error("模拟HIS（文件）：{0}")]
    File(#[from] std::io::Error),
    /// CSV files.
    #[error("模拟HIS（CSV）：{0}")]
    Csv(#[from] csv::Error),
    /// The thread that draws the hospital stopped.
    #[error("模拟HIS：生成线程中断")]
    Stopped,
}
