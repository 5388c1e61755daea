//! 违规预警: what audits find, what people did with it, and who may see it.

use crate::audit_inputs::AuditCursor;
use crate::audit_rules::WARNINGS;
use crate::audit_warnings::{WARNED, and_scope};
use crate::collect::count_on;
use crate::connection::Connection;
use crate::{Moment, Store, StoreError};
use model::Viewer;
use model::canonical::Value;
use std::collections::HashMap;

/// 处理状态 of a warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingState {
    /// 待处理
    #[default]
    Open,
    /// 医生忽略: explained with a reason.
    Ignored,
    /// 已更正: the charge is being mended.
    Corrected,
    /// 确认违规
    Confirmed,
    /// 申诉中
    Appealed,
}

impl FindingState {
    /// All, with their stored and Chinese names.
    pub const ALL: [(FindingState, &'static str, &'static str); 5] = [
        (FindingState::Open, "open", "待处理"),
        (FindingState::Ignored, "ignored", "医生忽略"),
        (FindingState::Corrected, "corrected", "已更正"),
        (FindingState::Confirmed, "confirmed", "确认违规"),
        (FindingState::Appealed, "appealed", "申诉"),
    ];

    /// The name that is stored.
    pub fn id(self) -> &'static str {
        FindingState::ALL[self as usize].1
    }

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        FindingState::ALL[self as usize].2
    }

    /// By its stored name.
    pub fn named(id: &str) -> Option<FindingState> {
        FindingState::ALL.iter().find(|entry| entry.1 == id).map(|entry| entry.0)
    }
}

/// A warning as an audit makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFinding {
    /// 规则编号
    pub rule: String,
    /// Version of the rule.
    pub rule_version: i64,
    /// Kind of the rule, as its document says.
    pub kind: String,
    /// Level of the rule, as its document says.
    pub level: String,
    /// 试运行: counts, warns nobody.
    pub shadow: bool,
    /// The line that is too much; empty: 疑点 of the stay as a whole.
    pub line_key: String,
    /// The lines that caused it, by time.
    pub because_of: Vec<String>,
    /// Item of the line.
    pub item_key: String,
    /// Time of the line; without one of the discharge, else of the admission.
    pub charged_at: Moment,
    /// 超出数量, ten-thousandths.
    pub quantity: i64,
    /// 违规金额, 分.
    pub amount: i64,
    /// 预警内容
    pub content: String,
}

/// A case as audited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditedCase {
    /// Number of the case.
    pub number: i64,
    /// Void: it has no findings, and no audit.
    pub void: bool,
    /// 科室
    pub department_key: String,
    /// 主诊医师
    pub attending_key: String,
    /// 住院医师
    pub resident_key: String,
    /// 在院
    pub in_house: bool,
    /// Days since 1970.
    pub discharge_day: Option<i64>,
    /// Days since 1970.
    pub settled_day: Option<i64>,
    /// What could not be judged and why.
    pub unjudged: Vec<String>,
    /// Its warnings.
    pub findings: Vec<NewFinding>,
}

/// A warning with what people did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFinding {
    /// Number.
    pub id: i64,
    /// Number of the case.
    pub case: i64,
    /// What the audit said.
    pub found: NewFinding,
    /// 预警时间
    pub found_at: Moment,
    /// When a later audit did not find it any more, and whether because of the rule.
    pub gone: Option<(Moment, bool)>,
    /// 处理状态
    pub state: FindingState,
}

/// A step of 处理.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingStep {
    /// What it became.
    pub state: FindingState,
    /// 理由
    pub reason: String,
    /// 工号
    pub login: String,
    /// 姓名
    pub name: String,
    /// When.
    pub at: Moment,
}

impl Store {
    /// Up to where cases are audited by the rules of this change number; (0, 0) for other rules.
    pub fn audit_cursor(&self, rules: i64) -> Result<AuditCursor, StoreError> {
        let row = self.with(|db| {
            db.first("SELECT rules, changed, case_number FROM audit_progress WHERE one = 1", &[])
        })?;
        let int = |value: &Value| value.int().unwrap_or_default();
        Ok(row.filter(|row| row[0].int() == Some(rules)).map_or((0, 0), |row| (int(&row[1]), int(&row[2]))))
    }

