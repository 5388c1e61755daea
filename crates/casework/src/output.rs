//! Result lines: the contract of `design.md` 6, as JSON or CSV.

use crate::{CandidateRow, CaseError, Engine, ExplainedStep, Scheme};
use grouper::{Grouping, Outcome};
use model::{Case, Code, Fen};
use policy::{Group, Policy};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use settle::Priced;

/// Format of a case or result file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON lines.
    Jsonl,
    /// CSV with the contract's names.
    Csv,
    /// CSV for people: Chinese columns and words, UTF-8 with a byte order mark, no cell that a spreadsheet would compute.
    Table,
}

impl Format {
    /// What a file begins with.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Format::Jsonl => "",
            Format::Csv => CSV_HEADER,
            Format::Table => TABLE_HEADER,
        }
    }

    /// What a file of error lines begins with.
    pub(crate) fn error_header(self) -> &'static str {
        match self {
            Format::Table => TABLE_ERROR_HEADER,
            other => other.header(),
        }
    }
}

/// Columns of a CSV result, the members of the JSON contract.
const CSV_HEADER: &str = "id,group_code,group_name,kind,standard_points,benchmark_ratio,band,factor,\
earned_points,price_kind,payment,surplus,confirmed,pack,reason,line,field,error\n";

const TABLE_HEADER: &str = "\u{feff}病例号,病种编码,病种名称,病种类型,标准分,基准率,基准率区间,分段系数,得分,付费依据,\
分值费用（元）,结余（元）,参数已确认,未入组或未测算原因\n";

const TABLE_ERROR_HEADER: &str = "\u{feff}行号,病例号,字段,错误\n";

/// A decimal shown with a fixed number of digits.
#[derive(Clone, Copy)]
struct Shown(Decimal, u32);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.*}", self.1 as usize, self.0)
    }
}

fn yuan(fen: Fen) -> Shown {
    Shown(fen.yuan(), 2)
}

/// One result line.
#[derive(Serialize)]
pub(crate) struct Result<'a> {
    id: &'a str,
    group_code: Option<&'a str>,
    group_name: Option<&'a str>,
    kind: &'static str,
    standard_points: Option<Shown>,
    benchmark_ratio: Option<Shown>,
    band: Option<&'a str>,
    factor: Option<Shown>,
    earned_points: Option<Shown>,
    price_kind: Option<&'static str>,
    payment: Option<Shown>,
    surplus: Option<Shown>,
    confirmed: bool,
    pack: &'a str,
    reason: Option<&'a str>,
    #[serde(skip)]
    kind_chinese: &'static str,
    #[serde(skip)]
    paid_by: &'static str,
    #[serde(skip)]
    reason_chinese: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<TraceLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidates: Option<Vec<CandidateLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schemes: Option<Vec<SchemeLine>>,
}

/// One step of grouping or pricing.
#[derive(Serialize)]
struct TraceLine {
    stage: String,
    input: String,
    row: Option<String>,
    source: Option<String>,
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    text: String,
}

/// One catalogue row that was looked at, priced when its conditions are fulfilled.
#[derive(Serialize)]
struct CandidateLine {
    group_code: String,
    group_name: String,
    kind: &'static str,
    stage: String,
    outcome: &'static str,
    matched: Vec<String>,
    unmatched: Vec<String>,
    standard_points: Shown,
    earned_points: Option<Shown>,
    payment: Option<Shown>,
    surplus: Option<Shown>,
    text: String,
}

/// One scheme (入组方案).
#[derive(Serialize)]
struct SchemeLine {
    group_code: String,
    group_name: String,
    kind: &'static str,
    principal_diagnosis: String,
    matched: Vec<String>,
    unmatched: Vec<String>,
    first_choice: bool,
    most_points: bool,
    best_surplus: bool,
    /// A coder must review it before use.
    needs_review: bool,
    /// Its principal diagnosis is not in the record.
    undocumented: bool,
    standard_points: Shown,
    benchmark_ratio: Option<Shown>,
    band: String,
    earned_points: Option<Shown>,
    payment: Option<Shown>,
    surplus: Option<Shown>,
    confirmed: bool,
}

