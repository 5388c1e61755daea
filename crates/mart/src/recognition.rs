//! 识别规则: what no field says and names and codes give away, as data (`packs/mart/recognition.toml`) made into macros.

use crate::MartError;
use std::sync::LazyLock;

/// The shipped rules, so that one binary is a working system.
const SHIPPED: &str = include_str!("../../../packs/mart/recognition.toml");

/// Kinds of charge items, operations and diagnoses that the facts ask for.
const ITEMS: [&str; 5] = ["rescue", "outsourced", "interventional", "oxygen", "radiology"];
const OPERATION: &str = "minimally_invasive";
const DIAGNOSIS: &str = "infection";

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Recognition {
    item: Vec<Item>,
    operation: Vec<Named>,
    diagnosis: Vec<Coded>,
    single_disease: Vec<SingleDisease>,
}

/// 收费项目 by their names.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
    name: String,
    contains: Vec<String>,
    /// Of this 首页费用分类 only.
    fee_class: Option<String>,
    #[serde(default)]
    except_materials: bool,
    evidence: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: String,
    name: String,
    contains: Vec<String>,
    evidence: String,
}

/// Beginnings of codes (`N39.0`), or categories from … to (`J12-J18`).
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Coded {
    id: String,
    name: String,
    codes: Vec<String>,
    evidence: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SingleDisease {
    id: String,
    name: String,
    #[serde(default)]
    diagnoses: Vec<String>,
    #[serde(default)]
    operations: Vec<String>,
    evidence: String,
}

/// Heads and bodies of the macros, or what is wrong with the shipped rules.
pub(crate) fn macros() -> Result<&'static [(&'static str, String)], MartError> {
    static MADE: LazyLock<Result<Vec<(&'static str, String)>, String>> = LazyLock::new(|| read(SHIPPED));
    MADE.as_deref().map_err(|problem| MartError::Query(format!("packs/mart/recognition.toml：{problem}")))
}

fn read(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let rules: Recognition = toml::from_str(text).map_err(|error| error.to_string())?;
    rules.check()?;
    let items: Vec<String> = rules.item.iter().map(Item::when).collect();
    let single: Vec<String> = rules.single_disease.iter().map(SingleDisease::when).collect();
    let minimally_invasive = rules.operation.iter().map(|rule| any_name("name", &rule.contains));
    let infection = rules.diagnosis.iter().map(|rule| any_code("code", &rule.codes));
    Ok(vec![
        ("special_item(name, class)", format!("CASE {} END", items.join(" "))),
        ("is_minimally_invasive(name)", minimally_invasive.collect::<Vec<_>>().join(" OR ")),
        ("is_infection(code)", infection.collect::<Vec<_>>().join(" OR ")),
        ("single_disease(diagnosis, operation)", format!("CASE {} END", single.join(" "))),
    ])
}

impl Recognition {
    fn check(&self) -> Result<(), String> {
        let items = self.item.iter().map(|rule| (&rule.id, &rule.name, &rule.evidence));
        let operations = self.operation.iter().map(|rule| (&rule.id, &rule.name, &rule.evidence));
        let diagnoses = self.diagnosis.iter().map(|rule| (&rule.id, &rule.name, &rule.evidence));
        let single = self.single_disease.iter().map(|rule| (&rule.id, &rule.name, &rule.evidence));
        let all: Vec<_> = items.chain(operations).chain(diagnoses).chain(single).collect();
        for (at, (id, name, evidence)) in all.iter().enumerate() {
            if id.is_empty() || name.is_empty() || evidence.is_empty() {
                return Err(format!("{id} 缺少编号、名称或依据"));
            }
            if all[..at].iter().any(|(other, ..)| other == id) {
                return Err(format!("{id} 重复"));
            }
        }
        let known = |id: &str| ITEMS.contains(&id);
        if let Some(rule) = self.item.iter().find(|rule| !known(&rule.id)) {
            return Err(format!("不认识收费项目 {}，可用 {}", rule.id, ITEMS.join("、")));
        }
        let given = |id: &str| all.iter().any(|(other, ..)| *other == id);
        match ITEMS.iter().chain([&OPERATION, &DIAGNOSIS]).find(|id| !given(id)) {
            Some(missing) => Err(format!("缺少 {missing}")),
            None => Ok(()),
        }
    }
}

impl Item {
    fn when(&self) -> String {
        let class = self.fee_class.as_ref().map(|class| format!(" AND class = {}", quoted(class)));
        let materials = if self.except_materials { " AND class NOT LIKE '%material'" } else { "" };
        format!(
            "WHEN ({}){}{materials} THEN {}",
            any_name("name", &self.contains),
            class.unwrap_or_default(),
            quoted(&self.id)
        )
    }
}

impl SingleDisease {
    fn when(&self) -> String {
        let any = [any_code("diagnosis", &self.diagnoses), any_code("operation", &self.operations)];
        format!("WHEN {} OR {} THEN {}", any[0], any[1], quoted(&self.id))
    }
}

fn any_name(column: &str, words: &[String]) -> String {
    let tests = words.iter().map(|word| format!("CONTAINS({column}, {})", quoted(word)));
    any(tests.collect())
}

fn any_code(column: &str, codes: &[String]) -> String {
    let tests = codes.iter().map(|code| match code.split_once('-') {
        Some((from, to)) => {
            format!("diagnosis_category({column}) BETWEEN {} AND {}", quoted(from), quoted(to))
        }
        None => format!("STARTS_WITH({column}, {})", quoted(code)),
    });
    any(tests.collect())
}

/// Nothing to look for finds nothing.
fn any(tests: Vec<String>) -> String {
    if tests.is_empty() { "FALSE".to_owned() } else { format!("({})", tests.join(" OR ")) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_whole() {
        let macros = read(SHIPPED).unwrap();
        assert_eq!(macros.len(), 4);
        assert!(macros[0].1.contains("CONTAINS(name, '抢救')"), "{}", macros[0].1);
        assert!(macros[2].1.contains("BETWEEN 'J12' AND 'J18'"), "{}", macros[2].1);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, problem) in [
            ("id = \"oxygen\"", "id = \"rescue\"", "rescue 重复"),
            ("id = \"oxygen\"", "id = \"water\"", "不认识收费项目 water"),
            ("id = \"infection\"", "id = \"fever\"", "缺少 infection"),
            ("contains = [\"介入\"]", "containing = [\"介入\"]", "containing"),
        ] {
            let told = read(&SHIPPED.replacen(from, to, 1)).unwrap_err();
            assert!(told.contains(problem), "{told}");
        }
    }

    #[test]
    fn a_quote_stays_inside_of_its_text() {
        let macros = read(&SHIPPED.replace("\"外检\"", "\"x') OR ('1' = '1\"")).unwrap();
        assert!(macros[0].1.contains("CONTAINS(name, 'x'') OR (''1'' = ''1')"), "{}", macros[0].1);
    }
}
