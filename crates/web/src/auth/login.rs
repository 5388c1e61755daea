//! 登录与退出.

use super::password;
use crate::app::App;
use crate::error::ApiError;
use crate::frame::{SESSION, Visit};
use crate::page::html;
use crate::query::{Asked, Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::{HeaderMap, SET_COOKIE, USER_AGENT};
use axum::response::{IntoResponse, Redirect, Response};
use store::{LogEntry, LogKind, Session};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/login", Access::Public, form),
        Route::post("/login", Access::Public, login),
        Route::post("/logout", Access::User, logout),
    ]
}

/// Wrong passwords in a row before an account is locked.
const LOCK_AFTER: i64 = 5;
/// How long it stays locked, seconds.
const LOCK_FOR: i64 = 30 * 60;

#[derive(Template)]
#[template(path = "auth/login.html")]
struct LoginPage {
    hospital: String,
    login: String,
    next: String,
    expired: bool,
    error: String,
}

async fn form(State(app): State<App>, Asked(asked): Asked) -> Result<Response, ApiError> {
    html(&LoginPage {
        hospital: app.hospital().to_owned(),
        login: String::new(),
        next: local(asked.text("next")).to_owned(),
        expired: asked.is_set("expired"),
        error: String::new(),
    })
}

async fn login(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(200).collect();
    let given = fields.clone();
    let entered = app.blocking(move |app| enter(app, &given, visit, agent)).await?;
    match entered {
        Ok(token) => {
            let next = local(fields.text("next")).to_owned();
            let secure = if app.https() { "; Secure" } else { "" };
            let cookie = format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax{secure}");
            Ok(([(SET_COOKIE, cookie)], Redirect::to(if next.is_empty() { "/" } else { &next })).into_response())
        }
        Err(error) => html(&LoginPage {
            hospital: app.hospital().to_owned(),
            login: fields.text("login").to_owned(),
            next: local(fields.text("next")).to_owned(),
            expired: false,
            error,
        }),
    }
}

/// A session's token, or what the page says. An unknown account and a wrong password are not told apart.
fn enter(app: &App, fields: &Fields, visit: Visit, agent: String) -> Result<Result<String, String>, ApiError> {
    let (login, given) = (fields.text("login"), fields.text("password"));
    let now = app.now();
    let wrong = Ok(Err("工号或口令不正确".to_owned()));
    let log = |success: bool, name: &str, detail: &str| {
        app.store().log_operation(&LogEntry {
            at: now,
            login: login.chars().take(50).collect(),
            user_name: name.to_owned(),
            kind: LogKind::Login,
            action: "登录".to_owned(),
            detail: detail.to_owned(),
            success,
            address: visit.address.clone(),
            request: visit.request.clone(),
            ..LogEntry::default()
        })
    };
    let Some(user) = app.store().user(login)? else {
        // As long as a real comparison takes.
        password::hash(given)?;
        log(false, "", "工号不存在")?;
        return wrong;
    };
    if user.locked_until.is_some_and(|until| until > now) {
        log(false, &user.name, "账号锁定中")?;
        return Ok(Err("连续输错口令，账号已锁定 30 分钟；请稍后再试或联系安全管理员解锁".to_owned()));
    }
    let hash = app.store().password_hash(login)?.unwrap_or_default();
    if !password::matches(given, &hash) {
        app.store().note_login_failure(login, now, LOCK_AFTER, LOCK_FOR)?;
        log(false, &user.name, "口令错误")?;
        return wrong;
    }
    if app.store().viewer(login, now.div_euclid(86_400))?.is_none() {
        log(false, &user.name, "账号停用或过期")?;
        return Ok(Err("账号已停用或过期；请联系安全管理员".to_owned()));
    }
    app.store().note_login(login, now)?;
    let token = crate::token::random()?;
    app.store().begin_session(&Session {
        token_hash: crate::token::hash(&token),
        login: login.to_owned(),
        csrf: crate::token::random()?,
        created_at: now,
        seen_at: now,
        address: visit.address.clone(),
        agent,
    })?;
    log(true, &user.name, "")?;
    Ok(Ok(token))
}

async fn logout(State(app): State<App>, who: Who, _: Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        app.store().end_session(&who.session.token_hash)?;
        app.log(&who, LogKind::Logout, "退出", "", "")
    })
    .await?;
    let gone = format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(([(SET_COOKIE, gone)], Redirect::to("/login")).into_response())
}

/// Only paths of ours: a link must not lead to another site after the login.
fn local(next: &str) -> &str {
    let outside = !next.starts_with('/') || next.starts_with("//") || next.contains(['\\', '\r', '\n']);
    if outside { "" } else { next }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn the_login_leads_nowhere_else() {
        assert_eq!(local("/cases?month=202503"), "/cases?month=202503");
        for bad in ["//evil.example", "https://evil.example", "/\\evil", "javascript:1", "/a\r\nSet-Cookie: x"] {
            assert_eq!(local(bad), "", "{bad}");
        }
    }
}
