//! `dipper sync watch`: collects by the times of the configuration until it is stopped.

use super::run::{collect, table};
use crate::hospital_clock;
use crate::installation::{Installation, InstallationArgs};
use crate::long_work::{LongWork, stopped};
use crate::report::print;
use anyhow::bail;
use clap::Args;
use std::time::Duration;
use sync::{Timetable, Wish};

#[derive(Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    installation: InstallationArgs,
}

impl WatchArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut table = Timetable::default();
        let take_over = |table: &mut Timetable| {
            let schedules = Timetable::schedules(&installation.configuration, &installation.store)?;
            table.update(schedules, installation.now())
        };
        take_over(&mut table)?;
        let mut timed = 0;
        for (at, source) in installation.configuration.sources.iter().enumerate() {
            if let Some(first) = table.next(at) {
                print(&format!("{}：下次采集 {}\n", source.source.id, hospital_clock::show(Some(first))))?;
                timed += 1;
            }
        }
        if timed == 0 {
            bail!("配置中没有定时采集的数据源；请在 [[source]] 中写 schedule，如 \"*/15 * * * *\"");
        }
        let mut work = LongWork::begin();
        let mut minute = 0;
        while !stopped() {
            // Somebody may have set other times.
            let now = installation.now();
            if now / 60 != minute {
                minute = now / 60;
                take_over(&mut table)?;
            }
            if let Some(source) = table.due(now) {
                let done = once(&installation, source, &mut work);
                let now = installation.now();
                table.ended(source, matches!(done, Ok(true)), now)?;
                if let Err(error) = done
                    && !stopped()
                {
                    let again = hospital_clock::show(table.next(source));
                    eprintln!("{}：{error:#}；{again} 再试", hospital_clock::show(Some(now)));
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        work.end();
        Ok(())
    }
}

/// One timed collection of a source, with whatever it changed; whether the source could be reached.
fn once(installation: &Installation, source: usize, work: &mut LongWork) -> anyhow::Result<bool> {
    let _lock = installation.store.lock_collection()?;
    let Some(source) = installation.configuration.sources.get(source) else { return Ok(true) };
    let wish = Wish { only: &[], cause: "timer", accept_deletions: false };
    let runs = collect(installation, source, wish, work)?;
    installation.compute_and_refresh(work)?;
    let reached = !runs.iter().any(sync::is_unreachable);
    let changed: Vec<_> = runs
        .into_iter()
        .filter(|run| run.inserted + run.updated + run.tombstoned > 0 || !run.message.is_empty())
        .collect();
    if !changed.is_empty() {
        print(&table(&changed))?;
    }
    Ok(reached)
}
