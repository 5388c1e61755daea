//! 采集时刻表: which source is due next, by the configuration or by what the hospital has set since; a source that fails is
//! asked again after pauses that double.

use crate::schedule::{next_due, parse};
use crate::{CollectedSource, Configuration, SyncError};
use store::{Moment, Parameter, Store};

/// Longest wait after failures in a row, seconds.
const LONGEST_PAUSE: i64 = 3600;

/// 定时 of a source, as in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `分 时 日 月 周`; `None`: only by hand.
    pub cron: Option<String>,
    /// What an editor saw; 0: as in the configuration file.
    pub version: i64,
}

fn parameter(source: &str) -> String {
    format!("schedule:{source}")
}

/// When a source is collected: as set in the system, otherwise as the configuration file says.
pub fn schedule_of(store: &Store, source: &CollectedSource) -> Result<Schedule, SyncError> {
    Ok(match store.parameter(&parameter(&source.source.id))? {
        Some(set) => Schedule { cron: Some(set.value).filter(|cron| !cron.is_empty()), version: set.version },
        None => Schedule { cron: source.schedule.clone(), version: 0 },
    })
}

/// Sets when a source is collected; an empty `cron`: only by hand. `seen` is the version that the editor saw.
pub fn set_schedule(
    store: &Store,
    source: &CollectedSource,
    cron: &str,
    seen: i64,
    (now, login): (Moment, &str),
) -> Result<(), SyncError> {
    let cron = cron.trim();
    if !cron.is_empty() {
        parse(cron).map_err(|why| SyncError::Config(source.source.id.clone(), why))?;
    }
    store.set_parameter(&Parameter {
        name: parameter(&source.source.id),
        version: seen + 1,
        value: cron.to_owned(),
        changed_at: now,
        changed_by: login.to_owned(),
        note: String::new(),
    })?;
    Ok(())
}

/// What is due when. Lives as long as the process that collects.
#[derive(Debug, Default)]
pub struct Timetable(Vec<Entry>);

#[derive(Clone, Debug, Default)]
struct Entry {
    cron: Option<String>,
    due: Moment,
    failures: u32,
}

impl Timetable {
    /// Takes over the schedules as they are now. A source whose schedule changed is due at its next time.
    pub fn update(&mut self, schedules: Vec<Option<String>>, now: Moment) -> Result<(), SyncError> {
        self.0.resize(schedules.len(), Entry::default());
        for (entry, cron) in self.0.iter_mut().zip(schedules) {
            if entry.cron != cron {
                let due = match &cron {
                    Some(cron) => next(cron, now)?,
                    None => Moment::MAX,
                };
                *entry = Entry { cron, due, failures: 0 };
            }
        }
        Ok(())
    }

    /// The schedules of every source of a configuration.
    pub fn schedules(configuration: &Configuration, store: &Store) -> Result<Vec<Option<String>>, SyncError> {
        configuration.sources.iter().map(|source| Ok(schedule_of(store, source)?.cron)).collect()
    }

    /// The position of a source that is due.
    pub fn due(&self, now: Moment) -> Option<usize> {
        self.0.iter().position(|entry| entry.cron.is_some() && entry.due <= now)
    }

    /// When a source is due next; `None`: never by itself.
    pub fn next(&self, source: usize) -> Option<Moment> {
        self.0.get(source).filter(|entry| entry.cron.is_some()).map(|entry| entry.due)
    }

    /// A source's collection ended. After a failure it waits at least 1, 2, 4, … minutes: a HIS that is down is not knocked
    /// on all the time.
    pub fn ended(&mut self, source: usize, succeeded: bool, now: Moment) -> Result<(), SyncError> {
        let Some(entry) = self.0.get_mut(source) else { return Ok(()) };
        let Some(cron) = &entry.cron else { return Ok(()) };
        entry.due = next(cron, now)?;
        entry.failures = if succeeded { 0 } else { entry.failures + 1 };
        if !succeeded {
            let pause = (30_i64 << entry.failures.min(10)).min(LONGEST_PAUSE);
            entry.due = entry.due.max(now + pause);
        }
        Ok(())
    }
}

fn next(cron: &str, now: Moment) -> Result<Moment, SyncError> {
    next_due(cron, now).map_err(|why| SyncError::Config("schedule".into(), why))
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: SYS-1.03
    #[test]
    fn a_source_is_due_by_its_times_and_waits_longer_after_failures() {
        let quarter = || vec![None, Some("*/15 * * * *".to_owned())];
        let mut table = Timetable::default();
        table.update(quarter(), 10).unwrap();
        assert_eq!((table.next(0), table.next(1), table.due(899)), (None, Some(900), None));
        assert_eq!(table.due(900), Some(1));
        table.ended(1, true, 910).unwrap();
        assert_eq!(table.next(1), Some(1800));
        // The same schedule again moves nothing.
        table.update(quarter(), 950).unwrap();
        assert_eq!(table.next(1), Some(1800));
        let waits: Vec<i64> = (0..9)
            .map(|_| {
                table.ended(1, false, 1799).unwrap();
                table.next(1).unwrap() - 1799
            })
            .collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
        table.ended(1, true, 1799).unwrap();
        assert_eq!(table.next(1), Some(1800));
        table.update(vec![Some("0 2 * * *".into()), None], 1799).unwrap();
        assert_eq!((table.next(0), table.next(1), table.due(i64::MAX)), (Some(7200), None, Some(0)));
        assert!(table.update(vec![Some("often".into())], 0).is_err());
    }
}
