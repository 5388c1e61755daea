//! 入组方案: every group that the documented diagnoses and operations could lead to.

use crate::explain::split;
use crate::grouping::{Grouper, Grouping, Quiet, Scratch};
use model::{Case, Code, Coded};

/// What a search for schemes may do beyond the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct SchemeOptions {
    /// Also try documented other diagnoses as the principal one.
    pub other_diagnoses: bool,
    /// Also list sibling diagnoses of the same 类目 that are not in the record. Off unless asked for: it invites
    /// mis-coding (高套).
    pub siblings: bool,
}

/// One scheme, before pricing. Its operations are all in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeRow {
    /// Index into the pack's groups.
    pub group: usize,
    /// The principal diagnosis it rests on.
    pub principal: Code,
    /// Operations of the record it uses.
    pub matched: Vec<Code>,
    /// Operations of the record it leaves unused.
    pub unmatched: Vec<Code>,
    /// What the grouper itself chooses for the record as it stands (首选).
    pub first_choice: bool,
    /// The principal diagnosis is another than the record's: a coder must review it.
    pub principal_changed: bool,
    /// That diagnosis is not in the record at all.
    pub undocumented: bool,
}

impl Grouper {
    /// All schemes for a case, the grouper's own choice first, then by stage and file order; each group once.
    pub fn schemes(&self, case: &Case, options: SchemeOptions) -> Vec<SchemeRow> {
        let mut scratch = Scratch::default();
        let choice = self.group(case, &mut scratch);
        let mut schemes: Vec<SchemeRow> = Vec::new();
        for (principal, undocumented) in self.principals(case, options) {
            if self.admit(case, &principal).is_err() {
                continue;
            }
            let principal_changed = principal.code != case.principal_diagnosis.code;
            let own_choice = if principal_changed { None } else { choice.group() };
            // With another principal diagnosis the record's own one becomes a secondary one.
            let swapped = Case {
                principal_diagnosis: principal.clone(),
                other_diagnoses: swapped_others(case, &principal),
                ..case.clone()
            };
            scratch.prepared.fill(&self.policy, &self.index, &swapped, &principal.code);
            for stage in 0..self.policy.grouping.stages.len() {
                let mut hits = std::mem::take(&mut scratch.hits);
                let mut missing = false;
                self.candidates(stage, &swapped, &scratch.prepared, &mut hits, &mut Quiet, &mut missing);
                for hit in &hits {
                    let group = hit.group as usize;
                    if schemes.iter().any(|scheme| scheme.group == group) {
                        continue;
                    }
                    let (matched, unmatched) = split(&self.policy, &swapped, &scratch.prepared, hit.matched);
                    let first_choice = own_choice == Some(group);
                    let principal = principal.code.clone();
                    let scheme = SchemeRow {
                        group,
                        principal,
                        matched,
                        unmatched,
                        first_choice,
                        principal_changed,
                        undocumented,
                    };
                    schemes.push(scheme);
                }
                scratch.hits = hits;
            }
        }
        if let Grouping::Group { .. } = choice {
            schemes.sort_by_key(|scheme| !scheme.first_choice);
        }
        schemes
    }

    /// Principal diagnoses to try, and whether each is missing from the record.
    fn principals(&self, case: &Case, options: SchemeOptions) -> Vec<(Coded, bool)> {
        let mut principals = vec![(case.principal_diagnosis.clone(), false)];
        let add = |principals: &mut Vec<(Coded, bool)>, coded: Coded, undocumented| {
            if !coded.code.is_empty() && !principals.iter().any(|(known, _)| known.code == coded.code) {
                principals.push((coded, undocumented));
            }
        };
        if options.other_diagnoses {
            for other in &case.other_diagnoses {
                add(&mut principals, other.clone(), false);
            }
        }
        if options.siblings {
            let category = case.principal_diagnosis.code.prefix(3);
            let mut keys: Vec<&Code> = self.index.stages.iter().flat_map(|stage| stage.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            let documented = case.principal_diagnosis.code.as_str();
            for key in keys {
                if key.len() > 3 && key.starts_with(category) && !documented.starts_with(key.as_str()) {
                    add(&mut principals, Coded { code: key.clone(), written: key.as_str().into() }, true);
                }
            }
        }
        principals
    }
}

fn swapped_others(case: &Case, principal: &Coded) -> Vec<Coded> {
    let others = case.other_diagnoses.iter().filter(|other| other.code != principal.code).cloned();
    if principal.code == case.principal_diagnosis.code {
        return others.collect();
    }
    others.chain([case.principal_diagnosis.clone()]).collect()
}
