//! Users, roles, dictionaries and the operation log as a browser meets them.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use crate::testing::{Fixture, PASSWORD};
use axum::http::StatusCode;
use model::Permission;
use model::canonical::Table;
use store::{LogEntry, LogFilter, LogKind};

fn logged(fixture: &Fixture, kind: LogKind) -> Vec<LogEntry> {
    let filter = LogFilter { kind: Some(kind), ..LogFilter::default() };
    fixture.app.store().operations(&filter).unwrap().0
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let at = format!("name=\"{name}\" value=\"");
    let from = page.find(&at).unwrap_or_else(|| panic!("no field {name}")) + at.len();
    page[from..].split('"').next().unwrap().to_owned()
}

// covers: SYS-1.01
#[tokio::test]
async fn a_user_is_made_found_changed_and_closed() {
    let fixture = Fixture::empty();
    let security = fixture.login_as("security_admin", &[], None).await;
    let bad = [("login", "3001"), ("name", "张三丰"), ("role", "coder"), ("expires", "2026-13-01")];
    let again = security.post("/admin/users/new", &bad).await;
    assert!(
        again.text().contains("有效期至应写作") && again.text().contains("2026-13-01"),
        "nothing typed is lost"
    );
    let fields = [("login", "3001"), ("name", "张三丰"), ("role", "coder"), ("expires", "2027-12-31")];
    let made = security.post("/admin/users/new", &fields).await;
    assert_eq!(made.location, "/admin/users/3001");
    let page = security.get("/admin/users/3001").await.text();
    let password =
        page.split("一次性口令：").nth(1).unwrap().split(' ').next().unwrap().replace("&#35;", "#");
    assert!(!security.get("/admin/users/3001").await.text().contains("一次性口令"), "shown once");
    let entered = fixture.stranger().post("/login", &[("login", "3001"), ("password", &password)]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{password}");

    for (asked, found) in [("q=3001", true), ("q=zsf", true), ("q=%E5%BC%A0", true), ("q=lsf", false)] {
        let list = security.get(&format!("/admin/users?{asked}")).await.text();
        assert_eq!(list.contains("张三丰"), found, "{asked}");
    }
    assert!(!security.get("/admin/users?role=doctor").await.text().contains("张三丰"));
    assert!(security.get("/admin/users?state=active&role=coder").await.text().contains("张三丰"));
    let book = security.get("/admin/users?format=csv").await.text();
    assert!(book.contains("3001") && book.contains("编码员"));

    // Two editors.
    let version = hidden(&page, "version");
    let first = [("version", version.as_str()), ("name", "张三"), ("role", "coder"), ("role", "doctor")];
    assert_eq!(security.post("/admin/users/3001", &first).await.status, StatusCode::SEE_OTHER);
    let second =
        [("version", version.as_str()), ("name", "张四"), ("role", "coder"), ("expires", "2027-01-01")];
    let told = security.post("/admin/users/3001", &second).await.text();
    assert!(told.contains("已被他人修改") && told.contains("编码员、医生") && told.contains("张四"));
    assert_eq!(
        fixture.app.store().user("3001").unwrap().unwrap().name,
        "张三",
        "nothing is overwritten silently"
    );
    let newer = hidden(&told, "version");
    let resolved =
        [("version", newer.as_str()), ("name", "张四"), ("role", "coder"), ("expires", "2027-01-01")];
    assert_eq!(security.post("/admin/users/3001", &resolved).await.status, StatusCode::SEE_OTHER);

    let version = hidden(&security.get("/admin/users/3001").await.text(), "version");
    security.post("/admin/users/3001/deactivate", &[("version", &version)]).await;
    let closed = fixture.app.store().user("3001").unwrap().unwrap();
    assert!(!closed.active && fixture.app.store().sessions().unwrap().iter().all(|s| s.login != "3001"));
    assert!(security.post("/admin/users/new", &fields).await.text().contains("停用的工号也不能再分配"));
    let version = hidden(&security.get("/admin/users/3001").await.text(), "version");
    security.post("/admin/users/3001/activate", &[("version", &version)]).await;
    assert!(security.get("/admin/users/3001").await.text().contains("一次性口令"));

    let deeds = logged(&fixture, LogKind::Permission);
    let said: Vec<&str> = deeds.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(said, ["启用用户", "停用用户", "修改用户", "修改用户", "新建用户"]);
    assert!(
        deeds[3].detail.contains("姓名：张三丰 → 张三；角色：编码员 → 编码员、医生"),
        "{}",
        deeds[3].detail
    );
    assert!(deeds.iter().all(|entry| !entry.detail.contains(&password)));
}

// covers: SYS-1.01
#[tokio::test]
async fn passwords_locks_and_sessions_are_in_the_administrators_hand() {
    let fixture = Fixture::empty();
    let security = fixture.login_as("security_admin", &[], None).await;
    let doctor = fixture.login_as("doctor", &[], None).await;
    for _ in 0..5 {
        fixture.stranger().post("/login", &[("login", "doctor"), ("password", "no")]).await;
    }
    assert!(security.get("/admin/users?state=locked").await.text().contains("doctor"));
    security.post("/admin/users/doctor/unlock", &[]).await;
    assert!(security.get("/admin/users?state=locked").await.text().contains("没有符合条件的用户"));

    let sessions = security.get("/admin/sessions").await.text();
    assert!(
        !sessions.contains(&fixture.app.store().sessions().unwrap()[0].token_hash),
        "no key to a session"
    );
    let marks: Vec<&str> = sessions.split("name=\"session\" value=\"").skip(1).collect();
    assert_eq!(marks.len(), 1, "not one's own");
    security.post("/admin/sessions/end", &[("session", marks[0].split('"').next().unwrap())]).await;
    assert_eq!(doctor.get("/jobs").await.status, StatusCode::SEE_OTHER);
    let doctor = fixture.login_as("doctor", &[], None).await;
    security.post("/admin/users/doctor/logout", &[]).await;
    assert_eq!(doctor.get("/jobs").await.status, StatusCode::SEE_OTHER);
    security.post("/admin/users/doctor/password", &[]).await;
    let old = fixture.stranger().post("/login", &[("login", "doctor"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::OK);
    assert!(fixture.app.store().user("doctor").unwrap().unwrap().must_change);
}

// covers: SYS-1.01
#[tokio::test]
async fn a_role_is_copied_changed_and_deleted() {
    let fixture = Fixture::empty();
    let security = fixture.login_as("security_admin", &[], None).await;
    let copy = security.get("/admin/roles/new?copy=doctor").await.text();
    assert!(copy.contains("医生（复制）") && copy.contains("value=\"cases\" checked"));
    let fields = |name: &'static str, title: &'static str, permission: &'static str| {
        [
            ("name", name),
            ("title", title),
            ("scope", "departments"),
            ("permission", "cases"),
            ("permission", permission),
        ]
    };
    let made = security.post("/admin/roles/new", &fields("ward", "护士长", "workbench")).await;
    assert_eq!(made.location, "/admin/roles/ward");
    let both =
        [("version", "1"), ("title", "护士长"), ("permission", "users"), ("permission", "operation_log")];
    let told = security.post("/admin/roles/ward", &both).await.text();
    assert!(told.contains("三员分立") && told.contains("value=\"users\" checked"), "nothing typed is lost");
    let changed =
        [("version", "1"), ("title", "护士长"), ("scope", "departments"), ("permission", "charges")];
    assert_eq!(security.post("/admin/roles/ward", &changed).await.status, StatusCode::SEE_OTHER);
    assert!(security.post("/admin/roles/ward", &changed).await.text().contains("已被他人修改"));
    let role = fixture.app.store().role("ward").unwrap().unwrap();
    assert_eq!(role.permissions, [Permission::Charges].into());
    let matrix = security.get("/admin/roles?view=matrix").await.text();
    assert!(matrix.contains("护士长") && matrix.contains("查看患者姓名"));
    assert!(security.post("/admin/roles/doctor/delete", &[]).await.text().contains("内置角色"));
    assert_eq!(security.post("/admin/roles/ward/delete", &[]).await.location, "/admin/roles");
    let deeds = logged(&fixture, LogKind::Permission);
    assert_eq!(deeds[0].action, "删除角色");
    assert!(deeds[1].detail.contains("权限：医保工作台、病例查询 → 费用明细查询"), "{}", deeds[1].detail);
}

// covers: SYS-1.01
#[tokio::test]
async fn a_right_is_gone_at_the_next_click() {
    let fixture = Fixture::empty();
    let security = fixture.login_as("security_admin", &[], None).await;
    let system = fixture.login_as("system_admin", &[], None).await;
    assert_eq!(system.get("/collection").await.status, StatusCode::OK);
    assert_eq!(system.get("/admin/log").await.status, StatusCode::FORBIDDEN, "not even reading the log");
    assert_eq!(security.get("/admin/log").await.status, StatusCode::FORBIDDEN);
    let version = hidden(&security.get("/admin/users/system_admin").await.text(), "version");
    security
        .post("/admin/users/system_admin", &[("version", &version), ("name", "甲"), ("role", "coder")])
        .await;
    assert_eq!(system.get("/collection").await.status, StatusCode::FORBIDDEN);
    // Giving oneself rights is possible and stands in a log that the giver cannot read.
    let own = hidden(&security.get("/admin/users/security_admin").await.text(), "version");
    let roles =
        [("version", own.as_str()), ("name", "乙"), ("role", "security_admin"), ("role", "insurance_office")];
    security.post("/admin/users/security_admin", &roles).await;
    let entry = &logged(&fixture, LogKind::Permission)[0];
    assert_eq!(entry.action, "修改用户（本人）");
    let audit = [("version", "2"), ("name", "乙"), ("role", "security_admin"), ("role", "audit_admin")];
    assert!(security.post("/admin/users/security_admin", &audit).await.text().contains("三员分立"));
}

// covers: SYS-1.02
#[tokio::test]
async fn dictionaries_are_searched_corrected_and_added_to() {
    let fixture = Fixture::empty();
    fixture.fill(20);
    let system = fixture.login_as("system_admin", &[], None).await;
    let table = Table::named("department").unwrap();
    let rows = fixture.app.store().dictionary(table).unwrap();
    let (key, name) = (rows[0].row.key().to_owned(), rows[0].row.text("name").to_owned());
    let list = system.get(&format!("/admin/departments?q={}", crate::query::encode(&name))).await.text();
    assert!(list.contains(&name) && list.contains("合计"));
    let path = format!("/admin/departments/entry?key={key}");
    let page = system.get(&path).await.text();
    let version = hidden(&page, "version");
    let fields = |name: &'static str, beds: &'static str| {
        [
            ("key", key.clone()),
            ("version", version.clone()),
            ("name", name.to_owned()),
            ("open_beds", beds.to_owned()),
        ]
    };
    let lend = |fields: &[(&'static str, String); 4]| fields.clone();
    let post = async |fields: [(&'static str, String); 4]| {
        let borrowed: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        system.post("/admin/departments/entry", &borrowed).await
    };
    let wrong = post(lend(&fields("更名科", "许多"))).await.text();
    assert!(wrong.contains("开放床位数") && wrong.contains("许多"));
    assert!(post(lend(&fields("更名科", "-3"))).await.text().contains("不能是负数"));
    assert_eq!(post(lend(&fields("更名科", "55"))).await.status, StatusCode::SEE_OTHER);
    let page = system.get(&path).await.text();
    assert!(page.contains("手工修正") && page.contains(&format!("数据源：{name}")));
    let told = post(lend(&fields("又更名", "55"))).await.text();
    assert!(told.contains("已被他人修改") && told.contains("又更名") && told.contains("更名科"));
    assert!(system.get("/admin/departments?changed=1").await.text().contains("更名科"));

    let mut fields = vec![("key", "M01"), ("name", "健康管理科"), ("parent_key", key.as_str())];
    assert_eq!(system.post("/admin/departments/new", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(system.post("/admin/departments/new", &fields).await.text().contains("已存在"));
    assert!(system.get("/admin/departments?q=jkglk").await.text().contains("健康管理科"));
    let version = hidden(&system.get("/admin/departments/entry?key=M01").await.text(), "version");
    fields.push(("version", &version));
    fields[2].1 = "M01";
    assert!(system.post("/admin/departments/entry", &fields).await.text().contains("上级科室不能是本科室"));
    assert_eq!(
        system.post("/admin/departments/remove", &[("key", &key)]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        system.post("/admin/departments/remove", &[("key", "M01")]).await.location,
        "/admin/departments"
    );

    let staff = fixture.app.store().dictionary(Table::named("staff").unwrap()).unwrap();
    let doctor = staff[0].row.text("name").to_owned();
    let of = format!("/admin/staff?department={}&format=csv", staff[0].row.text("department_key"));
    assert!(system.get(&of).await.text().contains(&doctor));
    let deeds = logged(&fixture, LogKind::Change);
    assert!(deeds[2].detail.contains(&format!("科室名称：{name} → 更名科")), "{}", deeds[2].detail);
    let office = fixture.login_as("insurance_office", &[], None).await;
    assert_eq!(office.get("/admin/departments").await.status, StatusCode::FORBIDDEN);
}

// covers: SYS-1.06
#[tokio::test]
async fn the_log_is_filtered_counted_exported_and_checked() {
    let fixture = Fixture::empty();
    let audit = fixture.login_as("audit_admin", &[], None).await;
    fixture.stranger().post("/login", &[("login", "doctor9"), ("password", "x")]).await;
    let list = audit.get("/admin/log?kind=login").await.text();
    assert!(list.contains("doctor9") && list.contains("工号不存在") && list.contains("共 2 条"));
    assert!(audit.get("/admin/log?result=failed").await.text().contains("共 1 条"));
    let none = audit.get("/admin/log?from=2000-01-01&to=2000-01-31").await.text();
    assert!(none.contains("没有符合条件的日志"));
    assert_eq!(audit.get("/admin/log?from=2026-02-02&to=2026-01-01").await.status, StatusCode::BAD_REQUEST);
    let users = audit.get("/admin/log/statistics?by=user").await.text();
    assert!(users.contains("/admin/log?login=doctor9&#38;result=failed") || users.contains("login=doctor9"));
    for by in ["kind", "day"] {
        let page = audit.get(&format!("/admin/log/statistics?by={by}")).await.text();
        assert!(page.contains("合计") && page.contains("data-spec"), "{by}");
    }
    let file = audit.get("/admin/log?format=csv").await;
    assert!(file.text().contains("doctor9"));
    assert_eq!(logged(&fixture, LogKind::Export).len(), 1, "an export of the log is in the log");

    let check = async || {
        let job = audit.post("/admin/log/verify", &[]).await.location;
        loop {
            let state = audit.get(&format!("{job}/state")).await.text();
            if state.contains("data-done") {
                return state;
            }
            tokio::task::yield_now().await;
        }
    };
    assert!(check().await.contains("日志完整"));
    let db = fixture.folder.path().join("store.db");
    let db = rusqlite::Connection::open(db).unwrap();
    db.execute("UPDATE operation_log SET success = 1 WHERE id = 2", []).unwrap();
    assert!(check().await.contains("日志从第 2 条起"));
    assert!(logged(&fixture, LogKind::System).iter().any(|entry| !entry.success));
}
