//! 角色: what a group of users may do and whose cases they see; with the separation of the three administrators (三员分立).

use crate::connection::Connection;
use crate::{Store, StoreError};
use model::Permission;
use model::canonical::Value;
use std::collections::{BTreeMap, BTreeSet};

/// 数据范围 of a role; the user says which departments and which doctor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleScope {
    /// 无患者数据
    #[default]
    Nothing,
    /// 本人: the user's own cases.
    Doctor,
    /// 科室: the user's departments.
    Departments,
    /// 全院
    Hospital,
}

impl RoleScope {
    /// All of them, the narrowest first.
    pub const ALL: [RoleScope; 4] =
        [RoleScope::Nothing, RoleScope::Doctor, RoleScope::Departments, RoleScope::Hospital];

    /// The name that is stored.
    pub fn id(self) -> &'static str {
        match self {
            RoleScope::Nothing => "nothing",
            RoleScope::Doctor => "doctor",
            RoleScope::Departments => "departments",
            RoleScope::Hospital => "hospital",
        }
    }

    /// The name on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            RoleScope::Nothing => "无患者数据",
            RoleScope::Doctor => "本人病例",
            RoleScope::Departments => "所属科室",
            RoleScope::Hospital => "全院",
        }
    }

    /// By its stored name.
    pub fn named(id: &str) -> Option<RoleScope> {
        RoleScope::ALL.into_iter().find(|scope| scope.id() == id)
    }
}

/// 角色
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Name in tables and addresses: letters, digits, `_`, `-`.
    pub name: String,
    /// 角色名称
    pub title: String,
    /// 权限
    pub permissions: BTreeSet<Permission>,
    /// 数据范围
    pub scope: RoleScope,
    /// 内置: cannot be deleted.
    pub built_in: bool,
    /// What the editor saw; 0: a new role.
    pub version: i64,
}

impl Role {
    /// 内置角色: the three administrators and the hospital's usual parts.
    pub fn built_in() -> Vec<Role> {
        use Permission as P;
        use RoleScope::{Departments, Doctor, Hospital, Nothing};
        let role = |name: &str, title: &str, scope: RoleScope, permissions: &[Permission]| Role {
            name: name.to_owned(),
            title: title.to_owned(),
            permissions: permissions.iter().copied().collect(),
            scope,
            built_in: true,
            version: 0,
        };
        let business: Vec<Permission> =
            P::ALL.iter().filter(|entry| entry.3 != "系统管理").map(|entry| entry.0).collect();
        vec![
            role(
                "system_admin",
                "系统管理员",
                Nothing,
                &[P::Export, P::CollectionView, P::CollectionRun, P::DictionariesView, P::DictionariesEdit],
            ),
            role("security_admin", "安全管理员", Nothing, &[P::Export, P::Users]),
            role("audit_admin", "审计管理员", Nothing, &[P::Export, P::OperationLog]),
            role("insurance_office", "医保办", Hospital, &business),
            role(
                "director",
                "院领导",
                Hospital,
                &[P::Workbench, P::Cases, P::Charges, P::Export, P::Warnings],
            ),
            role(
                "department_head",
                "科主任",
                Departments,
                &[
                    P::Workbench,
                    P::Cases,
                    P::Charges,
                    P::Names,
                    P::Export,
                    P::Grouping,
                    P::Warnings,
                    P::WarningsHandle,
                ],
            ),
            role(
                "doctor",
                "医生",
                Doctor,
                &[P::Workbench, P::Cases, P::Grouping, P::Warnings, P::WarningsHandle],
            ),
            role(
                "coder",
                "编码员",
                Hospital,
                &[P::Cases, P::Names, P::Grouping, P::PointsView, P::CataloguesView, P::CataloguesEdit],
            ),
        ]
    }
}

/// 三员分立: who reads the operation log may neither manage users nor run the system, so that nobody judges his own deeds.
/// The sentence says which rights do not go together.
pub fn separation_conflict(permissions: &BTreeSet<Permission>) -> Option<String> {
    const APART: [Permission; 3] =
        [Permission::Users, Permission::CollectionRun, Permission::DictionariesEdit];
    if !permissions.contains(&Permission::OperationLog) {
        return None;
    }
    let other = APART.into_iter().find(|permission| permissions.contains(permission))?;
    Some(format!("“{}”与“{}”不能同属一人（三员分立）", Permission::OperationLog.chinese(), other.chinese()))
}

