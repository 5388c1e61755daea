//! The rule library: every kind in its form, two persons, two editors, files.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use super::document;
use super::kinds::KINDS;
use super::library::read_one;
use crate::query::Fields;
use crate::testing::{Browser, Fixture};
use axum::http::StatusCode;
use store::{RuleState, User};

/// What a form of each kind posts, and the sentence that it reads as.
const FORMS: [(&str, &str, &str); 24] = [
    ("sex", "items=A|甲&allow=2", "“甲”限女性使用。"),
    ("insurance", "items=A|甲&allow=410&allow=510", "“甲”限险种为工伤保险、生育保险的患者使用。"),
    ("med_type", "items=A|甲&allow=52", "“甲”限医疗类别为生育住院的患者使用。"),
    ("visit_type", "items=A|甲&allow=inpatient", "“甲”限住院使用。"),
    ("hosp_level", "items=A|甲&min_level=2", "“甲”限二级及以上医院使用。"),
    ("age", "items=A|甲&min_age=0&max_age=14", "“甲”限 14 岁及以下患者使用。"),
    ("diagnosis", "items=A|甲&allow=I63|脑梗死", "“甲”限诊断为I63的患者使用。"),
    ("operation", "items=A|甲&allow=36.0", "“甲”限手术操作为36.0的患者使用。"),
    ("course_days", "items=A|甲&max=14", "一次住院内，“甲”计费不超过 14 天。"),
    ("dept", "items=A|甲&allow=K1&allow=K2", "“甲”限K1、K2使用。"),
    (
        "freq",
        "items=A|甲&window=sliding_hours&window_n=72&max=1&unit=times",
        "72 小时内，“甲”计费次数不超过 1 次。",
    ),
    ("total_qty", "items=A|甲\nB*&max=5", "一次住院内，“甲”、“B 开头的项目”计费数量合计不超过 5。"),
    ("total_amount", "items=A|甲&window=calendar_day&money=65.5", "同一日内，“甲”计费金额不超过 65.50 元。"),
    (
        "dup_main_sub",
        "main=A|甲&sub=B|乙&except_if=C|丙&window=calendar_day",
        "同一日内，已收取“甲”的，不得再收取“乙”；同时有“丙”时除外。",
    ),
    (
        "dup_mutual",
        "sets1=A|甲&sets2=B|乙&sets3=C|丙&window=sliding_hours&window_n=1&keep=earliest",
        "1 小时内，（“甲”）、（“乙”）、（“丙”） 只能收取其中一组，保留最先计费的一组。",
    ),
    ("corr_single", "a=A|甲&b=B|乙&window=encounter", "收取“甲”时，一次住院内须同时收取“乙”。"),
    ("corr_all", "a=A|甲&b=B|乙\nC|丙&window=calendar_day", "收取“甲”时，同一日内须同时收取“乙”和“丙”。"),
    (
        "corr_sets",
        "sets1=A|甲&sets2=B|乙&window=iso_week",
        "同一周内，（“甲”）与（“乙”） 须同时收取，缺一不可。",
    ),
    ("corr_ratio", "a=A|甲&b=B|乙&k=2&window=calendar_day", "同一日内，每收取 1 个“乙”，“甲”最多收取 2 个。"),
    (
        "discount",
        "items=A|甲\nB|乙&ratio=50&window=calendar_day",
        "同一日内，“甲”、“乙”中除标准价最高的一项外，其余按不超过标准价的 50% 收费。",
    ),
    (
        "readmission",
        "days=15&same=3&planned=exempt",
        "出院后 15 天内因同一疾病（主要诊断编码前 3 位相同）再次住院的，提示疑似分解住院；上次出院时已有再住院计划的除外。",
    ),
    ("long_stay", "days=60", "住院超过 60 天的，提示超长住院。"),
    (
        "low_admission",
        "items=A|甲&max_days=3&share=0.8",
        "住院不超过 3 天、没有手术操作，且“甲”的费用占 80% 及以上的，提示疑似低标准入院。",
    ),
    ("idle_bed", "items=A|甲&days=3", "住院期间除“甲”外没有其他收费的日期达到 3 天的，提示疑似挂床住院。"),
];

