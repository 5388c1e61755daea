//! 身份鉴别: login, sessions, passwords.

mod change_password;
mod login;
mod password;
mod password_rules;
#[cfg(test)]
mod tests;
mod throttle;

pub(crate) use password::{hash, one_time};
pub(crate) use throttle::Throttle;

use crate::app::App;
use crate::error::ApiError;
use crate::route::Route;
use store::{LogEntry, LogKind, Moment, Role, Session, User};

/// 空闲退出: seconds without a request.
pub(crate) const IDLE: i64 = 30 * 60;
/// Longest session, seconds.
pub(crate) const LONGEST: i64 = 12 * 3600;
/// Rewriting the time of the last request at every request would make every read a write.
const TOUCH_EVERY: i64 = 30;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = login::routes();
    routes.extend(change_password::routes());
    routes
}

/// 会话数: browsers a user may be logged in with at the same time; the one idle for longest goes first.
pub(crate) const MOST_SESSIONS: usize = 5;
/// 休眠: days without a login after which an account is deactivated.
pub(crate) const DORMANT_DAYS: i64 = 90;
const DAY: i64 = 86_400;

/// Whether nobody has used an account for too long.
pub(crate) fn is_dormant(user: &User, now: Moment) -> bool {
    let times = [Some(user.created_at), user.last_login_at, user.password_changed_at];
    times.into_iter().flatten().max().is_some_and(|last| now - last > DORMANT_DAYS * DAY)
}

/// Whether a session is over at this moment.
pub(crate) fn is_over(session: &Session, now: Moment) -> bool {
    now - session.seen_at > IDLE || now - session.created_at > LONGEST
}

/// The live session of a cookie, and whether its user must change the password; `None` when it is over.
pub(crate) fn current_session(
    app: &App,
    token: &str,
    active: bool,
) -> Result<Option<(Session, bool)>, ApiError> {
    let hash = crate::token::hash(token);
    let Some(mut session) = app.store().session(&hash)? else { return Ok(None) };
    let now = app.now();
    if is_over(&session, now) {
        // Of two requests at this moment one ends it and says so.
        if app.store().end_session(&hash)? {
            app.store().log_operation(&LogEntry {
                at: now,
                login: session.login.clone(),
                kind: LogKind::Logout,
                action: "超时退出".to_owned(),
                success: true,
                address: session.address.clone(),
                ..LogEntry::default()
            })?;
        }
        return Ok(None);
    }
    if active && now - session.seen_at >= TOUCH_EVERY {
        app.store().touch_session(&hash, now)?;
        session.seen_at = now;
    }
    let Some(user) = app.store().user(&session.login)? else { return Ok(None) };
    let too_old = user.password_changed_at.is_none_or(|at| now - at > password_rules::MOST_DAYS * DAY);
    Ok(Some((session, user.must_change || too_old)))
}

/// The hash of a password, for accounts that a program makes.
pub fn password_hash(password: &str) -> Result<String, ApiError> {
    hash(password)
}

/// First start: the built-in roles, and when there is no user yet, one administrator whose one-time password is returned.
pub fn first_administrator(app: &App) -> Result<Option<(String, String)>, ApiError> {
    app.store().ensure_roles(&Role::built_in())?;
    if !app.store().users()?.is_empty() {
        return Ok(None);
    }
    let login = "admin";
    app.store().save_user(&User {
        login: login.to_owned(),
        name: "系统管理员".to_owned(),
        active: true,
        created_at: app.now(),
        roles: vec!["system_admin".to_owned(), "security_admin".to_owned()],
        ..User::default()
    })?;
    let password = password::one_time()?;
    app.store().set_password(login, &password::hash(&password)?, app.now(), true)?;
    Ok(Some((login.to_owned(), password)))
}
