//! 结果比较: two sets of results of the same cases, by department, group, case and reason.

use crate::connection::Connection;
use crate::{Store, StoreError};
use model::Viewer;
use model::canonical::Value;

/// What results are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceBy {
    /// All cases in one line.
    All,
    /// 科室 of the discharge.
    Department,
    /// 病种 of the earlier results.
    Group,
    /// 原因
    Reason,
    /// 病例
    Case,
}

/// Which results come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// 现行结果, whichever runs made them.
    Current,
    /// 发布前: what was current when the later run was made.
    Earlier,
    /// A run.
    Run(i64),
}

/// What is compared.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The earlier results.
    pub before: Before,
    /// The later run.
    pub after: i64,
    /// 科室: key, empty for cases without one.
    pub department: Option<String>,
    /// 病种 of the earlier results; empty for ungrouped.
    pub group: Option<String>,
    /// 原因
    pub reason: Option<String>,
    /// Only cases with any difference.
    pub changed_only: bool,
}

impl Comparison {
    /// A run with the results that are current.
    pub fn with_current(after: i64) -> Comparison {
        Comparison::between(Before::Current, after)
    }

    /// Everything of two sets of results.
    pub fn between(before: Before, after: i64) -> Comparison {
        Comparison { before, after, department: None, group: None, reason: None, changed_only: false }
    }
}

/// One line of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Department, group, reason or encounter key; empty for cases without one.
    pub key: String,
    /// Its name: department's, group's, or for a case `before → after` group codes.
    pub name: String,
    /// Of a case: its number; 0 otherwise.
    pub number: i64,
    /// Cases that both computed.
    pub cases: i64,
    /// Of those, cases whose result differs in anything.
    pub changed: i64,
    /// Of those, cases in another group than before.
    pub regrouped: i64,
    /// 得分 before, millionths.
    pub points_before: i64,
    /// 得分 after, millionths.
    pub points_after: i64,
    /// 分值费用 before, 分.
    pub payment_before: i64,
    /// 分值费用 after, 分.
    pub payment_after: i64,
    /// 结余 before, 分.
    pub surplus_before: i64,
    /// 结余 after, 分.
    pub surplus_after: i64,
    /// What made the difference: 病种变化, 病种分值变化, 系数变化, 价钱变化, 区间变化 …, most telling first.
    pub reason: String,
}

/// Why a case's result differs, most telling first. The same text for a department counts only when all its cases share it.
const REASON: &str = "CASE \
     WHEN COALESCE(a.group_code, '') = '' AND COALESCE(b.group_code, '') <> '' THEN '由未入组变为入组' \
     WHEN COALESCE(a.group_code, '') <> '' AND COALESCE(b.group_code, '') = '' THEN '由入组变为未入组' \
     WHEN COALESCE(a.group_code, '') <> COALESCE(b.group_code, '') THEN '病种变化' \
     WHEN COALESCE(a.standard_points, -1) <> COALESCE(b.standard_points, -1) THEN '病种分值变化' \
     WHEN COALESCE(a.segment, '') <> COALESCE(b.segment, '') THEN '计分分段变化' \
     WHEN COALESCE(a.hospital_coefficient, -1) <> COALESCE(b.hospital_coefficient, -1) THEN '医院系数变化' \
     WHEN COALESCE(a.group_coefficient, -1) <> COALESCE(b.group_coefficient, -1) THEN '病种系数变化' \
     WHEN COALESCE(a.bonus_coefficient, -1) <> COALESCE(b.bonus_coefficient, -1) THEN '加成系数变化' \
     WHEN COALESCE(a.auxiliary_coefficient, -1) <> COALESCE(b.auxiliary_coefficient, -1) THEN '辅助目录系数变化' \
     WHEN COALESCE(a.point_price, -1) <> COALESCE(b.point_price, -1) THEN '分值价钱变化' \
     WHEN COALESCE(a.payment, 0) <> COALESCE(b.payment, 0) THEN '其他参数变化' \
     ELSE '无变化' END";

/// 无变化, as [`REASON`] says it.
const UNCHANGED: &str = "无变化";

