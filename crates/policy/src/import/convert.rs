//! Source rows → canonical rows, with everything that is wrong or doubtful about them.

use super::cells::Cells;
use super::column_map::{FieldSource, NEEDED};
use super::statistics::Statistics;
use super::{ColumnMap, ImportError, Imported, value};
use crate::group::COLUMNS;
use model::WrongRow;
use rustc_hash::{FxHashMap, FxHashSet};
use terms::Table;
use terms::table::Row;

/// A map bound to the columns of the files at hand.
pub(crate) struct Converter<'t> {
    map: &'t ColumnMap,
    table: &'t Table,
    /// Source columns by name, for everything the map names.
    columns: FxHashMap<&'t str, usize>,
    statistics: Option<Statistics<'t>>,
}

impl<'t> Converter<'t> {
    pub(crate) fn new(
        map: &'t ColumnMap,
        table: &'t Table,
        statistics: Option<&'t Table>,
    ) -> Result<Converter<'t>, ImportError> {
        let mut missing = Vec::new();
        let columns = bind(table, names(map), map.is_canonical, &mut missing);
        let statistics = match (&map.statistics, statistics) {
            (_, None) => None,
            (None, Some(_)) => return Err(ImportError::NoStatisticsMap),
            (Some(of), Some(table)) => {
                let names = of.columns.iter().flat_map(|c| &c.from).map(String::as_str);
                let columns = bind(table, names.chain([of.code.as_str()]), false, &mut missing);
                let is_nothing = |text: &str| meaningful(map, text).is_empty();
                Some(Statistics::read(&of.columns, &of.code, columns, table, is_nothing))
            }
        };
        if !missing.is_empty() {
            return Err(ImportError::Columns(missing.join("\n")));
        }
        Ok(Converter { map, table, columns, statistics })
    }

    pub(crate) fn run(self) -> Result<Imported, ImportError> {
        let mut imported = Imported { wrong: self.table.wrong.clone(), ..Imported::default() };
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        let mut line_of_code: FxHashMap<String, usize> = FxHashMap::default();
        let mut line_of_conditions: FxHashMap<Vec<String>, (usize, String)> = FxHashMap::default();
        for row in self.table.rows() {
            let line = row.line();
            let Some(mut cells) = self.convert(&row) else {
                imported.skipped += 1;
                continue;
            };
            let code = cells.get("code").to_owned();
            if let Some(first) = line_of_code.get(&code).filter(|_| !code.is_empty()) {
                let message = format!("病种编码 {code} 与第 {first} 行重复：请保留一行，删去另一行");
                cells.problems.push((self.title("code"), message));
            }
            if let Some(wrong) = cells.wrong(line) {
                imported.wrong.push(wrong);
                imported.wrong_codes.push(code);
                continue;
            }
            match line_of_conditions.get(&cells.conditions()) {
                Some((first, other)) => {
                    let message =
                        format!("入组条件与第 {first} 行（{other}）完全相同：只能靠择优规则区分，请核对");
                    cells.doubts.push((self.title("code"), message));
                }
                None => {
                    line_of_conditions.insert(cells.conditions(), (line, code.clone()));
                }
            }
            self.cross_check(&row, &mut cells);
            let doubts = cells.doubts.iter().cloned();
            imported.warnings.extend(doubts.map(|(column, message)| WrongRow { line, column, message }));
            writer.write_record(cells.texts())?;
            imported.lines.push(line);
            line_of_code.insert(code, line);
        }
        if let Some(statistics) = &self.statistics {
            statistics.report(&line_of_code, &mut imported);
        }
        imported.wrong.sort_by_key(|wrong| wrong.line);
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        imported.catalogue = String::from_utf8_lossy(&bytes).into_owned();
        Ok(imported)
    }

    /// `None`: a rule says that the row is no group.
    fn convert(&self, row: &Row<'t>) -> Option<Cells> {
        let mut cells = Cells::default();
        self.take(&self.map.columns, &self.columns, row, &mut cells);
        if self.apply_rules(row, &mut cells) {
            return None;
        }
        if let Some(statistics) = &self.statistics
            && let Some(row) = statistics.rows.get(cells.get("code"))
        {
            self.take(statistics.sources, &statistics.columns, row, &mut cells);
        }
        if cells.get("evidence").is_empty() {
            cells.put("evidence", self.map.evidence.clone());
        }
        for (field, name) in NEEDED {
            let title = self.title(field);
            if !cells.get(field).is_empty() || cells.problems.iter().any(|(column, _)| *column == title) {
                continue;
            }
            let remedy = if self.map.columns.iter().any(|source| source.field == field) {
                format!("没有填写：请补填{name}")
            } else {
                "没有规则适用于此行：请在 import.toml 中补写 [[rule]]".to_owned()
            };
            cells.problems.push((title, remedy));
        }
        Some(cells)
    }

    /// Reads the mapped fields of a row.
    fn take(
        &self,
        sources: &[FieldSource],
        columns: &FxHashMap<&str, usize>,
        row: &Row<'_>,
        cells: &mut Cells,
    ) {
        for source in sources {
            let parts = source.from.iter().filter_map(|name| columns.get(name.as_str()));
            let parts = parts.map(|column| meaningful(self.map, row.get(*column)));
            let mut text = String::new();
            for (at, part) in parts.filter(|part| !part.is_empty()).enumerate() {
                if at > 0 {
                    let join = source.join.get(at - 1).or(source.join.last());
                    text.push_str(join.map_or("：", String::as_str));
                }
                text.push_str(part);
            }
            let text = if self.map.is_canonical { value::unescaped(&text) } else { &text };
            if text.is_empty() {
                continue;
            }
            match value::read(source, text, |part| meaningful(self.map, part).is_empty()) {
                Ok(value) => {
                    cells.put(source.field, value.text);
                    cells.doubts.extend(value.doubt.map(|doubt| (source.from.join("、"), doubt)));
                }
                Err(message) => cells.problems.push((source.from.join("、"), message)),
            }
        }
    }

    /// The first rule that sets a field decides it; flags add up. `true`: the row is no group.
    fn apply_rules(&self, row: &Row<'_>, cells: &mut Cells) -> bool {
        let mut decided: FxHashSet<&str> = FxHashSet::default();
        let mut flags: Vec<String> =
            cells.get("flags").split(';').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        for rule in &self.map.rules {
            if !rule.when.iter().all(|test| test.holds(self.source(row, &test.column))) {
                continue;
            }
            if rule.skip {
                return true;
            }
            for (field, value) in &rule.values {
                if decided.insert(field) {
                    cells.put(field, value.clone());
                }
            }
            if !rule.name_suffix.is_empty() && decided.insert("name") {
                cells.put("name", format!("{}{}", cells.get("name"), rule.name_suffix));
            }
            for flag in &rule.flags {
                if !flags.contains(flag) {
                    flags.push(flag.clone());
                }
            }
        }
        cells.put("flags", flags.join(";"));
        false
    }

    fn cross_check(&self, row: &Row<'_>, cells: &mut Cells) {
        let value = |name: &str| match cells.try_get(name) {
            Some(text) => text.to_owned(),
            None => self.source(row, name).to_owned(),
        };
        let applies = |check: &&super::check::Check| {
            check.when.iter().all(|test| test.holds(self.source(row, &test.column)))
        };
        let checks = self.map.checks.iter().filter(applies);
        let doubts: Vec<(String, String)> = checks
            .filter_map(|check| Some((self.title(&check.field), check.disagreement(&value)?)))
            .collect();
        cells.doubts.extend(doubts);
    }

    /// A source cell by column name, empty when it only says that there is nothing.
    fn source<'r>(&self, row: &Row<'r>, name: &str) -> &'r str {
        self.columns.get(name).map_or("", |column| meaningful(self.map, row.get(*column)))
    }

    /// The source column(s) of a canonical field, as a user knows them.
    fn title(&self, field: &str) -> String {
        let mut all = self.map.columns.iter().chain(self.statistics.iter().flat_map(|s| s.sources));
        all.find(|source| source.field == field)
            .map_or_else(|| field.to_owned(), |source| source.from.join("、"))
    }
}