fn posted(id: &str, text: &str) -> Vec<(String, String)> {
    let mut fields = vec![
        ("id".to_owned(), id.to_owned()),
        ("name".to_owned(), "名称'\"<b>".to_owned()),
        ("level".to_owned(), "hint".to_owned()),
        ("evidence_document".to_owned(), "某文件".to_owned()),
    ];
    fields.extend(text.split('&').map(|part| {
        let (name, value) = part.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    }));
    fields
}

async fn post(browser: &Browser, path: &str, fields: &[(String, String)]) -> crate::testing::Answered {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}

#[test]
fn every_form_comes_back_from_its_document() {
    assert_eq!(FORMS.map(|form| form.0).to_vec(), KINDS.iter().map(|kind| kind.code).collect::<Vec<_>>());
    for (code, text, _) in FORMS {
        let kind = super::KindForm::named(code).unwrap();
        let written = document::document(kind, &Fields(posted("R1", text))).unwrap();
        let back = document::fields(kind, &serde_json::from_str(&written).unwrap());
        assert_eq!(document::document(kind, &back).unwrap(), written, "{code}");
        assert!(read_one(&written).is_ok());
    }
}

#[test]
fn a_form_that_lacks_something_says_what() {
    for (code, text, said) in [
        ("sex", "items=A", "允许的取值"),
        ("sex", "allow=2", "收费项目"),
        ("freq", "items=A&window=sliding_hours&max=1", "n 是几小时"),
        ("freq", "items=A&max=x", "应为数字"),
        ("dup_mutual", "sets1=A", "两组"),
        ("hosp_level", "items=A", "医院级别"),
        ("total_amount", "items=A&money=1.234", "两位小数"),
    ] {
        let kind = super::KindForm::named(code).unwrap();
        let problem = document::document(kind, &Fields(posted("R1", text))).unwrap_err();
        assert!(problem.contains(said), "{code} {text}: {problem}");
    }
    let kind = super::KindForm::named("sex").unwrap();
    assert!(document::document(kind, &Fields(posted("坏 编号", "items=A&allow=2"))).is_err());
}

/// Another person of the insurance office.
async fn second(fixture: &Fixture) -> Browser {
    let user = User {
        login: "insurance_officesecond".into(),
        name: "复核".into(),
        active: true,
        roles: vec!["insurance_office".into()],
        ..User::default()
    };
    fixture.app.store().save_user(&user).unwrap();
    let hash = crate::auth::hash(crate::testing::PASSWORD).unwrap();
    fixture.app.store().set_password(&user.login, &hash, fixture.app.now(), false).unwrap();
    fixture.login_as("insurance_office", &[], Some("second")).await
}

