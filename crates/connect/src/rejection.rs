//! 拒收: a row that cannot be taken, with its reason and what to do. It is kept; it never becomes a guess.

use std::fmt;

/// Kind of reason, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// The row as a whole: too few cells, unclosed quotes, error cells.
    Malformed,
    /// Bytes that are not in the source's charset.
    Damaged,
    /// A part of the key is not there.
    NoKey,
    /// A required column is not recorded.
    Missing,
    /// Not readable as the column's kind.
    Unreadable,
    /// A value that the code map does not have.
    Unmapped,
    /// The time of the last change is missing or not readable.
    NoWatermark,
}

impl Cause {
    /// Short, stable name for the store.
    pub fn code(self) -> &'static str {
        match self {
            Cause::Malformed => "malformed",
            Cause::Damaged => "damaged",
            Cause::NoKey => "no_key",
            Cause::Missing => "missing",
            Cause::Unreadable => "unreadable",
            Cause::Unmapped => "unmapped",
            Cause::NoWatermark => "no_watermark",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Cause::Malformed => "行损坏",
            Cause::Damaged => "文字损坏",
            Cause::NoKey => "缺主键",
            Cause::Missing => "缺必填项",
            Cause::Unreadable => "内容读不懂",
            Cause::Unmapped => "代码没有对照",
            Cause::NoWatermark => "更新时间无效",
        }
    }
}

/// One refused row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The file; empty for a query.
    pub place: String,
    /// Row of the query or line of the file, from 1.
    pub number: u64,
    /// The row's key when it could be made.
    pub key: Option<String>,
    /// Canonical column.
    pub field: Option<&'static str>,
    /// The column on a screen, or the source's column.
    pub field_name: String,
    /// Kind of reason.
    pub cause: Cause,
    /// In Chinese.
    pub reason: String,
    /// What to do, in Chinese.
    pub remedy: String,
    /// The mapped source columns as read; what would give a person away is `***`. Empty for malformed rows, whose cells may
    /// stand in wrong columns: there the file and line are the record.
    pub raw: Vec<(String, Option<String>)>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{} ", self.place)?;
        }
        write!(f, "第 {} 行", self.number)?;
        if let Some(key) = &self.key {
            write!(f, "（主键 {key}）")?;
        }
        if !self.field_name.is_empty() {
            write!(f, "，{}", self.field_name)?;
        }
        write!(f, "：{}；{}", self.reason, self.remedy)
    }
}
