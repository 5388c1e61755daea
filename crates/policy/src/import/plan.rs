//! 导入比对: what an import would change, shown before anything changes.

use super::Imported;
use crate::Policy;
use crate::diff::comparable;
use crate::files::PackFiles;
use crate::group::{self, Group};
use crate::lists::Lists;
use crate::load::list_name;
use crate::reader::Context;
use model::Problems;
use model::{Changes, WrongRow};
use rustc_hash::{FxHashMap, FxHashSet};

const CATALOGUE: &str = "catalogue.csv";

/// An import compared with the pack it is for.
#[derive(Debug)]
pub struct Plan {
    /// What the city's file became.
    pub imported: Imported,
    /// 新增, 修改, 删除, 不变, 出错 against the pack's present catalogue.
    pub changes: Changes<Group>,
    /// The rows that both hold stand in another order: the order is the last tie-break.
    pub reordered: bool,
    /// Rows, 不变 otherwise, whose evidence text is another.
    pub evidence_changed: usize,
    /// The pack's files with the new catalogue in place.
    pub files: PackFiles,
    /// The whole pack after the import, when it would load.
    pub policy: Option<Policy>,
    /// What would keep the pack from loading, outside the imported rows.
    pub problems: Problems,
}

impl Plan {
    /// Whether the result may be written: no row refused, and the whole pack loads.
    pub fn may_apply(&self) -> bool {
        self.changes.wrong.is_empty() && self.policy.is_some()
    }

    /// Whether writing it would change what the pack says.
    pub fn changes_anything(&self) -> bool {
        self.reordered || self.evidence_changed > 0 || !self.changes.is_empty()
    }
}

/// Compares with the present catalogue and validates the whole pack as it would be.
pub fn plan(files: &PackFiles, imported: Imported) -> Plan {
    let before = Policy::load(files).ok();
    let mut after = files.clone();
    after.put(CATALOGUE, imported.catalogue.clone().into_bytes());
    let mut wrong = imported.wrong.clone();
    let mut problems = Problems::default();
    let policy = match Policy::load(&after) {
        Ok(policy) => Some(policy),
        Err(found) => {
            for problem in found.0 {
                // The canonical row's line is of no use to a reader of the city's file.
                let source = problem.line.checked_sub(2).and_then(|row| imported.lines.get(row));
                match source.filter(|_| problem.file == CATALOGUE) {
                    Some(line) => {
                        wrong.push(WrongRow { line: *line, column: String::new(), message: problem.message });
                    }
                    None => problems.0.push(problem),
                }
            }
            None
        }
    };
    wrong.sort_by_key(|wrong| wrong.line);
    // Confirmation is compared only when both packs say what their evidence is.
    let both = before.as_ref().zip(policy.as_ref());
    let (old, new) = match both {
        Some((before, after)) => (comparable(&before.groups, true), comparable(&after.groups, true)),
        None => (comparable(&rows(files), false), comparable(&rows(&after), false)),
    };
    let evidence_changed = both.map_or(0, |(before, after)| evidence_changed(before, after));
    let kept = |of: &[Group], other: &[Group]| -> Vec<String> {
        let other: FxHashSet<&str> = other.iter().map(|group| group.code.as_str()).collect();
        of.iter().filter(|g| other.contains(g.code.as_str())).map(|g| g.code.clone()).collect()
    };
    let reordered = kept(&old, &new) != kept(&new, &old);
    let mut changes = model::compare(old, new, |group| group.code.clone());
    changes.removed.retain(|group| !imported.wrong_codes.contains(&group.code));
    changes.wrong = wrong;
    Plan { imported, changes, reordered, evidence_changed, files: after, policy, problems }
}

/// Groups in both packs that rest on another document than before.
fn evidence_changed(before: &Policy, after: &Policy) -> usize {
    let old: FxHashMap<&str, &str> =
        before.groups.iter().map(|g| (g.code.as_str(), before.evidence_of(g.source))).collect();
    let differs =
        |g: &&Group| old.get(g.code.as_str()).is_some_and(|text| *text != after.evidence_of(g.source));
    after.groups.iter().filter(differs).count()
}

/// The rows of a catalogue whose pack may not load as a whole.
fn rows(files: &PackFiles) -> Vec<Group> {
    let scratch = Context::new();
    let mut lists = Lists::default();
    for file in files.names() {
        if let (Some(name), Some(bytes)) = (list_name(file), files.get(file)) {
            lists.read(&scratch, file, name, bytes);
        }
    }
    files.get(CATALOGUE).map(|bytes| group::read(&scratch, CATALOGUE, bytes, &lists)).unwrap_or_default()
}
