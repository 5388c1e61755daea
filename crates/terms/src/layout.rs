//! 目录结构: which fields a catalogue has. One import serves every catalogue; only the layout differs.

use crate::TableError;

/// 生效日期 field id: first day of validity.
pub const VALID_FROM: &str = "valid_from";
/// 失效日期 field id: last day of validity, empty while in force.
pub const VALID_TO: &str = "valid_to";
/// 版本 field id.
pub const EDITION: &str = "edition";

/// How a field's text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// 诊断编码, normalised by [`model::Code::diagnosis`].
    Diagnosis,
    /// 手术操作编码, normalised by [`model::Code::procedure`].
    Procedure,
    /// Any other code: blanks go, full-width becomes half-width, letters stay as they are.
    PlainCode,
    /// Text as written.
    Text,
    /// A day, kept as `2025-03-01`.
    Date,
    /// An exact decimal, kept as written without sign of thousands.
    Decimal,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a field does for the identity of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Part of the key; the first key field is what [`crate::Catalogue::find`] looks up.
    Key,
    /// Part of the key and the border of an import: rows of another scope (an older 版本) are never removed.
    Scope,
    /// Content.
    Content,
}

/// 字段.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Canonical name, used in column maps.
    pub id: &'static str,
    /// Chinese title: the template's column name.
    pub title: &'static str,
    /// How the text is read.
    pub kind: FieldKind,
    /// What it does for the key.
    pub role: Role,
    /// Whether a row without it is refused.
    pub required: bool,
}

impl Field {
    /// A key field; always required.
    pub const fn key(id: &'static str, title: &'static str, kind: FieldKind) -> Field {
        Field { id, title, kind, role: Role::Key, required: true }
    }

    /// A content field every row must have.
    pub const fn required(id: &'static str, title: &'static str, kind: FieldKind) -> Field {
        Field { id, title, kind, role: Role::Content, required: true }
    }

    /// A content field that may be empty.
    pub const fn optional(id: &'static str, title: &'static str, kind: FieldKind) -> Field {
        Field { id, title, kind, role: Role::Content, required: false }
    }

    /// 版本, 生效日期 and 失效日期, the last three fields of every layout here.
    pub const fn edition() -> Field {
        Field { id: EDITION, title: "版本", kind: FieldKind::Text, role: Role::Scope, required: true }
    }

    /// 生效日期
    pub const fn valid_from() -> Field {
        Field::required(VALID_FROM, "生效日期", FieldKind::Date)
    }

    /// 失效日期
    pub const fn valid_to() -> Field {
        Field::optional(VALID_TO, "失效日期", FieldKind::Date)
    }
}

/// 目录结构. Other crates may declare their own, e.g. the policy's operation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Stable id, e.g. `diagnosis_insurer`.
    pub id: &'static str,
    /// Chinese name, e.g. `疾病诊断（医保版）`.
    pub title: &'static str,
    /// The fields in template order.
    pub fields: &'static [Field],
}

impl Layout {
    /// Position of a field.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.id == id)
    }

    /// 模板表头: the column names of the import template.
    pub fn template(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.title).collect()
    }

    /// 导入模板 as CSV that Excel opens rightly (UTF-8 with BOM, CRLF). Titles hold no comma or quote.
    pub fn template_csv(&self) -> String {
        format!("\u{feff}{}\r\n", self.template().join(","))
    }

    /// Key fields without the edition, with their positions.
    pub fn keys(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.role == Role::Key)
    }

    /// Fields that hold a code, with their positions.
    pub fn codes(&self) -> impl Iterator<Item = (usize, &Field)> {
        let is_code =
            |kind| matches!(kind, FieldKind::Diagnosis | FieldKind::Procedure | FieldKind::PlainCode);
        self.fields.iter().enumerate().filter(move |(_, field)| is_code(field.kind))
    }

    /// 对照: a layout that leads from one code to another.
    pub fn is_map(&self) -> bool {
        self.keys().count() == 2
    }

    pub(crate) fn require(&self, id: &str) -> Result<usize, TableError> {
        self.position(id).ok_or_else(|| TableError::UnknownField {
            catalogue: self.title.to_owned(),
            field: id.to_owned(),
            available: self.fields.iter().map(|field| field.id).collect::<Vec<_>>().join("、"),
        })
    }
}
