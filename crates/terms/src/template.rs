//! 导入模板: an empty table with explanations.

use crate::export::{Column, Description, ExportError, Sheets};
use crate::{EDITION, Field, FieldKind, Layout, Table, VALID_FROM, VALID_TO};
use std::borrow::Cow;

impl Layout {
    /// 导入模板 as a workbook: the titles in row 1, and a sheet `说明` that says what to write.
    pub fn template_workbook(&'static self) -> Result<Vec<u8>, ExportError> {
        let description = self.description();
        let empty = Table::from_rows(&self.template(), Vec::<Vec<&str>>::new());
        let mut sheets = Sheets::new();
        sheets.table(self.title, &description, &empty)?;
        let about = [("用法", "在第一页填写，第一行列名勿改；本页不导入。编码列请用文本格式")];
        sheets.explanations(&about, &[(self.title, &description)])?;
        sheets.into_bytes()
    }

    /// The columns in a user's words.
    pub fn description(&'static self) -> Description {
        let column = |field: &'static Field| Column {
            name: field.title,
            title: field.title,
            meaning: field.meaning(),
            needed: field.required,
            number: field.kind == FieldKind::Decimal,
            wide: field.kind == FieldKind::Text
                && ["name", "content", "limit"].iter().any(|n| field.id.contains(n)),
        };
        Description { title: "", columns: self.fields.iter().map(column).collect() }
    }
}

impl Field {
    /// 填写说明; empty where the title says it all.
    pub fn meaning(&self) -> Cow<'static, str> {
        match (self.id, self.kind) {
            (EDITION, _) => "如 2.0；整个文件相同时可留空，导入时统一填写".into(),
            (VALID_FROM, _) => "有效的第一天，如 2024-01-01；整个文件相同时可留空，导入时统一填写".into(),
            (VALID_TO, _) => "有效的最后一天；空白为仍有效".into(),
            (_, FieldKind::Diagnosis) => "疾病诊断编码，如 K35.900".into(),
            (_, FieldKind::Procedure) => "手术操作编码，如 47.0100".into(),
            (_, FieldKind::PlainCode) => "编码，用文本格式填写，不重复".into(),
            (_, FieldKind::Date) => "日期，如 2024-01-01".into(),
            (_, FieldKind::Decimal) => "数字，不加千分位和单位".into(),
            (_, FieldKind::Choice(words)) => format!("只能填 {}", words.join("、")).into(),
            (_, FieldKind::Text) => "".into(),
        }
    }
}
