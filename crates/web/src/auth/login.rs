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
use store::{LogEntry, LogKind, Session, StoreError, User};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/login", Access::Public, form),
        Route::post("/login", Access::Public, login),
        Route::post("/logout", Access::User, logout),
    ]
}

/// Wrong passwords in a row before an account is locked.
pub(super) const LOCK_AFTER: i64 = 5;
/// How long it stays locked, seconds.
pub(super) const LOCK_FOR: i64 = 30 * 60;

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
        Ok(cookie) => {
            let next = local(fields.text("next")).to_owned();
            Ok(([(SET_COOKIE, cookie)], Redirect::to(if next.is_empty() { "/" } else { &next }))
                .into_response())
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

/// The cookie of a new session, or what the page says. An unknown account and a wrong password are not told apart.
fn enter(
    app: &App,
    fields: &Fields,
    visit: Visit,
    agent: String,
) -> Result<Result<String, String>, ApiError> {
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
    if let Some(seconds) = app.throttle().wait(&visit.address, now) {
        log(false, "", "来源地址失败次数过多")?;
        return Ok(Err(format!("此电脑登录失败次数过多，请 {} 分钟后再试", minutes(seconds))));
    }
    let Some(user) = app.store().user(login)? else {
        // As long as a real comparison takes.
        password::hash(given)?;
        app.throttle().failed(&visit.address, now);
        log(false, "", "工号不存在")?;
        return wrong;
    };
    if let Some(until) = user.locked_until.filter(|until| *until > now) {
        log(false, &user.name, "账号锁定中")?;
        return Ok(Err(format!(
            "连续输错口令 {LOCK_AFTER} 次，账号已锁定，{} 分钟后自动解锁；急用请联系安全管理员解锁",
            minutes(until - now)
        )));
    }
    let hash = app.store().password_hash(login)?.unwrap_or_default();
    if !password::matches(given, &hash) {
        app.throttle().failed(&visit.address, now);
        app.store().note_login_failure(login, now, LOCK_AFTER, LOCK_FOR)?;
        log(false, &user.name, "口令错误")?;
        return wrong;
    }
    if app.store().viewer(login, now.div_euclid(86_400))?.is_none() {
        log(false, &user.name, "账号停用或过期")?;
        return Ok(Err("账号已停用或过期；请联系安全管理员".to_owned()));
    }
    if super::is_dormant(&user, now) && deactivated(app, &user)? {
        log(false, &user.name, "长期未使用，账号自动停用")?;
        let days = super::DORMANT_DAYS;
        return Ok(Err(format!("账号超过 {days} 天未使用，已自动停用；请联系安全管理员")));
    }
    app.store().note_login(login, now)?;
    let cookie = begin(app, login, &visit.address, agent)?;
    log(true, &user.name, "")?;
    Ok(Ok(cookie))
}

fn minutes(seconds: i64) -> i64 {
    (seconds + 59) / 60
}

/// Deactivates an account; false when a rule forbids it, as for the last one that manages users.
fn deactivated(app: &App, user: &User) -> Result<bool, ApiError> {
    match app.store().save_user(&User { active: false, ..user.clone() }) {
        Ok(_) => Ok(true),
        Err(StoreError::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Begins a session; the cookie that carries its token.
pub(super) fn begin(app: &App, login: &str, address: &str, agent: String) -> Result<String, ApiError> {
    let (store, now) = (app.store(), app.now());
    store.end_old_sessions(now - super::LONGEST, now - super::IDLE)?;
    let token = crate::token::random()?;
    store.begin_session(&Session {
        token_hash: crate::token::hash(&token),
        login: login.to_owned(),
        csrf: crate::token::random()?,
        created_at: now,
        seen_at: now,
        address: address.to_owned(),
        agent,
    })?;
    // The latest activity comes first.
    let own = store.sessions()?.into_iter().filter(|session| session.login == login);
    for session in own.skip(super::MOST_SESSIONS) {
        store.end_session(&session.token_hash)?;
    }
    let secure = if app.transport().is_secure() { "; Secure" } else { "" };
    Ok(format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"))
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
        for bad in
            ["//evil.example", "https://evil.example", "/\\evil", "javascript:1", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(local(bad), "", "{bad}");
        }
    }
}
