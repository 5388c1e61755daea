//! `dipper policy show`: a pack as its users read it.

mod group;
mod overview;

use crate::pack_dir;
use anyhow::Context;
use std::path::Path;

pub(super) fn text(dir: &Path, code: Option<&str>, as_json: bool) -> anyhow::Result<String> {
    let policy = pack_dir::load(dir)?;
    let json = |value: serde_json::Value| Ok(serde_json::to_string_pretty(&value)? + "\n");
    let Some(code) = code else {
        return if as_json { json(overview::in_json(&policy)) } else { Ok(overview::in_words(&policy)?) };
    };
    let found = policy.groups.iter().find(|group| group.code.eq_ignore_ascii_case(code));
    let found = found.with_context(|| {
        let near = policy.groups.iter().filter(|group| group.code.starts_with(code.get(..3).unwrap_or(code)));
        let near: Vec<&str> = near.take(10).map(|group| group.code.as_str()).collect();
        let near =
            if near.is_empty() { String::new() } else { format!("；相近的有 {}", near.join("、")) };
        format!("{} 中没有病种 {code}{near}", policy.identity.name)
    })?;
    if as_json { json(group::in_json(&policy, found)) } else { Ok(group::in_words(&policy, found)?) }
}
