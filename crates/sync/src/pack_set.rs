//! 在用政策包: which pack computes a case, by its date.

use crate::{CaseRules, CompiledPack, SyncError};
use grouper::Scratch;
use jiff::civil::Date;
use model::Case;
use policy::{PackFiles, Policy};
use std::sync::Arc;
use store::{Moment, Store, StoredPack, StoredResult};

/// The packs that compute together; between them they cover the dates.
pub struct PackSet {
    /// The later one computes the days that two share.
    packs: Vec<Arc<CompiledPack>>,
    rules: CaseRules,
}

/// A file of a pack is text; a pack with other bytes in it does not load.
fn text_of(bytes: &[u8]) -> Result<String, SyncError> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| SyncError::Pack(String::new(), "文件不是 UTF-8 文本".into()))
}

/// Keeps a pack in the store; a pack it has already stays as it is. Returns its number.
pub fn add_pack(store: &Store, files: &PackFiles, now: Moment) -> Result<i64, SyncError> {
    let policy = load(files)?;
    let mut kept = Vec::new();
    for name in files.names() {
        kept.push((name.to_owned(), text_of(files.get(name).unwrap_or_default())?));
    }
    let identity = &policy.identity;
    let pack = StoredPack {
        id: 0,
        hash: policy.hash.clone(),
        name: identity.name.clone(),
        pack: identity.id.clone(),
        effective_from: day_number(identity.effective_from),
        effective_to: day_number(identity.effective_to),
        files: kept,
        in_force_since: None,
    };
    let groups: Vec<_> = policy
        .groups
        .iter()
        .map(|group| (group.code.to_string(), group.name.to_string(), group.kind.name().to_owned()))
        .collect();
    Ok(store.add_pack(&pack, &groups, now)?)
}

pub(crate) fn load(files: &PackFiles) -> Result<Policy, SyncError> {
    Policy::load(files).map_err(|problems| SyncError::Pack(String::new(), problems.to_string()))
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    model::canonical::seconds_of(date.at(0, 0, 0, 0)) / 86_400
}

/// Since when a pack is in force, and its number.
type Precedence = (Option<Moment>, i64);

impl PackSet {
    /// The packs in force.
    pub fn in_force(store: &Store, rules: &CaseRules) -> Result<PackSet, SyncError> {
        PackSet::compile(store.packs_in_force()?, rules)
    }

    /// Chosen packs of the store.
    pub fn of(store: &Store, ids: &[i64], rules: &CaseRules) -> Result<PackSet, SyncError> {
        let packs = ids.iter().map(|id| store.pack(*id)).collect::<Result<Vec<_>, _>>()?;
        PackSet::compile(packs, rules)
    }

    fn compile(stored: Vec<StoredPack>, rules: &CaseRules) -> Result<PackSet, SyncError> {
        let compiled = stored.into_iter().map(|pack| {
            let order = (pack.in_force_since, pack.id);
            Ok((order, Arc::new(CompiledPack::new(pack, rules)?)))
        });
        PackSet::together(compiled.collect::<Result<_, SyncError>>()?, rules)
    }

    /// Packs with what they are ordered by: since when each is in force, and its number.
    pub(crate) fn together(
        mut packs: Vec<(Precedence, Arc<CompiledPack>)>,
        rules: &CaseRules,
    ) -> Result<PackSet, SyncError> {
        packs.sort_by_key(|(order, _)| *order);
        let packs: Vec<Arc<CompiledPack>> = packs.into_iter().map(|(_, pack)| pack).collect();
        if packs.is_empty() { Err(SyncError::NoPack) } else { Ok(PackSet { packs, rules: rules.clone() }) }
    }

    /// Numbers of the packs.
    pub fn ids(&self) -> Vec<i64> {
        self.packs.iter().map(|pack| pack.id()).collect()
    }

    /// The packs, by since when they are in force.
    pub fn packs(&self) -> &[Arc<CompiledPack>] {
        &self.packs
    }

    /// The pack in force to the latest day.
    pub fn latest(&self) -> Option<&Arc<CompiledPack>> {
        self.packs.iter().max_by_key(|pack| pack.policy().identity.effective_to)
    }

    /// First and last day that the packs are in force.
    pub fn dates(&self) -> (Date, Date) {
        let identities = || self.packs.iter().map(|pack| &pack.policy().identity);
        let first = identities().map(|identity| identity.effective_from).min();
        let last = identities().map(|identity| identity.effective_to).max();
        (first.unwrap_or(Date::MIN), last.unwrap_or(Date::MAX))
    }

    /// The rules by which records become cases.
    pub fn rules(&self) -> &CaseRules {
        &self.rules
    }

    /// Groups and prices a case with the pack of its date. Where no pack is in force on it (a year before the first pack, a
    /// new year whose pack has not arrived) the nearest one computes it, marked as 试算. In-house patients are judged as if
    /// they left on `today`.
    pub(crate) fn compute(&self, case: &mut Case, today: Date, scratch: &mut Scratch) -> StoredResult {
        let (pack, trial) = self.choose(case, today);
        pack.compute(case, trial, scratch)
    }

    /// The pack of a case's date; sets the date to judge by when that is not the record's own.
    pub(crate) fn choose(&self, case: &mut Case, today: Date) -> (&Arc<CompiledPack>, bool) {
        let mut nearest: Option<(i64, &Arc<CompiledPack>, Date)> = None;
        for pack in &self.packs {
            let (distance, inside) = pack.distance(case, today);
            if nearest.as_ref().is_none_or(|(best, ..)| distance <= *best) {
                nearest = Some((distance, pack, inside));
            }
        }
        let (distance, pack, inside) = match nearest {
            Some(found) => found,
            // compile() lets no empty set through.
            None => (0, &self.packs[0], today),
        };
        let trial = pack.date(case, (distance, inside));
        (pack, trial)
    }
}
