//! 已编译的政策包: packs kept ready, so that a page does not compile one for every case.

use crate::{CaseRules, CompiledPack, PackSet, SyncError};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Store, StoredPack};

/// Packs kept ready; the one used longest ago goes first.
const KEPT: usize = 8;

/// Compiled packs of one store. A pack never changes under its number, so what is here stays right.
pub struct PackShelf {
    rules: CaseRules,
    packs: Mutex<Vec<Arc<CompiledPack>>>,
}

impl PackShelf {
    /// An empty shelf.
    pub fn new(rules: &CaseRules) -> PackShelf {
        PackShelf { rules: rules.clone(), packs: Mutex::default() }
    }

    /// A pack of the store by its number.
    pub fn pack(&self, store: &Store, id: i64) -> Result<Arc<CompiledPack>, SyncError> {
        if let Some(known) = self.take(id) {
            return Ok(known);
        }
        // Two pages may compile the same pack at once; the shelf keeps either.
        let pack = Arc::new(CompiledPack::new(store.pack(id)?, &self.rules)?);
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        packs.retain(|kept| kept.id() != id);
        packs.push(pack.clone());
        let too_many = packs.len().saturating_sub(KEPT);
        packs.drain(..too_many);
        Ok(pack)
    }

    /// Moves a pack to the end, where the latest used stand.
    fn take(&self, id: i64) -> Option<Arc<CompiledPack>> {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        let at = packs.iter().position(|pack| pack.id() == id)?;
        let pack = packs.remove(at);
        packs.push(pack.clone());
        Some(pack)
    }

    /// The packs in force now.
    pub fn in_force(&self, store: &Store) -> Result<PackSet, SyncError> {
        let listed: Vec<StoredPack> =
            store.pack_list()?.into_iter().filter(|pack| pack.in_force_since.is_some()).collect();
        let packs = listed
            .iter()
            .map(|listed| Ok(((listed.in_force_since, listed.id), self.pack(store, listed.id)?)))
            .collect::<Result<Vec<_>, SyncError>>()?;
        PackSet::together(packs, &self.rules)
    }
}
