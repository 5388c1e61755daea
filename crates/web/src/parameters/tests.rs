//! 年度参数: shown, edited by two people, refused with reasons; nothing typed is lost.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use crate::testing::{Answered, Browser, Fixture};
use axum::http::StatusCode;
use std::path::Path;
use std::sync::LazyLock;

/// A form of a page as a browser would send it.
#[derive(Clone, Debug)]
pub(crate) struct PageForm {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl PageForm {
    /// The form whose action begins so.
    #[track_caller]
    pub(crate) fn of(answer: &Answered, action: &str) -> PageForm {
        let html = answer.text();
        let at =
            html.find(&format!("action=\"{action}")).unwrap_or_else(|| panic!("no form {action}\n{html}"));
        let start = html[..at].rfind("<form").unwrap();
        let end = start + html[start..].find("</form>").unwrap();
        let form = &html[start..end];
        let action = unescaped(&attribute(&form[..form.find('>').unwrap()], "action").unwrap());
        let mut fields = Vec::new();
        for tag in form.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let name = attribute(tag, "name");
            if tag.starts_with("input") {
                let kind = attribute(tag, "type").unwrap_or_default();
                let ticked = !matches!(kind.as_str(), "checkbox" | "radio") || tag.contains(" checked");
                if let Some(name) = name.filter(|name| name != "csrf" && ticked && kind != "file") {
                    fields.push((unescaped(&name), unescaped(&attribute(tag, "value").unwrap_or_default())));
                }
            } else if tag.starts_with("select") {
                fields.push((unescaped(&name.unwrap()), String::new()));
            } else if tag.starts_with("option") && tag.contains(" selected") {
                fields.last_mut().unwrap().1 = unescaped(&attribute(tag, "value").unwrap_or_default());
            }
        }
        PageForm { action, fields }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// The number of the record one of whose fields has this value.
    #[track_caller]
    pub(crate) fn record(&self, value: &str) -> String {
        let found = self.fields.iter().find(|(name, known)| name.starts_with("c.") && known == value);
        found.unwrap_or_else(|| panic!("{value}: {self:?}")).0.split('.').nth(1).unwrap().to_owned()
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> PageForm {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) async fn send(&self, browser: &Browser) -> Answered {
        let fields: Vec<(&str, &str)> = self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.post(&self.action, &fields).await
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(tag[start..start + tag[start..].find('"')?].to_owned())
}

fn unescaped(text: &str) -> String {
    let named = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ];
    let text = named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&").replace("&#38;", "&")
}

/// The sample city's pack, read once.
static SAMPLE: LazyLock<policy::PackFiles> =
    LazyLock::new(|| sync::pack_dir::read(Path::new("sample/2025")).unwrap());

/// A service with the sample city's pack in force and no patients.
fn with_pack() -> Fixture {
    let fixture = Fixture::empty();
    let (store, now) = (fixture.app.store(), fixture.app.now());
    let pack = sync::add_pack(store, &SAMPLE, now).unwrap();
    store.put_in_force(&[pack], now).unwrap();
    fixture
}

/// A new draft of the pack in force; its number.
async fn draft(browser: &Browser, name: &str) -> String {
    let answer = browser.post("/parameters/drafts", &[("base", "1"), ("name", name)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location.rsplit('/').next().unwrap().to_owned()
}

/// The edit form of a table of a draft.
async fn editing(browser: &Browser, form: &str, draft: &str) -> PageForm {
    let answer = browser.get(&format!("/parameters/edit?form={form}&draft={draft}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    PageForm::of(&answer, "/parameters/edit")
}

fn file(fixture: &Fixture, draft: &str, name: &str) -> String {
    let open = sync::open_draft(fixture.app.store(), draft.parse().unwrap()).unwrap();
    String::from_utf8(open.files.get(name).unwrap().to_vec()).unwrap()
}

// covers: DIP-1.04
#[tokio::test]
async fn every_parameter_has_its_page_and_its_form_saves_nothing_when_nothing_was_changed() {
    let fixture = with_pack();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let overview = office.get("/parameters").await.text();
    for title in [
        "医院系数",
        "病种系数",
        "加成系数",
        "基准率分段",
        "分值价钱",
        "测算分值价钱",
        "险种管理",
        "项目定额病种",
        "医院与床位数",
        "床日标准",
        "结算方式",
        "月度预结",
        "结余留用与超支分担",
    ] {
        assert!(overview.contains(title), "{title}");
    }
    let id = draft(&office, "都不改").await;
    let before = sync::open_draft(fixture.app.store(), 1).unwrap().files;
    for form in policy::edit::FormRef::all().map(|form| form.id()) {
        let points = ["catalogue", "reference_costs", "operations", "code_map"].contains(&form.as_str());
        let prefix = if points { "/points" } else { "/parameters" };
        let table = office.get(&format!("{prefix}/table?form={form}&draft={id}")).await;
        assert_eq!(table.status, StatusCode::OK, "{form}");
        let other = if points { "/parameters" } else { "/points" };
        assert_eq!(office.get(&format!("{other}/table?form={form}")).await.status, StatusCode::NOT_FOUND);
        if points {
            continue;
        }
        let answer = office.get(&format!("/parameters/edit?form={form}&draft={id}")).await;
        if answer.status == StatusCode::BAD_REQUEST {
            assert!(answer.text().contains("逐行修改"), "{form}");
            continue;
        }
        let sent = PageForm::of(&answer, "/parameters/edit").send(&office).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{form}: {}", sent.text());
    }
    let after = sync::open_draft(fixture.app.store(), 1).unwrap();
    assert_eq!((after.draft.version, after.files == before), (1, true));
}

// covers: DIP-1.04
#[tokio::test]
async fn a_price_is_changed_added_and_removed_in_one_form_and_logged_with_before_and_after() {
    let fixture = with_pack();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id = draft(&office, "调价").await;
    let form = editing(&office, "estimated_prices", &id).await;
    let worker = form.record("9.3900");
    let resident = form.record("8.1800");
    let blank = (worker.parse::<usize>().unwrap().max(resident.parse().unwrap()) + 1).to_string();
    let sent = form
        .with(&format!("c.{worker}.price"), "９．４５")
        .with(&format!("remove.{resident}"), "1")
        .with(&format!("c.{blank}.pool"), "居民")
        .with(&format!("c.{blank}.price"), "8.2")
        .with(&format!("c.{blank}.from"), "2025/7/1")
        .with(&format!("c.{blank}.to"), "2025-12-31");
    let answer = sent.send(&office).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let prices = file(&fixture, &id, "prices.csv");
    assert!(
        prices.contains("职工,estimated,9.45,")
            && prices.contains("居民,estimated,8.2,2025-07-01,2025-12-31,"),
        "{prices}"
    );
    assert!(!prices.contains("8.1800"));
    let page = office.get(&answer.location).await.text();
    assert!(page.contains("3 项修改"), "{page}");
    // Sent twice: nothing more happens.
    assert_eq!(sent.send(&office).await.status, StatusCode::SEE_OTHER);
    assert_eq!(fixture.app.store().draft(1).unwrap().version, 2);
    let log = fixture.app.store().operations(&store::LogFilter::default()).unwrap().0;
    let price = log.iter().find(|p| p.detail.contains("9.3900") && p.detail.contains("9.45"));
    assert!(price.is_some_and(|p| p.object.contains("价钱") && p.login == "insurance_office"), "{log:?}");
    let history = office.get(&format!("/parameters/drafts/{id}/changes?format=csv")).await;
    assert!(history.text().contains("9.3900"), "{}", history.text());
}

#[tokio::test]
async fn what_cannot_be_kept_is_said_beside_its_field_and_everything_typed_stays() {
    let fixture = with_pack();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id = draft(&office, "有误").await;
    let form = editing(&office, "estimated_prices", &id).await;
    let row = form.record("9.3900");
    let sent = form
        .with(&format!("c.{row}.price"), "-9.4")
        .with(&format!("c.{row}.to"), "二月三十日")
        .with(&format!("c.{row}.evidence"), "<b>第九条</b>");
    let answer = sent.send(&office).await;
    assert_eq!(answer.status, StatusCode::OK);
    let page = answer.text();
    assert!(page.contains("“-9.4”是负数：请改为不小于 0 的数") && page.contains("不是日期"), "{page}");
    let again = PageForm::of(&answer, "/parameters/edit");
    assert_eq!(again.value(&format!("c.{row}.evidence")), "<b>第九条</b>");
    assert_eq!(again.value(&format!("c.{row}.to")), "二月三十日");
    assert_eq!(fixture.app.store().draft(1).unwrap().version, 1);
    let mended = again.with(&format!("c.{row}.price"), "9.4").with(&format!("c.{row}.to"), "2025-12-31");
    assert_eq!(mended.send(&office).await.status, StatusCode::SEE_OTHER);

    // A gap between segments concerns no single field; formulas are refused.
    let form = editing(&office, "segments", &id).await;
    let low = form.record("费用偏低");
    let answer = form.with(&format!("c.{low}.hi"), "0.7").send(&office).await;
    assert!(answer.text().contains("分段之间有空档或重叠"), "{}", answer.text());
    let form = editing(&office, "hospitals", &id).await;
    let answer = form.with("c.0.name", "=HYPERLINK(\"http://x\")").send(&office).await;
    assert!(answer.text().contains("公式"), "{}", answer.text());
}

#[tokio::test]
async fn the_second_editor_sees_the_others_value_beside_his_own_and_decides() {
    let fixture = with_pack();
    let zhang = fixture.login_as("insurance_office", &[], None).await;
    let li = fixture.login_as("insurance_office", &[], Some("S1")).await;
    let id = draft(&zhang, "两人").await;
    let (mine, theirs) = (editing(&zhang, "hospitals", &id).await, editing(&li, "hospitals", &id).await);
    let row = mine.record("H1");
    let beds = format!("c.{row}.beds");
    assert_eq!(theirs.clone().with(&beds, "1700").send(&li).await.status, StatusCode::SEE_OTHER);
    // Another cell of the same row is no conflict.
    let name = format!("c.{row}.name");
    assert_eq!(mine.clone().with(&name, "样例市第一医院").send(&zhang).await.status, StatusCode::SEE_OTHER);
    assert!(file(&fixture, &id, "hospitals.csv").contains("H1,样例市第一医院,3,1700"));

    let clash = mine.clone().with(&beds, "1800").send(&zhang).await;
    assert_eq!(clash.status, StatusCode::OK);
    let page = clash.text();
    assert!(page.contains("现为“1700”（您打开时为“1680”）") && page.contains("已被他人修改"), "{page}");
    assert!(file(&fixture, &id, "hospitals.csv").contains(",1700"), "nothing is overwritten");
    let again = PageForm::of(&clash, "/parameters/edit");
    assert_eq!(again.value(&beds), "1800");
    let taken = again.clone().with(&format!("theirs.{row}.beds"), "1").send(&zhang).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert!(file(&fixture, &id, "hospitals.csv").contains(",1700"));
    assert_eq!(again.send(&zhang).await.status, StatusCode::SEE_OTHER);
    assert!(file(&fixture, &id, "hospitals.csv").contains(",1800"));

    // A row that somebody deleted comes back only as a new one.
    let (mine, theirs) =
        (editing(&zhang, "settlement_ways", &id).await, editing(&li, "settlement_ways", &id).await);
    let row = mine.record("项目定额");
    assert_eq!(theirs.with(&format!("remove.{row}"), "1").send(&li).await.status, StatusCode::SEE_OTHER);
    let clash = mine.with(&format!("c.{row}.name"), "定额付费").send(&zhang).await;
    assert!(clash.text().contains("已被他人删除"), "{}", clash.text());
    let again = PageForm::of(&clash, "/parameters/edit");
    assert_eq!(again.send(&zhang).await.status, StatusCode::SEE_OTHER);
    assert!(file(&fixture, &id, "settlement_ways.csv").contains("定额付费"));
}

#[tokio::test]
async fn a_reader_changes_nothing_and_an_ended_session_is_sent_to_the_login() {
    let fixture = with_pack();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id = draft(&office, "权限").await;
    let coder = fixture.login_as("coder", &[], None).await;
    assert_eq!(coder.get("/points").await.status, StatusCode::OK);
    assert!(!coder.get("/points").await.text().contains("更新分值库"));
    for path in [
        format!("/parameters/edit?form=prices&draft={id}"),
        "/parameters".to_owned(),
        format!("/points/edit?form=catalogue&draft={id}"),
    ] {
        assert_eq!(coder.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let form = editing(&office, "hospitals", &id).await.with("c.0.beds", "1");
    assert_eq!(form.send(&coder).await.status, StatusCode::FORBIDDEN);
    fixture.wait(crate::auth::IDLE + 1);
    let late = form.send(&office).await;
    assert!(late.location.starts_with("/login?expired"), "{}", late.location);
    assert!(!file(&fixture, &id, "hospitals.csv").contains(",1\n"));
}
