//! `dipper policy diff`: what changed between two packs, group by group and line by line.

use crate::pack_dir;
use policy::catalogue_text::CatalogueText;
use policy::tables::column_title;
use policy::{Difference, FileChange, Group, PackFiles, Policy};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

pub(super) fn text(old: &Path, new: &Path, as_json: bool) -> anyhow::Result<String> {
    let old = Side::read(old)?;
    let new = Side::read(new)?;
    let difference = Difference::between((&old.policy, &old.files), (&new.policy, &new.files));
    if as_json {
        Ok(serde_json::to_string_pretty(&in_json(&old, &new, &difference))? + "\n")
    } else {
        Ok(in_words(&old, &new, &difference)?)
    }
}

struct Side {
    files: PackFiles,
    policy: Policy,
    catalogue: CatalogueText,
}

impl Side {
    fn read(dir: &Path) -> anyhow::Result<Side> {
        let policy = pack_dir::load(dir)?;
        let files = pack_dir::read(dir)?;
        let catalogue = CatalogueText::new(files.get("catalogue.csv"));
        Ok(Side { files, policy, catalogue })
    }

    fn title(&self) -> String {
        let identity = &self.policy.identity;
        format!("{}（{} {}，{}）", identity.name, identity.id, identity.version, self.policy.hash)
    }
}

fn in_words(old: &Side, new: &Side, difference: &Difference) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "旧：{}\n新：{}", old.title(), new.title())?;
    if difference.is_empty() {
        writeln!(text, "两包内容相同。")?;
        return Ok(text);
    }
    let groups = &difference.groups;
    writeln!(
        text,
        "病种：新增 {}，修改 {}，删除 {}，不变 {}",
        groups.added.len(),
        groups.changed.len(),
        groups.removed.len(),
        groups.unchanged
    )?;
    let line = |group: &Group| format!("{} {}，{} 分", group.code, group.name, group.points);
    for group in &groups.added {
        writeln!(text, "  + {}", line(group))?;
    }
    for change in &groups.changed {
        writeln!(text, "  ~ {} {}", change.after.code, change.after.name)?;
        let cells = old.catalogue.changes(&new.catalogue, &change.after.code);
        for cell in &cells {
            writeln!(
                text,
                "      {}：{} → {}",
                column_title(cell.column),
                shown(&cell.before),
                shown(&cell.after)
            )?;
        }
        if cells.is_empty() {
            writeln!(text, "      本行文字未变：所引用的清单或缺省依据有变化")?;
        }
    }
    for group in &groups.removed {
        writeln!(text, "  - {}", line(group))?;
    }
    for (name, change) in &difference.files {
        match change {
            FileChange::Added => writeln!(text, "{name}：新包增加此文件")?,
            FileChange::Removed => writeln!(text, "{name}：新包没有此文件")?,
            FileChange::Changed { removed, added } => {
                writeln!(text, "{name}：减 {} 行，增 {} 行", removed.len(), added.len())?;
                for (sign, lines) in [("-", removed), ("+", added)] {
                    for (number, line) in lines {
                        writeln!(text, "  {sign} {number:>5} | {line}")?;
                    }
                }
            }
        }
    }
    Ok(text)
}

fn shown(cell: &str) -> &str {
    if cell.is_empty() { "（空）" } else { cell }
}

fn in_json(old: &Side, new: &Side, difference: &Difference) -> Value {
    let side = |side: &Side| {
        let identity = &side.policy.identity;
        json!({"id": identity.id, "name": identity.name, "version": identity.version, "hash": side.policy.hash})
    };
    let brief = |groups: &[Group]| -> Vec<Value> {
        groups
            .iter()
            .map(|g| json!({"code": g.code, "name": g.name, "points": g.points.to_string()}))
            .collect()
    };
    let changed: Vec<Value> = difference
        .groups
        .changed
        .iter()
        .map(|change| {
            let cells = old.catalogue.changes(&new.catalogue, &change.after.code).into_iter();
            let fields: Vec<Value> = cells
                .map(|c| json!({"column": c.column, "title": column_title(c.column), "before": c.before, "after": c.after}))
                .collect();
            json!({"code": change.after.code, "name": change.after.name, "fields": fields})
        })
        .collect();
    let lines = |lines: &[(usize, String)]| -> Vec<Value> {
        lines.iter().map(|(line, text)| json!({"line": line, "text": text})).collect()
    };
    let files: Vec<Value> = difference
        .files
        .iter()
        .map(|(name, change)| match change {
            FileChange::Added => json!({"file": name, "change": "added"}),
            FileChange::Removed => json!({"file": name, "change": "removed"}),
            FileChange::Changed { removed, added } => {
                json!({"file": name, "change": "changed", "removed": lines(removed), "added": lines(added)})
            }
        })
        .collect();
    json!({
        "old": side(old),
        "new": side(new),
        "same": difference.is_empty(),
        "groups": {
            "added": brief(&difference.groups.added),
            "changed": changed,
            "removed": brief(&difference.groups.removed),
            "unchanged": difference.groups.unchanged,
        },
        "files": files,
    })
}
