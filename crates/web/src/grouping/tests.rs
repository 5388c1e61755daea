//! The grouping page: its answers are those of the command line's engine, it writes nothing, and files are its users' own.

use crate::testing::{Browser, Fixture};
use axum::http::StatusCode;
use casework::{Encoding, Engine, Format, Stream, Wanted};
use hospital::CaseMix;
use model::Case;
use std::path::Path;

fn engine() -> Engine {
    Engine::new(sync::pack_dir::load(Path::new("sample/2025")).unwrap())
}

/// A case as the page's address.
fn address(case: &Case) -> String {
    let mut fields = vec![("diagnosis", case.principal_diagnosis.written.to_string())];
    fields.extend(case.other_diagnoses.iter().map(|code| ("diagnosis", code.written.to_string())));
    fields.extend(case.procedures.iter().map(|code| ("procedure", code.written.to_string())));
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let money = |fen: Option<model::Fen>| fen.map(|fen| fen.to_string()).unwrap_or_default();
    let moment = |at: Option<jiff::civil::DateTime>| at.map(|at| at.to_string()).unwrap_or_default();
    let sex = match case.sex {
        Some(model::Sex::Male) => "1",
        Some(model::Sex::Female) => "2",
        None => "",
    };
    fields.extend([
        ("sex", sex.to_owned()),
        ("age_years", number(case.age_years)),
        ("age_days", number(case.age_days)),
        ("birth_weight_g", number(case.birth_weight_g)),
        ("icu_days", number(case.icu_days)),
        ("admitted", moment(case.admitted)),
        ("discharged", moment(case.discharged)),
        ("settled", moment(case.settled)),
        ("discharge_way", case.discharge_way.to_string()),
        ("insurance_type", case.insurance_type.to_string()),
        ("settlement_way", case.settlement_way.to_string()),
        ("hospital_level", case.hospital_level.to_string()),
        ("hospital", case.hospital.to_string()),
        ("total_cost", money(case.total_cost)),
        ("insurer_cost", money(case.insurer_cost)),
        ("in_scope_cost", money(case.in_scope_cost)),
        ("pooled_fund", money(case.pooled_fund)),
        ("self_pay", money(case.self_pay)),
        ("drug_cost", money(case.drug_cost)),
        ("treatment_cost", money(case.treatment_cost)),
    ]);
    let parts: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", crate::query::encode(value))).collect();
    parts.join("&")
}

async fn opens(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

const APPENDIX: &str = "diagnosis=K35.900&procedure=47.0100&sex=1&age_years=46&admitted=2025-03-01&discharged=2025-03-07\
    &insurance_type=310&total_cost=13000&insurer_cost=9800&self_pay=1200";

/// What `dipper group` writes of a case is what the page shows of it.
///
/// covers: DIP-1.02
#[tokio::test]
async fn the_page_equals_dipper_group() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let (engine, mut grouped) = (engine(), 0);
    let mut scratch = grouper::Scratch::default();
    for case in CaseMix::new(engine.policy(), 17).take(50) {
        let (grouping, priced) = engine.answer(&case, &mut scratch);
        let page = opens(&office, &format!("/grouping?{}", address(&case))).await;
        let fragment = office.fragment(&format!("/grouping/answer?{}", address(&case))).await.text();
        for shown in [&page, &fragment] {
            let Some(group) = grouping.group().map(|at| &engine.policy().groups[at]) else {
                assert!(shown.contains("未入组"), "{case:?}");
                continue;
            };
            grouped += 1;
            let priced = priced.as_ref().unwrap();
            let mut expected = vec![group.code.clone(), crate::text::decimal(priced.standard_points, 4)];
            expected.extend(priced.earned_points.map(|n| crate::text::decimal(n, 4)));
            expected.extend(priced.ratio.map(|n| crate::text::decimal(n, 4)));
            expected.extend(priced.payment.map(|fen| crate::text::money(fen.0)));
            expected.extend(priced.surplus.map(|fen| crate::text::money(fen.0)));
            let head =
                shown.split("kpis result").nth(1).unwrap().split("<div class=\"card\">").next().unwrap();
            for number in expected {
                assert!(head.contains(&number), "{number} of {case:?} in {head}");
            }
            assert!(shown.contains("首选") && shown.contains("候选病种") && shown.contains("计价过程"));
        }
    }
    assert!(grouped > 60, "{grouped}");
}

