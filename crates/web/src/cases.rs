//! 病例: the list of cases, 医保查询 over the same list, a case with everything that is recorded and computed of it, and its charges.

mod case_head;
mod charges;
mod code_tables;
mod entry;
pub(crate) mod explained;
mod fee_structure;
mod insurance_conditions;
mod insurance_query;
#[cfg(test)]
mod insurance_query_tests;
pub(crate) mod list;
mod list_columns;
mod list_filter;
mod record;
pub(crate) mod result_head;
mod run_table;
mod saved_queries;
mod stay_tables;
#[cfg(test)]
mod tests;

pub(crate) use list_columns::kind_class;

use crate::route::{Access, Route};
use model::Permission;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases", Access::Needs(Permission::Cases), list::list),
        Route::get("/insurance-query", Access::Needs(Permission::Cases), insurance_query::show),
        Route::get("/insurance-query/items", Access::Needs(Permission::Charges), insurance_query::items),
        Route::get("/insurance-query/saved", Access::Needs(Permission::Cases), saved_queries::list),
        Route::post("/insurance-query/saved", Access::Needs(Permission::Cases), saved_queries::create),
        Route::get("/insurance-query/saved/{id}", Access::Needs(Permission::Cases), saved_queries::one),
        Route::post(
            "/insurance-query/saved/{id}/overwrite",
            Access::Needs(Permission::Cases),
            saved_queries::overwrite,
        ),
        Route::post(
            "/insurance-query/saved/{id}/rename",
            Access::Needs(Permission::Cases),
            saved_queries::rename,
        ),
        Route::post(
            "/insurance-query/saved/{id}/delete",
            Access::Needs(Permission::Cases),
            saved_queries::delete,
        ),
        Route::post(
            "/insurance-query/saved/{id}/restore",
            Access::Needs(Permission::Cases),
            saved_queries::restore,
        ),
        Route::get("/case/{number}", Access::Needs(Permission::Cases), record::record),
        Route::get("/case/{number}/charges", Access::Needs(Permission::Charges), charges::charges),
    ]
}
