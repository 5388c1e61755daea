//! 自定义报表: reports that users put together of measures and dimensions; one engine and one page with those of the packs.

mod edit;
mod form;
mod list;
#[cfg(test)]
mod tests;
mod transfer;

use crate::app::App;
use crate::definitions::Definitions;
use crate::error::ApiError;
use crate::route::{Access, Route};
use crate::who::Who;
use metrics::report::{Report, own};
use model::{Permission, Problems};
use store::DefinitionKind;

const OWN: Definitions = Definitions {
    kind: DefinitionKind::Report,
    called: "自定义报表",
    home: "/own-reports",
    instead: "请先复制一份，再修改自己的那一份",
};

pub(crate) fn routes() -> Vec<Route> {
    let (view, edit) = (Access::Needs(Permission::Workbench), Access::Needs(Permission::ReportsEdit));
    vec![
        Route::get("/own-reports", view, list::list),
        Route::get("/own-reports/new", edit, edit::new),
        Route::post("/own-reports/new", edit, edit::create),
        Route::get("/own-reports/import", edit, transfer::form),
        Route::post("/own-reports/import", edit, transfer::upload),
        Route::get("/own-reports/{id}", view, list::one),
        Route::get("/own-reports/{id}/edit", edit, edit::show),
        Route::post("/own-reports/{id}/edit", edit, edit::save),
        Route::get("/own-reports/{id}/file", view, transfer::file),
        Route::post("/own-reports/{id}/copy", edit, list::copy),
        Route::post("/own-reports/{id}/rename", edit, list::rename),
        Route::post("/own-reports/{id}/delete", edit, list::delete),
        Route::post("/own-reports/{id}/restore", edit, list::restore),
    ]
}

/// The report under an id such as `own-12`, when the user sees it; `None` for ids of the packs.
pub(crate) fn report(app: &App, who: &Who, id: &str) -> Result<Option<Report>, ApiError> {
    let Some(number) = own::number(id) else { return Ok(None) };
    let known = OWN.seen(app, who, number)?;
    if known.deleted_at.is_some() {
        return Err(ApiError::missing("此报表（已被删除）"));
    }
    let report = own::report(&known.definition, number, &app.layer());
    report.map(Some).map_err(|problems| {
        ApiError::wrong(format!(
            "此报表的定义与现在的指标不符（{}）；请 {} 修改",
            said(&problems),
            known.owner_name
        ))
    })
}

fn said(problems: &Problems) -> String {
    problems.0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("；")
}
