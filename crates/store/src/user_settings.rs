//! 使用者设置: what a user chose for himself, by name.

use crate::{Store, StoreError};

impl Store {
    /// A setting; `None` when the user never set it.
    pub fn user_setting(&self, login: &str, name: &str) -> Result<Option<String>, StoreError> {
        let row = self.with(|db| {
            db.first(
                "SELECT value FROM app_user_setting WHERE login = $1 AND name = $2",
                &[login.into(), name.into()],
            )
        })?;
        Ok(row.map(|row| row[0].str().to_owned()))
    }

    /// Sets it; an empty value takes it away.
    pub fn set_user_setting(&self, login: &str, name: &str, value: &str) -> Result<(), StoreError> {
        self.with(|db| {
            if value.is_empty() {
                db.execute(
                    "DELETE FROM app_user_setting WHERE login = $1 AND name = $2",
                    &[login.into(), name.into()],
                )?;
                return Ok(());
            }
            db.execute(
                "INSERT INTO app_user_setting (login, name, value) VALUES ($1, $2, $3) \
                 ON CONFLICT (login, name) DO UPDATE SET value = $3",
                &[login.into(), name.into(), value.into()],
            )?;
            Ok(())
        })
    }
}
