//! 账号操作: reset the password, unlock, deactivate, activate, end the sessions.

use crate::app::App;
use crate::error::ApiError;
use crate::query::{Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{LogKind, User};

pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Permission::Users);
    vec![
        Route::post("/admin/users/{login}/password", users, reset),
        Route::post("/admin/users/{login}/unlock", users, unlock),
        Route::post("/admin/users/{login}/deactivate", users, deactivate),
        Route::post("/admin/users/{login}/activate", users, activate),
        Route::post("/admin/users/{login}/logout", users, logout),
    ]
}

/// Runs an action on an account and goes back to its page.
async fn act(
    app: App,
    who: Who,
    login: String,
    action: impl FnOnce(&App, &Who, User) -> Result<(), ApiError> + Send + 'static,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let user = app.store().user(&login)?.ok_or_else(|| ApiError::missing("此用户"))?;
        action(app, &who, user)?;
        Ok(Redirect::to(&format!("/admin/users/{login}")).into_response())
    })
    .await
}

type Of = Path<String>;

async fn reset(State(app): State<App>, who: Who, Path(login): Of, _: Posted) -> Result<Response, ApiError> {
    act(app, who, login, |app, who, user| {
        let password = renew(app, &user.login)?;
        app.log(who, LogKind::Password, "重置口令", &user.login, "")?;
        app.notice(who, once(&user.login, "口令已重置", &password));
        Ok(())
    })
    .await
}

async fn unlock(State(app): State<App>, who: Who, Path(login): Of, _: Posted) -> Result<Response, ApiError> {
    act(app, who, login, |app, who, user| {
        app.store().unlock_user(&user.login)?;
        app.log(who, LogKind::Permission, "解锁用户", &user.login, "")?;
        app.notice(who, format!("用户 {} 已解锁", user.login));
        Ok(())
    })
    .await
}

async fn deactivate(
    State(app): State<App>,
    who: Who,
    Path(login): Of,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    act(app, who, login, move |app, who, user| {
        let user = seen(user, &fields)?;
        app.store().save_user(&User { active: false, ..user.clone() })?;
        app.store().end_sessions_of(&user.login)?;
        app.log(who, LogKind::Permission, "停用用户", &user.login, "状态：启用 → 停用")?;
        app.notice(who, format!("用户 {} 已停用", user.login));
        Ok(())
    })
    .await
}

async fn activate(
    State(app): State<App>,
    who: Who,
    Path(login): Of,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    act(app, who, login, move |app, who, user| {
        let user = seen(user, &fields)?;
        app.store().save_user(&User { active: true, ..user.clone() })?;
        // Whoever knew the old password is not let in by this.
        let password = renew(app, &user.login)?;
        app.log(who, LogKind::Permission, "启用用户", &user.login, "状态：停用 → 启用，口令已重置")?;
        app.notice(who, once(&user.login, "已启用", &password));
        Ok(())
    })
    .await
}

async fn logout(State(app): State<App>, who: Who, Path(login): Of, _: Posted) -> Result<Response, ApiError> {
    act(app, who, login, |app, who, user| {
        let ended = app.store().end_sessions_of(&user.login)?;
        app.log(who, LogKind::Logout, "强制退出", &user.login, &format!("{ended} 个会话"))?;
        app.notice(who, format!("用户 {} 的 {ended} 个会话已结束", user.login));
        Ok(())
    })
    .await
}

/// The account as the page showed it, so that what somebody else saved meanwhile is not lost.
fn seen(user: User, fields: &Fields) -> Result<User, ApiError> {
    Ok(User { version: fields.whole("version", "版本")?.unwrap_or_default(), ..user })
}

/// A one-time password; every session ends.
fn renew(app: &App, login: &str) -> Result<String, ApiError> {
    let password = crate::auth::one_time()?;
    app.store().set_password(login, &crate::auth::hash(&password)?, app.now(), true)?;
    app.store().end_sessions_of(login)?;
    Ok(password)
}

fn once(login: &str, what: &str, password: &str) -> String {
    format!("用户 {login} {what}，一次性口令：{password} （只显示这一次，请转告本人；登录后须修改）")
}
