//! 列对应文件: which column of a foreign file is which field, kept by the hospital as TOML.
//!
//! ```toml
//! [file]                    # all optional
//! sheet = "疾病诊断"         # 工作表
//! header_line = 3           # 表头行号
//! encoding = "gbk"          # utf8、gbk、utf16；省略则自动识别
//! [columns]                 # field = column
//! code = "诊断编码"
//! name = "诊断名称"
//! [defaults]                # for cells the file leaves empty
//! edition = "2.0"
//! valid_from = "2024-01-01"
//! ```

use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use terms::Layout;
use terms::table::{Encoding, Hint};

/// 列对应
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MapFile {
    #[serde(default)]
    file: Source,
    /// Field id → column name.
    pub(super) columns: BTreeMap<String, String>,
    /// Field id → value.
    #[serde(default)]
    pub(super) defaults: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    sheet: Option<String>,
    header_line: Option<usize>,
    encoding: Option<EncodingName>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EncodingName {
    Utf8,
    Gbk,
    Gb18030,
    Utf16,
}

impl MapFile {
    /// Reads a map and checks its fields.
    pub(super) fn read(path: &Path, layout: &Layout) -> anyhow::Result<MapFile> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("读不了列对应文件 {}：应为 UTF-8 文本", path.display()))?;
        let wrong = || format!("列对应文件 {} 有误", path.display());
        let map = MapFile::parse(&text).with_context(wrong)?;
        map.check(layout).with_context(wrong)?;
        Ok(map)
    }

    fn parse(text: &str) -> anyhow::Result<MapFile> {
        Ok(toml::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))?)
    }

    fn check(&self, layout: &Layout) -> anyhow::Result<()> {
        for field in self.columns.keys().chain(self.defaults.keys()) {
            let available = || {
                let fields = layout.fields.iter().map(|field| format!("{}（{}）", field.id, field.title));
                fields.collect::<Vec<_>>().join("、")
            };
            ensure!(
                layout.position(field).is_some(),
                "“{}”没有字段“{field}”：可用字段为 {}",
                layout.title,
                available()
            );
        }
        ensure!(self.file.header_line != Some(0), "header_line 从 1 起：请写表头所在的行号");
        Ok(())
    }

    /// How the file is to be read.
    pub(super) fn hint(&self) -> Hint {
        let encoding = self.file.encoding.map(|name| match name {
            EncodingName::Utf8 => Encoding::Utf8,
            EncodingName::Gbk | EncodingName::Gb18030 => Encoding::Gb18030,
            EncodingName::Utf16 => Encoding::Utf16,
        });
        Hint { format: None, encoding, sheet: self.file.sheet.clone(), header_line: self.file.header_line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::layouts::DIAGNOSIS_INSURER;

    #[test]
    fn a_map_names_columns_defaults_and_where_the_table_stands() {
        let map = MapFile::parse(
            "[file]\nsheet = \"甲\"\nheader_line = 3\nencoding = \"gbk\"\n[columns]\ncode = \"诊断编码\"\n\
             [defaults]\nedition = \"2.0\"\n",
        )
        .unwrap();
        map.check(&DIAGNOSIS_INSURER).unwrap();
        let hint = map.hint();
        assert_eq!((hint.sheet.as_deref(), hint.header_line), (Some("甲"), Some(3)));
        assert_eq!(hint.encoding, Some(Encoding::Gb18030));
        assert_eq!(map.columns["code"], "诊断编码");
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(MapFile::parse("[columns]\ncode = \"a\"\n[rows]\n").is_err());
        assert!(MapFile::parse("[file]\nencoding = \"big5\"\n[columns]\n").is_err());
        let map = MapFile::parse("[columns]\ncolour = \"a\"\n").unwrap();
        let refused = map.check(&DIAGNOSIS_INSURER).unwrap_err().to_string();
        assert!(refused.contains("没有字段“colour”：可用字段为 code（编码）"), "{refused}");
        let map = MapFile::parse("[file]\nheader_line = 0\n[columns]\n").unwrap();
        assert!(map.check(&DIAGNOSIS_INSURER).is_err());
    }
}
