//! 目录检索: the rows of a catalogue by what users type, among those of an edition or a day.

use super::{Hits, Index, Usage};
use crate::record::covers;
use crate::{Catalogue, EDITION, Layout, Record, VALID_FROM, VALID_TO};
use jiff::civil::Date;

/// Which rows count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowFilter<'f> {
    /// Only this edition; `None`: all.
    pub edition: Option<&'f str>,
    /// Only rows in force on this day; `None`: all.
    pub on: Option<Date>,
}

impl<'f> RowFilter<'f> {
    /// The filter as a test of rows of one layout.
    pub fn of(self, layout: &Layout) -> impl Fn(&Record) -> bool + use<'f> {
        let place = |id| layout.position(id).unwrap_or(usize::MAX);
        let (edition, from, to) = (place(EDITION), place(VALID_FROM), place(VALID_TO));
        let on = self.on.map(|day| day.to_string());
        move |record| {
            self.edition.is_none_or(|wanted| record.value(edition) == wanted)
                && on.as_deref().is_none_or(|day| covers(record.value(from), record.value(to), day))
        }
    }
}

/// 检索 over every row of a catalogue: by code and name, of a 对照 by those of both ends.
///
/// It holds positions of rows: use it with the catalogue it was made of.
#[derive(Default)]
pub struct CatalogueSearch {
    index: Index,
    /// Positions of the records that a term of the index stands for, term after term.
    records: Vec<u32>,
    /// End of each term in `records`.
    ends: Vec<usize>,
}

impl CatalogueSearch {
    /// Indexes a catalogue.
    pub fn new(catalogue: &Catalogue) -> CatalogueSearch {
        let places = named(catalogue.layout());
        let mut entries: Vec<(&str, &str, u32)> = Vec::new();
        for (at, record) in (0..).zip(catalogue.records()) {
            let terms = places.iter().map(|(code, name)| (record.value(*code), record.value(*name), at));
            entries.extend(terms);
        }
        entries.sort_unstable();
        let mut search = CatalogueSearch::default();
        let mut terms = Vec::new();
        for same in entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            terms.extend(same.first().map(|entry| (entry.0, entry.1)));
            search.records.extend(same.iter().map(|entry| entry.2));
            search.ends.push(search.records.len());
        }
        search.index = Index::new(terms);
        search
    }

    /// The index, e.g. for [`Index::usage`].
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// 联想: the best terms of the rows that count.
    pub fn suggest<'s>(
        &'s self,
        catalogue: &Catalogue,
        query: &str,
        filter: RowFilter<'_>,
        limit: usize,
        usage: Option<&Usage>,
    ) -> Hits<'s> {
        let wanted = filter.of(catalogue.layout());
        let wanted = |at: &u32| catalogue.records().get(*at as usize).is_some_and(&wanted);
        self.index.search_where(query, limit, usage, |term| self.records_of(term).iter().any(wanted))
    }

    /// Positions of all rows found, best first. Nothing typed finds every row that counts, in the catalogue's order.
    pub fn rows(&self, catalogue: &Catalogue, query: &str, filter: RowFilter<'_>) -> Vec<usize> {
        let wanted = filter.of(catalogue.layout());
        let wanted = |at: &usize| catalogue.records().get(*at).is_some_and(&wanted);
        if query.trim().is_empty() {
            return (0..catalogue.records().len()).filter(wanted).collect();
        }
        let mut taken = vec![false; catalogue.records().len()];
        let mut rows = Vec::new();
        for hit in self.suggest(catalogue, query, filter, usize::MAX, None).rows {
            for at in self.records_of(hit.term).iter().map(|at| *at as usize).filter(wanted) {
                // Both ends of a 对照 may be met.
                if taken.get_mut(at).is_some_and(|taken| !std::mem::replace(taken, true)) {
                    rows.push(at);
                }
            }
        }
        rows
    }

    fn records_of(&self, term: usize) -> &[u32] {
        let from = term.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(term).copied().unwrap_or(from);
        self.records.get(from..to).unwrap_or_default()
    }
}

