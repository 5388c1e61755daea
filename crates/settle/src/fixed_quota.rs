//! 项目定额: the amount of a quota group for a level and an insurance type.

use policy::Policy;
use rustc_hash::FxHashMap;

/// Rows of `fixed_quota.csv` by group, most specific first.
#[derive(Clone, Debug, Default)]
pub(crate) struct QuotaTable {
    rows: Vec<Vec<usize>>,
}

impl QuotaTable {
    /// Compiles the rows; the second value says for each group which list it has.
    pub(crate) fn new(policy: &Policy) -> (QuotaTable, Vec<Option<u32>>) {
        let mut by_group: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, row) in policy.fixed_quotas.iter().enumerate() {
            by_group.entry(&row.group).or_default().push(at);
        }
        let mut table = QuotaTable::default();
        let of_group = policy.groups.iter().map(|group| {
            let mut rows = by_group.remove(group.code.as_str())?;
            let filled = |at: &usize| {
                policy.fixed_quotas.get(*at).map_or(0, |row| {
                    usize::from(!row.hospital_level.is_empty()) + usize::from(!row.insurance_type.is_empty())
                })
            };
            rows.sort_by_key(|at| std::cmp::Reverse(filled(at)));
            table.rows.push(rows);
            u32::try_from(table.rows.len() - 1).ok()
        });
        let of_group = of_group.collect();
        (table, of_group)
    }

    /// The row with most cells filled that fits; file order breaks ties. Index into [`Policy::fixed_quotas`].
    pub(crate) fn find(
        &self,
        policy: &Policy,
        list: Option<u32>,
        level: &str,
        insurance_type: &str,
    ) -> Option<usize> {
        let cell = |cell: &str, value: &str| cell.is_empty() || cell == value;
        let fits = |at: &&usize| {
            policy.fixed_quotas.get(**at).is_some_and(|row| {
                cell(&row.hospital_level, level) && cell(&row.insurance_type, insurance_type)
            })
        };
        self.rows.get(list? as usize)?.iter().find(fits).copied()
    }
}