/// covers: DIP-1.02
#[tokio::test]
async fn a_real_case_is_taken_compared_and_nothing_is_written() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let store = fixture.app.store();
    let before = (store.latest_change().unwrap(), store.compute_runs(99).unwrap());
    let mut taken = 0;
    for number in 1..=30 {
        let everyone = model::Viewer { scope: model::DataScope::Hospital, ..model::Viewer::default() };
        let Some(record) = store.case_record(&everyone, number).unwrap() else { continue };
        let page = opens(&office, &format!("/grouping?case={number}")).await;
        let current = &record.current().unwrap().result;
        assert!(page.contains(&format!("name=\"of\" value=\"{number}\"")), "{number}");
        assert!(current.group_code.is_empty() || page.contains(&current.group_code), "{number}");
        // As it stands nothing differs.
        let compared = page.split("与原病例比较").nth(1).unwrap().split("</table>").next().unwrap();
        assert!(!compared.contains("class=\"diff\""), "{number}: {compared}");
        taken += 1;
    }
    assert!(taken > 20, "{taken}");
    opens(&office, &format!("/grouping?of=1&{APPENDIX}")).await;
    assert_eq!(before, (store.latest_change().unwrap(), store.compute_runs(99).unwrap()));
    let filter =
        store::LogFilter { kind: Some(store::LogKind::Read), limit: 99, ..store::LogFilter::default() };
    assert_eq!(store.operations(&filter).unwrap().0.len(), taken);
}

