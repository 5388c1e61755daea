//! 修改口令: one's own, at any time; before anything else at the first login and when it is too old.

use super::password_rules::{HISTORY, SAID, objection};
use super::{login, password};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::Posted;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use store::LogKind;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/password", Access::User, form), Route::post("/password", Access::User, change)]
}

#[derive(Template)]
#[template(path = "auth/password.html")]
struct PasswordPage {
    page: Page,
    must_change: bool,
    rules: &'static str,
    error: String,
}

fn page(app: &App, who: &Who, error: String) -> Result<Response, ApiError> {
    html(&PasswordPage {
        page: who.page(app, "修改口令", &[("修改口令", "")]),
        must_change: who.must_change,
        rules: SAID,
        error,
    })
}

async fn form(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    page(&app, &who, String::new())
}

async fn change(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    let asking = who.clone();
    let changed = app
        .blocking(move |app| {
            let (old, new, again) = (fields.text("old"), fields.text("new"), fields.text("again"));
            try_change(app, &asking, old, new, again)
        })
        .await?;
    match changed {
        Ok(cookie) => Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()),
        Err(error) => page(&app, &who, error),
    }
}

/// The cookie of a new session, or what is wrong.
fn try_change(
    app: &App,
    who: &Who,
    old: &str,
    new: &str,
    again: &str,
) -> Result<Result<String, String>, ApiError> {
    let own = &who.viewer.login;
    let store = app.store();
    let hash = store.password_hash(own)?.unwrap_or_default();
    if !password::matches(old, &hash) {
        // Whoever found an open browser must not guess on.
        let failures = store.note_login_failure(own, app.now(), login::LOCK_AFTER, login::LOCK_FOR)?;
        app.log_outcome(who, LogKind::Password, "修改口令", own, "原口令错误", false)?;
        if failures.is_some_and(|failures| failures.locked_until.is_some()) {
            store.end_sessions_of(own)?;
        }
        return Ok(Err("原口令不正确".into()));
    }
    if new != again {
        return Ok(Err("两次输入的新口令不一致；请重新输入".into()));
    }
    if let Some(objection) = objection(new, own, &who.viewer.name) {
        return Ok(Err(objection));
    }
    if store.password_history(own, HISTORY)?.iter().any(|hash| password::matches(new, hash)) {
        return Ok(Err(format!("新口令与最近 {HISTORY} 个口令之一相同；请换一个")));
    }
    store.set_password(own, &password::hash(new)?, app.now(), false)?;
    // Other browsers have to log in with the new one, and this one gets a new session.
    store.end_sessions_of(own)?;
    let cookie = login::begin(app, own, &who.address, who.session.agent.clone())?;
    app.log(who, LogKind::Password, "修改口令", own, "")?;
    Ok(Ok(cookie))
}
