//! 使用者: who asks, what they may do and whose numbers they see. A required argument of every query about patients.

use std::collections::BTreeSet;

/// 权限: what a role allows. Nothing is allowed that no role of the user allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// 医保工作台
    Workbench,
    /// 病例查询: lists of cases and a case's record.
    Cases,
    /// 费用明细
    Charges,
    /// 查看患者姓名: names are not masked.
    Names,
    /// 导出
    Export,
    /// 自定义报表: build and share reports of one's own.
    ReportsEdit,
    /// 入组测算
    Grouping,
    /// 分值库查看
    PointsView,
    /// 分值库维护: upload, trial, publish.
    PointsEdit,
    /// 年度参数查看
    ParametersView,
    /// 年度参数维护
    ParametersEdit,
    /// 编码目录查看
    CataloguesView,
    /// 编码目录维护
    CataloguesEdit,
    /// 违规预警: warnings of the viewer's cases.
    Warnings,
    /// 预警处理: explain, correct, confirm, appeal.
    WarningsHandle,
    /// 审核规则库查看
    RulesView,
    /// 审核规则库维护: write, publish what another wrote, open and close.
    RulesEdit,
    /// 采集与同步日志查看
    CollectionView,
    /// 采集操作: run, pause, resume, accept deletions.
    CollectionRun,
    /// 科室医师字典查看
    DictionariesView,
    /// 科室医师字典维护
    DictionariesEdit,
    /// 用户与角色管理
    Users,
    /// 使用日志查看
    OperationLog,
}

impl Permission {
    /// Every permission with its stored name, its name on the screen and the part of the menu it belongs to.
    pub const ALL: [(Permission, &'static str, &'static str, &'static str); 23] = [
        (Permission::Workbench, "workbench", "医保工作台", "运营分析"),
        (Permission::Cases, "cases", "病例查询", "运营分析"),
        (Permission::Charges, "charges", "费用明细查询", "运营分析"),
        (Permission::Names, "names", "查看患者姓名（不脱敏）", "运营分析"),
        (Permission::Export, "export", "导出数据", "运营分析"),
        (Permission::ReportsEdit, "reports_edit", "自定义报表", "运营分析"),
        (Permission::Grouping, "grouping", "入组测算", "DIP分组"),
        (Permission::PointsView, "points_view", "分值库查看", "DIP分组"),
        (Permission::PointsEdit, "points_edit", "分值库维护", "DIP分组"),
        (Permission::ParametersView, "parameters_view", "年度参数查看", "DIP分组"),
        (Permission::ParametersEdit, "parameters_edit", "年度参数维护", "DIP分组"),
        (Permission::CataloguesView, "catalogues_view", "编码目录查看", "知识库"),
        (Permission::CataloguesEdit, "catalogues_edit", "编码目录维护", "知识库"),
        (Permission::Warnings, "warnings", "违规预警", "医保智能审核"),
        (Permission::WarningsHandle, "warnings_handle", "预警处理", "医保智能审核"),
        (Permission::RulesView, "rules_view", "审核规则库查看", "医保智能审核"),
        (Permission::RulesEdit, "rules_edit", "审核规则库维护", "医保智能审核"),
        (Permission::CollectionView, "collection_view", "采集与同步日志查看", "系统管理"),
        (Permission::CollectionRun, "collection_run", "采集操作", "系统管理"),
        (Permission::DictionariesView, "dictionaries_view", "科室医师字典查看", "系统管理"),
        (Permission::DictionariesEdit, "dictionaries_edit", "科室医师字典维护", "系统管理"),
        (Permission::Users, "users", "用户与角色管理", "系统管理"),
        (Permission::OperationLog, "operation_log", "使用日志查看", "系统管理"),
    ];

    /// The name that is stored.
    pub fn id(self) -> &'static str {
        Permission::ALL[self as usize].1
    }

    /// The name on a screen.
    pub fn chinese(self) -> &'static str {
        Permission::ALL[self as usize].2
    }

    /// By its stored name.
    pub fn named(id: &str) -> Option<Permission> {
        Permission::ALL.iter().find(|entry| entry.1 == id).map(|entry| entry.0)
    }
}

/// 数据范围: whose cases count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataScope {
    /// Nothing.
    #[default]
    Nothing,
    /// 本人: cases whose 主诊医师 or 住院医师 has this key.
    Doctor(String),
    /// 科室: cases discharged from (or now lying in) these departments.
    Departments(BTreeSet<String>),
    /// 全院
    Hospital,
}

impl DataScope {
    /// Whether a case of this department and these doctors is inside.
    pub fn covers(&self, department: Option<&str>, doctors: &[&str]) -> bool {
        match self {
            DataScope::Nothing => false,
            DataScope::Doctor(key) => doctors.contains(&key.as_str()),
            DataScope::Departments(keys) => department.is_some_and(|key| keys.contains(key)),
            DataScope::Hospital => true,
        }
    }
}

/// 使用者: a user as the queries see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// 工号
    pub login: String,
    /// 姓名
    pub name: String,
    /// What all roles together allow.
    pub permissions: BTreeSet<Permission>,
    /// The widest scope of the roles.
    pub scope: DataScope,
}

impl Viewer {
    /// Whether a role allows it.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// A patient's name as this viewer may read it: `张三丰` → `张**` without [`Permission::Names`].
    pub fn patient_name(&self, name: &str) -> String {
        if self.may(Permission::Names) {
            return name.to_owned();
        }
        let mut letters = name.chars();
        letters.next().map(|first| first.to_string() + &"*".repeat(letters.count())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_permissions_follows_the_enum() {
        for (at, (permission, id, chinese, _)) in Permission::ALL.into_iter().enumerate() {
            assert_eq!((permission as usize, permission.id(), permission.chinese()), (at, id, chinese));
            assert_eq!(Permission::named(id), Some(permission));
        }
        assert_eq!(Permission::named("root"), None);
    }

    #[test]
    fn nobody_sees_anything() {
        let nobody = Viewer::default();
        assert!(!nobody.scope.covers(Some("D1"), &["S1"]) && !nobody.may(Permission::Workbench));
        assert_eq!(nobody.patient_name("欧阳某某"), "欧***");
        assert_eq!(nobody.patient_name(""), "");
    }

    #[test]
    fn a_scope_covers_its_own() {
        let own = DataScope::Departments(BTreeSet::from(["D1".to_owned()]));
        assert!(own.covers(Some("D1"), &[]) && !own.covers(Some("D2"), &[]) && !own.covers(None, &[]));
        let doctor = DataScope::Doctor("S1".into());
        assert!(doctor.covers(None, &["S0", "S1"]) && !doctor.covers(Some("D1"), &["S2"]));
        assert!(DataScope::Hospital.covers(None, &[]));
    }
}
