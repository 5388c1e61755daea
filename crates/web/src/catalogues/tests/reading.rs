//! Browsing, searching, a code's page, suggestions, and who may do what.

use super::{SMALL, import, office, user};
use crate::testing::Fixture;
use axum::http::StatusCode;
use model::Permission;
use std::path::Path;

// covers: DIP-1.05, DIP-1.06, REC-5.08, REC-5.09
#[tokio::test]
async fn rows_are_found_as_coders_type_among_editions_and_days() {
    let (_fixture, office) = office().await;
    let empty = office.get("/catalogues/diagnosis_insurer").await.text();
    assert!(empty.contains("尚未导入此目录"), "{empty}");
    import(&office, "diagnosis_insurer", &[], SMALL).await;
    let found = |query: &'static str| {
        let office = office.clone();
        async move {
            let page = office.get(&format!("/catalogues/diagnosis_insurer?{query}")).await.text();
            let rows =
                page.split("<tbody>").nth(1).unwrap_or("").split("</tbody>").next().unwrap_or("").to_owned();
            let codes =
                rows.split("/code?code=").skip(1).map(|rest| rest.split('"').next().unwrap_or("").to_owned());
            codes.collect::<Vec<_>>().join(" ")
        }
    };
    assert_eq!(found("").await, "I10.x00 I11.900 K35.900");
    assert_eq!(found("state=all").await, "A00.900 I10.x00 I11.900 K35.900");
    // The whole name before its beginning; code, Chinese, initials, mixed.
    for query in ["q=gxy", "q=%E9%AB%98xy", "q=gaoxueya", "q=%E9%AB%98%E8%A1%80%E5%8E%8B"] {
        assert_eq!(found(query).await, "I10.x00 I11.900", "{query}");
    }
    assert_eq!(found("q=k35").await, "K35.900");
    assert_eq!(found("q=lanwei").await, "K35.900");
    assert_eq!(found("q=huoluan").await, "");
    assert_eq!(found("q=huoluan&state=all").await, "A00.900");
    assert_eq!(found("edition=1.0&state=all").await, "A00.900");
    assert_eq!(found("size=20&page=2&state=all").await, "");
    let overview = office.get("/catalogues").await.text();
    assert!(overview.contains("疾病诊断") && overview.contains("1.0、2.0"), "{overview}");
    assert_eq!(office.get("/catalogues/nothing").await.status, StatusCode::NOT_FOUND);
}

// covers: REC-5.10, REC-5.11
#[tokio::test]
async fn a_code_shows_its_map_and_the_groups_that_name_it() {
    let (fixture, office) = office().await;
    put_sample_in_force(&fixture);
    let both =
        "编码,名称,版本,生效日期\nK35.900,急性阑尾炎,2.0,2024-01-01\nK35.800x001,急性阑尾炎,2.0,2024-01-01\n";
    import(&office, "diagnosis_clinical", &[], both).await;
    import(&office, "diagnosis_insurer", &[], both).await;
    import(
        &office,
        "diagnosis_map",
        &[],
        "临床版编码,医保版编码,版本,生效日期\nK35.900,K35.800x001,2.0,2024-01-01\nK35.800,K35.999,2.0,2024-01-01\n",
    )
    .await;
    let clinical = office.get("/catalogues/diagnosis_clinical/code?code=K35.900").await.text();
    assert!(clinical.contains("对应的医保版编码"), "{clinical}");
    assert!(clinical.contains("/catalogues/diagnosis_insurer/code?code=K35.800x001"), "{clinical}");
    let insurer = office.get("/catalogues/diagnosis_insurer/code?code=K35.800x001").await.text();
    assert!(insurer.contains("/catalogues/diagnosis_clinical/code?code=K35.900"), "{insurer}");
    // Appendicitis is a group of the sample city, by its principal diagnosis.
    for page in [&clinical, &insurer] {
        assert!(page.contains("主要诊断") && page.contains("K35.8"), "{page}");
        assert!(page.contains("样例市2025年DIP政策"), "{page}");
    }
    // K35.800 leads out of the catalogues, and is listed by the check.
    let check = office.get("/catalogues/check").await.text();
    let finding = "疾病诊断对照（临床版→医保版），医保版编码不在医保版目录中";
    assert!(check.contains(finding), "{check}");
    let at =
        super::between(check.split_once(finding).unwrap().0.rsplit_once("finding=").unwrap().1, "", "\"");
    let list = office.get(&format!("/catalogues/check?finding={at}")).await.text();
    assert!(list.contains("K35.800→K35.999"), "{list}");
    let missing = office.get("/catalogues/diagnosis_insurer/code?code=Z99").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("没有编码“Z99”"));
}

