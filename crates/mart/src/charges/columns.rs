//! The columns and their invariant.

use super::dictionary::Dictionary;
use super::lines::Lines;
use store::MonthVersion;

/// `refund_of` of a line that takes nothing back.
pub const NO_REFUND: u32 = u32::MAX;
/// `refund_of` of a line that takes back one that is not among the stay's lines.
pub const UNKNOWN_LINE: u32 = u32::MAX - 1;

/// 费用列: charge lines of all cases, a `Vec` a column.
///
/// Invariant: stays rise by number; the lines of a stay lie together and rise by (time, line key). It holds whatever order
/// lines arrive in and after any update; [`ChargeColumns::is_sorted`] checks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeColumns {
    /// Case numbers, rising.
    pub(crate) stays: Vec<i64>,
    /// Discharge month of each stay.
    pub(crate) months: Vec<i64>,
    /// Where the lines of each stay begin, and at last the number of lines.
    pub(crate) starts: Vec<u64>,
    /// Where the keys of each stay begin in `key_bytes`, and at last their length.
    pub(crate) key_starts: Vec<u64>,
    /// 费用发生时间: seconds since 1970-01-01 of the hospital's wall clock; a time outside of 1970 to 2106 is put to the end
    /// of that range, the fact keeps the original.
    pub(crate) time: Vec<u32>,
    /// 项目, by `items`.
    pub(crate) item: Vec<u32>,
    /// 开单科室, by `departments`.
    pub(crate) department: Vec<u32>,
    /// 数量, ten-thousandths.
    pub(crate) quantity: Vec<i64>,
    /// 金额, 分.
    pub(crate) amount: Vec<i64>,
    /// The line that a refund takes back: its place in the stay, [`NO_REFUND`] or [`UNKNOWN_LINE`].
    pub(crate) refund_of: Vec<u32>,
    /// Length of the line key in bytes.
    pub(crate) key_length: Vec<u16>,
    /// The line keys one after the other.
    pub(crate) key_bytes: Vec<u8>,
    pub(crate) items: Dictionary,
    pub(crate) departments: Dictionary,
    /// The months that the lines are of, with the versions they were read from.
    pub(crate) versions: Vec<MonthVersion>,
}

/// The lines of one stay; every slice has one element a line.
#[derive(Clone, Copy, Debug)]
pub struct Stay<'a> {
    /// Case number.
    pub number: i64,
    /// yyyymm of the discharge, 0 in house.
    pub month: i64,
    /// Seconds since 1970-01-01 of the hospital's wall clock, rising.
    pub time: &'a [u32],
    /// Numbers in [`ChargeColumns::items`].
    pub item: &'a [u32],
    /// Numbers in [`ChargeColumns::departments`].
    pub department: &'a [u32],
    /// Ten-thousandths.
    pub quantity: &'a [i64],
    /// 分
    pub amount: &'a [i64],
    /// Place of the line taken back in this stay, [`NO_REFUND`] or [`UNKNOWN_LINE`].
    pub refund_of: &'a [u32],
    key_length: &'a [u16],
    keys: &'a [u8],
}

impl<'a> Stay<'a> {
    /// Lines of the stay.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether it has no lines.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The line's key in the store. Walks over the stay's keys: for naming what was found, not for every line.
    pub fn key(&self, line: usize) -> &'a str {
        let start: usize = self.key_length.iter().take(line).map(|length| usize::from(*length)).sum();
        let length = self.key_length.get(line).map_or(0, |length| usize::from(*length));
        let bytes = self.keys.get(start..start + length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl ChargeColumns {
    /// Number of lines.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Number of stays that have lines.
    pub fn stay_count(&self) -> usize {
        self.stays.len()
    }

    /// 项目 by number.
    pub fn items(&self) -> &Dictionary {
        &self.items
    }

    /// 科室 by number.
    pub fn departments(&self) -> &Dictionary {
        &self.departments
    }

    /// A stay by its place, 0 to [`ChargeColumns::stay_count`].
    pub fn stay(&self, at: usize) -> Option<Stay<'_>> {
        let lines = range(&self.starts, at)?;
        Some(Stay {
            number: *self.stays.get(at)?,
            month: *self.months.get(at)?,
            time: self.time.get(lines.clone())?,
            item: self.item.get(lines.clone())?,
            department: self.department.get(lines.clone())?,
            quantity: self.quantity.get(lines.clone())?,
            amount: self.amount.get(lines.clone())?,
            refund_of: self.refund_of.get(lines.clone())?,
            key_length: self.key_length.get(lines)?,
            keys: self.key_bytes.get(range(&self.key_starts, at)?)?,
        })
    }

    /// The stay of a case.
    pub fn stay_of(&self, number: i64) -> Option<Stay<'_>> {
        self.stay(self.stays.binary_search(&number).ok()?)
    }

