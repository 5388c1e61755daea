//! One case through grouper and settlement into one line of output.

use super::args::Format;
use super::output;
use super::summary::Summary;
use grouper::{Grouper, Grouping, SchemeOptions, Scratch};
use model::Case;
use policy::Policy;
use settle::{Ask, Pricer};
use std::sync::Arc;

/// Grouper and pricer of one pack, and what a run wants to see.
pub struct Engine {
    /// 分组器
    pub grouper: Grouper,
    /// 计价
    pub pricer: Pricer,
    pub(crate) trace: bool,
    pub(crate) candidates: bool,
    pub(crate) schemes: bool,
    pub(crate) siblings: bool,
    pub(crate) as_of: Option<jiff::civil::Date>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(crate) struct Worker {
    scratch: Scratch,
    dated: Case,
}

impl Engine {
    /// Compiles a pack; nothing but the results is asked for.
    pub fn new(policy: Policy) -> Engine {
        let policy = Arc::new(policy);
        Engine {
            grouper: Grouper::new(policy.clone()),
            pricer: Pricer::new(policy),
            trace: false,
            candidates: false,
            schemes: false,
            siblings: false,
            as_of: None,
        }
    }

    /// The pack.
    pub fn policy(&self) -> &Policy {
        self.grouper.policy()
    }

    /// Groups and prices a case and appends its line.
    pub(crate) fn write(
        &self,
        text: &mut Vec<u8>,
        to: Format,
        case: &Case,
        worker: &mut Worker,
        summary: &mut Summary,
    ) {
        let case = match self.as_of {
            None => case,
            Some(day) => {
                worker.dated.clone_from(case);
                worker.dated.policy_date = Some(day);
                &worker.dated
            }
        };
        let explanation = (self.trace || self.candidates).then(|| self.grouper.explain(case));
        let grouping = match &explanation {
            Some(explanation) => explanation.grouping,
            None => self.grouper.group(case, &mut worker.scratch),
        };
        let priced = grouping.group().map(|group| self.pricer.price(case, group, &Ask::default()));
        match grouping {
            Grouping::Ungrouped(reason) => summary.ungrouped(reason),
            Grouping::Group { group, .. } => {
                let kind = self.policy().groups.get(group).map_or(policy::Kind::Core, |group| group.kind);
                let money = priced.and_then(|priced| Some((priced.payment?, priced.surplus?)));
                let points = priced.and_then(|priced| priced.earned_points);
                summary.grouped(kind, points, money, priced.is_some_and(|priced| priced.confirmed));
            }
        }
        let mut line = output::Result::new(self.policy(), case, grouping, priced.as_ref());
        if to == Format::Csv {
            return line.write_csv(text);
        }
        if let Some(explanation) = &explanation {
            if self.trace {
                let pricing = priced.map(|priced| self.pricer.explain(case, priced.group, &Ask::default()));
                line.trace(&explanation.steps(), pricing.as_deref().unwrap_or(&[]));
            }
            if self.candidates {
                line.candidates(self, case, &explanation.candidates());
            }
        }
        if self.schemes {
            let options = SchemeOptions { other_diagnoses: true, siblings: self.siblings };
            line.schemes(self, case, &self.grouper.schemes(case, options));
        }
        line.write_json(text);
    }
}
