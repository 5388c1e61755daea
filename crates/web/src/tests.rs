//! The shell: who comes in where, and what every answer carries.

use crate::route::Access;
use crate::testing::Fixture;
use axum::http::{Method, StatusCode};
use model::Permission;
use std::collections::BTreeSet;
use store::Role;

/// An address with something in the place of each parameter.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

#[test]
fn every_change_needs_a_login_and_every_path_is_listed_once() {
    let mut seen = BTreeSet::new();
    for route in crate::routes() {
        assert!(seen.insert((route.method.to_string(), route.path)), "{} {}", route.method, route.path);
        let public = matches!(route.path, "/login" | "/assets/{hash}/{name}" | "/api/v1/openapi.json");
        assert_eq!(route.access == Access::Public, public, "{} {}", route.method, route.path);
    }
    for (_, entries) in crate::menu::MENU {
        for (name, path, _) in *entries {
            let listed =
                crate::routes().iter().any(|route| route.path == *path && route.method == Method::GET);
            assert!(listed, "{name} leads to {path}, which is no page");
        }
    }
}

/// 角色与路由: every built-in role at every route: without the permission 403, with it anything but 401 and 403.
#[tokio::test]
async fn every_role_at_every_route() {
    let fixture = Fixture::empty();
    for role in Role::built_in() {
        let browser = fixture.login_as(&role.name, &[], None).await;
        for route in crate::routes() {
            let Access::Needs(permission) = route.access else { continue };
            let allowed = role.permissions.contains(&permission);
            let path = filled(route.path);
            let answer = match route.method {
                Method::GET => browser.get(&path).await,
                // A forged form goes no further than the guard and the CSRF check, so nothing is changed.
                _ => browser.forged().post(&path, &[]).await,
            };
            let (code, place) = (answer.status, format!("{} {} {path}", role.name, route.method));
            match allowed {
                false => {
                    assert_eq!(code, StatusCode::FORBIDDEN, "{place}");
                    assert!(answer.text().contains("的权限"), "{place}");
                }
                true => assert!(
                    code != StatusCode::UNAUTHORIZED && !answer.text().contains("的权限，"),
                    "{place}: {code}"
                ),
            }
        }
    }
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_login_and_a_script_is_told() {
    let fixture = Fixture::empty();
    let stranger = fixture.stranger();
    for route in crate::routes().iter().filter(|route| route.access != Access::Public) {
        let path = filled(route.path);
        let answer = match route.method {
            Method::GET => stranger.get(&path).await,
            _ => stranger.post(&path, &[]).await,
        };
        if matches!(route.access, Access::Signed | Access::Embedded) {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {path}", route.method);
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {path}", route.method);
        assert!(answer.location.starts_with("/login"), "{}", answer.location);
    }
    assert_eq!(stranger.fragment("/jobs").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let answer = office.forged().post("/settings/columns", &[("grid", "cases"), ("columns", "a,-b")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("此表单已过期"));
    assert_eq!(fixture.app.store().user_setting("insurance_office", "columns:cases").unwrap(), None);
    let answer = office.post("/settings/columns", &[("grid", "cases"), ("columns", "a,-b")]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(
        fixture.app.store().user_setting("insurance_office", "columns:cases").unwrap().as_deref(),
        Some("a,-b")
    );
}

#[tokio::test]
async fn a_session_ends_when_nobody_works() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for _ in 0..3 {
        fixture.wait(crate::auth::IDLE - 60);
        assert_eq!(office.get("/jobs").await.status, StatusCode::OK);
    }
    fixture.wait(crate::auth::IDLE + 1);
    assert_eq!(office.get("/jobs").await.location, "/login?next=%2Fjobs");
}

#[tokio::test]
async fn every_answer_is_protected_and_no_page_is_cached() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for path in ["/jobs", "/jobs/77", "/nowhere", "/login"] {
        let answer = office.get(path).await;
        assert_eq!(answer.headers["x-ua-compatible"], "IE=edge", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'"), "{path}");
    }
    let missing = office.get("/jobs/77").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("没有找到此任务") && missing.text().contains("请求编号"));
    assert!(fixture.stranger().get("/nowhere").await.text().contains("没有找到此页面"));
}

#[tokio::test]
async fn assets_are_kept_for_good() {
    let fixture = Fixture::empty();
    for name in ["app.css", "app.js", "echarts.min.js"] {
        let answer = fixture.stranger().get(&crate::assets::address(name)).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
    assert_eq!(fixture.stranger().get("/assets/000000000000/app.js").await.status, StatusCode::NOT_FOUND);
}

#[test]
fn permissions_of_routes_are_in_the_menu_of_the_roles() {
    let used: BTreeSet<Permission> = crate::routes()
        .iter()
        .filter_map(|route| match route.access {
            Access::Needs(permission) => Some(permission),
            _ => None,
        })
        .collect();
    let granted: BTreeSet<Permission> =
        Role::built_in().into_iter().flat_map(|role| role.permissions).collect();
    assert!(used.is_subset(&granted), "{used:?}");
}
