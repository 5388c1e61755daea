//! 外层: around every request: its number, who sends it, the headers that protect the answer, errors made readable.

use crate::app::{App, Transport};
use crate::audit_service::{Embedded, session_token};
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::who::Who;
use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{COOKIE, HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// Name of the session's cookie.
pub(crate) const SESSION: &str = "dipper_session";

/// Whether a script of ours asks, which wants a fragment and no redirect.
pub(crate) fn is_script(headers: &HeaderMap) -> bool {
    headers.get("x-requested-with").is_some_and(|value| value == "XMLHttpRequest")
}

/// Ends with who may frame the page.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

/// How an error is told.
#[derive(Clone, Copy)]
enum Audience {
    /// As a page.
    Person,
    /// As a page without a menu: the frame is another system's.
    Embedded,
    /// As a fragment.
    Script,
    /// As JSON.
    System,
}

/// Finds out who asks, runs the page, renders an error, adds the headers, writes the log line.
pub(crate) async fn frame(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let number = crate::token::random().map_or_else(|_| "0".to_owned(), |token| token[..12].to_owned());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = address_of(peer, request.headers(), app.transport() == Transport::HttpsProxy);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let script = is_script(request.headers());
    let secure = app.transport().is_secure();
    request.extensions_mut().insert(Visit { address: address.clone(), request: number.clone() });
    let asset = path.starts_with("/assets/");
    let embedded = session_token(&path).map(str::to_owned);
    let mut framed = None;
    let who = match (&embedded, session_cookie(request.headers())) {
        // The patient of an embedded page never comes from a cookie.
        (Some(token), _) => {
            let found = identify_embedded(&app, token, address, number.clone(), path.clone()).await;
            found.map(|found| {
                found.map(|(who, embedded)| {
                    framed = Some(crate::audit_service::origins_of(&app, &embedded).join(" "));
                    request.extensions_mut().insert(embedded);
                    who
                })
            })
        }
        (None, Some(token)) if !asset => identify(&app, token, address, number.clone(), path.clone()).await,
        _ => Ok(None),
    };
    let audience = match (path.starts_with("/api/"), script, &embedded) {
        (true, ..) => Audience::System,
        (_, true, _) => Audience::Script,
        (.., Some(_)) => Audience::Embedded,
        _ => Audience::Person,
    };
    let mut response = match who {
        Ok(who) => {
            if let Some(who) = &who {
                request.extensions_mut().insert(who.clone());
            }
            let response = next.run(request).await;
            readable(&app, who.as_ref(), &number, audience, response).await
        }
        Err(error) => readable(&app, None, &number, audience, error.into_response()).await,
    };
    protect(response.headers_mut(), secure, framed.as_deref().unwrap_or_default());
    // No query string: it may hold what a user searched for.
    // Nor the session in the path of an embedded page.
    let path = embedded.map_or_else(|| path.clone(), |token| path.replace(&token, "…"));
    tracing::info!(
        request = number,
        %method,
        path,
        status = response.status().as_u16(),
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
    );
    response
}

/// 来源地址: the other end of the connection, or behind a proxy (which alone speaks HTTPS) what the proxy says of it. Only the
/// last address is the proxy's own word; those before it may be made up by the browser.
fn address_of(peer: Option<IpAddr>, headers: &HeaderMap, behind_proxy: bool) -> String {
    let said = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = said.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    let address = if behind_proxy { last.or(peer) } else { peer };
    address.map_or_else(String::new, |address| address.to_string())
}

/// What pages before the login know of a request.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) address: String,
    pub(crate) request: String,
}

fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == SESSION && !value.is_empty()).then(|| value.to_owned())
        })
}

async fn identify(
    app: &App,
    token: String,
    address: String,
    request: String,
    path: String,
) -> Result<Option<Who>, ApiError> {
    // A page that looks after itself every few seconds does not keep a session alive.
    let polls = path.starts_with("/jobs/") && path.ends_with("/state");
    app.blocking(move |app| {
        let Some((session, must_change)) = crate::auth::current_session(app, &token, !polls)? else {
            return Ok(None);
        };
        let Some(viewer) = app.store().viewer(&session.login, app.now().div_euclid(86_400))? else {
            return Ok(None);
        };
        Ok(Some(Who { viewer, session, must_change, address, request, path }))
    })
    .await
}

