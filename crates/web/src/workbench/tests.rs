//! The workbench over a small hospital: numbers equal plain SQL, drills equal cells, nobody sees another's department.

use crate::testing::{Fixture, same, sheet_of, table_of};
use axum::http::StatusCode;
use mart::Cell;

fn number(fixture: &Fixture, sql: &str) -> String {
    match &fixture.app.mart().query(sql, &[]).unwrap().rows[0][0] {
        Cell::Whole(n) => crate::text::money(*n),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_panel_shows_exports_and_opens_its_cases() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let page = office.get("/workbench?year=2025").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let text = page.text();
    for panel in &super::PANELS {
        assert!(text.contains(&format!("id=\"{}\"", panel.id)), "{}", panel.id);
        let one = office.get(&format!("/workbench/{}?year=2025", panel.id)).await;
        assert_eq!(one.status, StatusCode::OK, "{} {}", panel.id, one.text());
        let csv = office.get(&format!("/workbench/{}?year=2025&format=csv", panel.id)).await;
        assert!(csv.text().starts_with('\u{feff}'), "{}", panel.id);
        let file = office.get(&format!("/workbench/{}?year=2025&format=xlsx", panel.id)).await;
        let table = table_of(&one.text());
        let Some(header) = table.first() else {
            assert!(one.text().contains("class=\"empty\""), "{}", panel.id);
            continue;
        };
        let sheet = sheet_of(&file.bytes, &header[0]);
        assert_eq!(table.len(), sheet.len(), "{}", panel.id);
        for (shown, cells) in table.iter().zip(&sheet) {
            assert!(shown.iter().zip(cells).all(|(s, c)| same(s, c)), "{}: {shown:?} {cells:?}", panel.id);
        }
    }
    // An oracle in plain SQL.
    let surplus =
        number(&fixture, "SELECT CAST(SUM(surplus) AS BIGINT) FROM case_fact WHERE discharge_year = 2025");
    let table = office.get("/workbench/surplus?year=2025").await.text();
    assert!(table.contains(&surplus), "{surplus}");
    assert!(text.contains("还没有启用的审核规则"));
}

/// DIP-2.06: the groups, their order and the least number of cases, against plain SQL.
#[tokio::test]
async fn groups_that_gain_and_lose_most_stand_in_order() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let ranked = |expression: &str, least: i64| -> Vec<String> {
        let sql = format!(
            "SELECT MIN(group_name), {expression} AS value FROM case_fact \
             WHERE has_insurance AND grouped AND discharge_year = 2025 AND COALESCE(reason, '') NOT IN \
             ('not_dip', 'paid_by_item', 'insurance_type_unknown', 'settlement_way_unknown') \
             GROUP BY group_code HAVING COUNT(surplus) > {least} AND value <> 0 ORDER BY value DESC"
        );
        let rows = fixture.app.mart().query(&sql, &[]).unwrap().rows;
        let names = rows.iter().map(|row| match &row[0] {
            Cell::Text(name) => name.clone(),
            other => panic!("{other:?}"),
        });
        let all: Vec<String> = names.collect();
        assert!(all.len() <= 40, "the panel shows both ends only: choose a smaller hospital");
        all
    };
    let (each, total) = ("SUM(surplus) / COUNT(surplus)", "SUM(surplus)");
    for (by, expression, least) in [("case", each, 10), ("total", total, 10), ("total", total, 30)] {
        let address = format!("/workbench/ranking?year=2025&by={by}&least={least}");
        let table = table_of(&office.get(&address).await.text());
        let shown: Vec<&str> = table.iter().skip(1).map(|row| row[0].as_str()).collect();
        assert_eq!(shown, ranked(expression, least), "{address}");
    }
}

