//! The pages, their files and the way down, as a browser sees them.

use super::{YEAR, definitions, hospital, tabs};
use crate::testing::{Fixture, same, sheet_of, table_of};
use axum::http::StatusCode;
use metrics::report::Table;

/// Every report as page, workbook and CSV: they say the same.
// covers: ANA-1.01, ANA-1.02, ANA-1.03, ANA-1.04, ANA-1.05, ANA-1.06, ANA-1.07, ANA-1.08, ANA-1.09
// covers: ANA-2.01, ANA-2.02, ANA-2.03, ANA-2.04, ANA-2.05, ANA-2.06, ANA-2.07, ANA-2.08, ANA-2.09, ANA-2.10, ANA-2.11, ANA-2.12, ANA-2.13
// covers: ANA-3.01, ANA-3.02, ANA-3.03, ANA-3.04, ANA-3.05, ANA-3.06, ANA-3.07, ANA-3.08, ANA-3.09, ANA-3.10, ANA-3.11, ANA-3.12, ANA-3.13, ANA-3.14, ANA-3.15, ANA-3.16
// covers: DIP-5.02, DIP-5.03, DIP-5.04, DIP-5.05, DIP-5.06, DIP-5.07, DIP-5.08, DIP-5.09, DIP-5.10
// covers: DIP-6.01, DIP-6.02, DIP-6.03, DIP-6.04, DIP-6.05, DIP-6.06, DIP-6.07, DIP-6.08, DIP-6.09
// covers: DIP-7.01, DIP-7.02, DIP-7.03, DIP-7.04, DIP-7.05, DIP-7.06, DIP-7.07, DIP-7.08, DIP-7.09, DIP-7.10, DIP-7.11, DIP-7.12
#[tokio::test]
async fn every_report_answers_and_its_files_equal_the_screen() {
    let fixture = hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for (report, tab) in tabs() {
        let address = format!("/report/{}?{YEAR}&tab={tab}&size=200", report.id);
        let page = office.get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{address} {}", page.text());
        let text = page.text();
        assert!(text.contains("数据截至") && text.contains("口径"), "{address}");
        let file = office.get(&format!("{address}&format=xlsx")).await;
        assert_eq!(file.status, StatusCode::OK, "{address}");
        let table = table_of(&text);
        let Some(header) = table.first() else {
            assert!(text.contains("class=\"empty\""), "{address}");
            continue;
        };
        let sheet = sheet_of(&file.bytes, &header[0]);
        // A page holds 200 rows, a file all of them.
        let rows = if table.len() > 201 { 201 } else { table.len() };
        assert!(sheet.len() >= rows && (table.len() > 201 || sheet.len() == rows), "{address}");
        for (shown, cells) in table.iter().zip(&sheet).take(rows.min(200)) {
            assert!(shown.iter().zip(cells).all(|(s, c)| same(s, c)), "{address}: {shown:?} {cells:?}");
        }
        let csv = office.get(&format!("{address}&format=csv")).await.text();
        assert!(csv.starts_with('\u{feff}') && csv.contains(report.title.as_str()), "{address}");
    }
}

/// 下钻: a count opens as many cases; the row's name leads to the next level and back.
#[tokio::test]
async fn a_count_opens_as_many_cases_and_a_row_its_next_level() {
    let fixture = hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let mut opened = 0;
    for (report, tab) in tabs() {
        let Table::Numbers(table) = &report.tabs[tab - 1].table else { continue };
        let who = super::somebody(model::DataScope::Hospital);
        let grid = super::shown(&fixture, &who, report, tab, YEAR).grid;
        let first = grid.rows.first().map(|row| &row.cells);
        let counts = |key: &str| {
            let key = key.trim_end_matches(".year.before").trim_end_matches(".period.before");
            let key = key.rsplit_once('.').map_or(key, |(_, key)| key);
            fixture.app.layer().measure(key).is_ok_and(|measure| measure.counts_cases())
                || key == "operated_patients"
                || key == "diagnosed_patients"
        };
        for cells in first.into_iter().chain(grid.rows.last().map(|row| &row.cells)).chain(&grid.total) {
            let counted = grid
                .columns
                .iter()
                .zip(cells)
                .filter(|(column, cell)| counts(&column.key) && !cell.link.is_empty());
            for (column, cell) in counted.take(3) {
                let list = office.get(&cell.link).await;
                assert_eq!(list.status, StatusCode::OK, "{} {}", cell.link, list.text());
                let said = format!("共 {} 条", cell.value.show());
                let empty = cell.value.show() == "0";
                assert!(
                    empty || list.text().contains(&said),
                    "{} {tab} {}: {} is not {said}",
                    report.id,
                    column.key,
                    cell.link
                );
                opened += 1;
            }
        }
        if let Some(cells) = first {
            let down = &cells[table.by.len() - 1].link;
            let below = office.get(down).await;
            assert_eq!(below.status, StatusCode::OK, "{} {tab} {down} {}", report.id, below.text());
            assert_eq!(down.starts_with("/cases"), table.drill.is_empty(), "{down}");
            assert!(down.starts_with("/cases") || below.text().contains("下钻路径"), "{down}");
        }
    }
    assert!(opened > 200, "{opened}");
}

