//! The case pages over a small hospital: numbers are the record's, nobody opens another's case, every export is the screen.

use crate::testing::{Browser, Fixture};
use axum::http::StatusCode;
use mart::Cell;

/// Numbers of cases that a condition holds for, the smallest first.
fn cases(fixture: &Fixture, condition: &str) -> Vec<i64> {
    let sql = format!("SELECT number FROM case_fact WHERE {condition} ORDER BY number");
    let rows = fixture.app.mart().query(&sql, &[]).unwrap().rows;
    rows.iter()
        .map(|row| match row[0] {
            Cell::Whole(n) => n,
            ref other => panic!("{other:?}"),
        })
        .collect()
}

fn text_of(fixture: &Fixture, sql: &str) -> String {
    match &fixture.app.mart().query(sql, &[]).unwrap().rows[0][0] {
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

async fn opens(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// covers: DIP-1.02
#[tokio::test]
async fn every_tab_of_a_case_shows_exports_and_is_logged() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let number = cases(&fixture, "surplus < 0 AND operated AND refunded")[0];
    for (tab, title) in super::case_head::TABS {
        let path = match tab {
            "charges" => format!("/case/{number}/charges?"),
            tab => format!("/case/{number}?tab={tab}"),
        };
        let page = opens(&office, &path).await;
        assert!(page.contains("返回病例清单") && page.contains(title), "{tab}");
        assert!(page.contains("▼ 亏"), "{tab}");
        let file = opens(&office, &format!("{path}&format=csv")).await;
        assert!(file.starts_with('\u{feff}') && file.contains("住院号：ZY"), "{tab}: {file}");
        let book = office.get(&format!("{path}&format=xlsx")).await;
        assert!(book.bytes.starts_with(b"PK"), "{tab}");
    }
    let of_kind = |kind| store::LogFilter { kind: Some(kind), limit: 200, ..store::LogFilter::default() };
    let (read, _) = fixture.app.store().operations(&of_kind(store::LogKind::Read)).unwrap();
    let object = format!("病例 {number}");
    assert_eq!(read.iter().filter(|entry| entry.object == object).count(), 3 * super::case_head::TABS.len());
    let (exported, _) = fixture.app.store().operations(&of_kind(store::LogKind::Export)).unwrap();
    assert_eq!(exported.len(), 2 * super::case_head::TABS.len());
}

/// covers: DIP-1.02
#[tokio::test]
async fn the_numbers_of_a_case_are_those_of_the_result() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for number in cases(&fixture, "surplus IS NOT NULL").into_iter().take(12) {
        let row = fixture
            .app
            .mart()
            .query(
                "SELECT group_code, surplus, payment, total_fee, CAST(earned_points AS VARCHAR) FROM case_fact WHERE number = $1",
                &[Cell::Whole(number)],
            )
            .unwrap()
            .rows
            .remove(0);
        let [Cell::Text(group), Cell::Whole(surplus), Cell::Whole(payment), Cell::Whole(total), _] = &row[..]
        else {
            panic!("{row:?}")
        };
        let page = opens(&office, &format!("/case/{number}")).await;
        for shown in [group.clone(), crate::text::money(*surplus), crate::text::money(*payment)] {
            assert!(page.contains(&shown), "{number}: {shown}");
        }
        assert!(!page.contains("与保存的结果不一致"), "{number}");
        // The formula ends in the result.
        assert!(page.contains(&format!("{} 元", model::Fen(*surplus))), "{number}");
        let fees = opens(&office, &format!("/case/{number}?tab=fees")).await;
        assert!(fees.contains(&crate::text::money(*total)), "{number}");
        for view in ["merged", "lines", "classes", "ordering", "performing", "days"] {
            let charges = opens(&office, &format!("/case/{number}/charges?view={view}")).await;
            assert!(charges.contains(&crate::text::money(*total)), "{number} {view}");
        }
    }
}

#[tokio::test]
async fn a_case_of_others_is_not_there() {
    let fixture = Fixture::hospital();
    let department = fixture.busiest_department();
    let own = cases(&fixture, &format!("department_key = '{department}'"))[0];
    let other = cases(&fixture, &format!("department_key <> '{department}'"))[0];
    let doctor = text_of(&fixture, &format!("SELECT attending_key FROM case_fact WHERE number = {own}"));
    let head = fixture.login_as("department_head", &[&department], None).await;
    let mine = fixture.login_as("doctor", &[], Some(&doctor)).await;
    let foreign = cases(&fixture, &format!("attending_key <> '{doctor}' AND resident_key <> '{doctor}'"))[0];
    opens(&head, &format!("/case/{own}")).await;
    opens(&mine, &format!("/case/{own}")).await;
    for (browser, number) in [(&head, other), (&mine, foreign), (&head, 999_999), (&mine, 0)] {
        for path in [format!("/case/{number}"), format!("/case/{number}?tab=fees&format=csv")] {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.text().contains("没有找到此病例"), "{path}: {}", answer.text());
        }
    }
    assert_eq!(head.get(&format!("/case/{other}/charges?format=csv")).await.status, StatusCode::NOT_FOUND);
    // A doctor may not see charges at all.
    assert_eq!(mine.get(&format!("/case/{own}/charges")).await.status, StatusCode::FORBIDDEN);
    assert!(!opens(&mine, &format!("/case/{own}")).await.contains("/charges"));
    for odd in ["/case/abc", "/case/1%27%20OR%201=1", "/case/99999999999999999999", "/case/-1"] {
        assert_eq!(head.get(odd).await.status, StatusCode::NOT_FOUND, "{odd}");
    }
    // Lists hold only what may be opened.
    let all = head.get("/cases?period=all&format=csv").await.text();
    let listed = all.lines().filter(|line| line.starts_with("ZY")).count();
    assert_eq!(listed, cases(&fixture, &format!("department_key = '{department}' AND NOT in_house")).len());
}

