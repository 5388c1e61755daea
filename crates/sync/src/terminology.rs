//! 编码目录: the catalogues of the store in memory, searchable, and the one way by which they change.
//!
//! Every layout's newest version is read when first asked for and again when somebody has saved another one: by this
//! program or a second one on the same store.

mod edit;
mod trial;

pub use edit::{FieldProblem, RowEdit, RowEdited};
pub use trial::CatalogueTrial;

use crate::SyncError;
use std::sync::{Arc, Mutex, PoisonError};
use store::{CatalogueChange, CatalogueContent, CatalogueVersion, Moment, Store, StoreError};
use terms::layouts::LAYOUTS;
use terms::search::CatalogueSearch;
use terms::{Catalogue, Layout};

/// Versions kept as changes before the next one keeps every row again: reading a version reads at most so many texts.
const CHANGES_ONLY: i64 = 30;

/// All catalogues. Clones share what is in memory.
#[derive(Clone)]
pub struct Terminology {
    store: Store,
    held: Arc<[Mutex<Option<Arc<HeldCatalogue>>>; LAYOUTS.len()]>,
}

/// A catalogue in memory with its search.
pub struct HeldCatalogue {
    /// The version it is; `None` when nothing was imported yet.
    pub version: Option<CatalogueVersion>,
    /// The rows.
    pub catalogue: Catalogue,
    /// 检索 over all rows.
    pub search: CatalogueSearch,
}

impl HeldCatalogue {
    fn new(version: Option<CatalogueVersion>, catalogue: Catalogue) -> Arc<HeldCatalogue> {
        let search = CatalogueSearch::new(&catalogue);
        Arc::new(HeldCatalogue { version, catalogue, search })
    }

    /// The version's number; 0 when nothing was imported yet.
    pub fn number(&self) -> i64 {
        self.version.as_ref().map_or(0, |version| version.version)
    }
}

/// Who changes a catalogue, when and from what.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogueAuthor<'a> {
    /// Login.
    pub login: &'a str,
    /// Now.
    pub now: Moment,
    /// Name of the file; empty when there is none.
    pub file_name: &'a str,
    /// 备注
    pub note: &'a str,
}

impl Terminology {
    /// The catalogues of a store; nothing is read yet.
    pub fn new(store: Store) -> Terminology {
        Terminology { store, held: Arc::new(std::array::from_fn(|_| Mutex::default())) }
    }

    /// The newest version of a catalogue; an empty one when nothing was imported yet.
    pub fn catalogue(&self, layout: &Layout) -> Result<Arc<HeldCatalogue>, SyncError> {
        // Whoever comes second waits for the first one's reading instead of reading again.
        let mut slot = self.slot(layout)?.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = self.store.catalogue(layout.id)?;
        if let Some(held) = slot.as_ref().filter(|held| held.version == newest) {
            return Ok(held.clone());
        }
        // The old one goes first: two of a large catalogue need not be in memory.
        *slot = None;
        let catalogue = match &newest {
            Some(version) => self.version(layout, version.version)?,
            None => Catalogue::new(*layout),
        };
        let held = HeldCatalogue::new(newest, catalogue);
        *slot = Some(held.clone());
        Ok(held)
    }

    /// Reads every catalogue, so that nobody waits for the first search.
    pub fn preload(&self) -> Result<(), SyncError> {
        LAYOUTS.into_iter().try_for_each(|layout| self.catalogue(layout).map(drop))
    }

    /// Any version, as it was.
    pub fn version(&self, layout: &Layout, version: i64) -> Result<Catalogue, SyncError> {
        let damaged = |_| SyncError::Damaged("编码目录");
        let contents = self.store.catalogue_contents(layout.id, version)?;
        let mut catalogue: Option<Catalogue> = None;
        for content in &contents {
            catalogue = Some(
                match catalogue {
                    None => Catalogue::of_text(layout, content.rows.as_bytes()),
                    Some(before) => before.changed_by(content.rows.as_bytes(), content.removed.as_bytes()),
                }
                .map_err(damaged)?,
            );
        }
        catalogue.ok_or(SyncError::Damaged("编码目录"))
    }

