//! 自定义报表: definitions that users built; each is its owner's, and may be shared.

use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// A definition that a user built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportDefinition {
    /// Number; 0 for a new one.
    pub id: i64,
    /// 工号 of who built it, who alone may change it.
    pub owner: String,
    /// His name then.
    pub owner_name: String,
    /// Whether others see it. Its numbers are still those of whoever looks.
    pub shared: bool,
    /// 名称
    pub title: String,
    /// The text of a file of packs/reports.
    pub definition: String,
    /// Version the editor saw.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Moment,
    /// 已删除: its owner may still restore it.
    pub deleted_at: Option<Moment>,
}

const COLUMNS: &str = "id, owner, owner_name, shared, title, definition, version, changed_at, deleted_at";

fn read(row: &[Value]) -> ReportDefinition {
    let text = |at: usize| row[at].str().to_owned();
    ReportDefinition {
        id: row[0].int().unwrap_or_default(),
        owner: text(1),
        owner_name: text(2),
        shared: row[3].int() == Some(1),
        title: text(4),
        definition: text(5),
        version: row[6].int().unwrap_or_default(),
        changed_at: row[7].int().unwrap_or_default(),
        deleted_at: row[8].int(),
    }
}

impl Store {
    /// What a user sees: his own, deleted ones included, then what others share; the latest changed first.
    pub fn report_definitions(&self, login: &str) -> Result<Vec<ReportDefinition>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM report_definition WHERE owner = $1 OR (shared = 1 AND deleted_at IS NULL) \
             ORDER BY CASE WHEN owner = $1 THEN 0 ELSE 1 END, changed_at DESC, id DESC"
        );
        Ok(self.with(|db| db.all(&sql, &[login.into()]))?.iter().map(|row| read(row)).collect())
    }

    /// One that a user sees; `None` also for somebody else's own.
    pub fn report_definition(&self, login: &str, id: i64) -> Result<Option<ReportDefinition>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM report_definition \
             WHERE id = $2 AND (owner = $1 OR (shared = 1 AND deleted_at IS NULL))"
        );
        Ok(self.with(|db| db.first(&sql, &[login.into(), id.into()]))?.map(|row| read(&row)))
    }

    /// Keeps a new one (id 0) or changes the owner's; returns its number.
    ///
    /// # Errors
    /// `Changed`: it was changed since `version`, or is not this owner's.
    pub fn save_report_definition(&self, definition: &ReportDefinition) -> Result<i64, StoreError> {
        let text = |text: &str| Value::Text(text.into());
        let mut values = vec![
            text(&definition.owner),
            text(&definition.owner_name),
            i64::from(definition.shared).into(),
            text(&definition.title),
            text(&definition.definition),
            definition.changed_at.into(),
            definition.deleted_at.into(),
        ];
        let sql = if definition.id == 0 {
            "INSERT INTO report_definition (owner, owner_name, shared, title, definition, version, changed_at, \
             deleted_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $7) RETURNING id"
        } else {
            values.extend([definition.id.into(), definition.version.into()]);
            "UPDATE report_definition SET owner_name = $2, shared = $3, title = $4, definition = $5, \
             version = version + 1, changed_at = $6, deleted_at = $7 \
             WHERE id = $8 AND version = $9 AND owner = $1 RETURNING id"
        };
        let row = self.with(|db| db.first(sql, &values))?;
        let changed = || StoreError::Changed(format!("自定义报表“{}”", definition.title));
        row.and_then(|row| row[0].int()).ok_or_else(changed)
    }
}
