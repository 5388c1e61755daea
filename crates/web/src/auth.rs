//! 身份鉴别: login, sessions, passwords.

mod login;
mod password;

#[cfg(test)]
pub(crate) use password::hash;

use crate::app::App;
use crate::error::ApiError;
use crate::route::Route;
use store::{Role, RoleScope, Session, User};

/// 空闲退出: seconds without a request.
pub(crate) const IDLE: i64 = 30 * 60;
/// Longest session, seconds.
pub(crate) const LONGEST: i64 = 12 * 3600;
/// Rewriting the time of the last request at every request would make every read a write.
const TOUCH_EVERY: i64 = 30;

pub(crate) fn routes() -> Vec<Route> {
    login::routes()
}

/// The live session of a cookie, and whether its user must change the password; `None` when it is over.
pub(crate) fn current_session(app: &App, token: &str, active: bool) -> Result<Option<(Session, bool)>, ApiError> {
    let hash = crate::token::hash(token);
    let Some(mut session) = app.store().session(&hash)? else { return Ok(None) };
    let now = app.now();
    if now - session.seen_at > IDLE || now - session.created_at > LONGEST {
        app.store().end_session(&hash)?;
        return Ok(None);
    }
    if active && now - session.seen_at >= TOUCH_EVERY {
        app.store().touch_session(&hash, now)?;
        session.seen_at = now;
    }
    let Some(user) = app.store().user(&session.login)? else { return Ok(None) };
    Ok(Some((session, user.must_change)))
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

/// 演示账号: a user with a password that is shown.
pub struct DemoAccount {
    /// 工号
    pub login: String,
    /// 口令
    pub password: String,
    /// Role and scope in Chinese.
    pub title: String,
}

/// A user for every built-in role, the head and the doctor of the department with most discharges; `None` when there are
/// users already. Only for a hospital that does not exist: the passwords need no change.
pub fn demo_accounts(app: &App) -> Result<Option<Vec<DemoAccount>>, ApiError> {
    app.store().ensure_roles(&Role::built_in())?;
    if !app.store().users()?.is_empty() {
        return Ok(None);
    }
    let busiest = app.mart().query(
        "SELECT discharge_department_key, MAX(discharge_department_name), MIN(attending_key) FROM case_fact \
         WHERE discharge_department_key IS NOT NULL AND attending_key IS NOT NULL \
         GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1",
        &[],
    )?;
    let of_busiest = |at: usize| match busiest.rows.first().and_then(|row| row.get(at)) {
        Some(mart::Cell::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let mut accounts = Vec::new();
    for role in Role::built_in() {
        let (departments, staff_key, of) = match role.scope {
            RoleScope::Departments => (vec![of_busiest(0)], None, format!("（{}）", of_busiest(1))),
            RoleScope::Doctor => (Vec::new(), Some(of_busiest(2)), format!("（{}）", of_busiest(1))),
            _ => (Vec::new(), None, String::new()),
        };
        app.store().save_user(&User {
            login: role.name.clone(),
            name: format!("演示{}", role.title),
            staff_key,
            active: true,
            created_at: app.now(),
            roles: vec![role.name.clone()],
            departments,
            ..User::default()
        })?;
        let password = password::one_time()?;
        app.store().set_password(&role.name, &password::hash(&password)?, app.now(), false)?;
        accounts.push(DemoAccount { login: role.name, password, title: role.title + &of });
    }
    Ok(Some(accounts))
}
