//! 入组测算: one case that somebody types, and files of cases. Nothing is written to the record.

mod batches;

pub(crate) use batches::Batches;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    Vec::new()
}
