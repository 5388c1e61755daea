//! 启用的审核规则: the rules of the library that are used, over the hospital's own item codes.

use crate::SyncError;
use audit::{
    Attribute, CodeMap, DocumentNames, Engine, Finding, Naming, Pattern, Rule, Stay, finding_sentence,
    read_rules,
};
use serde_json::Value;
use std::collections::HashMap;
use store::{ChargeItem, RuleState, Store};

/// A rule as it is used.
#[derive(Clone, Debug)]
pub struct UsedRule {
    /// 规则编号
    pub id: String,
    /// Its version.
    pub version: i64,
    /// Kind, as the document says.
    pub kind: String,
    /// Level, as the document says.
    pub level: String,
    /// 试运行
    pub shadow: bool,
    /// As it was written, for sentences.
    pub written: Rule,
    names: DocumentNames,
}

/// Names of the hospital's items and departments, and which national codes its items stand for.
#[derive(Clone, Debug, Default)]
pub struct HospitalNames {
    items: HashMap<String, ChargeItem>,
    /// Key of an item by the insurer's code.
    national: HashMap<String, String>,
    departments: HashMap<String, String>,
}

impl HospitalNames {
    /// As the store has them.
    pub fn of(store: &Store) -> Result<HospitalNames, SyncError> {
        let all = store.charge_items()?;
        let national = all
            .iter()
            .rev()
            .filter(|item| !item.insurer_code.is_empty())
            .map(|item| (item.insurer_code.clone(), item.key.clone()))
            .collect();
        let items = all.into_iter().map(|item| (item.key.clone(), item)).collect();
        let mut departments = HashMap::new();
        let table = model::canonical::Table::named("department").ok_or(SyncError::Damaged("科室字典"))?;
        let scan = store::Scan { table, columns: &["key", "name"], of: store::Of::All };
        store.reader()?.scan(scan, &mut |row| {
            departments.insert(row[0].str().to_owned(), row[1].str().to_owned());
            Ok(())
        })?;
        Ok(HospitalNames { items, national, departments })
    }

    /// An item by the hospital's code.
    pub fn item(&self, key: &str) -> Option<&ChargeItem> {
        self.items.get(key)
    }

    /// The names of a rule's document, then the hospital's.
    pub fn naming<'a>(&'a self, document: &'a DocumentNames) -> RuleNames<'a> {
        RuleNames { document, hospital: self }
    }

    fn of_code(&self, code: &str) -> Option<&ChargeItem> {
        self.items.get(code).or_else(|| self.items.get(self.national.get(code)?))
    }

    /// Name of a department.
    pub fn department(&self, key: &str) -> Option<&str> {
        self.departments.get(key).map(String::as_str)
    }

    /// Departments, key and name, by name.
    pub fn departments(&self) -> Vec<(&str, &str)> {
        let mut all: Vec<(&str, &str)> =
            self.departments.iter().map(|(key, name)| (key.as_str(), name.as_str())).collect();
        all.sort_by_key(|(key, name)| (*name, *key));
        all
    }
}

/// Names of one rule's document, then of the hospital.
#[derive(Clone, Copy, Debug)]
pub struct RuleNames<'a> {
    document: &'a DocumentNames,
    hospital: &'a HospitalNames,
}

impl Naming for RuleNames<'_> {
    fn item(&self, code: &str) -> Option<String> {
        self.document.item(code).or_else(|| self.hospital.of_code(code).map(|item| item.name.clone()))
    }

    fn unit(&self, code: &str) -> Option<String> {
        self.hospital.of_code(code).map(|item| item.unit.clone()).filter(|unit| !unit.is_empty())
    }

    fn value(&self, of: Attribute, code: &str) -> Option<String> {
        let department = match of {
            Attribute::Department => self.hospital.departments.get(code).cloned(),
            _ => None,
        };
        department.or_else(|| self.document.value(of, code))
    }

    fn is(&self, pattern: &Pattern, item: &str) -> bool {
        let matches = |code: &str| {
            if pattern.prefix { code.starts_with(pattern.code.as_str()) } else { code == pattern.code }
        };
        matches(item) || self.hospital.item(item).is_some_and(|item| matches(&item.insurer_code))
    }
}

/// The rules that are used, compiled.
#[derive(Debug)]
pub struct RuleSet {
    /// Change number of the rules in force.
    pub stamp: i64,
    /// Over the hospital's item codes; findings name rules by their place in [`RuleSet::rules`].
    pub engine: Engine,
    /// In the engine's order.
    pub rules: Vec<UsedRule>,
    /// Names for sentences.
    pub names: HospitalNames,
}

impl RuleSet {
    /// Published rules that are not closed.
    pub fn in_force(store: &Store) -> Result<RuleSet, SyncError> {
        // The number first: a change meanwhile means another reading, never a missed one.
        let stamp = store.audit_stamps()?.in_force;
        let used = store.audit_rules()?.into_iter().filter(|rule| rule.state != RuleState::Closed);
        let documents = used.filter_map(|rule| {
            let published = rule.published?;
            Some((published.document, published.number, rule.state == RuleState::Shadow))
        });
        RuleSet::of(store, stamp, documents)
    }

    /// These documents, each with its version and whether it is 试运行.
    ///
    /// # Errors
    /// `Rules`: a document is not a rule.
    pub fn of(
        store: &Store,
        stamp: i64,
        documents: impl IntoIterator<Item = (String, i64, bool)>,
    ) -> Result<RuleSet, SyncError> {
        let names = HospitalNames::of(store)?;
        let items = names.items.values();
        let codes = CodeMap::new(items.map(|item| (item.key.as_str(), item.insurer_code.as_str())));
        let (mut rules, mut compiled) = (Vec::new(), Vec::new());
        for (document, version, shadow) in documents {
            let value: Value =
                serde_json::from_str(&document).map_err(|error| SyncError::Rules(error.to_string()))?;
            let mut read = read_rules(&format!("[{document}]")).map_err(|errors| {
                SyncError::Rules(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))
            })?;
            let Some(written) = read.pop() else { continue };
            let text = |field: &str, without: &str| value[field].as_str().unwrap_or(without).to_owned();
            compiled.push(written.clone());
            rules.push(UsedRule {
                id: written.id.clone(),
                version,
                kind: text("kind", ""),
                level: text("level", "warning"),
                shadow,
                written,
                names: DocumentNames::of(&value),
            });
        }
        Ok(RuleSet { stamp, engine: Engine::with_codes(compiled, codes), rules, names })
    }

    /// Whether any rule asks for lines of an item, by the hospital's code.
    pub fn names_item(&self, key: &str) -> bool {
        self.engine.asks_all_lines() || self.engine.names_item(key)
    }

    /// A finding in Chinese, with its reason and money.
    pub fn said(&self, stay: &Stay, finding: &Finding) -> String {
        let rule = &self.rules[finding.rule as usize];
        finding_sentence(&rule.written, stay, finding, &self.naming(rule))
    }

    pub(crate) fn naming<'a>(&'a self, rule: &'a UsedRule) -> RuleNames<'a> {
        self.names.naming(&rule.names)
    }
}