#[tokio::test]
async fn reports_are_found_listed_and_saved_as_one_workbook() {
    let fixture = hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let list = office.get("/reports?wanted=DIP-5.04").await.text();
    assert!(
        list.contains("/report/surplus-by-department") && !list.contains("/report/against-advice\""),
        "{list}"
    );
    assert!(office.get("/reports?wanted=zzz").await.text().contains("没有名称、说明或指标含“zzz”的报表"));
    for module in &definitions::reports().unwrap().modules {
        let page = office.get(&format!("/reports/{}", module.id)).await;
        assert!(page.text().contains(&module.title), "{}", module.id);
    }
    let book = office.get("/reports/groups?whole=1&from=2025-01-01&to=2025-12-31").await;
    assert_eq!(book.status, StatusCode::OK, "{}", book.text());
    // Names of parts stand in an archive as they are.
    let charts = |bytes: &[u8]| bytes.windows(14).filter(|part| part.starts_with(b"xl/charts/char")).count();
    assert!(charts(&book.bytes) > 10, "native charts");
    use calamine::Reader;
    let book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(book.bytes)).unwrap();
    let names = book.sheet_names();
    assert_eq!(names[0], "目录");
    assert!(names.len() > 10, "{names:?}");
    assert!(names.contains(&"01 图1".to_owned()), "{names:?}");
    let book = office.get("/report/groups-overview?year=2025&format=xlsx").await;
    assert!(charts(&book.bytes) > 0, "native charts");
    assert_eq!(office.get("/report/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("/report/surplus-by-department?tab=9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("/report/surplus-by-department?level=9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.get("/report/surplus-by-department?year=x").await.status, StatusCode::BAD_REQUEST);
}

/// Targets set for a department stand beside its numbers.
#[tokio::test]
async fn a_target_stands_beside_the_number_with_the_difference() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let department = fixture.busiest_department();
    let fields = [
        ("year", "2025"),
        ("measure", "pooled_fund"),
        ("department", department.as_str()),
        ("low", ""),
        ("high", "1200000"),
        ("version", "0"),
    ];
    assert_eq!(office.post("/targets/edit", &fields).await.status, StatusCode::SEE_OTHER);
    let page = office
        .get(&format!("/report/insurance-overview-by-department?month=202505&department={department}"))
        .await
        .text();
    assert!(page.contains("与指标差额") && page.contains("100,000.00"), "{page}");
}

/// An empty hospital says what to do; a list of cases needs the permission.
#[tokio::test]
async fn an_empty_hospital_says_what_to_do() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let page = office.get("/report/surplus-by-department").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(page.text().contains("采集完成后这里自动显示"));
}

/// 出院患者盈亏一览表: the number of warnings is that of the warnings it opens; a case that was not audited has none to show.
// covers: DIP-5.01
#[tokio::test]
async fn a_patient_stands_with_its_warnings() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let address = "/report/discharged-patients-surplus?year=2025&size=200";
    let at = |rows: &[Vec<String>]| rows[0].iter().position(|head| head.starts_with("预警数")).unwrap();
    let rows = table_of(&office.get(address).await.text());
    for title in ["患者性质", "医生主诊", "病案编码", "医保编码", "DIP入组", "预计结余"]
    {
        assert!(rows[0].iter().any(|head| head.contains(title)), "{title}: {:?}", rows[0]);
    }
    let warned = at(&rows);
    assert!(rows[1..rows.len() - 1].iter().all(|row| row[warned] == "—"), "nothing was audited yet");
    fixture.audit();
    let page = office.get(address).await.text();
    let rows = table_of(&page);
    let counts: Vec<i64> = rows[1..rows.len() - 1].iter().map(|row| row[warned].parse().unwrap()).collect();
    let opened: Vec<&str> = page
        .split("href=\"/warnings?")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.contains("case="))
        .collect();
    let some: Vec<i64> = counts.into_iter().filter(|count| *count > 0).collect();
    assert!(!some.is_empty() && some.len() == opened.len(), "{some:?} {opened:?}");
    for (count, link) in some.iter().zip(&opened) {
        let list = office.get(&format!("/warnings?{}", link.replace("&#38;", "&"))).await.text();
        assert_eq!(table_of(&list).len() as i64 - 1, *count, "{link}");
    }
}
