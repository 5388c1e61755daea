//! 表单内容: the records of a form as they stand in a pack, each with its evidence.

use super::csv_text::CsvText;
use super::form::{FormPlace, FormRef};
use super::toml_text::{TomlTable, TomlText};
use crate::evidence::UNCONFIRMED;
use crate::{PackFiles, tables::ColumnDef};

/// One row of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// 1-based line in its file.
    pub at: usize,
    /// Values in the order of [`Form::columns`].
    pub cells: Vec<String>,
    /// 依据 that holds for it, its own or inherited.
    pub evidence: String,
}

impl Record {
    /// Whether a document backs it.
    pub fn confirmed(&self) -> bool {
        self.evidence != UNCONFIRMED
    }
}

/// A form with its records.
#[derive(Clone, Debug)]
pub struct Form {
    /// Which form.
    pub of: FormRef,
    /// Its columns.
    pub columns: Vec<&'static ColumnDef>,
    /// Its records in file order.
    pub records: Vec<Record>,
}

impl Form {
    /// Reads a form. A file that the pack lacks has no records; one that does not load shows none either.
    pub fn read(files: &PackFiles, of: FormRef) -> Form {
        let columns = of.columns();
        let file = of.file();
        let text = files.get(&file).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let defaults = Defaults::of(files, &file);
        let records = match of.def.place {
            FormPlace::Rows { .. } => rows(&of, &columns, text, &defaults),
            FormPlace::Entries { list, within, .. } => TomlText::parse(without_mark(text))
                .map(|toml| {
                    let found = entries(&toml, list, within);
                    found.iter().map(|entry| entry.record(&toml, &columns, &defaults)).collect()
                })
                .unwrap_or_default(),
            FormPlace::Values { table, .. } => TomlText::parse(without_mark(text))
                .map(|toml| {
                    let table = toml.table(table);
                    let value = |name: &str| table.as_ref().map_or(String::new(), |t| toml.value(t, name));
                    let own = table.as_ref().map_or_else(|| toml.root().evidence, |t| t.evidence.clone());
                    vec![Record {
                        at: table.as_ref().map_or(1, |t| t.line),
                        cells: columns.iter().map(|column| value(column.name)).collect(),
                        evidence: defaults.or(&own),
                    }]
                })
                .unwrap_or_default(),
        };
        Form { of, columns, records }
    }

    /// Position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }

    /// A record's value in a column.
    pub fn cell<'r>(&self, record: &'r Record, column: &str) -> &'r str {
        self.position(column).and_then(|at| record.cells.get(at)).map_or("", String::as_str)
    }

    /// What tells a record from the others.
    pub fn key_of(&self, cells: &[String]) -> Vec<String> {
        let value = |name: &&str| self.position(name).and_then(|at| cells.get(at)).cloned();
        self.of.key().iter().map(|name| value(name).unwrap_or_default()).collect()
    }

    /// A record in a few words: `职工 月度预结价钱 2025-01-01`.
    pub fn name_of(&self, cells: &[String]) -> String {
        let key = self.of.key();
        let words: Vec<String> = self
            .columns
            .iter()
            .zip(cells)
            .filter(|(column, cell)| key.contains(&column.name) && !cell.is_empty())
            .map(|(column, cell)| column.shown(cell))
            .collect();
        words.join(" ")
    }
}

impl ColumnDef {
    /// A value as on a screen: words of a closed set in Chinese.
    pub fn shown(&self, cell: &str) -> String {
        use crate::tables::FieldKind::{Choice, Choices, Flag, Order};
        let word = |words: &[(&str, &str)], cell: &str| {
            words.iter().find(|(name, _)| *name == cell).map_or(cell, |(_, title)| *title).to_owned()
        };
        match self.kind {
            Choice(words) => word(words, cell),
            Choices(words) | Order(words) => {
                let parts = cell.split(';').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| word(words, part)).collect::<Vec<_>>().join("、")
            }
            Flag => word(&[("true", "是"), ("false", "否")], cell),
            _ => cell.to_owned(),
        }
    }
}

fn rows(of: &FormRef, columns: &[&ColumnDef], text: &str, defaults: &Defaults) -> Vec<Record> {
    let Some(csv) = CsvText::parse(text) else { return Vec::new() };
    csv.records
        .iter()
        .filter(|record| of.only().is_none_or(|(column, words)| words.contains(&csv.cell(record, column))))
        .map(|record| Record {
            at: record.line,
            cells: columns.iter().map(|column| csv.cell(record, column.name).to_owned()).collect(),
            evidence: defaults.or(csv.cell(record, "evidence")),
        })
        .collect()
}

/// An entry of a list, with the entry around it.
pub(super) struct Entry<'d> {
    pub(super) table: TomlTable<'d>,
    pub(super) outer: String,
}

impl Entry<'_> {
    fn record(&self, toml: &TomlText<'_>, columns: &[&ColumnDef], defaults: &Defaults) -> Record {
        Record {
            at: self.table.line,
            cells: self.cells(toml, columns),
            evidence: defaults.or(&self.table.evidence),
        }
    }

    pub(super) fn cells(&self, toml: &TomlText<'_>, columns: &[&ColumnDef]) -> Vec<String> {
        let cell = |column: &&ColumnDef| match column.name {
            OUTER => self.outer.clone(),
            "evidence" => toml.value(&self.table, "evidence"),
            name => toml.value(&self.table, name),
        };
        columns.iter().map(cell).collect()
    }
}

/// The column that names the entry around a nested one.
pub(super) const OUTER: &str = "scheme";

/// All entries of a list: `annual.sharing`, or `scheme.segment` within every scheme.
pub(super) fn entries<'d>(toml: &'d TomlText<'_>, list: &[&str], within: bool) -> Vec<Entry<'d>> {
    let Some((last, path)) = list.split_last() else { return Vec::new() };
    if !within {
        let table = toml.table(path);
        let found = table.map(|table| toml.entries(&table, last)).unwrap_or_default();
        return found.into_iter().map(|table| Entry { table, outer: String::new() }).collect();
    }
    let outer = path.first().map(|key| toml.entries(&toml.root(), key)).unwrap_or_default();
    let inner = |scheme: &TomlTable<'d>| {
        let outer = toml.value(scheme, "id");
        let tables = toml.entries(scheme, last).into_iter();
        tables.map(move |table| Entry { table, outer: outer.clone() }).collect::<Vec<_>>()
    };
    outer.iter().flat_map(inner).collect()
}

/// The evidence that holds where a row names none.
struct Defaults {
    of_file: String,
}

impl Defaults {
    fn of(files: &PackFiles, file: &str) -> Defaults {
        let text = files.get("pack.toml").and_then(|bytes| std::str::from_utf8(bytes).ok());
        let pack = text.and_then(|text| TomlText::parse(without_mark(text)));
        let of_file = pack.map(|pack| {
            let own = pack.table(&["file_evidence"]).map(|table| pack.value(&table, file));
            own.filter(|own| !own.is_empty()).unwrap_or_else(|| pack.root().evidence)
        });
        Defaults { of_file: of_file.unwrap_or_default() }
    }

    fn or(&self, own: &str) -> String {
        if own.is_empty() { self.of_file.clone() } else { own.to_owned() }
    }
}

/// A text without its byte order mark.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
