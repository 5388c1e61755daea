//! 辅助目录: patient-side subtypes (CCI, severity, age, ICU, tumour …) and their coefficients.

use crate::evidence::Source;
use crate::group::Kind;
use crate::lists::Lists;
use crate::pattern::{self, DiagnosisPattern};
use crate::reader::{Context, Section, Sheet};
use crate::span::Span;
use model::{Code, Ratio, Sex};
use rustc_hash::FxHashMap;

/// One condition of a level; all of a level's conditions must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// 年龄, years.
    AgeYears(Span),
    /// 日龄, days.
    AgeDays(Span),
    /// 重症监护天数
    IcuDays(Span),
    /// 住院天数
    StayDays(Span),
    /// 查尔森指数 of the other diagnoses.
    Cci(Span),
    /// 总费用 ÷ 病种参照费用
    CostRatio(Span),
    /// 药品费 ÷ 总费用
    DrugShare(Span),
    /// 治疗费 ÷ 总费用
    TreatmentShare(Span),
    /// 死亡 or not.
    Died(bool),
    /// 性别
    Sex(Sex),
    /// Some other diagnosis fits.
    OtherDiagnosis {
        /// Any of.
        patterns: Vec<DiagnosisPattern>,
        /// It must lie in another 类目 than the principal diagnosis.
        other_category: bool,
        /// Pairs (pattern of the principal, table) that cancel others of that table.
        exclusions: Vec<(Code, String)>,
        /// Exclusion table of each pattern, same order; empty without exclusions.
        tables: Vec<String>,
    },
    /// The principal diagnosis fits.
    PrincipalDiagnosis(Vec<DiagnosisPattern>),
    /// Some operation is in the list.
    Operation(Vec<Code>),
}

/// A level of a subtype.
#[derive(Clone, Debug)]
pub struct Level {
    /// Id, used by `auxiliary.csv`.
    pub id: String,
    /// 名称
    pub name: String,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

/// A subtype (辅助分型).
#[derive(Clone, Debug)]
pub struct AuxiliaryType {
    /// Id, used by `auxiliary.csv`.
    pub id: String,
    /// 名称
    pub name: String,
    /// Charlson weights: diagnosis prefix, class, weight.
    pub weights: Vec<(Code, String, u32)>,
    /// First level that holds counts.
    pub levels: Vec<Level>,
    /// Where it stands.
    pub source: Source,
}

/// One row of `auxiliary.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct AuxiliaryRow {
    /// 病种编码 or `*`.
    pub group: String,
    /// Subtype id.
    pub kind: String,
    /// Level id.
    pub level: String,
    /// The coefficient.
    pub coefficient: Ratio,
    /// Where it stands.
    pub source: Source,
}

/// All auxiliary catalogues of a pack.
#[derive(Clone, Debug, Default)]
pub struct Auxiliary {
    /// Contract kinds that take auxiliary coefficients.
    pub kinds: Vec<Kind>,
    /// Subtypes.
    pub types: Vec<AuxiliaryType>,
    /// Coefficients by (type, level), group then `*`.
    rows: FxHashMap<(String, String), FxHashMap<String, AuxiliaryRow>>,
}

impl Auxiliary {
    /// The coefficient of a level for a group: its own row, else the `*` row.
    pub fn coefficient(&self, kind: &str, level: &str, group: &str) -> Option<&AuxiliaryRow> {
        let rows = self.rows.get(&(kind.to_owned(), level.to_owned()))?;
        rows.get(group).or_else(|| rows.get("*"))
    }

    /// All coefficient rows, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = &AuxiliaryRow> {
        self.rows.values().flat_map(FxHashMap::values)
    }

    pub(crate) fn read_types(&mut self, root: &Section<'_>, lists: &Lists) {
        self.kinds = root.choices("kinds", &Kind::NAMES).unwrap_or_else(|| vec![Kind::Core]);
        self.types = root.children("type").iter().map(|section| read_type(section, lists)).collect();
        root.finish();
    }

    pub(crate) fn read_rows(&mut self, context: &Context, file: &str, bytes: &[u8]) {
        let known = ["group", "type", "level", "coefficient", "evidence"];
        let sheet = Sheet::read(context, file, bytes, &known, &["group", "type", "level", "coefficient"]);
        for row in sheet.rows(context, file) {
            let (kind, level) = (row.needed("type"), row.needed("level"));
            let known = self.types.iter().any(|t| t.id == kind && t.levels.iter().any(|l| l.id == level));
            if !known {
                row.problem("level", format!("auxiliary.toml 中没有分型 {kind} 的等级 {level}"));
            }
            let aux = AuxiliaryRow {
                group: row.needed("group").to_owned(),
                kind: kind.to_owned(),
                level: level.to_owned(),
                coefficient: row.needed_amount("coefficient"),
                source: row.source(),
            };
            let of_level = self.rows.entry((kind.to_owned(), level.to_owned())).or_default();
            if let Some(earlier) = of_level.insert(aux.group.clone(), aux) {
                row.problem("group", format!("与第 {} 行重复", earlier.source.line));
            }
        }
    }
}