    /// All versions, newest first.
    pub fn versions(&self, layout: &Layout) -> Result<Vec<CatalogueVersion>, SyncError> {
        Ok(self.store.catalogue_versions(layout.id)?)
    }

    /// Makes an old version the newest one again, under a new number. `seen` is the newest version the user saw. `None`
    /// when the two are alike.
    pub fn roll_back(
        &self,
        layout: &Layout,
        to: i64,
        seen: i64,
        author: CatalogueAuthor<'_>,
    ) -> Result<Option<CatalogueVersion>, SyncError> {
        let old = self.version(layout, to)?;
        let held = self.catalogue(layout)?;
        let note = match author.note {
            "" => format!("恢复第 {to} 版"),
            note => format!("恢复第 {to} 版：{note}"),
        };
        let plan = held.catalogue.compare(&old);
        self.save(&held, seen, &plan, CatalogueChange::Rollback, CatalogueAuthor { note: &note, ..author })
    }

    /// Applies a plan made on `held` and keeps the outcome as the next version; `None` when it changes nothing. Errors with
    /// [`StoreError::Changed`] when another version than `seen` is the newest by now.
    fn save(
        &self,
        held: &HeldCatalogue,
        seen: i64,
        plan: &model::Changes<terms::Record>,
        kind: CatalogueChange,
        author: CatalogueAuthor<'_>,
    ) -> Result<Option<CatalogueVersion>, SyncError> {
        let layout = held.catalogue.layout();
        let somebody_else = || StoreError::Changed(format!("“{}”", layout.title));
        if held.number() != seen {
            return Err(somebody_else().into());
        }
        if plan.is_empty() {
            return Ok(None);
        }
        let catalogue = held.catalogue.apply(plan)?;
        let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        let changes = plan.added.len() + plan.changed.len() + plan.removed.len();
        let base = held.version.as_ref().map_or(seen + 1, |version| version.base);
        let whole = seen - base >= CHANGES_ONLY || changes > catalogue.records().len() / 4 || seen == 0;
        let content = if whole {
            CatalogueContent { rows: text(catalogue.to_text()?), removed: String::new() }
        } else {
            let (rows, removed) = terms::changes_text(layout, plan)?;
            if held.catalogue.changed_by(&rows, &removed)? != catalogue {
                return Err(SyncError::Damaged("编码目录的改动"));
            }
            CatalogueContent { rows: text(rows), removed: text(removed) }
        };
        let version = CatalogueVersion {
            layout: layout.id.to_owned(),
            version: seen + 1,
            base: if whole { seen + 1 } else { base },
            kind,
            file_name: author.file_name.to_owned(),
            note: author.note.to_owned(),
            row_count: count(catalogue.records().len()),
            added: count(plan.added.len()),
            changed: count(plan.changed.len()),
            removed: count(plan.removed.len()),
            wrong: count(plan.wrong.len()),
            imported_at: author.now,
            imported_by: author.login.to_owned(),
        };
        self.store.save_catalogue(&version, &content).map_err(|error| match error {
            StoreError::Changed(_) => somebody_else(),
            other => other,
        })?;
        let new = HeldCatalogue::new(Some(version.clone()), catalogue);
        let mut slot = self.slot(layout)?.lock().unwrap_or_else(PoisonError::into_inner);
        // A still newer one may be there already.
        if slot.as_ref().is_none_or(|held| held.number() <= seen) {
            *slot = Some(new);
        }
        Ok(Some(version))
    }

    fn slot(&self, layout: &Layout) -> Result<&Mutex<Option<Arc<HeldCatalogue>>>, SyncError> {
        let at = LAYOUTS.iter().position(|known| known.id == layout.id);
        at.and_then(|at| self.held.get(at)).ok_or(SyncError::Damaged("目录结构"))
    }
}

/// Our own texts are UTF-8.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
