//! The rules in force, compiled once for all calls.

use crate::app::App;
use crate::error::ApiError;
use std::sync::{Arc, Mutex, PoisonError};
use sync::RuleSet;

/// Rules with the state they are of: change number of the rules, version of the data (the hospital's items).
#[derive(Default)]
pub(crate) struct ServiceRules(Mutex<Option<(i64, u64, Arc<RuleSet>)>>);

impl ServiceRules {
    /// As they are now. Whoever comes while they are being compiled waits for them.
    pub(crate) fn current(&self, app: &App) -> Result<Arc<RuleSet>, ApiError> {
        let state = (app.store().audit_stamps()?.in_force, app.mart().data_version()?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rules, data, set)) = &*held
            && (*rules, *data) == state
        {
            return Ok(set.clone());
        }
        let set = Arc::new(RuleSet::in_force(app.store())?);
        *held = Some((state.0, state.1, set.clone()));
        Ok(set)
    }
}
