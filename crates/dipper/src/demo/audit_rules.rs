//! 演示的审核规则: the rules of the built-in sample pack, published.

use crate::installation::Installation;
use anyhow::Context;
use audit::RulePack;
use store::RuleEditor;

const PACK: &str = "sample";

/// Puts the pack's rules into the library; those that are there already stay as they are.
pub(super) fn fill(installation: &Installation) -> anyhow::Result<()> {
    let files = RulePack::built_in(PACK).context("没有内置的样例规则包")?;
    let pack = RulePack::load(&files)?;
    let note = format!("{} {}", pack.name, pack.version);
    let rules: Vec<(String, String)> =
        pack.rules.iter().map(|rule| rule.id.clone()).zip(pack.documents).collect();
    let by = RuleEditor { login: "", name: "随版本提供", at: installation.now() };
    installation.store.add_shipped_rules(&rules, &note, by)?;
    Ok(())
}
