//! 参数: every version of every parameter.

use crate::{Moment, Store, StoreError};

/// One version of a parameter (参数).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// 1, 2, …
    pub version: i64,
    /// Value as text.
    pub value: String,
    /// When.
    pub changed_at: Moment,
    /// Who.
    pub changed_by: String,
    /// Why.
    pub note: String,
}

impl Store {
    /// A parameter's latest version.
    pub fn parameter(&self, name: &str) -> Result<Option<Parameter>, StoreError> {
        Ok(self.parameter_history(name)?.into_iter().next())
    }

    /// All versions, newest first.
    pub fn parameter_history(&self, name: &str) -> Result<Vec<Parameter>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT version, value, changed_at, changed_by, note FROM app_parameter WHERE name = $1 \
                 ORDER BY version DESC",
                &[name.into()],
            )
        })?;
        Ok(rows
            .iter()
            .map(|row| Parameter {
                name: name.to_owned(),
                version: row[0].int().unwrap_or_default(),
                value: row[1].str().to_owned(),
                changed_at: row[2].int().unwrap_or_default(),
                changed_by: row[3].str().to_owned(),
                note: row[4].str().to_owned(),
            })
            .collect())
    }

    /// Sets a parameter. `new.version` must be the next one after what the editor saw: whoever saw an older version is told.
    pub fn set_parameter(&self, new: &Parameter) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let latest = db.number(
                    "SELECT MAX(version) FROM app_parameter WHERE name = $1",
                    &[new.name.as_str().into()],
                )?;
                if new.version != latest.unwrap_or_default() + 1 {
                    return Err(StoreError::Changed(format!("参数“{}”", new.name)));
                }
                // Two editors at the same moment on PostgreSQL: the second one's insert finds the version taken.
                let written = db.execute(
                    "INSERT INTO app_parameter (name, version, value, changed_at, changed_by, note) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name, version) DO NOTHING",
                    &[
                        new.name.as_str().into(),
                        new.version.into(),
                        model::canonical::Value::Text(new.value.as_str().into()),
                        new.changed_at.into(),
                        new.changed_by.as_str().into(),
                        new.note.as_str().into(),
                    ],
                )?;
                if written == 0 {
                    return Err(StoreError::Changed(format!("参数“{}”", new.name)));
                }
                Ok(())
            })
        })
    }
}
