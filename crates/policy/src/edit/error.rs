//! 修改不成的原因: each names the row, the field and the remedy.

use model::Problem;

/// Somebody changed what the editor was changing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the edit.
    pub edit: usize,
    /// Column; `None` when the whole record is gone.
    pub column: Option<&'static str>,
    /// As the editor saw it.
    pub seen: String,
    /// As it stands now; `None` when the record is gone.
    pub current: Option<String>,
    /// As the editor wants it.
    pub mine: String,
}

/// Something that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Index of the edit it belongs to; `None` when it concerns the pack as a whole.
    pub edit: Option<usize>,
    /// Column, when it is about one field.
    pub column: Option<&'static str>,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

/// Why an edit was not made. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Others changed the same values meanwhile.
    #[error("{} 处已被他人修改：请核对后再保存", .0.len())]
    Conflict(Vec<Conflict>),
    /// Values that cannot be kept, or a pack that would not load.
    #[error("有 {} 处不能保存", .0.len())]
    Refused(Vec<Refusal>),
    /// No form has this id.
    #[error("没有名为“{0}”的参数表")]
    NoForm(String),
    /// The file is written in a way that a form cannot change.
    #[error("{0} 的写法不能在页面上修改：请下载政策包，在文件中修改后重新上传")]
    Layout(String),
}

impl Refusal {
    /// A loader's problem that belongs to no edit.
    pub(super) fn of_pack(problem: &Problem) -> Refusal {
        Refusal { edit: None, column: None, message: problem.to_string() }
    }
}
