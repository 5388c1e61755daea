//! 角色权限: the roles, and the matrix of what each of them may do.

use crate::app::App;
use crate::error::ApiError;
use crate::grid::{Cell, Column, Grid, Row};
use crate::page::{Page, html};
use crate::query::Asked;
use crate::route::{Access, Route};
use crate::who::Who;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use store::Role;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/admin/roles", Access::Needs(model::Permission::Users), list)]
}

#[derive(Template)]
#[template(path = "admin/roles.html")]
struct RolesPage {
    page: Page,
    matrix: bool,
    grid: Grid,
}

async fn list(State(app): State<App>, who: Who, Asked(asked): Asked) -> Result<Response, ApiError> {
    app.blocking(move |app| {
        let roles = app.store().roles()?;
        let matrix = asked.text("view") == "matrix";
        let grid = if matrix { matrix_grid(&roles) } else { list_grid(app, &roles)? }.for_viewer(&who.viewer);
        if let Some(file) = grid.export(app, &who, &asked)? {
            return Ok(file);
        }
        let page = who.page(app, "角色权限", &[("系统管理", ""), ("角色权限", "")]);
        html(&RolesPage { page, matrix, grid })
    })
    .await
}

fn list_grid(app: &App, roles: &[Role]) -> Result<Grid, ApiError> {
    let users = app.store().users()?;
    let row = |role: &Role| {
        let holders = users.iter().filter(|user| user.active && user.roles.contains(&role.name)).count();
        let titles: Vec<&str> = role.permissions.iter().map(|permission| permission.chinese()).collect();
        Row {
            cells: vec![
                Cell::text(role.title.clone()).link(format!("/admin/roles/{}", role.name)),
                Cell::text(role.name.clone()),
                Cell::text(if role.built_in { "内置" } else { "自建" }),
                Cell::text(role.scope.chinese()),
                Cell::whole(holders as i64).link(format!("/admin/users?role={}", role.name)),
                Cell::text(titles.join("、")),
            ],
            class: "",
        }
    };
    Ok(Grid {
        title: "角色".into(),
        columns: vec![
            Column::text("title", "角色"),
            Column::text("name", "代码"),
            Column::text("kind", "类别"),
            Column::text("scope", "数据范围"),
            Column::number("users", "启用用户", "人"),
            Column::text("permissions", "权限"),
        ],
        rows: roles.iter().map(row).collect(),
        address: "/admin/roles".into(),
        ..Grid::default()
    })
}

/// Permissions down, roles across.
fn matrix_grid(roles: &[Role]) -> Grid {
    let mut columns = vec![Column::text("part", "菜单"), Column::text("permission", "权限")];
    columns.extend(roles.iter().map(|role| Column::text(&role.name, &role.title)));
    let mark = |has: bool| if has { Cell::text("✓").class("tag tag-ok") } else { Cell::default() };
    let mut rows: Vec<Row> = model::Permission::ALL
        .iter()
        .map(|(permission, _, chinese, part)| {
            let mut cells = vec![Cell::text(*part), Cell::text(*chinese)];
            cells.extend(roles.iter().map(|role| mark(role.permissions.contains(permission))));
            Row { cells, class: "" }
        })
        .collect();
    let mut scope = vec![Cell::text("—"), Cell::text("数据范围")];
    scope.extend(roles.iter().map(|role| Cell::text(role.scope.chinese())));
    rows.push(Row { cells: scope, class: "" });
    Grid {
        title: "角色权限矩阵".into(),
        columns,
        rows,
        address: "/admin/roles?view=matrix".into(),
        ..Grid::default()
    }
}
