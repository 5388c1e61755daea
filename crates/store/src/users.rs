//! 用户: accounts, their passwords' hashes and failed logins. A 工号 is given once: accounts are deactivated, never removed.

use crate::connection::Connection;
use crate::roles::{Administration, RoleScope, permissions_of};
use crate::{Moment, Store, StoreError};
use model::canonical::Value;
use model::{DataScope, Viewer};
use std::collections::{BTreeMap, BTreeSet};

/// 用户: an account. Its password's hash is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// 工号: letters, digits, `.`, `_`, `-`.
    pub login: String,
    /// 姓名
    pub name: String,
    /// 医师: key of the staff dictionary, for the scope 本人.
    pub staff_key: Option<String>,
    /// 启用
    pub active: bool,
    /// 首次登录须改口令
    pub must_change: bool,
    /// 建立时间
    pub created_at: Moment,
    /// 连续登录失败次数
    pub failures: i64,
    /// 锁定至
    pub locked_until: Option<Moment>,
    /// 口令修改时间
    pub password_changed_at: Option<Moment>,
    /// 最近登录
    pub last_login_at: Option<Moment>,
    /// 有效期至: last day (days since 1970); `None`: no end.
    pub expires_on: Option<i64>,
    /// 角色: names of roles.
    pub roles: Vec<String>,
    /// 科室: keys, for the scope 科室; departments below them are included.
    pub departments: Vec<String>,
    /// What the editor saw; 0: a new account.
    pub version: i64,
}

/// 登录失败: where an account stands after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginFailures {
    /// In a row.
    pub failures: i64,
    /// 锁定至
    pub locked_until: Option<Moment>,
}

const COLUMNS: &str = "login, name, staff_key, active, must_change, created_at, failures, locked_until, \
                       password_changed_at, last_login_at, expires_on, version";

impl Store {
    /// All accounts by 工号.
    pub fn users(&self) -> Result<Vec<User>, StoreError> {
        self.with(|db| read_users(db, "", &[]))
    }

    /// One account.
    pub fn user(&self, login: &str) -> Result<Option<User>, StoreError> {
        self.with(|db| Ok(read_users(db, "WHERE login = $1", &[login.into()])?.pop()))
    }

    /// Creates an account (version 0) or changes name, staff, activity, validity, roles and departments; returns the new
    /// version. Password, lock and `must_change` of an existing account have their own calls.
    ///
    /// # Errors
    /// `Changed`: somebody saved it since. `Refused`: the 工号 is taken or malformed, a role is unknown, the rights conflict
    /// ([`crate::separation_conflict`]), or nobody would be left to manage users.
    pub fn save_user(&self, user: &User) -> Result<i64, StoreError> {
        check(user)?;
        self.with(|db| {
            db.transaction(|db| {
                let before = Administration::begin(db)?;
                let version = if user.version == 0 { create(db, user) } else { change(db, user) }?;
                replace_lists(db, user)?;
                before.check(db)?;
                Ok(version)
            })
        })
    }

    /// 解锁: forgets failed logins.
    pub fn unlock_user(&self, login: &str) -> Result<(), StoreError> {
        let sql = "UPDATE app_user SET failures = 0, locked_until = NULL WHERE login = $1";
        self.with(|db| one(db.execute(sql, &[login.into()])?, login))
    }

    /// The hash of the password; `None`: no such account, or it has no password yet.
    pub fn password_hash(&self, login: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT password_hash FROM app_user WHERE login = $1";
        let row = self.with(|db| db.first(sql, &[login.into()]))?;
        Ok(row.map(|row| row[0].str().to_owned()).filter(|hash| !hash.is_empty()))
    }

