//! 指标目标: typed, imported, exported, copied; who sees which.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use crate::testing::{Answered, Browser, Fixture, sheet_of, table_of};
use axum::http::StatusCode;
use model::{DataScope, Viewer};
use std::collections::BTreeSet;
use store::Target;

const TARGET: [(&str, &str); 6] = [
    ("year", "2026"),
    ("measure", "drug_rate"),
    ("department", ""),
    ("doctor", ""),
    ("low", ""),
    ("high", "30"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = TARGET.to_vec();
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes);
    fields
}

/// A department with a doctor of it: keys and names.
fn people(fixture: &Fixture) -> [(String, String); 2] {
    let rows =
        |table| fixture.app.store().dictionary(model::canonical::Table::named(table).unwrap()).unwrap();
    let department = fixture.busiest_department();
    let named = |row: &store::DictionaryRow| (row.row.key().to_owned(), row.row.text("name").to_owned());
    let staff = rows("staff");
    let doctor = staff.iter().find(|row| row.row.text("department_key") == department).unwrap();
    let department = rows("department").iter().find(|row| row.row.key() == department).map(named).unwrap();
    [department, named(doctor)]
}

/// The hidden fields of the preview, sent.
async fn confirm(browser: &Browser, preview: &Answered) -> Answered {
    let text = preview.text();
    let form =
        text.split("action=\"/targets/import/confirm\"").nth(1).unwrap().split("</form>").next().unwrap();
    let fields: Vec<(String, String)> = form
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            let value = rest.split_once("\">").unwrap().0;
            let plain = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
            (name.to_owned(), plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
        })
        .filter(|(name, _)| name != "csrf")
        .collect();
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post("/targets/import/confirm", &fields).await
}

