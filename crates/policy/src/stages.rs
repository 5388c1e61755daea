//! 分组流程 (`grouper.toml`): how this city looks for a case's group.

use crate::evidence::Source;
use crate::lists::Lists;
use crate::operations::OperationClass;
use crate::pattern::{self, DiagnosisPattern};
use crate::reader::Section;
use model::Code;

/// How the codes of a list or an expression are compared with a case's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMatch {
    /// The same code.
    Exact,
    /// The same code, or the base code of a case's x-extension (`99.2800` takes `99.2800x005`).
    Extension,
    /// The case's code starts with it.
    Prefix,
}

impl CodeMatch {
    /// Whether the pack's code takes the case's code.
    pub fn takes(self, wanted: &str, code: &str) -> bool {
        match code.strip_prefix(wanted) {
            None => false,
            Some("") => true,
            Some(rest) => match self {
                CodeMatch::Exact => false,
                CodeMatch::Extension => rest.starts_with('x'),
                CodeMatch::Prefix => true,
            },
        }
    }
}

/// Which of a case's operations may fill the 主要操作 of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MainOperation {
    /// Any.
    Any,
    /// The first in the record.
    First,
    /// The first that no exclusion rule took away.
    FirstEligible,
}

/// What an excluded operation does to the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExclusionRule {
    /// As if it were not in the record.
    Drop,
    /// 不可作为主要手术操作
    NotMain,
    /// 按保守治疗入组: the whole case counts as conservative when it is the main operation.
    Conservative,
    /// 限范围可作主要手术操作: allowed for these principal diagnoses, else as `Conservative`.
    Limited(Vec<DiagnosisPattern>),
}

/// What to do with a code the pack's tables do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Go on without it.
    Ignore,
    /// The case is not grouped.
    Ungrouped,
}

/// A length at which the principal diagnosis is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLength {
    /// That many characters, the dot counted.
    Chars(usize),
    /// The whole code.
    Full,
}

/// When a row without operation may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareRows {
    /// The case counts as conservative.
    Conservative,
    /// No row with operations fits.
    NoBetter,
    /// Always.
    Always,
}

/// 择优规则: keys that pick one row among candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TieBreak {
    /// Most `+` terms.
    MostTerms,
    /// Most of the case's operations used.
    MostMatched,
    /// Uses the case's first operation.
    MainOperation,
    /// All codes matched exactly.
    ExactCode,
    /// Longest diagnosis key.
    LongestDiagnosis,
    /// Reference cost nearest to the case's cost.
    ClosestCost,
    /// Highest 标准分.
    HighestPoints,
    /// Lowest 标准分.
    LowestPoints,
}

impl TieBreak {
    const NAMES: [(&'static str, TieBreak); 8] = [
        ("most_terms", TieBreak::MostTerms),
        ("most_matched", TieBreak::MostMatched),
        ("main_operation", TieBreak::MainOperation),
        ("exact_code", TieBreak::ExactCode),
        ("longest_diagnosis", TieBreak::LongestDiagnosis),
        ("closest_cost", TieBreak::ClosestCost),
        ("highest_points", TieBreak::HighestPoints),
        ("lowest_points", TieBreak::LowestPoints),
    ];

    /// As a coder reads it.
    pub fn chinese(self) -> &'static str {
        match self {
            TieBreak::MostTerms => "组合操作项最多者优先",
            TieBreak::MostMatched => "匹配操作数最多者优先",
            TieBreak::MainOperation => "匹配主要操作者优先",
            TieBreak::ExactCode => "编码完全一致者优先",
            TieBreak::LongestDiagnosis => "诊断编码更细者优先",
            TieBreak::ClosestCost => "参照费用与病例费用最接近者优先",
            TieBreak::HighestPoints => "分值最高者优先",
            TieBreak::LowestPoints => "分值最低者优先",
        }
    }
}

/// One stage of the search.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Id, used by `choose`.
    pub id: String,
    /// 阶段名称
    pub name: String,
    /// Sets of catalogue rows it reads.
    pub sets: Vec<String>,
    /// Lengths of the principal diagnosis to look up, in order.
    pub key_lengths: Vec<KeyLength>,
    /// Stop at the first length that has a candidate.
    pub first_length: bool,
    /// Also rows by range, `*` or list, after the lengths.
    pub ranges: bool,
    /// When rows without operation may be taken.
    pub bare_rows: BareRows,
    /// 择优规则
    pub tie_break: Vec<TieBreak>,
    /// Where the stage stands.
    pub source: Source,
}

