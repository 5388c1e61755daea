//! 目录种类: the layout a user names.

use anyhow::bail;
use terms::layouts::{LAYOUTS, layout};
use terms::{Field, FieldKind, Layout, Record, Role};

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

/// 对照: a layout that leads from one code to another.
pub(super) fn is_map(layout: &Layout) -> bool {
    keys(layout).count() == 2
}

/// Key fields without the edition, with their positions.
pub(super) fn keys(layout: &Layout) -> impl Iterator<Item = (usize, &Field)> {
    layout.fields.iter().enumerate().filter(|(_, field)| field.role == Role::Key)
}

/// Fields that hold a code, with their positions.
pub(super) fn codes(layout: &Layout) -> impl Iterator<Item = (usize, &Field)> {
    let is_code = |kind| matches!(kind, FieldKind::Diagnosis | FieldKind::Procedure | FieldKind::PlainCode);
    layout.fields.iter().enumerate().filter(move |(_, field)| is_code(field.kind))
}

/// `I10.x00 高血压`; of a map `I10.x00→I10.x00 高血压`.
pub(super) fn label(layout: &Layout, record: &Record) -> String {
    let codes: Vec<&str> = keys(layout).map(|(at, _)| record.value(at)).collect();
    let name = [record.get(layout, "name"), record.get(layout, "clinical_name")];
    let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
    format!("{} {name}", codes.join("→")).trim_end().to_owned()
}