    /// Sets the password, keeps its hash in the history and unlocks the account.
    pub fn set_password(
        &self,
        login: &str,
        hash: &str,
        now: Moment,
        must_change: bool,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                let changed = db.execute(
                    "UPDATE app_user SET password_hash = $2, password_changed_at = $3, must_change = $4, failures = 0, \
                     locked_until = NULL WHERE login = $1",
                    &[login.into(), hash.into(), now.into(), i64::from(must_change).into()],
                )?;
                one(changed, login)?;
                db.execute(
                    "INSERT INTO app_password_history (login, changed_at, password_hash) VALUES ($1, $2, $3)",
                    &[login.into(), now.into(), hash.into()],
                )?;
                Ok(())
            })
        })
    }

    /// The latest `n` hashes, the current one first.
    pub fn password_history(&self, login: &str, n: i64) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT password_hash FROM app_password_history WHERE login = $1 ORDER BY id DESC LIMIT $2";
        let rows = self.with(|db| db.all(sql, &[login.into(), n.into()]))?;
        Ok(rows.iter().map(|row| row[0].str().to_owned()).collect())
    }

    /// Counts a failed login and locks the account at `lock_after` in a row; counting starts anew when a lock has run out.
    /// `None`: no such account.
    pub fn note_login_failure(
        &self,
        login: &str,
        now: Moment,
        lock_after: i64,
        lock_for_seconds: i64,
    ) -> Result<Option<LoginFailures>, StoreError> {
        let row = self.with(|db| {
            // One statement: guesses that come at the same moment all count.
            db.first(
                "UPDATE app_user SET \
                 failures = CASE WHEN locked_until <= $2 THEN 1 ELSE failures + 1 END, \
                 locked_until = CASE WHEN locked_until > $2 THEN locked_until \
                 WHEN locked_until IS NULL AND failures + 1 >= $3 THEN $4 END \
                 WHERE login = $1 RETURNING failures, locked_until",
                &[login.into(), now.into(), lock_after.into(), (now + lock_for_seconds).into()],
            )
        })?;
        Ok(row.map(|row| LoginFailures {
            failures: row[0].int().unwrap_or_default(),
            locked_until: row[1].int(),
        }))
    }

    /// Notes a login and forgets failures before it.
    pub fn note_login(&self, login: &str, now: Moment) -> Result<(), StoreError> {
        let sql =
            "UPDATE app_user SET failures = 0, locked_until = NULL, last_login_at = $2 WHERE login = $1";
        self.with(|db| one(db.execute(sql, &[login.into(), now.into()])?, login))
    }

    /// A user as queries see him, on a day (days since 1970): what all roles together allow, the widest scope, departments
    /// with those below them. `None`: unknown, deactivated or expired.
    pub fn viewer(&self, login: &str, today: i64) -> Result<Option<Viewer>, StoreError> {
        self.with(|db| {
            let Some(user) = read_users(db, "WHERE login = $1", &[login.into()])?.pop() else {
                return Ok(None);
            };
            if !user.active || user.expires_on.is_some_and(|last| last < today) {
                return Ok(None);
            }
            let roles = db.all(
                "SELECT r.permissions, r.scope FROM app_role r JOIN app_user_role u ON u.role = r.name WHERE u.login = $1",
                &[login.into()],
            )?;
            let permissions = roles.iter().flat_map(|row| permissions_of(row[0].str())).collect();
            let has = |scope: RoleScope| roles.iter().any(|row| row[1].str() == scope.id());
            let mut scope = DataScope::Nothing;
            if has(RoleScope::Hospital) {
                scope = DataScope::Hospital;
            } else if has(RoleScope::Departments) && !user.departments.is_empty() {
                scope = DataScope::Departments(with_those_below(db, &user.departments)?);
            } else if has(RoleScope::Doctor) && let Some(key) = user.staff_key {
                scope = DataScope::Doctor(key);
            }
            Ok(Some(Viewer { login: user.login, name: user.name, permissions, scope }))
        })
    }
}

fn check(user: &User) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if user.login.is_empty() || user.login.len() > 32 || !user.login.chars().all(fits) {
        let why = "工号须为 1～32 个字母、数字、点、下划线或短横".to_owned();
        return Err(StoreError::Refused(why));
    }
    if user.name.trim().is_empty() {
        return Err(StoreError::Refused("请填写姓名".into()));
    }
    Ok(())
}

fn create(db: &mut Connection, user: &User) -> Result<i64, StoreError> {
    let taken =
        db.first("SELECT login FROM app_user WHERE LOWER(login) = LOWER($1)", &[user.login.as_str().into()])?;
    if taken.is_some() {
        let why = format!("工号“{}”已存在；停用的工号也不能再分配给他人，请换一个", user.login);
        return Err(StoreError::Refused(why));
    }
    db.execute(
        "INSERT INTO app_user (login, name, staff_key, password_hash, active, must_change, created_at, failures, \
         expires_on, version) VALUES ($1, $2, $3, '', $4, $5, $6, 0, $7, 1)",
        &[
            user.login.as_str().into(),
            user.name.trim().into(),
            user.staff_key.as_deref().unwrap_or_default().into(),
            i64::from(user.active).into(),
            i64::from(user.must_change).into(),
            user.created_at.into(),
            user.expires_on.into(),
        ],
    )?;
    Ok(1)
}

