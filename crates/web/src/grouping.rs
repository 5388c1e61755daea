//! 入组测算: one case that somebody types, and files of cases. Nothing is written to the record.

mod answer;
mod batch;
mod batches;
mod code_names;
mod form;
mod page;
#[cfg(test)]
mod tests;

pub(crate) use batches::Batches;

use crate::route::{Access, Route};
use model::Permission;

pub(crate) fn routes() -> Vec<Route> {
    let needs = Access::Needs(Permission::Grouping);
    vec![
        Route::get("/grouping", needs, page::page),
        Route::get("/grouping/answer", needs, page::fragment),
        Route::get("/grouping/suggest/diagnosis", needs, code_names::diagnoses),
        Route::get("/grouping/suggest/procedure", needs, code_names::procedures),
        Route::get("/grouping/batch", needs, batch::page),
        Route::post("/grouping/batch", needs, batch::upload),
        Route::get("/grouping/batch/template", needs, batch::template),
        Route::get("/grouping/batch/{token}", needs, batch::show),
        Route::get("/grouping/batch/{token}/results", needs, batch::results),
        Route::get("/grouping/batch/{token}/errors", needs, batch::errors),
    ]
}