    /// All stays by number.
    pub fn iter(&self) -> impl Iterator<Item = Stay<'_>> {
        (0..self.stay_count()).filter_map(|at| self.stay(at))
    }

    /// Whether the invariant holds.
    pub fn is_sorted(&self) -> bool {
        let rising = self.stays.windows(2).all(|pair| pair[0] < pair[1]);
        let lines = |stay: Stay<'_>| {
            (1..stay.len())
                .all(|line| (stay.time[line - 1], stay.key(line - 1)) < (stay.time[line], stay.key(line)))
        };
        rising && self.iter().all(lines)
    }

    /// Takes out the stays that `gone` names and puts `lines` in, whose stays must not be there any more. Each column is
    /// written once, in order, so that memory rises by one column only.
    pub(crate) fn replace(&mut self, gone: impl Fn(i64, i64) -> bool, lines: Lines) {
        let fresh = lines.sorted();
        let mut runs: Vec<Run> = Vec::new();
        let (mut old, mut new) = (0, 0);
        while old < self.stays.len() || new < fresh.stays.len() {
            let take_old = match (self.stays.get(old), fresh.stays.get(new)) {
                (Some(a), Some(b)) => a < b,
                (Some(_), None) => true,
                _ => false,
            };
            if !take_old {
                push_run(&mut runs, true, new);
                new += 1;
                continue;
            }
            if !gone(self.stays[old], self.months[old]) {
                push_run(&mut runs, false, old);
            }
            old += 1;
        }
        let merge = Merge { runs: &runs, old: self.starts.clone(), new: &fresh.starts };
        merge.column(&mut self.time, &fresh.time);
        merge.column(&mut self.item, &fresh.item);
        merge.column(&mut self.department, &fresh.department);
        merge.column(&mut self.quantity, &fresh.quantity);
        merge.column(&mut self.amount, &fresh.amount);
        merge.column(&mut self.refund_of, &fresh.refund_of);
        merge.column(&mut self.key_length, &fresh.key_length);
        let keys = Merge { runs: &runs, old: self.key_starts.clone(), new: &fresh.key_starts };
        keys.column(&mut self.key_bytes, &fresh.key_bytes);
        self.starts = merge.starts();
        self.key_starts = keys.starts();
        for (own, fresh) in [(&mut self.stays, &fresh.stays), (&mut self.months, &fresh.months)] {
            let merged = runs.iter().flat_map(|run| {
                let from: &[i64] = if run.fresh { fresh } else { own };
                from.get(run.from..run.to).unwrap_or_default().iter().copied()
            });
            *own = merged.collect();
        }
    }
}

/// Neighbouring stays that are taken over as they are.
struct Run {
    fresh: bool,
    from: usize,
    to: usize,
}

fn push_run(runs: &mut Vec<Run>, fresh: bool, at: usize) {
    match runs.last_mut() {
        Some(run) if run.fresh == fresh && run.to == at => run.to += 1,
        _ => runs.push(Run { fresh, from: at, to: at + 1 }),
    }
}

struct Merge<'a> {
    runs: &'a [Run],
    old: Vec<u64>,
    new: &'a [u64],
}

impl Merge<'_> {
    fn starts_of(&self, run: &Run) -> &[u64] {
        let starts: &[u64] = if run.fresh { self.new } else { &self.old };
        starts.get(run.from..=run.to).unwrap_or_default()
    }

    fn column<T: Copy>(&self, own: &mut Vec<T>, fresh: &[T]) {
        let ends = |run: &Run| {
            let starts = self.starts_of(run);
            (starts.first().map_or(0, |at| *at as usize), starts.last().map_or(0, |at| *at as usize))
        };
        let total = self.runs.iter().map(ends).map(|(from, to)| to - from).sum();
        let mut merged = Vec::with_capacity(total);
        for run in self.runs {
            let (from, to) = ends(run);
            let column: &[T] = if run.fresh { fresh } else { own };
            merged.extend_from_slice(column.get(from..to).unwrap_or_default());
        }
        *own = merged;
    }

    fn starts(&self) -> Vec<u64> {
        let mut merged = vec![0];
        let mut end = 0;
        for run in self.runs {
            for pair in self.starts_of(run).windows(2) {
                end += pair[1] - pair[0];
                merged.push(end);
            }
        }
        merged
    }
}

fn range(starts: &[u64], at: usize) -> Option<std::ops::Range<usize>> {
    Some(usize::try_from(*starts.get(at)?).ok()?..usize::try_from(*starts.get(at + 1)?).ok()?)
}
