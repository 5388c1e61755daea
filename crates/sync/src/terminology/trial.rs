//! 预演: what a file would change in a catalogue, kept until somebody confirms it.

use super::{CatalogueAuthor, Terminology};
use crate::SyncError;
use model::Changes;
use store::{CatalogueChange, CatalogueVersion};
use terms::{Import, Layout, Mode, Record, Table};

/// The outcome of a dry run.
#[derive(Clone, Debug)]
pub struct CatalogueTrial {
    /// The catalogue.
    pub layout: &'static Layout,
    /// The version it was made on; 0 when nothing was imported yet.
    pub seen: i64,
    /// 全量 or 增量.
    pub mode: Mode,
    /// 新增, 修改, 删除, 不变, 出错.
    pub plan: Changes<Record>,
    /// Rows of the file, wrong ones included.
    pub rows: usize,
    /// Columns of the file that no field takes.
    pub unused: Vec<String>,
}

impl CatalogueTrial {
    /// How many removals are held back when the wrong rows are passed over: those codes may stand in the wrong rows.
    pub fn held_back(&self) -> usize {
        if self.plan.wrong.is_empty() || self.mode == Mode::Incremental { 0 } else { self.plan.removed.len() }
    }

    /// Whether confirming it, wrong rows passed over, would change something.
    pub fn changes_something(&self) -> bool {
        let plan = &self.plan;
        plan.added.len() + plan.changed.len() + plan.removed.len() > self.held_back()
    }
}

impl Terminology {
    /// 预演: compares a file with the newest version. Touches nothing.
    ///
    /// The file is one of ours, or one whose columns `import` names; a spelling column beside a code counts in the former.
    pub fn try_import(
        &self,
        layout: &'static Layout,
        table: &Table,
        import: &Import,
    ) -> Result<CatalogueTrial, SyncError> {
        if table.is_empty() && table.wrong.is_empty() {
            return Err(SyncError::NoRows);
        }
        let held = self.catalogue(layout)?;
        let plan = held.catalogue.plan(table, import)?;
        Ok(CatalogueTrial {
            layout,
            seen: held.number(),
            mode: import.mode,
            plan,
            rows: table.len() + table.wrong.len(),
            unused: terms::unused_columns(layout, &import.columns, table.header()),
        })
    }

    /// 确认导入: keeps the outcome of a trial as the next version; `None` when there is nothing to change. With wrong rows
    /// only when `skip_wrong`; then nothing is removed. Errors with [`store::StoreError::Changed`] when somebody has changed
    /// the catalogue since the trial.
    pub fn confirm(
        &self,
        trial: &CatalogueTrial,
        skip_wrong: bool,
        author: CatalogueAuthor<'_>,
    ) -> Result<Option<CatalogueVersion>, SyncError> {
        if !trial.plan.wrong.is_empty() && !skip_wrong {
            return Err(SyncError::WrongRows(trial.plan.wrong.len()));
        }
        let held = self.catalogue(trial.layout)?;
        let kind = match trial.mode {
            Mode::Full => CatalogueChange::Full,
            Mode::Incremental => CatalogueChange::Incremental,
        };
        if trial.held_back() == 0 {
            return self.save(&held, trial.seen, &trial.plan, kind, author);
        }
        let (plan, _) = terms::without_wrong(trial.plan.clone(), trial.mode);
        self.save(&held, trial.seen, &plan, kind, author)
    }
}
