//! `dipper terms template`: an empty table with explanations (导入模板).

use super::kind;
use crate::export_file::is_csv;
use crate::replace_file;
use terms::export::{Column, Description, Sheets};
use std::borrow::Cow;
use std::path::PathBuf;
use terms::{EDITION, Field, FieldKind, Layout, Table, VALID_FROM, VALID_TO};

/// Arguments of `dipper terms template`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录种类
    #[arg(long)]
    kind: String,
    /// 写到哪里：.xlsx 或 .csv
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let layout = kind::of(&arguments.kind)?;
    let bytes = if is_csv(&arguments.out)? {
        layout.template_csv().into_bytes()
    } else {
        let description = description(layout);
        let empty = Table::from_rows(&layout.template(), Vec::<Vec<&str>>::new());
        let mut sheets = Sheets::new();
        sheets.table(layout.title, &description, &empty)?;
        let about = [("用法", "在第一页填写，第一行列名勿改；本页不导入。编码列请用文本格式")];
        sheets.explanations(&about, &[(layout.title, &description)])?;
        sheets.into_bytes()?
    };
    replace_file::write(&arguments.out, &bytes)?;
    Ok(format!("模板已写到 {}：{}\n", arguments.out.display(), layout.title))
}

/// A layout's columns in a user's words.
pub(super) fn description(layout: &'static Layout) -> Description {
    let column = |field: &'static Field| Column {
        name: field.title,
        title: field.title,
        meaning: meaning(field),
        needed: field.required,
        number: field.kind == FieldKind::Decimal,
        wide: field.kind == FieldKind::Text
            && ["name", "content", "limit"].iter().any(|n| field.id.contains(n)),
    };
    Description { title: "", columns: layout.fields.iter().map(column).collect() }
}

fn meaning(field: &Field) -> Cow<'static, str> {
    match (field.id, field.kind) {
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
