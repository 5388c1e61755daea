//! 入组与计价的说明: the steps to a case's group and money, the rows that were looked at, and the schemes there are.

use crate::Engine;
use grouper::{Grouping, Outcome, SchemeOptions};
use model::{Case, Code, Points};
use policy::Kind;
use settle::{Ask, Priced};

/// Which half of the way a step belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 入组
    Grouping,
    /// 计价
    Pricing,
}

/// One step to the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedStep {
    /// 入组 or 计价.
    pub part: Part,
    /// 阶段, or what is worked out.
    pub stage: String,
    /// What went in; for a price the formula with its numbers.
    pub input: String,
    /// 病种编码 of the catalogue row concerned.
    pub row: Option<String>,
    /// Where its parameters stand (`catalogue.csv:12`).
    pub source: Option<String>,
    /// What they rest on.
    pub evidence: Option<String>,
    /// What came out.
    pub result: String,
    /// The step as a Chinese sentence.
    pub text: String,
    /// No parameter of the step is UNCONFIRMED.
    pub confirmed: bool,
}

/// 候选病种: a catalogue row that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateRow {
    /// Index into the pack's groups.
    pub group: usize,
    /// Index into the pack's stages.
    pub stage: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// Operations of the record it uses.
    pub matched: Vec<Code>,
    /// Operations of the record it leaves unused.
    pub unmatched: Vec<Code>,
    /// The case priced in it; `None` when a condition is not fulfilled.
    pub priced: Option<Priced>,
    /// Why it is or is not the case's group.
    pub text: String,
}

/// 入组方案: a group that the diagnoses and operations could lead to, priced.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Index into the pack's groups.
    pub group: usize,
    /// The principal diagnosis it rests on.
    pub principal: Code,
    /// Operations of the record it uses.
    pub matched: Vec<Code>,
    /// Operations of the record it leaves unused.
    pub unmatched: Vec<Code>,
    /// 首选: what the grouper chooses for the record as it stands.
    pub first_choice: bool,
    /// 最高分值
    pub most_points: bool,
    /// 最优结余
    pub best_surplus: bool,
    /// Another principal diagnosis than the record's: a coder must review it.
    pub needs_review: bool,
    /// That diagnosis is not in the record at all.
    pub undocumented: bool,
    /// The case priced in it.
    pub priced: Priced,
}

/// A case with everything that led to its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The group, or why there is none.
    pub grouping: Grouping,
    /// 测算; `None` without a group.
    pub priced: Option<Priced>,
    /// Steps in order: grouping, then pricing.
    pub steps: Vec<ExplainedStep>,
    /// Rows looked at: fulfilled ones first, stage by stage.
    pub candidates: Vec<CandidateRow>,
}

impl Engine {
    /// Groups and prices a case with every reason. Group and numbers are those of [`Engine::answer`], by the same code.
    pub fn explain(&self, case: &Case) -> Explanation {
        let explained = self.grouper.explain(case);
        let grouping = explained.grouping;
        let priced = self.price(case, grouping);
        Explanation {
            steps: self.steps(case, &explained, priced.as_ref()),
            candidates: self.candidates(case, &explained),
            grouping,
            priced,
        }
    }

    pub(crate) fn steps(
        &self,
        case: &Case,
        explained: &grouper::Explanation<'_>,
        priced: Option<&Priced>,
    ) -> Vec<ExplainedStep> {
        let grouping = explained.steps().into_iter().map(|step| ExplainedStep {
            part: Part::Grouping,
            stage: step.stage,
            input: step.input,
            row: step.row,
            source: step.source,
            evidence: None,
            result: step.result,
            text: step.text,
            confirmed: true,
        });
        let policy = self.policy();
        let given = |text: String| (!text.is_empty()).then_some(text);
        let pricing = priced.map(|priced| self.pricer.explain(case, priced.group, &Ask::default()));
        let pricing = pricing.iter().flatten().map(|step| ExplainedStep {
            part: Part::Pricing,
            stage: step.name().to_owned(),
            input: step.formula(policy),
            row: None,
            source: given(step.place(policy)),
            evidence: given(step.evidence(policy)),
            result: step.result_text(policy),
            text: step.sentence(policy),
            confirmed: step.confirmed,
        });
        grouping.chain(pricing).collect()
    }

    pub(crate) fn candidates(&self, case: &Case, explained: &grouper::Explanation<'_>) -> Vec<CandidateRow> {
        let row = |candidate: grouper::Candidate| {
            let fulfilled = candidate.outcome != Outcome::Refused;
            CandidateRow {
                priced: fulfilled.then(|| self.pricer.price(case, candidate.group, &Ask::default())),
                group: candidate.group,
                stage: candidate.stage,
                outcome: candidate.outcome,
                matched: candidate.matched,
                unmatched: candidate.unmatched,
                text: candidate.text,
            }
        };
        explained.candidates().into_iter().map(row).collect()
    }

    /// 入组方案 of a case, the grouper's own choice first.
    pub fn schemes(&self, case: &Case, options: SchemeOptions) -> Vec<Scheme> {
        let rows = self.grouper.schemes(case, options);
        let priced: Vec<Priced> =
            rows.iter().map(|row| self.pricer.price(case, row.group, &Ask::default())).collect();
        let first = rows.iter().position(|row| row.first_choice);
        let marks = settle::mark_schemes(&priced, first);
        rows.into_iter()
            .zip(priced)
            .zip(marks)
            .map(|((row, priced), mark)| Scheme {
                group: row.group,
                principal: row.principal,
                matched: row.matched,
                unmatched: row.unmatched,
                first_choice: mark.first_choice,
                most_points: mark.highest_points,
                best_surplus: mark.best_surplus,
                needs_review: row.principal_changed,
                undocumented: row.undocumented,
                priced,
            })
            .collect()
    }

    /// 病种编码, 病种名称, 类型 and 标准分 of a group; `None` for an index beyond the catalogue.
    pub fn group(&self, at: usize) -> Option<(&str, &str, Kind, Points)> {
        let group = self.policy().groups.get(at)?;
        Some((&group.code, &group.name, group.kind, group.points))
    }
}
