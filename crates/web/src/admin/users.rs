//! 用户: the list, searched by 工号, name or pinyin initials.

use crate::app::App;
use crate::auth::is_dormant;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Paging, Row};
use crate::page::{Page, html};
use crate::query::{Asked, Fields};
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use model::Permission;
use model::canonical::Table;
use std::collections::{BTreeMap, HashSet};
use store::{Moment, Role, User};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/admin/users", Access::Needs(Permission::Users), list)]
}

/// 状态 of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Locked,
    Dormant,
    Expired,
    Inactive,
}

impl Standing {
    /// Stored name, name on the screen, class of the tag.
    pub(super) const ALL: [(Standing, &'static str, &'static str, &'static str); 5] = [
        (Standing::Active, "active", "启用", "tag tag-ok"),
        (Standing::Locked, "locked", "锁定", "tag tag-bad"),
        (Standing::Dormant, "dormant", "长期未用", "tag tag-unconfirmed"),
        (Standing::Expired, "expired", "过期", "tag tag-bad"),
        (Standing::Inactive, "inactive", "停用", "tag tag-none"),
    ];

    pub(super) fn of(user: &User, now: Moment) -> Standing {
        if !user.active {
            Standing::Inactive
        } else if user.expires_on.is_some_and(|last| last < now.div_euclid(86_400)) {
            Standing::Expired
        } else if user.locked_until.is_some_and(|until| until > now) {
            Standing::Locked
        } else if is_dormant(user, now) {
            Standing::Dormant
        } else {
            Standing::Active
        }
    }

    fn id(self) -> &'static str {
        Standing::ALL[self as usize].1
    }

    pub(super) fn chinese(self) -> &'static str {
        Standing::ALL[self as usize].2
    }

    pub(super) fn class(self) -> &'static str {
        Standing::ALL[self as usize].3
    }
}

/// Names that users' fields refer to.
pub(super) struct Names {
    pub(super) roles: Vec<Role>,
    pub(super) departments: BTreeMap<String, String>,
    pub(super) staff: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn read(app: &App) -> Result<Names, ApiError> {
        Ok(Names {
            roles: app.store().roles()?,
            departments: names_of(app, "department")?,
            staff: names_of(app, "staff")?,
        })
    }

    pub(super) fn roles_of(&self, user: &User) -> String {
        let named = |name: &String| {
            self.roles.iter().find(|role| role.name == *name).map_or(name.clone(), |role| role.title.clone())
        };
        user.roles.iter().map(named).collect::<Vec<_>>().join("、")
    }

    pub(super) fn departments_of(&self, user: &User) -> String {
        let named = |key: &String| self.departments.get(key).cloned().unwrap_or_else(|| key.clone());
        user.departments.iter().map(named).collect::<Vec<_>>().join("、")
    }

    /// `张三（S001）`
    pub(super) fn staff_of(&self, user: &User) -> String {
        let Some(key) = &user.staff_key else { return String::new() };
        self.staff.get(key).map_or_else(|| key.clone(), |name| format!("{name}（{key}）"))
    }
}

/// Names of the rows of a dictionary by key.
pub(super) fn names_of(app: &App, table: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let table = Table::named(table).ok_or_else(|| ApiError::internal("没有这个字典"))?;
    let rows = app.store().dictionary(table)?;
    Ok(rows.iter().map(|row| (row.row.key().to_owned(), row.row.text("name").to_owned())).collect())
}

/// Keys whose code, name or pinyin fits what was typed; `None`: nothing was typed.
pub(super) fn fitting<'r>(
    typed: &str,
    rows: impl Iterator<Item = (&'r str, &'r str)>,
) -> Option<HashSet<String>> {
    if typed.is_empty() {
        return None;
    }
    let index = terms::search::Index::new(rows);
    let hits = index.search(typed, index.len(), None);
    Some(hits.rows.iter().map(|hit| hit.code.to_owned()).collect())
}

#[derive(Template)]
#[template(path = "admin/users.html")]
struct UsersPage {
    page: Page,
    asked: Fields,
    roles: Vec<Role>,
    grid: Grid,
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let names = Names::read(app)?;
        let mut grid = users_grid(app, &asked, &names)?.for_viewer(&who.viewer);
        app.arrange(&who, &mut grid)?;
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        grid.show_page(Paging::asked(&asked));
        html(&UsersPage {
            page: who.page(app, "用户", &[("系统管理", ""), ("用户", "")]),
            asked,
            roles: names.roles,
            grid,
        })
    })
    .await
}

fn users_grid(app: &App, asked: &Fields, names: &Names) -> Result<Grid, ApiError> {
    let now = app.now();
    let users = app.store().users()?;
    let sessions = app.store().sessions()?;
    let fits = fitting(asked.text("q"), users.iter().map(|user| (user.login.as_str(), user.name.as_str())));
    let (role, state) = (asked.text("role"), asked.text("state"));
    let wanted = |user: &&User| {
        fits.as_ref().is_none_or(|fits| fits.contains(&user.login))
            && (role.is_empty() || user.roles.iter().any(|name| name == role))
            && (state.is_empty() || Standing::of(user, now).id() == state)
    };
    let row = |user: &User| {
        let standing = Standing::of(user, now);
        let online =
            sessions.iter().filter(|s| s.login == user.login && !crate::auth::is_over(s, now)).count();
        Row {
            cells: vec![
                Cell::text(user.login.clone()).link(format!("/admin/users/{}", user.login)),
                Cell::text(user.name.clone()),
                Cell::text(standing.chinese()).class(standing.class()),
                Cell::text(names.roles_of(user)),
                Cell::text(names.departments_of(user)),
                Cell::text(names.staff_of(user)),
                Cell::day(user.expires_on),
                Cell::moment(user.password_changed_at),
                Cell::moment(user.last_login_at),
                Cell::whole(online as i64),
            ],
            class: if user.active { "" } else { "off" },
        }
    };
    Ok(Grid {
        id: "users",
        title: "用户".into(),
        about: about(asked, names),
        columns: vec![
            Column::text("login", "工号"),
            Column::text("name", "姓名"),
            Column::text("state", "状态"),
            Column::text("roles", "角色"),
            Column::text("departments", "数据科室"),
            Column::text("staff", "对应医师"),
            Column::text("expires", "有效期至"),
            Column::text("password", "口令修改"),
            Column::text("last", "最近登录"),
            Column::number("online", "在线", ""),
        ],
        rows: users.iter().filter(wanted).map(row).collect(),
        empty: "没有符合条件的用户；请放宽条件，或新建用户".into(),
        address: format!("/admin/users?{}", asked.without(&["format"])),
        ..Grid::default()
    })
}

fn about(asked: &Fields, names: &Names) -> Vec<(String, String)> {
    let mut about = Vec::new();
    if asked.is_set("q") {
        about.push(("查找".to_owned(), asked.text("q").to_owned()));
    }
    if let Some(role) = names.roles.iter().find(|role| role.name == asked.text("role")) {
        about.push(("角色".to_owned(), role.title.clone()));
    }
    if let Some(state) = Standing::ALL.iter().find(|state| state.1 == asked.text("state")) {
        about.push(("状态".to_owned(), state.2.to_owned()));
    }
    about
}
