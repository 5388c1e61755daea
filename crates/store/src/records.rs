//! 参数与操作日志: versions of parameters, and who did what.

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

/// One line of the operation log (操作日志).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: Moment,
    /// Who.
    pub login: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// More; no personal data.
    pub detail: String,
    /// From where.
    pub address: String,
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

    /// Appends to the operation log.
    pub fn log_operation(&self, entry: &LogEntry) -> Result<(), StoreError> {
        self.with(|db| {
            db.execute(
                "INSERT INTO operation_log (at, login, action, object, detail, address) VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    entry.at.into(),
                    entry.login.as_str().into(),
                    entry.action.as_str().into(),
                    entry.object.as_str().into(),
                    entry.detail.as_str().into(),
                    entry.address.as_str().into(),
                ],
            )
        })?;
        Ok(())
    }

    /// The latest entries, newest first.
    pub fn operations_logged(&self, limit: i64) -> Result<Vec<LogEntry>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT at, login, action, object, detail, address FROM operation_log ORDER BY id DESC LIMIT $1",
                &[limit.into()],
            )
        })?;
        let text = |value: &model::canonical::Value| value.str().to_owned();
        Ok(rows
            .iter()
            .map(|row| LogEntry {
                at: row[0].int().unwrap_or_default(),
                login: text(&row[1]),
                action: text(&row[2]),
                object: text(&row[3]),
                detail: text(&row[4]),
                address: text(&row[5]),
            })
            .collect())
    }
}
