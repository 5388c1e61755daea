//! 入组过程: every step and every candidate of one case, in a structure and in Chinese.

use crate::grouping::{Grouper, Grouping, Hit, Listener, Refused, Scratch};
use crate::index::GroupId;
use crate::prepare::{Prepared, bit, mapped_procedure};
use crate::select;
use crate::sentence;
use model::{Case, Code};
use policy::{Policy, TieBreak};

/// One step of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// 阶段名称, or the check before the stages.
    pub stage: String,
    /// What went in.
    pub input: String,
    /// 病种编码 of the row concerned.
    pub row: Option<String>,
    /// Where that row stands: `catalogue.csv:12`.
    pub source: Option<String>,
    /// What came out.
    pub result: String,
    /// The step as a Chinese sentence.
    pub text: String,
}

/// What became of a catalogue row under the case's diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The case's group.
    Chosen,
    /// Fulfilled, but another row of its stage was better by this key (`None`: earlier in the file).
    Lost {
        /// Index of the better group.
        to: usize,
        /// The key that decided.
        by: Option<TieBreak>,
    },
    /// Best of its stage, but the type order or an earlier stage preferred another.
    Preceded {
        /// Index of the preferred group.
        by: usize,
    },
    /// A condition is not fulfilled.
    Refused,
}

/// A catalogue row that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Index into [`Policy::groups`].
    pub group: usize,
    /// Index into the pack's stages.
    pub stage: usize,
    /// Operations of the record it uses.
    pub matched: Vec<Code>,
    /// Operations of the record it leaves unused.
    pub unmatched: Vec<Code>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, as a Chinese sentence.
    pub text: String,
}

/// A grouping with its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The same result as [`Grouper::group`].
    pub grouping: Grouping,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Every row that was looked at: fulfilled ones first, stage by stage.
    pub candidates: Vec<Candidate>,
}

/// Everything that happened.
#[derive(Default)]
struct Record {
    events: Vec<Event>,
}

enum Event {
    LookedUp(usize, String, usize),
    Hit(usize, Hit),
    Refused(usize, GroupId, Refused),
    Result(usize, Option<Hit>),
}

impl Listener for Record {
    fn looked_up(&mut self, stage: usize, key: &str, rows: usize) {
        self.events.push(Event::LookedUp(stage, key.to_owned(), rows));
    }
    fn hit(&mut self, stage: usize, hit: &Hit) {
        self.events.push(Event::Hit(stage, *hit));
    }
    fn refused(&mut self, stage: usize, group: GroupId, why: Refused) {
        self.events.push(Event::Refused(stage, group, why));
    }
    fn stage_result(&mut self, stage: usize, hit: Option<&Hit>) {
        self.events.push(Event::Result(stage, hit.copied()));
    }
}

impl Grouper {
    /// Groups one case and tells how: the same answer as [`Grouper::group`], with steps and candidates.
    pub fn explain(&self, case: &Case) -> Explanation {
        let policy = &*self.policy;
        let mut steps = Vec::new();
        if let Err(reason) = self.admit(case, &case.principal_diagnosis) {
            steps.push(sentence::refused_before_stages(case, reason));
            return Explanation { grouping: Grouping::Ungrouped(reason), steps, candidates: Vec::new() };
        }
        let mut scratch = Scratch::default();
        scratch.prepared.fill(policy, &self.index, case, &case.principal_diagnosis.code);
        steps.push(sentence::prepared(policy, &self.index, case, &scratch.prepared));
        let mut record = Record::default();
        let grouping = self.search(case, &mut scratch, &mut record);
        let prepared = &scratch.prepared;
        for event in &record.events {
            match event {
                Event::LookedUp(stage, key, rows) => {
                    steps.push(sentence::looked_up(policy, *stage, key, *rows))
                }
                Event::Result(stage, hit) => {
                    let hits: Vec<&Hit> = record.hits(*stage).collect();
                    steps.push(sentence::stage_result(policy, *stage, case, prepared, &hits, hit.as_ref()));
                }
                Event::Hit(..) | Event::Refused(..) => {}
            }
        }
        steps.push(sentence::chosen(policy, grouping, prepared));
        let candidates = record.candidates(policy, case, prepared, grouping);
        Explanation { grouping, steps, candidates }
    }
}

impl Record {
    fn hits(&self, of: usize) -> impl Iterator<Item = &Hit> {
        self.events.iter().filter_map(move |event| match event {
            Event::Hit(stage, hit) if *stage == of => Some(hit),
            _ => None,
        })
    }

    /// Fulfilled rows first; `no_better` may have dropped a fulfilled bare row, which then lost to the winner.
    fn candidates(
        &self,
        policy: &Policy,
        case: &Case,
        prepared: &Prepared,
        grouping: Grouping,
    ) -> Vec<Candidate> {
        let winner = |of: usize| {
            self.events.iter().find_map(|event| match event {
                Event::Result(stage, hit) if *stage == of => *hit,
                _ => None,
            })
        };
        let mut fulfilled = Vec::new();
        let mut refused = Vec::new();
        for event in &self.events {
            match event {
                Event::Hit(stage, hit) => {
                    let best = winner(*stage);
                    let outcome = match (grouping, best) {
                        (Grouping::Group { group, stage: s, .. }, _)
                            if group == hit.group as usize && s == *stage =>
                        {
                            Outcome::Chosen
                        }
                        (_, Some(best)) if best.group != hit.group => {
                            let keys = policy.grouping.stages.get(*stage).map_or(&[][..], |s| &s.tie_break);
                            let by =
                                select::compare(policy, keys, case, prepared, &best, hit).map(|(_, key)| key);
                            Outcome::Lost { to: best.group as usize, by }
                        }
                        (Grouping::Group { group, .. }, _) => Outcome::Preceded { by: group },
                        _ => Outcome::Refused,
                    };
                    let (matched, unmatched) = split(policy, case, prepared, hit.matched);
                    let text = sentence::outcome(policy, hit, outcome);
                    fulfilled.push(Candidate {
                        group: hit.group as usize,
                        stage: *stage,
                        matched,
                        unmatched,
                        outcome,
                        text,
                    });
                }
                Event::Refused(stage, group, why) => {
                    let (_, unmatched) = split(policy, case, prepared, 0);
                    let text = sentence::refused(policy, *group, *why, case, prepared);
                    refused.push(Candidate {
                        group: *group as usize,
                        stage: *stage,
                        matched: Vec::new(),
                        unmatched,
                        outcome: Outcome::Refused,
                        text,
                    });
                }
                Event::LookedUp(..) | Event::Result(..) => {}
            }
        }
        fulfilled.append(&mut refused);
        fulfilled
    }
}

/// The case's operations that are in a set, and those that are not.
pub(crate) fn split(
    policy: &Policy,
    case: &Case,
    prepared: &Prepared,
    matched: u128,
) -> (Vec<Code>, Vec<Code>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for (at, operation) in case.procedures.iter().enumerate().filter(|(at, _)| prepared.all & bit(*at) != 0) {
        let code = mapped_procedure(policy, &operation.code);
        let side = if matched & bit(at) != 0 { &mut inside } else { &mut outside };
        if !side.contains(code) {
            side.push(code.clone());
        }
    }
    (inside, outside)
}
