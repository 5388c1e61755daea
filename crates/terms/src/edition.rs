//! 版本: the editions that a catalogue holds side by side.

use crate::record::covers;
use crate::{Catalogue, EDITION, VALID_FROM, VALID_TO};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Rows and days of one edition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edition {
    /// 版本
    pub name: String,
    /// 行数
    pub rows: usize,
    /// 有效行数 on the day asked for.
    pub in_force: usize,
    /// The first day of all rows.
    pub from: String,
    /// The last day of all rows; `None` while a row has none.
    pub to: Option<String>,
}

impl Catalogue {
    /// The editions by name, their rows in force counted on a day.
    pub fn editions(&self, on: Date) -> Vec<Edition> {
        let layout = self.layout();
        let place = |id| layout.position(id).unwrap_or(usize::MAX);
        let (edition, from, to) = (place(EDITION), place(VALID_FROM), place(VALID_TO));
        let on = on.to_string();
        let mut editions: BTreeMap<&str, Edition> = BTreeMap::new();
        for record in self.records() {
            let name = record.value(edition);
            let (from, to) = (record.value(from), record.value(to));
            let sum = editions.entry(name).or_insert_with(|| Edition {
                name: name.to_owned(),
                from: from.to_owned(),
                to: Some(String::new()),
                ..Edition::default()
            });
            sum.rows += 1;
            sum.in_force += usize::from(covers(from, to, &on));
            if from < sum.from.as_str() {
                sum.from = from.to_owned();
            }
            match &mut sum.to {
                last if to.is_empty() => *last = None,
                Some(last) if last.as_str() < to => *last = to.to_owned(),
                _ => {}
            }
        }
        editions.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::DIAGNOSIS_INSURER;
    use crate::{ColumnMap, Import, Table};
    use jiff::civil::date;

    #[test]
    fn editions_are_counted_with_their_days() {
        let table = Table::from_rows(
            &["编码", "名称", "版本", "生效日期", "失效日期"],
            [
                ["A00.000", "霍乱", "1.0", "2020-01-01", "2023-12-31"],
                ["A01.000", "伤寒", "1.0", "2019-01-01", "2022-12-31"],
                ["A00.000", "霍乱", "2.0", "2024-01-01", ""],
                ["A01.000", "伤寒", "2.0", "2024-06-01", "2030-01-01"],
            ],
        );
        let empty = Catalogue::new(DIAGNOSIS_INSURER);
        let columns = ColumnMap::of_template(&DIAGNOSIS_INSURER, &table);
        let plan = empty.plan(&table, &Import { columns, ..Import::default() }).unwrap();
        let editions = empty.apply(&plan).unwrap().editions(date(2024, 3, 1));
        let [old, new] = editions.as_slice() else { panic!("{editions:?}") };
        assert_eq!((old.name.as_str(), old.rows, old.in_force), ("1.0", 2, 0));
        assert_eq!((old.from.as_str(), old.to.as_deref()), ("2019-01-01", Some("2023-12-31")));
        assert_eq!((new.name.as_str(), new.rows, new.in_force), ("2.0", 2, 1));
        assert_eq!((new.from.as_str(), new.to.as_deref()), ("2024-01-01", None));
    }
}
