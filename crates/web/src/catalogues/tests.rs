//! Pages of the catalogues, through the whole service.

mod charge_items;
mod editing;
mod files;
mod imports;
mod reading;

use crate::testing::{Answered, Browser, Fixture};
use axum::http::StatusCode;
use model::Permission;
use std::collections::BTreeSet;
use store::{Role, RoleScope};

/// Diagnoses of the 医保版 as a user's CSV.
const SMALL: &str = "编码,名称,版本,生效日期,失效日期\r\n\
    I10.x00,高血压,2.0,2024-01-01,\r\n\
    I11.900,高血压性心脏病,2.0,2024-01-01,\r\n\
    K35.900,急性阑尾炎,2.0,2024-01-01,\r\n\
    A00.900,霍乱,1.0,2020-01-01,2023-12-31\r\n";

/// An empty hospital and a user of the insurance office, who may do everything with catalogues.
async fn office() -> (Fixture, Browser) {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    (fixture, office)
}

/// A user with these permissions alone.
async fn user(fixture: &Fixture, name: &str, permissions: &[Permission]) -> Browser {
    let role = Role {
        name: name.to_owned(),
        title: name.to_owned(),
        permissions: permissions.iter().copied().collect::<BTreeSet<_>>(),
        scope: RoleScope::Nothing,
        built_in: false,
        version: 0,
    };
    fixture.app.store().save_role(&role).unwrap();
    fixture.login_as(name, &[], None).await
}

/// Uploads a file; the address of its dry run.
async fn upload(browser: &Browser, layout: &str, fields: &[(&str, &str)], name: &str, file: &[u8]) -> String {
    let answer = browser.upload(&format!("/catalogues/{layout}/import"), fields, name, file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location
}

/// The version that a dry run was made on, as its form carries it.
fn seen(page: &Answered) -> String {
    between(&page.text(), "name=\"seen\" value=\"", "\"")
}

/// What stands between two texts; empty when it is not there.
fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or("", |(found, _)| found).to_owned()
}

/// The counts of a dry run or a comparison by name.
fn count(page: &Answered, name: &str) -> String {
    let label = format!("<div class=\"kpi-label\">{name}</div>");
    let value = between(&page.text(), &label, "<span class=\"unit\">");
    let value = value.split('>').filter(|part| !part.starts_with('<')).collect::<String>();
    value.chars().filter(char::is_ascii_digit).collect()
}

/// Uploads and confirms; the page that follows.
async fn import(browser: &Browser, layout: &str, fields: &[(&str, &str)], file: &str) -> Answered {
    let trial = upload(browser, layout, fields, "目录.csv", file.as_bytes()).await;
    let page = browser.get(&trial).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let seen = seen(&page);
    let confirm = [("seen", seen.as_str()), ("skip_wrong", "1"), ("note", "测试")];
    let answer = browser.post(&format!("{trial}/confirm"), &confirm).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    browser.get(&answer.location).await
}

/// The operation log, newest first.
fn logged(fixture: &Fixture) -> Vec<store::LogEntry> {
    fixture.app.store().operations(&store::LogFilter { limit: 10, ..Default::default() }).unwrap().0
}
