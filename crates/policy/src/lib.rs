//! One city's policy for one year (政策包) as data: loaded whole, validated, hashed, compared, imported.
//!
//! The format is described in `docs/policy-pack.md`. No city's rule is in code: this crate only gives the closed set of
//! mechanisms that packs choose from. It reads bytes; who reads the disk is the caller.

mod auxiliary;
pub mod catalogue_text;
mod coefficients;
mod diff;
pub mod edit;
mod evidence;
mod files;
mod group;
mod group_parameters;
pub mod import;
mod lists;
mod load;
mod operations;
mod pack;
pub mod pack_export;
mod pattern;
mod prices;
mod reader;
mod scoring;
mod settlement;
mod sheet;
mod span;
mod stages;
pub mod tables;
pub mod unconfirmed;
pub mod words;

pub use auxiliary::{Auxiliary, AuxiliaryRow, AuxiliaryType, Condition, Level};
pub use coefficients::{Asked, CoefficientKind, CoefficientRow, Coefficients};
pub use diff::{Difference, FileChange};
pub use evidence::{Source, UNCONFIRMED};
pub use files::PackFiles;
pub use group::{COLUMNS as CATALOGUE_COLUMNS, ClassRule, Flag, Group, Kind, PatientConditions};
pub use lists::{ListRow, Lists};
pub use load::CodeMap;
pub use operations::{OperationClass, OperationProperty, OperationTable};
pub use pack::{DateBasis, Identity, Status};
pub use pattern::{AllOf, DiagnosisPattern};
pub use prices::{Price, PriceKind};
pub use scoring::{Bands, Cost, Factor, PointsCoefficient, Rounding, Scheme, Scoring, Segment};
pub use settlement::{
    BedDayRate, FixedQuota, Hospital, InsuranceType, Minus, Pays, ReferenceCost, SeparateItem, Settlement,
    SettlementWay, Sharing,
};
pub use span::Span;
pub use stages::{
    BareRows, Choice, CodeMatch, ExclusionRule, GroupingRules, KeyLength, MainOperation, Stage, TieBreak,
    Unknown,
};

pub use model::{Problem, Problems};

use model::Code;
use rustc_hash::FxHashMap;

/// A loaded, valid pack.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who, where, when.
    pub identity: Identity,
    /// `sha256:` over the effective files.
    pub hash: String,
    /// Evidence texts; index 0 is [`UNCONFIRMED`].
    pub evidence: Vec<String>,
    /// File names that sources point at.
    pub file_names: Vec<String>,
    /// 病种分值库 in file order.
    pub groups: Vec<Group>,
    /// 手术操作属性
    pub operations: OperationTable,
    /// 分组流程
    pub grouping: GroupingRules,
    /// 计分规则
    pub scoring: Scoring,
    /// 系数
    pub coefficients: Coefficients,
    /// 分值价钱
    pub prices: Vec<Price>,
    /// 结算规则
    pub settlement: Settlement,
    /// 险种
    pub insurance_types: Vec<InsuranceType>,
    /// 结算方式
    pub settlement_ways: Vec<SettlementWay>,
    /// 医院
    pub hospitals: Vec<Hospital>,
    /// 项目定额病种
    pub fixed_quotas: Vec<FixedQuota>,
    /// 床日
    pub bed_days: Vec<BedDayRate>,
    /// 独立计算项目
    pub separate_items: Vec<SeparateItem>,
    /// 参照费用 by level
    pub reference_costs: Vec<ReferenceCost>,
    /// 辅助目录
    pub auxiliary: Auxiliary,
    /// Valid diagnoses with names, when the pack lists them.
    pub diagnoses: Option<FxHashMap<Code, String>>,
    /// 临床版 → 医保版
    pub code_map: CodeMap,
}

impl Policy {
    /// The date that decides whether the pack is in force for a case, by the pack's date basis.
    pub fn date_of(&self, case: &model::Case) -> Option<jiff::civil::Date> {
        let recorded = match self.identity.date_basis {
            DateBasis::Discharge => case.discharged,
            DateBasis::Settlement => case.settled.or(case.discharged),
        };
        case.policy_date.or(recorded.map(|moment| moment.date()))
    }

    /// `catalogue.csv:12` of a source.
    pub fn place(&self, source: Source) -> String {
        let file = self.file_names.get(usize::from(source.file)).map_or("", String::as_str);
        format!("{file}:{}", source.line)
    }

    /// The evidence text of a source.
    pub fn evidence_of(&self, source: Source) -> &str {
        self.evidence.get(usize::from(source.evidence)).map_or(UNCONFIRMED, String::as_str)
    }
}
