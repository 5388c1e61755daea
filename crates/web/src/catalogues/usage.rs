//! 使用次数: the codes of a catalogue as the hospital's records use them, kept until either changes.

use crate::app::App;
use crate::error::ApiError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use sync::terminology::HeldCatalogue;
use terms::search::Usage;

/// Version of the mart's data, version of the catalogue, the counts.
type Counted = (u64, i64, Arc<Usage>);

/// By layout.
#[derive(Default)]
pub(super) struct Usages(Mutex<HashMap<&'static str, Counted>>);

impl Usages {
    /// How often the terms of a catalogue of diagnoses or operations are used.
    pub(super) fn of(
        &self,
        app: &App,
        held: &HeldCatalogue,
        is_diagnosis: bool,
    ) -> Result<Arc<Usage>, ApiError> {
        let (data, catalogue) = (app.mart().data_version()?, held.number());
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = held.catalogue.layout().id;
        if let Some((_, _, usage)) = lock().get(id).filter(|kept| (kept.0, kept.1) == (data, catalogue)) {
            return Ok(usage.clone());
        }
        let counts = match is_diagnosis {
            true => app.mart().diagnosis_usage()?,
            false => app.mart().operation_usage()?,
        };
        let usage = Arc::new(held.search.index().usage(counts));
        lock().insert(id, (data, catalogue, usage.clone()));
        Ok(usage)
    }
}
