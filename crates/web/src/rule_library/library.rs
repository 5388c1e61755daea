//! 规则库 in memory: every rule as read, with its sentence; made anew when a rule changes.

use super::check::RuleChecks;
use crate::app::App;
use crate::error::ApiError;
use audit::{DocumentNames, Rule, read_rules, rule_sentence};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::AuditRule;
use sync::HospitalNames;
use terms::search::Index;

/// The library as last read, and what its rules are checked with.
#[derive(Default)]
pub(crate) struct RuleLibrary {
    read: Mutex<Option<Arc<Library>>>,
    pub(super) checks: RuleChecks,
}

impl RuleLibrary {
    /// The library as the store has it.
    pub(crate) fn current(&self, app: &App) -> Result<Arc<Library>, ApiError> {
        let stamp = app.store().audit_stamps()?.library;
        let held = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held.filter(|held| held.stamp == stamp) {
            return Ok(held);
        }
        let read = Arc::new(Library::read(app, stamp)?);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some(read.clone());
        Ok(read)
    }
}

/// A rule as lists show it: the version in force, else its draft.
pub(crate) struct Listed {
    pub(crate) rule: AuditRule,
    pub(crate) said: Said,
}

/// What a document says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) level: String,
    /// 规则描述
    pub(crate) sentence: String,
    /// 依据
    pub(crate) evidence: String,
    pub(crate) confirmed: bool,
    pub(crate) stages: String,
    pub(crate) scenes: String,
    pub(crate) valid: String,
}

/// Every rule.
pub(crate) struct Library {
    stamp: i64,
    pub(crate) rules: Vec<Listed>,
    by_id: HashMap<String, usize>,
    pub(crate) index: Index,
    pub(crate) names: HospitalNames,
}

impl Library {
    fn read(app: &App, stamp: i64) -> Result<Library, ApiError> {
        let names = HospitalNames::of(app.store())?;
        let rules: Vec<Listed> = app
            .store()
            .audit_rules()?
            .into_iter()
            .map(|rule| {
                let shown = rule.published.as_ref().or(rule.draft.as_ref());
                let said = said(shown.map_or("", |version| &version.document), &names);
                Listed { rule, said }
            })
            .collect();
        let by_id = rules.iter().enumerate().map(|(at, listed)| (listed.rule.id.clone(), at)).collect();
        let words = |listed: &Listed| format!("{} {}", listed.said.name, listed.said.sentence);
        let index = Index::new(rules.iter().map(|listed| (listed.rule.id.clone(), words(listed))));
        Ok(Library { stamp, rules, by_id, index, names })
    }

    /// 规则描述 of a rule; its id when it is not there.
    pub(crate) fn sentence(&self, id: &str) -> String {
        self.by_id.get(id).map_or_else(|| id.to_owned(), |at| self.rules[*at].said.sentence.clone())
    }

    /// 规则名称 of a rule; its id when it has none.
    pub(crate) fn name(&self, id: &str) -> String {
        let named = self.by_id.get(id).map(|at| self.rules[*at].said.name.clone());
        named.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned())
    }

    /// Sentence and evidence of one version.
    pub(crate) fn version(&self, app: &App, id: &str, number: i64) -> Result<(String, String), ApiError> {
        let versions = app.store().audit_rule_versions(id)?;
        let document =
            versions.iter().find(|version| version.number == number).map(|version| &version.document);
        let said = document.map(|document| said(document, &self.names)).unwrap_or_default();
        Ok((said.sentence, said.evidence))
    }
}

/// Reads a document for people. One that is no rule says what is wrong with it.
pub(super) fn said(document: &str, names: &HospitalNames) -> Said {
    let value: Value = serde_json::from_str(document).unwrap_or_default();
    let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
    match read_one(document) {
        Ok(rule) => {
            let own = DocumentNames::of(&value);
            let list =
                |names: Vec<&str>| if names.is_empty() { "全部".to_owned() } else { names.join("、") };
            let valid = match (rule.valid_from, rule.valid_to) {
                (None, None) => "长期".to_owned(),
                (from, to) => format!(
                    "{} 起{}",
                    from.map_or_else(String::new, |from| from.to_string()),
                    to.map_or_else(String::new, |to| format!("，至 {to} 前"))
                ),
            };
            Said {
                sentence: rule_sentence(&rule, &names.naming(&own)),
                kind: text("kind"),
                level: rule.level.code().to_owned(),
                evidence: match (rule.evidence.is_confirmed(), rule.evidence.clause.as_str()) {
                    (false, _) => "UNCONFIRMED（未注明依据）".to_owned(),
                    (true, "") => rule.evidence.document.clone(),
                    (true, clause) => format!("{}：{clause}", rule.evidence.document),
                },
                confirmed: rule.evidence.is_confirmed(),
                stages: list(rule.stages.iter().map(|stage| stage.name()).collect()),
                scenes: list(rule.scenes.iter().map(|scene| scene.name()).collect()),
                name: rule.name,
                valid,
            }
        }
        Err(problem) => Said { name: text("name"), kind: text("kind"), sentence: problem, ..Said::default() },
    }
}

/// One document as a rule.
pub(super) fn read_one(document: &str) -> Result<Rule, String> {
    let mut rules = read_rules(&format!("[{document}]")).map_err(|errors| {
        errors
            .iter()
            .map(|error| format!("{}：{}", error.field, error.problem))
            .collect::<Vec<_>>()
            .join("；")
    })?;
    rules.pop().ok_or_else(|| "没有内容".to_owned())
}
