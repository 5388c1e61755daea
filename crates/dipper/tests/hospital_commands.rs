//! From a HIS to results and facts by the real binary: demo, sync, regroup, mart, backup.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

mod support;

use support::small_hospital::{SmallHospital, check_whole, contents};
use support::{dipper, errors};

// covers: INT-1.01, SYS-1.03, SYS-1.04, DIP-1.03
#[test]
fn the_demonstration_collects_computes_and_is_gone_on_with() {
    let hospital = SmallHospital::new("demonstration", 150);
    check_whole(&hospital, "store.db");
    let cases = hospital.number("store.db", "SELECT COUNT(*) FROM inpatient_case WHERE month > 0");
    assert!((140..=150).contains(&cases), "{cases}");
    assert_eq!(hospital.number("store.db", "SELECT COUNT(*) FROM dirty_encounter"), 0);
    assert_eq!(hospital.number("store.db", "SELECT SUM(rejected) FROM sync_run"), 0);
    // What was collected is what the HIS shows.
    for (view, table) in
        [("V_费用明细", "charge_line"), ("V_诊断", "diagnosis"), ("V_病案首页", "front_page")]
    {
        let shown = hospital.number("his.db", &format!("SELECT COUNT(*) FROM {view} WHERE 作废标志 = '0'"));
        let kept =
            hospital.number("store.db", &format!("SELECT COUNT(*) FROM {table} WHERE deleted_at IS NULL"));
        assert_eq!(kept, shown, "{view}");
    }
    assert!(std::fs::read_to_string(hospital.path("answer_key.csv")).unwrap().lines().count() > 1);

    let before = contents(&hospital, "store.db");
    let again = hospital.demo(150);
    assert!(again.status.success(), "{}", errors(&again));
    assert_eq!(contents(&hospital, "store.db"), before, "a second call changes nothing");
    let log = hospital.must(&["sync", "log"], &["--days", "1"]);
    assert!(log.contains("his/charge_line"), "{log}");
    let tasks = hospital.must(&["sync", "tasks"], &[]);
    assert!(tasks.contains("his/settlement") && tasks.contains("正常"), "{tasks}");
}

#[test]
fn a_demonstration_with_a_pack_that_cannot_be_used_leaves_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("demo.txt"), "last").unwrap();
    let demo = |pack: &str| {
        let pack = folder.path().join(pack);
        dipper(
            &["demo", "--no-serve", "--data", data.to_str().unwrap(), "--policy", pack.to_str().unwrap()],
            b"",
        )
    };
    let refused = demo("absent");
    assert!(!refused.status.success());
    assert!(errors(&refused).contains("absent"), "{}", errors(&refused));
    assert_eq!(std::fs::read_to_string(data.join("demo.txt")).unwrap(), "last");
}

// covers: DIP-1.03, DIP-1.08
#[test]
fn a_new_pack_stands_beside_is_compared_and_published() {
    let hospital = SmallHospital::new("regrouping", 150);
    let before = contents(&hospital, "store.db");
    let in_2024 = hospital
        .number("store.db", "SELECT COUNT(*) FROM inpatient_case WHERE month BETWEEN 202401 AND 202412");
    // The prices of 2023 for the discharges of 2024.
    let scope = ["--pack", "sample/2023", "--from", "2024-01-01", "--to", "2024-12-31"];
    let said = hospital.must(&["regroup"], &[scope.as_slice(), &["--compare"]].concat());
    assert!(said.contains(&format!("{in_2024} 例")) && said.contains("分值价钱变化"), "{said}");
    assert_eq!(contents(&hospital, "store.db"), before, "beside, not instead");

    // The same again gives the same bytes.
    let run = |n: i64| {
        let columns = "case_number, pack, trial, group_code, kind, standard_points, benchmark_ratio, band, segment, \
             factor, earned_points, price_kind, point_price, ratio_cost, payment, surplus, review, confirmed, reason";
        let sql = format!("SELECT {columns} FROM case_result WHERE run = {n} ORDER BY case_number");
        hospital.rows("store.db", &sql)
    };
    let first = hospital.number("store.db", "SELECT MAX(id) FROM compute_run");
    hospital.must(&["regroup"], &scope);
    assert!(!run(first).is_empty());
    assert_eq!(run(first), run(first + 1));

    let trial = format!("SELECT COUNT(*) FROM case_result WHERE run = {first} AND trial = 1");
    assert_eq!(hospital.number("store.db", &trial), in_2024, "the pack of 2023 is not in force in 2024");

    hospital.must(&["regroup"], &["--publish-run", &first.to_string()]);
    let current = hospital.number(
        "store.db",
        &format!(
            "SELECT COUNT(*) FROM inpatient_case WHERE run = {first} AND month BETWEEN 202401 AND 202412"
        ),
    );
    assert_eq!(current, in_2024);
    // Nothing current is of a pack that stepped back, patients in house included.
    let stale = "SELECT COUNT(*) FROM inpatient_case c JOIN case_result r ON r.case_number = c.number AND r.run = c.run \
         JOIN policy_pack p ON p.id = r.pack WHERE p.in_force_since IS NULL";
    assert_eq!(hospital.number("store.db", stale), 0);
    let listed = hospital.must(&["regroup"], &["--list"]);
    assert!(listed.contains("已发布") && listed.contains("完成未发布"), "{listed}");
    check_whole(&hospital, "store.db");
}

