//! 目录种类: the layout a user names.

use anyhow::bail;
use terms::Layout;
use terms::layouts::{LAYOUTS, layout};

/// A layout by id or Chinese title.
pub(super) fn of(name: &str) -> anyhow::Result<&'static Layout> {
    let name = name.trim();
    match layout(name).or_else(|| LAYOUTS.into_iter().find(|layout| layout.title == name)) {
        Some(layout) => Ok(layout),
        None => bail!("没有目录“{name}”：--kind 可选 {}", listed(LAYOUTS)),
    }
}

/// `diagnosis_map（疾病诊断对照（临床版→医保版））、…`
pub(super) fn listed(layouts: impl IntoIterator<Item = &'static Layout>) -> String {
    let named = layouts.into_iter().map(|layout| format!("{} {}", layout.id, layout.title));
    named.collect::<Vec<_>>().join("、")
}
