//! Users, roles and sessions: the same on both databases.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use model::{DataScope, Permission};
use std::collections::BTreeSet;
use store::{Role, RoleScope, Session, Store, StoreError, User};
use support::{collected, on_both, origin, table};

fn user(login: &str, roles: &[&str]) -> User {
    User {
        login: login.into(),
        name: format!("{login}某"),
        active: true,
        must_change: true,
        created_at: 7,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..User::default()
    }
}

fn add(store: &Store, login: &str, roles: &[&str]) -> User {
    assert_eq!(store.save_user(&user(login, roles)).unwrap(), 1);
    store.user(login).unwrap().unwrap()
}

fn with_roles(store: &Store) {
    store.ensure_roles(&Role::built_in()).unwrap();
}

fn refused<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Refused(why)) => why,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was allowed"),
    }
}

// covers: SYS-1.01
#[test]
fn an_account_is_created_changed_and_never_given_twice() {
    on_both(|t| {
        let store = &t.store;
        with_roles(store);
        let mut saved = add(store, "1001", &["coder", "doctor"]);
        assert_eq!(
            saved,
            User { version: 1, roles: vec!["coder".into(), "doctor".into()], ..user("1001", &[]) }
        );
        saved.active = false;
        saved.expires_on = Some(400);
        saved.staff_key = Some("S1".into());
        saved.departments = vec!["D2".into(), "D1".into(), "D1".into()];
        saved.roles.pop();
        assert_eq!(store.save_user(&saved).unwrap(), 2);
        let now = store.users().unwrap().pop().unwrap();
        assert_eq!((now.active, now.expires_on, now.staff_key.as_deref()), (false, Some(400), Some("S1")));
        assert_eq!((now.roles.join(","), now.departments.join(",")), ("coder".into(), "D1,D2".into()));

        // The second editor saw version 1.
        saved.name = "别的".into();
        assert!(matches!(store.save_user(&saved), Err(StoreError::Changed(_))));
        assert_eq!(store.user("1001").unwrap().unwrap().name, "1001某");
        for (login, what) in [("1001", "已存在"), ("", "工号须"), ("张三", "工号须"), ("a b", "工号须")]
        {
            assert!(refused(store.save_user(&user(login, &[]))).contains(what), "{login}");
        }
        add(store, "Wang", &[]);
        assert!(refused(store.save_user(&user("wang", &[]))).contains("已存在"));
        assert!(refused(store.save_user(&user("1002", &["nobody"]))).contains("nobody"));
        assert_eq!(store.user("1002").unwrap(), None, "a refused account leaves nothing");
    });
}

#[test]
fn passwords_have_a_history_and_failures_lock() {
    on_both(|t| {
        let store = &t.store;
        add(store, "1001", &[]);
        assert_eq!(store.password_hash("1001").unwrap(), None);
        assert!(store.set_password("nobody", "h", 1, false).is_err());
        for (n, hash) in ["h1", "h2", "h3"].into_iter().enumerate() {
            store.set_password("1001", hash, 50 + n as i64 / 2, hash == "h1").unwrap();
        }
        assert_eq!(store.password_hash("1001").unwrap().as_deref(), Some("h3"));
        assert_eq!(store.password_history("1001", 2).unwrap(), ["h3", "h2"]);
        assert!(!store.user("1001").unwrap().unwrap().must_change);

        // Ten guesses at the same moment: every one counts, the fifth locks.
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| store.note_login_failure("1001", 100, 5, 1800).unwrap().unwrap());
            }
        });
        let locked = store.user("1001").unwrap().unwrap();
        assert_eq!((locked.failures, locked.locked_until), (10, Some(1900)));
        // After the lock counting starts anew.
        let next = store.note_login_failure("1001", 1900, 5, 1800).unwrap().unwrap();
        assert_eq!((next.failures, next.locked_until), (1, None));
        for _ in 0..4 {
            store.note_login_failure("1001", 2000, 5, 1800).unwrap();
        }
        assert_eq!(store.user("1001").unwrap().unwrap().locked_until, Some(3800));
        store.unlock_user("1001").unwrap();
        assert_eq!(store.user("1001").unwrap().unwrap().locked_until, None);
        store.note_login_failure("1001", 2000, 5, 1800).unwrap();
        store.note_login("1001", 2001).unwrap();
        let now = store.user("1001").unwrap().unwrap();
        assert_eq!((now.failures, now.last_login_at, now.version), (0, Some(2001), 1));
        assert_eq!(store.note_login_failure("nobody", 1, 5, 1800).unwrap(), None);
    });
}

