//! `dipper sync watch`: collects by the times of the configuration until it is stopped.

use super::run::{Wish, collect, table};
use crate::hospital_clock;
use crate::installation::{Installation, InstallationArgs};
use crate::long_work::{LongWork, stopped};
use crate::report::print;
use anyhow::bail;
use clap::Args;
use std::time::Duration;
use store::Moment;
use sync::schedule::next_due;

#[derive(Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    installation: InstallationArgs,
}

/// Longest wait after failures in a row, seconds.
const LONGEST_PAUSE: i64 = 3600;

impl WatchArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut due: Vec<(usize, &str, Moment, u32)> = Vec::new();
        for (at, source) in installation.configuration.sources.iter().enumerate() {
            if let Some(schedule) = &source.schedule {
                let first = next_due(schedule, installation.now()).map_err(anyhow::Error::msg)?;
                print(&format!("{}：下次采集 {}\n", source.source.id, hospital_clock::show(Some(first))))?;
                due.push((at, schedule, first, 0));
            }
        }
        if due.is_empty() {
            bail!("配置中没有定时采集的数据源；请在 [[source]] 中写 schedule，如 \"*/15 * * * *\"");
        }
        let mut work = LongWork::begin();
        while !stopped() {
            for (at, schedule, when, failures) in &mut due {
                let now = installation.now();
                if now < *when || stopped() {
                    continue;
                }
                let next = next_due(schedule, now).map_err(anyhow::Error::msg)?;
                match once(&installation, *at, &mut work) {
                    Ok(()) => (*when, *failures) = (next, 0),
                    Err(error) if !stopped() => {
                        *failures += 1;
                        // Doubling pauses: a HIS that is down is not knocked on every minute.
                        let pause = (30_i64 << (*failures).min(10)).min(LONGEST_PAUSE);
                        *when = next.max(now + pause);
                        eprintln!(
                            "{}：{error:#}；{} 再试",
                            hospital_clock::show(Some(now)),
                            hospital_clock::show(Some(*when))
                        );
                    }
                    Err(_) => {}
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        work.end();
        Ok(())
    }
}

/// One timed collection of a source, with whatever it changed.
fn once(installation: &Installation, source: usize, work: &mut LongWork) -> anyhow::Result<()> {
    let _lock = installation.store.lock_collection()?;
    let Some(source) = installation.configuration.sources.get(source) else { return Ok(()) };
    let wish = Wish { only: &[], cause: "timer", accept_deletions: false };
    let runs = collect(installation, source, wish, work)?;
    installation.compute_and_refresh(work)?;
    let changed: Vec<_> = runs
        .into_iter()
        .filter(|run| run.inserted + run.updated + run.tombstoned > 0 || !run.message.is_empty())
        .collect();
    if changed.is_empty() { Ok(()) } else { print(&table(&changed)) }
}
