//! 目录版本: code sets and the 三大目录, every version kept.
//!
//! A version keeps every row, or only the rows that it changed: then its base is the version that keeps every row, and all
//! versions from the base up to it make it. Their texts mean nothing to the store.

use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::canonical::Value;

/// What made a version of a catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CatalogueChange {
    /// 全量导入
    #[default]
    Full,
    /// 增量导入
    Incremental,
    /// 单条维护
    Edit,
    /// 恢复旧版本
    Rollback,
}

impl CatalogueChange {
    const NAMES: [(CatalogueChange, &'static str, &'static str); 4] = [
        (CatalogueChange::Full, "full", "全量导入"),
        (CatalogueChange::Incremental, "incremental", "增量导入"),
        (CatalogueChange::Edit, "edit", "单条维护"),
        (CatalogueChange::Rollback, "rollback", "恢复旧版本"),
    ];

    /// The name that is stored.
    pub fn name(self) -> &'static str {
        CatalogueChange::NAMES[self as usize].1
    }

    /// The name on a screen.
    pub fn chinese(self) -> &'static str {
        CatalogueChange::NAMES[self as usize].2
    }

    fn named(name: &str) -> Result<CatalogueChange, StoreError> {
        let found = CatalogueChange::NAMES.iter().find(|entry| entry.1 == name).map(|entry| entry.0);
        found.ok_or_else(|| StoreError::Shape(format!("目录版本的来源“{name}”")))
    }
}

/// One version of a catalogue, without its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueVersion {
    /// Id of the layout, e.g. `diagnosis_insurer`.
    pub layout: String,
    /// 1, 2, …
    pub version: i64,
    /// The version that keeps every row; itself when it does.
    pub base: i64,
    /// What made it.
    pub kind: CatalogueChange,
    /// Name of the file that was imported; empty when there was none.
    pub file_name: String,
    /// 备注
    pub note: String,
    /// 行数
    pub row_count: i64,
    /// 新增 against the version before.
    pub added: i64,
    /// 修改
    pub changed: i64,
    /// 删除
    pub removed: i64,
    /// 出错: rows of the file that were refused.
    pub wrong: i64,
    /// When.
    pub imported_at: Moment,
    /// Who (login).
    pub imported_by: String,
}

/// What a version keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueContent {
    /// Every row, or the rows added and changed.
    pub rows: String,
    /// The rows removed; empty where every row is kept.
    pub removed: String,
}

const COLUMNS: &str = "layout, version, base, kind, file_name, note, row_count, added, changed, removed, wrong, \
                       imported_at, imported_by";

impl Store {
    /// The newest version of a catalogue; `None` when it was never imported.
    pub fn catalogue(&self, layout: &str) -> Result<Option<CatalogueVersion>, StoreError> {
        self.with(|db| {
            let sql = format!(
                "SELECT {COLUMNS} FROM app_catalogue WHERE layout = $1 ORDER BY version DESC LIMIT 1"
            );
            db.first(&sql, &[layout.into()])?.as_deref().map(version).transpose()
        })
    }

    /// All versions of a catalogue, newest first.
    pub fn catalogue_versions(&self, layout: &str) -> Result<Vec<CatalogueVersion>, StoreError> {
        self.with(|db| {
            let sql = format!("SELECT {COLUMNS} FROM app_catalogue WHERE layout = $1 ORDER BY version DESC");
            db.all(&sql, &[layout.into()])?.iter().map(|row| version(row)).collect()
        })
    }

    /// What makes a version: the one that keeps every row, then the ones that change it, in their order.
    pub fn catalogue_contents(
        &self,
        layout: &str,
        version: i64,
    ) -> Result<Vec<CatalogueContent>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT content, removed_content FROM app_catalogue WHERE layout = $1 AND version <= $2 AND version >= \
                 (SELECT base FROM app_catalogue WHERE layout = $1 AND version = $2) ORDER BY version",
                &[layout.into(), version.into()],
            )
        })?;
        if rows.is_empty() {
            return Err(StoreError::Missing(format!("目录“{layout}”的第 {version} 版")));
        }
        let content = |row: &Vec<Value>| CatalogueContent {
            rows: row[0].str().to_owned(),
            removed: row[1].str().to_owned(),
        };
        Ok(rows.iter().map(content).collect())
    }

    /// Keeps a new version. `new.version` must be the next one after what the editor saw: whoever saw an older one is told
    /// by [`StoreError::Changed`].
    pub fn save_catalogue(
        &self,
        new: &CatalogueVersion,
        content: &CatalogueContent,
    ) -> Result<(), StoreError> {
        self.with(|db| db.transaction(|db| save(db, new, content)))
    }
}

fn save(db: &mut Connection, new: &CatalogueVersion, content: &CatalogueContent) -> Result<(), StoreError> {
    let changed = || StoreError::Changed(format!("目录“{}”", new.layout));
    let latest =
        db.number("SELECT MAX(version) FROM app_catalogue WHERE layout = $1", &[new.layout.as_str().into()])?;
    if new.version != latest.unwrap_or_default() + 1 {
        return Err(changed());
    }
    let text = |text: &str| Value::Text(text.into());
    // Two editors at the same moment on PostgreSQL: the second one's insert finds the version taken.
    let sql = format!(
        "INSERT INTO app_catalogue ({COLUMNS}, content, removed_content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (layout, version) DO NOTHING"
    );
    let written = db.execute(
        &sql,
        &[
            text(&new.layout),
            new.version.into(),
            new.base.into(),
            new.kind.name().into(),
            text(&new.file_name),
            text(&new.note),
            new.row_count.into(),
            new.added.into(),
            new.changed.into(),
            new.removed.into(),
            new.wrong.into(),
            new.imported_at.into(),
            text(&new.imported_by),
            text(&content.rows),
            text(&content.removed),
        ],
    )?;
    if written == 0 { Err(changed()) } else { Ok(()) }
}

fn version(row: &[Value]) -> Result<CatalogueVersion, StoreError> {
    let text = |at: usize| row[at].str().to_owned();
    let number = |at: usize| row[at].int().unwrap_or_default();
    Ok(CatalogueVersion {
        layout: text(0),
        version: number(1),
        base: number(2),
        kind: CatalogueChange::named(row[3].str())?,
        file_name: text(4),
        note: text(5),
        row_count: number(6),
        added: number(7),
        changed: number(8),
        removed: number(9),
        wrong: number(10),
        imported_at: number(11),
        imported_by: text(12),
    })
}
