//! 病例: the list of cases, a case with everything that is recorded and computed of it, and its charges.

mod case_head;
mod charges;
mod code_tables;
pub(crate) mod explained;
mod fee_structure;
mod list;
mod list_columns;
mod list_filter;
mod record;
pub(crate) mod result_head;
mod run_table;
mod stay_tables;
#[cfg(test)]
mod tests;

pub(crate) use list_columns::kind_class;

use crate::route::{Access, Route};
use model::Permission;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases", Access::Needs(Permission::Cases), list::list),
        Route::get("/case/{number}", Access::Needs(Permission::Cases), record::record),
        Route::get("/case/{number}/charges", Access::Needs(Permission::Charges), charges::charges),
    ]
}