impl<'a> Result<'a> {
    pub(crate) fn new(
        policy: &'a Policy,
        case: &'a Case,
        grouping: Grouping,
        priced: Option<&Priced>,
    ) -> Result<'a> {
        let group = grouping.group().and_then(|group| policy.groups.get(group));
        let digits = policy.scoring.rounding;
        let (reason, reason_chinese) = match grouping {
            Grouping::Ungrouped(reason) => (Some(reason.name()), reason.chinese()),
            Grouping::Group { .. } => {
                let missing = priced.and_then(Priced::missing);
                (missing.map(settle::Missing::name), missing.map_or("", settle::Missing::chinese))
            }
        };
        Result {
            id: &case.id,
            group_code: group.map(|group| group.code.as_str()),
            group_name: group.map(|group| group.name.as_str()),
            kind: group.map_or("ungrouped", |group| group.kind.name()),
            standard_points: priced.map(|priced| Shown(priced.standard_points, digits.points)),
            benchmark_ratio: priced.and_then(|priced| Some(Shown(priced.ratio?, digits.ratio))),
            band: priced.and_then(|priced| priced.band.map(|_| priced.band_label(policy))),
            factor: priced.and_then(|priced| Some(Shown(priced.factor?, digits.factor))),
            earned_points: priced.and_then(|priced| Some(Shown(priced.earned_points?, digits.points))),
            price_kind: priced.and_then(Priced::price_kind),
            payment: priced.and_then(|priced| priced.payment).map(yuan),
            surplus: priced.and_then(|priced| priced.surplus).map(yuan),
            confirmed: priced.is_some_and(|priced| priced.confirmed),
            pack: &policy.hash,
            reason,
            kind_chinese: group.map_or("未入组", |group| group.kind.chinese()),
            paid_by: priced.and_then(|priced| priced.paid_by).map_or("", settle::PaidBy::chinese),
            reason_chinese,
            trace: None,
            candidates: None,
            schemes: None,
        }
    }

    pub(crate) fn trace(&mut self, steps: Vec<ExplainedStep>) {
        let line = |step: ExplainedStep| TraceLine {
            stage: step.stage,
            input: step.input,
            row: step.row,
            source: step.source,
            result: step.result,
            evidence: step.evidence,
            text: step.text,
        };
        self.trace = Some(steps.into_iter().map(line).collect());
    }

    pub(crate) fn candidates(&mut self, engine: &Engine, candidates: &[CandidateRow]) {
        let policy = engine.policy();
        let line = |candidate: &CandidateRow| {
            let group = policy.groups.get(candidate.group)?;
            let priced = candidate.priced;
            let digits = policy.scoring.rounding;
            Some(CandidateLine {
                group_code: group.code.clone(),
                group_name: group.name.clone(),
                kind: group.kind.name(),
                stage: policy.grouping.stages.get(candidate.stage).map(|s| s.id.clone()).unwrap_or_default(),
                outcome: match candidate.outcome {
                    Outcome::Chosen => "chosen",
                    Outcome::Lost { .. } => "lost",
                    Outcome::Preceded { .. } => "preceded",
                    Outcome::Refused => "refused",
                },
                matched: codes(&candidate.matched),
                unmatched: codes(&candidate.unmatched),
                standard_points: Shown(group.points, digits.points),
                earned_points: priced.and_then(|p| Some(Shown(p.earned_points?, digits.points))),
                payment: priced.and_then(|p| p.payment).map(yuan),
                surplus: priced.and_then(|p| p.surplus).map(yuan),
                text: candidate.text.clone(),
            })
        };
        self.candidates = Some(candidates.iter().filter_map(line).collect());
    }

    pub(crate) fn schemes(&mut self, engine: &Engine, schemes: &[Scheme]) {
        let policy = engine.policy();
        let line = |scheme: &Scheme| {
            let group: &Group = policy.groups.get(scheme.group)?;
            let (digits, priced) = (policy.scoring.rounding, &scheme.priced);
            Some(SchemeLine {
                group_code: group.code.clone(),
                group_name: group.name.clone(),
                kind: group.kind.name(),
                principal_diagnosis: scheme.principal.to_string(),
                matched: codes(&scheme.matched),
                unmatched: codes(&scheme.unmatched),
                first_choice: scheme.first_choice,
                most_points: scheme.most_points,
                best_surplus: scheme.best_surplus,
                needs_review: scheme.needs_review,
                undocumented: scheme.undocumented,
                standard_points: Shown(group.points, digits.points),
                benchmark_ratio: priced.ratio.map(|ratio| Shown(ratio, digits.ratio)),
                band: priced.band_label(policy).to_owned(),
                earned_points: priced.earned_points.map(|points| Shown(points, digits.points)),
                payment: priced.payment.map(yuan),
                surplus: priced.surplus.map(yuan),
                confirmed: priced.confirmed,
            })
        };
        self.schemes = Some(schemes.iter().filter_map(line).collect());
    }

    pub(crate) fn write_json(&self, text: &mut Vec<u8>) {
        // Serialising plain texts and numbers into memory cannot fail.
        if serde_json::to_writer(&mut *text, self).is_ok() {
            text.push(b'\n');
        }
    }

    /// The line for people.
    pub(crate) fn write_table(&self, text: &mut Vec<u8>) {
        let show = |shown: Option<Shown>| shown.map(|shown| shown.to_string()).unwrap_or_default();
        let kind = self.kind_chinese;
        write_record(
            text,
            &[
                &harmless(self.id),
                self.group_code.unwrap_or_default(),
                &harmless(self.group_name.unwrap_or_default()),
                kind,
                &show(self.standard_points),
                &show(self.benchmark_ratio),
                self.band.unwrap_or_default(),
                &show(self.factor),
                &show(self.earned_points),
                self.paid_by,
                &show(self.payment),
                &show(self.surplus),
                if self.group_code.is_none() {
                    ""
                } else if self.confirmed {
                    "是"
                } else {
                    "否"
                },
                self.reason_chinese,
            ],
        );
    }

    pub(crate) fn write_csv(&self, text: &mut Vec<u8>) {
        let show = |shown: Option<Shown>| shown.map(|shown| shown.to_string()).unwrap_or_default();
        write_record(
            text,
            &[
                self.id,
                self.group_code.unwrap_or_default(),
                self.group_name.unwrap_or_default(),
                self.kind,
                &show(self.standard_points),
                &show(self.benchmark_ratio),
                self.band.unwrap_or_default(),
                &show(self.factor),
                &show(self.earned_points),
                self.price_kind.unwrap_or_default(),
                &show(self.payment),
                &show(self.surplus),
                if self.confirmed { "true" } else { "false" },
                self.pack,
                self.reason.unwrap_or_default(),
                "",
                "",
                "",
            ],
        );
    }
}