fn read_type(section: &Section<'_>, lists: &Lists) -> AuxiliaryType {
    let kind = AuxiliaryType {
        id: section.needed("id"),
        name: section.text("name").unwrap_or_default(),
        weights: read_weights(section, lists),
        levels: section.children("level").iter().map(|level| read_level(level, lists)).collect(),
        source: section.source(),
    };
    if kind.levels.is_empty() {
        section.problem(section.line(), "没有任何等级 [[type.level]]");
    }
    let needs_weights =
        kind.levels.iter().flat_map(|l| &l.conditions).any(|c| matches!(c, Condition::Cci(_)));
    if needs_weights && kind.weights.is_empty() {
        section.problem(section.line(), "使用 cci 条件须给出 weights 清单");
    }
    section.finish();
    kind
}

fn read_weights(section: &Section<'_>, lists: &Lists) -> Vec<(Code, String, u32)> {
    let Some(name) = section.text("weights") else { return Vec::new() };
    let Some(rows) = name.strip_prefix('@').and_then(|name| lists.get(name)) else {
        section.problem(section.line(), format!("weights 的“{name}”不是清单"));
        return Vec::new();
    };
    let mut weights = Vec::new();
    for row in rows {
        match row.scope.parse() {
            Ok(weight) => weights.push((Code::diagnosis(&row.code), row.rule.clone(), weight)),
            Err(_) => {
                section.problem(section.line(), format!("清单中 {} 的权重“{}”不是整数", row.code, row.scope))
            }
        }
    }
    weights
}

fn read_level(section: &Section<'_>, lists: &Lists) -> Level {
    let mut conditions = Vec::new();
    type Make = fn(Span) -> Condition;
    let spans: [(&'static str, Make); 8] = [
        ("age_years", Condition::AgeYears),
        ("age_days", Condition::AgeDays),
        ("icu_days", Condition::IcuDays),
        ("stay_days", Condition::StayDays),
        ("cci", Condition::Cci),
        ("cost_ratio", Condition::CostRatio),
        ("drug_share", Condition::DrugShare),
        ("treatment_share", Condition::TreatmentShare),
    ];
    for (key, make) in spans {
        conditions.extend(section.span(key).map(make));
    }
    if section.text_exists("died") {
        conditions.push(Condition::Died(section.flag("died")));
    }
    conditions.extend(section.choice("sex", &[("1", Sex::Male), ("2", Sex::Female)]).map(Condition::Sex));
    if let Some(text) = section.text("other_diagnosis") {
        conditions.push(other_diagnosis(section, &text, lists));
    }
    if let Some(text) = section.text("principal_diagnosis") {
        match pattern::any_diagnosis(&text, lists) {
            Ok(patterns) => conditions.push(Condition::PrincipalDiagnosis(patterns)),
            Err(message) => section.problem(section.line(), format!("principal_diagnosis：{message}")),
        }
    }
    if let Some(text) = section.text("operation") {
        match pattern::procedures(&text, lists) {
            Ok(terms) => conditions.push(Condition::Operation(terms.into_iter().flatten().collect())),
            Err(message) => section.problem(section.line(), format!("operation：{message}")),
        }
    }
    let level =
        Level { id: section.needed("id"), name: section.text("name").unwrap_or_default(), conditions };
    section.finish();
    level
}

fn other_diagnosis(section: &Section<'_>, text: &str, lists: &Lists) -> Condition {
    let patterns = pattern::any_diagnosis(text, lists).unwrap_or_else(|message| {
        section.problem(section.line(), format!("other_diagnosis：{message}"));
        Vec::new()
    });
    let exclusion_list = section.text("exclusions");
    let rows = |name: &str| name.strip_prefix('@').and_then(|name| lists.get(name));
    let (mut exclusions, mut tables) = (Vec::new(), Vec::new());
    if let Some(name) = &exclusion_list {
        match (rows(name), rows(text)) {
            (Some(excluded), Some(own)) => {
                exclusions =
                    excluded.iter().map(|row| (Code::diagnosis(&row.code), row.rule.clone())).collect();
                tables = own.iter().map(|row| row.rule.clone()).collect();
            }
            _ => section.problem(section.line(), "exclusions 与 other_diagnosis 都须是单个清单（@名称）"),
        }
    }
    Condition::OtherDiagnosis { patterns, other_category: section.flag("other_category"), exclusions, tables }
}
