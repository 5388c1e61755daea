//! 来者: who sends a request, from where, under which number.

use crate::app::App;
use crate::error::ApiError;
use crate::menu;
use crate::page::{Crumb, Page};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::Viewer;
use store::Session;

/// A logged-in user with the request's circumstances. As an argument of a handler it needs a session.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The user, as queries see them.
    pub viewer: Viewer,
    /// The session.
    pub session: Session,
    /// A new password comes before anything else.
    pub must_change: bool,
    /// IP address.
    pub address: String,
    /// The request's number, also in the log.
    pub request: String,
    /// Path of the request.
    pub path: String,
}

impl Who {
    /// The frame of a page: `crumbs` leads from the menu to here.
    pub(crate) fn page(&self, app: &App, title: &str, crumbs: &[(&str, &str)]) -> Page {
        Page {
            title: title.to_owned(),
            crumbs: crumbs
                .iter()
                .map(|(name, link)| Crumb { name: (*name).to_owned(), link: (*link).to_owned() })
                .collect(),
            menu: menu::of(&self.viewer, &self.path),
            user: self.viewer.name.clone(),
            login: self.viewer.login.clone(),
            hospital: app.hospital().to_owned(),
            csrf: self.session.csrf.clone(),
            notice: app.take_notice(self),
            now: crate::text::moment(app.now()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Who, ApiError> {
        parts.extensions.get::<Who>().cloned().ok_or_else(|| ApiError::internal("此页面需要先登录"))
    }
}
