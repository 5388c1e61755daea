//! 知识点导入: published tables to rule documents, after a description of their columns. Every row that is repeated,
//! contradictory or cannot become a rule is told with its file and line.

mod description;
mod gather;

use crate::rule::{RuleError, read_rules};
use serde_json::Value;
use std::collections::BTreeMap;

pub use description::ImportDescription;

/// What came of the tables.
#[derive(Debug, Default)]
pub struct ImportedRules {
    /// Rule documents, in the order of the description and of the rows.
    pub documents: Vec<Value>,
    /// What is wrong with rows, by file in the order of the description, then by line.
    pub notes: Vec<ImportNote>,
    /// By file: rows read.
    pub rows: BTreeMap<String, usize>,
}

/// A row that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportNote {
    /// Name of the file.
    pub file: String,
    /// Line in it; 0: the whole file.
    pub line: usize,
    /// What kind of problem.
    pub kind: NoteKind,
    /// What is wrong, in Chinese.
    pub message: String,
}

/// 问题类别
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// 格式错误: cannot become a rule; left out.
    Malformed,
    /// 矛盾: says otherwise than an earlier row; left out.
    Contradictory,
    /// 重复: as an earlier row; left out.
    Duplicate,
    /// 存疑: imported as it is written, to be looked at.
    Doubtful,
}

impl NoteKind {
    /// All in their order.
    pub const ALL: [NoteKind; 4] =
        [NoteKind::Malformed, NoteKind::Contradictory, NoteKind::Duplicate, NoteKind::Doubtful];

    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            NoteKind::Malformed => "格式错误，未导入",
            NoteKind::Contradictory => "与前面的行矛盾，未导入",
            NoteKind::Duplicate => "与前面的行重复，未导入",
            NoteKind::Doubtful => "存疑，已导入",
        }
    }
}

impl ImportedRules {
    /// Notes of a kind.
    pub fn count(&self, kind: NoteKind) -> usize {
        self.notes.iter().filter(|note| note.kind == kind).count()
    }

    /// The rules as a file: one document a line.
    pub fn text(&self) -> String {
        self.documents.iter().map(|document| format!("{document}\n")).collect()
    }
}

/// Makes rules of tables; `file` gives the bytes of a file that the description names, `None` when there is none.
///
/// # Errors
/// A description that makes something that is no rule.
pub fn import_rules(
    description: &ImportDescription,
    file: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<ImportedRules, Vec<RuleError>> {
    let imported = gather::gather(description, &file);
    read_rules(&imported.text())?;
    Ok(imported)
}
