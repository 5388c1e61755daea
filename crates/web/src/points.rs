//! 分值库: catalogues of the packs browsed; a new one uploaded into a draft, tried over the discharges, compared, published.
//!
//! Drafts are shared with 年度参数: the same pages stand under `/points` and `/parameters`, each behind its own permission.

mod browse;
mod comparison;
mod difference;
mod draft_lists;
mod draft_pages;
mod group_page;
mod import_pages;
mod pack_archive;
mod packs;
mod publish;
mod shelf;
mod source;
#[cfg(test)]
mod tests;
mod trial;

pub(crate) use shelf::{Loaded, Points};
pub(crate) use source::Source;
pub(crate) use trial::resume;

use crate::app::App;
use crate::error::ApiError;
use crate::route::{Access, Route};
use crate::who::Who;
use model::{Permission, Viewer};
use policy::edit::{FormArea, FormPlace, FormRef};
use store::PackDraft;

/// Which of the two menus a page stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Points,
    Parameters,
}

impl Area {
    /// The area of a request.
    pub(crate) fn of(who: &Who) -> Area {
        if who.path.starts_with("/parameters") { Area::Parameters } else { Area::Points }
    }

    /// Start of its addresses.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Area::Points => "/points",
            Area::Parameters => "/parameters",
        }
    }

    /// Name in the menu.
    pub(crate) fn chinese(self) -> &'static str {
        match self {
            Area::Points => "分值库",
            Area::Parameters => "年度参数",
        }
    }

    pub(crate) fn edit(self) -> Permission {
        match self {
            Area::Points => Permission::PointsEdit,
            Area::Parameters => Permission::ParametersEdit,
        }
    }

    /// Whether a form stands on this area's pages.
    pub(crate) fn has(self, form: &FormRef) -> bool {
        (form.def.area == FormArea::Points) == (self == Area::Points)
    }
}

/// The pages of drafts, the same in both areas.
macro_rules! draft_routes {
    ($prefix:literal, $view:expr, $edit:expr) => {
        [
            Route::get(concat!($prefix, "/drafts"), $view, draft_pages::list),
            Route::post(concat!($prefix, "/drafts"), $edit, draft_pages::create),
            Route::get(concat!($prefix, "/drafts/{id}"), $view, draft_pages::show),
            Route::get(concat!($prefix, "/drafts/{id}/changes"), $view, draft_lists::changes),
            Route::get(concat!($prefix, "/drafts/{id}/difference"), $view, draft_lists::difference),
            Route::post(concat!($prefix, "/drafts/{id}/undo"), $edit, draft_pages::undo),
            Route::post(concat!($prefix, "/drafts/{id}/rebase"), $edit, draft_pages::rebase),
            Route::post(concat!($prefix, "/drafts/{id}/discard"), $edit, draft_pages::discard),
            Route::post(concat!($prefix, "/drafts/{id}/trial"), $edit, trial::begin),
            Route::get(concat!($prefix, "/drafts/{id}/publish"), $edit, publish::ask),
            Route::post(concat!($prefix, "/drafts/{id}/publish"), $edit, publish::publish),
            Route::get(concat!($prefix, "/compare"), $edit, comparison::show),
        ]
    };
}

pub(crate) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::PointsView);
    let edit = Access::Needs(Permission::PointsEdit);
    let mut routes = vec![
        Route::get("/points", view, browse::show),
        Route::get("/points/group", view, group_page::show),
        Route::get("/points/template", view, packs::template),
        Route::get("/points/packs", view, packs::list),
        Route::get("/points/packs/{id}", view, packs::show),
        Route::get("/points/packs/{id}/download", view, packs::download),
        Route::post("/points/packs", edit, pack_archive::upload),
        Route::get("/points/drafts/{id}/import", edit, import_pages::form),
        Route::post("/points/drafts/{id}/import", edit, import_pages::upload),
        Route::get("/points/drafts/{id}/import/{upload}", edit, import_pages::show),
        Route::post("/points/drafts/{id}/import/{upload}/confirm", edit, import_pages::confirm),
        Route::post("/points/drafts/{id}/import/{upload}/discard", edit, import_pages::discard),
    ];
    routes.extend(draft_routes!("/points", view, edit));
    routes.extend(draft_routes!(
        "/parameters",
        Access::Needs(Permission::ParametersView),
        Access::Needs(Permission::ParametersEdit)
    ));
    routes
}

/// The files that a permission is needed for: what stands on the pages of 分值库, and everything else.
pub(crate) fn permission_of_file(file: &str) -> Permission {
    let of_points = file.starts_with("lists/")
        || matches!(file, "grouper.toml" | "import.toml" | "auxiliary.toml" | "diagnoses.csv")
        || FormRef::all().any(|form| {
            form.def.area == FormArea::Points
                && matches!(form.def.place, FormPlace::Rows { .. })
                && form.file() == file
        });
    if of_points { Permission::PointsEdit } else { Permission::ParametersEdit }
}

/// What changes in a draft against its base needs permissions that this viewer lacks.
pub(crate) fn lacking(viewer: &Viewer, files: &[String]) -> Option<Permission> {
    files.iter().map(|file| permission_of_file(file)).find(|permission| !viewer.may(*permission))
}

/// A user as people know him: name and login; the command line has none.
pub(crate) fn person(app: &App, login: &str) -> Result<String, ApiError> {
    if login.is_empty() {
        return Ok("命令行".to_owned());
    }
    let name = app.store().user(login)?.map(|user| user.name).unwrap_or_default();
    Ok(if name.is_empty() || name == login { login.to_owned() } else { format!("{name}（{login}）") })
}

/// A draft that can be changed; a closed one says so.
pub(crate) fn open(draft: &PackDraft) -> Result<(), ApiError> {
    match draft.state {
        store::DraftState::Open => Ok(()),
        closed => Err(ApiError::conflict(format!("草稿“{}”{}，不能再修改", draft.name, closed.chinese()))),
    }
}