fn put_sample_in_force(fixture: &Fixture) {
    let store = fixture.app.store();
    let files = sync::pack_dir::read(Path::new("sample/2025")).unwrap();
    let id = sync::add_pack(store, &files, fixture.app.now()).unwrap();
    store.put_in_force(&[id], fixture.app.now()).unwrap();
}

#[tokio::test]
async fn suggestions_come_as_json_with_what_a_clinical_code_becomes() {
    let (_fixture, office) = office().await;
    import(&office, "diagnosis_insurer", &[], SMALL).await;
    import(&office, "diagnosis_clinical", &[], SMALL).await;
    import(
        &office,
        "diagnosis_map",
        &[],
        "临床版编码,医保版编码,版本,生效日期\nK35.900,K35.800x001,2.0,2024-01-01\nI10.x00,I10.x00,2.0,2024-01-01\n",
    )
    .await;
    let answer = office.get("/suggest/diagnosis?q=gxy").await;
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    let found: serde_json::Value = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!(found[0], serde_json::json!({"code": "I10.x00", "name": "高血压", "tags": []}));
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    let clinical = office.get("/suggest/diagnosis?edition=clinical&q=k35").await;
    let found: serde_json::Value = serde_json::from_slice(&clinical.bytes).unwrap();
    assert_eq!(found[0]["tags"][0], "医保 K35.800x001");
    // What has ended is not offered; nothing typed offers nothing; another kind of code is another catalogue.
    for query in ["diagnosis?q=huoluan", "diagnosis?q=", "procedure?q=gxy"] {
        assert_eq!(office.get(&format!("/suggest/{query}")).await.text(), "[]", "{query}");
    }
    assert_eq!(office.get("/suggest/diagnosis?q=a&edition=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_may_only_look_sees_no_way_to_change_and_has_none() {
    let (fixture, office) = office().await;
    import(&office, "diagnosis_insurer", &[], SMALL).await;
    let reader = user(&fixture, "reader", &[Permission::CataloguesView]).await;
    let page = reader.get("/catalogues/diagnosis_insurer").await.text();
    assert!(page.contains("急性阑尾炎") && page.contains("下载模板"), "{page}");
    assert!(!page.contains("/import") && !page.contains("新增一条") && !page.contains("导出全部"), "{page}");
    assert!(!reader.get("/catalogues/diagnosis_insurer/code?code=K35.900").await.text().contains("/edit"));
    for path in ["import", "edit", "import/1"] {
        let answer = reader.get(&format!("/catalogues/diagnosis_insurer/{path}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["edit", "versions/1/restore", "import/1/confirm"] {
        let answer = reader.post(&format!("/catalogues/diagnosis_insurer/{path}"), &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in ["export?format=csv", "?format=csv", "?format=xlsx"] {
        let path = format!("/catalogues/diagnosis_insurer/{path}").replace("/?", "?");
        assert_eq!(reader.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    // Suggestions are for every form; the catalogues are not.
    let nobody = user(&fixture, "nobody", &[Permission::Grouping]).await;
    assert_eq!(nobody.get("/suggest/diagnosis?q=gxy").await.status, StatusCode::OK);
    assert_eq!(nobody.get("/catalogues").await.status, StatusCode::FORBIDDEN);
}