/// One entry of `choose`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Index into [`GroupingRules::stages`].
    pub stage: usize,
    /// Class the found row must have; `None`: any.
    pub class: Option<OperationClass>,
    /// Only when all rows found by other stages leave a surgical operation unmatched.
    pub unmatched_surgery: bool,
}

/// The whole of `grouper.toml`.
#[derive(Clone, Debug)]
pub struct GroupingRules {
    /// 不入组主诊断
    pub excluded_diagnoses: Vec<Code>,
    /// How they are compared.
    pub excluded_diagnosis_match: CodeMatch,
    /// A diagnosis that `diagnoses.csv` does not hold.
    pub unknown_diagnosis: Unknown,
    /// How catalogue operations are compared with the case's.
    pub operation_match: CodeMatch,
    /// Which operation may be the main one.
    pub main_operation: MainOperation,
    /// All related terms needed; otherwise one is enough.
    pub all_related: bool,
    /// Excluded operations.
    pub excluded_operations: Vec<(Code, ExclusionRule)>,
    /// How they are compared.
    pub excluded_operation_match: CodeMatch,
    /// An operation that `operations.csv` does not hold.
    pub unknown_operation: Unknown,
    /// The case's class is its highest operation's; otherwise its first's.
    pub highest_class: bool,
    /// 介入 counts as 手术.
    pub surgical_includes_interventional: bool,
    /// Surgical operations up to this level count as conservative; 0 is off.
    pub conservative_up_to_level: u8,
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// Type order; empty: stages decide in order.
    pub choose: Vec<Choice>,
}

const MATCHES: [(&str, CodeMatch); 3] =
    [("exact", CodeMatch::Exact), ("extension", CodeMatch::Extension), ("prefix", CodeMatch::Prefix)];
const UNKNOWN: [(&str, Unknown); 2] = [("ignore", Unknown::Ignore), ("ungrouped", Unknown::Ungrouped)];

pub(crate) fn read(root: &Section<'_>, lists: &Lists) -> GroupingRules {
    let diagnosis = root.child("diagnosis");
    let operations = root.child("operations");
    let stages: Vec<Stage> = root.children("stage").iter().map(read_stage).collect();
    if stages.is_empty() {
        root.problem(1, "没有任何阶段 [[stage]]");
    }
    for (at, stage) in stages.iter().enumerate() {
        if stages[..at].iter().any(|earlier| earlier.id == stage.id) {
            root.problem(stage.source.line as usize, format!("阶段 {} 重复", stage.id));
        }
    }
    let rules = GroupingRules {
        excluded_diagnoses: list_rows(&diagnosis, "excluded", lists)
            .iter()
            .map(|row| Code::diagnosis(&row.code))
            .collect(),
        excluded_diagnosis_match: diagnosis.choice("excluded_match", &MATCHES).unwrap_or(CodeMatch::Prefix),
        unknown_diagnosis: diagnosis.choice("unknown", &UNKNOWN).unwrap_or(Unknown::Ungrouped),
        operation_match: operations.choice("match", &MATCHES).unwrap_or(CodeMatch::Exact),
        main_operation: operations
            .choice(
                "main",
                &[
                    ("any", MainOperation::Any),
                    ("first", MainOperation::First),
                    ("first_eligible", MainOperation::FirstEligible),
                ],
            )
            .unwrap_or(MainOperation::Any),
        all_related: operations.choice("related", &[("all", true), ("any", false)]).unwrap_or(true),
        excluded_operations: exclusions(&operations, lists),
        excluded_operation_match: operations.choice("excluded_match", &MATCHES).unwrap_or(CodeMatch::Exact),
        unknown_operation: operations.choice("unknown", &UNKNOWN).unwrap_or(Unknown::Ignore),
        highest_class: operations
            .choice("class_of_case", &[("highest", true), ("first", false)])
            .unwrap_or(true),
        surgical_includes_interventional: operations.flag("surgical_includes_interventional"),
        conservative_up_to_level: operations.whole("conservative_up_to_level").unwrap_or(0).min(4) as u8,
        choose: read_choose(root, &stages),
        stages,
    };
    diagnosis.finish();
    operations.finish();
    root.finish();
    rules
}