/// The cell, empty when it only says that there is nothing.
fn meaningful<'c>(map: &ColumnMap, text: &'c str) -> &'c str {
    let text = text.trim();
    if map.nothing.iter().any(|word| word.eq_ignore_ascii_case(text)) { "" } else { text }
}

/// Finds the named columns; those that are missing are reported.
fn bind<'t>(
    table: &Table,
    names: impl IntoIterator<Item = &'t str>,
    may_miss: bool,
    missing: &mut Vec<String>,
) -> FxHashMap<&'t str, usize> {
    let mut columns = FxHashMap::default();
    for name in names {
        match table.column(name) {
            Ok(column) => {
                columns.insert(name, column);
            }
            Err(terms::TableError::NoColumn { .. }) if may_miss => {}
            Err(error) if missing.contains(&error.to_string()) => {}
            Err(error) => missing.push(error.to_string()),
        }
    }
    columns
}

/// Every source column the map names.
fn names(map: &ColumnMap) -> Vec<&str> {
    let tests = map.rules.iter().flat_map(|r| &r.when).chain(map.checks.iter().flat_map(|c| &c.when));
    let of_checks = map.checks.iter().flat_map(|check| check.fields());
    map.columns
        .iter()
        .flat_map(|source| source.from.iter().map(String::as_str))
        .chain(tests.map(|test| test.column.as_str()))
        .chain(of_checks.filter(|name| !COLUMNS.contains(name)))
        .collect()
}