impl Store {
    /// All roles: built-in ones in their usual order, then the hospital's own by name.
    pub fn roles(&self) -> Result<Vec<Role>, StoreError> {
        let sql = "SELECT name, title, permissions, scope, built_in, version FROM app_role ORDER BY built_in DESC, name";
        let mut roles: Vec<Role> = self.with(|db| db.all(sql, &[]))?.iter().map(|row| role_of(row)).collect();
        let usual: Vec<String> = Role::built_in().into_iter().map(|role| role.name).collect();
        roles.sort_by_key(|role| usual.iter().position(|name| *name == role.name).unwrap_or(usize::MAX));
        Ok(roles)
    }

    /// One role.
    pub fn role(&self, name: &str) -> Result<Option<Role>, StoreError> {
        let sql = "SELECT name, title, permissions, scope, built_in, version FROM app_role WHERE name = $1";
        Ok(self.with(|db| db.first(sql, &[name.into()]))?.map(|row| role_of(&row)))
    }

    /// Creates a role (version 0) or changes title, permissions and scope; returns the new version.
    ///
    /// # Errors
    /// `Changed`: somebody saved it since. `Refused`: name or title is taken or malformed, rights conflict
    /// ([`separation_conflict`]), also with other roles of its users, or nobody would be left to manage users.
    pub fn save_role(&self, role: &Role) -> Result<i64, StoreError> {
        check(role)?;
        self.with(|db| {
            db.transaction(|db| {
                let before = Administration::begin(db)?;
                let taken = db.first(
                    "SELECT name FROM app_role WHERE title = $1 AND name <> $2",
                    &[role.title.trim().into(), role.name.as_str().into()],
                )?;
                if taken.is_some() {
                    return Err(StoreError::Refused(format!("已有名为“{}”的角色；请换一个名称", role.title)));
                }
                let version = if role.version == 0 { insert(db, role)? } else { change(db, role)? };
                before.check(db)?;
                Ok(version)
            })
        })
    }

    /// Deletes a role that nobody has.
    pub fn delete_role(&self, name: &str) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                Administration::begin(db)?;
                let row = db.first("SELECT title, built_in FROM app_role WHERE name = $1", &[name.into()])?;
                let row = row.ok_or_else(|| StoreError::Missing(format!("角色“{name}”")))?;
                let title = row[0].str();
                if row[1].int() == Some(1) {
                    return Err(StoreError::Refused(format!(
                        "“{title}”是内置角色，不能删除；可以调整它的权限"
                    )));
                }
                let users =
                    db.number("SELECT COUNT(*) FROM app_user_role WHERE role = $1", &[name.into()])?;
                if let Some(users @ 1..) = users {
                    let why = format!("还有 {users} 个用户属于角色“{title}”；请先把他们改为别的角色");
                    return Err(StoreError::Refused(why));
                }
                db.execute("DELETE FROM app_role WHERE name = $1", &[name.into()])?;
                Ok(())
            })
        })
    }

    /// Adds those of these roles that are missing; existing ones stay as the hospital has set them.
    pub fn ensure_roles(&self, roles: &[Role]) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                for role in roles {
                    insert_missing(db, role)?;
                }
                Ok(())
            })
        })
    }
}

/// What must hold after every change of users and roles, whoever makes it at the same moment.
pub(crate) struct Administration {
    managed: bool,
}

impl Administration {
    /// Makes other changes wait until this transaction ends.
    pub(crate) fn begin(db: &mut Connection) -> Result<Administration, StoreError> {
        if !db.is_sqlite() {
            db.run("LOCK TABLE app_role IN SHARE ROW EXCLUSIVE MODE")?;
        }
        Ok(Administration { managed: is_managed(&rights(db)?) })
    }

