//! 目录: a code table and its import. `plan` shows what would change, `apply` makes the new table.

use crate::layout::{Layout, Role};
use crate::record::{self, KEY_BREAK, Record};
use crate::{ColumnMap, Table, TableError};
use compact_str::CompactString;
use model::{Changes, WrongRow};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// 导入方式.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// 全量: the file is the whole edition; what it does not hold is removed.
    #[default]
    Full,
    /// 增量: the file holds only additions and changes; nothing is removed.
    Incremental,
}

/// 导入设置.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// 列对应
    pub columns: ColumnMap,
    /// 缺省值: field id and value, for fields the file leaves empty (edition, dates).
    pub defaults: Vec<(String, String)>,
    /// 导入方式
    pub mode: Mode,
}

impl Import {
    /// A full import of one edition, valid from a day on.
    pub fn edition(columns: ColumnMap, edition: &str, valid_from: jiff::civil::Date) -> Import {
        let defaults = vec![
            (crate::EDITION.to_owned(), edition.to_owned()),
            (crate::VALID_FROM.to_owned(), valid_from.to_string()),
        ];
        Import { columns, defaults, mode: Mode::Full }
    }
}

/// The part of a plan with wrong rows that may be applied, and how many removals are held back: in a full import a code
/// that seems to be gone may stand in a row that could not be read.
pub fn without_wrong(mut plan: Changes<Record>, mode: Mode) -> (Changes<Record>, usize) {
    if plan.wrong.is_empty() || mode == Mode::Incremental {
        return (plan, 0);
    }
    let kept = std::mem::take(&mut plan.removed).len();
    (plan, kept)
}

/// 目录: rows of one layout, every edition together, sorted by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    layout: Layout,
    records: Vec<Record>,
}

impl Catalogue {
    /// An empty table.
    pub fn new(layout: Layout) -> Catalogue {
        Catalogue { layout, records: Vec::new() }
    }

    /// 试运行: what an import would change, and every row it refuses. Touches nothing.
    ///
    /// In a full import the rows of the editions named in the file that are missing from it are listed as removed;
    /// a row refused for its contents keeps the old row with its key as it stands. Equal rows with one key are taken
    /// once, unequal ones are all refused: which is right cannot be told.
    pub fn plan(&self, table: &Table, import: &Import) -> Result<Changes<Record>, TableError> {
        let incoming = self.read(table, import)?;
        let scopes: FxHashSet<Vec<&str>> = incoming.records.iter().map(|record| self.scope(record)).collect();
        let arriving: FxHashSet<&str> = incoming.records.iter().map(|record| record.key.as_str()).collect();
        let compared = self.records.iter().filter(|old| match import.mode {
            _ if incoming.refused_keys.contains(&old.key) => false,
            Mode::Full => scopes.contains(&self.scope(old)),
            Mode::Incremental => arriving.contains(old.key.as_str()),
        });
        let compared: Vec<Record> = compared.cloned().collect();
        let mut changes = model::compare(compared, incoming.records, |record| record.key.clone());
        changes.wrong = incoming.wrong;
        Ok(changes)
    }

    /// Makes the new table from a plan. Errors when this is not the table the plan was made for.
    pub fn apply(&self, plan: &Changes<Record>) -> Result<Catalogue, TableError> {
        let mut records: BTreeMap<&str, &Record> =
            self.records.iter().map(|record| (record.key.as_str(), record)).collect();
        for removed in &plan.removed {
            let before = records.remove(removed.key.as_str());
            self.expect(before == Some(removed), removed)?;
        }
        for change in &plan.changed {
            let before = records.insert(&change.after.key, &change.after);
            self.expect(before == Some(&change.before), &change.after)?;
        }
        for added in &plan.added {
            let before = records.insert(&added.key, added);
            self.expect(before.is_none(), added)?;
        }
        Ok(Catalogue { layout: self.layout, records: records.into_values().cloned().collect() })
    }

    /// 两版差异: what leads from this table to another one of the same layout. [`Catalogue::apply`] of it gives that one.
    pub fn compare(&self, newer: &Catalogue) -> Changes<Record> {
        model::compare(self.records.iter().cloned(), newer.records.iter().cloned(), |record| {
            record.key.clone()
        })
    }

