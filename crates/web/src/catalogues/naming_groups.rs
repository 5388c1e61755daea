//! 病种反查: the groups of the packs in force that name a code.

use crate::app::App;
use crate::error::ApiError;
use policy::{DiagnosisPattern, Group, Kind, PackFiles, Policy};
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::StoredPack;

/// Packs in force as they were last loaded, by hash.
#[derive(Default)]
pub(super) struct LoadedPacks(Mutex<HashMap<String, Arc<Policy>>>);

/// A group that names a code.
pub(super) struct NamingGroup {
    pub(super) pack: String,
    pub(super) by: NamedBy,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) points: Decimal,
}

/// What the code is to the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedBy {
    Principal,
    OtherDiagnosis,
    MainOperation,
    RelatedOperation,
}

/// The groups of every pack in force that name a 医保版 code, the latest pack first. `*` names nothing.
pub(super) fn of(app: &App, code: &str, is_diagnosis: bool) -> Result<Vec<NamingGroup>, ApiError> {
    let mut found = Vec::new();
    for (name, policy) in app.catalogues().packs.in_force(app)? {
        for group in &policy.groups {
            if let Some(by) = named_by(group, code, is_diagnosis) {
                found.push(NamingGroup {
                    pack: name.clone(),
                    by,
                    code: group.code.clone(),
                    name: group.name.clone(),
                    kind: group.kind,
                    points: group.points,
                });
            }
        }
    }
    Ok(found)
}

fn named_by(group: &Group, code: &str, is_diagnosis: bool) -> Option<NamedBy> {
    if is_diagnosis {
        let names = |pattern: &DiagnosisPattern| *pattern != DiagnosisPattern::Any && pattern.fits(code);
        if group.diagnosis.iter().any(names) {
            return Some(NamedBy::Principal);
        }
        return group.other_diagnosis.iter().flatten().any(names).then_some(NamedBy::OtherDiagnosis);
    }
    let names = |pattern: &model::Code| code.starts_with(pattern.as_str());
    if group.main_operation.iter().flatten().any(names) {
        return Some(NamedBy::MainOperation);
    }
    group.related_operation.iter().flatten().any(names).then_some(NamedBy::RelatedOperation)
}

impl LoadedPacks {
    fn in_force(&self, app: &App) -> Result<Vec<(String, Arc<Policy>)>, ApiError> {
        let stored = app.store().packs_in_force()?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|hash, _| stored.iter().any(|pack| pack.hash == *hash));
        let mut packs = Vec::new();
        for pack in stored.iter().rev() {
            let policy = match held.get(&pack.hash) {
                Some(policy) => policy.clone(),
                None => {
                    let policy = Arc::new(load(pack)?);
                    held.insert(pack.hash.clone(), policy.clone());
                    policy
                }
            };
            packs.push((pack.name.clone(), policy));
        }
        Ok(packs)
    }
}

fn load(pack: &StoredPack) -> Result<Policy, ApiError> {
    let files = pack.files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes()));
    Ok(Policy::load(&PackFiles::new(files))?)
}
