//! What can go wrong between sources, store and engines.

use connect::ConnectError;
use store::StoreError;

/// Errors of collection and computing; the messages are shown to users.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A source or a mapping pack.
    #[error(transparent)]
    Source(#[from] ConnectError),
    /// A pack cannot be loaded; its name, empty for one that is new, and all its problems.
    #[error("政策包{0}无法载入：{1}")]
    Pack(String, String),
    /// A pack's folder cannot be read or what it holds cannot be loaded.
    #[error("政策包 {0}：{1}")]
    Folder(String, String),
    /// An edit of a pack that was not made.
    #[error(transparent)]
    Edit(#[from] policy::edit::EditError),
    /// Two people changed the same lines of these files.
    #[error("两边都修改了同样的内容：{}；请在草稿中改回其中一边后再并入", .0.join("、"))]
    Overlap(Vec<String>),
    /// Rules that cannot be used, and why.
    #[error("审核规则有误：{0}")]
    Rules(String),
    /// Nothing to compute with.
    #[error("没有启用的政策包；请先导入并启用政策包：dipper regroup --pack <政策包> --publish")]
    NoPack,
    /// Something kept in the store cannot be read back.
    #[error("数据仓中的{0}已损坏；请从备份恢复")]
    Damaged(&'static str),
    /// A table or a catalogue.
    #[error(transparent)]
    Table(#[from] terms::TableError),
    /// A file to import has no rows.
    #[error("文件只有表头，没有数据行：请核对导出是否完整")]
    NoRows,
    /// An import with wrong rows, which nobody wanted to pass over; how many.
    #[error("{0} 行出错，未写入：请按提示改正后重新导入，或选择只写入其余各行")]
    WrongRows(usize),
    /// The reading thread ended by a defect of the program.
    #[error("读取线程异常终止；已提交的部分保留，请联系技术支持")]
    Reader,
    /// The configuration.
    #[error("配置文件 {0}：{1}")]
    Config(String, String),
    /// A collection task that no mapping pack has, and those there are.
    #[error("没有采集任务“{0}”；现有：{list}", list = .1.join("、"))]
    NoTask(String, Vec<String>),
    /// Stopped on request.
    #[error("已取消；已提交的部分保留，下次从断点继续")]
    Cancelled,
}
