//! Login, passwords and sessions as a browser meets them.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use super::{DORMANT_DAYS, MOST_SESSIONS};
use crate::testing::{Answered, Fixture, PASSWORD};
use axum::http::StatusCode;
use store::{LogFilter, LogKind, User};

const NEW: &str = "Sunny#Harbour9";
const DAY: i64 = 86_400;

async fn try_login(fixture: &Fixture, login: &str, password: &str) -> Answered {
    fixture.stranger().post("/login", &[("login", login), ("password", password)]).await
}

fn logged(fixture: &Fixture, kind: LogKind) -> Vec<(String, bool)> {
    let filter = LogFilter { kind: Some(kind), ..LogFilter::default() };
    let entries = fixture.app.store().operations(&filter).unwrap().0;
    entries.into_iter().map(|entry| (entry.action + &entry.detail, entry.success)).collect()
}

#[tokio::test]
async fn the_first_login_changes_the_password_and_nothing_else() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let hash = crate::auth::hash(PASSWORD).unwrap();
    fixture.app.store().set_password("insurance_office", &hash, fixture.app.now(), true).unwrap();
    assert_eq!(office.get("/jobs").await.location, "/password");
    assert!(office.get("/password").await.text().contains("请先修改口令"));
    let change = |old: &'static str, new: &'static str, again: &'static str| {
        let office = office.clone();
        async move { office.post("/password", &[("old", old), ("new", new), ("again", again)]).await.text() }
    };
    assert!(change("wrong", NEW, NEW).await.contains("原口令不正确"));
    assert!(change(PASSWORD, NEW, "other").await.contains("不一致"));
    assert!(change(PASSWORD, "Password#1", "Password#1").await.contains("太常见"));
    assert!(change(PASSWORD, "Insurance_office#1", "Insurance_office#1").await.contains("工号"));
    assert!(change(PASSWORD, PASSWORD, PASSWORD).await.contains("最近 5 个口令"));
    let done = office.post("/password", &[("old", PASSWORD), ("new", NEW), ("again", NEW)]).await;
    assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, "/"));
    let cookie = done.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(office.get("/jobs").await.location, "/login?next=%2Fjobs", "the old session is over");
    assert!(try_login(&fixture, "insurance_office", PASSWORD).await.text().contains("不正确"));
    assert_eq!(try_login(&fixture, "insurance_office", NEW).await.location, "/");
    let passwords = logged(&fixture, LogKind::Password);
    assert_eq!(passwords, [("修改口令".to_owned(), true), ("修改口令原口令错误".to_owned(), false)]);
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_half_an_hour_and_all_is_logged() {
    let fixture = Fixture::empty();
    drop(fixture.login_as("doctor", &[], None).await);
    for _ in 0..5 {
        let answer = try_login(&fixture, "doctor", "Wrong#Pass9").await;
        assert!(answer.text().contains("工号或口令不正确"));
    }
    assert!(try_login(&fixture, "doctor", PASSWORD).await.text().contains("30 分钟后自动解锁"));
    assert!(try_login(&fixture, "nobody", PASSWORD).await.text().contains("工号或口令不正确"));
    fixture.wait(30 * 60);
    assert_eq!(try_login(&fixture, "doctor", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let logins = logged(&fixture, LogKind::Login);
    let failed = logins.iter().filter(|(_, success)| !success).count();
    assert_eq!((logins.len(), failed), (9, 7), "{logins:?}");
}

#[tokio::test]
async fn an_old_password_has_to_be_changed() {
    let fixture = Fixture::empty();
    drop(fixture.login_as("doctor", &[], None).await);
    for _ in 0..3 {
        fixture.wait(30 * DAY + 1);
        drop(fixture.login_as("doctor", &[], None).await);
    }
    let doctor = fixture.login_as("doctor", &[], None).await;
    assert_eq!(doctor.get("/jobs").await.location, "/password");
}

#[tokio::test]
async fn accounts_that_nobody_uses_or_that_ended_are_closed() {
    let fixture = Fixture::empty();
    for role in ["doctor", "coder"] {
        drop(fixture.login_as(role, &[], None).await);
    }
    let store = fixture.app.store();
    let coder = store.user("coder").unwrap().unwrap();
    let today = fixture.app.now().div_euclid(DAY);
    store.save_user(&User { expires_on: Some(today), ..coder }).unwrap();
    assert_eq!(try_login(&fixture, "coder", PASSWORD).await.status, StatusCode::SEE_OTHER);
    fixture.wait(DAY);
    assert!(try_login(&fixture, "coder", PASSWORD).await.text().contains("停用或过期"));
    fixture.wait(DORMANT_DAYS * DAY);
    assert!(try_login(&fixture, "doctor", PASSWORD).await.text().contains("90 天未使用"));
    assert!(!store.user("doctor").unwrap().unwrap().active);
    // The only one who manages users is let in however late.
    let hash = crate::auth::hash(PASSWORD).unwrap();
    store.set_password("admin", &hash, 0, true).unwrap();
    fixture.wait(DORMANT_DAYS * DAY);
    assert_eq!(try_login(&fixture, "admin", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_session_idle_for_longest_gives_way() {
    let fixture = Fixture::empty();
    let first = fixture.login_as("doctor", &[], None).await;
    for _ in 0..MOST_SESSIONS {
        fixture.wait(1);
        drop(fixture.login_as("doctor", &[], None).await);
    }
    assert_eq!(first.get("/jobs").await.status, StatusCode::SEE_OTHER);
    assert_eq!(fixture.app.store().sessions().unwrap().len(), MOST_SESSIONS);
}

#[tokio::test]
async fn a_session_that_ran_out_is_logged_once() {
    let fixture = Fixture::empty();
    let doctor = fixture.login_as("doctor", &[], None).await;
    fixture.wait(super::IDLE + 1);
    for _ in 0..2 {
        assert_eq!(doctor.get("/jobs").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(logged(&fixture, LogKind::Logout), [("超时退出".to_owned(), true)]);
}