/// The line of a case that could not be read.
#[derive(Serialize)]
struct ErrorLine<'a> {
    line: usize,
    id: Option<&'a str>,
    field: Option<&'a str>,
    error: &'a str,
}

/// Appends the line of a bad case.
pub(crate) fn error(text: &mut Vec<u8>, to: Format, line: usize, case: &Case, error: &CaseError) {
    let message = format!("第 {line} 行：{}", error.message);
    if to == Format::Table {
        let field = crate::files::chinese_field(error.field);
        let id = harmless(&case.id);
        return write_record(text, &[&line.to_string(), &id, field, &harmless(&error.message)]);
    }
    if to == Format::Csv {
        let mut cells = [""; 18];
        let number = line.to_string();
        (cells[0], cells[3], cells[15], cells[16], cells[17]) =
            (&case.id, "error", &number, error.field, &message);
        return write_record(text, &cells);
    }
    let given = |text: &'_ str| (!text.is_empty()).then_some(text.to_owned());
    let (id, field) = (given(&case.id), given(error.field));
    let line = ErrorLine { line, id: id.as_deref(), field: field.as_deref(), error: &message };
    if serde_json::to_writer(&mut *text, &line).is_ok() {
        text.push(b'\n');
    }
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{text}").into(),
        _ => text.into(),
    }
}

fn write_record(text: &mut Vec<u8>, cells: &[&str]) {
    // Writing into memory cannot fail.
    let _ = csv::Writer::from_writer(text).write_record(cells);
}

fn codes(codes: &[Code]) -> Vec<String> {
    codes.iter().map(Code::to_string).collect()
}
