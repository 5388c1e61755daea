//! 评分与违规: what the audit and quality engines find for a case in a run, beside earlier runs' findings.

use crate::{Store, StoreError};
use model::canonical::Value;

/// A score of a case (病案评分 …).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseScore {
    /// Number of the case.
    pub case: i64,
    /// The compute run that made it.
    pub run: i64,
    /// Which score.
    pub kind: String,
    /// Ten-thousandths.
    pub score: i64,
    /// Hash of the rules that made it.
    pub rules: String,
}

/// One finding (违规, 缺陷).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFinding {
    /// Number of the case.
    pub case: i64,
    /// The compute run that made it.
    pub run: i64,
    /// audit or quality.
    pub engine: String,
    /// Rule id.
    pub rule: String,
    /// Hash of the rules that made it.
    pub rules: String,
    /// As the rule says.
    pub severity: String,
    /// The charge line at fault; empty when the case is.
    pub line_key: String,
    /// Amount too much, 分.
    pub amount: Option<i64>,
    /// Quantity too much, ten-thousandths.
    pub quantity: Option<i64>,
    /// What proves it, as the engine says it.
    pub evidence: String,
}

const FINDING: [&str; 10] = [
    "case_number",
    "run",
    "engine",
    "rule",
    "rules",
    "severity",
    "line_key",
    "amount",
    "quantity",
    "evidence",
];

impl Store {
    /// Keeps the scores and findings of a batch of cases, all or nothing. A run scores a case once.
    pub fn save_findings(&self, scores: &[CaseScore], findings: &[CaseFinding]) -> Result<(), StoreError> {
        let scores: Vec<[Value; 5]> = scores
            .iter()
            .map(|s| {
                [s.case.into(), s.run.into(), s.kind.as_str().into(), s.score.into(), s.rules.as_str().into()]
            })
            .collect();
        let findings: Vec<[Value; 10]> = findings
            .iter()
            .map(|f| {
                [
                    f.case.into(),
                    f.run.into(),
                    f.engine.as_str().into(),
                    f.rule.as_str().into(),
                    f.rules.as_str().into(),
                    f.severity.as_str().into(),
                    f.line_key.as_str().into(),
                    f.amount.into(),
                    f.quantity.into(),
                    f.evidence.as_str().into(),
                ]
            })
            .collect();
        self.with(|db| {
            db.transaction(|db| {
                let columns = ["case_number", "run", "kind", "score", "rules"];
                db.insert_many("case_score", &columns, scores.iter().map(|row| row.as_slice()), "")?;
                db.insert_many("case_finding", &FINDING, findings.iter().map(|row| row.as_slice()), "")
            })
        })
    }

    /// The findings of a case in a run, in the order they were kept.
    pub fn findings(&self, case: i64, run: i64) -> Result<Vec<CaseFinding>, StoreError> {
        let sql = format!(
            "SELECT {} FROM case_finding WHERE case_number = $1 AND run = $2 ORDER BY id",
            FINDING.join(", ")
        );
        let rows = self.with(|db| db.all(&sql, &[case.into(), run.into()]))?;
        let text = |value: &Value| value.str().to_owned();
        Ok(rows
            .iter()
            .map(|row| CaseFinding {
                case,
                run,
                engine: text(&row[2]),
                rule: text(&row[3]),
                rules: text(&row[4]),
                severity: text(&row[5]),
                line_key: text(&row[6]),
                amount: row[7].int(),
                quantity: row[8].int(),
                evidence: text(&row[9]),
            })
            .collect())
    }

    /// The scores of a case, newest run first.
    pub fn scores(&self, case: i64) -> Result<Vec<CaseScore>, StoreError> {
        let rows = self.with(|db| {
            db.all(
                "SELECT run, kind, score, rules FROM case_score WHERE case_number = $1 ORDER BY run DESC, kind",
                &[case.into()],
            )
        })?;
        Ok(rows
            .iter()
            .map(|row| CaseScore {
                case,
                run: row[0].int().unwrap_or_default(),
                kind: row[1].str().to_owned(),
                score: row[2].int().unwrap_or_default(),
                rules: row[3].str().to_owned(),
            })
            .collect())
    }
}