/// Positions of the fields that hold a code and its name.
fn named(layout: &Layout) -> Vec<(usize, usize)> {
    let pairs = [("code", "name"), ("clinical_code", "clinical_name"), ("insurer_code", "insurer_name")];
    pairs.iter().filter_map(|(code, name)| Some((layout.position(code)?, layout.position(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::{DIAGNOSIS_INSURER, DIAGNOSIS_MAP};
    use crate::{ColumnMap, Import, Table};
    use jiff::civil::date;

    fn loaded(layout: Layout, header: &[&str], rows: &[&[&str]]) -> (Catalogue, CatalogueSearch) {
        let table = Table::from_rows(header, rows);
        let empty = Catalogue::new(layout);
        let import = Import { columns: ColumnMap::of_template(&layout, &table), ..Import::default() };
        let catalogue = empty.apply(&empty.plan(&table, &import).unwrap()).unwrap();
        let search = CatalogueSearch::new(&catalogue);
        (catalogue, search)
    }

    fn codes(catalogue: &Catalogue, rows: &[usize]) -> Vec<String> {
        rows.iter().map(|at| catalogue.records()[*at].label(catalogue.layout())).collect()
    }

    // covers: REC-5.08, REC-5.09
    #[test]
    fn rows_are_found_among_an_edition_and_a_day() {
        let (catalogue, search) = loaded(
            DIAGNOSIS_INSURER,
            &["编码", "名称", "版本", "生效日期", "失效日期"],
            &[
                &["I10.x00", "特发性高血压", "1.0", "2020-01-01", "2023-12-31"],
                &["I10.x00", "高血压", "2.0", "2024-01-01", ""],
                &["I11.900", "高血压性心脏病", "2.0", "2024-01-01", ""],
                &["K35.900", "急性阑尾炎", "2.0", "2024-01-01", ""],
            ],
        );
        let rows = |query, edition, on| {
            let rows = search.rows(&catalogue, query, RowFilter { edition, on });
            codes(&catalogue, &rows)
        };
        assert_eq!(rows("", None, None).len(), 4);
        assert_eq!(rows(" ", Some("1.0"), None), ["I10.x00 特发性高血压"]);
        assert_eq!(
            rows("gxy", None, None),
            ["I10.x00 高血压", "I11.900 高血压性心脏病", "I10.x00 特发性高血压"]
        );
        assert_eq!(rows("高xy", None, Some(date(2023, 5, 1))), ["I10.x00 特发性高血压"]);
        assert_eq!(rows("i10", Some("2.0"), Some(date(2023, 5, 1))), Vec::<String>::new());
        let filter = RowFilter { edition: None, on: Some(date(2025, 1, 1)) };
        let hits = search.suggest(&catalogue, "gxy", filter, 1, None);
        assert_eq!((hits.total, hits.rows[0].code, hits.rows[0].name), (2, "I10.x00", "高血压"));
    }

    // covers: REC-5.11
    #[test]
    fn a_map_is_found_from_both_ends_once_a_row() {
        let (catalogue, search) = loaded(
            DIAGNOSIS_MAP,
            &["临床版编码", "医保版编码", "临床版名称", "医保版名称", "版本", "生效日期"],
            &[
                &["K35.901", "K35.800", "急性化脓性阑尾炎", "急性阑尾炎", "2.0", "2024-01-01"],
                &["K35.900", "K35.800", "急性阑尾炎", "急性阑尾炎", "2.0", "2024-01-01"],
            ],
        );
        let rows = |query| codes(&catalogue, &search.rows(&catalogue, query, RowFilter::default()));
        assert_eq!(rows("k35.8"), ["K35.900→K35.800 急性阑尾炎", "K35.901→K35.800 急性化脓性阑尾炎"]);
        assert_eq!(rows("阑尾").len(), 2);
        assert_eq!(rows("hnx"), ["K35.901→K35.800 急性化脓性阑尾炎"]);
        assert_eq!(rows("肺炎"), Vec::<String>::new());
    }
}
