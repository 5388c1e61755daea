//! 错误: why a source cannot be read. The sentences are shown to users and stored in the sync log; they never hold a password.

use crate::mapping::Problems;
use terms::TableError;

/// Why a source or a task as a whole cannot be read. Single rows are [`crate::Rejection`]s instead.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The source's configuration is unusable.
    #[error("数据源 {id} 的配置有误：{problem}")]
    Config {
        /// The source.
        id: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The environment variable with the password is not set.
    #[error("数据源 {id} 的密码应在环境变量 {variable} 中，但没有设置：请设置后重启服务")]
    Secret {
        /// The source.
        id: String,
        /// Name of the variable.
        variable: String,
    },
    /// Network or server not reachable.
    #[error("连接不上 {target}：{reason}；请检查网络、地址与端口，以及对方数据库是否启动")]
    Connect {
        /// Redacted address.
        target: String,
        /// What the driver said.
        reason: String,
    },
    /// User or password refused.
    #[error("{target} 拒绝登录：{reason}；请核对用户名、环境变量中的密码，以及对方是否允许本机连接")]
    Login {
        /// Redacted address.
        target: String,
        /// What the server said.
        reason: String,
    },
    /// The view or table is not there.
    #[error("视图或表不存在（{reason}）：请与厂商核对视图名是否改动，或修改对照包中的 SQL")]
    NoView {
        /// What the server said.
        reason: String,
    },
    /// The SQL names a column that the view does not have.
    #[error("视图中没有 SQL 用到的列（{reason}）：请与厂商核对列名是否改动，或修改对照包中的 SQL")]
    NoColumn {
        /// What the server said.
        reason: String,
    },
    /// The account may not read the view.
    #[error("没有查询权限（{reason}）：请厂商为只读账号授予该视图的查询权限")]
    Denied {
        /// What the server said.
        reason: String,
    },
    /// No row within the time allowed.
    #[error(
        "{target} 在 {seconds} 秒内没有返回数据，已停止查询：请厂商检查视图速度（更新时间列是否有索引），或调大 statement_timeout"
    )]
    Timeout {
        /// Redacted address.
        target: String,
        /// Longest wait.
        seconds: u64,
    },
    /// The connection broke while rows were read.
    #[error("读到第 {rows} 行后连接中断（{reason}）：本次未完成，下次会从上次的位置重读；反复出现请检查网络")]
    Lost {
        /// Rows read before.
        rows: u64,
        /// What the driver said.
        reason: String,
    },
    /// The database is busy: locked, too many connections, deadlock.
    #[error("{target} 正忙（{reason}）：稍后会重试；反复出现请与厂商商定连接数")]
    Busy {
        /// Redacted address.
        target: String,
        /// What the server said.
        reason: String,
    },
    /// The server refuses the statement.
    #[error("查询失败（{reason}）：请检查对照包中的 SQL")]
    Query {
        /// What the server said.
        reason: String,
    },
    /// A parameter of the SQL has no value in this run.
    #[error("SQL 中的参数 :{parameter} 在本次读取中没有值：请检查任务的 mode 与 SQL 是否相符")]
    NoValue {
        /// Its name.
        parameter: &'static str,
    },
    /// Mapped columns are not in the source's result.
    #[error(
        "任务 {task} 对照的列不在结果中：{missing}；现有列为 {found}；请与厂商核对列名是否改动，或修改对照包"
    )]
    MissingColumns {
        /// The task.
        task: String,
        /// Each with the nearest name, if any.
        missing: String,
        /// The columns there are.
        found: String,
    },
    /// A mapped column is in the result more than once.
    #[error(
        "任务 {task} 的结果中“{column}”列出现 {times} 次，无法确定取哪一列：请在 SQL 中只选一个，或用 AS 改名"
    )]
    RepeatedColumn {
        /// The task.
        task: String,
        /// The column.
        column: String,
        /// How often.
        times: usize,
    },
    /// The source returns a page that was there before.
    #[error(
        "任务 {task} 的第 {page} 页与之前的一页相同，已停止：请检查 SQL 是否按 {column} 排序并以 {column} > :after_key 取下一页"
    )]
    SamePage {
        /// The task.
        task: String,
        /// From 1.
        page: u64,
        /// The column that pages go by.
        column: String,
    },
    /// More rows than any hospital has.
    #[error(
        "任务 {task} 已返回 {rows} 行仍未结束，已停止：多半是视图缺少连接条件（笛卡尔积），请厂商检查视图"
    )]
    Endless {
        /// The task.
        task: String,
        /// Rows read.
        rows: u64,
    },
    /// The task has no query for this kind of source.
    #[error("任务 {task} 没有 {wanted}，不能从 {kind} 类数据源读取：请在对照包中补上")]
    NoQuery {
        /// The task.
        task: String,
        /// `sql` or `file`.
        wanted: &'static str,
        /// The source's kind.
        kind: &'static str,
    },
    /// No file of that name.
    #[error("文件夹 {folder} 中没有文件 {pattern}：请确认导出已完成、文件名与对照包一致")]
    NoFile {
        /// The folder.
        folder: String,
        /// As in the mapping.
        pattern: String,
    },
    /// A file that cannot be read from the disk.
    #[error("读不了 {file}：{reason}；请检查文件是否被占用、是否有读取权限")]
    Disk {
        /// The file or folder.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// A file that is no table.
    #[error("文件 {file}：{reason}")]
    Table {
        /// The file.
        file: String,
        /// What is wrong and what to do.
        reason: TableError,
    },
    /// A text file whose quotes do not pair: the rest of it is one cell.
    #[error("文件 {file} 第 {line} 行起引号没有成对，后面的内容连成了一格：请补上缺少的引号后重新导出")]
    UnclosedQuote {
        /// The file.
        file: String,
        /// Where the row starts.
        line: u64,
    },
    /// The source's clock cannot be read.
    #[error("{target} 的时钟读不出来（{reason}）：请检查 clock_sql，它应返回一行一列的时间")]
    Clock {
        /// Redacted address.
        target: String,
        /// What came instead.
        reason: String,
    },
    /// The mapping pack does not load.
    #[error("对照包有问题，没有载入：\n{0}")]
    Pack(#[from] Problems),
}

impl ConnectError {
    /// Whether trying again later may help, without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        use ConnectError::{Busy, Connect, Lost, Timeout};
        matches!(self, Connect { .. } | Timeout { .. } | Lost { .. } | Busy { .. })
    }

    /// Short, stable name for logs and counts.
    pub fn code(&self) -> &'static str {
        match self {
            ConnectError::Config { .. } => "config",
            ConnectError::Secret { .. } => "secret",
            ConnectError::Connect { .. } => "connect",
            ConnectError::Login { .. } => "login",
            ConnectError::NoView { .. } => "no_view",
            ConnectError::NoColumn { .. } | ConnectError::MissingColumns { .. } => "no_column",
            ConnectError::RepeatedColumn { .. } => "repeated_column",
            ConnectError::Denied { .. } => "denied",
            ConnectError::Timeout { .. } => "timeout",
            ConnectError::Lost { .. } => "lost",
            ConnectError::Busy { .. } => "busy",
            ConnectError::Query { .. } | ConnectError::NoValue { .. } | ConnectError::NoQuery { .. } => {
                "query"
            }
            ConnectError::SamePage { .. } | ConnectError::Endless { .. } => "endless",
            ConnectError::NoFile { .. } => "no_file",
            ConnectError::Disk { .. } => "disk",
            ConnectError::Table { .. } | ConnectError::UnclosedQuote { .. } => "table",
            ConnectError::Clock { .. } => "clock",
            ConnectError::Pack(_) => "pack",
        }
    }
}
