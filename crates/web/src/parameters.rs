//! 年度参数: every parameter of a pack in tables that one description draws, edited in a draft.
//!
//! The same pages show the tables of 分值库 under `/points`.

mod edit;
mod input;
mod overview;
mod posted;
mod suggest;
mod table;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::PageForm;

use crate::app::App;
use crate::error::ApiError;
use crate::points::{Area, Source};
use crate::query::Fields;
use crate::route::{Access, Route};
use crate::who::Who;
use model::Permission;
use policy::edit::FormRef;

pub(crate) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::ParametersView);
    let change = Access::Needs(Permission::ParametersEdit);
    vec![
        Route::get("/parameters", view, overview::show),
        Route::get("/parameters/table", view, table::show),
        Route::get("/parameters/edit", change, edit::form),
        Route::post("/parameters/edit", change, edit::save),
        Route::get("/parameters/suggest", view, suggest::groups),
        Route::get("/points/suggest", Access::Needs(Permission::PointsView), suggest::groups),
        Route::get("/points/tables", Access::Needs(Permission::PointsView), overview::show),
        Route::get("/points/table", Access::Needs(Permission::PointsView), table::show),
        Route::get("/points/edit", Access::Needs(Permission::PointsEdit), edit::form),
        Route::post("/points/edit", Access::Needs(Permission::PointsEdit), edit::save),
    ]
}

/// The form of an address; those of the other area are not here.
fn form_of(who: &Who, asked: &Fields) -> Result<FormRef, ApiError> {
    let found = FormRef::find(asked.text("form")).filter(|form| Area::of(who).has(form));
    found.ok_or_else(|| ApiError::missing("此参数表"))
}

/// The pack or draft of an address; that there is none is said.
fn source_of(app: &App, asked: &Fields) -> Result<Source, ApiError> {
    Source::of(app, asked)?.ok_or_else(|| ApiError::conflict("还没有政策包，先导入政策包"))
}

/// The page of an area where its tables are listed.
fn overview_path(area: Area) -> &'static str {
    match area {
        Area::Points => "/points/tables",
        Area::Parameters => "/parameters",
    }
}
