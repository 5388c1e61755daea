//! 菜单: one table; a user sees what their permissions open.

use model::{Permission, Viewer};

/// A part of the menu.
pub(crate) struct MenuPart {
    pub(crate) title: &'static str,
    pub(crate) entries: Vec<MenuEntry>,
}

/// A page in the menu.
pub(crate) struct MenuEntry {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) here: bool,
}

/// Name, path and what it needs.
type Place = (&'static str, &'static str, Option<Permission>);

/// Pages that the menu names, with what they need (`None`: a login).
pub(crate) const MENU: &[(&str, &[Place])] = &[
    (
        "运营分析",
        &[
            ("医保工作台", "/workbench", Some(Permission::Workbench)),
            ("病例查询", "/cases", Some(Permission::Cases)),
            ("自定义报表", "/own-reports", Some(Permission::Workbench)),
            ("指标口径", "/measures", Some(Permission::Workbench)),
            ("指标目标", "/targets", Some(Permission::ParametersView)),
        ],
    ),
    (
        "DIP分组",
        &[
            ("入组测算", "/grouping", Some(Permission::Grouping)),
            ("分值库", "/points", Some(Permission::PointsView)),
            ("年度参数", "/parameters", Some(Permission::ParametersView)),
        ],
    ),
    (
        "医保智能审核",
        &[
            ("违规预警", "/warnings", Some(Permission::Warnings)),
            ("接口审核", "/audit-calls", Some(Permission::RulesView)),
            ("医保查询", "/insurance-query", Some(Permission::Cases)),
            ("审核规则库", "/audit-rules", Some(Permission::RulesView)),
        ],
    ),
    ("知识库", &[("编码目录", "/catalogues", Some(Permission::CataloguesView))]),
    (
        "系统管理",
        &[
            ("用户", "/admin/users", Some(Permission::Users)),
            ("角色权限", "/admin/roles", Some(Permission::Users)),
            ("科室医师字典", "/admin/departments", Some(Permission::DictionariesView)),
            ("数据采集", "/collection", Some(Permission::CollectionView)),
            ("同步日志", "/collection/log", Some(Permission::CollectionView)),
            ("使用日志", "/admin/log", Some(Permission::OperationLog)),
            ("后台任务", "/jobs", None),
        ],
    ),
];

/// The menu of a user who is at `path`: the longest entry that begins the path is where they are.
pub(crate) fn of(viewer: &Viewer, path: &str) -> Vec<MenuPart> {
    let under =
        |entry: &str| path == entry || path.strip_prefix(entry).is_some_and(|rest| rest.starts_with('/'));
    let here = MENU
        .iter()
        .flat_map(|(_, entries)| entries.iter().map(|entry| entry.1))
        .filter(|entry| under(entry))
        .max_by_key(|entry| entry.len());
    let mut parts = Vec::new();
    for (title, entries) in MENU {
        let entries: Vec<MenuEntry> = entries
            .iter()
            .filter(|(_, _, needs)| needs.is_none_or(|permission| viewer.may(permission)))
            .map(|(name, path, _)| MenuEntry { name, path, here: here == Some(*path) })
            .collect();
        if !entries.is_empty() {
            parts.push(MenuPart { title, entries });
        }
    }
    // After the first part, where the workbench is.
    let at = parts.len().min(1);
    parts.splice(at..at, crate::reports::menu(viewer, path));
    parts
}

/// Where a user starts: the first page of the menu.
pub(crate) fn home(viewer: &Viewer) -> &'static str {
    of(viewer, "").first().and_then(|part| part.entries.first()).map_or("/jobs", |entry| entry.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_entry_is_here_and_nothing_forbidden_shows() {
        let mut viewer = Viewer::default();
        viewer.permissions.insert(Permission::CollectionView);
        let menu = of(&viewer, "/collection/log/7");
        let here: Vec<&str> =
            menu.iter().flat_map(|part| &part.entries).filter(|entry| entry.here).map(|e| e.path).collect();
        assert_eq!(here, ["/collection/log"]);
        assert!(menu.iter().flat_map(|part| &part.entries).all(|entry| entry.path != "/admin/users"));
        assert_eq!(home(&viewer), "/collection");
    }
}
