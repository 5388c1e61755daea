//! 已载入的政策包与草稿, and uploads waiting to be confirmed.

use super::import_pages::Uploads;
use crate::app::App;
use crate::error::ApiError;
use policy::edit::Options;
use policy::{Group, PackFiles, Policy};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::PackDraft;
use terms::search::Index;

/// Packs and drafts kept ready; the one used longest ago goes first.
const KEPT: usize = 8;

/// What a loaded pack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Pack(i64),
    /// A draft at a version: what is kept never changes.
    Draft(i64, i64),
}

/// A pack or a draft, loaded.
pub(crate) struct Loaded {
    which: Which,
    pub(crate) files: PackFiles,
    pub(crate) policy: Policy,
    index: OnceLock<Index>,
    by_code: OnceLock<HashMap<String, usize>>,
    options: OnceLock<Options>,
}

impl Loaded {
    fn new(which: Which, files: PackFiles) -> Result<Loaded, ApiError> {
        let policy = sync::policy_of(&files)?;
        Ok(Loaded {
            which,
            files,
            policy,
            index: OnceLock::new(),
            by_code: OnceLock::new(),
            options: OnceLock::new(),
        })
    }

    /// Groups by code, name, initials.
    pub(crate) fn index(&self) -> &Index {
        let terms = || self.policy.groups.iter().map(|group| (group.code.as_str(), group.name.as_str()));
        self.index.get_or_init(|| Index::new(terms()))
    }

    /// The group with exactly this code.
    pub(crate) fn group(&self, code: &str) -> Option<&Group> {
        let all =
            || self.policy.groups.iter().enumerate().map(|(at, group)| (group.code.clone(), at)).collect();
        self.policy.groups.get(*self.by_code.get_or_init(all).get(code)?)
    }

    /// What fields may be chosen from.
    pub(crate) fn options(&self) -> &Options {
        self.options.get_or_init(|| Options::of(&self.files))
    }
}

/// What these pages keep in memory.
#[derive(Default)]
pub(crate) struct Points {
    loaded: Mutex<Vec<Arc<Loaded>>>,
    pub(super) uploads: Uploads,
    /// Jobs by the run that they carry on.
    jobs: Mutex<HashMap<i64, u64>>,
}

impl Points {
    pub(super) fn note_job(&self, run: i64, job: u64) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(run, job);
    }

    pub(super) fn job_of(&self, run: i64) -> Option<u64> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&run).copied()
    }

    fn find(&self, which: Which) -> Option<Arc<Loaded>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let at = loaded.iter().position(|kept| kept.which == which)?;
        let found = loaded.remove(at);
        loaded.push(found.clone());
        Some(found)
    }

    fn keep(&self, new: Loaded) -> Arc<Loaded> {
        let new = Arc::new(new);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.retain(|kept| kept.which != new.which);
        loaded.push(new.clone());
        let too_many = loaded.len().saturating_sub(KEPT);
        loaded.drain(..too_many);
        new
    }
}

impl App {
    /// A pack of the store.
    pub(crate) fn loaded_pack(&self, id: i64) -> Result<Arc<Loaded>, ApiError> {
        let which = Which::Pack(id);
        if let Some(found) = self.points().find(which) {
            return Ok(found);
        }
        Ok(self.points().keep(Loaded::new(which, sync::files_of(&self.store().pack(id)?.files))?))
    }

    /// A draft as it is now.
    pub(crate) fn loaded_draft(&self, id: i64) -> Result<(PackDraft, Arc<Loaded>), ApiError> {
        let draft = self.store().draft(id)?;
        if let Some(found) = self.points().find(Which::Draft(id, draft.version)) {
            return Ok((draft, found));
        }
        let open = sync::open_draft(self.store(), id)?;
        let which = Which::Draft(id, open.draft.version);
        Ok((open.draft, self.points().keep(Loaded::new(which, open.files)?)))
    }
}
