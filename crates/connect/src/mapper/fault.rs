//! Why a field cannot be filled, in words.

use super::{Field, From, shorten};
use crate::rejection::Cause;
use crate::text_row::TextRow;
use model::canonical::ValueError;

/// Why a field cannot be filled.
pub(super) enum Fault {
    Damaged,
    Unmapped,
    Read(ValueError),
    Format,
}

impl Fault {
    pub(super) fn cause(&self) -> Cause {
        match self {
            Fault::Damaged => Cause::Damaged,
            Fault::Unmapped => Cause::Unmapped,
            Fault::Read(_) | Fault::Format => Cause::Unreadable,
        }
    }

    pub(super) fn reason(&self, field: &Field<'_>, source: &TextRow<'_>) -> String {
        // What a private column holds is not repeated in a message.
        let private = field.column.private.is_some();
        let written = match &field.from {
            From::Column(at) if !private => source.get(*at).map(|text| shorten(text.trim(), 40)),
            _ => None,
        };
        let written = written.map_or_else(|| "内容".to_owned(), |text| format!("“{text}”"));
        match self {
            Fault::Damaged => "文字已损坏（含无法识别的字节）".to_owned(),
            Fault::Unmapped => {
                let codes = field.map.codes.as_ref().map_or("", |map| map.name.as_str());
                format!("{written}不在代码对照 codes/{codes}.csv 中")
            }
            Fault::Format => {
                format!("{written}不是格式为 {} 的时间", field.map.format.as_deref().unwrap_or_default())
            }
            Fault::Read(ValueError::NotOfKind(_, kind)) if private => format!("内容不是{kind}"),
            Fault::Read(error) => error.to_string(),
        }
    }
}

pub(super) fn remedy(cause: Cause) -> &'static str {
    match cause {
        Cause::Damaged => "请核对数据源的 charset，或请厂商改正源数据",
        Cause::Unmapped => "请在代码对照中补上这个值，或把 unmapped 改为 keep、null",
        Cause::Missing => "请厂商在视图中补全，或在对照包中写 default",
        _ => "请厂商改正源数据，或修改对照包（format、empty、round、codes）",
    }
}
