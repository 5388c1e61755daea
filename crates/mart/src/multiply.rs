//! 放大, for measuring: a hospital's cases many times over. A machine that cannot collect millions of stays can still be asked how
//! fast reports over them are.

use crate::facts::CHARGE;
use crate::{FACTS, Mart, MartError};

/// More than a hospital has cases.
const STEP: u64 = 1_000_000_000;
/// Keys of what must be another's: a person, a visit.
const OTHERS: [&str; 2] = ["patient_key", "visit_key"];

impl Mart {
    /// Adds every case so many times more, as the case of another patient, without its charge lines: no report reads them. The
    /// mart no longer follows its store; this is for a copy that is measured and thrown away.
    pub fn multiply(&self, more: u32) -> Result<(), MartError> {
        let _writing = self.writing();
        let session = self.session()?;
        let of_cases = |fact: &&&crate::Fact| fact.columns.iter().any(|column| column.name == "number");
        for fact in FACTS.iter().filter(|fact| fact.name != CHARGE.name).filter(of_cases) {
            let columns: Vec<String> = fact
                .columns
                .iter()
                .map(|column| match column.name {
                    "number" => format!("number + n * {STEP}"),
                    name if OTHERS.contains(&name) => format!("{name} || '-' || n"),
                    name => name.to_owned(),
                })
                .collect();
            session.db.execute_batch(&format!(
                "INSERT INTO {table} SELECT {} FROM {table}, (SELECT UNNEST(GENERATE_SERIES(1, {more})) AS n)",
                columns.join(", "),
                table = fact.name
            ))?;
        }
        Ok(())
    }
}
