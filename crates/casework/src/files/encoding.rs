//! UTF-8 or GBK.

use encoding_rs::{GB18030, UTF_8};
use std::borrow::Cow;

/// Encoding of a case file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// 自动识别
    #[default]
    Auto,
    /// UTF-8
    Utf8,
    /// GBK / GB18030
    Gbk,
}

impl Encoding {
    /// Decides on the first part of a file: GBK when no line with non-ASCII bytes is UTF-8 and all of them are GB18030.
    /// A UTF-8 file with a few broken lines stays UTF-8.
    pub(crate) fn decide(self, head: &[u8]) -> Encoding {
        if self != Encoding::Auto {
            return self;
        }
        let mut gbk = false;
        // The last piece may be cut in the middle of a character.
        let mut lines = head.split(|byte| *byte == b'\n').collect::<Vec<_>>();
        if lines.len() > 1 {
            lines.pop();
        }
        for line in lines.into_iter().filter(|line| !line.is_ascii()) {
            if std::str::from_utf8(line).is_ok() {
                return Encoding::Utf8;
            }
            gbk |= GB18030.decode_without_bom_handling_and_without_replacement(line).is_some();
        }
        if gbk { Encoding::Gbk } else { Encoding::Utf8 }
    }
}

/// One line as text; `None` when it is not in the encoding.
pub(crate) fn decode(line: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Gbk => GB18030.decode_without_bom_handling_and_without_replacement(line),
        // UTF-8, with a byte order mark on the first line of some exports.
        _ => {
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            UTF_8.decode_without_bom_handling_and_without_replacement(line)
        }
    }
}