// covers: SYS-1.01
#[test]
fn roles_are_added_changed_and_deleted_when_unused() {
    on_both(|t| {
        let store = &t.store;
        with_roles(store);
        let mut heads = store.role("department_head").unwrap().unwrap();
        assert!(heads.built_in && heads.scope == RoleScope::Departments);
        heads.permissions.remove(&Permission::Names);
        assert_eq!(store.save_role(&heads).unwrap(), 2);
        assert!(matches!(store.save_role(&heads), Err(StoreError::Changed(_))));
        with_roles(store);
        let kept = store.role("department_head").unwrap().unwrap();
        assert!(
            !kept.permissions.contains(&Permission::Names),
            "a start does not undo what the hospital set"
        );
        assert!(refused(store.delete_role("doctor")).contains("内置"));

        let mut own = Role {
            name: "ward".into(),
            title: "护士长".into(),
            permissions: [Permission::Workbench].into(),
            scope: RoleScope::Departments,
            ..Role::default()
        };
        assert_eq!(store.save_role(&own).unwrap(), 1);
        assert!(refused(store.save_role(&own)).contains("已存在"));
        own.name = "ward2".into();
        assert!(refused(store.save_role(&own)).contains("护士长"));
        let mut holder = add(store, "1001", &["ward"]);
        assert!(refused(store.delete_role("ward")).contains("1 个用户"));
        holder.roles.clear();
        store.save_user(&holder).unwrap();
        store.delete_role("ward").unwrap();
        assert!(matches!(store.delete_role("ward"), Err(StoreError::Missing(_))));
        assert_eq!(store.roles().unwrap().len(), Role::built_in().len());
    });
}

// covers: SYS-1.01
#[test]
fn the_three_administrators_stay_apart_and_one_always_manages() {
    on_both(|t| {
        let store = &t.store;
        with_roles(store);
        let mut first = add(store, "1001", &["security_admin"]);
        assert!(refused(store.save_user(&user("1002", &["security_admin", "audit_admin"]))).contains("三员"));
        add(store, "1003", &["audit_admin", "coder"]);
        let mut coder = store.role("coder").unwrap().unwrap();
        coder.permissions.insert(Permission::Users);
        assert!(refused(store.save_role(&coder)).contains("1003"), "not by way of a second role either");

        first.active = false;
        assert!(refused(store.save_user(&first)).contains("至少"));
        first.active = true;
        first.expires_on = Some(9);
        assert!(refused(store.save_user(&first)).contains("至少"));
        let mut role = store.role("security_admin").unwrap().unwrap();
        role.permissions.clear();
        assert!(refused(store.save_role(&role)).contains("至少"));
        add(store, "1004", &["security_admin"]);
        store.save_user(&first).unwrap();
    });
}

#[test]
fn two_administrators_cannot_remove_each_other_at_once() {
    on_both(|t| {
        let store = &t.store;
        with_roles(store);
        let pair = ["1001", "1002"].map(|login| add(store, login, &["security_admin"]));
        let done = std::thread::scope(|scope| {
            let tries = pair.map(|mut user| {
                user.active = false;
                scope.spawn(move || store.save_user(&user).is_ok())
            });
            tries.map(|one| one.join().unwrap())
        });
        assert_ne!(done[0], done[1]);
    });
}