    /// This table with rows added or replaced and others taken away, each by its key.
    pub(crate) fn with_rows(&self, rows: Catalogue, removed: &Catalogue) -> Catalogue {
        let gone: FxHashSet<&str> = removed.records.iter().map(|record| record.key.as_str()).collect();
        let kept = self.records.iter().filter(|record| !gone.contains(record.key.as_str())).cloned();
        let mut records: BTreeMap<CompactString, Record> =
            kept.map(|record| (record.key.clone(), record)).collect();
        records.extend(rows.records.into_iter().map(|record| (record.key.clone(), record)));
        Catalogue { layout: self.layout, records: records.into_values().collect() }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// All rows by key: code first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The row of all the key fields' values in layout order, normalised.
    pub fn row<V: AsRef<str>>(&self, key: &[V]) -> Option<&Record> {
        let parts: Vec<&str> = key.iter().map(AsRef::as_ref).collect();
        let key = parts.join(KEY_BREAK.encode_utf8(&mut [0; 4]));
        let at = self.records.binary_search_by(|record| record.key.as_str().cmp(&key)).ok()?;
        self.records.get(at)
    }

    /// Rows of a code (the first key field, normalised), of every edition.
    pub fn find<'c>(&'c self, code: &'c str) -> impl Iterator<Item = &'c Record> {
        let from = self.records.partition_point(|record| record.key.as_str() < code);
        self.records.iter().skip(from).take_while(move |record| record.key.starts_with(code)).filter(
            move |record| {
                let rest = record.key.get(code.len()..).unwrap_or_default();
                rest.is_empty() || rest.starts_with(KEY_BREAK)
            },
        )
    }

    fn expect(&self, as_planned: bool, record: &Record) -> Result<(), TableError> {
        if as_planned {
            return Ok(());
        }
        let code = record.key.split(KEY_BREAK).next().unwrap_or_default().to_owned();
        Err(TableError::StalePlan { catalogue: self.layout.title.to_owned(), code })
    }

    fn scope<'r>(&self, record: &'r Record) -> Vec<&'r str> {
        let fields = self.layout.fields.iter().enumerate();
        fields.filter(|(_, field)| field.role == Role::Scope).map(|(at, _)| record.value(at)).collect()
    }

    fn read(&self, table: &Table, import: &Import) -> Result<Incoming, TableError> {
        let layout = &self.layout;
        let columns = import.columns.resolve(layout, table)?;
        let mut defaults = vec![""; layout.fields.len()];
        for (field, value) in &import.defaults {
            if let Some(slot) = defaults.get_mut(layout.require(field)?) {
                *slot = value.trim();
            }
        }
        for ((field, column), default) in layout.fields.iter().zip(&columns).zip(&defaults) {
            if field.required && column.is_none() && default.is_empty() {
                return Err(TableError::UnmappedField { field: field.title.to_owned() });
            }
        }
        let mut incoming = Incoming::default();
        incoming.wrong.clone_from(&table.wrong);
        let mut lines = Vec::with_capacity(table.len());
        for row in table.rows() {
            match record::read(layout, &columns, &defaults, row) {
                Ok(record) => {
                    incoming.records.push(record);
                    lines.push(row.line());
                }
                Err(refused) => {
                    incoming.refused_keys.extend(refused.key);
                    incoming.wrong.push(refused.wrong);
                }
            }
        }
        incoming.refuse_duplicates(layout, lines);
        incoming.wrong.sort_by_key(|wrong| wrong.line);
        Ok(incoming)
    }
}

/// The rows of a file.
#[derive(Default)]
struct Incoming {
    records: Vec<Record>,
    /// Keys of refused rows: their old rows stay as they are.
    refused_keys: FxHashSet<CompactString>,
    wrong: Vec<WrongRow>,
}

impl Incoming {
    /// Keeps one of equal rows, none of rows that contradict each other or a refused row.
    fn refuse_duplicates(&mut self, layout: &Layout, lines: Vec<usize>) {
        let mut first: FxHashMap<CompactString, usize> = FxHashMap::default();
        let mut twice: FxHashMap<CompactString, Vec<usize>> = FxHashMap::default();
        for (at, record) in self.records.iter().enumerate() {
            match first.get(&record.key) {
                None => drop(first.insert(record.key.clone(), at)),
                Some(earlier) => twice.entry(record.key.clone()).or_insert_with(|| vec![*earlier]).push(at),
            }
        }
        let line = |at: usize| lines.get(at).copied().unwrap_or_default();
        let column = layout.fields.first().map_or("", |field| field.title);
        let mut refused: FxHashSet<usize> = FxHashSet::default();
        let mut refuse = |at: usize, message: String, wrong: &mut Vec<WrongRow>| {
            refused.insert(at);
            wrong.push(WrongRow { line: line(at), column: column.to_owned(), message });
        };
        for (key, mut places) in twice {
            let code = key.split(KEY_BREAK).next().unwrap_or_default().to_owned();
            let alike = places.windows(2).all(|pair| match pair {
                [a, b] => {
                    self.records.get(*a).map(Record::values) == self.records.get(*b).map(Record::values)
                }
                _ => true,
            });
            // Which one stays must not depend on the order of rows.
            places.sort_by_key(|at| (self.records.get(*at).map(Record::spellings), *at));
            let [kept, others @ ..] = places.as_slice() else { continue };
            if alike {
                for at in others {
                    let message = format!("{code} 与第 {} 行完全相同：只取一行，请删去重复行", line(*kept));
                    refuse(*at, message, &mut self.wrong);
                }
            } else {
                for at in &places {
                    let other = places.iter().find(|place| *place != at).map_or(0, |place| line(*place));
                    let message = format!("{code} 与第 {other} 行编码相同、内容不同：请核对后只留一行");
                    refuse(*at, message, &mut self.wrong);
                }
                self.refused_keys.insert(key);
            }
        }
        for (at, record) in self.records.iter().enumerate() {
            if self.refused_keys.contains(&record.key) && !refused.contains(&at) {
                let code = record.key.split(KEY_BREAK).next().unwrap_or_default();
                let message = format!("{code} 另有一行出错：请先改正那一行，只留一行");
                self.wrong.push(WrongRow { line: line(at), column: column.to_owned(), message });
                refused.insert(at);
            }
        }
        let mut at = 0..;
        self.records.retain(|_| at.next().is_some_and(|at| !refused.contains(&at)));
    }
}

#[cfg(test)]
mod tests;
