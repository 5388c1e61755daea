//! 系统管理: users, roles, sessions, departments and staff, the operation log.

mod changes;
mod dictionary;
mod dictionary_form;
mod operation_log;
mod role_form;
mod roles;
mod sessions;
#[cfg(test)]
mod tests;
mod user_actions;
mod user_form;
mod users;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = users::routes();
    routes.extend(user_form::routes());
    routes.extend(user_actions::routes());
    routes.extend(sessions::routes());
    routes.extend(roles::routes());
    routes.extend(role_form::routes());
    routes.extend(dictionary::routes());
    routes.extend(dictionary_form::routes());
    routes.extend(operation_log::routes());
    routes
}

/// [`crate::text::moment`] for templates, which lend their fields.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "a template lends its fields")]
fn moment(at: &store::Moment) -> String {
    crate::text::moment(*at)
}
