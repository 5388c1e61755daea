//! 分值库: browsed, uploaded, tried, compared, published, by whoever may.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use crate::parameters::PageForm;
use crate::testing::{Browser, Fixture};
use axum::http::StatusCode;
use std::path::Path;
use std::time::Duration;
use store::{Comparison, DifferenceBy, DraftState};

/// A new draft of a pack; its number.
async fn draft(browser: &Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.post("/points/drafts", fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.location.rsplit('/').next().unwrap().to_owned()
}

/// Waits until no job runs.
async fn idle(fixture: &Fixture) {
    for _ in 0..600 {
        if fixture.app.jobs().all().iter().all(|job| !job.is_running()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a job does not end");
}

fn last_job(fixture: &Fixture) -> String {
    format!("{:?}", fixture.app.jobs().all()[0].state())
}

/// The number of the pack of 2025 among the sample city's packs.
fn pack_of_2025(fixture: &Fixture) -> String {
    let packs = fixture.app.store().pack_list().unwrap();
    packs.iter().find(|pack| pack.pack == "sample-2025").unwrap().id.to_string()
}

fn catalogue() -> String {
    let files = sync::pack_dir::read(Path::new("sample/2025")).unwrap();
    String::from_utf8(files.get("catalogue.csv").unwrap().to_vec()).unwrap()
}

// covers: REC-5.10, DIP-1.08
#[tokio::test]
async fn the_catalogue_is_browsed_searched_and_taken_away() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    assert!(office.get("/points").await.text().contains("还没有政策包"));
    let (store, now) = (fixture.app.store(), fixture.app.now());
    let files = sync::pack_dir::read(Path::new("sample/2025")).unwrap();
    let pack = sync::add_pack(store, &files, now).unwrap();
    store.put_in_force(&[pack], now).unwrap();

    let all = office.get("/points").await;
    assert!(all.text().contains("病种编码") && all.text().contains("样例市2025年DIP政策"), "{}", all.text());
    let by_name = office.get("/points?q=%E9%98%91%E5%B0%BE%E7%82%8E").await.text();
    assert!(by_name.contains("K35.8:47.0100-RJ"), "{by_name}");
    let by_initials = office.get("/points?q=lwy&kind=core").await.text();
    assert!(by_initials.contains("阑尾"), "{by_initials}");
    assert!(office.get("/points?q=zzzzz").await.text().contains("没有符合条件的病种"));
    let csv = office.get("/points?flag=day_surgery&format=csv").await;
    assert!(csv.text().contains("日间手术：") && !csv.text().contains("E11"), "{}", csv.text());

    let code = crate::query::encode("K40.9:17.1200/17.1300-RJ");
    let group = office.get(&format!("/points/group?pack={pack}&code={code}")).await;
    let page = group.text();
    assert_eq!(group.status, StatusCode::OK);
    for part in ["952.5424 分", "入组条件", "医院系数", "各年分值", "/cases?from="] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(office.get("/points/group?code=nothing").await.status, StatusCode::NOT_FOUND);

    let template = office.get("/points/template?format=csv").await.text();
    assert!(template.contains("code,name,set,kind"));
    assert!(office.get("/points/template").await.bytes.starts_with(b"PK"));
    for what in ["zip", "catalogue", "csv", "tables"] {
        let file = office.get(&format!("/points/packs/{pack}/download?what={what}")).await;
        assert_eq!(file.status, StatusCode::OK, "{what}");
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    }
    assert!(office.get("/points/packs").await.text().contains("在用"));
    assert!(office.get(&format!("/points/packs/{pack}")).await.text().contains("sha256:"));
    // A coder reads, but takes nothing away.
    let coder = fixture.login_as("coder", &[], None).await;
    assert_eq!(coder.get(&format!("/points/packs/{pack}")).await.status, StatusCode::OK);
    let refused = coder.get(&format!("/points/packs/{pack}/download?what=zip")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    // The pack as downloaded comes back as a draft with the same content.
    let zip = office.get(&format!("/points/packs/{pack}/download?what=zip")).await.bytes;
    let back = office.upload("/points/packs", &[], "样例.zip", &zip).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
    let draft: i64 = back.location.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(sync::open_draft(store, draft).unwrap().files.hash(), files.hash());
    let broken = office.upload("/points/packs", &[], "x.zip", b"PK nothing").await;
    assert!(broken.text().contains("不是 zip"), "{}", broken.text());
}

// covers: DIP-1.08
#[tokio::test]
async fn an_upload_is_compared_corrected_and_put_into_the_draft() {
    let fixture = Fixture::empty();
    let (store, now) = (fixture.app.store(), fixture.app.now());
    let pack = sync::add_pack(store, &sync::pack_dir::read(Path::new("sample/2025")).unwrap(), now).unwrap();
    store.put_in_force(&[pack], now).unwrap();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id = draft(&office, &[("base", &pack.to_string()), ("name", "新分值库")]).await;
    let import = format!("/points/drafts/{id}/import");
    let upload = async |name: &str, text: &[u8]| office.upload(&import, &[], name, text).await;

    // What cannot be read is said on the form.
    assert!(upload("空.csv", b"").await.text().contains("空文件"));
    let wrong = upload("列.csv", "编码,名称\nA,b\n".as_bytes()).await;
    assert!(wrong.text().contains("缺少列") && wrong.text().contains("不认识的列"), "{}", wrong.text());
    let html = upload("页.xls", b"<html><table></table></html>").await;
    assert!(html.text().contains("网页格式"), "{}", html.text());

    // Wrong rows are listed with line, column and remedy, and nothing can be confirmed.
    let lines = catalogue();
    let mut rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    rows[1] = rows[1].replace(",496.6102,", ",-5,");
    let twice = rows[2].clone();
    rows.push(twice);
    let answer = upload("错.csv", rows.join("\n").as_bytes()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = office.get(&answer.location).await.text();
    assert!(page.contains("2 行出错") && page.contains("是负数") && page.contains("重复"), "{page}");
    assert!(!page.contains("放入草稿</button>"));
    let list = office.get(&format!("{}?list=wrong&format=csv", answer.location)).await.text();
    assert!(list.contains("请核对原文件"), "{list}");

    // A good file, in GBK: one group changed, one added, one removed that other tables name.
    let mut rows: Vec<String> = lines.lines().map(str::to_owned).collect();
    rows[1] = rows[1].replace(",496.6102,", ",500.1,");
    let gone = rows.iter().position(|row| row.starts_with("A15.0,")).unwrap();
    rows.remove(gone);
    rows.push(rows[gone].replacen("A16.2", "A16.9", 1).replace("A16.2", "A16.9"));
    let text = rows.join("\n");
    let answer = upload("新.csv", text.as_bytes()).await;
    let page = office.get(&answer.location).await.text();
    assert!(page.contains("新增 1，修改 1，删除 1"), "{page}");
    assert!(page.contains("分级参照费用") && page.contains("一并删除这些行"), "{page}");
    let changed = office.get(&format!("{}?list=changed", answer.location)).await.text();
    assert!(changed.contains("分值：496.6102 → 500.1"), "{changed}");
    let form = PageForm::of(&office.get(&answer.location).await, &format!("{}/confirm", answer.location));
    // Without the tick it is not taken.
    let refused = form.send(&office).await;
    assert_eq!(refused.location, answer.location);
    assert_eq!(store.draft(id.parse().unwrap()).unwrap().version, 1);
    // Nobody else sees the upload.
    let other = fixture.login_as("insurance_office", &[], Some("S2")).await;
    assert_eq!(other.get(&answer.location).await.status, StatusCode::NOT_FOUND);
    let taken = form.clone().with("clean", "1").with("evidence", "样例市〔2025〕9号").send(&office).await;
    assert_eq!(taken.location, format!("/points/drafts/{id}"));
    let files = sync::open_draft(store, id.parse().unwrap()).unwrap().files;
    let costs = String::from_utf8_lossy(files.get("reference_costs.csv").unwrap()).into_owned();
    assert!(!costs.contains("A15.0,") && costs.contains("A16.2,"));
    assert!(
        String::from_utf8_lossy(files.get("pack.toml").unwrap())
            .contains("\"catalogue.csv\" = \"样例市〔2025〕9号\"")
    );
    // Sent twice: the upload is done with.
    assert_eq!(form.with("clean", "1").send(&office).await.status, StatusCode::NOT_FOUND);

    let difference = office.get(&format!("/points/drafts/{id}/difference?list=removed")).await.text();
    assert!(difference.contains("A15.0"), "{difference}");
    let undone = office.post(&format!("/points/drafts/{id}/undo"), &[("version", "2")]).await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(
        sync::open_draft(store, id.parse().unwrap()).unwrap().files.hash(),
        store.pack(pack).unwrap().hash
    );
}

// covers: DIP-1.03, DIP-1.08
#[tokio::test]
async fn a_new_library_is_tried_compared_published_and_the_old_results_stay() {
    let fixture = Fixture::hospital();
    let store = fixture.app.store();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let base = pack_of_2025(&fixture);
    let id = draft(&office, &[("base", &base), ("name", "年中调整")]).await;
    let number: i64 = id.parse().unwrap();
    // Every group of 2025 gets one point more.
    let mut text = String::new();
    for (at, line) in catalogue().lines().enumerate() {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if at > 0 && cells.len() == 21 {
            let points: rust_decimal::Decimal = cells[15].parse().unwrap();
            cells[15] = (points + rust_decimal::Decimal::ONE).to_string();
        }
        text.push_str(&(cells.join(",") + "\n"));
    }
    let import = format!("/points/drafts/{id}/import");
    let answer = office.upload(&import, &[], "2025下半年.csv", text.as_bytes()).await;
    let form = PageForm::of(&office.get(&answer.location).await, &format!("{}/confirm", answer.location));
    assert_eq!(form.send(&office).await.location, format!("/points/drafts/{id}"));

    // Before it was tried it cannot be published.
    assert_eq!(office.get(&format!("/points/drafts/{id}/publish")).await.status, StatusCode::SEE_OTHER);
    let begun = office.post(&format!("/points/drafts/{id}/trial"), &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
    idle(&fixture).await;
    assert!(last_job(&fixture).contains("Done"), "{}", last_job(&fixture));
    let trial = sync::finished_trial(store, &store.draft(number).unwrap()).unwrap().unwrap();
    // Pressed again it leads to the comparison.
    let again = office.post(&format!("/points/drafts/{id}/trial"), &[]).await;
    assert_eq!(again.location, format!("/points/compare?after={}", trial.run));
    let compare = again.location;
    let page = office.get(&compare).await.text();
    assert!(page.contains("病种分值变化") && page.contains("按科室"), "{page}");
    for by in ["department", "group", "case"] {
        let page =
            office.get(&format!("{compare}&by={by}&reason={}", crate::query::encode("病种分值变化"))).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("chip-active"), "{by}");
    }
    let cases = office.get(&format!("{compare}&by=case&format=csv")).await.text();
    let whole = model::Viewer { scope: model::DataScope::Hospital, ..model::Viewer::default() };
    let what = Comparison::with_current(trial.run);
    let all = store.compare(&whole, &what, DifferenceBy::All, (1, 0)).unwrap().remove(0);
    assert!(all.changed > 0);
    assert_eq!(
        cases.lines().filter(|line| line.contains('→')).count(),
        usize::try_from(all.changed).unwrap()
    );
    // A coder does not see what cases earn.
    let coder = fixture.login_as("coder", &[], None).await;
    assert_eq!(coder.get(&compare).await.status, StatusCode::FORBIDDEN);

    let ask = office.get(&format!("/points/drafts/{id}/publish")).await;
    let page = ask.text();
    assert!(
        page.contains("停用，结果保留")
            && page.contains(&format!("{} 例，其中改变病种", crate::text::whole(all.changed))),
        "{page}"
    );
    let form = PageForm::of(&ask, &format!("/points/drafts/{id}/publish"));
    let unchecked = form.send(&office).await;
    assert_eq!(unchecked.location, format!("/points/drafts/{id}/publish"));
    let form = form.with("checked", "1");
    let (first, second) = (form.send(&office).await, form.send(&office).await);
    assert!(first.location.starts_with("/jobs/"), "{}", first.location);
    assert!(second.location == first.location || second.location == format!("/points/drafts/{id}"));
    idle(&fixture).await;
    assert!(last_job(&fixture).contains("Done"), "{}", last_job(&fixture));
    let done = store.draft(number).unwrap();
    assert_eq!(done.state, DraftState::Published);
    assert!(store.pack(done.pack.unwrap()).unwrap().in_force_since.is_some());
    assert!(store.pack(base.parse().unwrap()).unwrap().in_force_since.is_none());
    // The old results are still there to be compared with, and the pages say who did it.
    let earlier = office.get(&format!("/points/compare?after={}&before=earlier", trial.run)).await.text();
    assert!(earlier.contains("病种分值变化"), "{earlier}");
    let packs = office.get("/points/packs").await.text();
    assert!(packs.contains("insurance_office") && packs.contains("发布前后比较"), "{packs}");
    let log = store.operations(&store::LogFilter::default()).unwrap().0;
    assert!(log.iter().any(|entry| entry.action == "发布政策包" && entry.success));
    let points = fixture.app.loaded_pack(done.pack.unwrap()).unwrap();
    assert_eq!(
        points.group("A16.2").map(|group| group.points),
        points.policy.group("A16.2").map(|g| g.points)
    );
    // A closed draft is read, not changed.
    assert_eq!(office.get(&format!("/points/drafts/{id}")).await.status, StatusCode::OK);
    assert_eq!(office.get(&import).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_trial_goes_on_after_the_server_was_stopped() {
    let fixture = Fixture::empty();
    let (store, now) = (fixture.app.store(), fixture.app.now());
    let pack = sync::add_pack(store, &sync::pack_dir::read(Path::new("sample/2025")).unwrap(), now).unwrap();
    store.put_in_force(&[pack], now).unwrap();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id: i64 = draft(&office, &[("base", &pack.to_string())]).await.parse().unwrap();
    let run = sync::begin_trial(store, fixture.app.rules(), id, ("insurance_office", now)).unwrap();
    let outdated = draft(&office, &[("base", &pack.to_string()), ("name", "放弃的")]).await.parse().unwrap();
    let other = sync::begin_trial(store, fixture.app.rules(), outdated, ("insurance_office", now)).unwrap();
    store.discard_draft(outdated, 1, ("insurance_office", now)).unwrap();
    super::resume(&fixture.app).unwrap();
    idle(&fixture).await;
    assert_eq!(store.compute_run(run).unwrap().state, store::ComputeState::Done);
    assert_eq!(store.compute_run(other).unwrap().state, store::ComputeState::Cancelled);
    super::resume(&fixture.app).unwrap();
    assert_eq!(fixture.app.jobs().all().len(), 1);
}

#[tokio::test]
async fn who_may_only_edit_parameters_does_not_publish_a_catalogue() {
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut viewer = model::Viewer::default();
    viewer.permissions.insert(model::Permission::ParametersEdit);
    assert_eq!(super::lacking(&viewer, &files(&["prices.csv", "settlement.toml", "pack.toml"])), None);
    for file in ["catalogue.csv", "lists/burn.csv", "grouper.toml", "reference_costs.csv"] {
        assert_eq!(super::lacking(&viewer, &files(&[file])), Some(model::Permission::PointsEdit), "{file}");
    }
    viewer.permissions.insert(model::Permission::PointsEdit);
    assert_eq!(super::lacking(&viewer, &files(&["catalogue.csv", "prices.csv"])), None);
}

#[tokio::test]
async fn a_new_year_is_begun_from_the_old_one() {
    let fixture = Fixture::empty();
    let (store, now) = (fixture.app.store(), fixture.app.now());
    let pack = sync::add_pack(store, &sync::pack_dir::read(Path::new("sample/2025")).unwrap(), now).unwrap();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let id: i64 = draft(&office, &[("base", &pack.to_string()), ("year", "2027")]).await.parse().unwrap();
    let (draft, loaded) = fixture.app.loaded_draft(id).unwrap();
    let identity = &loaded.policy.identity;
    assert_eq!(
        (draft.name.as_str(), identity.id.as_str(), identity.year),
        ("2027年度政策", "sample-2027", 2027)
    );
    assert_eq!(identity.effective_to.to_string(), "2027-12-31");
    let wrong = office.post("/points/drafts", &[("base", &pack.to_string()), ("year", "20277")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}
