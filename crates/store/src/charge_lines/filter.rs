//! 费用明细的筛选.

use super::fee_class::class_sql;
use model::canonical::{FEE_CLASSES, Value};

/// Which lines of a case. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeFilter {
    /// 首页费用分类 with what is within it; empty: all.
    pub class: String,
    /// 开单科室; empty: all.
    pub ordering_department: String,
    /// 执行科室; empty: all.
    pub performing_department: String,
    /// 项目编码 or 医保目录编码, any of these; empty: all.
    pub items: Vec<String>,
    /// Part of the item's name, or the beginning of its code or 医保目录编码; empty: all.
    pub text: String,
    /// Day of the charge, days since 1970-01-01.
    pub day: Option<i64>,
    /// Refunds and the lines they take back only.
    pub refunds: bool,
    /// From 1; 0 counts as 1.
    pub page: i64,
    /// Lines a page; 0: everything.
    pub page_size: i64,
}

const SECONDS_A_DAY: i64 = 86_400;

impl ChargeFilter {
    /// Conditions over [`FROM`] and their parameters; the first is the encounter.
    pub(super) fn sql(&self, encounter: &str) -> (String, Vec<Value>) {
        let mut conditions = "l.encounter_key = $1 AND l.deleted_at IS NULL".to_owned();
        let mut parameters: Vec<Value> = vec![encounter.into()];
        let mut equal = |column: &str, value: &str| {
            if !value.is_empty() {
                parameters.push(value.into());
                conditions.push_str(&format!(" AND {column} = ${}", parameters.len()));
            }
        };
        equal("l.ordering_department_key", &self.ordering_department);
        equal("l.performing_department_key", &self.performing_department);
        if !self.items.is_empty() {
            let mut places = Vec::new();
            for item in &self.items {
                parameters.push(item.as_str().into());
                places.push(format!("${}", parameters.len()));
            }
            let places = places.join(", ");
            conditions.push_str(&format!(
                " AND (l.item_key IN ({places}) OR COALESCE(l.insurer_code, i.insurer_code) IN ({places}))"
            ));
        }
        if !self.class.is_empty() {
            let parts = FEE_CLASSES.iter().filter(|class| class.within == Some(self.class.as_str()));
            let classes = parts.map(|class| class.code).chain([self.class.as_str()]);
            let mut places = Vec::new();
            for class in classes {
                parameters.push(class.into());
                places.push(format!("${}", parameters.len()));
            }
            conditions.push_str(&format!(" AND {} IN ({})", class_sql(), places.join(", ")));
        }
        if let Some(day) = self.day {
            let from = day.saturating_mul(SECONDS_A_DAY);
            parameters.extend([from.into(), from.saturating_add(SECONDS_A_DAY).into()]);
            let to = parameters.len();
            conditions.push_str(&format!(" AND l.charged_at >= ${} AND l.charged_at < ${to}", to - 1));
        }
        let text = self.text.trim();
        if !text.is_empty() {
            let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_").to_lowercase();
            parameters.push(format!("%{escaped}%").as_str().into());
            parameters.push(format!("{escaped}%").as_str().into());
            let (part, start) = (parameters.len() - 1, parameters.len());
            conditions.push_str(&format!(
                " AND (LOWER(COALESCE(l.item_name, i.name)) LIKE ${part} ESCAPE '!' \
                 OR LOWER(l.item_key) LIKE ${start} ESCAPE '!' \
                 OR LOWER(COALESCE(l.insurer_code, i.insurer_code)) LIKE ${start} ESCAPE '!')"
            ));
        }
        if self.refunds {
            conditions.push_str(
                " AND (l.refund_of IS NOT NULL OR l.key IN (SELECT x.refund_of FROM charge_line x \
                 WHERE x.encounter_key = $1 AND x.refund_of IS NOT NULL AND x.deleted_at IS NULL))",
            );
        }
        (conditions, parameters)
    }
}