#[tokio::test]
async fn a_list_is_filtered_ordered_paged_and_exported_as_shown() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let count = |text: &str| text.lines().filter(|line| line.starts_with("ZY")).count();
    for (query, condition) in [
        ("year=2025", "discharge_year = 2025"),
        ("from=2025-01-01&to=2025-03-31", "discharge_day BETWEEN DATE '2025-01-01' AND DATE '2025-03-31'"),
        ("basis=settlement&year=2025", "settlement_year = 2025 AND NOT in_house"),
        ("patients=in_house", "in_house"),
        ("patients=all&period=all", "TRUE"),
        ("period=all&loss=true", "loss AND NOT in_house"),
        ("period=all&kind=ungrouped", "kind = 'ungrouped' AND NOT in_house"),
        ("period=all&kind=core&kind=composite", "kind IN ('core', 'composite') AND NOT in_house"),
        ("period=all&insurance_type=390", "insurance_type = '390' AND NOT in_house"),
        ("period=all&insurance_type=-", "insurance_type IS NULL AND NOT in_house"),
        ("period=all&flag=operated&flag=refunded", "operated AND refunded AND NOT in_house"),
        ("period=all&flag=unconfirmed", "NOT confirmed AND NOT in_house"),
        ("period=all&icd=k", "principal_code LIKE 'K%' AND NOT in_house"),
        ("number=zy00000", "inpatient_number LIKE 'ZY00000%' AND NOT in_house"),
    ] {
        let expected = cases(&fixture, condition).len();
        let file = opens(&office, &format!("/cases?{query}&format=csv")).await;
        assert_eq!(count(&file), expected, "{query}");
        let page = opens(&office, &format!("/cases?{query}")).await;
        assert!(expected == 0 || page.contains(&format!("共 {expected} 条")), "{query}");
    }
    // Without any condition: the last closed month.
    let month = cases(&fixture, "month = 202606").len();
    assert_eq!(count(&opens(&office, "/cases?format=csv").await), month);
    // The latest discharge first.
    let newest = fixture.app.mart().query(
        "SELECT inpatient_number FROM case_fact WHERE NOT in_house ORDER BY discharge_day DESC, number LIMIT 20",
        &[],
    );
    let list = opens(&office, "/cases?period=all&format=csv").await;
    let shown = list.lines().filter(|line| line.starts_with("ZY"));
    for (line, row) in shown.zip(newest.unwrap().rows) {
        let Cell::Text(expected) = &row[0] else { panic!("{row:?}") };
        assert!(line.starts_with(expected), "{expected}: {line}");
    }
    // In order, and the total is the whole list's.
    let sorted = opens(&office, "/cases?period=all&order=-surplus&size=20").await;
    let best = fixture
        .app
        .mart()
        .query("SELECT MAX(surplus), SUM(surplus)::BIGINT FROM case_fact WHERE NOT in_house", &[]);
    let row = best.unwrap().rows.remove(0);
    let [Cell::Whole(most), Cell::Whole(sum)] = row[..] else { panic!("{row:?}") };
    let first = sorted.split("<tbody>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(first.contains(&crate::text::money(most)), "{first}");
    assert!(sorted.split("<tfoot>").nth(1).unwrap().contains(&crate::text::money(sum)), "{sum}");
    // The way back keeps the list.
    assert!(sorted.contains("back=period%3Dall%26order%3D-surplus%26size%3D20"), "{sorted}");
    let number = cases(&fixture, "NOT in_house")[0];
    let page = opens(&office, &format!("/case/{number}?back=period%3Dall%26order%3D-surplus")).await;
    assert!(page.contains("href=\"/cases?period=all&#38;order=-surplus\""), "{page}");
    let evil = opens(&office, &format!("/case/{number}?back=%2F%2Fevil.example")).await;
    assert!(!evil.contains("href=\"//evil"), "{evil}");
}

#[tokio::test]
async fn a_number_of_the_workbench_opens_its_cases() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let loss = cases(&fixture, "discharge_year = 2025 AND surplus < 0").len();
    let page = opens(&office, "/cases?year=2025&measure=loss_cases").await;
    assert!(page.contains(&format!("共 {loss} 条")) && page.contains("已选条件"), "{loss}");
    assert!(page.contains(&format!("{loss} ")) && page.contains("亏损"), "{page}");
    // A chip takes its condition away.
    assert!(page.contains("href=\"/cases?year=2025\""), "{page}");
}

