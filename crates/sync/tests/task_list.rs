//! The list of tasks and the times at which sources are collected.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use store::{RunState, StoreError};
use support::{NOW, Place};
use sync::{
    Configuration, SyncError, Wish, collect_configured, find_task, schedule_of, set_schedule, task_list,
};

/// The place's HIS as a source of a configuration, and one whose mapping is broken.
fn configuration(place: &Place) -> Configuration {
    let folder = place.folder.path();
    for (name, text) in [("mapping", support::MAPPING), ("broken", "id = ")] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("mapping.toml"), text).unwrap();
    }
    let text = "store = \"store.db\"\nmart = \"mart.duckdb\"\n\
        [[source]]\nid = \"his\"\nname = \"医院 HIS\"\nkind = \"sqlite\"\naddress = \"his.db\"\nmapping = \"mapping\"\n\
        clock_sql = \"SELECT now FROM clock\"\nschedule = \"*/15 * * * *\"\n\
        [[source]]\nid = \"old\"\nname = \"旧\"\nkind = \"sqlite\"\naddress = \"his.db\"\nmapping = \"broken\"\n";
    std::fs::write(folder.join("dipper.toml"), text).unwrap();
    Configuration::read(&folder.join("dipper.toml")).unwrap()
}

// covers: SYS-1.03
#[test]
fn every_task_is_listed_with_how_far_it_is() {
    let place = Place::new();
    let configuration = configuration(&place);
    place.set_clock(60);
    place.line("F1", "E1", "1.50", false, 1);
    let only = ["charge_line".to_owned()];
    let wish = Wish { only: &only, cause: "manual", accept_deletions: false };
    collect_configured(&place.store, &configuration.sources[0], wish, &|| NOW, &mut |_: &str, _, _| true)
        .unwrap();
    let list = task_list(&configuration, &place.store).unwrap();
    let his = &list[0];
    let names: Vec<_> = his.tasks.iter().map(|task| (task.key.as_str(), task.mode)).collect();
    assert_eq!(names, [("his/bed", "全量"), ("his/encounter", "增量"), ("his/charge_line", "增量")]);
    let line = &his.tasks[2];
    assert_eq!(line.state.watermark, Some(NOW + 3600));
    assert_eq!(line.last_run.as_ref().map(|run| (run.state, run.inserted)), Some((RunState::Done, 1)));
    assert!(his.tasks[0].last_run.is_none() && his.problem.is_empty());
    assert!(list[1].problem.contains("对照包未载入") && list[1].tasks.is_empty());

    let only_his = Configuration { sources: configuration.sources[..1].to_vec(), ..configuration };
    assert_eq!(find_task(&only_his, "his/bed").unwrap().1, "bed");
    assert!(find_task(&only_his, "his/beds").unwrap_err().to_string().contains("his/charge_line"));
}

// covers: SYS-1.03
#[test]
fn the_times_of_a_source_can_be_set_and_two_editors_are_told_apart() {
    let place = Place::new();
    let configuration = configuration(&place);
    let his = &configuration.sources[0];
    let now = || schedule_of(&place.store, his).unwrap();
    assert_eq!((now().cron.as_deref(), now().version), (Some("*/15 * * * *"), 0));
    let set = |cron: &str, seen| set_schedule(&place.store, his, cron, seen, (5, "1001"));
    assert!(set("often", 0).is_err());
    set(" 0 2 * * * ", 0).unwrap();
    assert!(matches!(set("0 3 * * *", 0), Err(SyncError::Store(StoreError::Changed(_)))));
    assert_eq!((now().cron.as_deref(), now().version), (Some("0 2 * * *"), 1));
    set("", 1).unwrap();
    assert_eq!(now().cron, None, "only by hand");
}
