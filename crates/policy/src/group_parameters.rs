//! 病种参数: which rows of a pack concern one group.

use crate::coefficients::{CoefficientKind, CoefficientRow};
use crate::group::{Flag, Group};
use crate::scoring::Scheme;
use crate::{AuxiliaryType, Level, Policy};

impl Policy {
    /// The segments for a group: by code, then by flag, then the default.
    pub fn scheme_of(&self, group: &Group) -> Option<&Scheme> {
        let schemes = &self.scoring.schemes;
        schemes
            .iter()
            .find(|scheme| scheme.groups.contains(&group.code))
            .or_else(|| schemes.iter().find(|scheme| scheme.flags.iter().any(|flag| group.has(*flag))))
            .or_else(|| schemes.first())
    }

    /// Coefficient rows that can apply to a group; 考核系数 concern hospitals only.
    pub fn coefficients_of<'p>(&'p self, group: &'p Group) -> impl Iterator<Item = &'p CoefficientRow> {
        self.coefficients.rows.iter().filter(|row| {
            row.coefficient != CoefficientKind::Assessment
                && (row.group.is_empty() || row.group == group.code)
                && row.kind.is_none_or(|kind| kind == group.kind)
        })
    }

    /// 辅助目录 of a group: subtypes with the levels that have a coefficient for it.
    pub fn auxiliary_of(&self, group: &Group) -> Vec<(&AuxiliaryType, Vec<(&Level, model::Ratio)>)> {
        if !self.auxiliary.kinds.contains(&group.kind) || group.has(Flag::NoAuxiliary) {
            return Vec::new();
        }
        let levels = |kind: &'_ AuxiliaryType, level: &'_ Level| {
            self.auxiliary.coefficient(&kind.id, &level.id, &group.code).map(|row| row.coefficient)
        };
        self.auxiliary
            .types
            .iter()
            .map(|kind| {
                let with = kind.levels.iter().filter_map(|level| Some((level, levels(kind, level)?)));
                (kind, with.collect::<Vec<_>>())
            })
            .filter(|(_, levels)| !levels.is_empty())
            .collect()
    }

    /// A group by its code, letter case aside.
    pub fn group(&self, code: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.code.eq_ignore_ascii_case(code))
    }
}