fn list_rows<'l>(section: &Section<'_>, key: &'static str, lists: &'l Lists) -> &'l [crate::lists::ListRow] {
    let Some(text) = section.text(key) else { return &[] };
    let rows = text.strip_prefix('@').and_then(|name| lists.get(name));
    if rows.is_none() {
        section.problem(
            section.line(),
            format!("{key} 的“{text}”不是清单：写成 @清单名，文件为 lists/清单名.csv"),
        );
    }
    rows.unwrap_or(&[])
}

fn exclusions(section: &Section<'_>, lists: &Lists) -> Vec<(Code, ExclusionRule)> {
    let mut rules = Vec::new();
    for row in list_rows(section, "excluded", lists) {
        let rule = match row.rule.as_str() {
            "drop" => ExclusionRule::Drop,
            "not_main" => ExclusionRule::NotMain,
            "conservative" => ExclusionRule::Conservative,
            "limited" => match pattern::any_diagnosis(&row.scope, lists) {
                Ok(scope) => ExclusionRule::Limited(scope),
                Err(message) => {
                    section.problem(section.line(), format!("排除操作 {}：适用诊断{message}", row.code));
                    continue;
                }
            },
            other => {
                section.problem(
                    section.line(),
                    format!(
                        "排除操作 {} 的规则“{other}”不在可选值内：drop、not_main、conservative、limited",
                        row.code
                    ),
                );
                continue;
            }
        };
        rules.push((Code::procedure(&row.code), rule));
    }
    rules
}

fn read_stage(section: &Section<'_>) -> Stage {
    let mut key_lengths = Vec::new();
    for (text, line) in section.texts("key_lengths").unwrap_or_default() {
        match text.parse::<usize>() {
            Ok(len) if (1..=20).contains(&len) => key_lengths.push(KeyLength::Chars(len)),
            _ if text == "full" => key_lengths.push(KeyLength::Full),
            _ => section.problem(line, format!("key_lengths 的“{text}”应为 1 到 20 的整数或 full")),
        }
    }
    let stage = Stage {
        id: section.needed("id"),
        name: section.needed("name"),
        sets: section.texts("sets").unwrap_or_default().into_iter().map(|(text, _)| text).collect(),
        key_lengths,
        first_length: section
            .choice("collect", &[("first_length", true), ("all_lengths", false)])
            .unwrap_or(true),
        ranges: section.flag("ranges"),
        bare_rows: section
            .choice(
                "bare_rows",
                &[
                    ("conservative", BareRows::Conservative),
                    ("no_better", BareRows::NoBetter),
                    ("always", BareRows::Always),
                ],
            )
            .unwrap_or(BareRows::Conservative),
        tie_break: section.choices("tie_break", &TieBreak::NAMES).unwrap_or_default(),
        source: section.source(),
    };
    if stage.sets.is_empty() {
        section.problem(section.line(), "缺少 sets：本阶段读取哪些目录行");
    }
    if stage.key_lengths.is_empty() && !stage.ranges {
        section.problem(section.line(), "缺少 key_lengths：按主诊断前几位查找");
    }
    section.choice("class_rows", &[("equal", ())]);
    section.finish();
    stage
}

fn read_choose(root: &Section<'_>, stages: &[Stage]) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (text, line) in root.texts("choose").unwrap_or_default() {
        let (pair, condition) =
            text.split_once('?').map_or((text.as_str(), None), |(pair, c)| (pair, Some(c)));
        let (stage, class) = pair.split_once(':').unwrap_or((pair, "*"));
        let Some(stage) = stages.iter().position(|s| s.id == stage) else {
            root.problem(line, format!("choose：没有阶段“{stage}”"));
            continue;
        };
        let class = match class {
            "*" => None,
            word => match OperationClass::NAMES.iter().find(|(name, _)| *name == word) {
                Some((_, class)) => Some(*class),
                None => {
                    root.problem(line, format!("choose：“{word}”不是操作类别"));
                    continue;
                }
            },
        };
        match condition {
            None | Some("unmatched_surgery") => {
                choices.push(Choice { stage, class, unmatched_surgery: condition.is_some() });
            }
            Some(other) => root.problem(line, format!("choose：不认识的条件“{other}”")),
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_never_takes_another_extension() {
        // Worked example GRP-04.
        assert!(!CodeMatch::Extension.takes("99.2800x005", "99.2800x006"));
        assert!(CodeMatch::Extension.takes("99.2800", "99.2800x005"));
        assert!(!CodeMatch::Extension.takes("99.28", "99.2800"));
        assert!(CodeMatch::Prefix.takes("99.28", "99.2800"));
        assert!(!CodeMatch::Exact.takes("99.2800", "99.2800x005"));
    }
}