/// PER-1.02: twenty people at once, each with an own filter, all get their own page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_people_at_once_get_each_their_own_answer() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let address = |n: usize| format!("/workbench/income?month=2025{:02}", n % 12 + 1);
    let mut alone = Vec::new();
    for n in 0..12 {
        alone.push(table_of(&office.get(&address(n)).await.text()));
    }
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(fixture.login_as("insurance_office", &[], Some(&format!("S{n}"))).await);
    }
    let mut running = tokio::task::JoinSet::new();
    for (n, browser) in people.into_iter().enumerate() {
        running.spawn(async move { (n, table_of(&browser.get(&address(n)).await.text())) });
    }
    while let Some(done) = running.join_next().await {
        let (n, table) = done.unwrap();
        assert_eq!(table, alone[n % 12], "{n}");
    }
}

/// 科主任: panels, tables and exports of another department's cases stay closed, also when the hospital's answer is kept.
#[tokio::test]
async fn a_head_of_department_sees_only_the_department() {
    let fixture = Fixture::hospital();
    let department = fixture.busiest_department();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let head = fixture.login_as("department_head", &[&department], None).await;
    let whole =
        number(&fixture, "SELECT CAST(SUM(payment) AS BIGINT) FROM case_fact WHERE discharge_year = 2025");
    let own = number(
        &fixture,
        &format!(
            "SELECT CAST(SUM(payment) AS BIGINT) FROM case_fact WHERE discharge_year = 2025 \
             AND discharge_department_key = '{department}'"
        ),
    );
    assert_ne!(whole, own);
    for address in [
        "/workbench/surplus?year=2025",
        "/workbench/income?year=2025",
        "/workbench/income?year=2025&format=csv",
    ] {
        let all = office.get(address).await.text().replace(',', "");
        let mine = head.get(address).await.text().replace(',', "");
        assert!(all.contains(&whole.replace(',', "")), "{address}");
        assert!(!mine.contains(&whole.replace(',', "")) && mine.contains(&own.replace(',', "")), "{address}");
    }
    // Asking for another department gives nothing.
    let other = head.get("/workbench/income?year=2025&department=NOT-MINE").await.text();
    assert!(other.contains("没有出院病例"), "{other}");
    let panel = head.get("/workbench?year=2025").await.text();
    for row in fixture
        .app
        .mart()
        .query("SELECT DISTINCT discharge_department_name FROM case_fact", &[])
        .unwrap()
        .rows
    {
        let Cell::Text(name) = &row[0] else { continue };
        let listed = panel.contains(&format!(">{name}</option>"));
        let is_own = fixture
            .app
            .mart()
            .query("SELECT 1 FROM case_fact WHERE discharge_department_name = $1 AND discharge_department_key = $2", &[
                Cell::Text(name.clone()),
                Cell::Text(department.clone()),
            ])
            .unwrap()
            .rows
            .len();
        assert_eq!(listed, is_own > 0, "{name}");
    }
}