// covers: SYS-1.01
#[test]
fn a_viewer_has_all_rights_and_the_widest_scope() {
    on_both(|t| {
        let store = &t.store;
        with_roles(store);
        let departments = table("department");
        let rows: Vec<_> =
            [("D1", ""), ("D11", "D1"), ("D111", "D11"), ("D2", ""), ("L1", "L2"), ("L2", "L1")]
                .into_iter()
                .map(|(key, parent)| {
                    collected(departments, 1, &[("key", key.into()), ("parent_key", parent.into())])
                })
                .collect();
        store.collect(departments, &rows, &origin(1), &|_, _| Ok(())).unwrap();

        let mut head = add(store, "1001", &["department_head", "doctor"]);
        let seen = |day| store.viewer("1001", day).unwrap();
        assert_eq!(seen(0).unwrap().scope, DataScope::Nothing, "neither departments nor a doctor given");
        head.staff_key = Some("S1".into());
        head.version = store.save_user(&head).unwrap();
        assert_eq!(seen(0).unwrap().scope, DataScope::Doctor("S1".into()));
        head.departments = vec!["D1".into(), "L1".into()];
        head.version = store.save_user(&head).unwrap();
        let viewer = seen(0).unwrap();
        let expected = ["D1", "D11", "D111", "L1", "L2"].map(String::from);
        assert_eq!(viewer.scope, DataScope::Departments(expected.into()));
        let union: BTreeSet<Permission> = ["department_head", "doctor"]
            .iter()
            .flat_map(|name| store.role(name).unwrap().unwrap().permissions)
            .collect();
        assert_eq!((viewer.name.as_str(), &viewer.permissions), ("1001某", &union));
        head.roles.push("director".into());
        head.expires_on = Some(10);
        head.version = store.save_user(&head).unwrap();
        assert_eq!(seen(10).unwrap().scope, DataScope::Hospital);
        assert_eq!(seen(11), None);
        head.active = false;
        store.save_user(&head).unwrap();
        assert_eq!((seen(0), store.viewer("nobody", 0).unwrap()), (None, None));
    });
}

#[test]
fn built_in_roles_keep_what_the_level_asks() {
    for role in Role::built_in() {
        assert_eq!(store::separation_conflict(&role.permissions), None, "{}", role.title);
        let patients = [Permission::Cases, Permission::Charges, Permission::Names];
        let sees = patients.iter().any(|permission| role.permissions.contains(permission));
        assert_eq!(sees, role.scope != RoleScope::Nothing, "{}", role.title);
        let audits = role.permissions.contains(&Permission::OperationLog);
        assert_eq!(audits, role.name == "audit_admin");
    }
}

#[test]
fn a_session_lives_until_it_is_ended() {
    on_both(|t| {
        let store = &t.store;
        let session = |hash: &str, login: &str, at: i64| Session {
            token_hash: hash.into(),
            login: login.into(),
            csrf: "c".into(),
            created_at: at,
            seen_at: at,
            address: String::new(),
            agent: String::new(),
        };
        for (hash, login, at) in [("a", "1001", 10), ("b", "1001", 20), ("c", "1002", 30), ("d", "1003", 40)]
        {
            store.begin_session(&session(hash, login, at)).unwrap();
        }
        assert!(store.begin_session(&session("a", "1009", 1)).is_err(), "a token belongs to one session");
        assert_eq!(store.session("a").unwrap(), Some(session("a", "1001", 10)));
        assert!(store.touch_session("a", 50).unwrap());
        assert_eq!(store.sessions().unwrap()[0].seen_at, 50);
        assert!(store.end_session("c").unwrap() && !store.end_session("c").unwrap());
        assert!(!store.touch_session("c", 60).unwrap(), "an ended session does not come back");
        assert_eq!(store.session("c").unwrap(), None);
        assert_eq!(store.end_old_sessions(15, 0).unwrap(), 1);
        assert_eq!(store.end_old_sessions(0, 30).unwrap(), 1);
        assert_eq!(store.end_sessions_of("1003").unwrap(), 1);
        assert!(store.sessions().unwrap().is_empty());
    });
}
