//! 病种: one row of the city's catalogue (病种分值库).

use crate::evidence::Source;
use crate::lists::Lists;
use crate::operations::OperationClass;
use crate::pattern::{self, AllOf, DiagnosisPattern};
use crate::reader::{Context, Row, Sheet};
use crate::span::Span;
use model::{Code, Points, Sex};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;

/// Contract kind of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 核心病种
    Core,
    /// 综合病种
    Composite,
    /// 基层病种
    Primary,
}

impl Kind {
    /// The word packs and the JSON contract use.
    pub const NAMES: [(&'static str, Kind); 3] =
        [("core", Kind::Core), ("composite", Kind::Composite), ("primary", Kind::Primary)];

    /// As in the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Core => "core",
            Kind::Composite => "composite",
            Kind::Primary => "primary",
        }
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Kind::Core => "核心病种",
            Kind::Composite => "综合病种",
            Kind::Primary => "基层病种",
        }
    }
}

/// How a row without operation codes picks its cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassRule {
    /// The case's operation class.
    Class(OperationClass),
    /// The case's highest operation level lies in `lo..=hi`.
    Levels(u8, u8),
}

/// Properties of a group that other sections refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// 基层病种
    Primary,
    /// 项目定额病种
    FixedQuota,
    /// 日间手术
    DaySurgery,
    /// 中医优势病种
    Tcm,
    /// No auxiliary coefficient (辅助目录) applies.
    NoAuxiliary,
    /// 床日
    BedDay,
}

impl Flag {
    /// The word packs use.
    pub const NAMES: [(&'static str, Flag); 6] = [
        ("primary", Flag::Primary),
        ("fixed_quota", Flag::FixedQuota),
        ("day_surgery", Flag::DaySurgery),
        ("tcm", Flag::Tcm),
        ("no_auxiliary", Flag::NoAuxiliary),
        ("bed_day", Flag::BedDay),
    ];
}

/// Conditions on the patient that a row may set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatientConditions {
    /// 性别
    pub sex: Option<Sex>,
    /// 年龄, years.
    pub age_years: Option<Span>,
    /// 日龄, days.
    pub age_days: Option<Span>,
    /// 出生体重, grams.
    pub birth_weight_g: Option<Span>,
    /// 住院天数
    pub stay_days: Option<Span>,
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// 病种编码
    pub code: String,
    /// 病种名称
    pub name: String,
    /// Which stages read it.
    pub set: String,
    /// Contract kind.
    pub kind: Kind,
    /// The city's own label (`二级核心病种` …).
    pub category: String,
    /// 主诊断: any of.
    pub diagnosis: Vec<DiagnosisPattern>,
    /// 其他诊断 condition.
    pub other_diagnosis: AllOf<DiagnosisPattern>,
    /// 主要操作; empty with `related_operation` empty: a row without operation.
    pub main_operation: AllOf<Code>,
    /// 其他操作
    pub related_operation: AllOf<Code>,
    /// Chosen by operation class or level instead of by code.
    pub class_rule: Option<ClassRule>,
    /// Sex, age, weight, stay.
    pub patient: PatientConditions,
    /// 标准分
    pub points: Points,
    /// 参照费用, yuan; means carry more than two decimals.
    pub reference_cost: Option<Decimal>,
    /// 平均住院日
    pub mean_days: Option<Decimal>,
    /// 变异系数
    pub cv: Option<Decimal>,
    /// 病例数 behind the score.
    pub cases: Option<u32>,
    /// 病种标识
    pub flags: Vec<Flag>,
    /// Where the row stands and what its points rest on.
    pub source: Source,
}

impl Group {
    /// Whether the row names no operation and no operation class.
    pub fn is_bare(&self) -> bool {
        self.main_operation.is_empty() && self.related_operation.is_empty() && self.class_rule.is_none()
    }

