//! 病例: the list of cases, a case with everything that is recorded and computed of it, and its charges.

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
