//! 违规预警: what the audit found, by department, by rule and one by one; each opens its charge lines and what people did.

mod filter;
mod finding;
mod list;
#[cfg(test)]
mod tests;

pub(crate) use filter::{address, class_kinds};
pub(crate) use finding::{FindingBody, seen, take_step};

use crate::route::{Access, Route};
use model::Permission;

pub(crate) fn routes() -> Vec<Route> {
    let view = Access::Needs(Permission::Warnings);
    vec![
        Route::get("/warnings", view, list::list),
        Route::get("/warnings/{id}", view, finding::show),
        Route::post("/warnings/{id}/step", Access::Needs(Permission::WarningsHandle), finding::step),
    ]
}

/// Levels of rules: code, name, class of the tag.
const LEVELS: [(audit::Level, &str); 3] = [
    (audit::Level::Blocking, "tag tag-unconfirmed"),
    (audit::Level::Warning, "tag tag-warn"),
    (audit::Level::Hint, "tag"),
];

/// A level as on a screen.
pub(crate) fn level(code: &str) -> crate::grid::Cell {
    let known = LEVELS.iter().find(|(level, _)| level.code() == code);
    known.map_or_else(
        || crate::grid::Cell::text(code),
        |(level, class)| crate::grid::Cell::text(level.name()).class(class),
    )
}