#[tokio::test]
async fn bad_filters_are_said_and_an_empty_hospital_says_what_to_do() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let page = office.get("/workbench").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("采集完成后这里自动显示"));
    for bad in ["year=20x5", "month=209913", "basis=birthday", "year='%20OR%201=1"] {
        assert_eq!(office.get(&format!("/workbench?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let odd = office.get("/workbench/income?department=%27%3B%20DROP%20TABLE%20case_fact%3B--").await;
    assert_eq!(odd.status, StatusCode::OK);
    assert_eq!(office.get("/workbench/nothing").await.status, StatusCode::NOT_FOUND);
}

/// DIP-2.09: what adds up over the year is held against a month's part of the year's target.
#[tokio::test]
async fn a_month_is_held_against_its_part_of_the_years_target() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let sql = "SELECT COUNT(*) FROM case_fact WHERE month = 202503";
    let Cell::Whole(discharges) = fixture.app.mart().query(sql, &[]).unwrap().rows[0][0] else { panic!() };
    assert!(discharges > 0);
    for (more, said) in [(0, "0 项预警，1 项达标"), (12, "1 项预警，0 项达标")] {
        let low = (discharges * 12 + more).to_string();
        let version = if more == 0 { "0" } else { "1" };
        let fields = [
            ("year", "2025"),
            ("measure", "discharges"),
            ("department", ""),
            ("low", low.as_str()),
            ("high", ""),
            ("version", version),
        ];
        assert_eq!(office.post("/targets/edit", &fields).await.status, StatusCode::SEE_OTHER);
        let text = office.get("/workbench/indicators?month=202503").await.text();
        assert!(text.contains(said), "{text}");
    }
}

/// DIP-2.09, DIP-2.10: targets make warnings and usage rates.
#[tokio::test]
async fn targets_make_warnings_and_the_budget_makes_a_rate() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for (measure, low, high) in
        [("drug_rate", "", "0.01"), ("mean_stay", "1", "500"), ("pooled_fund", "", "1000000")]
    {
        let fields = [
            ("year", "2025"),
            ("measure", measure),
            ("department", ""),
            ("low", low),
            ("high", high),
            ("version", "0"),
        ];
        assert_eq!(office.post("/targets/edit", &fields).await.status, StatusCode::SEE_OTHER);
    }
    let text = office.get("/workbench/indicators?year=2025").await.text();
    assert!(
        text.contains("1 项预警，1 项达标") && text.contains("超出目标") && text.contains("预警指标占比"),
        "{text}"
    );
    let fund = office.get("/workbench/fund?year=2025").await.text();
    assert!(fund.contains("统筹使用率") && fund.contains("1,000,000.00"), "{fund}");
}

// covers: DIP-2.07, DIP-2.08
#[tokio::test]
async fn warnings_stand_by_level_and_rule_and_open_their_charge_lines() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let before = office.get("/workbench/charge-warnings?year=2025").await.text();
    assert!(before.contains("还没有启用的审核规则"), "{before}");
    fixture.audit();
    let everyone = model::Viewer { scope: model::DataScope::Hospital, ..model::Viewer::default() };
    let mut shown = 0;
    for (panel, class) in [("catalogue-warnings", "catalogue"), ("charge-warnings", "charge")] {
        for year in [2024, 2025, 2026] {
            let days = metrics::Period::year(year).unwrap();
            let filter = store::WarningFilter {
                from: Some(crate::text::days(days.from())),
                to: Some(crate::text::days(days.to())),
                kinds: crate::warnings::class_kinds(class),
                ..store::WarningFilter::default()
            };
            let all = fixture.app.store().warning_count(&everyone, &filter).unwrap();
            let address = format!("/workbench/{panel}?year={year}");
            let page = office.get(&address).await;
            let Some((head, rows)) =
                table_of(&page.text()).split_first().map(|(h, r)| (h.clone(), r.to_vec()))
            else {
                assert_eq!(all.warnings, 0, "{address} {}", page.text());
                continue;
            };
            for (column, title) in head.iter().zip(["预警等级", "预警规则", "预警数量"]) {
                assert!(column.starts_with(title), "{address}: {head:?}");
            }
            let count = |text: &str| text.replace(',', "").parse::<i64>().unwrap();
            assert_eq!(rows.iter().map(|row| count(&row[2])).sum::<i64>(), all.warnings, "{address}");
            let text = page.text();
            let link =
                text.split("href=\"/warnings?").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let list = office.get(&format!("/warnings?{}&size=200", link.replace("&#38;", "&"))).await;
            assert_eq!(list.status, StatusCode::OK, "{}", list.text());
            let warnings = table_of(&list.text());
            let first = count(&rows[0][2]).min(200);
            assert_eq!(warnings.len() as i64 - 1, first, "{address}: {:?}", rows[0]);
            let one = list.text();
            let one = one.split("href=\"/warnings/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let lines = office.get(&format!("/warnings/{}", one.replace("&#38;", "&"))).await;
            assert_eq!(lines.status, StatusCode::OK, "{}", lines.text());
            assert!(table_of(&lines.text()).len() > 1, "no charge lines: {}", lines.text());
            shown += 1;
        }
    }
    assert!(shown > 1, "{shown} filled panels");
}