    /// Whether the group carries a flag.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// Columns of `catalogue.csv`, in the order an export writes them.
pub const COLUMNS: [&str; 22] = [
    "code",
    "name",
    "set",
    "kind",
    "category",
    "diagnosis",
    "other_diagnosis",
    "main_operation",
    "related_operation",
    "operation_class",
    "sex",
    "age_years",
    "age_days",
    "birth_weight_g",
    "stay_days",
    "points",
    "reference_cost",
    "mean_days",
    "cv",
    "cases",
    "flags",
    "evidence",
];

pub(crate) fn read(context: &Context, file: &str, bytes: &[u8], lists: &Lists) -> Vec<Group> {
    let sheet =
        Sheet::read(context, file, bytes, &COLUMNS, &["code", "name", "set", "kind", "diagnosis", "points"]);
    let mut groups = Vec::new();
    let mut seen = FxHashMap::default();
    for row in sheet.rows(context, file) {
        let group = read_group(&row, lists);
        if let Some(line) = seen.insert(group.code.clone(), row.line) {
            row.problem("code", format!("病种编码 {} 与第 {line} 行重复", group.code));
        }
        groups.push(group);
    }
    if groups.is_empty() {
        context.problem(file, 1, "目录中没有任何病种");
    }
    groups
}

fn read_group(row: &Row<'_>, lists: &Lists) -> Group {
    fn report<T: Default>(row: &Row<'_>, column: &str, parsed: Result<T, String>) -> T {
        parsed.unwrap_or_else(|message| {
            row.problem(column, message);
            T::default()
        })
    }
    let procedures = |column| report(row, column, pattern::procedures(row.text(column), lists));
    row.needed("kind");
    Group {
        code: row.needed("code").to_owned(),
        name: row.needed("name").to_owned(),
        set: row.needed("set").to_owned(),
        kind: row.choice("kind", &Kind::NAMES).unwrap_or(Kind::Core),
        category: row.text("category").to_owned(),
        diagnosis: report(row, "diagnosis", pattern::any_diagnosis(row.needed("diagnosis"), lists)),
        other_diagnosis: report(
            row,
            "other_diagnosis",
            pattern::diagnoses(row.text("other_diagnosis"), lists),
        ),
        main_operation: procedures("main_operation"),
        related_operation: procedures("related_operation"),
        class_rule: class_rule(row),
        patient: PatientConditions {
            sex: row.choice("sex", &[("1", Sex::Male), ("2", Sex::Female)]),
            age_years: row.span("age_years"),
            age_days: row.span("age_days"),
            birth_weight_g: row.span("birth_weight_g"),
            stay_days: row.span("stay_days"),
        },
        points: row.needed_amount("points"),
        reference_cost: row.amount("reference_cost"),
        mean_days: row.amount("mean_days"),
        cv: row.amount("cv"),
        cases: row.whole("cases"),
        flags: flags(row),
        source: row.source(),
    }
}

fn class_rule(row: &Row<'_>) -> Option<ClassRule> {
    let text = row.text("operation_class");
    if let Some(level) = text.strip_prefix("level:") {
        let (lo, hi) = level.split_once("..").unwrap_or((level, level));
        let levels = lo.parse().ok().zip(hi.parse().ok()).filter(|(lo, hi)| 1 <= *lo && lo <= hi && *hi <= 4);
        if levels.is_none() {
            row.problem("operation_class", "手术级别写成 level:1 到 level:4，或范围 level:3..4");
        }
        return levels.map(|(lo, hi)| ClassRule::Levels(lo, hi));
    }
    row.choice("operation_class", &OperationClass::NAMES).map(ClassRule::Class)
}

fn flags(row: &Row<'_>) -> Vec<Flag> {
    let mut flags = Vec::new();
    for word in row.text("flags").split(';').map(str::trim).filter(|word| !word.is_empty()) {
        match Flag::NAMES.iter().find(|(name, _)| *name == word) {
            Some((_, flag)) => flags.push(*flag),
            None => row.problem("flags", format!("不认识的标识“{word}”")),
        }
    }
    flags
}