fn counts(preview: &Answered) -> Vec<String> {
    let text = preview.text();
    let values = text.split("class=\"kpi-value").skip(1);
    values.map(|rest| rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn two_editors_of_one_target_do_not_overwrite_each_other() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let answer = office.post("/targets/edit", &with(&[("version", "0")])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    // A double submit, and a second person who saw the same version.
    for (version, high) in [("0", "35"), ("7", "28")] {
        let answer = office.post("/targets/edit", &with(&[("version", version), ("high", high)])).await;
        assert!(answer.text().contains("您打开表单之后"), "{}", answer.text());
        assert!(answer.text().contains(&format!("value=\"{high}\"")), "what was typed is kept");
    }
    let rows = table_of(&office.get("/targets?year=2026").await.text());
    assert_eq!(rows[1][5..8], ["—", "30.00", "%"], "{rows:?}");
    let answer = office.post("/targets/edit", &with(&[("version", "1"), ("high", "28.5")])).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let target = &fixture.app.store().targets(2026).unwrap()[0];
    assert_eq!((target.high, target.version), (Some(285_000), 2));
    let (log, _) =
        fixture.app.store().operations(&store::LogFilter { limit: 1, ..Default::default() }).unwrap();
    assert!(log[0].detail.contains("由 —～30 改为 —～28.5"), "{log:?}");
}

#[tokio::test]
async fn a_wrong_bound_names_its_field_and_keeps_the_form() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for (field, value, said) in [
        ("high", "many", "目标上限应为数字"),
        ("low", "99", "目标下限大于目标上限"),
        ("measure", "nothing", "没有指标"),
        ("department", "D99", "没有科室“D99”"),
        ("doctor", "<b>W</b>", "没有医师"),
        ("year", "26", "年度应为四位年份"),
    ] {
        let text = office.post("/targets/edit", &with(&[(field, value)])).await.text();
        assert!(text.contains(said) && text.contains("field-error"), "{said}: {text}");
        assert!(!text.contains("<b>W"), "{text}");
    }
    assert!(fixture.app.store().targets(2026).unwrap().is_empty());
}

// covers: DIP-5.11
#[tokio::test]
async fn departments_and_doctors_have_their_own_targets_and_each_sees_theirs() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let [department, doctor] = people(&fixture);
    for changes in [
        vec![],
        vec![("department", department.0.as_str()), ("high", "25")],
        vec![("department", department.0.as_str()), ("doctor", doctor.0.as_str()), ("high", "20")],
        vec![("measure", "discharges"), ("doctor", doctor.0.as_str()), ("low", "120"), ("high", "")],
    ] {
        let answer = office.post("/targets/edit", &with(&changes)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    }
    let page = office.get("/targets?year=2026").await.text();
    assert!(page.contains(&department.1) && page.contains(&doctor.1), "{page}");
    let only = table_of(&office.get("/targets?year=2026&place=doctor&measure=%E8%8D%AF").await.text());
    assert_eq!(only.len(), 2, "{only:?}");
    assert_eq!(only[1][1..5], ["医师", &department.1, &doctor.0, &doctor.1]);
    let edit = office.get(&format!("/targets/edit?year=2026&measure=drug_rate&doctor={}", doctor.0)).await;
    assert!(edit.text().contains("value=\"20\""), "{}", edit.text());
    let found = office.get(&format!("/targets/staff-suggest?q={}", doctor.0)).await.text();
    assert!(found.contains(&doctor.1), "{found}");

    // The layer compares: each with its own, of what adds up the part of the year; nobody with another's.
    let viewer = |scope| Viewer { scope, ..Viewer::default() };
    let layer = fixture.app.layer();
    let (rate, discharges) = (layer.measure("drug_rate").unwrap(), layer.measure("discharges").unwrap());
    let march = metrics::Period::month(2026, 3).unwrap();
    let of = |scope, measure: &metrics::Measure, department: &str, doctor: &str| {
        let targets = fixture.app.targets(march, &viewer(scope)).unwrap();
        targets
            .of(measure, department, doctor)
            .and_then(|goal| goal.value())
            .map(|goal| goal.normalize().to_string())
    };
    let value = |text: &str| Some(text.to_owned());
    assert_eq!(of(DataScope::Hospital, rate, "", ""), value("0.3"));
    assert_eq!(of(DataScope::Hospital, rate, &department.0, &doctor.0), value("0.2"));
    assert_eq!(of(DataScope::Hospital, discharges, "", &doctor.0), value("10"));
    let own = DataScope::Departments(BTreeSet::from([department.0.clone()]));
    assert_eq!(of(own.clone(), rate, &department.0, ""), value("0.25"));
    assert_eq!(of(own.clone(), rate, "", &doctor.0), value("0.2"));
    assert_eq!(of(own, rate, "", ""), None);
    assert_eq!(of(DataScope::Doctor("somebody".into()), rate, "", &doctor.0), None);
    assert_eq!(of(DataScope::Doctor(doctor.0.clone()), rate, "", &doctor.0), value("0.2"));
}

// covers: DIP-5.11
#[tokio::test]
async fn a_file_is_compared_shown_and_applied_as_a_whole() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let [department, doctor] = people(&fixture);
    let upload = |text: String, removes: bool| {
        let office = office.clone();
        async move {
            let mut fields = vec![("year", "2026")];
            if removes {
                fields.push(("removes", "1"));
            }
            office.upload("/targets/import", &fields, "目标<b>.csv", text.as_bytes()).await
        }
    };
    let head = "指标,科室,医师,目标下限,目标上限\n";
    let good = format!(
        "{head}药占比,,,,30\n药占比,{},,,25%\ndrug_rate,,{},,\"20\"\n出院人次,,,\"1,200\",\n",
        department.1, doctor.0
    );
    // Every wrong row says its line, its column and what to do; nothing is applied.
    let bad = format!(
        "{good}没有这个,,,,1\n药占比,不存在,,,1\n药占比,,张三李四,,1\n药占比,,,,很多\n药占比,,,40,\n"
    );
    let preview = upload(bad, false).await;
    assert_eq!(counts(&preview), ["4", "0", "0", "0", "5"], "{}", preview.text());
    assert!(!preview.text().contains("目标<b>") && !preview.text().contains("确认导入"));
    let rows = preview.text();
    for said in [
        "没有指标“没有这个”",
        "没有科室“不存在”",
        "没有医师“张三李四”",
        "目标上限应为数字",
        "与第 2 行是同一指标同一范围",
    ] {
        assert!(rows.contains(said), "{said}: {rows}");
    }
    let preview = upload(good.clone(), false).await;
    assert_eq!(counts(&preview), ["4", "0", "0", "0", "0"], "{}", preview.text());
    assert!(fixture.app.store().targets(2026).unwrap().is_empty(), "a preview changes nothing");
    let done = confirm(&office, &preview).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let all = fixture.app.store().targets(2026).unwrap();
    let high = |department: &str, doctor: &str| {
        let of = |t: &&Target| {
            t.measure == "drug_rate" && t.department_key == department && t.doctor_key == doctor
        };
        all.iter().find(of).unwrap().high
    };
    assert_eq!(all.len(), 4);
    assert_eq!(high("", ""), Some(300_000));
    assert_eq!((high(&department.0, ""), high("", &doctor.0)), (Some(250_000), Some(200_000)));
    let log = fixture.app.store().operations(&store::LogFilter::default()).unwrap().0;
    assert!(
        log.iter().any(|entry| entry.action == "导入指标目标" && entry.detail.contains("新增 4")),
        "{log:?}"
    );

    // What was exported comes in again unchanged, as workbook and as CSV.
    for format in ["xlsx", "csv"] {
        let file = office.get(&format!("/targets?year=2026&format={format}")).await;
        let again =
            office.upload("/targets/import", &[("year", "2026"), ("removes", "1")], "a", &file.bytes).await;
        assert_eq!(counts(&again), ["0", "0", "0", "4", "0"], "{format}: {}", again.text());
        assert!(!again.text().contains("确认导入"));
    }
    let sheet = sheet_of(&office.get("/targets/template?format=xlsx").await.bytes, "指标");
    assert_eq!(sheet[0].len(), 5);
    let template = office.get("/targets/template?format=csv").await;
    let nothing = office.upload("/targets/import", &[("year", "2026")], "a.csv", &template.bytes).await;
    assert_eq!(counts(&nothing), ["0", "0", "0", "0", "0"]);

    // A changed, an emptied and a missing row; somebody else changes one before it is confirmed.
    let changed = format!("{head}药占比,,,,28\n药占比,{},,,\n", department.0);
    let part = upload(changed.clone(), false).await;
    assert_eq!(counts(&part), ["0", "1", "1", "0", "0"]);
    let whole = upload(changed, true).await;
    assert_eq!(counts(&whole), ["0", "1", "3", "0", "0"], "{}", whole.text());
    let other = office.post("/targets/edit", &with(&[("version", "1"), ("high", "29")])).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "{}", other.text());
    let stale = confirm(&office, &whole).await;
    assert_eq!(stale.status, StatusCode::OK);
    assert_eq!(fixture.app.store().targets(2026).unwrap().len(), 4);
    assert!(
        stale.text().contains("—～29") && counts(&stale) == ["0", "1", "3", "0", "0"],
        "{}",
        stale.text()
    );
    let done = confirm(&office, &stale).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let left = fixture.app.store().targets(2026).unwrap();
    assert_eq!(left.iter().map(|t| t.high).collect::<Vec<_>>(), [Some(280_000)]);
    for (name, bytes, said) in [
        ("a.csv", "a,b\n1,2\n".as_bytes(), "没有表头“指标”"),
        ("", b"".as_slice(), "请先选择要导入的文件"),
        ("b.csv", b"".as_slice(), "是空文件"),
    ] {
        let text = office.upload("/targets/import", &[("year", "2026")], name, bytes).await.text();
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[tokio::test]
async fn the_last_years_targets_are_taken_over_where_this_year_has_none() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for (year, measure, high) in
        [("2025", "drug_rate", "30"), ("2025", "own_pay_rate", "8"), ("2026", "drug_rate", "28")]
    {
        let answer = office
            .post("/targets/edit", &with(&[("year", year), ("measure", measure), ("high", high)]))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    }
    for _ in 0..2 {
        assert_eq!(office.post("/targets/copy", &[("year", "2026")]).await.status, StatusCode::SEE_OTHER);
        let all = fixture.app.store().targets(2026).unwrap();
        let all: Vec<_> = all.iter().map(|t| (t.measure.as_str(), t.high, t.version)).collect();
        assert_eq!(all, [("drug_rate", Some(280_000), 1), ("own_pay_rate", Some(80_000), 1)]);
    }
    let doctor = fixture.login_as("doctor", &[], Some("W1")).await;
    assert_eq!(doctor.post("/targets/copy", &[("year", "2026")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(doctor.get("/targets/import").await.status, StatusCode::FORBIDDEN);
}
