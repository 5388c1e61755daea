//! Collection and its log as a browser meets them.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use crate::testing::{Browser, Fixture};
use axum::http::StatusCode;
use store::{LogFilter, LogKind, RunState};

/// Posts what starts a job and waits for its end; what the job says.
async fn run(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/collection/run", fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    for _ in 0..3000 {
        let state = browser.get(&format!("{}/state", answer.location)).await.text();
        if state.contains("data-done") {
            return state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the job does not end")
}

/// Makes a view of the HIS again from what it selects now.
fn change_view(fixture: &Fixture, view: &str, change: impl FnOnce(&str) -> String) {
    let his = rusqlite::Connection::open(fixture.folder.path().join("his.db")).unwrap();
    let sql = "SELECT sql FROM sqlite_master WHERE name = ?1";
    let made: String = his.query_row(sql, [view], |row| row.get(0)).unwrap();
    let (_, select) = made.split_once(" AS SELECT ").unwrap();
    his.execute_batch(&format!(
        "DROP VIEW {view}; CREATE VIEW {view} AS {}",
        change(&format!("SELECT {select}"))
    ))
    .unwrap();
}

// covers: SYS-1.03
#[tokio::test]
async fn tasks_are_run_paused_resumed_and_read_again() {
    let fixture = Fixture::empty();
    fixture.fill(20);
    let system = fixture.login_as("system_admin", &[], None).await;
    let page = system.get("/collection").await.text();
    assert!(page.contains("模拟 HIS") && page.contains("task=his%2Fcharge_line") && page.contains("仅手动"));
    assert!(run(&system, &[("source", "his")]).await.contains("重算"));
    let latest = fixture.app.store().runs(None, 1).unwrap()[0].clone();
    assert_eq!((latest.cause.as_str(), latest.state), ("manual", RunState::Done));
    assert!(run(&system, &[("source", "his"), ("task", "bed")]).await.contains("读取"));
    assert_eq!(system.post("/collection/run", &[("source", "lis")]).await.status, StatusCode::NOT_FOUND);
    let unknown = system.post("/collection/run", &[("source", "his"), ("task", "beds")]).await;
    assert!(unknown.text().contains("没有采集任务"));

    system.post("/collection/pause", &[("task", "his/bed")]).await;
    assert!(system.get("/collection/task?task=his/bed").await.text().contains("已暂停"));
    system.post("/collection/resume", &[("task", "his/bed")]).await;
    assert!(!fixture.app.store().task_state("his/bed").unwrap().paused);
    let watermark = || fixture.app.store().task_state("his/charge_line").unwrap().watermark;
    assert!(watermark().is_some());
    let wrong = system.post("/collection/reread", &[("task", "his/charge_line"), ("from", "gestern")]).await;
    assert!(wrong.text().contains("不是时间"));
    system.post("/collection/reread", &[("task", "his/charge_line"), ("from", "")]).await;
    assert_eq!(watermark(), None);
    let filter = LogFilter { kind: Some(LogKind::Collection), ..LogFilter::default() };
    let deeds = fixture.app.store().operations(&filter).unwrap().0;
    let said: Vec<&str> = deeds.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(said, ["重读", "恢复采集", "暂停采集", "立即采集", "立即采集"]);
}

// covers: SYS-1.03
#[tokio::test]
async fn the_times_of_a_source_are_set_and_a_second_editor_is_told() {
    let fixture = Fixture::empty();
    let system = fixture.login_as("system_admin", &[], None).await;
    let set = async |cron: &'static str, version: &'static str| {
        system.post("/collection/schedule", &[("source", "his"), ("version", version), ("cron", cron)]).await
    };
    let wrong = set("often", "0").await.text();
    assert!(wrong.contains("无法识别") && wrong.contains("value=\"often\""));
    assert_eq!(set("30 2 * * *", "0").await.location, "/collection");
    let told = set("0 3 * * *", "0").await.text();
    assert!(told.contains("已被他人修改，现为“30 2 * * *”") && told.contains("value=\"0 3 * * *\""));
    let page = system.get("/collection").await.text();
    assert!(page.contains("30 2 * * *") && page.contains("02:30"));
    assert!(system.get("/collection/schedule?source=his").await.text().contains("system_admin"));
}

// covers: SYS-1.03
#[tokio::test]
async fn vanished_rows_wait_for_a_person_who_accepts_them() {
    let fixture = Fixture::empty();
    fixture.fill(20);
    let system = fixture.login_as("system_admin", &[], None).await;
    change_view(&fixture, "V_床位", |select| format!("{select} LIMIT 20"));
    let held = run(&system, &[("source", "his"), ("task", "bed")]).await;
    assert!(held.contains("待人工确认"), "{held}");
    let page = system.get("/collection/task?task=his/bed").await.text();
    assert!(page.contains("确认删除并采集") && page.contains("防误删比例"));
    assert!(system.get("/collection/log?state=held").await.text().contains("共 1 条"));
    let accepted = run(&system, &[("source", "his"), ("task", "bed"), ("accept", "1")]).await;
    assert!(accepted.contains("删除"), "{accepted}");
    assert!(fixture.app.store().task_state("his/bed").unwrap().held.is_empty());
}

// covers: SYS-1.04
#[tokio::test]
async fn runs_are_listed_counted_and_opened_down_to_the_refused_row() {
    let fixture = Fixture::empty();
    fixture.fill(20);
    let system = fixture.login_as("system_admin", &[], None).await;
    change_view(&fixture, "V_患者", |select| {
        let (columns, from) = select.split_once(" FROM ").unwrap();
        let columns: Vec<String> = columns
            .split(", ")
            .map(|column| column.split_once(" AS ").map_or((column, column), |(_, name)| (column, name)))
            .map(
                |(column, name)| {
                    if name.contains("性别") { format!("'不详' AS {name}") } else { column.to_owned() }
                },
            )
            .collect();
        format!("{} FROM {from}", columns.join(", "))
    });
    fixture.app.store().set_watermark("his/patient", None).unwrap();
    run(&system, &[("source", "his"), ("task", "patient")]).await;
    let rejected = fixture.app.store().runs(Some("his/patient"), 1).unwrap()[0].clone();
    assert!(rejected.rejected > 10 && rejected.rejected == rejected.read, "{}", rejected.message);
    let page = system.get(&format!("/collection/log/{}", rejected.id)).await.text();
    assert!(page.contains("不详") && page.contains("拒收原因") && page.contains("姓名=***"));
    let file = system.get(&format!("/collection/log/{}?format=csv", rejected.id)).await.text();
    assert!(file.contains("不详"));

    let tasks = system.get("/collection/log/statistics?by=task").await.text();
    assert!(tasks.contains("his/charge_line") && tasks.contains("费用明细") && tasks.contains("合计"));
    let days = system.get("/collection/log/statistics?by=day").await.text();
    assert!(days.contains("data-spec"));
    let list = system.get("/collection/log?task=his/patient").await.text();
    assert!(list.contains("共 2 条"), "the first collection and this one");
    assert!(
        system
            .get("/collection/log?from=2001-01-01&to=2001-01-02")
            .await
            .text()
            .contains("没有符合条件的运行")
    );
    assert_eq!(system.get("/collection/log/999999").await.status, StatusCode::NOT_FOUND);
}