#[tokio::test]
async fn a_case_of_others_is_no_beginning() {
    let fixture = Fixture::hospital();
    let department = fixture.busiest_department();
    let head = fixture.login_as("department_head", &[&department], None).await;
    let sql = format!(
        "SELECT number FROM case_fact WHERE department_key <> '{department}' ORDER BY number LIMIT 1"
    );
    let mart::Cell::Whole(other) = fixture.app.mart().query(&sql, &[]).unwrap().rows[0][0] else {
        panic!("{sql}")
    };
    for path in [format!("/grouping?case={other}"), "/grouping?case=999999".to_owned()] {
        let answer = head.get(&path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text().contains("没有找到此病例"));
    }
    let compared = opens(&head, &format!("/grouping?of={other}&{APPENDIX}")).await;
    assert!(!compared.contains("与原病例比较"));
    let director = fixture.login_as("director", &[], None).await;
    assert_eq!(director.get("/grouping").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_script_codes_are_added_moved_and_taken_out() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let codes = |page: &str| {
        let values = page.split("name=\"diagnosis\" value=\"").skip(1);
        values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let page = opens(&office, "/grouping?diagnosis=K35.900&add_diagnosis=I10.x00+E11.900").await;
    assert_eq!(codes(&page), "K35.900 I10.x00 E11.900");
    let list = "/grouping?diagnosis=K35.900&diagnosis=I10.x00&diagnosis=E11.900";
    assert_eq!(codes(&opens(&office, &format!("{list}&top=diagnosis:2")).await), "E11.900 K35.900 I10.x00");
    assert_eq!(codes(&opens(&office, &format!("{list}&drop=diagnosis:0")).await), "I10.x00 E11.900");
    // Half a code in a search box is none while somebody types.
    let typing = office.fragment(&format!("/grouping/answer?{APPENDIX}&add_diagnosis=E1")).await;
    assert_eq!(typing.text(), office.fragment(&format!("/grouping/answer?{APPENDIX}")).await.text());
}

#[tokio::test]
async fn what_is_wrong_is_said_and_strings_stay_values() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    assert!(opens(&office, "/grouping").await.contains("输入主要诊断"));
    for (query, said) in [
        ("diagnosis=K35.900&age_years=old", "年龄（岁）：“old”应为 0 到 150"),
        ("diagnosis=K35.900&total_cost=-1", "总费用：费用 -1.00 为负数"),
        ("diagnosis=K35.900&admitted=2025-03-07&discharged=2025-03-01", "出院时间：出院时间"),
        ("diagnosis=K35.900&total_cost=1&insurer_cost=2", "医保费用：医保费用 2.00 大于总费用"),
        ("diagnosis=K35.900&as_of=tomorrow", "判定日期：“tomorrow”不是日期"),
        ("diagnosis=K35.900&pack=99", "没有找到政策包 99"),
        ("procedure=47.0100", "缺少主诊断"),
    ] {
        assert!(opens(&office, &format!("/grouping?{query}")).await.contains(said), "{query}: {said}");
        assert!(office.fragment(&format!("/grouping/answer?{query}")).await.text().contains(said), "{query}");
    }
    for bad in ["case=x", "of=x", "pack=x"] {
        assert_eq!(office.get(&format!("/grouping?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let fields = [
        "diagnosis",
        "procedure",
        "sex",
        "insurance_type",
        "hospital_level",
        "admitted",
        "total_cost",
        "top",
    ];
    for evil in ["<script>alert(1)</script>", "' OR '1'='1", "\"><img>", "%00", "🙂"] {
        let evil = crate::query::encode(evil);
        for field in fields {
            let answer = office.get(&format!("/grouping?diagnosis=K35.900&{field}={evil}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{field}={evil}");
            assert!(
                !answer.text().contains("<script>alert") && !answer.text().contains("\"><img>"),
                "{field}"
            );
        }
    }
    // A chosen pack outside of its dates is a trial.
    let old = fixture.app.store().pack_list().unwrap().first().unwrap().id;
    let page = opens(&office, &format!("/grouping?pack={old}&{APPENDIX}")).await;
    assert!(page.contains(">试算</span>"), "{page}");
    let file = office.get(&format!("/grouping?{APPENDIX}&table=schemes&format=csv")).await;
    assert!(file.text().contains("入组方案") && file.text().contains("诊断：K35.900"), "{}", file.text());
    let found = opens(&office, "/grouping/suggest/procedure?q=47.01").await;
    assert!(found.contains("\"code\":\"47.01"), "{found}");
}

#[tokio::test]
async fn no_pack_is_said() {
    let fixture = Fixture::empty();
    let office = fixture.login_as("insurance_office", &[], None).await;
    assert!(opens(&office, "/grouping").await.contains("输入主要诊断"));
    assert!(opens(&office, &format!("/grouping?{APPENDIX}")).await.contains("没有启用的政策包"));
    let answer = office.upload("/grouping/batch", &[], "a.csv", b"id,principal_diagnosis\n1,K35.900\n").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("没有启用的政策包"));
}

/// Waits for a job; the page it leads to.
async fn done(browser: &Browser, job: &str) -> String {
    for _ in 0..600 {
        let state = browser.fragment(&format!("{job}/state")).await.text();
        if let Some(rest) = state.split("/grouping/batch/").nth(1) {
            let token: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            return format!("/grouping/batch/{token}");
        }
        assert!(!state.contains("失败"), "{state}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{job} does not end");
}

/// covers: DIP-1.02
#[tokio::test]
async fn a_file_gives_the_results_of_the_command_line_and_belongs_to_its_user() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let coder = fixture.login_as("coder", &[], None).await;
    let packs = fixture.app.store().pack_list().unwrap();
    let pack = packs.iter().find(|pack| pack.pack.contains("2025")).unwrap().id.to_string();
    let text = "病例号,主要诊断编码,手术操作编码,出院时间,险种,总费用,医保费用\n\
        1,K35.900,47.0100,2025-03-07,310,13000.00,9800.00\n2,K35.900,,2025-03-07,310,-1,\n3,,,2025-03-07,310,,\n";
    let (gbk, ..) = encoding_rs::GBK.encode(text);
    let engine = engine();
    // A file that names no hospital is of this one.
    let own = engine.policy().hospitals.first().unwrap();
    let stream = Stream {
        engine: &engine,
        wanted: Wanted::default(),
        from: Format::Csv,
        to: Format::Table,
        map: None,
        encoding: Encoding::Auto,
        hospital: (&own.code, &own.level),
    };
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    stream.run(text.as_bytes(), &mut results, Some(&mut errors), &mut |_, _| true).unwrap();
    for (name, bytes) in [("病例.csv", text.as_bytes()), ("gbk.csv", &gbk[..])] {
        let started = office.upload("/grouping/batch", &[("pack", &pack)], name, bytes).await;
        assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.text());
        let place = done(&office, &started.location).await;
        let page = opens(&office, &place).await;
        assert!(
            page.contains("病例 3 例：入组 1，未入组 1，出错 1") && page.contains("错误清单（1 行）"),
            "{page}"
        );
        let saved = office.get(&format!("{place}/results")).await;
        assert_eq!(saved.text(), String::from_utf8_lossy(&results), "{name}");
        assert_eq!(office.get(&format!("{place}/errors")).await.bytes, errors, "{name}");
        for path in [place.clone(), format!("{place}/results"), format!("{place}/errors")] {
            assert_eq!(coder.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    assert!(opens(&office, "/grouping/batch").await.contains("gbk.csv"));
    assert!(!opens(&coder, "/grouping/batch").await.contains("gbk.csv"));
    // The template is a file that can be sent as it is.
    let template = office.get("/grouping/batch/template?format=xlsx").await.bytes;
    let started = office.upload("/grouping/batch", &[("pack", &pack)], "模板.xlsx", &template).await;
    let place = done(&office, &started.location).await;
    assert!(opens(&office, &place).await.contains("病例 1 例：入组 1，未入组 0，出错 0"));
    let bad = [
        (vec![], &b""[..]),
        (vec![("pack", "99")], &b"id\n"[..]),
        (vec![("encoding", "ebcdic")], &b"id\n"[..]),
    ];
    for (fields, bytes) in bad {
        let status = office.upload("/grouping/batch", &fields, "x.csv", bytes).await.status;
        assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::NOT_FOUND, "{status}");
    }
    let forged = office.forged().upload("/grouping/batch", &[], "x.csv", b"id\n").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}
