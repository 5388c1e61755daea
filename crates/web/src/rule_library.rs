//! 审核规则库: rules in forms that read as sentences, drafts that a second person publishes, versions, files.

mod check;
mod difference;
mod document;
mod edit;
mod kinds;
mod library;
mod list;
mod one;
mod suggest;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use kinds::{KINDS, KindForm, kind_name};
pub(crate) use library::{Library, RuleLibrary};

use crate::app::App;
use crate::error::ApiError;
use crate::jobs::Outcome;
use crate::route::{Access, Route};
use crate::who::Who;
use model::Permission;
use store::{AuditRule, RuleEditor};

pub(crate) fn routes() -> Vec<Route> {
    let (view, edit) = (Access::Needs(Permission::RulesView), Access::Needs(Permission::RulesEdit));
    vec![
        Route::get("/audit-rules", view, list::list),
        Route::get("/audit-rules/file", view, transfer::file),
        Route::get("/audit-rules/items", view, suggest::items),
        Route::get("/audit-rules/new", edit, edit::new),
        Route::post("/audit-rules/new", edit, edit::create),
        Route::get("/audit-rules/import", edit, transfer::form),
        Route::post("/audit-rules/import", edit, transfer::upload),
        Route::post("/audit-rules/import/confirm", edit, transfer::confirm),
        Route::get("/audit-rules/rule/{id}", view, one::show),
        Route::get("/audit-rules/rule/{id}/check", view, check::show),
        Route::get("/audit-rules/rule/{id}/edit", edit, edit::show),
        Route::post("/audit-rules/rule/{id}/edit", edit, edit::save),
        Route::post("/audit-rules/rule/{id}/publish", edit, one::publish),
        Route::post("/audit-rules/rule/{id}/discard", edit, one::discard),
        Route::post("/audit-rules/rule/{id}/state", edit, one::state),
    ]
}

/// Address of a rule.
fn place(id: &str) -> String {
    format!("/audit-rules/rule/{}", crate::query::encode(id))
}

fn known(app: &App, id: &str) -> Result<AuditRule, ApiError> {
    app.store().audit_rule(id)?.ok_or_else(|| ApiError::missing("此规则"))
}

fn editor<'a>(app: &App, who: &'a Who) -> RuleEditor<'a> {
    RuleEditor { login: &who.viewer.login, name: &who.viewer.name, at: app.now() }
}

/// Audits every case by the rules as they are now, in the background. One that runs already takes up the change itself.
fn audit_again(app: &App) {
    let started =
        app.jobs().start_own(app, "audit", "按新规则重新审核".to_owned(), |app, progress| {
            let _lock = sync::hold_collection(app.store(), progress)?;
            let audited = sync::audit_changed(app.store(), app.rules(), app.now(), progress)?;
            Ok(Outcome { sentence: format!("已审核 {audited} 例"), link: "/warnings".to_owned() })
        });
    if started.is_err() {
        tracing::info!("审核正在进行，新规则由它接着审核");
    }
}
