//! `[[population]]`

use super::Loading;
use super::file::File;
use crate::CASE;
use crate::layer::Population;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: Spanned<String>,
    name: String,
    definition: String,
    #[serde(rename = "where")]
    conditions: Vec<Spanned<String>>,
}

impl Loading<'_> {
    /// A population may use those before it.
    pub(super) fn populations(&self, files: &[File<'_>]) -> Vec<Population> {
        let mut populations: Vec<Population> = Vec::new();
        for file in files {
            for (_, text) in self.items::<Text>(file, "population") {
                let id = text.id.get_ref().clone();
                let taken = populations.iter().any(|population| population.id == id)
                    || self.schema.facts.iter().any(|fact| fact.column(&id).is_some());
                self.check_id(file, &text.id, taken);
                let conditions = self.conditions(file, CASE, &text.conditions, &populations);
                let Text { name, definition, .. } = text;
                populations.push(Population { id, name, definition, conditions });
            }
        }
        populations
    }
}
