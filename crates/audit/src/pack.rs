//! 规则包: rule documents in files with a head, loaded whole or not at all. Who reads the disk is not this crate's business.

use crate::rule::{Rule, RuleError, read_rules_of};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The shipped packs, so that one binary is a working system.
static BUILT_IN: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/audit");

/// File names and their bytes.
pub type RuleFiles = BTreeMap<String, Vec<u8>>;

/// A pack: `pack.toml` and the rules of all its `.jsonl` files by name of file, then by line.
#[derive(Clone, Debug)]
pub struct RulePack {
    /// Unique among packs.
    pub id: String,
    /// 名称
    pub name: String,
    /// 版本
    pub version: String,
    /// `sha256:` over names and contents of its files: equal hashes, equal findings.
    pub hash: String,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The document of each rule as it is written.
    pub documents: Vec<String>,
}

/// Why a pack is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Something is wrong with a file as a whole.
    #[error("{0}：{1}")]
    File(String, String),
    /// All problems of all rules.
    #[error("有 {} 个问题，未载入：\n{}", .0.len(), list(.0))]
    Rules(Vec<RuleError>),
}

fn list(errors: &[RuleError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    name: String,
    version: String,
}

const HEAD: &str = "pack.toml";

impl RulePack {
    /// Names of the built-in packs.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.dirs().filter_map(|dir| dir.path().to_str())
    }

    /// The files of a built-in pack.
    pub fn built_in(name: &str) -> Option<RuleFiles> {
        let files = BUILT_IN.get_dir(name)?.files();
        let named = |file: &include_dir::File<'_>| {
            Some((file.path().file_name()?.to_str()?.to_owned(), file.contents().to_vec()))
        };
        Some(files.filter_map(named).collect())
    }

    /// Loads a pack; files that are neither `pack.toml` nor `.jsonl` are no part of it.
    ///
    /// # Errors
    /// All problems of all rules with file, line, rule, member and remedy; nothing of a bad pack is loaded.
    pub fn load(files: &RuleFiles) -> Result<RulePack, PackError> {
        let wrong = |file: &str, why: &str| PackError::File(file.to_owned(), why.to_owned());
        let mut hasher = Sha256::new();
        let (mut head, mut texts) = (None, Vec::new());
        for (name, bytes) in files.iter().filter(|(name, _)| *name == HEAD || name.ends_with(".jsonl")) {
            for part in [name.as_bytes(), bytes] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
            let text =
                std::str::from_utf8(bytes).map_err(|_| wrong(name, "不是 UTF-8 文本，请另存为 UTF-8"))?;
            if name == HEAD { head = Some(text) } else { texts.push((name.as_str(), text)) }
        }
        let head = head.ok_or_else(|| wrong(HEAD, "缺少本文件；它写规则包的 id、name、version"))?;
        let head: Head = toml::from_str(head).map_err(|error| wrong(HEAD, &error.to_string()))?;
        if texts.is_empty() {
            return Err(wrong("*.jsonl", "没有规则文件；每行写一条规则"));
        }
        let rules = read_rules_of(texts.iter().copied()).map_err(PackError::Rules)?;
        let lines = texts.iter().flat_map(|(_, text)| text.trim_start_matches('\u{feff}').lines());
        let documents: Vec<String> =
            lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        if documents.len() != rules.len() {
            return Err(wrong("*.jsonl", "规则包里每行写一条规则，不写列表"));
        }
        let digest = hasher.finalize();
        let hash = digest.iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}"));
        Ok(RulePack { id: head.id, name: head.name, version: head.version, hash, rules, documents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(head: &str, rules: &str) -> RuleFiles {
        [(HEAD, head), ("limits.jsonl", rules)].map(|(name, text)| (name.to_owned(), text.into())).into()
    }

    const GOOD: &str = "id = \"p\"\nname = \"名\"\nversion = \"1\"\n";
    const RULE: &str = r#"{"id":"r","kind":"sex","items":["A"],"allow":["1"]}"#;

    #[test]
    fn every_built_in_pack_loads_and_a_finding_of_it_can_be_explained() {
        assert!(RulePack::built_in_names().any(|name| name == "sample"));
        for name in RulePack::built_in_names() {
            let pack = RulePack::load(&RulePack::built_in(name).expect("its files"))
                .unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(pack.id, name);
            assert!(pack.rules.iter().all(|rule| !rule.name.is_empty()));
        }
    }

    #[test]
    fn one_bad_rule_and_nothing_is_loaded() {
        let two = format!("{RULE}\n{{\"id\":\"s\"}}\n{RULE}\n");
        let error = RulePack::load(&files(GOOD, &two)).expect_err("bad").to_string();
        assert!(
            error.contains("limits.jsonl 第 2 行，规则 s：kind") && error.contains("第 3 行，规则 r：id"),
            "{error}"
        );
        assert!(RulePack::load(&files(GOOD, RULE)).is_ok());
        assert!(RulePack::load(&files("id = 1", RULE)).is_err());
        assert!(RulePack::load(&files(GOOD, &format!("[{RULE}]"))).is_ok());
        assert!(RulePack::load(&files(GOOD, &format!("[{RULE},\n{RULE}]"))).is_err());
    }

    #[test]
    fn the_hash_follows_the_files() {
        let hash = |rules: &str| RulePack::load(&files(GOOD, rules)).expect("loads").hash;
        assert_eq!(hash(RULE), hash(RULE));
        assert_ne!(hash(RULE), hash(&format!("{RULE}\n")));
    }
}
