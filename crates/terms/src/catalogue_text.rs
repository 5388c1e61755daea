//! 目录文本: a catalogue as rows of text, and back without loss.
//!
//! Beside each code column stands its 原写法 when some row was spelt differently in the source: the code column is for
//! comparing, the spelling is what the hospital wrote.

use crate::table::{Encoding, Format, Hint, read_table};
use crate::{Catalogue, ColumnMap, Field, Import, Layout, Record, Table, TableError};
use model::Changes;

/// Wrong rows that an error names; the count is always complete.
const NAMED: usize = 20;

impl Catalogue {
    /// The canonical file: field ids in row 1, UTF-8, LF, rows by code. [`Catalogue::of_text`] gives the same catalogue
    /// again; a catalogue of which that is not so is refused.
    pub fn to_text(&self) -> Result<Vec<u8>, TableError> {
        let bytes = text_of(self.layout(), self.records())?;
        if Catalogue::of_text(self.layout(), &bytes)? == *self {
            return Ok(bytes);
        }
        Err(TableError::Unwritable {
            what: format!("{} 无法原样保存，未写入：请检查是否有超过 32767 字的内容", self.layout().title),
        })
    }

    /// Reads a canonical file. A catalogue is taken whole or not at all.
    pub fn of_text(layout: &Layout, bytes: &[u8]) -> Result<Catalogue, TableError> {
        let empty = Catalogue::new(*layout);
        if bytes.is_empty() {
            return Ok(empty);
        }
        let hint = Hint { format: Some(Format::Csv), encoding: Some(Encoding::Utf8), ..Hint::default() };
        let table = with_spellings(layout, &read_table(bytes, &hint)?);
        let import = Import { columns: ColumnMap::of_template(layout, &table), ..Import::default() };
        let plan = empty.plan(&table, &import)?;
        if !plan.wrong.is_empty() {
            let mut problems = String::new();
            for wrong in plan.wrong.iter().take(NAMED) {
                problems.push_str(&format!("\n  {wrong}"));
            }
            if plan.wrong.len() > NAMED {
                problems.push_str(&format!("\n  …… 另有 {} 条", plan.wrong.len() - NAMED));
            }
            return Err(TableError::WrongRows { rows: plan.wrong.len(), problems });
        }
        empty.apply(&plan)
    }

    /// This catalogue after the changes that [`changes_text`] wrote down.
    pub fn changed_by(&self, rows: &[u8], removed: &[u8]) -> Result<Catalogue, TableError> {
        let of = |bytes| Catalogue::of_text(self.layout(), bytes);
        Ok(self.with_rows(of(rows)?, &of(removed)?))
    }

    /// Every row for people, under the fields' Chinese titles; an import takes it back.
    pub fn to_table(&self) -> Table {
        table_of(self.layout(), self.records(), |field| field.title)
    }
}

/// A plan as two canonical files: the rows it adds and changes, and the rows it removes. Empty where there is none.
pub fn changes_text(layout: &Layout, plan: &Changes<Record>) -> Result<(Vec<u8>, Vec<u8>), TableError> {
    let after = plan.changed.iter().map(|change| &change.after);
    let rows: Vec<Record> = plan.added.iter().chain(after).cloned().collect();
    let text = |rows: &[Record]| if rows.is_empty() { Ok(Vec::new()) } else { text_of(layout, rows) };
    Ok((text(&rows)?, text(&plan.removed)?))
}

/// Rows of one layout as text; [`Catalogue::of_text`] reads it.
fn text_of(layout: &Layout, records: &[Record]) -> Result<Vec<u8>, TableError> {
    let unwritable = |error: csv::Error| TableError::Unwritable { what: error.to_string() };
    let table = table_of(layout, records, |field| field.id);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.header()).map_err(unwritable)?;
    for row in table.rows() {
        writer.write_record(row.cells()).map_err(unwritable)?;
    }
    writer.into_inner().map_err(|error| unwritable(error.into_error().into()))
}

/// Rows under columns named by `name`.
fn table_of(layout: &Layout, records: &[Record], name: impl Fn(&Field) -> &'static str) -> Table {
    let spelt: Vec<(usize, String)> = layout
        .codes()
        .filter(|(at, _)| records.iter().any(|record| record.written(*at).is_some()))
        .map(|(at, field)| (at, spelling_title(name(field))))
        .collect();
    let mut header: Vec<&str> = layout.fields.iter().map(&name).collect();
    header.extend(spelt.iter().map(|(_, title)| title.as_str()));
    let rows = records.iter().map(|record| {
        let values = (0..layout.fields.len()).map(|at| record.value(at));
        values.chain(spelt.iter().map(|(at, _)| record.written(*at).unwrap_or_default())).collect::<Vec<_>>()
    });
    Table::from_rows(&header, rows)
}

/// A file of ours as it was before it was exported: spellings back in the code columns, and without the quote that keeps
/// a spreadsheet from running a cell. A spelling of another code than the row's is passed over: somebody has corrected
/// the code.
pub fn with_spellings(layout: &Layout, table: &Table) -> Table {
    let spelling: Vec<(usize, usize, &Field)> = layout
        .codes()
        .filter_map(|(_, field)| {
            let found = [field.title, field.id]
                .into_iter()
                .find_map(|name| Some((table.column(name).ok()?, table.column(&spelling_title(name)).ok()?)));
            found.map(|(code, written)| (code, written, field))
        })
        .collect();
    table.rewritten(|row, column| {
        let code = unescaped(row.get(column));
        let Some((_, written, field)) = spelling.iter().find(|(code, _, _)| *code == column) else {
            return code;
        };
        let written = unescaped(row.get(*written));
        let same = || field.read(written).is_ok_and(|value| field.read(code).as_ref() == Ok(&value));
        if written.is_empty() || !same() { code } else { written }
    })
}

