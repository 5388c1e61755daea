//! Named code lists (`lists/<name>.csv`), referred to as `@name`.

use crate::reader::{Context, Sheet};
use rustc_hash::FxHashMap;

/// One row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Code, code prefix or 类目 range, as the list's user defines.
    pub code: String,
    /// Meaning depends on the user: an exclusion rule, a Charlson class, an exclusion table.
    pub rule: String,
    /// Meaning depends on the user: diagnoses a `limited` rule admits, a weight.
    pub scope: String,
}

/// All lists of a pack by name.
#[derive(Clone, Debug, Default)]
pub struct Lists(pub(crate) FxHashMap<String, Vec<ListRow>>);

impl Lists {
    /// The rows of a list; `None` when the pack has none of that name.
    pub fn get(&self, name: &str) -> Option<&[ListRow]> {
        self.0.get(name).map(Vec::as_slice)
    }

    pub(crate) fn read(&mut self, context: &Context, file: &str, name: &str, bytes: &[u8]) {
        let sheet =
            Sheet::read(context, file, bytes, &["code", "name", "rule", "scope", "evidence"], &["code"]);
        let mut rows = Vec::new();
        for row in sheet.rows(context, file) {
            rows.push(ListRow {
                code: row.needed("code").to_owned(),
                rule: row.text("rule").to_owned(),
                scope: row.text("scope").to_owned(),
            });
        }
        self.0.insert(name.to_owned(), rows);
    }
}
