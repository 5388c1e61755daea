//! Pages of warnings over a small hospital.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::testing::{Fixture, same, sheet_of, table_of};
use axum::http::StatusCode;
use model::{DataScope, Viewer};
use store::{FindingState, WarningFilter, WarningsBy};

fn audited() -> Fixture {
    let fixture = Fixture::hospital();
    fixture.audit();
    fixture
}

fn everyone() -> Viewer {
    Viewer { scope: DataScope::Hospital, ..Viewer::default() }
}

/// Every discharge of the fixture.
const ALL: &str = "from=2020-01-01&to=2026-12-31";

// covers: AUD-2.01, AUD-2.02, AUD-2.03
#[tokio::test]
async fn three_views_count_the_same_warnings_and_their_files_equal_them() {
    let fixture = audited();
    let browser = fixture.login_as("insurance_office", &[], None).await;
    let all = fixture.app.store().warning_count(&everyone(), &WarningFilter::default()).unwrap();
    assert!(all.warnings > 20, "{all:?}");
    let heads = [
        ("department", vec!["住院科室", "预警数量", "未忽略占比"]),
        ("rule", vec!["预警等级", "预警类型", "预警规则描述", "预警数量", "医生忽略", "审核预警"]),
        (
            "patient",
            vec![
                "住院号",
                "患者",
                "住院医生",
                "住院科室",
                "预警时间",
                "预警等级",
                "预警类型",
                "预警规则描述",
                "预警内容",
            ],
        ),
    ];
    for (view, columns) in heads {
        let page = browser.get(&format!("/warnings?by={view}&{ALL}&size=200")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let rows = table_of(&page.text());
        for column in columns {
            assert!(rows[0].iter().any(|head| head.starts_with(column)), "{view} {column}: {:?}", rows[0]);
        }
        let number = |text: &str| text.replace(',', "").parse::<i64>().unwrap();
        let at = rows[0].iter().position(|head| head.starts_with("预警数量"));
        if let Some(at) = at {
            let (total, lines) = rows[1..].split_last().unwrap();
            assert_eq!(lines.iter().map(|row| number(&row[at])).sum::<i64>(), all.warnings, "{view}");
            assert_eq!(number(&total[at]), all.warnings, "{view}");
        } else {
            assert_eq!(rows.len() as i64 - 1, all.warnings.min(200));
        }
        let file = browser.get(&format!("/warnings?by={view}&{ALL}&format=xlsx")).await;
        let sheet = sheet_of(&file.bytes, &rows[0][0]);
        assert!(sheet.len() >= rows.len(), "{view}");
        for (shown, cells) in rows.iter().zip(&sheet).skip(1) {
            for (text, cell) in shown.iter().zip(cells) {
                assert!(text == "—" || same(text, cell), "{view}: {text} {cell:?}");
            }
        }
    }
}

// covers: AUD-2.04, AUD-2.05, AUD-2.06
#[tokio::test]
async fn patients_periods_departments_and_doctors_narrow_the_list() {
    let fixture = audited();
    let browser = fixture.login_as("insurance_office", &[], None).await;
    let count = |text: String| {
        let value = text.split("预警数量（条）").nth(1).unwrap().split("kpi-value\">").nth(1).unwrap();
        value.split('<').next().unwrap().parse::<i64>().unwrap()
    };
    let store = fixture.app.store();
    let discharged = count(browser.get(&format!("/warnings?{ALL}")).await.text());
    let settled = count(browser.get(&format!("/warnings?patients=settled&{ALL}")).await.text());
    let house = count(browser.get("/warnings?patients=in_house&unit=day&date=2026-07-01").await.text());
    assert!(
        discharged > 0 && settled > 0 && settled <= discharged && house > 0,
        "{discharged} {settled} {house}"
    );
    // The years are the sum of their quarters, those of their months, those of their days.
    let day = store
        .warnings_page(&everyone(), &WarningFilter::default(), (0, 1))
        .unwrap()
        .0
        .first()
        .and_then(|warning| warning.discharge_day)
        .unwrap();
    let date = crate::text::day(day);
    let mut before = 0;
    for unit in ["day", "month", "quarter", "year"] {
        let now = count(browser.get(&format!("/warnings?unit={unit}&date={date}")).await.text());
        assert!(now >= before && now > 0, "{unit} {now} {before}");
        before = now;
    }
    let sums = store.warning_sums(&everyone(), &WarningFilter::default(), WarningsBy::Department).unwrap();
    let page = browser.get(&format!("/warnings?{ALL}&department={}", sums[0].key)).await;
    assert_eq!(count(page.text()), sums[0].count.warnings);
    let doctors = store.warning_sums(&everyone(), &WarningFilter::default(), WarningsBy::Doctor).unwrap();
    let page = browser.get(&format!("/warnings?{ALL}&doctor={}", doctors[0].key)).await;
    assert!(count(page.text()) >= doctors[0].count.warnings);
    assert_eq!(browser.get("/warnings?unit=week").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_head_sees_his_department_and_what_is_done_is_kept() {
    let fixture = audited();
    let store = fixture.app.store();
    let sums = store.warning_sums(&everyone(), &WarningFilter::default(), WarningsBy::Department).unwrap();
    let own = &sums[0];
    let head = fixture.login_as("department_head", &[&own.key], None).await;
    let page = head.get(&format!("/warnings?{ALL}")).await.text();
    let rows = table_of(&page);
    assert_eq!(rows.len(), 3, "one department and the total: {rows:?}");
    assert_eq!(rows[1][0], own.name);
    let of = |department: &str| {
        let filter = WarningFilter { department: department.into(), ..WarningFilter::default() };
        store.warnings_page(&everyone(), &filter, (0, 1)).unwrap().0.remove(0)
    };
    let (mine, other) = (of(&own.key), of(&sums[1].key));
    assert_eq!(head.get(&format!("/warnings/{}", other.finding.id)).await.status, StatusCode::NOT_FOUND);
    let place = format!("/warnings/{}", mine.finding.id);
    let shown = head.get(&place).await.text();
    for said in ["超出", "涉及的费用明细", "处理记录", "依据"] {
        assert!(shown.contains(said), "{said}");
    }
    let step = |reason: &'static str| [("state", "ignored"), ("seen", "open"), ("reason", reason)];
    head.post(&format!("{place}/step"), &step("")).await;
    let state = || store.audit_finding(&everyone(), mine.finding.id).unwrap().unwrap().state;
    assert_eq!(state(), FindingState::Open, "a reason is wanted");
    head.post(&format!("{place}/step"), &step("抢救<b>期间")).await;
    assert_eq!(state(), FindingState::Ignored);
    assert!(head.get(&place).await.text().contains("抢救&#60;b&#62;期间"));
    // Somebody who still sees it open is told.
    let office = fixture.login_as("insurance_office", &[], None).await;
    office
        .post(&format!("{place}/step"), &[("state", "confirmed"), ("seen", "open"), ("reason", "核实")])
        .await;
    assert_eq!(state(), FindingState::Ignored);
    assert!(office.get(&place).await.text().contains("已被他人处理"));
    assert_eq!(
        head.post(&format!("/warnings/{}/step", other.finding.id), &step("x")).await.status,
        StatusCode::NOT_FOUND
    );
    // Not ignored any more: the share of the department falls.
    let rows = table_of(&head.get(&format!("/warnings?{ALL}")).await.text());
    assert_ne!(rows[1][2], "100.00%");
    // Directors look and change nothing.
    let director = fixture.login_as("director", &[], None).await;
    assert_eq!(director.post(&format!("{place}/step"), &step("x")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_reads_a_warning_is_logged_without_a_name() {
    let fixture = audited();
    let browser = fixture.login_as("insurance_office", &[], None).await;
    let (warnings, _) =
        fixture.app.store().warnings_page(&everyone(), &WarningFilter::default(), (0, 1)).unwrap();
    let warning = &warnings[0];
    let page = browser.get(&format!("/warnings/{}", warning.finding.id)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let reads =
        store::LogFilter { kind: Some(store::LogKind::Read), limit: 10, ..store::LogFilter::default() };
    let (read, _) = fixture.app.store().operations(&reads).unwrap();
    assert_eq!(read[0].object, format!("病例 {}", warning.finding.case));
    assert!(!format!("{read:?}").contains(&warning.patient), "a name is in the log");
}