/// Column names of a file that no field takes.
pub fn unused_columns(layout: &Layout, columns: &ColumnMap, header: &[String]) -> Vec<String> {
    let spellings = layout.codes().flat_map(|(_, field)| [field.title, field.id]).map(spelling_title);
    let spellings: Vec<String> = spellings.collect();
    let is_used = |title: &str| {
        columns.pairs().any(|(_, column)| column == title) || spellings.iter().any(|known| known == title)
    };
    header.iter().filter(|title| !title.is_empty() && !is_used(title)).cloned().collect()
}

fn spelling_title(name: &str) -> String {
    format!("{name}（原写法）")
}

/// Takes back what [`crate::export::csv`] does: `'=1+1` → `=1+1`.
fn unescaped(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::{DIAGNOSIS_INSURER, DIAGNOSIS_MAP, DRUG};

    fn loaded(layout: Layout, header: &[&str], rows: &[&[&str]]) -> Catalogue {
        let table = Table::from_rows(header, rows);
        let empty = Catalogue::new(layout);
        let import = Import { columns: ColumnMap::of_template(&layout, &table), ..Import::default() };
        let plan = empty.plan(&table, &import).unwrap();
        assert_eq!(plan.wrong, []);
        empty.apply(&plan).unwrap()
    }

    #[test]
    fn the_file_gives_the_catalogue_back_with_every_spelling_and_sign() {
        let diagnoses = loaded(
            DIAGNOSIS_INSURER,
            &["code", "name", "edition", "valid_from"],
            &[
                &["k35900", "急性阑尾炎", "2.0", "2024/1/1"],
                &["A00.000", "=1+1，\"引号\"\n换行", "2.0", "2024-01-01"],
            ],
        );
        let map = loaded(
            DIAGNOSIS_MAP,
            &["临床版编码", "医保版编码", "版本", "生效日期"],
            &[&["Ｋ３５．９００", "k35.900", "2.0", "2024-01-01"]],
        );
        let drugs = loaded(
            DRUG,
            &["code", "name", "price", "edition", "valid_from"],
            &[&["Ｘ001", "@甲药", "-0.10", "1", "2024-01-01"], &["X002", "+乙", "", "1", "2024-01-01"]],
        );
        for catalogue in [diagnoses, map, drugs] {
            let layout = catalogue.layout();
            let file = catalogue.to_text().unwrap();
            assert_eq!(Catalogue::of_text(layout, &file).unwrap(), catalogue);
            // An export too, through the sign that keeps Excel from running it.
            let export = crate::export::csv(&catalogue.to_table()).unwrap();
            assert_eq!(Catalogue::of_text(layout, &export).unwrap(), catalogue);
        }
    }

    #[test]
    fn changes_as_text_repeat_themselves() {
        let header = ["code", "name", "edition", "valid_from"];
        let old = loaded(
            DIAGNOSIS_INSURER,
            &header,
            &[
                &["A00.000", "霍乱", "2.0", "2024-01-01"],
                &["K35.900", "急性阑尾炎", "2.0", "2024-01-01"],
                &["K36.x00", "其他阑尾炎", "2.0", "2024-01-01"],
            ],
        );
        let new = loaded(
            DIAGNOSIS_INSURER,
            &header,
            &[
                &["A00.000", "霍乱", "2.0", "2024-01-01"],
                &["k35900", "急性阑尾炎", "2.0", "2024-01-01"],
                &["K37.x00", "阑尾炎", "2.0", "2024-01-01"],
            ],
        );
        let changes = old.compare(&new);
        assert_eq!(changes.summary(), "新增 1，修改 1，删除 1，不变 1，出错 0");
        assert_eq!(old.apply(&changes).unwrap(), new);
        let (rows, removed) = changes_text(&DIAGNOSIS_INSURER, &changes).unwrap();
        assert_eq!(old.changed_by(&rows, &removed).unwrap(), new);
        assert_eq!(old.changed_by(b"", b"").unwrap(), old);
        assert_eq!(new.row(&["K35.900", "2.0"]).map(|record| record.value(1)), Some("急性阑尾炎"));
        assert!(new.row(&["K35.900", "1.0"]).is_none() && new.row(&["K35.900"]).is_none());
    }

    #[test]
    fn a_corrected_code_wins_over_the_old_spelling() {
        let table = Table::from_rows(
            &["编码", "名称", "编码（原写法）"],
            [["K35.900", "甲", "k35900"], ["K36.x00", "乙", "k35901"], ["K37.x00", "丙", ""]],
        );
        let rewritten = with_spellings(&DIAGNOSIS_INSURER, &table);
        let codes: Vec<&str> = rewritten.rows().map(|row| row.get(0)).collect();
        assert_eq!(codes, ["k35900", "K36.x00", "K37.x00"]);
        let columns = ColumnMap::of_template(&DIAGNOSIS_INSURER, &rewritten);
        assert_eq!(unused_columns(&DIAGNOSIS_INSURER, &columns, rewritten.header()), Vec::<String>::new());
    }

    #[test]
    fn a_damaged_file_names_its_rows() {
        let file = "code,name,edition,valid_from\nA00.000,霍乱,2.0,2024-01-01\nA00.000,伤寒,2.0,2024-01-01\n";
        let refused = Catalogue::of_text(&DIAGNOSIS_INSURER, file.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("2 行出错") && refused.contains("第 3 行"), "{refused}");
    }
}
