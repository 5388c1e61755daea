//! 角色表单: a new role, a copy of one, or a role's name, scope and permissions.

use super::changes::{Conflict, Described, differing, sentence};
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
use store::{LogKind, Role, RoleScope, StoreError};

pub(super) fn routes() -> Vec<Route> {
    let users = Access::Needs(Permission::Users);
    vec![
        Route::get("/admin/roles/new", users, blank),
        Route::post("/admin/roles/new", users, create),
        Route::get("/admin/roles/{name}", users, show),
        Route::post("/admin/roles/{name}", users, save),
        Route::post("/admin/roles/{name}/delete", users, delete),
    ]
}

#[derive(Template)]
#[template(path = "admin/role.html")]
struct RolePage {
    page: Page,
    role: Role,
    parts: Vec<(&'static str, Vec<Permission>)>,
    conflict: Option<Conflict>,
    error: String,
}

impl RolePage {
    fn may(&self, permission: &Permission) -> bool {
        self.role.permissions.contains(permission)
    }
}

fn page(app: &App, who: &Who, role: Role) -> RolePage {
    let (title, crumb) =
        if role.version == 0 { ("新建角色", "新建") } else { ("角色", role.title.as_str()) };
    let mut parts: Vec<(&'static str, Vec<Permission>)> = Vec::new();
    for (permission, _, _, part) in Permission::ALL {
        match parts.last_mut() {
            Some((last, permissions)) if *last == part => permissions.push(permission),
            _ => parts.push((part, vec![permission])),
        }
    }
    RolePage {
        page: who.page(app, title, &[("系统管理", ""), ("角色权限", "/admin/roles"), (crumb, "")]),
        role,
        parts,
        conflict: None,
        error: String::new(),
    }
}

/// Empty, or with the permissions of the role named in `copy`.
async fn blank(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let mut role = app.store().role(asked.text("copy"))?.unwrap_or_default();
        if !role.name.is_empty() {
            role.title.push_str("（复制）");
        }
        html(&page(app, &who, Role { name: String::new(), built_in: false, version: 0, ..role }))
    })
    .await
}

async fn show(State(app): State<App>, who: Who, Path(name): Path<String>) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let role = app.store().role(&name)?.ok_or_else(|| ApiError::missing("此角色"))?;
        html(&page(app, &who, role))
    })
    .await
}

async fn create(State(app): State<App>, who: Who, Posted(fields): Posted) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let role = Role { name: fields.text("name").to_owned(), ..Role::default() };
        submit(app, &who, &fields, role)
    })
    .await
}

async fn save(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    Posted(fields): Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let role = app.store().role(&name)?.ok_or_else(|| ApiError::missing("此角色"))?;
        let version = fields.whole("version", "版本")?.unwrap_or_default();
        submit(app, &who, &fields, Role { version, ..role })
    })
    .await
}

fn submit(app: &App, who: &Who, fields: &Fields, mut role: Role) -> Result<Response, ApiError> {
    let saved = if role.version > 0 { app.store().role(&role.name)? } else { None };
    role.title = fields.text("title").to_owned();
    role.scope = RoleScope::named(fields.text("scope")).unwrap_or_default();
    role.permissions = fields.all("permission").filter_map(Permission::named).collect();
    match app.store().save_role(&role) {
        Ok(_) => {}
        Err(StoreError::Refused(error)) => return html(&RolePage { error, ..page(app, who, role) }),
        Err(StoreError::Changed(what)) => {
            let now = app.store().role(&role.name)?.ok_or_else(|| ApiError::missing("此角色"))?;
            let differences = differing(&described(&now), &described(&role));
            role.version = now.version;
            return html(&RolePage {
                conflict: Some(Conflict { what, differences }),
                ..page(app, who, role)
            });
        }
        Err(error) => return Err(error.into()),
    }
    let before = saved.as_ref().map_or_else(Described::new, described);
    let detail = sentence(&differing(&before, &described(&role)));
    let action = if saved.is_some() { "修改角色" } else { "新建角色" };
    app.log(who, LogKind::Permission, action, &role.name, &detail)?;
    app.notice(who, format!("角色“{}”已保存", role.title));
    Ok(Redirect::to(&format!("/admin/roles/{}", role.name)).into_response())
}

async fn delete(
    State(app): State<App>,
    who: Who,
    Path(name): Path<String>,
    _: Posted,
) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let role = app.store().role(&name)?.ok_or_else(|| ApiError::missing("此角色"))?;
        match app.store().delete_role(&name) {
            Ok(()) => {}
            Err(StoreError::Refused(error)) => return html(&RolePage { error, ..page(app, &who, role) }),
            Err(error) => return Err(error.into()),
        }
        let detail = sentence(&differing(&described(&role), &described(&Role::default())));
        app.log(&who, LogKind::Permission, "删除角色", &name, &detail)?;
        app.notice(&who, format!("角色“{}”已删除", role.title));
        Ok(Redirect::to("/admin/roles").into_response())
    })
    .await
}

/// A role as people read it.
fn described(role: &Role) -> Described {
    let titles: Vec<&str> = role.permissions.iter().map(|permission| permission.chinese()).collect();
    vec![
        ("名称", role.title.clone()),
        ("数据范围", role.scope.chinese().to_owned()),
        ("权限", titles.join("、")),
    ]
}
