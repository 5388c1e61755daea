//! Templates and exports, and the real catalogues where they are at hand.

use super::{count, import, logged, office, seen, upload};
use axum::http::StatusCode;
use terms::layouts::LAYOUTS;
use terms::table::{Hint, read_table};

// covers: DIP-1.07
#[tokio::test]
async fn templates_of_both_kinds_hold_the_columns_that_an_import_takes() {
    let (_fixture, office) = office().await;
    for layout in LAYOUTS {
        for format in ["xlsx", "csv"] {
            let answer = office.get(&format!("/catalogues/{}/template?format={format}", layout.id)).await;
            assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
            let table = read_table(&answer.bytes, &Hint::default()).unwrap();
            assert_eq!(table.header(), layout.template(), "{} {format}", layout.id);
        }
    }
    // An empty template is told apart from a filled one.
    let template = office.get("/catalogues/service/template?format=xlsx").await.bytes;
    let trial =
        upload(&office, "service", &[("edition", "1"), ("valid_from", "2025-01-01")], "空.xlsx", &template)
            .await;
    assert!(office.get(&trial).await.text().contains("只有表头"));
}

#[tokio::test]
async fn an_export_runs_nothing_and_comes_back_as_it_was() {
    let (fixture, office) = office().await;
    let file = "耗材编码,耗材名称,规格,医保支付标准,版本,生效日期\n\
        Ｃ001,\"=cmd|' /C calc'!A0\",@SUM(1),-1.50,1,2025-01-01\n\
        C002,+甲,-,12.00,1,2025-01-01\n";
    import(&office, "material", &[], file).await;
    for (path, name) in
        [("/catalogues/material/export?format=csv", "whole"), ("/catalogues/material?format=csv", "screen")]
    {
        let csv = office.get(path).await.text();
        assert!(csv.starts_with('\u{feff}'), "{name}");
        assert!(csv.contains("'=cmd|") && csv.contains("'@SUM(1)") && csv.contains("'+甲"), "{name}: {csv}");
        assert!(!csv.contains(",=cmd") && !csv.contains(",+甲") && !csv.contains("\"=cmd"), "{name}: {csv}");
        // A negative price is a number.
        assert!(csv.contains(",-1.50"), "{name}: {csv}");
    }
    for format in ["csv", "xlsx"] {
        let export = office.get(&format!("/catalogues/material/export?format={format}")).await;
        assert_eq!(export.status, StatusCode::OK);
        let trial = upload(&office, "material", &[], &format!("导出.{format}"), &export.bytes).await;
        let page = office.get(&trial).await;
        let counts = ["新增", "修改", "删除", "不变", "出错"].map(|name| count(&page, name));
        assert_eq!(counts, ["0", "0", "0", "2", "0"], "{format}: {}", page.text());
        assert!(page.text().contains("与现有目录一致"), "{format}");
    }
    let logged = logged(&fixture);
    assert!(
        logged.iter().any(|entry| entry.action == "导出目录" && entry.detail.contains("2 行")),
        "{logged:?}"
    );
    assert_eq!(office.get("/catalogues/material/export?version=9").await.status, StatusCode::NOT_FOUND);
}

// covers: DIP-1.06, REC-5.09, REC-5.11
#[tokio::test]
async fn the_national_catalogues_go_in_search_and_come_out() {
    let folder = std::path::Path::new("../../../shared/data/icd");
    let (Ok(codes), Ok(map)) = (
        std::fs::read(folder.join("diagnosis_yibao_2_0.csv")),
        std::fs::read(folder.join("diagnosis_clinical_to_yibao.csv")),
    ) else {
        eprintln!("skipped: the national catalogues are not here");
        return;
    };
    let (fixture, office) = office().await;
    let settings = [("edition", "2.0"), ("valid_from", "2024-01-01")];
    for (layout, file, rows) in [("diagnosis_insurer", &codes, "33304"), ("diagnosis_map", &map, "35587")] {
        let trial = upload(&office, layout, &settings, "国家.csv", file).await;
        let mut page = office.get(&trial).await;
        if layout == "diagnosis_map" {
            // Its columns have other names: as guessed.
            let columns = [
                ("column_clinical_code", "clinical_code"),
                ("column_clinical_name", "clinical_name"),
                ("column_insurer_code", "yibao_code"),
                ("column_insurer_name", "yibao_name"),
            ];
            let form: Vec<_> = settings.into_iter().chain(columns).collect();
            office.post(&format!("{trial}/settings"), &form).await;
            page = office.get(&trial).await;
        }
        assert_eq!(count(&page, "新增"), rows, "{}", page.text());
        // So many rows are written by a job.
        let seen = seen(&page);
        let job = office.post(&format!("{trial}/confirm"), &[("seen", &seen)]).await;
        assert!(job.location.starts_with("/jobs/"), "{}", job.location);
        let id: u64 = job.location["/jobs/".len()..].parse().unwrap();
        while fixture.app.jobs().get(id).unwrap().is_running() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let state = office.get(&job.location).await.text();
        assert!(state.contains(&format!("新增 {rows}，")), "{state}");
    }
    let found = office.get("/suggest/diagnosis?q=jxlwy").await.text();
    assert!(found.starts_with("[{\"code\":\"K35.800x001\",\"name\":\"急性阑尾炎\""), "{found}");
    let page = office.get("/catalogues/diagnosis_map?q=K35.900").await.text();
    assert!(page.contains("K35.800x001"), "{page}");
    let csv = office.get("/catalogues/diagnosis_insurer/export?format=csv").await;
    let table = read_table(&csv.bytes, &Hint::default()).unwrap();
    assert_eq!((table.len(), table.wrong.len()), (33_304, 0));
}
