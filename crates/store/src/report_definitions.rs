//! 自定义报表与常用查询: definitions that users built; each is its owner's, and may be shared.

use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// What a definition says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefinitionKind {
    /// 自定义报表: the text of a file of packs/reports.
    #[default]
    Report,
    /// 常用查询: the conditions of a list of cases, as they stand in its address.
    CaseQuery,
}

impl DefinitionKind {
    fn name(self) -> &'static str {
        match self {
            DefinitionKind::Report => "report",
            DefinitionKind::CaseQuery => "case_query",
        }
    }
}

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
    /// What it is.
    pub kind: DefinitionKind,
    /// Its text.
    pub definition: String,
    /// Version the editor saw.
    pub version: i64,
    /// When it was changed last.
    pub changed_at: Moment,
    /// 已删除: its owner may still restore it.
    pub deleted_at: Option<Moment>,
}

const COLUMNS: &str = "id, owner, owner_name, shared, title, definition, version, changed_at, deleted_at";

fn read(row: &[Value], kind: DefinitionKind) -> ReportDefinition {
    let text = |at: usize| row[at].str().to_owned();
    ReportDefinition {
        id: row[0].int().unwrap_or_default(),
        owner: text(1),
        owner_name: text(2),
        shared: row[3].int() == Some(1),
        title: text(4),
        kind,
        definition: text(5),
        version: row[6].int().unwrap_or_default(),
        changed_at: row[7].int().unwrap_or_default(),
        deleted_at: row[8].int(),
    }
}

impl Store {
    /// Definitions that a user sees: his own, deleted ones included, then what others share; the latest changed first.
    pub fn definitions(
        &self,
        login: &str,
        kind: DefinitionKind,
    ) -> Result<Vec<ReportDefinition>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM report_definition \
             WHERE kind = $2 AND (owner = $1 OR (shared = 1 AND deleted_at IS NULL)) \
             ORDER BY CASE WHEN owner = $1 THEN 0 ELSE 1 END, changed_at DESC, id DESC"
        );
        let rows = self.with(|db| db.all(&sql, &[login.into(), kind.name().into()]))?;
        Ok(rows.iter().map(|row| read(row, kind)).collect())
    }

    /// One that a user sees; `None` also for somebody else's own.
    pub fn definition(
        &self,
        login: &str,
        kind: DefinitionKind,
        id: i64,
    ) -> Result<Option<ReportDefinition>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM report_definition \
             WHERE id = $2 AND kind = $3 AND (owner = $1 OR (shared = 1 AND deleted_at IS NULL))"
        );
        let row = self.with(|db| db.first(&sql, &[login.into(), id.into(), kind.name().into()]))?;
        Ok(row.map(|row| read(&row, kind)))
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
            text(definition.kind.name()),
        ];
        let sql = if definition.id == 0 {
            "INSERT INTO report_definition (owner, owner_name, shared, title, definition, version, changed_at, \
             deleted_at, kind) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8) RETURNING id"
        } else {
            values.extend([definition.id.into(), definition.version.into()]);
            "UPDATE report_definition SET owner_name = $2, shared = $3, title = $4, definition = $5, \
             version = version + 1, changed_at = $6, deleted_at = $7 \
             WHERE id = $9 AND version = $10 AND owner = $1 AND kind = $8 RETURNING id"
        };
        let row = self.with(|db| db.first(sql, &values))?;
        let changed = || StoreError::Changed(format!("“{}”", definition.title));
        row.and_then(|row| row[0].int()).ok_or_else(changed)
    }
}
