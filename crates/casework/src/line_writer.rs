//! One case through the engines into one line of output.

use crate::output::{self, Format};
use crate::{Engine, Summary};
use grouper::{Grouping, SchemeOptions, Scratch};
use jiff::civil::Date;
use model::Case;

/// What a run wants to see of each case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// 入组与计价过程; JSON only.
    pub trace: bool,
    /// 候选病种; JSON only.
    pub candidates: bool,
    /// 入组方案; JSON only.
    pub schemes: bool,
    /// Schemes also of sibling diagnoses that are not in the record.
    pub siblings: bool,
    /// The date to judge every case by, instead of its own.
    pub as_of: Option<Date>,
}

/// Buffers of one thread.
#[derive(Default)]
pub(crate) struct Worker {
    scratch: Scratch,
    dated: Case,
}

/// Groups and prices a case and appends its line.
pub(crate) fn write(
    (engine, wanted, to): (&Engine, Wanted, Format),
    text: &mut Vec<u8>,
    case: &Case,
    worker: &mut Worker,
    summary: &mut Summary,
) {
    let case = match wanted.as_of {
        None => case,
        Some(day) => {
            worker.dated.clone_from(case);
            worker.dated.policy_date = Some(day);
            &worker.dated
        }
    };
    let explained = (wanted.trace || wanted.candidates).then(|| engine.grouper.explain(case));
    let (grouping, priced) = match &explained {
        Some(explained) => (explained.grouping, engine.price(case, explained.grouping)),
        None => engine.answer(case, &mut worker.scratch),
    };
    match grouping {
        Grouping::Ungrouped(reason) => summary.ungrouped(reason),
        Grouping::Group { group, .. } => {
            let kind = engine.policy().groups.get(group).map_or(policy::Kind::Core, |group| group.kind);
            let money = priced.and_then(|priced| Some((priced.payment?, priced.surplus?)));
            let points = priced.and_then(|priced| priced.earned_points);
            summary.grouped(kind, points, money, priced.is_some_and(|priced| priced.confirmed));
        }
    }
    let mut line = output::Result::new(engine.policy(), case, grouping, priced.as_ref());
    match to {
        Format::Csv => return line.write_csv(text),
        Format::Table => return line.write_table(text),
        Format::Jsonl => {}
    }
    if let Some(explained) = &explained {
        if wanted.trace {
            line.trace(engine.steps(case, explained, priced.as_ref()));
        }
        if wanted.candidates {
            line.candidates(engine, &engine.candidates(case, explained));
        }
    }
    if wanted.schemes {
        let options = SchemeOptions { other_diagnoses: true, siblings: wanted.siblings };
        line.schemes(engine, &engine.schemes(case, options));
    }
    line.write_json(text);
}
