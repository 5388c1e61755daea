//! 页面: what every page shows around its content. Templates extend `layout.html` and have a field `page`.

use crate::assets;
use crate::error::ApiError;
use crate::menu::MenuPart;
use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// The frame of a page.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) crumbs: Vec<Crumb>,
    pub(crate) menu: Vec<MenuPart>,
    pub(crate) user: String,
    /// 工号 of the user, for the check before a form is sent.
    pub(crate) login: String,
    pub(crate) hospital: String,
    pub(crate) csrf: String,
    pub(crate) notice: Option<String>,
    pub(crate) now: String,
}

/// A step of the way here; an empty link is the page itself.
pub(crate) struct Crumb {
    pub(crate) name: String,
    pub(crate) link: String,
}

impl Page {
    /// Address of a script or style, with its content hash.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The hidden field that every POST form carries; `{{ page.csrf_field()|safe }}`.
    pub(crate) fn csrf_field(&self) -> String {
        format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", self.csrf)
    }
}

/// Renders a template as an HTML answer that no cache keeps.
pub(crate) fn html(template: &impl Template) -> Result<Response, ApiError> {
    Ok(([(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")], template.render()?)
        .into_response())
}

/// An answer for a script of ours, which no cache keeps.
pub(crate) fn json(value: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], value.to_string()).into_response()
}

/// A file to save. The name may be Chinese; IE takes the plain one.
pub(crate) fn download(name: &str, content_type: &'static str, bytes: Vec<u8>) -> Response {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let disposition = format!(
        "attachment; filename=\"export.{extension}\"; filename*=UTF-8''{}",
        crate::query::encode(name)
    );
    (
        [
            (CONTENT_TYPE, content_type.to_owned()),
            (axum::http::header::CONTENT_DISPOSITION, disposition),
            (CACHE_CONTROL, "no-store".to_owned()),
        ],
        bytes,
    )
        .into_response()
}