fn change(db: &mut Connection, user: &User) -> Result<i64, StoreError> {
    let changed = db.execute(
        "UPDATE app_user SET name = $2, staff_key = $3, active = $4, expires_on = $5, version = version + 1 \
         WHERE login = $1 AND version = $6",
        &[
            user.login.as_str().into(),
            user.name.trim().into(),
            user.staff_key.as_deref().unwrap_or_default().into(),
            i64::from(user.active).into(),
            user.expires_on.into(),
            user.version.into(),
        ],
    )?;
    if changed > 0 {
        return Ok(user.version + 1);
    }
    let there = db.first("SELECT login FROM app_user WHERE login = $1", &[user.login.as_str().into()])?;
    let what = format!("用户“{}”", user.login);
    Err(if there.is_some() { StoreError::Changed(what) } else { StoreError::Missing(what) })
}

fn replace_lists(db: &mut Connection, user: &User) -> Result<(), StoreError> {
    let login = || Value::from(user.login.as_str());
    db.execute("DELETE FROM app_user_role WHERE login = $1", &[login()])?;
    db.execute("DELETE FROM app_user_department WHERE login = $1", &[login()])?;
    for role in user.roles.iter().collect::<BTreeSet<_>>() {
        let sql = "INSERT INTO app_user_role (login, role) SELECT $1, name FROM app_role WHERE name = $2";
        if db.execute(sql, &[login(), role.as_str().into()])? == 0 {
            return Err(StoreError::Refused(format!("没有角色“{role}”；请重新选择角色")));
        }
    }
    for department in user.departments.iter().collect::<BTreeSet<_>>() {
        db.execute(
            "INSERT INTO app_user_department (login, department_key) VALUES ($1, $2)",
            &[login(), department.as_str().into()],
        )?;
    }
    Ok(())
}

fn read_users(db: &mut Connection, condition: &str, parameters: &[Value]) -> Result<Vec<User>, StoreError> {
    let mut lists = |table: &str, column: &str| {
        let sql = format!("SELECT login, {column} FROM {table} {condition} ORDER BY login, {column}");
        let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in db.all(&sql, parameters)? {
            lists.entry(row[0].str().to_owned()).or_default().push(row[1].str().to_owned());
        }
        Ok::<_, StoreError>(lists)
    };
    let mut roles = lists("app_user_role", "role")?;
    let mut departments = lists("app_user_department", "department_key")?;
    let rows = db.all(&format!("SELECT {COLUMNS} FROM app_user {condition} ORDER BY login"), parameters)?;
    Ok(rows
        .iter()
        .map(|row| {
            let login = row[0].str().to_owned();
            User {
                name: row[1].str().to_owned(),
                staff_key: Some(row[2].str().to_owned()).filter(|key| !key.is_empty()),
                active: row[3].int() == Some(1),
                must_change: row[4].int() != Some(0),
                created_at: row[5].int().unwrap_or_default(),
                failures: row[6].int().unwrap_or_default(),
                locked_until: row[7].int(),
                password_changed_at: row[8].int(),
                last_login_at: row[9].int(),
                expires_on: row[10].int(),
                roles: roles.remove(&login).unwrap_or_default(),
                departments: departments.remove(&login).unwrap_or_default(),
                version: row[11].int().unwrap_or_default(),
                login,
            }
        })
        .collect())
}

/// 下级科室: these departments and all below them; a removed department's cases still belong to somebody.
fn with_those_below(db: &mut Connection, keys: &[String]) -> Result<BTreeSet<String>, StoreError> {
    let mut below: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in db.all("SELECT key, parent_key FROM department WHERE parent_key IS NOT NULL", &[])? {
        below.entry(row[1].str().to_owned()).or_default().push(row[0].str().to_owned());
    }
    let mut all = BTreeSet::new();
    let mut waiting = keys.to_vec();
    while let Some(key) = waiting.pop() {
        if let Some(children) = below.remove(&key) {
            waiting.extend(children);
        }
        all.insert(key);
    }
    Ok(all)
}

fn one(changed: u64, login: &str) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::Missing(format!("用户“{login}”"))) } else { Ok(()) }
}
