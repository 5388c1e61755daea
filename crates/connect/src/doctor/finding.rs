//! One thing that the doctor found.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Data would be missing or wrong.
    Error,
    /// To be looked at.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Severity::Error => "错误",
            Severity::Warning => "警告",
            Severity::Info => "提示",
        }
    }
}

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// 连通
    Reachable,
    /// 时钟
    Clock,
    /// 视图与列
    View,
    /// 分页
    Paging,
    /// 行数
    Rows,
    /// 主键唯一
    Key,
    /// 连接使行重复
    Multiplied,
    /// 空值
    Nulls,
    /// 内容读不懂
    Values,
    /// 代码对照覆盖
    Codes,
    /// 更新时间
    Watermark,
    /// 乱码
    Charset,
    /// 引用不存在
    Orphans,
    /// 退费
    Refunds,
}

impl Check {
    /// Short, stable name.
    pub fn code(self) -> &'static str {
        match self {
            Check::Reachable => "reachable",
            Check::Clock => "clock",
            Check::View => "view",
            Check::Paging => "paging",
            Check::Rows => "rows",
            Check::Key => "key",
            Check::Multiplied => "multiplied",
            Check::Nulls => "nulls",
            Check::Values => "values",
            Check::Codes => "codes",
            Check::Watermark => "watermark",
            Check::Charset => "charset",
            Check::Orphans => "orphans",
            Check::Refunds => "refunds",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Check::Reachable => "连通",
            Check::Clock => "时钟",
            Check::View => "视图与列",
            Check::Paging => "分页",
            Check::Rows => "行数",
            Check::Key => "主键",
            Check::Multiplied => "重复行",
            Check::Nulls => "空值",
            Check::Values => "内容",
            Check::Codes => "代码对照",
            Check::Watermark => "更新时间",
            Check::Charset => "乱码",
            Check::Orphans => "引用",
            Check::Refunds => "退费",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The task; empty for the source as a whole.
    pub task: String,
    /// What was checked.
    pub check: Check,
    /// Rows, keys or values concerned; seconds for clocks.
    pub count: u64,
    /// One of them; empty when there is nothing to show.
    pub example: String,
    /// What it means and what to do, in Chinese.
    pub message: String,
}

impl Finding {
    pub(super) fn info(task: &str, check: Check, count: u64, example: &str, message: String) -> Finding {
        let (task, example) = (task.to_owned(), example.to_owned());
        Finding { severity: Severity::Info, task, check, count, example, message }
    }

    pub(super) fn warning(task: &str, check: Check, count: u64, example: &str, message: String) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::info(task, check, count, example, message) }
    }

    pub(super) fn error(task: &str, check: Check, count: u64, example: &str, message: String) -> Finding {
        Finding { severity: Severity::Error, ..Finding::info(task, check, count, example, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.severity.chinese())?;
        if !self.task.is_empty() {
            write!(f, "{} ", self.task)?;
        }
        write!(f, "{}：{}", self.check.chinese(), self.message)?;
        if !self.example.is_empty() {
            write!(f, "（例：{}）", self.example)?;
        }
        Ok(())
    }
}
