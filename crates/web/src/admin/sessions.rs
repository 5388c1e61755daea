//! 在线会话: who is logged in from where; any of them can be ended.

use crate::app::App;
use crate::auth::is_over;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::Posted;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use std::collections::{BTreeMap, BTreeSet};
use store::{LogKind, Session};

pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Permission::Users);
    vec![Route::get("/admin/sessions", users, list), Route::post("/admin/sessions/end", users, end)]
}

#[derive(Template)]
#[template(path = "admin/sessions.html")]
struct SessionsPage {
    page: Page,
    sessions: Vec<Line>,
    /// 疑似共用: accounts that are in use from several addresses at once.
    shared: Vec<(String, usize)>,
}

struct Line {
    session: Session,
    name: String,
    own: bool,
}

impl Line {
    /// Names the session in a form without giving its key away.
    fn mark(&self) -> String {
        mark(&self.session)
    }
}

fn mark(session: &Session) -> String {
    crate::token::hash(&session.token_hash)
}

async fn list(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let names: BTreeMap<String, String> =
            app.store().users()?.into_iter().map(|user| (user.login, user.name)).collect();
        let live = live(app)?;
        let mut addresses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for session in &live {
            addresses.entry(&session.login).or_default().insert(&session.address);
        }
        let shared = addresses
            .iter()
            .filter(|(_, from)| from.len() > 1)
            .map(|(login, from)| ((*login).to_owned(), from.len()))
            .collect();
        let sessions = live
            .iter()
            .map(|session| Line {
                name: names.get(&session.login).cloned().unwrap_or_default(),
                own: session.token_hash == who.session.token_hash,
                session: session.clone(),
            })
            .collect();
        let crumbs = [("系统管理", ""), ("用户", "/admin/users"), ("在线会话", "")];
        html(&SessionsPage { page: who.page(app, "在线会话", &crumbs), sessions, shared })
    })
    .await
}

fn live(app: &App) -> Result<Vec<Session>, ApiError> {
    let now = app.now();
    Ok(app.store().sessions()?.into_iter().filter(|session| !is_over(session, now)).collect())
}

async fn end(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let wanted = fields.text("session");
        let found = live(app)?.into_iter().find(|session| mark(session) == wanted);
        match found {
            Some(session) => {
                app.store().end_session(&session.token_hash)?;
                app.log(&who, LogKind::Logout, "强制退出", &session.login, &session.address)?;
                app.notice(&who, format!("用户 {} 的会话已结束", session.login));
            }
            None => app.notice(&who, "这个会话已经结束"),
        }
        Ok(Redirect::to("/admin/sessions").into_response())
    })
    .await
}