// covers: PER-1.04
#[test]
fn backup_restore_and_a_lost_mart() {
    let hospital = SmallHospital::new("backup", 60);
    let before = contents(&hospital, "store.db");
    let file = hospital.path("backup.db");
    hospital.must(&["backup"], &["--out", &file]);
    let twice = hospital.run(&["backup"], &["--out", &file]);
    assert!(!twice.status.success() && errors(&twice).contains("已存在"));
    rusqlite::Connection::open(hospital.path("store.db"))
        .unwrap()
        .execute_batch("DELETE FROM charge_line; DELETE FROM case_result")
        .unwrap();
    hospital.must(&["mart", "refresh"], &[]);
    assert!(std::path::Path::new(&hospital.path("mart.charges")).exists());
    let unsure = hospital.run(&["restore"], &["--from", &file]);
    assert!(!unsure.status.success() && errors(&unsure).contains("--yes"));
    hospital.must(&["restore"], &["--from", &file, "--yes"]);
    assert_eq!(contents(&hospital, "store.db"), before);

    assert!(
        !std::path::Path::new(&hospital.path("mart.charges")).exists(),
        "what is derived goes with the old store"
    );
    std::fs::write(hospital.path("mart.duckdb"), "no mart").unwrap();
    let out = hospital.path("parquet");
    let said = hospital.must(&["mart", "export"], &["--out", &out]);
    assert!(said.contains("case_fact"), "{said}");
    let lines = hospital.number("store.db", "SELECT COUNT(*) FROM charge_line WHERE deleted_at IS NULL");
    assert!(said.contains(&format!("{lines} 行")), "{said}");
}

#[test]
fn other_rules_make_all_cases_anew_and_a_task_is_read_again_when_asked() {
    let hospital = SmallHospital::new("rules", 60);
    let inputs = || hospital.rows("store.db", "SELECT input FROM inpatient_case ORDER BY encounter_key");
    let before = inputs();
    let file = hospital.path("dipper.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        config.replace("[[source]]", "[case]\ninsurer_cost = \"fund_total\"\n\n[[source]]"),
    )
    .unwrap();
    hospital.must(&["sync", "run"], &[]);
    let changed = inputs().iter().zip(&before).filter(|(a, b)| a != b).count();
    assert!(changed > before.len() / 2, "{changed} of {}", before.len());

    hospital.must(&["sync", "reread"], &["his/charge_line"]);
    let said = hospital.must(&["sync", "run"], &["--source", "his", "--task", "charge_line"]);
    let lines = hospital.number("store.db", "SELECT COUNT(*) FROM charge_line");
    assert!(said.contains(&lines.to_string()), "{lines} lines: {said}");

    std::fs::rename(hospital.path("his.db"), hospital.path("gone.db")).unwrap();
    let gone = hospital.run(&["sync", "run"], &[]);
    assert_eq!(gone.status.code(), Some(2));
    let log = hospital.must(&["sync", "log"], &["--last", "1"]);
    assert!(log.contains("his/连接") && log.contains("失败"), "{log}");
}

