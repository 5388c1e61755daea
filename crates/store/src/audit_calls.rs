//! 接口审核: calls of other systems, what they were told, and what their users did about it.

use crate::case_scope::{SCOPE, covers};
use crate::{Moment, Store, StoreError};
use model::Viewer;
use model::canonical::Value;

/// A call to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditCall {
    /// When.
    pub at: Moment,
    /// 接入应用
    pub application: String,
    /// 就诊号 as the caller gave it.
    pub stay: String,
    /// 环节; empty: all.
    pub stage: String,
    /// Lines that were judged.
    pub lines: i64,
    /// `pass`, `revise` or `forced`.
    pub conclusion: String,
}

/// A finding that the caller was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFinding {
    /// 规则编号
    pub rule: String,
    /// Version of the rule.
    pub rule_version: i64,
    /// Level of the rule.
    pub level: String,
    /// 明细号 as the caller gave it.
    pub line: String,
    /// 项目编码
    pub item: String,
    /// 超出数量, ten-thousandths.
    pub quantity: i64,
    /// 违规金额, 分.
    pub amount: i64,
    /// 违规内容
    pub content: String,
}

/// What the caller's user did about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallAnswer {
    /// 继续执行, with a reason.
    Continue,
    /// 返回修改
    Return,
}

impl CallAnswer {
    fn id(self) -> &'static str {
        match self {
            CallAnswer::Continue => "continue",
            CallAnswer::Return => "return",
        }
    }
}

/// What calls of a rule came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSum {
    /// 规则编号
    pub rule: String,
    /// 提醒次数
    pub told: i64,
    /// 继续执行
    pub continued: i64,
    /// 返回修改
    pub returned: i64,
    /// 违规金额 of all, 分.
    pub amount: i64,
    /// 事前避免金额: of those that were returned, 分.
    pub prevented: i64,
}

impl Store {
    /// Keeps a call with its findings, all or nothing; returns the findings' ids in their order.
    pub fn keep_audit_call(
        &self,
        call: &AuditCall,
        findings: &[CallFinding],
    ) -> Result<Vec<i64>, StoreError> {
        let text = |text: &str| Value::Text(text.into());
        self.short_write(|db| {
            let id = db.number(
                "INSERT INTO audit_call (at, application, stay, stage, lines, conclusion) \
                 VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                &[
                    call.at.into(),
                    text(&call.application),
                    text(&call.stay),
                    text(&call.stage),
                    call.lines.into(),
                    text(&call.conclusion),
                ],
            )?;
            let id = id.ok_or_else(|| StoreError::Missing("接口审核".into()))?;
            let mut ids = Vec::with_capacity(findings.len());
            for finding in findings {
                let kept = db.number(
                    "INSERT INTO audit_call_finding (call, rule, rule_version, level, line, item, quantity, \
                     amount, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
                    &[
                        id.into(),
                        text(&finding.rule),
                        finding.rule_version.into(),
                        text(&finding.level),
                        text(&finding.line),
                        text(&finding.item),
                        finding.quantity.into(),
                        finding.amount.into(),
                        text(&finding.content),
                    ],
                )?;
                ids.push(kept.ok_or_else(|| StoreError::Missing("接口审核".into()))?);
            }
            Ok(ids)
        })
    }

    /// Keeps what users of an application did about findings that it was told: all of them, or none. The last word counts.
    ///
    /// # Errors
    /// `Missing`: one was never told to this application.
    pub fn answer_audit_calls(
        &self,
        application: &str,
        answers: &[(i64, CallAnswer, String)],
        at: Moment,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                for (id, answer, reason) in answers {
                    let changed = db.execute(
                        "UPDATE audit_call_finding SET answer = $3, reason = $4, answered_at = $5 WHERE id = $1 \
                         AND call IN (SELECT c.id FROM audit_call c WHERE c.application = $2)",
                        &[
                            (*id).into(),
                            application.into(),
                            answer.id().into(),
                            Value::Text(reason.as_str().into()),
                            at.into(),
                        ],
                    )?;
                    if changed == 0 {
                        return Err(StoreError::Missing(format!("审核结果 {id}")));
                    }
                }
                Ok(())
            })
        })
    }

    /// What the calls from `from` to before `to` came to, by rule, most first; and how many calls there were.
    pub fn audit_call_sums(&self, from: Moment, to: Moment) -> Result<(Vec<CallSum>, i64), StoreError> {
        self.with(|db| {
            let range = [from.into(), to.into()];
            let calls = db.number("SELECT COUNT(*) FROM audit_call WHERE at >= $1 AND at < $2", &range)?;
            let rows = db.all(
                "SELECT f.rule, COUNT(*), CAST(SUM(CASE WHEN f.answer = 'continue' THEN 1 ELSE 0 END) AS BIGINT), \
                 CAST(SUM(CASE WHEN f.answer = 'return' THEN 1 ELSE 0 END) AS BIGINT), \
                 CAST(SUM(f.amount) AS BIGINT), \
                 CAST(SUM(CASE WHEN f.answer = 'return' THEN f.amount ELSE 0 END) AS BIGINT) \
                 FROM audit_call c JOIN audit_call_finding f ON f.call = c.id WHERE c.at >= $1 AND c.at < $2 \
                 GROUP BY f.rule ORDER BY COUNT(*) DESC, 1",
                &range,
            )?;
            let int = |value: &Value| value.int().unwrap_or_default();
            let sums = rows.iter().map(|row| CallSum {
                rule: row[0].str().to_owned(),
                told: int(&row[1]),
                continued: int(&row[2]),
                returned: int(&row[3]),
                amount: int(&row[4]),
                prevented: int(&row[5]),
            });
            Ok((sums.collect(), calls.unwrap_or_default()))
        })
    }

    /// The case of a 住院号, when the viewer may see it: of the given 住院次数, else the last one.
    pub fn case_of_inpatient(
        &self,
        viewer: &Viewer,
        inpatient_number: &str,
        visit: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let sql = format!(
            "SELECT {SCOPE}, c.number, e.visit_number FROM encounter e \
             JOIN inpatient_case c ON c.encounter_key = e.key AND c.month >= 0 \
             WHERE e.inpatient_number = $1 AND e.deleted_at IS NULL ORDER BY e.admitted_at DESC"
        );
        let rows = self.with(|db| db.all(&sql, &[Value::Text(inpatient_number.into())]))?;
        let wanted = |row: &&Vec<Value>| visit.is_none() || row[4].int() == visit;
        Ok(rows.iter().filter(wanted).find(|row| covers(viewer, row)).and_then(|row| row[3].int()))
    }
}