// covers: AUD-3.01, AUD-3.02, AUD-3.03, AUD-3.04, AUD-3.05, AUD-3.06, AUD-3.07, AUD-3.08, AUD-3.09
// covers: AUD-4.01, AUD-4.03, AUD-4.04
#[tokio::test]
async fn every_kind_is_written_by_one_person_and_published_by_another() {
    let fixture = Fixture::hospital();
    let store = fixture.app.store();
    let (first, second) = (fixture.login_as("insurance_office", &[], None).await, second(&fixture).await);
    assert!(
        first
            .get("/audit-rules/new")
            .await
            .text()
            .contains("限次/天、次/小时、次/2小时、次/72小时、次/周、次/住院周期")
    );
    for (code, text, sentence) in FORMS {
        assert_eq!(first.get(&format!("/audit-rules/new?kind={code}")).await.status, StatusCode::OK);
        let id = format!("T-{code}");
        let mut fields = posted(&id, text);
        fields.push(("kind".into(), code.into()));
        let read = post(&first, "/audit-rules/new", &fields).await;
        assert!(
            read.text().contains(sentence) && store.audit_rule(&id).unwrap().is_none(),
            "{code}: {}",
            read.text()
        );
        fields.push(("action".into(), "save".into()));
        assert_eq!(post(&first, "/audit-rules/new", &fields).await.status, StatusCode::SEE_OTHER, "{code}");
        let place = format!("/audit-rules/rule/{id}");
        assert!(first.get(&place).await.text().contains("须由另一人复核发布"), "{code}");
        first.post(&format!("{place}/publish"), &[("version", "1")]).await;
        assert!(store.audit_rule(&id).unwrap().unwrap().published.is_none(), "one's own is not published");
        second.post(&format!("{place}/publish"), &[("version", "1")]).await;
        assert!(store.audit_rule(&id).unwrap().unwrap().published.is_some(), "{code}");
        assert_eq!(second.get(&format!("{place}/edit")).await.status, StatusCode::OK);
    }
    fixture.settle("audit");

    // Two editors of one rule: the second is told, and may go on from there.
    let edit = |max: &str| {
        let mut fields = posted("T-total_qty", &format!("items=A&max={max}"));
        let more = [("kind", "total_qty"), ("version", "2"), ("action", "save"), ("change_note", "放宽")];
        fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        fields
    };
    let place = "/audit-rules/rule/T-total_qty";
    assert_eq!(post(&first, &format!("{place}/edit"), &edit("6")).await.status, StatusCode::SEE_OTHER);
    let late = post(&second, &format!("{place}/edit"), &edit("7")).await.text();
    assert!(late.contains("修改了这条规则") && late.contains("value=\"7\""), "{late}");
    let shown = second.get(place).await.text();
    assert!(shown.contains("上限") && shown.contains("放宽"), "the difference to what is in force");

    // Closed with a reason, found again by its state.
    let version = store.audit_rule("T-total_qty").unwrap().unwrap().version.to_string();
    let close =
        |reason: &'static str| [("state", "closed"), ("reason", reason), ("version", version.as_str())];
    first.post(&format!("{place}/state"), &close("")).await;
    assert_eq!(
        store.audit_rule("T-total_qty").unwrap().unwrap().state,
        RuleState::Open,
        "a reason is wanted"
    );
    first.post(&format!("{place}/state"), &close("误报")).await;
    assert_eq!(store.audit_rule("T-total_qty").unwrap().unwrap().state, RuleState::Closed);
    let closed = first.get("/audit-rules?state=closed").await.text();
    assert!(closed.contains("T-total_qty") && !closed.contains("T-total_amount"));
    fixture.settle("audit");
    let copy = first.get("/audit-rules/new?copy=T-freq").await.text();
    assert!(copy.contains("T-freq-copy") && copy.contains("A|甲"));
}

