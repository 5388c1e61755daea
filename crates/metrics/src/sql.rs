//! SQL being written. Its text is made of the program's own words and column names; whatever a person or a pack wrote goes into
//! a parameter. The dialect is what DuckDB and PostgreSQL share.

use crate::Value;
use crate::schema::{Form, Place};

/// A statement being written, with its parameters `$1`, `$2` ….
#[derive(Clone, Debug, Default)]
pub(crate) struct Sql {
    text: String,
    parameters: Vec<Value>,
}

impl Sql {
    /// Adds words of the program.
    pub(crate) fn word(&mut self, word: &'static str) -> &mut Sql {
        self.text.push_str(word);
        self
    }

    pub(crate) fn count(&mut self, number: usize) -> &mut Sql {
        self.text.push_str(&number.to_string());
        self
    }

    /// Names a column, or writes what is made of it.
    pub(crate) fn column(&mut self, place: Place) -> &mut Sql {
        match place.form {
            Form::Plain => self.name(place),
            Form::From(home) => self.distance(place, home),
        }
    }

    fn name(&mut self, place: Place) -> &mut Sql {
        self.word(if place.of_case { "c." } else { "f." }).word(place.column.name)
    }

    /// Without parameters, so that a database sees the same expression where it selects and where it groups.
    fn distance(&mut self, place: Place, home: u32) -> &mut Sql {
        self.word("CASE WHEN ").name(place).word(" IS NULL THEN NULL");
        for (digits, code, value) in [(6, home, "1"), (4, home / 100, "2"), (2, home / 10_000, "3")] {
            self.word(" WHEN SUBSTR(").name(place).word(", 1, ").count(digits).word(") = '");
            self.count(code as usize).word("' THEN '").word(value).word("'");
        }
        self.word(" ELSE '4' END")
    }

    /// Adds a parameter; equal values share one.
    pub(crate) fn value(&mut self, value: Value) -> &mut Sql {
        let known = self.parameters.iter().position(|parameter| *parameter == value);
        let at = known.unwrap_or_else(|| {
            self.parameters.push(value);
            self.parameters.len() - 1
        });
        self.word("$").count(at + 1)
    }

    /// Adds each item, with words between them.
    pub(crate) fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        between: &'static str,
        mut add: impl FnMut(&mut Sql, T),
    ) -> &mut Sql {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.word(between);
            }
            add(self, item);
        }
        self
    }

    pub(crate) fn finish(self) -> (String, Vec<Value>) {
        (self.text, self.parameters)
    }
}
