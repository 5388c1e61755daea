//! 评分与违规: what the audit and quality engines find for a case in a run, beside earlier runs' findings.

use crate::{Store, StoreError};
use model::canonical::Value;
use model::{DataScope, Viewer};

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

/// Which findings: of the results that are current, of discharges on these days (days since 1970), of a department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingScope {
    /// audit, catalogue, quality …
    pub engine: String,
    /// First discharge day.
    pub from: Option<i64>,
    /// Last discharge day.
    pub to: Option<i64>,
    /// Department of the discharge.
    pub department: Option<String>,
}

/// Findings of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingCount {
    /// Rule id.
    pub rule: String,
    /// As the rule says.
    pub severity: String,
    /// How many.
    pub findings: i64,
    /// In how many cases.
    pub cases: i64,
    /// Amount too much, 分.
    pub amount: i64,
}

/// A finding with its case's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedFinding {
    /// The finding.
    pub finding: CaseFinding,
    /// 住院号
    pub inpatient_number: String,
    /// Department of the discharge.
    pub department: String,
    /// Days since 1970.
    pub discharge_day: Option<i64>,
}

impl Store {
    /// Whether an engine ever found anything.
    pub fn has_findings(&self, engine: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM case_finding WHERE engine = $1 LIMIT 1";
        Ok(self.with(|db| db.first(sql, &[engine.into()]))?.is_some())
    }

    /// Findings by rule, most first; only of cases that `viewer` may see.
    pub fn finding_counts(
        &self,
        viewer: &Viewer,
        scope: &FindingScope,
    ) -> Result<Vec<FindingCount>, StoreError> {
        let (rows_of, parameters) = findings_within(viewer, scope);
        let sql = format!(
            "SELECT f.rule, f.severity, COUNT(*), COUNT(DISTINCT f.case_number), \
             CAST(COALESCE(SUM(f.amount), 0) AS BIGINT) {rows_of} GROUP BY f.rule, f.severity ORDER BY 3 DESC, 1, 2"
        );
        let rows = self.with(|db| db.all(&sql, &parameters))?;
        Ok(rows
            .iter()
            .map(|row| FindingCount {
                rule: row[0].str().to_owned(),
                severity: row[1].str().to_owned(),
                findings: row[2].int().unwrap_or_default(),
                cases: row[3].int().unwrap_or_default(),
                amount: row[4].int().unwrap_or_default(),
            })
            .collect())
    }

    /// A page of findings of a rule (empty: all rules), largest amount first, and how many there are.
    pub fn findings_page(
        &self,
        viewer: &Viewer,
        scope: &FindingScope,
        rule: &str,
        (offset, limit): (i64, i64),
    ) -> Result<(Vec<PlacedFinding>, i64), StoreError> {
        let (mut rows_of, mut parameters) = findings_within(viewer, scope);
        if !rule.is_empty() {
            parameters.push(rule.into());
            rows_of.push_str(&format!(" AND f.rule = ${}", parameters.len()));
        }
        let columns: Vec<String> = FINDING.iter().map(|column| format!("f.{column}")).collect();
        let sql = format!(
            "SELECT {}, e.inpatient_number, d.name, c.discharge_day {rows_of} \
             ORDER BY COALESCE(f.amount, 0) DESC, f.id LIMIT {limit} OFFSET {offset}",
            columns.join(", ")
        );
        let count = format!("SELECT COUNT(*) {rows_of}");
        self.with(|db| {
            let total = db.number(&count, &parameters)?.unwrap_or_default();
            let text = |value: &Value| value.str().to_owned();
            let rows = db.all(&sql, &parameters)?;
            let placed = rows.iter().map(|row| PlacedFinding {
                finding: CaseFinding {
                    case: row[0].int().unwrap_or_default(),
                    run: row[1].int().unwrap_or_default(),
                    engine: text(&row[2]),
                    rule: text(&row[3]),
                    rules: text(&row[4]),
                    severity: text(&row[5]),
                    line_key: text(&row[6]),
                    amount: row[7].int(),
                    quantity: row[8].int(),
                    evidence: text(&row[9]),
                },
                inpatient_number: text(&row[10]),
                department: text(&row[11]),
                discharge_day: row[12].int(),
            });
            Ok((placed.collect(), total))
        })
    }
}

/// `FROM … WHERE …` of the findings of current results that a viewer may see.
fn findings_within(viewer: &Viewer, scope: &FindingScope) -> (String, Vec<Value>) {
    let mut sql = "FROM case_finding f JOIN inpatient_case c ON c.number = f.case_number AND c.run = f.run \
         JOIN encounter e ON e.key = c.encounter_key \
         LEFT JOIN department d ON d.key = e.discharge_department_key WHERE f.engine = $1"
        .to_owned();
    let mut parameters: Vec<Value> = vec![scope.engine.as_str().into()];
    let mut add = |condition: &str, value: Value| {
        parameters.push(value);
        sql.push_str(&format!(" AND {}", condition.replace('?', &format!("${}", parameters.len()))));
    };
    if let Some(from) = scope.from {
        add("c.discharge_day >= ?", from.into());
    }
    if let Some(to) = scope.to {
        add("c.discharge_day <= ?", to.into());
    }
    if let Some(department) = &scope.department {
        add("e.discharge_department_key = ?", department.as_str().into());
    }
    match &viewer.scope {
        DataScope::Hospital => {}
        DataScope::Nothing => sql.push_str(" AND 1 = 0"),
        DataScope::Doctor(key) => add("(e.attending_key = ? OR e.resident_key = ?)", key.as_str().into()),
        DataScope::Departments(keys) => {
            let places: Vec<String> = keys
                .iter()
                .map(|key| {
                    parameters.push(key.as_str().into());
                    format!("${}", parameters.len())
                })
                .collect();
            let list = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
            sql.push_str(&format!(" AND e.discharge_department_key IN ({list})"));
        }
    }
    (sql, parameters)
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
