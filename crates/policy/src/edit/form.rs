//! 表单: one description drives the page of every table of parameters.

use super::forms_table::FORMS;
use crate::tables::{self, ColumnDef, LIST};
use std::borrow::Cow;

/// Where the records of a form stand in the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormPlace {
    /// Rows of a CSV table; its columns are those of [`crate::tables`].
    Rows {
        /// Table, `prices`.
        table: &'static str,
        /// Only rows with one of these words in this column. With one word the column is not shown.
        only: Option<(&'static str, &'static [&'static str])>,
    },
    /// `[[…]]` entries of a TOML file.
    Entries {
        /// File.
        file: &'static str,
        /// Path of the list from the root.
        list: &'static [&'static str],
        /// For lists within a list: the first column names the outer entry by its `id`.
        within: bool,
    },
    /// Values of one table of a TOML file: one record.
    Values {
        /// File.
        file: &'static str,
        /// Path of the table; empty for the root.
        table: &'static [&'static str],
    },
}

/// Which page a form stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormArea {
    /// 年度参数
    Parameters,
    /// 分值库
    Points,
}

/// One table of parameters as its page shows it.
#[derive(Clone, Copy, Debug)]
pub struct FormDef {
    /// In addresses.
    pub id: &'static str,
    /// 中文名
    pub title: &'static str,
    /// What it is for, in a sentence or two.
    pub help: &'static str,
    /// Which page it stands on.
    pub area: FormArea,
    /// Heading it stands under.
    pub group: &'static str,
    /// Where its records stand.
    pub place: FormPlace,
    /// Columns of a TOML form; empty for CSV tables.
    pub(super) columns: &'static [ColumnDef],
    /// Columns that tell the records of a TOML form apart.
    pub(super) key: &'static [&'static str],
    /// The number by which new entries find their place.
    pub(super) order: &'static str,
}

/// A form of a pack: for lists, of one list.
#[derive(Clone, Debug)]
pub struct FormRef {
    /// Its description.
    pub def: &'static FormDef,
    /// The list's name; empty for every other form.
    list: String,
}

impl FormRef {
    /// The form with an id: `prices`, `lists/burn`.
    pub fn find(id: &str) -> Option<FormRef> {
        if let Some(list) = id.strip_prefix("lists/") {
            let plain = !list.is_empty() && list.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
            return plain.then(|| FormRef { def: &super::forms_table::LIST_FORM, list: list.to_owned() });
        }
        FORMS.iter().find(|form| form.id == id).map(|def| FormRef { def, list: String::new() })
    }

    /// All forms that every pack may have; lists come besides.
    pub fn all() -> impl Iterator<Item = FormRef> {
        FORMS.iter().map(|def| FormRef { def, list: String::new() })
    }

    /// In addresses.
    pub fn id(&self) -> String {
        if self.list.is_empty() { self.def.id.to_owned() } else { format!("lists/{}", self.list) }
    }

    /// 中文名
    pub fn title(&self) -> String {
        if self.list.is_empty() {
            self.def.title.to_owned()
        } else {
            format!("{} {}", self.def.title, self.list)
        }
    }

    /// The file its records stand in.
    pub fn file(&self) -> Cow<'static, str> {
        match self.def.place {
            FormPlace::Rows { .. } if !self.list.is_empty() => format!("lists/{}.csv", self.list).into(),
            FormPlace::Rows { table, .. } => format!("{table}.csv").into(),
            FormPlace::Entries { file, .. } | FormPlace::Values { file, .. } => file.into(),
        }
    }

    /// The columns it shows.
    pub fn columns(&self) -> Vec<&'static ColumnDef> {
        let hidden = self.fixed().map(|(column, _)| column);
        self.all_columns().iter().filter(|column| Some(column.name) != hidden).collect()
    }

    pub(super) fn all_columns(&self) -> &'static [ColumnDef] {
        match self.def.place {
            FormPlace::Rows { .. } if !self.list.is_empty() => LIST.columns,
            FormPlace::Rows { table, .. } => tables::table(table).map_or(&[], |table| table.columns),
            _ => self.def.columns,
        }
    }

    /// Columns that tell its records apart, without the one that is the same in all.
    pub fn key(&self) -> Vec<&'static str> {
        let key = match self.def.place {
            FormPlace::Rows { .. } if !self.list.is_empty() => LIST.key,
            FormPlace::Rows { table, .. } => tables::table(table).map_or(&[][..], |table| table.key),
            _ => self.def.key,
        };
        let hidden = self.fixed().map(|(column, _)| column);
        key.iter().copied().filter(|name| Some(*name) != hidden).collect()
    }

    /// The column that is the same in all records, with its word.
    pub(super) fn fixed(&self) -> Option<(&'static str, &'static str)> {
        match self.def.place {
            FormPlace::Rows { only: Some((column, [word])), .. } => Some((column, word)),
            _ => None,
        }
    }

    /// Whether a row with this word in the form's `only` column belongs to it.
    pub(super) fn only(&self) -> Option<(&'static str, &'static [&'static str])> {
        match self.def.place {
            FormPlace::Rows { only, .. } => only,
            _ => None,
        }
    }

    /// Whether records can be added and taken out.
    pub fn has_rows(&self) -> bool {
        !matches!(self.def.place, FormPlace::Values { .. })
    }
}