#[tokio::test]
async fn names_are_masked_and_found_only_with_the_right() {
    let fixture = Fixture::hospital();
    let coder = fixture.login_as("coder", &[], None).await;
    let director = fixture.login_as("director", &[], None).await;
    let number = cases(&fixture, "NOT in_house")[0];
    let may = model::Viewer {
        scope: model::DataScope::Hospital,
        permissions: [model::Permission::Names].into(),
        ..model::Viewer::default()
    };
    let name = fixture.app.store().patient_names(&may, &[number]).unwrap()[&number].clone();
    let open = opens(&coder, &format!("/case/{number}")).await;
    let masked = opens(&director, &format!("/case/{number}")).await;
    assert!(open.contains(&name) && !masked.contains(&name) && masked.contains("**"), "{name}");
    let found = opens(&coder, &format!("/cases?name={}", crate::query::encode(&name))).await;
    assert!(found.contains(&format!("/case/{number}?")), "{name}");
    let refused = director.get(&format!("/cases?name={}", crate::query::encode(&name))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!opens(&director, "/cases").await.contains("id=\"name\""));
    // A director's list holds no whole name; the id number shows its end only.
    let listed = opens(&director, "/cases?period=all&format=csv").await;
    assert!(!listed.contains(&name), "{name}");
    assert!(!open.contains("id_number") && open.contains("**************"));
}

/// Whatever stands in a filter is a value: pages say what is wrong or find nothing, and the data stay.
#[tokio::test]
async fn strings_of_an_attacker_are_values() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let before = cases(&fixture, "TRUE").len();
    let number = cases(&fixture, "NOT in_house")[0];
    let evil = [
        "' OR '1'='1",
        "'; DROP TABLE case_fact; --",
        "<script>alert(1)</script>",
        "%",
        "_",
        "\\",
        "$1",
        "\u{0}",
        "🙂",
    ];
    let list = [
        "number",
        "record",
        "name",
        "icd",
        "icd9",
        "disease",
        "group",
        "department",
        "attending",
        "band",
        "reason",
        "order",
        "page",
        "size",
        "measure",
        "flag",
        "only",
        "month",
        "from",
        "basis",
        "patients",
        "back",
    ];
    let charges = ["class", "ordering", "performing", "item", "q", "day", "view", "page", "size", "refunds"];
    for value in evil {
        let value = crate::query::encode(value);
        let pages = list
            .iter()
            .map(|field| format!("/cases?period=all&{field}={value}"))
            .chain(charges.iter().map(|field| format!("/case/{number}/charges?view=lines&{field}={value}")))
            .chain(["tab", "table", "back"].map(|field| format!("/case/{number}?{field}={value}")));
        for path in pages {
            let answer = office.get(&path).await;
            let known = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND];
            assert!(known.contains(&answer.status), "{path}: {}", answer.text());
            assert!(!answer.text().contains("<script>alert"), "{path}");
        }
    }
    assert_eq!(cases(&fixture, "TRUE").len(), before);
    // What matches everything in SQL matches nothing here.
    for field in ["number", "icd", "disease"] {
        assert!(
            opens(&office, &format!("/cases?period=all&{field}=%25")).await.contains("没有符合条件的病例"),
            "{field}"
        );
    }
}

#[tokio::test]
async fn charges_are_filtered_and_refunds_stand_with_their_original() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let number = cases(&fixture, "refunded AND NOT in_house")[0];
    let all = opens(&office, &format!("/case/{number}/charges?view=lines&format=csv")).await;
    let refunds = opens(&office, &format!("/case/{number}/charges?view=lines&refunds=1&format=csv")).await;
    let lines = |text: &str| text.lines().filter(|line| line.starts_with("20")).count();
    assert!(lines(&refunds) > 0 && lines(&refunds) < lines(&all));
    assert!(refunds.contains("已退 ") && refunds.contains("明细号 F"), "{refunds}");
    let by_class =
        opens(&office, &format!("/case/{number}/charges?view=lines&class=nursing&format=csv")).await;
    assert!(by_class.lines().filter(|line| line.starts_with("20")).all(|line| line.contains("护理费")));
    let none = opens(&office, &format!("/case/{number}/charges?view=lines&q=%25%25")).await;
    assert!(none.contains("没有符合条件的费用明细"));
    let merged = opens(&office, &format!("/case/{number}/charges")).await;
    assert!(merged.contains("view=lines&#38;item="), "{merged}");
    assert_eq!(
        office.get(&format!("/case/{number}/charges?class=gold")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn an_empty_hospital_says_what_to_do() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    assert!(opens(&office, "/cases").await.contains("没有符合条件的病例"));
    assert_eq!(office.get("/case/1").await.status, StatusCode::NOT_FOUND);
}
