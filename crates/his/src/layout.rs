//! The vendor's schema as data (`data/views.csv`): base tables with cryptic names, and a view with Chinese names over each.

use crate::error::HisError;
use model::canonical::{TABLES, Table};
use rustc_hash::FxHashMap;

/// How the vendor writes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Text,
    /// `CHAR(n)`: padded with blanks to a multiple of eight bytes.
    Pad,
    /// Now and then a full-width blank behind it.
    Wide,
    /// `-` where nothing is recorded.
    Dash,
    /// A whole number.
    Number,
    /// Yuan with four decimals.
    Money4,
    /// Four decimals.
    Decimal4,
    /// `1`/`0`.
    Flag,
    /// `1` yes, `2` no.
    Flag12,
    /// 是/否
    FlagChinese,
    /// 停用: `1` means not in use.
    Inverted,
    /// `2025-03-01`
    Day10,
    /// `20250301`
    Day8,
    /// `2025-03-01 08:00:00`
    Moment,
    /// `20250301080000`
    Moment14,
    /// As [`Style::Moment`], `1900-01-01 00:00:00` where nothing is recorded.
    Moment1900,
    /// 流水号: `F` and twelve digits in the view, the bare number in the base table.
    Serial,
    /// Through a code map (`data/codes.csv`).
    Code(String),
}

/// What a column of a view shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The canonical column at this position.
    Column(usize),
    /// 住院号: what stands before the last `-` of the encounter's key.
    Inpatient,
    /// 住院次数: what stands behind it.
    Visit,
    /// 更新时间, by the server's clock.
    Updated,
    /// 作废标志, `0`/`1`.
    Void,
}

/// A column of a base table and of its view.
#[derive(Clone, Debug)]
pub struct HisColumn {
    /// What it shows.
    pub from: From,
    /// Name in the base table.
    pub base: String,
    /// Name in the view.
    pub view: String,
    /// How it is written.
    pub style: Style,
    /// Not kept in the base table: the view takes it from the price list.
    pub joined: bool,
}

/// One canonical table in the vendor's form.
#[derive(Clone, Debug)]
pub struct HisTable {
    /// The canonical table.
    pub table: &'static Table,
    /// Base table.
    pub base: String,
    /// View.
    pub view: String,
    /// Columns in order.
    pub columns: Vec<HisColumn>,
}

/// Everything.
#[derive(Debug)]
pub struct Layout {
    /// In the order of [`TABLES`].
    pub tables: Vec<HisTable>,
    /// Code maps: name → canonical → written.
    pub(crate) codes: FxHashMap<String, FxHashMap<String, String>>,
}

impl Layout {
    /// The shipped layout.
    pub fn shipped() -> Result<Layout, HisError> {
        let mut codes: FxHashMap<String, FxHashMap<String, String>> = FxHashMap::default();
        for row in records(include_str!("../data/codes.csv"))? {
            if let [map, canonical, written] = row.as_slice() {
                codes.entry(map.clone()).or_default().insert(canonical.clone(), written.clone());
            }
        }
        let rows = records(include_str!("../data/views.csv"))?;
        let mut tables = Vec::new();
        for table in TABLES {
            let mut own: Option<HisTable> = None;
            for row in rows.iter().filter(|row| row.first().is_some_and(|name| name == table.name)) {
                let [_, column, base_table, base, view, view_column, style, joined] = row.as_slice() else {
                    return Err(HisError::Layout(row.join(",")));
                };
                let bad = || HisError::Layout(format!("{}.{column}", table.name));
                let from = match column.as_str() {
                    "@inpatient" => From::Inpatient,
                    "@visit" => From::Visit,
                    "@updated" => From::Updated,
                    "@void" => From::Void,
                    name => From::Column(table.position(name).ok_or_else(bad)?),
                };
                let his = own.get_or_insert_with(|| HisTable {
                    table,
                    base: base_table.clone(),
                    view: view.clone(),
                    columns: Vec::new(),
                });
                his.columns.push(HisColumn {
                    from,
                    base: base.clone(),
                    view: view_column.clone(),
                    style: read_style(style).ok_or_else(bad)?,
                    joined: joined == "joined",
                });
            }
            tables.push(own.ok_or_else(|| HisError::Layout(table.name.to_owned()))?);
        }
        Ok(Layout { tables, codes })
    }

    /// A table by its canonical name.
    pub fn table(&self, name: &str) -> Result<&HisTable, HisError> {
        let found = self.tables.iter().find(|table| table.table.name == name);
        found.ok_or_else(|| HisError::NoTable(name.to_owned()))
    }
}

impl HisTable {
    /// Columns kept in the base table.
    pub fn stored(&self) -> impl Iterator<Item = &HisColumn> {
        self.columns.iter().filter(|column| !column.joined)
    }

    /// Base columns of the primary key.
    pub fn key_columns(&self) -> &'static [&'static str] {
        if self.table.name == "encounter" { &["ZYH", "ZYCS"] } else { &["HBS"] }
    }

    /// The base column of a canonical column.
    pub fn base_column(&self, canonical: &str) -> Result<&HisColumn, HisError> {
        let at = self.table.position(canonical);
        let found = self.columns.iter().find(|column| at.is_some_and(|at| column.from == From::Column(at)));
        found.ok_or_else(|| HisError::NoTable(format!("{}.{canonical}", self.table.name)))
    }
}

fn records(text: &str) -> Result<Vec<Vec<String>>, HisError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let own = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| record.map(own).map_err(|error| HisError::Layout(error.to_string())))
        .collect()
}

fn read_style(text: &str) -> Option<Style> {
    Some(match text {
        "text" => Style::Text,
        "pad" => Style::Pad,
        "wide" => Style::Wide,
        "dash" => Style::Dash,
        "number" => Style::Number,
        "money4" => Style::Money4,
        "decimal4" => Style::Decimal4,
        "flag" => Style::Flag,
        "flag12" => Style::Flag12,
        "flagcn" => Style::FlagChinese,
        "inverted" => Style::Inverted,
        "day10" => Style::Day10,
        "day8" => Style::Day8,
        "serial" => Style::Serial,
        "moment" => Style::Moment,
        "moment14" => Style::Moment14,
        "moment1900" => Style::Moment1900,
        other => Style::Code(other.strip_prefix("code:")?.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_canonical_column_has_its_place_and_names_are_unique() {
        let layout = Layout::shipped().unwrap();
        for his in &layout.tables {
            let (mut base, mut view) = (HashSet::new(), HashSet::new());
            for column in &his.columns {
                assert!(base.insert(&column.base), "{}.{}", his.base, column.base);
                assert!(view.insert(&column.view), "{}.{}", his.view, column.view);
                if let Style::Code(map) = &column.style {
                    assert!(layout.codes.contains_key(map), "{map}");
                }
            }
            for (at, column) in his.table.columns.iter().enumerate() {
                let pieces = column.name == "encounter_key"
                    || his.table.name == "encounter" && column.name == "key"
                    || his.table.name == "front_page" && column.name == "visit_number";
                let shown = his.columns.iter().any(|c| c.from == From::Column(at));
                assert!(shown || pieces, "{}.{}", his.table.name, column.name);
            }
        }
    }
}
