//! 演示: accounts and targets of a hospital that does not exist, so that every page has something to show.

use crate::app::App;
use crate::auth::{hash, one_time};
use crate::error::ApiError;
use metrics::{Query, Selection, Value};
use model::{DataScope, Permission, Viewer};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use store::{Role, RoleScope, StoreError, Target, User};

/// 演示账号: a user with a password that is shown.
pub struct DemoAccount {
    /// 工号
    pub login: String,
    /// 口令
    pub password: String,
    /// Role and scope in Chinese.
    pub title: String,
}

/// Sees all of a hospital of made-up people.
fn everybody() -> Viewer {
    Viewer {
        login: "demo".into(),
        name: "演示".into(),
        permissions: [Permission::Workbench].into(),
        scope: DataScope::Hospital,
    }
}

/// A user for every built-in role; the head's department and the doctor are those with most discharges. `None` when there are
/// users already. The passwords need no change.
pub fn demo_accounts(app: &App) -> Result<Option<Vec<DemoAccount>>, ApiError> {
    app.store().ensure_roles(&Role::built_in())?;
    if !app.store().users()?.is_empty() {
        return Ok(None);
    }
    let busiest = |dimension: &str| -> Result<(String, String), ApiError> {
        let query =
            Query::of(["discharges"], Selection::default()).by(dimension).order("discharges", true).limit(1);
        let answer = app.answer(&query, &everybody())?;
        let first = answer.rows.first();
        Ok(first.map(|row| (row.keys[0].to_string(), row.labels[0].clone())).unwrap_or_default())
    };
    let (department, department_name) = busiest("department")?;
    let (doctor, doctor_name) = busiest("attending")?;
    let mut accounts = Vec::new();
    for role in Role::built_in() {
        let (departments, staff_key, of) = match role.scope {
            RoleScope::Departments => (vec![department.clone()], None, format!("（{department_name}）")),
            RoleScope::Doctor => (Vec::new(), Some(doctor.clone()), format!("（{doctor_name}）")),
            _ => (Vec::new(), None, String::new()),
        };
        app.store().save_user(&User {
            login: role.name.clone(),
            name: format!("演示{}", role.title),
            staff_key,
            active: true,
            created_at: app.now(),
            roles: vec![role.name.clone()],
            departments,
            ..User::default()
        })?;
        let password = one_time()?;
        app.store().set_password(&role.name, &hash(&password)?, app.now(), false)?;
        accounts.push(DemoAccount { login: role.name, password, title: role.title + &of });
    }
    Ok(Some(accounts))
}

/// Bounds that a hospital of this kind might set, in the measure's unit: for the whole hospital and for each department.
const BOUNDS: [(&str, Option<i64>, Option<i64>); 6] = [
    ("drug_rate", None, Some(280_000)),
    ("material_rate", None, Some(200_000)),
    ("own_pay_rate", None, Some(80_000)),
    ("mean_stay", None, Some(8_500_000)),
    ("grouping_rate", Some(950_000), None),
    ("loss_rate", None, Some(450_000)),
];

/// 指标目标 of this and the last year: the bounds above, and as 统筹指标 what was paid the year before and a twentieth more.
/// Does nothing when there are targets.
pub fn demo_targets(app: &App) -> Result<(), ApiError> {
    let this_year = app.today().year();
    for year in [this_year - 1, this_year] {
        if !app.store().targets(year.into())?.is_empty() {
            continue;
        }
        let target = |measure: &str, department: &str, low, high| Target {
            measure: measure.to_owned(),
            year: year.into(),
            department_key: department.to_owned(),
            low,
            high,
            changed_at: app.now(),
            changed_by: "演示".to_owned(),
            ..Target::default()
        };
        let set = |target: Target| match app.store().set_target(&target) {
            // Somebody was quicker: theirs stands.
            Err(StoreError::Changed(_)) => Ok(()),
            done => done,
        };
        let selection = metrics::Period::year(year - 1).map(Selection::within).unwrap_or_default();
        let paid = app.answer(&Query::of(["pooled_fund"], selection).by("department"), &everybody())?;
        let budget = |paid: Option<Decimal>| {
            (paid? * Decimal::new(105, 2)).round_dp(0).checked_mul(Decimal::from(1_000_000))?.to_i64()
        };
        set(target("pooled_fund", "", None, budget(paid.total.values[0])))?;
        for (measure, low, high) in BOUNDS {
            set(target(measure, "", low, high))?;
        }
        for row in paid.rows.iter().filter(|row| row.keys[0] != Value::Null) {
            let department = row.keys[0].to_string();
            if let Some(budget) = budget(row.values[0]).filter(|budget| *budget > 0) {
                set(target("pooled_fund", &department, None, Some(budget)))?;
            }
            set(target("drug_rate", &department, None, Some(350_000)))?;
        }
    }
    Ok(())
}
