//! 定时采集: while the server runs it collects by the times of its sources. It alone may write the mart, so no other process
//! does this for it.

use super::JOB;
use super::run::{Collected, collect};
use crate::app::App;
use crate::jobs::Outcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use sync::{SyncError, Timetable, Wish};

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often a collection under way is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Collects by the clock until `stop` is set.
pub(crate) fn watch(app: &App, stop: Arc<AtomicBool>) {
    if app.configuration().sources.is_empty() {
        return;
    }
    let app = app.clone();
    std::thread::spawn(move || {
        let mut table = Timetable::default();
        let mut minute = 0;
        while !stop.load(Ordering::Relaxed) {
            if let Err(error) = tick(&app, &mut table, &mut minute) {
                tracing::error!("定时采集：{error}");
            }
            std::thread::sleep(TICK);
        }
    });
}

/// Once a minute the schedules as they are now; then the source that is due, if any.
fn tick(app: &App, table: &mut Timetable, minute: &mut i64) -> Result<(), SyncError> {
    let now = app.now();
    if now / 60 != *minute {
        *minute = now / 60;
        table.update(Timetable::schedules(app.configuration(), app.store())?, now)?;
    }
    let Some(source) = table.due(now) else { return Ok(()) };
    // Somebody collects by hand: this one comes right after.
    if app.jobs().running(JOB).is_some() {
        return Ok(());
    }
    let reached = once(app, source)?;
    table.ended(source, reached, app.now())
}

/// One timed collection as a job, waited for; whether the source could be reached.
fn once(app: &App, at: usize) -> Result<bool, SyncError> {
    let Some(source) = app.configuration().sources.get(at).cloned() else { return Ok(true) };
    let reached = Arc::new(AtomicBool::new(false));
    let tells = reached.clone();
    let name = format!("定时采集 {}", source.source.name);
    let started = app.jobs().start_own(app, JOB, name, move |app, progress| {
        let wish = Wish { only: &[], cause: "timer", accept_deletions: false };
        let collected = collect(app, &source, wish, progress)?;
        tells.store(is_reached(&collected), Ordering::Relaxed);
        let sentence = collected.failure().unwrap_or_else(|| collected.sentence());
        Ok(Outcome { sentence, link: "/collection/log".into() })
    });
    // Somebody was quicker to begin one by hand: as if it had failed, so that this one comes later.
    let Ok(job) = started else { return Ok(false) };
    while app.jobs().get(job).is_some_and(|job| job.is_running()) {
        std::thread::sleep(LOOK);
    }
    Ok(reached.load(Ordering::Relaxed))
}

fn is_reached(collected: &Collected) -> bool {
    !collected.runs.iter().any(sync::is_unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixture;
    use store::RunState;

    // covers: SYS-1.03
    #[test]
    fn a_source_is_collected_when_it_is_due_and_by_the_times_set_last() {
        let fixture = Fixture::empty();
        fixture.fill(20);
        let app = &fixture.app;
        let runs = || app.store().runs(None, 1).unwrap()[0].clone();
        let (mut table, mut minute) = (Timetable::default(), 0);
        let by_hand = runs().id;
        tick(app, &mut table, &mut minute).unwrap();
        fixture.wait(3600);
        tick(app, &mut table, &mut minute).unwrap();
        assert_eq!(runs().id, by_hand, "no times are set");
        let source = &app.configuration().sources[0];
        sync::set_schedule(app.store(), source, "*/5 * * * *", 0, (app.now(), "1001")).unwrap();
        fixture.wait(60);
        tick(app, &mut table, &mut minute).unwrap();
        fixture.wait(300);
        tick(app, &mut table, &mut minute).unwrap();
        assert!(runs().id > by_hand && runs().cause == "timer");
        assert_eq!(app.jobs().all().len(), 1);

        // A source that is gone is asked again later and later.
        std::fs::remove_file(fixture.folder.path().join("his.db")).unwrap();
        fixture.wait(300);
        tick(app, &mut table, &mut minute).unwrap();
        assert_eq!((runs().state, runs().task.as_str()), (RunState::Failed, "his/连接"));
    }
}
