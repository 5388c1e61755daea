//! 脱敏: what of a person a viewer may read in a record.

use crate::named_row::NamedRow;
use model::Viewer;
use model::canonical::{Private, Value};

/// Masks a row's private columns: names as the viewer may read them, everything else always.
pub(crate) fn mask(row: &mut NamedRow, viewer: &Viewer) {
    for (column, value) in row.values_mut() {
        let (Some(private), Value::Text(text)) = (column.private, &*value) else { continue };
        let masked = match private {
            Private::Name => viewer.patient_name(text),
            Private::IdNumber | Private::Phone => last_four(text),
            Private::Address => "***".to_owned(),
        };
        *value = Value::Text(masked.into());
    }
}

/// `440106199001011234` → `**************1234`; a short number shows nothing.
fn last_four(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    let shown = if letters.len() >= 8 { 4 } else { 0 };
    let hidden = letters.len() - shown;
    "*".repeat(hidden).chars().chain(letters.into_iter().skip(hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Permission;
    use model::canonical::{TABLES, Table};
    use std::collections::BTreeSet;

    #[test]
    fn nothing_private_of_any_table_passes() {
        let secret = "甲乙丙丁戊己庚辛壬癸";
        let nobody = Viewer::default();
        let names = Viewer { permissions: BTreeSet::from([Permission::Names]), ..Viewer::default() };
        for table in TABLES {
            for viewer in [&nobody, &names] {
                let values = vec![Value::from(secret); table.columns.len()];
                let mut row = NamedRow::new(table, values);
                mask(&mut row, viewer);
                for column in table.columns {
                    let open = match column.private {
                        None => true,
                        Some(Private::Name) => viewer.may(Permission::Names),
                        Some(_) => false,
                    };
                    assert_eq!(row.text(column.name) == secret, open, "{}.{}", table.name, column.name);
                }
            }
        }
    }

    #[test]
    fn the_end_of_a_long_number_is_shown() {
        assert_eq!(last_four("440106199001011234"), "**************1234");
        assert_eq!(last_four("1234567"), "*******");
        let patient = Table::named("patient").unwrap();
        let mut row = NamedRow::new(patient, vec![Value::Null; patient.columns.len()]);
        mask(&mut row, &Viewer::default());
        assert!(row.value("id_number").is_null());
    }
}
