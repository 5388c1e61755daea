//! 入组过程: every step and every candidate of one case, in a structure and in Chinese.

use crate::grouping::{Grouper, Grouping, Hit, Listener, Refused, Scratch};
use crate::index::GroupId;
use crate::prepare::{Prepared, bit};
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

/// A grouping with everything that happened on the way; steps and candidates are put into words when asked for.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The same result as [`Grouper::group`].
    pub grouping: Grouping,
    grouper: &'a Grouper,
    case: &'a Case,
    prepared: Prepared,
    events: Vec<Event>,
}

/// Writes down everything that happens.
#[derive(Default)]
struct Record {
    events: Vec<Event>,
}

/// One thing that happened, by stage.
#[derive(Debug)]
enum Event {
    /// Stage, length of the key, rows under it.
    LookedUp(usize, usize, usize),
    Hit(usize, Hit),
    Refused(usize, GroupId, Refused),
    Result(usize, Option<Hit>),
}

impl Listener for Record {
    fn looked_up(&mut self, stage: usize, key: &str, rows: usize) {
        self.events.push(Event::LookedUp(stage, key.len(), rows));
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
    /// Groups one case and keeps how: the same answer as [`Grouper::group`], by the same code.
    pub fn explain<'a>(&'a self, case: &'a Case) -> Explanation<'a> {
        let refused = self.admit(case, &case.principal_diagnosis).err();
        let mut scratch = Scratch::default();
        let mut record = Record { events: Vec::with_capacity(16) };
        let grouping = match refused {
            Some(reason) => Grouping::Ungrouped(reason),
            None => {
                scratch.prepared.fill(&self.policy, &self.index, case, &case.principal_diagnosis.code);
                self.search(case, &mut scratch, &mut record)
            }
        };
        Explanation { grouping, grouper: self, case, prepared: scratch.prepared, events: record.events }
    }
}

impl Explanation<'_> {
    /// The steps in order.
    pub fn steps(&self) -> Vec<Step> {
        let (policy, case, prepared) = (&*self.grouper.policy, self.case, &self.prepared);
        if let (Grouping::Ungrouped(reason), true) = (self.grouping, self.events.is_empty()) {
            return vec![sentence::refused_before_stages(case, reason)];
        }
        let mut steps = vec![sentence::prepared(policy, &self.grouper.index, case, prepared)];
        for event in &self.events {
            match event {
                Event::LookedUp(stage, length, rows) => {
                    let key = prepared.principal.prefix(*length);
                    steps.push(sentence::looked_up(policy, *stage, key, *rows));
                }
                Event::Result(stage, hit) => {
                    let hits: Vec<&Hit> = self.hits(*stage).collect();
                    steps.push(sentence::stage_result(policy, *stage, case, prepared, &hits, hit.as_ref()));
                }
                Event::Hit(..) | Event::Refused(..) => {}
            }
        }
        steps.push(sentence::chosen(policy, self.grouping, prepared));
        steps
    }

    fn hits(&self, of: usize) -> impl Iterator<Item = &Hit> {
        self.events.iter().filter_map(move |event| match event {
            Event::Hit(stage, hit) if *stage == of => Some(hit),
            _ => None,
        })
    }

    fn winner(&self, of: usize) -> Option<Hit> {
        self.events.iter().find_map(|event| match event {
            Event::Result(stage, hit) if *stage == of => *hit,
            _ => None,
        })
    }

    /// Every row that was looked at: fulfilled ones first, stage by stage.
    pub fn candidates(&self) -> Vec<Candidate> {
        let (mut fulfilled, mut refused) = (Vec::new(), Vec::new());
        for event in &self.events {
            match event {
                Event::Hit(stage, hit) => fulfilled.push(self.fulfilled(*stage, hit)),
                Event::Refused(stage, group, why) => refused.push(self.refused(*stage, *group, *why)),
                Event::LookedUp(..) | Event::Result(..) => {}
            }
        }
        fulfilled.append(&mut refused);
        fulfilled
    }

    /// `no_better` may have dropped a fulfilled bare row, which then lost to the winner.
    fn fulfilled(&self, stage: usize, hit: &Hit) -> Candidate {
        let (policy, case, prepared) = (&*self.grouper.policy, self.case, &self.prepared);
        let outcome = match (self.grouping, self.winner(stage)) {
            (Grouping::Group { group, stage: at, .. }, _) if group == hit.group as usize && at == stage => {
                Outcome::Chosen
            }
            (_, Some(best)) if best.group != hit.group => {
                let keys = policy.grouping.stages.get(stage).map_or(&[][..], |stage| &stage.tie_break);
                let by = select::compare(policy, keys, case, prepared, &best, hit).map(|(_, key)| key);
                Outcome::Lost { to: best.group as usize, by }
            }
            (Grouping::Group { group, .. }, _) => Outcome::Preceded { by: group },
            _ => Outcome::Refused,
        };
        let (matched, unmatched) = split(policy, case, prepared, hit.matched);
        let text = sentence::outcome(policy, hit, outcome);
        Candidate { group: hit.group as usize, stage, matched, unmatched, outcome, text }
    }

    fn refused(&self, stage: usize, group: GroupId, why: Refused) -> Candidate {
        let (policy, case, prepared) = (&*self.grouper.policy, self.case, &self.prepared);
        let (matched, unmatched) = split(policy, case, prepared, 0);
        let text = sentence::refused(policy, group, why, case, prepared);
        Candidate { group: group as usize, stage, matched, unmatched, outcome: Outcome::Refused, text }
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
        let code = policy.code_map.procedure(&operation.code);
        let side = if matched & bit(at) != 0 { &mut inside } else { &mut outside };
        if !side.contains(code) {
            side.push(code.clone());
        }
    }
    (inside, outside)
}
