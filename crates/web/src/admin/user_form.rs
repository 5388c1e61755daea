//! 用户表单: a new account, or an account's name, doctor, validity, roles and departments.

use super::changes::{Conflict, Described, differing, sentence};
use super::users::{Names, Standing};
use crate::app::App;
use crate::error::ApiError;
use crate::page::{Page, html};
use crate::query::{Asked, Fields, Posted};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::Permission;
use store::{LogKind, Session, StoreError, User};

pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Permission::Users);
    vec![
        Route::get("/admin/users/new", users, blank),
        Route::post("/admin/users/new", users, create),
        Route::get("/admin/users/{login}", users, show),
        Route::post("/admin/users/{login}", users, save),
        Route::get("/admin/staff-suggest", users, suggest),
    ]
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    page: Page,
    user: User,
    /// As typed: a date that cannot be read stays in its field.
    expires: String,
    standing: Standing,
    names: Names,
    sessions: Vec<Session>,
    own: bool,
    conflict: Option<Conflict>,
    error: String,
}

impl UserPage {
    fn has_role(&self, name: &str) -> bool {
        self.user.roles.iter().any(|role| role == name)
    }

    fn has_department(&self, key: &str) -> bool {
        self.user.departments.iter().any(|department| department == key)
    }
}

/// What became of a form.
enum Answer {
    Page(Box<UserPage>),
    Done(String),
}

impl Answer {
    fn respond(self) -> Result<Response, ApiError> {
        match self {
            Answer::Page(page) => html(page.as_ref()),
            Answer::Done(address) => Ok(Redirect::to(&address).into_response()),
        }
    }
}

fn page(app: &App, who: &Who, user: User, expires: Option<String>) -> Result<UserPage, ApiError> {
    let (title, now) = (if user.version == 0 { "新建用户" } else { "用户" }, app.now());
    let crumb = if user.version == 0 { "新建" } else { user.login.as_str() };
    let sessions = app.store().sessions()?.into_iter();
    Ok(UserPage {
        page: who.page(app, title, &[("系统管理", ""), ("用户", "/admin/users"), (crumb, "")]),
        expires: expires.unwrap_or_else(|| user.expires_on.map_or(String::new(), crate::text::day)),
        standing: Standing::of(&user, now),
        names: Names::read(app)?,
        sessions: sessions.filter(|s| s.login == user.login && !crate::auth::is_over(s, now)).collect(),
        own: who.viewer.login == user.login,
        user,
        conflict: None,
        error: String::new(),
    })
}

async fn blank(State(app): State<App>, who: Who) -> Result<Response, ApiError> {
    app.blocking(move |app| html(&page(app, &who, User { active: true, ..User::default() }, None)?)).await
}

async fn show(State(app): State<App>, who: Who, Path(login): Path<String>) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let user = app.store().user(&login)?.ok_or_else(|| ApiError::missing("此用户"))?;
        html(&page(app, &who, user, None)?)
    })
    .await
}

async fn create(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let user = User {
            login: fields.text("login").to_owned(),
            active: true,
            must_change: true,
            created_at: app.now(),
            ..User::default()
        };
        submit(app, &who, &fields, user)?.respond()
    })
    .await
}

async fn save(
    State(app): State<App>,
    who: Who,
    Path(login): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let mut user = app.store().user(&login)?.ok_or_else(|| ApiError::missing("此用户"))?;
        user.version = fields.whole("version", "版本")?.unwrap_or_default();
        submit(app, &who, &fields, user)?.respond()
    })
    .await
}

/// Saves the fields over `user`, or shows the form again with everything that was typed.
fn submit(app: &App, who: &Who, fields: &Fields, mut user: User) -> Result<Answer, ApiError> {
    let saved = if user.version > 0 { app.store().user(&user.login)? } else { None };
    user.name = fields.text("name").to_owned();
    user.staff_key = Some(fields.text("staff").to_owned()).filter(|key| !key.is_empty());
    user.roles = fields.all("role").map(str::to_owned).collect();
    user.departments = fields.all("department").map(str::to_owned).collect();
    let again = |user: User, error: String| -> Result<Answer, ApiError> {
        let expires = Some(fields.text("expires").to_owned());
        Ok(Answer::Page(Box::new(UserPage { error, ..page(app, who, user, expires)? })))
    };
    user.expires_on = match fields.date("expires", "有效期至") {
        Ok(date) => date.map(crate::text::days),
        Err(error) => return again(user, error.sentence),
    };
    if let Some(objection) = objection(app, &user)? {
        return again(user, objection);
    }
    let names = Names::read(app)?;
    match app.store().save_user(&user) {
        Ok(_) => {}
        Err(StoreError::Refused(why)) => return again(user, why),
        Err(StoreError::Changed(what)) => {
            let now = app.store().user(&user.login)?.ok_or_else(|| ApiError::missing("此用户"))?;
            let differences = differing(&described(&now, &names), &described(&user, &names));
            user.version = now.version;
            let expires = Some(fields.text("expires").to_owned());
            let conflict = Some(Conflict { what, differences });
            return Ok(Answer::Page(Box::new(UserPage { conflict, ..page(app, who, user, expires)? })));
        }
        Err(error) => return Err(error.into()),
    }
    let before = saved.as_ref().map_or_else(Described::new, |saved| described(saved, &names));
    let detail = sentence(&differing(&before, &described(&user, &names)));
    if saved.is_some() {
        let own = if user.login == who.viewer.login { "修改用户（本人）" } else { "修改用户" };
        app.log(who, LogKind::Permission, own, &user.login, &detail)?;
        app.notice(who, format!("用户 {} 已保存", user.login));
        return Ok(Answer::Done(format!("/admin/users/{}", user.login)));
    }
    app.log(who, LogKind::Permission, "新建用户", &user.login, &detail)?;
    let password = crate::auth::one_time()?;
    app.store().set_password(&user.login, &crate::auth::hash(&password)?, app.now(), true)?;
    app.notice(
        who,
        format!(
            "用户 {} 已建立，一次性口令：{password} （只显示这一次，请转告本人；首次登录须修改）",
            user.login
        ),
    );
    Ok(Answer::Done(format!("/admin/users/{}", user.login)))
}

/// What the store does not know of.
fn objection(app: &App, user: &User) -> Result<Option<String>, ApiError> {
    let Some(key) = &user.staff_key else { return Ok(None) };
    let known = super::users::names_of(app, "staff")?.contains_key(key);
    Ok((!known).then(|| format!("医师字典中没有编号“{key}”；请从候选中选择，或留空")))
}

/// An account as people read it.
fn described(user: &User, names: &Names) -> Described {
    vec![
        ("姓名", user.name.clone()),
        ("角色", names.roles_of(user)),
        ("数据科室", names.departments_of(user)),
        ("对应医师", names.staff_of(user)),
        ("有效期至", user.expires_on.map_or(String::new(), crate::text::day)),
    ]
}

/// Staff by key, name or pinyin, for the search box.
async fn suggest(State(app): State<App>, _: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let staff = super::users::names_of(app, "staff")?;
        let index = terms::search::Index::new(&staff);
        let hits = index.search(asked.text("q"), 20, None);
        let options: Vec<_> = hits
            .rows
            .iter()
            .map(|hit| serde_json::json!({ "code": hit.code, "name": hit.name, "tags": [] }))
            .collect();
        Ok(crate::page::json(&serde_json::Value::from(options)))
    })
    .await
}