#[tokio::test]
async fn lists_are_searched_and_a_file_is_compared_before_it_is_kept() {
    let fixture = Fixture::hospital();
    fixture.audit();
    let browser = fixture.login_as("insurance_office", &[], None).await;
    let list = browser.get("/audit-rules?kind=sex").await.text();
    assert!(list.contains("S-SEX-01") && !list.contains("S-AGE-01"));
    let found = browser.get("/audit-rules?q=ymc").await.text();
    assert!(found.contains("益母草") && !found.contains("S-AGE-01"), "by initials");
    assert!(browser.get("/audit-rules/items?q=F0001").await.text().contains("普通病房床位费"));

    let file = browser.get("/audit-rules/file").await;
    assert_eq!(file.status, StatusCode::OK);
    let same = browser.upload("/audit-rules/import", &[], "规则.xlsx", &file.bytes).await.text();
    assert!(same.contains("没有变化"), "{same}");
    let lines = concat!(
        r#"{"id":"S-SEX-01","kind":"sex","name":"改","items":["X"],"allow":["2"]}"#,
        "\n",
        r#"{"id":"N-1","kind":"age","name":"新","items":["X"],"max_age":3}"#,
    );
    let bad = format!("{lines}\n{{\"id\":\"N-2\",\"kind\":\"nothing\"}}");
    let wrong = browser.upload("/audit-rules/import", &[], "a.jsonl", bad.as_bytes()).await.text();
    assert!(wrong.contains("第 3 条") && !wrong.contains("确认导入"), "{wrong}");
    let preview = browser.upload("/audit-rules/import", &[], "a.jsonl", lines.as_bytes()).await.text();
    assert!(
        preview.contains("规则名称：") && preview.contains("新增") && preview.contains("确认导入"),
        "{preview}"
    );
    let seen = fixture.app.store().audit_stamps().unwrap().library.to_string();
    let fields = [("documents", lines), ("file_name", "a.jsonl"), ("seen", seen.as_str())];
    assert_eq!(
        browser.post("/audit-rules/import/confirm", &fields).await.location,
        "/audit-rules?state=draft"
    );
    let store = fixture.app.store();
    assert!(store.audit_rule("N-1").unwrap().unwrap().draft.is_some());
    let changed = store.audit_rule("S-SEX-01").unwrap().unwrap();
    assert!(changed.draft.is_some() && changed.published.is_some(), "a draft beside what is in force");
    // A second confirmation compares anew.
    let again = browser.post("/audit-rules/import/confirm", &fields).await.text();
    assert!(again.contains("重新比对") && again.contains("没有变化"), "{again}");
}

// covers: AUD-4.02
/// The check counts what the audit found, compares a draft with the version in force, and keeps to the viewer's scope.
#[tokio::test]
async fn a_rule_is_checked_over_the_charges_while_one_waits() {
    let fixture = Fixture::hospital();
    fixture.audit();
    let store = fixture.app.store();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let all = "?from=2000-01&to=2099-12";
    let mut checked = 0;
    for rule in store.audit_rules().unwrap() {
        let found = store.rule_findings(&rule.id).unwrap();
        let page = office.get(&format!("/audit-rules/rule/{}/check{all}", rule.id)).await.text();
        for (title, value) in [
            ("异常收费项目数量（项）", crate::text::whole(found.warnings)),
            ("异常违规金额（元）", crate::text::money(found.amount)),
            ("异常患者数量（人次）", crate::text::whole(found.cases)),
        ] {
            let wanted = format!("{title}</div><div class=\"kpi-value\">{value}</div>");
            assert!(page.contains(&wanted), "{}：{wanted}\n{page}", rule.id);
        }
        checked += found.warnings;
    }
    assert!(checked > 0);

    let id = "S-FREQ-01";
    let place = format!("/audit-rules/rule/{id}/check");
    let now = store.rule_findings(id).unwrap();
    let editor = store::RuleEditor { login: "x", name: "编写人", at: 1 };
    let rule = store.audit_rule(id).unwrap().unwrap();
    let document = rule.published.unwrap().document.replace("\"calendar_day\"", "\"encounter\"");
    store.save_rule_draft(id, &document, "", rule.version, editor).unwrap();
    let draft = office.get(&format!("{place}{all}&version=draft")).await.text();
    assert!(draft.contains("与现行版本比较：多查出") && draft.contains("少查出 0 项（0.00 元）"), "{draft}");
    let published = office.get(&format!("{place}{all}")).await.text();
    assert!(published.contains(&format!("<div class=\"kpi-value\">{}</div>", now.warnings)), "{published}");

    let samples = office.get(&format!("{place}{all}&table=samples&format=csv")).await.text();
    assert!(samples.contains("明细号") && samples.lines().count() > 3, "{samples}");
    let wrong = office.get(&format!("{place}?from=2026-13&to=2026-01")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("月份应写作 2026-01，现为“2026-13”"));
    let backwards = office.get(&format!("{place}?from=2026-02&to=2026-01")).await.text();
    assert!(backwards.contains("起始月份晚于截止月份"));
}
