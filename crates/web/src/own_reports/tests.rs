//! 自定义报表: built, seen by whom, kept apart.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use crate::testing::{Browser, Fixture, sheet_of, table_of};
use axum::http::StatusCode;
use store::DefinitionKind;

const FORM: [(&str, &str); 15] = [
    ("version", "0"),
    ("title", "科室结余"),
    ("period", "year"),
    ("basis", "discharge"),
    ("by1", "department"),
    ("drill1", "attending"),
    ("m1", "discharges"),
    ("m2", "surplus"),
    ("m2_year", "1"),
    ("m2_period", "1"),
    ("m2_chart", "1"),
    ("order", "2"),
    ("chart", "rank"),
    ("chart_by", "row"),
    ("filter", "insurance_type"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields: Vec<(&str, &str)> = FORM.to_vec();
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes);
    fields
}

/// Builds one; its number.
async fn build(browser: &Browser, changes: &[(&str, &str)]) -> i64 {
    let mut fields = with(changes);
    fields.push(("action", "save"));
    let answer = browser.post("/own-reports/new", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location.strip_prefix("/report/own-").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_built_report_is_the_built_in_one_of_the_same_parts() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    // Previewed and not saved, then saved.
    let mut fields = with(&[]);
    fields.push(("action", "preview"));
    let preview = office.post("/own-reports/new", &fields).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert!(
        preview.text().contains("尚未保存") && preview.text().contains("data-spec"),
        "{}",
        preview.text()
    );
    assert!(!preview.text().contains("href=\"/report/own"), "{}", preview.text());
    assert!(fixture.app.store().definitions("insurance_office", DefinitionKind::Report).unwrap().is_empty());
    let id = build(&office, &[]).await;
    let own = office.get(&format!("/report/own-{id}?year=2026")).await.text();
    let rows = table_of(&own);
    assert!(rows.len() > 3, "{own}");
    let (before, shown) = (table_of(&preview.text()), rows.len().min(21));
    assert_eq!(before[1..shown], rows[1..shown], "the preview is the report");
    assert_eq!(before.last(), rows.last(), "with its total");

    // The numbers are those of every other page: of the built-in statistics by department, row by row.
    let built_in = office.get("/report/surplus-by-department?year=2026").await.text();
    let built_in = table_of(&built_in);
    let pick = |table: &[Vec<String>]| {
        let at = |title: &String| table[0].iter().position(|head| head == title).unwrap();
        let columns = [0, at(&rows[0][1]), at(&rows[0][2])];
        table[1..].iter().map(|row| columns.map(|column| row[column].clone())).collect::<Vec<_>>()
    };
    let mut both = [pick(&rows), pick(&built_in)];
    both.iter_mut().for_each(|rows| rows.sort());
    assert!(both[0].len() > 3);
    assert_eq!(both[0], both[1]);

    // It goes down to the doctors and out as a workbook like any other.
    assert!(own.contains("level=1") && own.contains("/cases?"), "{own}");
    let file = office.get(&format!("/report/own-{id}?year=2026&format=xlsx")).await;
    assert_eq!(sheet_of(&file.bytes, &rows[0][0]).len(), rows.len());
}

#[tokio::test]
async fn own_ones_are_not_seen_by_others_and_shared_ones_within_their_scope() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let department = fixture.busiest_department();
    let head = fixture.login_as("department_head", &[&department], None).await;
    let doctor = fixture.login_as("doctor", &[], Some("nobody")).await;
    let (own, shared) = (
        build(&office, &[("title", "自用")]).await,
        build(&office, &[("title", "大家看"), ("shared", "1")]).await,
    );
    let list = head.get("/own-reports").await.text();
    assert!(list.contains("大家看") && !list.contains("自用"), "{list}");
    for path in
        [format!("/report/own-{own}"), format!("/own-reports/{own}"), format!("/own-reports/{own}/file")]
    {
        assert_eq!(head.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let address = format!("/report/own-{shared}?year=2026");
    let (whole, part) =
        (table_of(&office.get(&address).await.text()), table_of(&head.get(&address).await.text()));
    assert!(whole.len() > part.len());
    // One row and its total, or that row alone: the department's.
    let row = whole.iter().find(|row| row[0] == part[1][0]).unwrap();
    assert_eq!(*row, part[1]);
    assert!(part[2..].iter().all(|row| row[1] == part[1][1]), "{part:?}");
    let nothing = table_of(&doctor.get(&address).await.text());
    assert!(
        nothing.iter().skip(1).all(|row| row.iter().all(|cell| !whole[1..].iter().any(|w| w[0] == *cell))),
        "{nothing:?}"
    );
    // Who sees it does not change it; a department head may not build.
    assert_eq!(head.get("/own-reports/new").await.status, StatusCode::FORBIDDEN);
    assert_eq!(head.post(&format!("/own-reports/{shared}/delete"), &[]).await.status, StatusCode::FORBIDDEN);
    let second = fixture.login_as("insurance_office", &[&department], None).await;
    for action in ["rename", "delete", "restore", "edit"] {
        let answer =
            second.post(&format!("/own-reports/{shared}/{action}"), &with(&[("version", "1")])).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
    let copied = second.post(&format!("/own-reports/{shared}/copy"), &[]).await;
    assert!(second.get(&copied.location).await.text().contains("大家看（副本）"));
}

#[tokio::test]
async fn what_does_not_fit_is_said_and_what_was_chosen_stays() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    for (changes, said) in [
        (vec![("title", "")], "名称应为"),
        (vec![("m2_chart", "")], "要画图时"),
        (vec![("m1", ""), ("m2", ""), ("chart", "")], "请至少选一个指标"),
        (vec![("by1", "")], "请至少选一个“行”的维度"),
        (vec![("by1", "operation")], "不能按"),
        (vec![("m2", "benchmark_ratio"), ("m2_share", "1")], "没有占比"),
        (vec![("least", "many")], "最少例数应为正整数"),
        (vec![("only", "' OR 1=1 --")], "没有病例范围"),
    ] {
        let answer = office.post("/own-reports/new", &with(&changes)).await;
        let text = answer.text();
        assert!(text.contains(said) && text.contains("field-error"), "{said}: {text}");
        assert!(text.contains("value=\"attending\" selected"), "{said}: what was chosen stays");
    }
    assert!(fixture.app.store().definitions("insurance_office", DefinitionKind::Report).unwrap().is_empty());
}

#[tokio::test]
async fn names_are_escaped_wherever_they_stand_and_versions_are_kept_apart() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let hostile = "</script><b onclick=x>\"'=1+1";
    let id = build(&office, &[("title", hostile), ("about", hostile)]).await;
    let (own, edit) = (format!("/own-reports/{id}"), format!("/own-reports/{id}/edit"));
    for path in
        [format!("/report/own-{id}"), "/own-reports".into(), own.clone(), edit.clone(), "/admin/log".into()]
    {
        let text = office.get(&path).await.text();
        assert!(!text.contains("<b onclick") && !text.contains("</script><b"), "{path}: {text}");
    }
    // Renamed, edited, deleted and brought back; an old page changes nothing.
    let renamed =
        office.post(&format!("{own}/rename"), &[("version", "1"), ("title", "新名"), ("shared", "1")]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{}", renamed.text());
    assert!(office.get(&own).await.text().contains("新名"));
    let mut late = with(&[("version", "1"), ("title", "迟到")]);
    late.push(("action", "save"));
    let told = office.post(&edit, &late).await.text();
    assert!(told.contains("在别处被修改") && told.contains("迟到"), "{told}");
    let form = office.get(&edit).await.text();
    assert!(form.contains("value=\"surplus\" selected") && form.contains("value=\"新名\""), "{form}");
    let known = |fixture: &Fixture| {
        fixture.app.store().definition("insurance_office", DefinitionKind::Report, id).unwrap().unwrap()
    };
    late.retain(|(name, _)| *name != "version");
    late.push(("version", "2"));
    assert_eq!(office.post(&edit, &late).await.status, StatusCode::SEE_OTHER);
    assert_eq!((known(&fixture).title.as_str(), known(&fixture).version), ("迟到", 3));
    assert_eq!(
        office.post(&format!("{own}/delete"), &[("version", "3")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(office.get(&format!("/report/own-{id}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        office.post(&format!("{own}/restore"), &[("version", "4")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(office.get(&format!("/report/own-{id}")).await.status, StatusCode::OK);

    // Out as a file and in again: the same report, the importer's own.
    let file = office.get(&format!("{own}/file")).await;
    let back = office.upload("/own-reports/import", &[], "a.toml", &file.bytes).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    let again: i64 = back.location.rsplit('/').next().unwrap().parse().unwrap();
    let tables = [id, again].map(|id| format!("/report/own-{id}?year=2026"));
    assert_eq!(
        table_of(&office.get(&tables[0]).await.text()),
        table_of(&office.get(&tables[1]).await.text())
    );
    let wrong =
        office.upload("/own-reports/import", &[], "b.toml", "title = \"<b>\"\n".as_bytes()).await.text();
    assert!(wrong.contains("没有导入") && !wrong.contains("<b>\"</"), "{wrong}");
}