    /// Refuses what breaks a rule; the caller's transaction is then undone.
    pub(crate) fn check(&self, db: &mut Connection) -> Result<(), StoreError> {
        let rights = rights(db)?;
        for (login, has) in &rights {
            if let Some(conflict) = separation_conflict(&has.permissions) {
                return Err(StoreError::Refused(format!("用户“{login}”：{conflict}")));
            }
        }
        if self.managed && !is_managed(&rights) {
            let why = "至少要有一个长期有效的启用用户可以管理用户与角色；请先授权另一人".to_owned();
            return Err(StoreError::Refused(why));
        }
        Ok(())
    }
}

/// What an active user may do.
#[derive(Default)]
struct Rights {
    permissions: BTreeSet<Permission>,
    /// The account has no end.
    lasting: bool,
}

fn rights(db: &mut Connection) -> Result<BTreeMap<String, Rights>, StoreError> {
    let rows = db.all(
        "SELECT u.login, r.permissions, u.expires_on FROM app_user u JOIN app_user_role m ON m.login = u.login \
         JOIN app_role r ON r.name = m.role WHERE u.active = 1",
        &[],
    )?;
    let mut rights: BTreeMap<String, Rights> = BTreeMap::new();
    for row in &rows {
        let has = rights.entry(row[0].str().to_owned()).or_default();
        has.permissions.extend(permissions_of(row[1].str()));
        has.lasting = row[2].int().is_none();
    }
    Ok(rights)
}

fn is_managed(rights: &BTreeMap<String, Rights>) -> bool {
    rights.values().any(|has| has.lasting && has.permissions.contains(&Permission::Users))
}

fn check(role: &Role) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if role.name.is_empty() || role.name.len() > 40 || !role.name.chars().all(fits) {
        let why = "角色代码须为 1～40 个字母、数字、下划线或短横".to_owned();
        return Err(StoreError::Refused(why));
    }
    if role.title.trim().is_empty() {
        return Err(StoreError::Refused("请填写角色名称".into()));
    }
    separation_conflict(&role.permissions).map_or(Ok(()), |conflict| Err(StoreError::Refused(conflict)))
}

fn insert(db: &mut Connection, role: &Role) -> Result<i64, StoreError> {
    if insert_missing(db, role)? {
        return Ok(1);
    }
    Err(StoreError::Refused(format!("角色代码“{}”已存在；请换一个", role.name)))
}

fn insert_missing(db: &mut Connection, role: &Role) -> Result<bool, StoreError> {
    let inserted = db.execute(
        "INSERT INTO app_role (name, title, permissions, scope, built_in, version) VALUES ($1, $2, $3, $4, $5, 1) \
         ON CONFLICT (name) DO NOTHING",
        &[
            role.name.as_str().into(),
            role.title.trim().into(),
            list(&role.permissions),
            role.scope.id().into(),
            i64::from(role.built_in).into(),
        ],
    )?;
    Ok(inserted > 0)
}

fn change(db: &mut Connection, role: &Role) -> Result<i64, StoreError> {
    let changed = db.execute(
        "UPDATE app_role SET title = $2, permissions = $3, scope = $4, version = version + 1 \
         WHERE name = $1 AND version = $5",
        &[
            role.name.as_str().into(),
            role.title.trim().into(),
            list(&role.permissions),
            role.scope.id().into(),
            role.version.into(),
        ],
    )?;
    if changed > 0 {
        return Ok(role.version + 1);
    }
    let there = db.first("SELECT name FROM app_role WHERE name = $1", &[role.name.as_str().into()])?;
    let what = format!("角色“{}”", role.title);
    Err(if there.is_some() { StoreError::Changed(what) } else { StoreError::Missing(what) })
}

fn list(permissions: &BTreeSet<Permission>) -> Value {
    let ids: Vec<&str> = permissions.iter().map(|permission| permission.id()).collect();
    Value::Text(ids.join(",").into())
}

/// A stored list; what this program does not know allows nothing.
pub(crate) fn permissions_of(list: &str) -> impl Iterator<Item = Permission> {
    list.split(',').filter_map(Permission::named)
}

fn role_of(row: &[Value]) -> Role {
    Role {
        name: row[0].str().to_owned(),
        title: row[1].str().to_owned(),
        permissions: permissions_of(row[2].str()).collect(),
        scope: RoleScope::named(row[3].str()).unwrap_or_default(),
        built_in: row[4].int() == Some(1),
        version: row[5].int().unwrap_or_default(),
    }
}