#[test]
fn a_new_source_is_examined_before_it_is_trusted() {
    let hospital = SmallHospital::new("doctor", 60);
    let sound = hospital.run(&["sync", "doctor"], &[]);
    assert!(sound.status.success(), "{}{}", String::from_utf8_lossy(&sound.stdout), errors(&sound));
    // A vendor's view without its join: every bed as often as there are departments.
    let his = rusqlite::Connection::open(hospital.path("his.db")).unwrap();
    let definition: String =
        his.query_row("SELECT sql FROM sqlite_master WHERE name = 'V_床位'", [], |row| row.get(0)).unwrap();
    his.execute_batch(&format!("DROP VIEW V_床位; {definition} CROSS JOIN (SELECT 1 UNION SELECT 2)"))
        .unwrap();
    let torn = hospital.run(&["sync", "doctor"], &[]);
    let said = String::from_utf8_lossy(&torn.stdout).into_owned();
    assert!(!torn.status.success() && said.contains("bed") && said.contains("错误"), "{said}");
}

// covers: SYS-1.03
#[cfg(unix)]
#[test]
fn the_timer_collects_by_itself_until_it_is_stopped() {
    use std::process::{Command, Stdio};
    use std::time::Duration;
    let hospital = SmallHospital::new("timer", 40);
    let file = hospital.path("dipper.toml");
    let config = std::fs::read_to_string(&file).unwrap().replace("*/15 * * * *", "* * * * * *");
    std::fs::write(&file, config).unwrap();
    let mut timer = Command::new(env!("CARGO_BIN_EXE_dipper"))
        .args(["sync", "watch", "--config", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = hospital.rows("store.db", "SELECT key FROM charge_line WHERE deleted_at IS NULL LIMIT 1")[0]
        [0]
    .clone();
    let mut his = his::SqliteHis::open(std::path::Path::new(&hospital.path("his.db"))).unwrap();
    let now = jiff::Timestamp::now().as_second() + 8 * 3600;
    his::Change::Void { table: "charge_line".into(), key: line.clone() }.apply(&mut his, now).unwrap();
    let gone = format!("SELECT COUNT(*) FROM charge_line WHERE key = '{line}' AND deleted_at IS NOT NULL");
    let waiting = "SELECT COUNT(*) FROM dirty_encounter";
    let seen = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        hospital.number("store.db", &gone) == 1 && hospital.number("store.db", waiting) == 0
    });
    let by_timer = hospital.number("store.db", "SELECT COUNT(*) FROM sync_run WHERE cause = 'timer'");
    Command::new("kill").args(["-INT", &timer.id().to_string()]).status().unwrap();
    let ended = timer.wait().unwrap();
    assert!(seen && by_timer > 0, "not collected within a minute ({by_timer} runs)");
    assert!(ended.success(), "{ended}");
    check_whole(&hospital, "store.db");
}

#[test]
fn unusable_arguments_are_said_in_chinese() {
    let hospital = SmallHospital::new("arguments", 30);
    for (command, more, says) in [
        (&["sync", "run"][..], &["--source", "emr"][..], "没有可采集的数据源"),
        (&["sync", "run"], &["--source", "his", "--task", "nothing"], "没有采集任务"),
        (&["sync", "pause"], &["his/nothing"], "没有采集任务"),
        (&["sync", "log"], &["--run", "9999"], "没有找到"),
        (&["regroup"], &["--resume"], "没有中断的重算"),
        (&["regroup"], &["--publish-run", "9999"], "没有找到"),
        (&["regroup"], &["--from", "2025-02-01", "--to", "2025-01-01"], "晚于"),
        (&["restore"], &["--from", "nowhere", "--yes"], "没有找到"),
    ] {
        let output = hospital.run(command, more);
        assert_eq!(output.status.code(), Some(2), "{command:?} {more:?}");
        assert!(errors(&output).contains(says), "{command:?} {more:?}: {}", errors(&output));
    }
    let missing = support::dipper(&["sync", "run", "--config", "nowhere.toml"], b"");
    assert!(errors(&missing).contains("配置文件"), "{}", errors(&missing));
}