    /// Keeps the audit of a batch of cases and how far it came, all or nothing. A warning that is found again keeps what people
    /// did with it; one that is not found any more stays, as gone.
    pub fn save_audited(
        &self,
        cases: &[AuditedCase],
        rules: i64,
        (changed, number): AuditCursor,
        now: Moment,
    ) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                save(db, cases, now)?;
                count_on(db, WARNINGS, 1)?;
                db.execute(
                    "INSERT INTO audit_progress (one, rules, changed, case_number) VALUES (1, $1, $2, $3) \
                     ON CONFLICT (one) DO UPDATE SET rules = excluded.rules, changed = excluded.changed, \
                     case_number = excluded.case_number",
                    &[rules.into(), changed.into(), number.into()],
                )?;
                Ok(())
            })
        })
    }

    /// One warning, when the viewer may see its case.
    pub fn audit_finding(&self, viewer: &Viewer, id: i64) -> Result<Option<AuditFinding>, StoreError> {
        let mut parameters = vec![id.into()];
        let scope = and_scope(viewer, &mut parameters);
        let sql = format!("SELECT {FINDING} FROM {WARNED} WHERE f.id = $1{scope}");
        self.with(|db| db.first(&sql, &parameters))?.map(|row| finding(&row)).transpose()
    }

    /// Warnings of a case by time of the charge, when the viewer may see it; those that are gone come last.
    pub fn case_audit_findings(&self, viewer: &Viewer, case: i64) -> Result<Vec<AuditFinding>, StoreError> {
        let mut parameters = vec![case.into()];
        let scope = and_scope(viewer, &mut parameters);
        let sql = format!(
            "SELECT {FINDING} FROM {WARNED} WHERE f.case_number = $1 AND f.shadow = 0{scope} \
             ORDER BY CASE WHEN f.gone_at IS NULL THEN 0 ELSE 1 END, f.charged_at, f.id"
        );
        self.with(|db| db.all(&sql, &parameters))?.iter().map(|row| finding(row)).collect()
    }

    /// 处理记录 of a warning, the first step first.
    pub fn finding_steps(&self, id: i64) -> Result<Vec<FindingStep>, StoreError> {
        let sql =
            "SELECT state, reason, login, name, at FROM audit_finding_step WHERE finding = $1 ORDER BY id";
        self.with(|db| db.all(sql, &[id.into()]))?
            .iter()
            .map(|row| {
                Ok(FindingStep {
                    state: state(&row[0])?,
                    reason: row[1].str().to_owned(),
                    login: row[2].str().to_owned(),
                    name: row[3].str().to_owned(),
                    at: row[4].int().unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Goes a step on with warnings that the caller has looked up for its viewer: all of them, or none.
    ///
    /// # Errors
    /// `Changed`: one is not in the state that was seen.
    pub fn step_findings(&self, seen: &[(i64, FindingState)], step: &FindingStep) -> Result<(), StoreError> {
        self.with(|db| {
            db.transaction(|db| {
                for (id, from) in seen {
                    let changed = db.execute(
                        "UPDATE audit_finding SET state = $3 WHERE id = $1 AND state = $2",
                        &[(*id).into(), from.id().into(), step.state.id().into()],
                    )?;
                    if changed == 0 {
                        return Err(StoreError::Changed(format!("预警 {id}")));
                    }
                    db.execute(
                        "INSERT INTO audit_finding_step (finding, state, reason, login, name, at) \
                         VALUES ($1, $2, $3, $4, $5, $6)",
                        &[
                            (*id).into(),
                            step.state.id().into(),
                            Value::Text(step.reason.as_str().into()),
                            Value::Text(step.login.as_str().into()),
                            Value::Text(step.name.as_str().into()),
                            step.at.into(),
                        ],
                    )?;
                }
                count_on(db, WARNINGS, 1).map(|_| ())
            })
        })
    }

    /// What could not be judged of a case at its last audit, and when that was; `None`: not audited.
    pub fn audited_case(&self, case: i64) -> Result<Option<(Moment, Vec<String>)>, StoreError> {
        let sql = "SELECT audited_at, unjudged FROM audit_case WHERE case_number = $1";
        let row = self.with(|db| db.first(sql, &[case.into()]))?;
        Ok(row.map(|row| (row[0].int().unwrap_or_default(), lines(&row[1]))))
    }
}

/// Columns that [`finding`] reads.
pub(crate) const FINDING: &str = "f.id, f.case_number, f.rule, f.rule_version, f.kind, f.level, f.shadow, f.line_key, \
     f.because_of, f.item_key, f.charged_at, f.quantity, f.amount, f.content, f.found_at, f.gone_at, f.gone_why, f.state";

pub(crate) fn finding(row: &[Value]) -> Result<AuditFinding, StoreError> {
    let int = |at: usize| row[at].int().unwrap_or_default();
    let text = |at: usize| row[at].str().to_owned();
    Ok(AuditFinding {
        id: int(0),
        case: int(1),
        found: NewFinding {
            rule: text(2),
            rule_version: int(3),
            kind: text(4),
            level: text(5),
            shadow: int(6) == 1,
            line_key: text(7),
            because_of: lines(&row[8]),
            item_key: text(9),
            charged_at: int(10),
            quantity: int(11),
            amount: int(12),
            content: text(13),
        },
        found_at: int(14),
        gone: row[15].int().map(|at| (at, row[16].str() == RULE)),
        state: state(&row[17])?,
    })
}

fn state(value: &Value) -> Result<FindingState, StoreError> {
    FindingState::named(value.str()).ok_or_else(|| StoreError::Shape("预警处理状态".into()))
}

fn lines(value: &Value) -> Vec<String> {
    value.str().lines().map(str::to_owned).collect()
}

/// `gone_why`
const RULE: &str = "rule";
const CHARGES: &str = "charges";

/// What is known of a finding before an audit.
struct Known {
    id: i64,
    row: Vec<Value>,
    gone: bool,
}

fn save(db: &mut Connection, cases: &[AuditedCase], now: Moment) -> Result<(), StoreError> {
    let mut known: HashMap<(i64, String, String), Known> = HashMap::new();
    if db.first("SELECT 1 FROM audit_finding LIMIT 1", &[])?.is_some() {
        let sql =
            format!("SELECT id, gone_at, {} FROM audit_finding WHERE case_number = $1", SAVED.join(", "));
        for case in cases {
            db.query(&sql, &[case.number.into()], &mut |row| {
                let key = (case.number, row[3].str().to_owned(), row[7].str().to_owned());
                let (id, gone) = (row[0].int().unwrap_or_default(), row[1].int().is_some());
                known.insert(key, Known { id, gone, row: row[2..].to_vec() });
                Ok(())
            })?;
        }
    }
    let text = |text: &str| Value::Text(text.into());
    let mut fresh: Vec<Vec<Value>> = Vec::new();
    for case in cases {
        for found in &case.findings {
            let values = vec![
                case.number.into(),
                text(&found.rule),
                found.rule_version.into(),
                text(&found.kind),
                text(&found.level),
                text(&found.line_key),
                i64::from(found.shadow).into(),
                text(&found.because_of.join("\n")),
                text(&found.item_key),
                found.charged_at.into(),
                found.quantity.into(),
                found.amount.into(),
                text(&found.content),
            ];
            match known.remove(&(case.number, found.rule.clone(), found.line_key.clone())) {
                None => {
                    fresh.push(
                        values.into_iter().chain([now.into(), text(FindingState::Open.id())]).collect(),
                    );
                }
                Some(before) if before.gone || before.row != values => {
                    let set: Vec<String> =
                        SAVED.iter().enumerate().map(|(at, name)| format!("{name} = ${}", at + 2)).collect();
                    let values: Vec<Value> = [before.id.into()].into_iter().chain(values).collect();
                    db.execute(
                        &format!(
                            "UPDATE audit_finding SET {}, gone_at = NULL, gone_why = NULL WHERE id = $1",
                            set.join(", ")
                        ),
                        &values,
                    )?;
                }
                Some(_) => {}
            }
        }
    }
    let columns: Vec<&str> = SAVED.into_iter().chain(["found_at", "state"]).collect();
    db.insert_many("audit_finding", &columns, fresh.iter().map(Vec::as_slice), "")?;
    for before in known.values().filter(|before| !before.gone) {
        // The rule still says the same of other charges: then it was the charges that changed.
        db.execute(
            "UPDATE audit_finding SET gone_at = $2, gone_why = CASE WHEN EXISTS (SELECT 1 FROM audit_rule r \
             WHERE r.id = audit_finding.rule AND r.state <> 'closed' AND r.published = audit_finding.rule_version) \
             THEN $3 ELSE $4 END WHERE id = $1",
            &[before.id.into(), now.into(), CHARGES.into(), RULE.into()],
        )?;
    }
    let rows: Vec<[Value; 9]> = cases
        .iter()
        .filter(|case| !case.void)
        .map(|case| {
            [
                case.number.into(),
                text(&case.department_key),
                text(&case.attending_key),
                text(&case.resident_key),
                i64::from(case.in_house).into(),
                case.discharge_day.into(),
                case.settled_day.into(),
                now.into(),
                text(&case.unjudged.join("\n")),
            ]
        })
        .collect();
    for void in cases.iter().filter(|case| case.void) {
        db.execute("DELETE FROM audit_case WHERE case_number = $1", &[void.number.into()])?;
    }
    db.insert_many(
        "audit_case",
        &[
            "case_number",
            "department_key",
            "attending_key",
            "resident_key",
            "in_house",
            "discharge_day",
            "settled_day",
            "audited_at",
            "unjudged",
        ],
        rows.iter().map(|row| row.as_slice()),
        "ON CONFLICT (case_number) DO UPDATE SET department_key = excluded.department_key, \
         attending_key = excluded.attending_key, resident_key = excluded.resident_key, in_house = excluded.in_house, \
         discharge_day = excluded.discharge_day, settled_day = excluded.settled_day, \
         audited_at = excluded.audited_at, unjudged = excluded.unjudged",
    )
}

/// What an audit says of a finding; case, rule and line are its key.
const SAVED: [&str; 13] = [
    "case_number",
    "rule",
    "rule_version",
    "kind",
    "level",
    "line_key",
    "shadow",
    "because_of",
    "item_key",
    "charged_at",
    "quantity",
    "amount",
    "content",
];