impl Store {
    /// Compares results over the cases that both sides computed and that the viewer may see. Departments, groups and reasons
    /// come in key order; cases only where they differ, the largest change of 结余 first. At most `limit` lines after the first
    /// `offset`.
    pub fn compare(
        &self,
        viewer: &Viewer,
        what: &Comparison,
        by: DifferenceBy,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<Difference>, StoreError> {
        let mut given: Vec<Value> = vec![what.after.into()];
        let filter = filter(viewer, what, &mut given);
        let sums = ["earned_points", "payment", "surplus"]
            .map(|column| {
                format!(
                    "CAST(SUM(COALESCE(a.{column}, 0)) AS BIGINT), CAST(SUM(COALESCE(b.{column}, 0)) AS BIGINT)"
                )
            })
            .join(", ");
        let (key, name, number) = match by {
            DifferenceBy::All => ("''", "''", "0"),
            DifferenceBy::Department => {
                ("COALESCE(e.discharge_department_key, '')", "COALESCE(MAX(d.name), '')", "0")
            }
            DifferenceBy::Group => ("COALESCE(a.group_code, '')", "COALESCE(MAX(g.name), '')", "0"),
            DifferenceBy::Reason => (REASON, "''", "0"),
            DifferenceBy::Case => (
                "c.encounter_key",
                "MAX(COALESCE(NULLIF(a.group_code, ''), '未入组') || ' → ' || COALESCE(NULLIF(b.group_code, ''), '未入组'))",
                "MAX(c.number)",
            ),
        };
        let count = |test: &str| format!("CAST(SUM(CASE WHEN {test} THEN 1 ELSE 0 END) AS BIGINT)");
        let changed = count(&format!("{REASON} <> '{UNCHANGED}'"));
        let regrouped = count("COALESCE(a.group_code, '') <> COALESCE(b.group_code, '')");
        let order = match by {
            DifferenceBy::Case => "ABS(SUM(COALESCE(b.surplus, 0)) - SUM(COALESCE(a.surplus, 0))) DESC, 1",
            _ => "1",
        };
        let grouped = if by == DifferenceBy::All { "" } else { "GROUP BY 1" };
        let having = if by == DifferenceBy::All { "HAVING COUNT(*) > 0" } else { "" };
        given.extend([limit.into(), offset.into()]);
        let sql = format!(
            "SELECT {key}, {name}, {number}, COUNT(*), {changed}, {regrouped}, {sums}, \
             CASE WHEN MIN({REASON}) = MAX({REASON}) THEN MIN({REASON}) ELSE '多种原因' END \
             FROM {FROM} WHERE b.run = $1 {filter} {only} {grouped} {having} ORDER BY {order} LIMIT ${} OFFSET ${}",
            given.len() - 1,
            given.len(),
            only = if by == DifferenceBy::Case && !what.changed_only {
                format!("AND {REASON} <> '{UNCHANGED}'")
            } else {
                String::new()
            },
        );
        let rows = self.with(|db| db.all(&sql, &given))?;
        Ok(rows.iter().map(|row| difference(row)).collect())
    }

    /// How many cases of a comparison differ: the lines that [`DifferenceBy::Case`] has in all.
    pub fn count_changed(&self, viewer: &Viewer, what: &Comparison) -> Result<i64, StoreError> {
        let mut given: Vec<Value> = vec![what.after.into()];
        let filter = filter(viewer, what, &mut given);
        let sql =
            format!("SELECT COUNT(*) FROM {FROM} WHERE b.run = $1 {filter} AND {REASON} <> '{UNCHANGED}'");
        Ok(self.with(|db: &mut Connection| db.number(&sql, &given))?.unwrap_or_default())
    }
}

/// `a` the earlier result of a case, `b` the later one.
const FROM: &str = "case_result b JOIN inpatient_case c ON c.number = b.case_number \
     JOIN case_result a ON a.case_number = c.number \
     LEFT JOIN encounter e ON e.key = c.encounter_key \
     LEFT JOIN department d ON d.key = e.discharge_department_key \
     LEFT JOIN policy_group g ON g.pack = a.pack AND g.code = a.group_code";

/// Conditions that follow `b.run = $1`; what they need is added to `given`.
fn filter(viewer: &Viewer, what: &Comparison, given: &mut Vec<Value>) -> String {
    let scope = ["e.discharge_department_key", "e.attending_key", "e.resident_key"];
    let scope = crate::case_scope::condition(viewer, scope, given);
    let mut parts = Vec::new();
    let mut add = |value: Value| {
        given.push(value);
        format!("${}", given.len())
    };
    parts.push(match what.before {
        Before::Current => "a.run = c.run AND a.run <> b.run".to_owned(),
        Before::Run(run) => format!("a.run = {}", add(run.into())),
        // Results of a regrouping count only when it was published; a later one's do not.
        Before::Earlier => "a.run = (SELECT MAX(o.run) FROM case_result o JOIN compute_run r ON r.id = o.run \
             WHERE o.case_number = b.case_number AND o.run < b.run AND (r.cause = 'sync' OR r.state = 'published'))"
            .to_owned(),
    });
    parts.extend(scope);
    if let Some(department) = &what.department {
        parts.push(format!("COALESCE(e.discharge_department_key, '') = {}", add(text(department))));
    }
    if let Some(group) = &what.group {
        parts.push(format!("COALESCE(a.group_code, '') = {}", add(text(group))));
    }
    if let Some(reason) = &what.reason {
        parts.push(format!("{REASON} = {}", add(text(reason))));
    }
    if what.changed_only {
        parts.push(format!("{REASON} <> '{UNCHANGED}'"));
    }
    format!("AND {}", parts.join(" AND "))
}

/// A text that may be empty.
fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn difference(row: &[Value]) -> Difference {
    let number = |at: usize| row[at].int().unwrap_or_default();
    Difference {
        key: row[0].str().to_owned(),
        name: row[1].str().to_owned(),
        number: number(2),
        cases: number(3),
        changed: number(4),
        regrouped: number(5),
        points_before: number(6),
        points_after: number(7),
        payment_before: number(8),
        payment_after: number(9),
        surplus_before: number(10),
        surplus_after: number(11),
        reason: row[12].str().to_owned(),
    }
}
