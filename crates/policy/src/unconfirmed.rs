//! 未确认参数: everything in a pack that no document backs yet, by file and line.

use crate::{Policy, Source};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Unconfirmed parameters of one kind in one file.
pub struct Unconfirmed {
    /// File inside the pack.
    pub file: String,
    /// What the parameters are, in Chinese.
    pub what: &'static str,
    /// Lines, ascending.
    pub lines: Vec<u32>,
}

impl Unconfirmed {
    /// `catalogue.csv:2-4445 病种分值 4444 处`.
    pub fn in_words(&self) -> String {
        format!("{}:{} {} {} 处", self.file, self.ranges(), self.what, self.lines.len())
    }

    /// Lines with neighbours joined: `2-15,20`; at most eight parts.
    fn ranges(&self) -> String {
        let mut text = String::new();
        let mut parts = 0;
        for run in self.lines.chunk_by(|a, b| a + 1 == *b || a == b) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            parts += 1;
            if parts > 8 {
                text.push('…');
                break;
            }
            let comma = if parts > 1 { "," } else { "" };
            // Writing to a String cannot fail.
            let _ = match first == last {
                true => write!(text, "{comma}{first}"),
                false => write!(text, "{comma}{first}-{last}"),
            };
        }
        text
    }
}

/// All unconfirmed parameters, by file and kind.
pub fn list(policy: &Policy) -> Vec<Unconfirmed> {
    let mut found: BTreeMap<(String, &'static str), Vec<u32>> = BTreeMap::new();
    for (what, source) in sources(policy) {
        if !source.confirmed() {
            let file = policy.file_names.get(usize::from(source.file)).cloned().unwrap_or_default();
            found.entry((file, what)).or_default().push(source.line);
        }
    }
    found
        .into_iter()
        .map(|((file, what), mut lines)| {
            lines.sort_unstable();
            lines.dedup();
            Unconfirmed { file, what, lines }
        })
        .collect()
}

/// Every parameter of the pack that has a source.
fn sources(policy: &Policy) -> Vec<(&'static str, Source)> {
    let mut all = vec![
        ("政策包身份", policy.identity.source),
        ("基准率", policy.scoring.source),
        ("分值费用公式", policy.settlement.source),
    ];
    let mut add = |what, sources: &mut dyn Iterator<Item = Source>| all.extend(sources.map(|s| (what, s)));
    add("病种分值", &mut policy.groups.iter().map(|row| row.source));
    add("手术操作属性", &mut policy.operations.rows().iter().map(|row| row.source));
    add("分组阶段", &mut policy.grouping.stages.iter().map(|row| row.source));
    add("基准率分段", &mut policy.scoring.schemes.iter().flat_map(|s| &s.segments).map(|row| row.source));
    add("系数", &mut policy.coefficients.rows.iter().map(|row| row.source));
    add("分值价钱", &mut policy.prices.iter().map(|row| row.source));
    add("清算分担", &mut policy.settlement.sharing.iter().map(|row| row.source));
    add("险种", &mut policy.insurance_types.iter().map(|row| row.source));
    add("结算方式", &mut policy.settlement_ways.iter().map(|row| row.source));
    add("医院", &mut policy.hospitals.iter().map(|row| row.source));
    add("项目定额病种", &mut policy.fixed_quotas.iter().map(|row| row.source));
    add("床日标准", &mut policy.bed_days.iter().map(|row| row.source));
    add("独立计算项目", &mut policy.separate_items.iter().map(|row| row.source));
    add("分级参照费用", &mut policy.reference_costs.iter().map(|row| row.source));
    add("辅助分型", &mut policy.auxiliary.types.iter().map(|row| row.source));
    add("辅助目录系数", &mut policy.auxiliary.rows().map(|row| row.source));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_lines_are_joined() {
        let of = |lines: &[u32]| {
            Unconfirmed { file: "a.csv".to_owned(), what: "系数", lines: lines.to_vec() }.in_words()
        };
        assert_eq!(of(&[2, 3, 4, 9]), "a.csv:2-4,9 系数 4 处");
        assert_eq!(of(&[7]), "a.csv:7 系数 1 处");
    }
}
