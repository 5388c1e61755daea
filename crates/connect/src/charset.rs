//! 字符集 of a source: UTF-8 or GBK.

use encoding_rs::{GB18030, UTF_8};
use serde::Deserialize;
use std::borrow::Cow;

/// How a source writes its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 where it is valid, else GBK.
    #[default]
    Auto,
    /// UTF-8
    Utf8,
    /// GBK / GB18030
    Gbk,
}

impl<'de> Deserialize<'de> for Charset {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Charset, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.to_ascii_lowercase().as_str() {
            "auto" => Charset::Auto,
            "utf-8" | "utf8" => Charset::Utf8,
            "gbk" | "gb18030" | "gb2312" => Charset::Gbk,
            _ => {
                let message = format!("charset 的值“{text}”不在可选值内：auto、utf-8、gbk");
                return Err(serde::de::Error::custom(message));
            }
        })
    }
}

impl Charset {
    /// One cell as text; `Err` with replacement characters when it is not in the charset.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Cow<'_, str>> {
        let utf8 = || std::str::from_utf8(bytes).map(Cow::Borrowed).ok();
        let gbk = || GB18030.decode_without_bom_handling_and_without_replacement(bytes);
        let found = match self {
            Charset::Utf8 => utf8(),
            Charset::Gbk => gbk(),
            Charset::Auto => utf8().or_else(gbk),
        };
        found.ok_or_else(|| {
            let fallback = if self == Charset::Gbk { GB18030 } else { UTF_8 };
            fallback.decode_without_bom_handling(bytes).0
        })
    }

    /// Decides `Auto` on the first part of a file by its lines; stays `Auto` while all is ASCII. The last line may be cut.
    pub fn decide(self, head: &[u8]) -> Charset {
        if self != Charset::Auto {
            return self;
        }
        let mut lines = head.split(|byte| *byte == b'\n').collect::<Vec<_>>();
        if lines.len() > 1 {
            lines.pop();
        }
        // Lines vote: short GBK words may be valid UTF-8 by chance, and a UTF-8 file may have broken lines.
        let (mut utf8, mut gbk) = (0_usize, 0_usize);
        for line in lines.into_iter().filter(|line| !line.is_ascii()) {
            if std::str::from_utf8(line).is_ok() {
                utf8 += 1;
            } else if GB18030.decode_without_bom_handling_and_without_replacement(line).is_some() {
                gbk += 1;
            }
        }
        match (utf8, gbk) {
            (0, 0) => Charset::Auto,
            _ if utf8 >= gbk => Charset::Utf8,
            _ => Charset::Gbk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_decoded_or_flagged() {
        let gbk = [0xc4, 0xda, 0xd2, 0xbb, 0xbf, 0xc6];
        assert_eq!(Charset::Auto.decode(&gbk).unwrap(), "内一科");
        assert_eq!(Charset::Gbk.decode(&gbk).unwrap(), "内一科");
        assert!(Charset::Utf8.decode(&gbk).unwrap_err().contains('\u{fffd}'));
        assert_eq!(Charset::Auto.decode("内一科".as_bytes()).unwrap(), "内一科");
        assert!(Charset::Auto.decode(&[0xff, 0xff]).is_err());
    }

    #[test]
    fn files_are_decided_by_their_lines() {
        let gbk = GB18030.encode("科室,名称\n1,内一科\n2,外").0.into_owned();
        assert_eq!(Charset::Auto.decide(&gbk), Charset::Gbk);
        assert_eq!(Charset::Auto.decide("科室,名称\n1,内\u{fffd}".as_bytes()), Charset::Utf8);
        assert_eq!(Charset::Auto.decide(b"a,b\n1,2\n"), Charset::Auto);
        assert_eq!(Charset::Utf8.decide(&gbk), Charset::Utf8);
    }
}
