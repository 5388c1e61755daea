//! 单条维护 through its form.

use super::{SMALL, between, import, logged, office, user};
use crate::testing::{Answered, Browser};
use axum::http::StatusCode;
use model::Permission;

const KEY: &str = "/catalogues/diagnosis_insurer/edit?code=K35.900&edition=2.0";

/// The row as the form carries it.
fn seen(page: &Answered) -> String {
    let seen = between(&page.text(), "name=\"seen\" value=\"", "\"");
    seen.replace("&quot;", "\"").replace("&#34;", "\"").replace("&amp;", "&")
}

async fn save(browser: &Browser, seen: &str, values: [&str; 5]) -> Answered {
    let names = ["field_code", "field_name", "field_edition", "field_valid_from", "field_valid_to"];
    let mut form: Vec<(&str, &str)> = names.into_iter().zip(values).collect();
    form.push(("seen", seen));
    browser.post("/catalogues/diagnosis_insurer/edit", &form).await
}

// covers: REC-5.08, REC-5.09
#[tokio::test]
async fn a_code_is_added_changed_and_ended() {
    let (fixture, office) = office().await;
    import(&office, "diagnosis_insurer", &[], SMALL).await;
    let form = office.get(KEY).await;
    assert!(
        form.text().contains("value=\"急性阑尾炎\"") && form.text().contains("readonly"),
        "{}",
        form.text()
    );
    let saved = save(&office, &seen(&form), ["K35.900", "阑尾炎", "2.0", "2024-01-01", ""]).await;
    assert_eq!(saved.location, "/catalogues/diagnosis_insurer/code?code=K35.900");
    let page = office.get(&saved.location).await.text();
    assert!(page.contains("K35.900 阑尾炎") && page.contains("现为第 2 版"), "{page}");
    let logged = logged(&fixture);
    assert!(logged[0].detail.contains("名称“急性阑尾炎”→“阑尾炎”"), "{logged:?}");
    // The page was open in a second tab and is sent again: nothing happens twice.
    let again =
        save(&office, &seen(&office.get(KEY).await), ["K35.900", "阑尾炎", "2.0", "2024-01-01", ""]).await;
    assert!(office.get(&again.location).await.text().contains("内容没有变化"));
    let ending = office.get(&format!("{KEY}&end=1")).await;
    assert!(ending.text().contains("value=\"2026-07-01\""), "{}", ending.text());
    save(&office, &seen(&ending), ["K35.900", "阑尾炎", "2.0", "2024-01-01", "2026-06-30"]).await;
    assert!(!office.get("/catalogues/diagnosis_insurer").await.text().contains("阑尾炎"));
    // A new one; what is wrong is said at its field and nothing typed is lost.
    let bad = save(&office, "", ["阑尾", "新病", "2.0", "明年", ""]).await;
    assert!(bad.text().contains("不是有效编码") && bad.text().contains("不是日期"), "{}", bad.text());
    assert!(bad.text().contains("value=\"新病\""), "{}", bad.text());
    let new = save(&office, "", ["b99900", "新病", "2.0", "2025-01-01", ""]).await;
    assert_eq!(new.location, "/catalogues/diagnosis_insurer/code?code=B99.900", "{}", new.text());
    let twice = save(&office, "", ["B99.900", "新病二", "2.0", "2025-01-01", ""]).await;
    assert!(twice.text().contains("这个编码已经存在"), "{}", twice.text());
    assert!(office.get("/catalogues/diagnosis_insurer/versions").await.text().contains("单条维护"));
}

#[tokio::test]
async fn of_two_editors_the_second_sees_the_first_ones_value_and_keeps_his_own() {
    let (fixture, office) = office().await;
    import(&office, "diagnosis_insurer", &[], SMALL).await;
    let coder = user(&fixture, "editor", &[Permission::CataloguesView, Permission::CataloguesEdit]).await;
    let (first, second) = (office.get(KEY).await, coder.get(KEY).await);
    save(&office, &seen(&first), ["K35.900", "阑尾炎（甲）", "2.0", "2024-01-01", ""]).await;
    let told = save(&coder, &seen(&second), ["K35.900", "阑尾炎（乙）", "2.0", "2024-01-01", ""]).await;
    assert_eq!(told.status, StatusCode::OK);
    let text = told.text();
    assert!(text.contains("刚被他人改过"), "{text}");
    assert!(text.contains("<mark>阑尾炎（甲）</mark>") && text.contains("value=\"阑尾炎（乙）\""), "{text}");
    assert!(office.get("/catalogues/diagnosis_insurer").await.text().contains("阑尾炎（甲）"));
    // Having seen it, the second one may decide.
    let saved = save(&coder, &seen(&told), ["K35.900", "阑尾炎（乙）", "2.0", "2024-01-01", ""]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    assert!(office.get("/catalogues/diagnosis_insurer").await.text().contains("阑尾炎（乙）"));
    // Somebody's import took the row away meanwhile.
    let open = coder.get(KEY).await;
    import(&office, "diagnosis_insurer", &[], "编码,名称,版本,生效日期\nI10.x00,高血压,2.0,2024-01-01\n")
        .await;
    let gone = save(&coder, &seen(&open), ["K35.900", "阑尾炎", "2.0", "2024-01-01", ""]).await;
    assert!(gone.text().contains("刚被他人删除"), "{}", gone.text());
    assert_eq!(coder.get(KEY).await.status, StatusCode::NOT_FOUND);
}