async fn identify_embedded(
    app: &App,
    token: &str,
    address: String,
    request: String,
    path: String,
) -> Result<Option<(Who, Embedded)>, ApiError> {
    let Some(found) = app.audit_service().embeds.find(token, app.now()) else { return Ok(None) };
    app.blocking(move |app| crate::audit_service::who(app, found, address, request, path)).await
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    error: ApiError,
    request: String,
}

#[derive(Template)]
#[template(path = "error_body.html")]
struct ErrorBody {
    error: ApiError,
    request: String,
}

#[derive(Template)]
#[template(path = "error_plain.html")]
struct ErrorPlain {
    error: ApiError,
    request: String,
}

/// An [`ApiError`] as a page, or as a fragment for a script; any other answer as it is.
async fn readable(
    app: &App,
    who: Option<&Who>,
    number: &str,
    audience: Audience,
    response: Response,
) -> Response {
    let status = response.status();
    let error = match response.extensions().get::<ApiError>() {
        Some(error) => error.clone(),
        // What axum itself refuses: a path it does not know, a method, a length.
        None if status.as_u16() == 404 => ApiError::missing("此页面"),
        None if status.as_u16() == 405 => ApiError::new(status, "此地址不支持这种操作", "请从菜单重新进入"),
        None if status.as_u16() == 413 => {
            ApiError::new(status, "提交的内容过大", "单个文件不超过 64 MB，请拆分后再传")
        }
        None if status.is_client_error() => ApiError::new(status, "请求不完整或有误", "请返回上一页再试"),
        None if status.is_server_error() => ApiError::internal("处理请求时程序出错"),
        None => return response,
    };
    if error.status.is_server_error() {
        tracing::error!(request = number, "{}", error.sentence);
    }
    let request = number.to_owned();
    let status = error.status;
    let page = match (audience, who) {
        // -1: the caller goes on without us (失败放行).
        (Audience::System, _) => Ok(crate::page::json(&serde_json::json!({
            "infcode": "-1", "err_msg": format!("{}；{}", error.sentence, error.remedy), "request": request,
        }))),
        (Audience::Script, _) => html(&ErrorBody { error, request }),
        (Audience::Person, Some(who)) => {
            html(&ErrorPage { page: who.page(app, "出错了", &[("出错了", "")]), error, request })
        }
        (Audience::Embedded, _) | (_, None) => html(&ErrorPlain { error, request }),
    };
    match page {
        Ok(mut page) => {
            *page.status_mut() = status;
            page
        }
        Err(_) => status.into_response(),
    }
}

/// `framed`: sites beside ours that may frame the page.
fn protect(headers: &mut HeaderMap, https: bool, framed: &str) {
    let mut put =
        |name: &'static str, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    put("x-ua-compatible", "IE=edge");
    put("x-content-type-options", "nosniff");
    if framed.is_empty() {
        put("x-frame-options", "SAMEORIGIN");
    }
    put("referrer-policy", "same-origin");
    // Scripts and styles come from files only; what a script sets on an element is no inline style.
    put("content-security-policy", POLICY);
    if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY} {framed}"))
        && !framed.is_empty()
    {
        headers.insert("content-security-policy", policy);
    }
    if https {
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=31536000"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_believed_only_from_the_proxy() {
        let peer = Some(IpAddr::from([10, 0, 0, 9]));
        let mut headers = HeaderMap::new();
        assert_eq!(address_of(peer, &headers, true), "10.0.0.9");
        headers.append("x-forwarded-for", HeaderValue::from_static("1.2.3.4, 10.0.0.7"));
        assert_eq!(address_of(peer, &headers, true), "10.0.0.7");
        assert_eq!(address_of(peer, &headers, false), "10.0.0.9", "without a proxy anybody could write it");
        headers.append("x-forwarded-for", HeaderValue::from_static("<script>"));
        assert_eq!(address_of(peer, &headers, true), "10.0.0.9");
    }
}
