//! 实时校验: one rule over all history, while the person who edits it waits.

use super::audit_run::{AuditProgress, AuditScope, Judge};
use super::columns::ChargeColumns;
use super::context::AuditContext;
use crate::MartError;
use audit::{Engine, Rule};
use std::collections::{BTreeMap, HashSet};

/// What a rule finds, and what the version in force would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCheck {
    /// 扫描项目: charge lines that stand in the rule; of a rule on the stay as a whole the stays.
    pub scanned: u64,
    /// 异常项目: lines with a finding; of a rule on the stay as a whole the stays.
    pub abnormal: u64,
    /// 违规数量, ten-thousandths.
    pub excess_quantity: i64,
    /// 违规金额, 分.
    pub excess: i64,
    /// 就诊 with a finding.
    pub stays: u64,
    /// 患者 with a finding.
    pub patients: u64,
    /// 开单科室 of the lines, the greatest amount first.
    pub departments: Vec<CheckedDepartment>,
    /// The first findings, at most one a stay.
    pub samples: Vec<CheckSample>,
    /// Stays in which the rule could not be judged, by what is missing.
    pub missing: BTreeMap<&'static str, u64>,
    /// Compared with the published version, when one was given.
    pub difference: Option<CheckDifference>,
}

/// A department's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedDepartment {
    /// Its key; empty: lines without one.
    pub department: String,
    /// Lines with a finding.
    pub abnormal: u64,
    /// 分
    pub excess: i64,
}

/// One finding, to be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckSample {
    /// Case number.
    pub number: i64,
    /// Key of the line; empty: the stay as a whole.
    pub line: String,
    /// 项目
    pub item: String,
    /// Ten-thousandths.
    pub excess_quantity: i64,
    /// 分
    pub excess: i64,
    /// Keys of the lines that caused it, by time.
    pub because_of: Vec<String>,
}

/// Lines that only one of two versions finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckDifference {
    /// Found now, not by the published version.
    pub added: u64,
    /// Their amount, 分.
    pub added_excess: i64,
    /// Found by the published version, no longer now.
    pub removed: u64,
    /// Their amount, 分.
    pub removed_excess: i64,
}

#[derive(Default)]
struct Part {
    check: RuleCheck,
    departments: BTreeMap<u32, (u64, i64)>,
    patients: HashSet<u64>,
}

impl ChargeColumns {
    /// Runs a rule over all stays of the scope, with at most so many samples, and beside it the published version.
    ///
    /// # Errors
    /// [`MartError::Cancelled`].
    pub fn check(
        &self,
        context: &AuditContext,
        rule: &Rule,
        published: Option<&Rule>,
        scope: AuditScope<'_>,
        samples: usize,
        progress: &AuditProgress,
    ) -> Result<RuleCheck, MartError> {
        let codes = context.codes();
        let alone = Engine::with_codes(vec![rule.clone()], codes.clone());
        let alone = Judge::new(self, context, &alone, scope);
        let rules = std::iter::once(rule).chain(published).cloned().collect();
        let engine = Engine::with_codes(rules, codes);
        let judge = Judge::new(self, context, &engine, scope);
        let parts = judge.parts(progress, |stays, scratch| {
            let mut part = Part::default();
            let check = &mut part.check;
            let mut difference = CheckDifference::default();
            for at in stays {
                let Some((stay, ledger)) = judge.stay(at, scratch) else { continue };
                let stands = |line: &usize| {
                    stay.quantity[*line] > 0
                        && alone.is_named(stay.item[*line])
                        && engine.applies(0, i64::from(stay.time[*line]))
                };
                check.scanned += match rule.kind.of_stay() {
                    true => 1,
                    false => (0..stay.len()).filter(stands).count() as u64,
                };
                for (rule, what) in ledger.missing() {
                    if rule == 0 {
                        *check.missing.entry(what).or_default() += 1;
                    }
                }
                let split = ledger.entries.partition_point(|entry| entry.rule == 0);
                let (new, old) = ledger.entries.split_at(split);
                for entry in new {
                    check.abnormal += 1;
                    check.excess_quantity += entry.excess_quantity;
                    check.excess += entry.excess;
                    let department =
                        part.departments.entry(stay.department[entry.line as usize]).or_default();
                    department.0 += 1;
                    department.1 += entry.excess;
                }
                let only = |of: &[audit::Entry], not: &[audit::Entry]| {
                    let only = of.iter().filter(|one| not.iter().all(|other| other.line != one.line));
                    only.fold((0, 0), |(lines, excess), one| (lines + 1, excess + one.excess))
                };
                let (added, removed): ((u64, i64), (u64, i64)) = (only(new, old), only(old, new));
                difference.added += added.0;
                difference.added_excess += added.1;
                difference.removed += removed.0;
                difference.removed_excess += removed.1;
                let suspected = |rule: u32| ledger.suspicions.iter().any(|suspicion| suspicion.rule == rule);
                check.abnormal += u64::from(suspected(0));
                difference.added += u64::from(suspected(0) && !suspected(1));
                difference.removed += u64::from(suspected(1) && !suspected(0));
                let first = new.first();
                if first.is_none() && !suspected(0) {
                    continue;
                }
                check.stays += 1;
                part.patients.insert(context.patient(stay.number));
                if check.samples.len() < samples {
                    let key = |line: u32| stay.key(line as usize).to_owned();
                    let mut sample = CheckSample { number: stay.number, ..CheckSample::default() };
                    if let Some(first) = first {
                        sample.line = key(first.line);
                        sample.item = self.items.key(stay.item[first.line as usize]).to_owned();
                        sample.excess_quantity = first.excess_quantity;
                        sample.excess = first.excess;
                        sample.because_of = ledger.because_of(first).iter().map(|line| key(*line)).collect();
                    }
                    check.samples.push(sample);
                }
            }
            check.difference = published.map(|_| difference);
            part
        })?;
        Ok(self.sum(parts, samples))
    }

    fn sum(&self, parts: Vec<Part>, samples: usize) -> RuleCheck {
        let mut all = Part::default();
        for mut part in parts {
            let (sum, check) = (&mut all.check, part.check);
            sum.scanned += check.scanned;
            sum.abnormal += check.abnormal;
            sum.excess_quantity += check.excess_quantity;
            sum.excess += check.excess;
            sum.stays += check.stays;
            let room = samples.saturating_sub(sum.samples.len());
            sum.samples.extend(check.samples.into_iter().take(room));
            for (what, stays) in check.missing {
                *sum.missing.entry(what).or_default() += stays;
            }
            if let Some(one) = check.difference {
                let difference = sum.difference.get_or_insert_default();
                difference.added += one.added;
                difference.added_excess += one.added_excess;
                difference.removed += one.removed;
                difference.removed_excess += one.removed_excess;
            }
            for (department, (lines, excess)) in std::mem::take(&mut part.departments) {
                let of = all.departments.entry(department).or_default();
                of.0 += lines;
                of.1 += excess;
            }
            all.patients.extend(part.patients);
        }
        let departments = all.departments.into_iter().map(|(department, (abnormal, excess))| {
            CheckedDepartment { department: self.departments.key(department).to_owned(), abnormal, excess }
        });
        let mut check = all.check;
        check.departments = departments.collect();
        check.departments.sort_by(|a, b| (b.excess, &a.department).cmp(&(a.excess, &b.department)));
        check.patients = all.patients.len() as u64;
        check
    }
}
