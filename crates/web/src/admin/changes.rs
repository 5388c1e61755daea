//! 修改前后: what a form changes, for the operation log and for whoever was overtaken by another editor.

/// Fields of a form as people read them, name and value.
pub(crate) type Described = Vec<(&'static str, String)>;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) field: &'static str,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// 冲突: what somebody else has saved meanwhile, beside what was typed.
pub(crate) struct Conflict {
    /// `用户“1001”`
    pub(crate) what: String,
    /// `before` is what is saved now, `after` what was typed.
    pub(crate) differences: Vec<Difference>,
}

/// The fields of both that differ, in their order.
pub(crate) fn differing(before: &Described, after: &Described) -> Vec<Difference> {
    let old =
        |field: &str| before.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value.as_str());
    after
        .iter()
        .filter(|(field, value)| old(field) != value)
        .map(|(field, value)| Difference { field, before: old(field).to_owned(), after: value.clone() })
        .collect()
}

/// `姓名：张三 → 李四；角色：无 → 医生`
pub(crate) fn sentence(differences: &[Difference]) -> String {
    let shown = |text: &str| if text.is_empty() { "无".to_owned() } else { text.to_owned() };
    let lines: Vec<String> = differences
        .iter()
        .map(|one| format!("{}：{} → {}", one.field, shown(&one.before), shown(&one.after)))
        .collect();
    if lines.is_empty() { "没有变化".to_owned() } else { lines.join("；") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_said() {
        let before: Described =
            vec![("姓名", "张三".into()), ("角色", String::new()), ("科室", "外科".into())];
        let after: Described =
            vec![("姓名", "李四".into()), ("角色", "医生".into()), ("科室", "外科".into())];
        assert_eq!(sentence(&differing(&before, &after)), "姓名：张三 → 李四；角色：无 → 医生");
        assert_eq!(sentence(&differing(&before, &before)), "没有变化");
    }
}
